/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the DHCPv6 client comes to a lease or to information, and what it refuses. */
#include "dhcp6_world.h"

static void test_golden_messages(void **state)
{
	struct dhcp6_config made = config();
	char expected[400];

	made.duid = dhcp_duid_llt(mac, 0x2f000000);
	strcpy(made.fqdn, "h1.hash.local");
	begin(made);
	snprintf(expected, sizeof(expected),
	    "01%"
	    "06x0001000e000100012f0000000ac0deadbeef000600040017001800080002000000270010000268310468617"
	    "368"
	    "056c6f63616c000003000cdeadbeef0000000000000000",
	    world.client.xid);
	assert_string_equal(to_hex(world.payload, world.len), expected);
	advertise(7, NULL);
	wait();
	snprintf(expected, sizeof(expected),
	    "03%"
	    "06x0001000e000100012f0000000ac0deadbeef0002000a0003000102000000000700060004001700180008000"
	    "2"
	    "0000002700100002683104686173680"
	    "56c6f63616c0000030028deadbeef0000000000000000"
	    "00050018fc0000000000000000000000000000070000000000000000",
	    world.client.xid);
	assert_string_equal(to_hex(world.payload, world.len), expected);
}

static void test_lease_contents(void **state)
{
	const struct dhcp6_lease *lease = &world.client.lease;

	begin(config());
	bind_for(3600);
	assert_int_equal(world.bound, 1);
	assert_int_equal(lease->count, 1);
	assert_int_equal(lease->addresses[0].address[15], 7);
	assert_int_equal(lease->addresses[0].valid, world.now + 3600 * ENGINE_SECOND);
	assert_int_equal(lease->dns, 1);
	assert_int_equal(lease->dns_server[0][15], 0x24);
	assert_string_equal(lease->domain[0], "hash.local");
}

/* Two servers: the better preference; 255 at once; the first of equals. */
static void test_preference(void **state)
{
	begin(config());
	advertise(1, "0007000105");
	advertise(2, "0007000109");
	advertise(3, "0007000109");
	wait();
	assert_int_equal(world.client.server.bytes[9], 2);
	assert_int_equal(world.client.offered.addresses[0].address[15], 2);
	advertise(4, "00070001ff"); /* too late */
	reply(4, 3600);             /* from another server */
	assert_int_equal(world.client.state, DHCP6C_REQUEST);
	reply(2, 3600);
	assert_int_equal(world.client.state, DHCP6C_BOUND);

	begin(config());
	advertise(1, NULL);
	advertise(2, "00070001ff");
	assert_int_equal(world.client.state, DHCP6C_REQUEST);
	assert_int_equal(world.client.server.bytes[9], 2);
}

/* RFC 8415, 18.2.1: with `collect` for the whole first time-out; behind it, the first one. */
static void test_collect(void **state)
{
	struct dhcp6_config made = config();

	made.collect = true;
	begin(made);
	advertise(1, NULL);
	assert_in_range(wait(), 1000, 1101);
	assert_int_equal(world.client.state, DHCP6C_REQUEST);

	begin(made);
	wait();
	assert_int_equal(world.sent, 2);
	advertise(1, NULL);
	assert_int_equal(world.client.state, DHCP6C_REQUEST);
}

static void test_useless_offers(void **state)
{
	begin(config());
	give((struct answer){.type = DHCP6_ADVERTISE, .server = 1, .ia_status = DHCP6_NO_ADDRS_AVAIL});
	give((struct answer){.type = DHCP6_ADVERTISE,
	    .server = 1,
	    .status = DHCP6_NO_ADDRS_AVAIL,
	    .host = 1,
	    .valid = 1});
	give((struct answer){.type = DHCP6_ADVERTISE, .server = 1});
	give((struct answer){
	    .type = DHCP6_REPLY, .server = 1, .host = 1, .valid = 9}); /* not asked for */
	assert_int_equal(world.client.server.len, 0);
	/* SOL_MAX_RT counts all the same: RFC 8415, 21.24. */
	give((struct answer){.type = DHCP6_ADVERTISE,
	    .server = 1,
	    .ia_status = DHCP6_NO_ADDRS_AVAIL,
	    .options = "0052000400000078"});
	assert_int_equal(world.client.solicit_max, 120);
	give((struct answer){.type = DHCP6_ADVERTISE,
	    .server = 1,
	    .ia_status = DHCP6_NO_ADDRS_AVAIL,
	    .options = "0052000400000001"});
	assert_int_equal(world.client.solicit_max, 120);
	advertise(1, NULL);
	assert_int_not_equal(world.client.server.len, 0);
}

static void test_strangers(void **state)
{
	begin(config());
	world.message.xid ^= 1;
	advertise(1, "00070001ff");
	world.message.xid ^= 1;
	world.client.config.duid.bytes[9] ^= 1; /* what the answer will say */
	{
		struct dhcp_duid other = world.client.config.duid;
		static uint8_t packet[200];
		struct wire_writer writer = wire_writer(packet, sizeof(packet));

		world.client.config.duid.bytes[9] ^= 1;
		dhcp6_put_header(&writer, DHCP6_ADVERTISE, world.message.xid);
		dhcp6_put_duid(&writer, DHCP6_CLIENT_ID, &other);
		dhcp6_put_duid(&writer, DHCP6_SERVER_ID, &other);
		dhcp6_client_input(&world.client, world.now, packet, writer.at);
		/* none at all */
		writer = wire_writer(packet, sizeof(packet));
		dhcp6_put_header(&writer, DHCP6_ADVERTISE, world.message.xid);
		dhcp6_put_duid(&writer, DHCP6_SERVER_ID, &other);
		dhcp6_client_input(&world.client, world.now, packet, writer.at);
		dhcp6_client_input(&world.client, world.now, packet, 3);
	}
	assert_int_equal(world.client.state, DHCP6C_SOLICIT);
	assert_int_equal(world.client.server.len, 0);
	assert_int_equal(world.sent, 1);
}

