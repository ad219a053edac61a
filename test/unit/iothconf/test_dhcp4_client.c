/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The DHCPv4 client against a server that the test plays, through days of leases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../dhcp/hex.h"
#include "dhcp4_client.h"

#define HOUR (3600 * ENGINE_SECOND)
#define DAY  (24 * HOUR)

static const uint8_t mac[6] = {0x0a, 0xc0, 0xde, 0xad, 0xbe, 0xef};
static const uint8_t server_id[4] = {10, 0, 0, 254};

/* The world: what was sent, what was said, and a clock. */
static struct world {
	struct dhcp4_client client;
	engine_time now;
	uint32_t random, random_step;
	unsigned int sent, probes, bound, lost, failed;
	uint8_t source[4], destination[4];
	uint8_t payload[600];
	size_t len;
	struct dhcp4_message message; /* the last one sent */
} world;

static uint32_t world_random(void *context)
{
	return world.random += world.random_step;
}

static void world_send(void *context, const uint8_t source[4], const uint8_t destination[4],
    const void *payload, size_t len)
{
	assert_true(len <= sizeof(world.payload));
	memcpy(world.payload, payload, len);
	world.len = len;
	memcpy(world.source, source, 4);
	memcpy(world.destination, destination, 4);
	world.sent++;
	assert_int_equal(dhcp4_parse(&world.message, payload, len), 0);
}

static void world_probe(void *context, const uint8_t address[4])
{
	assert_memory_equal(address, world.client.pending.address, 4);
	world.probes++;
}

static void world_event(void *context, enum dhcp4_event event)
{
	world.bound += event == DHCP4_EVENT_BOUND;
	world.lost += event == DHCP4_EVENT_LOST;
	world.failed += event == DHCP4_EVENT_FAILED;
}

static const struct dhcp4_ops ops = {world_random, world_send, world_probe, world_event};

static struct dhcp4_config config(void)
{
	struct dhcp4_config made = {.persistent = true};

	memcpy(made.mac, mac, sizeof(mac));
	return made;
}

static void begin(struct dhcp4_config made)
{
	memset(&world, 0, sizeof(world));
	world.now = 1000 * ENGINE_SECOND;
	world.random_step = 0x1234567;
	dhcp4_client_init(&world.client, &made, &ops, NULL);
	dhcp4_client_start(&world.client, world.now);
}

/* Lets time go to the next deadline; how long that took. */
static engine_time wait(void)
{
	engine_time before = world.now;

	assert_true(world.client.deadline != ENGINE_NEVER);
	if (world.client.deadline > world.now)
		world.now = world.client.deadline;
	dhcp4_client_timer(&world.client, world.now);
	return world.now - before;
}

/* An answer to the last message: type, the last byte of the address, lease, and more options. */
static size_t answer_to(
    uint8_t *packet, size_t size, uint8_t type, uint8_t host, uint32_t lease, const char *options)
{
	struct wire_writer writer = wire_writer(packet, size);
	struct dhcp4_header header = world.message.header;

	header.op = DHCP4_BOOTREPLY;
	if (type != DHCP4_NAK)
		memcpy(header.yiaddr, (uint8_t[]){10, 0, 0, host}, 4);
	dhcp4_put_header(&writer, &header);
	dhcp4_put_u8(&writer, DHCP4_MESSAGE_TYPE, type);
	dhcp4_put(&writer, DHCP4_SERVER_ID, server_id, 4);
	if (type != DHCP4_NAK)
		dhcp4_put_u32(&writer, DHCP4_LEASE_TIME, lease);
	writer.at += from_hex(options, packet + writer.at, size - writer.at);
	dhcp4_put_end(&writer);
	assert_false(writer.error);
	return writer.at;
}

static void answer(uint8_t type, uint8_t host, uint32_t lease, const char *options)
{
	uint8_t packet[1000];
	size_t len = answer_to(packet, sizeof(packet), type, host, lease, options);

	dhcp4_client_input(&world.client, world.now, packet, len);
}

#define FULL                                                                                       \
	"0104ffffff000304"                                                                             \
	"0a0000fe0608"                                                                                 \
	"0a0000fd0a0000fc0f0a746573742e6c6f63616c"

