/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the DHCPv4 client gets a lease: its messages, whose answers count, back-off, probing. */
#include "dhcp4_world.h"

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
	    cmocka_unit_test(test_nak_storm),
	    cmocka_unit_test(test_probe),
	    cmocka_unit_test(test_conflict),
	    cmocka_unit_test(test_late_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
