/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ARP for the server's address: answers, defence, and another node that has it. RFC 5227. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "address4.h"
#include "hex.h"
#include "log.h"

static const uint8_t address[4] = {192, 0, 2, 1}, client[4] = {192, 0, 2, 9}, nobody[4];
static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1}, other[6] = {2, 0, 0, 0, 0, 9};

static struct address4 own;
static engine_time now;
static unsigned int sent;
static uint8_t last[ARP_PACKET_LEN], last_to[6];

static void take(void *context, const uint8_t to[6], const uint8_t packet[ARP_PACKET_LEN])
{
	(void)context;
	sent++;
	memcpy(last_to, to, 6);
	memcpy(last, packet, ARP_PACKET_LEN);
}

static int setup(void **state)
{
	now = 5000;
	sent = 0;
	address4_init(&own, address, take, NULL);
	address4_start(&own, now, mac);
	return 0;
}

static void pass(engine_time time)
{
	now += time;
	address4_timer(&own, now);
}

static void input(enum arp_operation operation, const uint8_t from_mac[6], const uint8_t from[4],
    const uint8_t target[4])
{
	struct arp_packet arp = {.operation = operation};
	uint8_t packet[ARP_PACKET_LEN];

	memcpy(arp.sender_mac, from_mac, 6);
	memcpy(arp.sender, from, 4);
	memcpy(arp.target, target, 4);
	arp_packet_put(packet, &arp);
	address4_input(&own, now, packet, sizeof(packet));
}

static bool answers(void)
{
	unsigned int before = sent;

	input(ARP_REQUEST, other, client, address);
	return sent == before + 1;
}

static void claim(void)
{
	input(ARP_REPLY, other, address, client);
}

#define HEAD "0001080006040001"

static void who_asks_is_answered(void **state)
{
	assert_int_equal(sent, 1);
	assert_string_equal(to_hex(last_to, 6), "ffffffffffff");
	assert_string_equal(to_hex(last, sizeof(last)), HEAD "0200000000010000000000000000"
	                                                     "0000c0000201");
	assert_true(answers()); /* at once */
	assert_string_equal(to_hex(last_to, 6), "020000000009");
	assert_string_equal(
	    to_hex(last, sizeof(last)), "0001080006040002020000000001c0000201020000000009c0000209");
	input(ARP_REQUEST, other, nobody, address); /* a probe: who wants our address */
	assert_int_equal(sent, 3);
	input(ARP_REQUEST, other, client, client);
	input(ARP_REPLY, other, client, address);
	input(ARP_REQUEST, mac, address, address); /* our own, come back */
	address4_input(&own, now, last, sizeof(last) - 1);
	assert_int_equal(sent, 3);
	assert_true(own.deadline == ENGINE_NEVER);
	address4_stop(&own);
	assert_false(answers());
}

/* Who has it says so when it is asked: nothing is defended. */
static void another_has_it(void **state)
{
	pass(1000);
	claim();
	assert_int_equal(sent, 1);
	assert_false(answers());
	claim();
	pass(60000);
	assert_int_equal(sent, 2); /* asked again; meanwhile it is still the other's */
	assert_false(answers());
	claim();
	pass(2000);
	assert_false(answers());
	pass(58000);
	assert_int_equal(sent, 3);
	pass(2000); /* it has gone */
	assert_true(answers());
}

/* One forged packet is answered by an announcement; two in ten seconds cost a minute, no more. */
static void forged(void **state)
{
	pass(2000);
	claim();
	assert_int_equal(sent, 2);
	assert_string_equal(to_hex(last_to, 6), "ffffffffffff");
	assert_string_equal(
	    to_hex(last, sizeof(last)), HEAD "020000000001c0000201000000000000c0000201");
	assert_true(answers());
	pass(10000);
	claim();
	assert_true(answers());
	pass(9999);
	claim();
	assert_false(answers());
	for (unsigned int i = 0; i < 100; i++)
		claim();
	pass(60000);
	pass(2000);
	assert_true(answers());
}

/* The network was away: all begins anew. */
static void another_network(void **state)
{
	claim();
	assert_false(answers());
	address4_stop(&own);
	pass(100000);
	assert_int_equal(sent, 1);
	address4_start(&own, now, mac);
	assert_int_equal(sent, 2);
	assert_true(answers());
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
	    TEST(who_asks_is_answered),
	    TEST(another_has_it),
	    TEST(forged),
	    TEST(another_network),
	};

	log_set_targets(0);
	return cmocka_run_group_tests_name("namedhcp_address4", tests, NULL, NULL);
}