static void bind_for(uint32_t lease)
{
	answer(DHCP4_OFFER, 7, lease, FULL);
	assert_int_equal(world.client.state, DHCP4_REQUESTING);
	answer(DHCP4_ACK, 7, lease, FULL);
	assert_int_equal(world.client.state, DHCP4_BOUND);
}

static bool is(const uint8_t *address, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return memcmp(address, (uint8_t[]){a, b, c, d}, 4) == 0;
}

/* The bytes that servers have seen from the ecosystem's client for years. */
static void test_golden_messages(void **state)
{
	struct dhcp4_config made = config();
	uint32_t xid;

	strcpy(made.fqdn, "one.test.local");
	begin(made);
	assert_int_equal(world.sent, 1);
	assert_string_equal(to_hex(world.payload + 240, world.len - 240),
	    "350101390202403d07010ac0deadbeef37040103060f51120100006f6e652e746573742e6c6f63616c00ff");
	assert_int_equal(world.message.header.secs, 0);
	assert_int_equal(world.message.header.flags, 0);
	assert_true(is(world.source, 0, 0, 0, 0));
	assert_true(is(world.destination, 255, 255, 255, 255));
	xid = world.message.header.xid;
	answer(DHCP4_OFFER, 7, 3600, FULL);
	assert_string_equal(to_hex(world.payload + 240, world.len - 240),
	    "350103390202403d07010ac0deadbeef32040a00000736040a0000fe37040103060f51120100006f6e652e7465"
	    "7374"
	    "2e6c6f63616c00ff");
	/* RFC 2131, 4.3.2 and 4.4: the same number, no address in the header yet. */
	assert_int_equal(world.message.header.xid, xid);
	assert_true(is(world.message.header.ciaddr, 0, 0, 0, 0));
	assert_true(is(world.message.header.siaddr, 0, 0, 0, 0));
	assert_true(is(world.destination, 255, 255, 255, 255));
}

static void test_lease_contents(void **state)
{
	const struct dhcp4_lease *lease = &world.client.lease;

	begin(config());
	bind_for(3600);
	assert_int_equal(world.bound, 1);
	assert_true(is(lease->address, 10, 0, 0, 7));
	assert_int_equal(lease->prefix_len, 24);
	assert_int_equal(lease->routers, 1);
	assert_true(is(lease->router[0], 10, 0, 0, 254));
	assert_int_equal(lease->dns, 2);
	assert_int_equal(lease->domains, 1);
	assert_string_equal(lease->domain[0], "test.local");
}

static void test_options_by_configuration(void **state)
{
	struct dhcp4_config made = config();

	made.all_options = made.rapid = made.fqdn_wire = made.broadcast = true;
	made.duid = dhcp_duid_ll(mac);
	made.iaid = 0xdeadbeef;
	strcpy(made.fqdn, "one.test");
	begin(made);
	assert_int_equal(world.message.header.flags, DHCP4_FLAG_BROADCAST);
	assert_string_equal(to_hex(world.payload + 240, world.len - 240),
	    "350101390202403d0fffdeadbeef000300010ac0deadbeef370b790103060f1a2a3a3b6c77"
	    "510d050000036f6e650474657374005000ff");
	/* Rapid commit: an ACK at once. */
	answer(DHCP4_ACK, 9, 3600,
	    "5000"
	    "7708046e616d650161"
	    "00"
	    "790b080a0a00000200"
	    "0a000001"
	    "1a0205dc");
	assert_int_equal(world.client.state, DHCP4_BOUND);
	assert_string_equal(world.client.lease.domain[0], "name.a");
	assert_int_equal(world.client.lease.routes, 2);
	assert_int_equal(world.client.lease.mtu, 1500);
	/* Its identifier is checked when it comes back (RFC 6842). */
	dhcp4_client_stop(&world.client);
	dhcp4_client_start(&world.client, world.now);
	answer(DHCP4_OFFER, 7, 3600, "3d07010ac0deadbeef");
	assert_int_equal(world.client.state, DHCP4_SELECTING);
	answer(DHCP4_OFFER, 7, 3600, "3d0fffdeadbeef000300010ac0deadbeef");
	assert_int_equal(world.client.state, DHCP4_REQUESTING);
}

