/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mappings of the proxy, in a world of the test's: who gets which datagram, how long a client is
 * remembered, full tables, windows that close. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>

#include "fixture.h"

static void begin_with(const struct flow_limits *limits)
{
	fixture_begin(limits, SOCK_DGRAM);
}

static int begin(void **state)
{
	begin_with(NULL);
	return 0;
}

/* A datagram comes and is passed on: the mapping's socket inside. */
static int ask(unsigned int source)
{
	int inner;

	assert_true(world_datagram(&fixture_address, FIXTURE_PORT, source, 100));
	world_turn();
	inner = world_inner_of(source);
	assert_true(inner >= 0);
	return inner;
}

static void answer(unsigned int source)
{
	assert_true(world_reply(world_inner_of(source), 200));
	world_turn();
	assert_int_equal(world_got(source), 1);
}

static void test_clients(void **state)
{
	int one = ask(1), two = ask(2);

	assert_int_not_equal(one, two);
	assert_int_equal(ask(1), one);
	assert_int_equal(world_has(one), 2);
	assert_int_equal(world_has(two), 1);
	answer(1);
	answer(2);
	answer(2);
	assert_int_equal(world.flows.mapping_count, 2);
	assert_int_equal(fixture_count(&world.flows.stats.udp_in), 3);
	assert_int_equal(fixture_count(&world.flows.stats.udp_out), 3);
	/* A burst of several clients, mixed. */
	for (unsigned int i = 0; i < 6; i++)
		assert_true(world_datagram(&fixture_address, FIXTURE_PORT, 3 + i % 2, 1 + i * 1000));
	world_turn();
	assert_int_equal(world_has(world_inner_of(3)), 3);
	assert_int_equal(world_has(world_inner_of(4)), 3);
}

static void test_quiet(void **state)
{
	int one = ask(1);

	(void)ask(2);
	answer(2);
	/* Either direction counts. */
	world_pass(5 * LOOP_SEC);
	(void)ask(1);
	answer(2);
	world_pass(5 * LOOP_SEC);
	assert_int_equal(world.flows.mapping_count, 2);
	answer(1);
	world_pass(5 * LOOP_SEC);
	assert_int_equal(world.flows.mapping_count, 1);
	assert_true(world_is_open(one));
	world_pass(5 * LOOP_SEC);
	assert_int_equal(world.flows.mapping_count, 0);
	assert_int_equal(fixture_count(&world.flows.stats.udp_idle), 2);
	(void)ask(1);
	answer(1);
}

/* Room is made at the cost of those to whom nobody has answered. */
static void test_full(void **state)
{
	static const struct flow_limits limits = {
	    .connections = 1, .mappings = 3, .udp_timeout = 8 * LOOP_SEC};

	begin_with(&limits);
	(void)ask(1);
	answer(1);
	(void)ask(2);
	(void)ask(3);
	(void)ask(4);
	assert_true(world_inner_of(2) < 0);
	assert_int_equal(world.flows.mapping_count, 3);
	answer(3);
	answer(4);
	assert_true(world_datagram(&fixture_address, FIXTURE_PORT, 5, 100));
	world_turn();
	assert_true(world_inner_of(5) < 0);
	answer(1);
	answer(3);
	answer(4);
	assert_int_equal(fixture_count(&world.flows.stats.udp_full), 1);
	assert_int_equal(fixture_count(&world.flows.stats.udp_displaced), 1);
	/* Smaller limits forget nobody. */
	flows_set_limits(&world.flows,
	    &(struct flow_limits){.connections = 1, .mappings = 1, .udp_timeout = LOOP_SEC});
	answer(1);
	world_pass(2 * LOOP_SEC);
	assert_int_equal(world.flows.mapping_count, 0);
	world_end();
}

/* Those with answers make room when they have been quiet for long enough, and not before. */
static void test_makes_room(void **state)
{
	static const struct flow_limits limits = {.connections = 1,
	    .mappings = 2,
	    .per_source = 2,
	    .source_prefix = 64,
	    .udp_timeout = 100 * LOOP_SEC,
	    .udp_full_timeout = 10 * LOOP_SEC};

	begin_with(&limits);
	(void)ask(1);
	answer(1);
	(void)ask(WORLD_NETWORK);
	answer(WORLD_NETWORK);
	world_pass(9 * LOOP_SEC);
	answer(WORLD_NETWORK);
	assert_true(world_datagram(&fixture_address, FIXTURE_PORT, 2 * WORLD_NETWORK, 100));
	world_turn();
	assert_true(world_inner_of(2 * WORLD_NETWORK) < 0);
	world_pass(2 * LOOP_SEC);
	(void)ask(2 * WORLD_NETWORK);
	answer(2 * WORLD_NETWORK);
	assert_true(world_inner_of(1) < 0);
	answer(WORLD_NETWORK);
	assert_int_equal(fixture_count(&world.flows.stats.udp_full), 1);
	assert_int_equal(fixture_count(&world.flows.stats.udp_displaced), 1);
	world_end();
}

/* Told once when ICMP says that a server is not there, and once when it answers. */
static void test_server_is_told_of(void **state)
{
	int inner = ask(1);

	for (int i = 0; i < 20; i++) {
		world_fail(inner, ECONNREFUSED);
		world_turn();
		world_pass(LOOP_SEC);
		(void)ask(1);
	}
	assert_int_equal(fixture_lines("udp 4242: server ::1 (::1 port 4242): Connection refused"), 1);
	answer(1);
	answer(1);
	assert_int_equal(fixture_lines("udp 4242: server ::1 (::1 port 4242): well again"), 1);
}

