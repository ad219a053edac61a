/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The link-local address of a router without a stack: looked for duplicates, answered for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hex.h"
#include "nd_packet.h"
#include "neighbour.h"

static const uint8_t mac[6] = {0x80, 1, 1, 1, 1, 1}, peer_mac[6] = {2, 0, 0, 0, 0, 9};
static const uint8_t peer[16] = {0xfe, 0x80, [15] = 9}, unspecified[16];
static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};

static struct world {
	struct neighbour neighbour;
	engine_time now;
	unsigned int sent, changes;
	uint8_t source[16], destination[16], mac[6], icmp[64], group[16];
	size_t len;
} world;

static uint32_t world_random(void *context)
{
	return 0x12345678;
}

static void world_send(void *context, const uint8_t source[16], const uint8_t destination[16],
    const uint8_t to[6], const void *icmp, size_t len)
{
	world.sent++;
	memcpy(world.source, source, 16);
	memcpy(world.destination, destination, 16);
	memcpy(world.mac, to, 6);
	memcpy(world.icmp, icmp, len);
	world.len = len;
}

static void world_changed(void *context)
{
	world.changes++;
}

static const struct neighbour_ops ops = {world_random, world_send, world_changed};

static void begin(void)
{
	memset(&world, 0, sizeof(world));
	neighbour_init(&world.neighbour, &ops, NULL);
	world.neighbour.is_router = true;
	neighbour_start(&world.neighbour, world.now, mac);
	nd_solicited_node(world.group, world.neighbour.address);
}

static void pass(engine_time time)
{
	world.now += time;
	neighbour_timer(&world.neighbour, world.now);
}

static void solicit(const uint8_t source[16], const uint8_t destination[16], bool with_mac)
{
	uint8_t message[64] = {ND_NEIGHBOUR_SOLICIT};
	size_t len = 24;

	memcpy(message + 8, world.neighbour.address, 16);
	if (with_mac) {
		from_hex("0101020000000008", message + len, 8);
		len += 8;
	}
	neighbour_input(&world.neighbour, world.now, source, destination, peer_mac, message, len);
}

static void advertise(void)
{
	uint8_t message[32];
	struct wire_writer writer = wire_writer(message, sizeof(message));

	nd_put_neighbour_advert(&writer, world.neighbour.address, peer_mac, 0);
	neighbour_input(&world.neighbour, world.now, peer, all_nodes, peer_mac, message, writer.at);
}

static void test_usable(void **state)
{
	begin();
	assert_int_equal(world.neighbour.state, NEIGHBOUR_TENTATIVE);
	assert_int_equal(world.sent, 1);
	assert_memory_equal(world.source, unspecified, 16);
	assert_memory_equal(world.destination, world.group, 16);
	assert_string_equal(to_hex(world.mac, 6), "3333ff010101");
	assert_int_equal(world.neighbour.deadline, 1000);
	solicit(peer, world.group, true); /* nobody answers for a tentative address */
	assert_int_equal(world.sent, 1);
	pass(1000);
	assert_int_equal(world.neighbour.state, NEIGHBOUR_USABLE);
	assert_true(world.neighbour.deadline == ENGINE_NEVER);
	assert_int_equal(world.changes, 2);
}

static void test_answers(void **state)
{
	begin();
	pass(1000);
	world.sent = 0;
	solicit(peer, world.group, true);
	assert_int_equal(world.sent, 1);
	assert_string_equal(to_hex(world.icmp, world.len),
	    "88000000e0000000fe80000000000000820101fffe0101010201800101010101");
	assert_memory_equal(world.destination, peer, 16);
	assert_string_equal(to_hex(world.mac, 6), "020000000008");
	/* To see whether we are still there (RFC 4861, 7.3): to our address, maybe without a MAC
	 * address. */
	solicit(peer, world.neighbour.address, false);
	assert_int_equal(world.sent, 2);
	assert_memory_equal(world.mac, peer_mac, 6);
	/* Somebody wants our address. */
	solicit(unspecified, world.group, false);
	assert_int_equal(world.sent, 3);
	assert_int_equal(world.icmp[4], 0xa0);
	assert_memory_equal(world.destination, all_nodes, 16);
	assert_string_equal(to_hex(world.mac, 6), "333300000001");
	/* RFC 4861, 7.1.1 */
	solicit(unspecified, world.group, true);
	solicit(unspecified, world.neighbour.address, false);
	solicit(all_nodes, world.group, true);
	assert_int_equal(world.sent, 3);
	advertise(); /* a claim that comes too late */
	assert_int_equal(world.neighbour.state, NEIGHBOUR_USABLE);
}

static void test_duplicate(void **state)
{
	begin();
	advertise();
	assert_int_equal(world.neighbour.state, NEIGHBOUR_DUPLICATE);
	solicit(peer, world.group, true);
	assert_int_equal(world.sent, 1);
	assert_int_equal(world.neighbour.deadline, 60000); /* tries again */
	pass(60000);
	assert_int_equal(world.neighbour.state, NEIGHBOUR_TENTATIVE);
	assert_int_equal(world.sent, 2);
	solicit(unspecified, world.group, false); /* somebody else looks for the same address */
	assert_int_equal(world.neighbour.state, NEIGHBOUR_DUPLICATE);
	pass(60000);
	pass(1000);
	assert_int_equal(world.neighbour.state, NEIGHBOUR_USABLE);
}

/* A hub's cable in a ring: what was sent comes back, and says nothing about others; the same with
 * another nonce does. RFC 7527, 4.2. */
static void test_own(void **state)
{
	uint8_t own[64];
	size_t len;

	begin();
	len = world.len;
	memcpy(own, world.icmp, len);
	neighbour_input(&world.neighbour, world.now, unspecified, world.group, mac, own, len);
	assert_int_equal(world.neighbour.state, NEIGHBOUR_TENTATIVE);
	pass(1000);
	assert_int_equal(world.neighbour.state, NEIGHBOUR_USABLE);
	neighbour_input(&world.neighbour, world.now, unspecified, world.group, mac, own, len);
	assert_int_equal(world.sent, 1);
	own[len - 1] ^= 1; /* a twin */
	neighbour_input(&world.neighbour, world.now, unspecified, world.group, mac, own, len);
	assert_int_equal(world.sent, 2);
	begin();
	neighbour_input(&world.neighbour, world.now, unspecified, world.group, mac, own, len);
	assert_int_equal(world.neighbour.state, NEIGHBOUR_DUPLICATE);
}

static void test_stop(void **state)
{
	begin();
	neighbour_stop(&world.neighbour);
	assert_true(world.neighbour.deadline == ENGINE_NEVER);
	solicit(peer, world.group, true);
	advertise();
	pass(100000);
	assert_int_equal(world.neighbour.state, NEIGHBOUR_OFF);
	assert_int_equal(world.sent, 1);
	neighbour_start(&world.neighbour, world.now, mac);
	pass(1000);
	assert_int_equal(world.neighbour.state, NEIGHBOUR_USABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_usable),
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_duplicate),
	    cmocka_unit_test(test_own),
	    cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