static void test_ack_without_rapid_commit(void **state)
{
	begin(config());
	answer(DHCP4_ACK, 9, 3600, "5000"); /* nobody has asked for it */
	assert_int_equal(world.client.state, DHCP4_SELECTING);
}

static void test_ipv6_only(void **state)
{
	struct dhcp4_config made = config();

	made.all_options = true;
	begin(made);
	answer(DHCP4_OFFER, 7, 3600, "6c0400000e10");
	assert_int_equal(world.failed, 1);
	assert_int_equal(world.client.state, DHCP4_DELAY);
	assert_int_equal(wait(), 3600 * ENGINE_SECOND);
	assert_int_equal(world.client.state, DHCP4_SELECTING);
}

static void test_strangers(void **state)
{
	uint8_t packet[1000];
	size_t len;

	begin(config());
	for (int i = 0; i < 7; i++) {
		len = answer_to(
		    packet, sizeof(packet), DHCP4_OFFER, 7, 3600, i == 6 ? "3d07010ac0deadbe00" : "");
		switch (i) {
		case 0:
			packet[0] = DHCP4_BOOTREQUEST;
			break;
		case 1:
			packet[4]++; /* xid */
			break;
		case 2:
			packet[28]++; /* chaddr */
			break;
		case 3:
			packet[1] = 6; /* another hardware */
			break;
		case 4:
			packet[2] = 5;
			break;
		case 5:
			packet[236] = 0; /* cookie */
			break;
		default:
			break;
		}
		dhcp4_client_input(&world.client, world.now, packet, len);
		assert_int_equal(world.client.state, DHCP4_SELECTING);
	}
	for (len = 0; len < 240; len++)
		dhcp4_client_input(&world.client, world.now, packet, len);
	assert_int_equal(world.client.state, DHCP4_SELECTING);
	assert_int_equal(world.sent, 1);
}

static void test_useless_leases(void **state)
{
	static const uint8_t bad[][4] = {
	    {0, 0, 0, 0}, {127, 0, 0, 1}, {224, 0, 0, 1}, {255, 255, 255, 255}};
	uint8_t packet[1000];

	begin(config());
	for (size_t i = 0; i < 4; i++) {
		size_t len = answer_to(packet, sizeof(packet), DHCP4_OFFER, 7, 3600, "");

		memcpy(packet + 16, bad[i], 4);
		dhcp4_client_input(&world.client, world.now, packet, len);
		assert_int_equal(world.client.state, DHCP4_SELECTING);
	}
	answer(DHCP4_OFFER, 7, 0, ""); /* a lease of no time */
	assert_int_equal(world.client.state, DHCP4_SELECTING);
	answer(DHCP4_OFFER, 7, 3600, "");
	answer(DHCP4_ACK, 7, 0, "");
	assert_int_equal(world.client.state, DHCP4_REQUESTING);
	answer(DHCP4_ACK, 7, 3600, "");
	assert_int_equal(world.client.lease.prefix_len, 8); /* of its class */
}

/* Two servers: the first offer is taken, the other one's answers do not count. */
static void test_two_servers(void **state)
{
	uint8_t packet[1000];
	size_t len;

	begin(config());
	answer(DHCP4_OFFER, 7, 3600, FULL);
	answer(DHCP4_OFFER, 8, 3600, FULL);
	assert_int_equal(world.sent, 2);
	len = answer_to(packet, sizeof(packet), DHCP4_NAK, 0, 0, "");
	packet[len - 2] ^= 1; /* the server's identifier */
	dhcp4_client_input(&world.client, world.now, packet, len);
	assert_int_equal(world.client.state, DHCP4_REQUESTING);
	answer(DHCP4_ACK, 7, 3600, FULL);
	answer(DHCP4_ACK, 7, 3600, FULL); /* twice */
	assert_int_equal(world.bound, 1);
}

