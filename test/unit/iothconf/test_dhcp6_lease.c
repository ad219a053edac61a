/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the DHCPv6 client keeps a lease, for days: renewing, rebinding, confirming; and how it gives
 * it back or loses it. */
#include "dhcp6_world.h"

static void test_days_of_renewals(void **state)
{
	engine_time end;
	unsigned int renewals = 0;

	begin(config());
	bind_for(7200); /* preferred 3600: T1 1800, T2 2880 */
	end = world.now + 3 * DAY;
	while (world.now < end) {
		assert_int_equal(wait(), 1800 * ENGINE_SECOND);
		assert_int_equal(world.client.state, DHCP6C_RENEW);
		assert_int_equal(world.message.type, DHCP6_RENEW);
		reply(7, 7200);
		assert_int_equal(world.client.state, DHCP6C_BOUND);
		renewals++;
	}
	assert_int_equal(renewals, 3 * 48);
	assert_int_equal(world.bound, 1 + renewals);
	assert_int_equal(world.lost, 0);
}

static void test_server_vanishes(void **state)
{
	struct dhcp_duid duid;
	engine_time begun;
	unsigned int renews = 0, rebinds = 0;

	begin(config());
	bind_for(7200);
	begun = world.now;
	wait();
	while (world.client.state == DHCP6C_RENEW) {
		assert_int_equal(dhcp6_get_duid(world.message.options, DHCP6_SERVER_ID, &duid), 0);
		wait();
		renews++;
	}
	assert_int_equal(world.now, begun + 2880 * ENGINE_SECOND);
	while (world.client.state == DHCP6C_REBIND) {
		assert_int_equal(world.message.type, DHCP6_REBIND);
		assert_int_not_equal(dhcp6_get_duid(world.message.options, DHCP6_SERVER_ID, &duid), 0);
		wait();
		rebinds++;
	}
	assert_in_range(renews, 4, 9);
	assert_in_range(rebinds, 8, 16);
	assert_int_equal(world.now, begun + 7200 * ENGINE_SECOND);
	assert_int_equal(world.lost, 1);
	assert_int_equal(world.client.state, DHCP6C_SOLICIT);
	bind_for(3600);
}

static void test_no_binding(void **state)
{
	begin(config());
	bind_for(7200);
	wait();
	give((struct answer){.type = DHCP6_REPLY, .server = 7, .ia_status = DHCP6_NO_BINDING});
	assert_int_equal(world.client.state, DHCP6C_REQUEST);
	assert_int_equal(world.message.type, DHCP6_REQUEST);
	reply(7, 7200);
	assert_int_equal(world.client.state, DHCP6C_BOUND);
	assert_int_equal(world.lost, 0);
}

/* Renumbering: the old address ends, a new one comes. */
static void test_renumbering(void **state)
{
	begin(config());
	bind_for(7200);
	wait();
	give((struct answer){.type = DHCP6_REPLY, .server = 7, .host = 7, .valid = 0});
	assert_int_equal(world.lost, 1);
	wait();
	assert_int_equal(world.client.state, DHCP6C_SOLICIT);

	begin(config());
	bind_for(7200);
	wait();
	give((struct answer){
	    .type = DHCP6_REPLY, .server = 7, .host = 8, .preferred = 3600, .valid = 7200});
	assert_int_equal(world.client.lease.count, 2); /* the old one until its end */
	while (world.client.lease.count == 2)
		if (wait() && world.client.state == DHCP6C_RENEW)
			give((struct answer){
			    .type = DHCP6_REPLY, .server = 7, .host = 8, .preferred = 3600, .valid = 7200});
	assert_int_equal(world.client.lease.addresses[0].address[15], 8);
	assert_int_equal(world.lost, 0);
}

static void test_times(void **state)
{
	begin(config());
	bind_for(DHCP6_FOREVER);
	assert_int_equal(world.client.deadline, ENGINE_NEVER);

	begin(config());
	advertise(7, "00070001ff");
	give((struct answer){.type = DHCP6_REPLY,
	    .server = 7,
	    .host = 7,
	    .preferred = 3600,
	    .valid = 7200,
	    .t1 = 100,
	    .t2 = 200});
	assert_int_equal(wait(), 100 * ENGINE_SECOND);
	assert_int_equal(world.client.t2, world.now + 100 * ENGINE_SECOND);

	/* One second, and one that is deprecated at once: never more than a question a second. */
	for (uint32_t preferred = 0; preferred < 2; preferred++) {
		begin(config());
		advertise(7, "00070001ff");
		give((struct answer){
		    .type = DHCP6_REPLY, .server = 7, .host = 7, .preferred = preferred, .valid = 1});
		assert_int_equal(world.client.state, DHCP6C_BOUND);
		assert_int_equal(wait(), 1000);
	}
}

static void test_release(void **state)
{
	begin(config());
	bind_for(3600);
	dhcp6_client_release(&world.client, world.now);
	assert_int_equal(world.message.type, DHCP6_RELEASE);
	assert_string_equal(to_hex(world.payload + 4, world.len - 4),
	    "0001000a000300010ac0deadbeef0002000a00030001020000000007000800020000"
	    "00030028deadbeef000000000000000000050018fc0000000000000000000000000000070000000000000000");
	assert_int_equal(world.client.state, DHCP6C_STOPPED);
	assert_int_equal(world.lost, 0);
}

static void test_confirm(void **state)
{
	begin(config());
	bind_for(3600);
	dhcp6_client_confirm(&world.client, world.now);
	assert_int_equal(world.message.type, DHCP6_CONFIRM);
	give((struct answer){.type = DHCP6_REPLY, .server = 7});
	assert_int_equal(world.client.state, DHCP6C_BOUND);
	assert_int_equal(world.client.lease.count, 1);

	/* Nobody answers for ten seconds: the addresses stay. */
	dhcp6_client_confirm(&world.client, world.now);
	while (world.client.state == DHCP6C_CONFIRM)
		wait();
	assert_int_equal(world.client.state, DHCP6C_BOUND);
	assert_int_equal(world.lost, 0);

	dhcp6_client_confirm(&world.client, world.now);
	give((struct answer){.type = DHCP6_REPLY, .server = 7, .status = DHCP6_NOT_ON_LINK});
	assert_int_equal(world.lost, 1);
	assert_int_equal(world.client.state, DHCP6C_SOLICIT);
}

static void test_decline(void **state)
{
	begin(config());
	bind_for(3600);
	dhcp6_client_decline(&world.client, world.now, world.client.lease.addresses[0].address);
	assert_int_equal(world.message.type, DHCP6_DECLINE);
	for (int i = 0; i < 3; i++)
		wait();
	assert_int_equal(world.message.type, DHCP6_DECLINE);
	give((struct answer){.type = DHCP6_REPLY, .server = 7});
	assert_int_equal(world.lost, 1);
	wait();
	assert_int_equal(world.client.state, DHCP6C_SOLICIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_days_of_renewals),
	    cmocka_unit_test(test_server_vanishes),
	    cmocka_unit_test(test_no_binding),
	    cmocka_unit_test(test_renumbering),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_release),
	    cmocka_unit_test(test_confirm),
	    cmocka_unit_test(test_decline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
