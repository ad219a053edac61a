/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the DHCPv4 client keeps a lease, for days: renewing, rebinding, rebooting; and how it loses
 * it. */
#include "dhcp4_world.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_days_of_renewals),
	    cmocka_unit_test(test_server_vanishes),
	    cmocka_unit_test(test_rebinding),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_nak_of_a_renewal),
	    cmocka_unit_test(test_release),
	    cmocka_unit_test(test_init_reboot),
	    cmocka_unit_test(test_late_timer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