/* One shot, as upstream: three messages, two seconds apart. */
static void test_one_shot_fails(void **state)
{
	struct dhcp4_config made = config();

	made.persistent = false;
	begin(made);
	assert_int_equal(wait(), 2 * ENGINE_SECOND);
	assert_int_equal(wait(), 2 * ENGINE_SECOND);
	assert_int_equal(world.sent, 3);
	assert_int_equal(wait(), 2 * ENGINE_SECOND);
	assert_int_equal(world.sent, 3);
	assert_int_equal(world.failed, 1);
	assert_int_equal(world.client.state, DHCP4_STOPPED);
	assert_int_equal(world.client.deadline, ENGINE_NEVER);

	begin(made); /* a NAK ends it */
	answer(DHCP4_OFFER, 7, 3600, "");
	answer(DHCP4_NAK, 0, 0, "");
	assert_int_equal(world.failed, 1);
	assert_int_equal(world.client.state, DHCP4_STOPPED);

	begin(made); /* nobody answers the REQUEST */
	answer(DHCP4_OFFER, 7, 3600, "");
	for (int i = 0; i < 3; i++)
		wait();
	assert_int_equal(world.sent, 4);
	assert_int_equal(world.failed, 1);
}

/* RFC 2131, 4.1: 4, 8, 16, 32, 64, 64 ... seconds, one more or less. */
static void test_back_off(void **state)
{
	static const unsigned int seconds[] = {4, 8, 16, 32, 64, 64, 64};
	unsigned int different = 0;

	begin(config());
	while (!world.failed)
		wait();
	wait(); /* begins anew */
	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		engine_time took = wait();

		assert_in_range(took, (seconds[i] - 1) * ENGINE_SECOND, (seconds[i] + 1) * ENGINE_SECOND);
		different += took % ENGINE_SECOND != 0;
	}
	assert_true(different > 0); /* the dice are used */
	assert_int_equal(world.failed, 1);
	answer(DHCP4_OFFER, 7, 3600, "");
	for (int i = 0; i < 4; i++)
		wait();
	assert_int_equal(world.client.state, DHCP4_DELAY); /* and from the beginning */
	wait();
	assert_int_equal(world.client.state, DHCP4_SELECTING);
}

static void test_initial_delay(void **state)
{
	struct dhcp4_config made = config();

	made.delay = true;
	begin(made);
	assert_int_equal(world.sent, 0);
	assert_in_range(wait(), ENGINE_SECOND, 10 * ENGINE_SECOND);
	assert_int_equal(world.sent, 1);
}

/* Three days, renewed at a half each time, by unicast. */
static void test_days_of_renewals(void **state)
{
	engine_time end;
	unsigned int renewals = 0;

	begin(config());
	bind_for(3600);
	end = world.now + 3 * DAY;
	while (world.now < end) {
		uint32_t xid = world.client.xid;
		engine_time took = wait();

		assert_in_range(took, 1700 * ENGINE_SECOND, 1800 * ENGINE_SECOND);
		assert_int_equal(world.client.state, DHCP4_RENEWING);
		assert_true(is(world.source, 10, 0, 0, 7));
		assert_true(is(world.destination, 10, 0, 0, 254));
		assert_true(is(world.message.header.ciaddr, 10, 0, 0, 7));
		assert_false(world.message.present[DHCP4_SERVER_ID]); /* table 5 */
		assert_false(world.message.present[DHCP4_REQUESTED_ADDRESS]);
		assert_int_not_equal(world.message.header.xid, xid);
		answer(DHCP4_ACK, 7, 3600, FULL);
		assert_int_equal(world.client.state, DHCP4_BOUND);
		renewals++;
	}
	assert_in_range(renewals, 3 * 48, 3 * 51);
	assert_int_equal(world.bound, 1 + renewals);
	assert_int_equal(world.lost, 0);
	assert_int_equal(world.sent, 2 + renewals);
}

/* A server that vanishes at T1: half of the rest each time, then everybody is asked, then the lease
 * is over and the search begins. */