/* RFC 8415, 15: doubled each time up to an hour, a tenth more or less; elapsed time grows. */
static void test_back_off(void **state)
{
	engine_time before = 0, begun, took;
	uint16_t elapsed;

	begin(config());
	while (!world.failed)
		wait();
	assert_int_equal(world.sent, 3);
	wait();
	begun = world.now;
	for (int i = 0; i < 14; i++) {
		took = wait();
		if (i > 0 && before < 1700 * ENGINE_SECOND)
			assert_in_range(took, before * 19 / 10 - 1, before * 21 / 10 + 1);
		assert_true(took <= 3960 * ENGINE_SECOND);
		before = took;
		assert_int_equal(dhcp6_get_u16(world.message.options, DHCP6_ELAPSED_TIME, &elapsed), 0);
		assert_int_equal(elapsed, world.now - begun > 655350 ? 65535 : (world.now - begun) / 10);
	}
	assert_in_range(took, 3240 * ENGINE_SECOND, 3960 * ENGINE_SECOND);
}

static void test_one_shot_fails(void **state)
{
	struct dhcp6_config made = config();

	made.persistent = false;
	begin(made);
	assert_in_range(wait(), 1000, 1101);
	assert_in_range(wait(), 1900, 2350);
	assert_in_range(wait(), 3600, 5000);
	assert_int_equal(world.sent, 3);
	assert_int_equal(world.failed, 1);
	assert_int_equal(world.client.state, DHCP6C_STOPPED);

	begin(made);
	advertise(1, "00070001ff");
	give((struct answer){.type = DHCP6_REPLY, .server = 1, .ia_status = DHCP6_NO_ADDRS_AVAIL});
	assert_int_equal(world.failed, 1);

	begin(made);
	advertise(1, "00070001ff");
	for (int i = 0; i < 3; i++)
		wait();
	assert_int_equal(world.sent, 4);
	assert_int_equal(world.failed, 1);
}

static void test_unspec_fail(void **state)
{
	begin(config());
	advertise(1, "00070001ff");
	give((struct answer){.type = DHCP6_REPLY, .server = 1, .status = DHCP6_UNSPEC_FAIL});
	assert_int_equal(world.client.state, DHCP6C_REQUEST);
	assert_int_equal(world.sent, 2); /* at the pace of the time-outs */
	give((struct answer){.type = DHCP6_REPLY, .server = 1, .status = DHCP6_NOT_ON_LINK});
	assert_int_equal(world.client.state, DHCP6C_DELAY);
	wait();
	bind_for(3600);
}

static void test_rapid_commit(void **state)
{
	struct dhcp6_config made = config();

	made.rapid = made.all_options = true;
	begin(made);
	give((struct answer){.type = DHCP6_REPLY,
	    .server = 1,
	    .host = 1,
	    .preferred = 5,
	    .valid = 10,
	    .options = "000e0000"});
	assert_int_equal(world.client.state, DHCP6C_BOUND);
}

static void test_information(void **state)
{
	struct dhcp6_config made = config();

	made.information = true;
	begin(made);
	assert_string_equal(to_hex(world.payload + 4, world.len - 4),
	    "0001000a000300010ac0deadbeef0006000800170018002000530008"
	    "00020000");
	give((struct answer){.type = DHCP6_REPLY,
	    .server = 7,
	    .options = RESOLVER "00200004"
	                        "00000708"});
	assert_int_equal(world.client.state, DHCP6C_INFORMED);
	assert_int_equal(world.bound, 1);
	assert_int_equal(world.client.lease.dns, 1);
	assert_int_equal(world.client.lease.count, 0);
	assert_int_equal(wait(), 1800 * ENGINE_SECOND);
	assert_int_equal(world.client.state, DHCP6C_INFORM);
	give((struct answer){.type = DHCP6_REPLY, .server = 7, .options = "0020000400000001"});
	assert_int_equal(world.client.lease.dns, 0);
	assert_int_equal(wait(), 600 * ENGINE_SECOND); /* not more often */
}

static void test_late_timer(void **state)
{
	begin(config());
	bind_for(3600);
	world.now += 10 * DAY;
	dhcp6_client_timer(&world.client, world.now);
	assert_int_equal(world.lost, 1);
	assert_int_equal(world.client.state, DHCP6C_SOLICIT);
	world.now += 10 * DAY;
	dhcp6_client_timer(&world.client, world.now);
}

static void test_refusals(void **state)
{
	engine_time end;
	unsigned int before;

	begin(config());
	end = world.now + 3600 * ENGINE_SECOND;
	before = world.sent;
	while (world.now < end) {
		if (world.client.state == DHCP6C_SOLICIT)
			advertise(1, "00070001ff");
		if (world.client.state == DHCP6C_REQUEST)
			for (int i = 0; i < 50; i++)
				give((struct answer){.type = DHCP6_REPLY, .server = 1, .ia_status = 2});
		wait();
	}
	assert_true(world.sent - before < 2 * 70);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_golden_messages),
	    cmocka_unit_test(test_lease_contents),
	    cmocka_unit_test(test_preference),
	    cmocka_unit_test(test_collect),
	    cmocka_unit_test(test_useless_offers),
	    cmocka_unit_test(test_strangers),
	    cmocka_unit_test(test_back_off),
	    cmocka_unit_test(test_one_shot_fails),
	    cmocka_unit_test(test_unspec_fail),
	    cmocka_unit_test(test_rapid_commit),
	    cmocka_unit_test(test_information),
	    cmocka_unit_test(test_late_timer),
	    cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