static void test_one_source(void **state)
{
	static const struct flow_limits limits = {.connections = 10,
	    .mappings = 10,
	    .per_source = 1,
	    .source_prefix = 64,
	    .udp_timeout = 8 * LOOP_SEC,
	    .connect_timeout = LOOP_SEC};
	struct in6_addr other = world_address(2);

	begin_with(&limits);
	assert_int_equal(window_open(&world.flows, &other, fixture_services, 2), 0);
	(void)ask(1);
	assert_true(world_datagram(&other, FIXTURE_PORT, 1, 100));
	world_turn();
	assert_int_equal(world.flows.mapping_count, 1);
	assert_int_equal(fixture_count(&world.flows.stats.udp_per_source), 1);
	world_pass(9 * LOOP_SEC);
	assert_true(world_datagram(&other, FIXTURE_PORT, 1, 100));
	world_turn();
	assert_int_equal(world.flows.mapping_count, 1);
	world_end();
}

/* A datagram that a stack does not take is lost, and nothing else. */
static void test_lost(void **state)
{
	int inner = ask(1);

	world.errors[WORLD_SENDMMSG] = EMSGSIZE;
	assert_true(world_datagram(&fixture_address, FIXTURE_PORT, 1, 60000));
	assert_true(world_datagram(&fixture_address, FIXTURE_PORT, 1, 100));
	world_turn();
	assert_true(world_reply(inner, 60000));
	world_turn();
	assert_int_equal(fixture_count(&world.flows.stats.udp_lost), 3);
	assert_int_equal(world_has(inner), 1);
	world.errors[WORLD_SENDMMSG] = ECONNREFUSED;
	assert_true(world_datagram(&fixture_address, FIXTURE_PORT, 1, 100));
	world_turn();
	assert_int_equal(fixture_count(&world.flows.stats.udp_lost), 4);
	world.errors[WORLD_SENDMMSG] = 0;
	/* ICMP's word: nobody is at that port, or was a moment ago. */
	world_fail(inner, ECONNREFUSED);
	world_turn();
	assert_int_equal(ask(1), inner);
	answer(1);
}

/* Errors that ICMP messages became, forged ones say, are of no datagram that is sent now (udp(7)).
 */
static void test_errors_told_late(void **state)
{
	int inner = ask(1);

	for (unsigned int times = 1; times <= 3; times++) {
		world.errors[WORLD_SENDMMSG] = times == 2 ? EMSGSIZE : EHOSTUNREACH;
		world.error_times[WORLD_SENDMMSG] = times;
		answer(1);
	}
	assert_int_equal(fixture_count(&world.flows.stats.udp_lost), 0);
	world.errors[WORLD_SENDMMSG] = EHOSTUNREACH;
	world.error_times[WORLD_SENDMMSG] = 4;
	assert_true(world_reply(inner, 100));
	world_turn();
	assert_int_equal(fixture_count(&world.flows.stats.udp_lost), 1);
	answer(1);
}

static void test_no_descriptors(void **state)
{
	world.errors[WORLD_MSOCKET] = EMFILE;
	assert_true(world_datagram(&fixture_address, FIXTURE_PORT, 1, 100));
	world_turn();
	assert_int_equal(world.flows.mapping_count, 0);
	assert_int_equal(fixture_count(&world.flows.stats.no_descriptors), 1);
	world.errors[WORLD_MSOCKET] = 0;
	(void)ask(1);
	answer(1);
}

/* Who was there goes on, who was about to be is, and nobody after that. */
static void test_window_closes(void **state)
{
	int one = ask(1);

	answer(1);
	assert_true(world_datagram(&fixture_address, FIXTURE_PORT, 2, 100));
	window_shut(&world.flows, &fixture_address);
	world_turn();
	assert_false(world_datagram(&fixture_address, FIXTURE_PORT, 3, 100));
	assert_int_equal(ask(1), one);
	answer(1);
	answer(2);
	assert_int_equal(world.flows.mapping_count, 2);
	for (int i = 0; i < 10; i++) {
		world_pass(5 * LOOP_SEC);
		(void)ask(1);
		answer(1);
	}
	assert_int_equal(world.flows.mapping_count, 1);
	assert_int_equal(world.gone, 0);
	world_pass(9 * LOOP_SEC);
	assert_int_equal(world.gone, 1);
	assert_false(flows_have(&world.flows, &fixture_address));
	assert_int_equal(world_sockets(), 0);
}

/* Without a socket of its own a client is forgotten, and others are not. */
static void test_window_closes_badly(void **state)
{
	(void)ask(1);
	(void)ask(2);
	world.errors[WORLD_MSOCKET] = EMFILE;
	window_shut(&world.flows, &fixture_address);
	world.errors[WORLD_MSOCKET] = 0;
	world_turn();
	assert_int_equal(world.flows.mapping_count, 0);
	assert_int_equal(world.gone, 1);
	assert_int_equal(fixture_count(&world.flows.stats.no_descriptors), 2);
}

/* Opened again: who has a socket keeps it, others come through the door. */
static void test_window_opens_again(void **state)
{
	int one = ask(1);

	window_shut(&world.flows, &fixture_address);
	fixture_open(SOCK_DGRAM);
	assert_int_equal(ask(1), one);
	(void)ask(2);
	answer(1);
	answer(2);
	window_shut(&world.flows, &fixture_address);
	assert_int_equal(ask(1), one);
	answer(1);
	answer(2);
	world_pass(10 * LOOP_SEC);
	assert_int_equal(world.gone, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, begin, fixture_end)
	const struct CMUnitTest tests[] = {
	    TEST(clients),
	    TEST(quiet),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_makes_room),
	    TEST(server_is_told_of),
	    cmocka_unit_test(test_one_source),
	    TEST(lost),
	    TEST(errors_told_late),
	    TEST(no_descriptors),
	    TEST(window_closes),
	    TEST(window_closes_badly),
	    TEST(window_opens_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