static void test_server_vanishes(void **state)
{
	engine_time begun;
	unsigned int renewing = 0, rebinding = 0;

	begin(config());
	world.random = world.random_step = 0; /* no jitter */
	begun = world.now;
	bind_for(7200);
	wait();
	assert_int_equal(world.now, begun + 3600 * ENGINE_SECOND);
	while (world.client.state == DHCP4_RENEWING) {
		renewing++;
		assert_true(is(world.destination, 10, 0, 0, 254));
		assert_true(wait() >= 60 * ENGINE_SECOND || world.client.state == DHCP4_REBINDING);
	}
	assert_int_equal(world.now, begun + 6300 * ENGINE_SECOND); /* T2 */
	while (world.client.state == DHCP4_REBINDING) {
		rebinding++;
		assert_true(is(world.destination, 255, 255, 255, 255));
		assert_true(is(world.source, 10, 0, 0, 7));
		wait();
	}
	assert_in_range(renewing, 3, 8);
	assert_in_range(rebinding, 2, 8);
	assert_int_equal(world.now, begun + 7200 * ENGINE_SECOND);
	assert_int_equal(world.lost, 1);
	assert_int_equal(world.client.state, DHCP4_SELECTING);
	assert_true(is(world.source, 0, 0, 0, 0));
	bind_for(7200);
}

/* Another server answers the rebinding, with another router. */
static void test_rebinding(void **state)
{
	begin(config());
	bind_for(7200);
	while (world.client.state != DHCP4_REBINDING)
		wait();
	answer(DHCP4_ACK, 7, 7200, "03040a0000fb");
	assert_int_equal(world.client.state, DHCP4_BOUND);
	assert_true(is(world.client.lease.router[0], 10, 0, 0, 0xfb));
	assert_int_equal(world.lost, 0);
}

static void test_times(void **state)
{
	begin(config());
	bind_for(DHCP4_FOREVER);
	assert_int_equal(world.client.deadline, ENGINE_NEVER);

	begin(config());
	world.random = world.random_step = 0;
	answer(DHCP4_OFFER, 7, 3600, "");
	answer(DHCP4_ACK, 7, 3600, "3a04000003843b0400000708"); /* T1 900, T2 1800 */
	assert_int_equal(wait(), 900 * ENGINE_SECOND);
	assert_int_equal(world.client.t2, world.now + 900 * ENGINE_SECOND);

	begin(config());
	world.random = world.random_step = 0;
	answer(DHCP4_OFFER, 7, 3600, "");
	answer(DHCP4_ACK, 7, 3600, "3a04000007083b0400000384"); /* T1 behind T2: not used */
	assert_int_equal(wait(), 1800 * ENGINE_SECOND);

	begin(config()); /* one second */
	bind_for(1);
	assert_in_range(wait(), 470, 500);
	assert_int_equal(world.client.state, DHCP4_RENEWING);
	answer(DHCP4_ACK, 7, 1, "");
	assert_int_equal(world.client.state, DHCP4_BOUND);
	wait();
	wait();
	assert_int_equal(world.client.state, DHCP4_REBINDING);
	wait();
	assert_int_equal(world.lost, 1);
}

/* A server that offers, and then refuses, for ever: it is asked once a minute. */
static void test_nak_storm(void **state)
{
	unsigned int before;
	engine_time end;

	begin(config());
	answer(DHCP4_OFFER, 7, 3600, "");
	answer(DHCP4_NAK, 0, 0, "");
	assert_int_equal(world.failed, 1);
	end = world.now + HOUR;
	before = world.sent;
	while (world.now < end) {
		wait();
		if (world.client.state == DHCP4_SELECTING)
			answer(DHCP4_OFFER, 7, 3600, "");
		for (int i = 0; i < 100; i++)
			answer(DHCP4_NAK, 0, 0, "");
	}
	assert_true(world.sent - before < 2 * 70);
}

static void test_nak_of_a_renewal(void **state)
{
	begin(config());
	bind_for(3600);
	answer(DHCP4_NAK, 0, 0, ""); /* out of the blue */
	assert_int_equal(world.client.state, DHCP4_BOUND);
	wait();
	answer(DHCP4_NAK, 0, 0, "");
	assert_int_equal(world.lost, 1);
	assert_int_equal(world.client.state, DHCP4_DELAY);
	wait();
	bind_for(3600);
}

static void test_release(void **state)
{
	begin(config());
	bind_for(3600);
	dhcp4_client_release(&world.client);
	assert_int_equal(world.message.type, DHCP4_RELEASE);
	assert_true(is(world.source, 10, 0, 0, 7));
	assert_true(is(world.destination, 10, 0, 0, 254));
	assert_true(is(world.message.header.ciaddr, 10, 0, 0, 7));
	assert_string_equal(
	    to_hex(world.payload + 240, world.len - 240), "3501073d07010ac0deadbeef36040a0000feff");
	assert_int_equal(world.client.state, DHCP4_STOPPED);
	assert_int_equal(world.lost, 0);
	dhcp4_client_release(&world.client); /* nothing to give back */
	assert_int_equal(world.sent, 3);
}

static void test_init_reboot(void **state)
{
	begin(config());
	bind_for(3600);
	dhcp4_client_reboot(&world.client, world.now);
	assert_int_equal(world.client.state, DHCP4_REBOOTING);
	assert_int_equal(world.message.type, DHCP4_REQUEST);
	assert_true(world.message.present[DHCP4_REQUESTED_ADDRESS]);
	assert_false(world.message.present[DHCP4_SERVER_ID]);
	assert_true(is(world.message.header.ciaddr, 0, 0, 0, 0));
	answer(DHCP4_ACK, 7, 3600, FULL);
	assert_int_equal(world.client.state, DHCP4_BOUND);
	assert_int_equal(world.bound, 2);

	/* Nobody answers: the lease stays until it ends. */
	dhcp4_client_reboot(&world.client, world.now);
	while (world.client.state == DHCP4_REBOOTING)
		wait();
	assert_int_equal(world.client.state, DHCP4_BOUND);
	assert_int_equal(world.lost, 0);

	/* Another network. */
	dhcp4_client_reboot(&world.client, world.now);
	answer(DHCP4_NAK, 0, 0, "");
	assert_int_equal(world.lost, 1);
	assert_int_equal(world.client.state, DHCP4_SELECTING);
	bind_for(3600);

	/* The machine slept longer than the lease. */
	world.now += DAY;
	dhcp4_client_reboot(&world.client, world.now);
	assert_int_equal(world.lost, 2);
	assert_int_equal(world.client.state, DHCP4_SELECTING);
}

/* The clock jumps far beyond everything at once. */
static void test_late_timer(void **state)
{
	begin(config());
	bind_for(3600);
	world.now += 10 * DAY;
	dhcp4_client_timer(&world.client, world.now);
	assert_int_equal(world.lost, 1);
	assert_int_equal(world.client.state, DHCP4_SELECTING);
	world.now += 10 * DAY;
	dhcp4_client_timer(&world.client, world.now);
	assert_int_equal(world.client.state, DHCP4_SELECTING);
}

static void arp(uint8_t last_mac, uint8_t sender_host, uint8_t target_host)
{
	uint8_t sender_mac[6] = {0x0a, 0xc0, 0xde, 0xad, 0xbe, last_mac}, sender[4] = {0},
	        target[4] = {0};

	if (sender_host)
		memcpy(sender, (uint8_t[]){10, 0, 0, sender_host}, 4);
	if (target_host)
		memcpy(target, (uint8_t[]){10, 0, 0, target_host}, 4);
	dhcp4_client_arp(&world.client, world.now, sender_mac, sender, target);
}

static void test_probe(void **state)
{
	struct dhcp4_config made = config();

	made.probe = true;
	begin(made);
	answer(DHCP4_OFFER, 7, 3600, FULL);
	answer(DHCP4_ACK, 7, 3600, FULL);
	assert_int_equal(world.client.state, DHCP4_PROBING);
	assert_int_equal(world.probes, 1);
	assert_in_range(wait(), ENGINE_SECOND, 2 * ENGINE_SECOND);
	assert_in_range(wait(), ENGINE_SECOND, 2 * ENGINE_SECOND);
	arp(0xef, 0, 7); /* our own, come back */
	arp(0x01, 9, 7); /* somebody looks for its owner */
	arp(0x01, 9, 8);
	assert_int_equal(wait(), 2 * ENGINE_SECOND);
	assert_int_equal(world.probes, 3);
	assert_int_equal(world.client.state, DHCP4_BOUND);
	arp(0x01, 7, 7); /* the stack's business from now on */
	assert_int_equal(world.client.state, DHCP4_BOUND);
	wait(); /* a renewal does not probe */
	answer(DHCP4_ACK, 7, 3600, FULL);
	assert_int_equal(world.client.state, DHCP4_BOUND);
	assert_int_equal(world.probes, 3);
}

static void test_conflict(void **state)
{
	struct dhcp4_config made = config();

	made.probe = true;
	for (int probing = 0; probing < 2; probing++) {
		begin(made);
		answer(DHCP4_OFFER, 7, 3600, FULL);
		answer(DHCP4_ACK, 7, 3600, FULL);
		arp(0x01, probing ? 0 : 7, 7);
		assert_int_equal(world.message.type, DHCP4_DECLINE);
		assert_true(is(world.destination, 255, 255, 255, 255));
		assert_true(is(world.source, 0, 0, 0, 0));
		assert_string_equal(to_hex(world.payload + 240, world.len - 240),
		    "3501043d07010ac0deadbeef32040a00000736040a0000feff");
		assert_int_equal(world.bound, 0);
		assert_int_equal(world.lost, 0);
		assert_int_equal(wait(), 10 * ENGINE_SECOND);
		assert_int_equal(world.client.state, DHCP4_SELECTING);
	}
	answer(DHCP4_OFFER, 8, 3600, FULL);
	answer(DHCP4_ACK, 8, 3600, FULL);
	while (world.client.state != DHCP4_BOUND)
		wait();
	dhcp4_client_conflict(&world.client, world.now); /* found out later */
	assert_int_equal(world.message.type, DHCP4_DECLINE);
	assert_int_equal(world.lost, 1);
}

/* An answer that is late, from an exchange that is over. */
static void test_late_answers(void **state)
{
	uint8_t packet[1000];
	size_t len;

	begin(config());
	len = answer_to(packet, sizeof(packet), DHCP4_OFFER, 7, 3600, "");
	dhcp4_client_stop(&world.client);
	dhcp4_client_input(&world.client, world.now, packet, len);
	assert_int_equal(world.client.state, DHCP4_STOPPED);
	dhcp4_client_start(&world.client, world.now);
	dhcp4_client_input(&world.client, world.now, packet, len);
	assert_int_equal(world.client.state, DHCP4_SELECTING);
	dhcp4_client_timer(&world.client, world.now); /* too early: nothing */
	assert_int_equal(world.sent, 2);
}

static void test_state_names(void **state)
{
	for (int i = 0; i < DHCP4_STATES; i++)
		assert_non_null(dhcp4_state_name(i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_golden_messages),
	    cmocka_unit_test(test_lease_contents),
	    cmocka_unit_test(test_options_by_configuration),
	    cmocka_unit_test(test_ack_without_rapid_commit),
	    cmocka_unit_test(test_ipv6_only),
	    cmocka_unit_test(test_strangers),
	    cmocka_unit_test(test_useless_leases),
	    cmocka_unit_test(test_two_servers),
	    cmocka_unit_test(test_one_shot_fails),
	    cmocka_unit_test(test_back_off),
	    cmocka_unit_test(test_initial_delay),
	    cmocka_unit_test(test_days_of_renewals),
	    cmocka_unit_test(test_server_vanishes),
	    cmocka_unit_test(test_rebinding),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_nak_storm),
	    cmocka_unit_test(test_nak_of_a_renewal),
	    cmocka_unit_test(test_release),
	    cmocka_unit_test(test_init_reboot),
	    cmocka_unit_test(test_late_timer),
	    cmocka_unit_test(test_probe),
	    cmocka_unit_test(test_conflict),
	    cmocka_unit_test(test_late_answers),
	    cmocka_unit_test(test_state_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
