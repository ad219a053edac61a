/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of connections through the proxy, in a world of the test's: ends, resets, slow sides,
 * full tables, windows that close. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>

#include "fixture.h"

#define MUCH  ((size_t)1 << 20)
#define CHUNK ((size_t)128 << 10)

static void begin_with(const struct flow_limits *limits)
{
	fixture_begin(limits, SOCK_STREAM);
}

static int begin(void **state)
{
	begin_with(NULL);
	return 0;
}

static void assert_ended(int client)
{
	assert_false(world_is_open(client) || world_is_open(world_inner(client)));
	assert_true(world_has_end(client) && world_has_end(world_inner(client)));
}

static void assert_reset(int client)
{
	assert_false(world_is_open(client) || world_is_open(world_inner(client)));
	assert_true(world_has_reset(client) && world_has_reset(world_inner(client)));
}

static void test_both_ways(void **state)
{
	int client = fixture_call(), server = world_inner(client);

	world_send(client, 1000);
	world_turn();
	assert_int_equal(world_has(server), 1000);
	world_send(server, 2000);
	world_send(client, 1);
	world_turn();
	assert_int_equal(world_has(server), 1001);
	assert_int_equal(world_has(client), 2000);
	world_finish(client);
	world_finish(server);
	world_turn();
	assert_ended(client);
	assert_int_equal(fixture_count(&world.flows.stats.tcp_bytes_in), 1001);
	assert_int_equal(fixture_count(&world.flows.stats.tcp_bytes_out), 2000);
	assert_int_equal(fixture_count(&world.flows.stats.tcp_aborted), 0);
}

/* An end goes after the bytes before it, and the other direction goes on, for long. */
static void half_close(int ends, int goes_on)
{
	world_set_room(goes_on, 100);
	world_send(ends, 1000);
	world_finish(ends);
	world_turn();
	assert_false(world_has_end(goes_on));
	world_set_room(goes_on, WORLD_ROOM);
	world_turn();
	assert_int_equal(world_has(goes_on), 1000);
	assert_true(world_has_end(goes_on) && world_is_open(goes_on) && world_is_open(ends));
	for (size_t i = 1; i <= 100; i++) {
		world_pass(100 * LOOP_SEC);
		world_send(goes_on, 1000);
		world_turn();
		assert_int_equal(world_has(ends), i * 1000);
		assert_false(world_has_end(ends));
		world_set_room(ends, WORLD_ROOM);
	}
	world_finish(goes_on);
	world_turn();
	assert_int_equal(fixture_count(&world.flows.stats.tcp_aborted), 0);
}

static void test_client_ends(void **state)
{
	int client = fixture_call();

	half_close(client, world_inner(client));
	assert_ended(client);
}

static void test_server_ends(void **state)
{
	int client = fixture_call();

	half_close(world_inner(client), client);
	assert_ended(client);
}

/* What the one side does not take waits at the other. */
static void back_pressure(int from, int to)
{
	world_set_room(to, 1000);
	world_send(from, 10 * MUCH);
	world_turn();
	assert_int_equal(world_has(to), 1000);
	assert_in_range(world.flows.pool.kept, 1, CHUNK);
	world_pass(10 * LOOP_SEC);
	assert_int_equal(world_has(to), 1000);
	for (size_t had = 1000; had < 10 * MUCH; had = world_has(to)) {
		world_set_room(to, 300000);
		world_turn();
		assert_true(world_has(to) > had);
		assert_in_range(world.flows.pool.kept, 0, CHUNK);
	}
	assert_int_equal(world_has(to), 10 * MUCH);
	assert_int_equal(world.flows.pool.kept, 0);
}

static void test_slow_server(void **state)
{
	int client = fixture_call();

	back_pressure(client, world_inner(client));
	back_pressure(world_inner(client), client);
}

/* A side that takes nothing any more, and one that has all to say: the other direction is its own.
 */
static void test_one_way_blocked(void **state)
{
	int client = fixture_call(), server = world_inner(client);

	world_set_room(server, 0);
	world_send(client, MUCH);
	world_turn();
	world_send(server, 1000);
	world_turn();
	assert_int_equal(world_has(client), 1000);
	world_finish(server);
	world_turn();
	assert_true(world_has_end(client));
	assert_true(world_is_open(client));
	world_reset(server);
	world_turn();
	assert_reset(client);
	assert_int_equal(world.flows.pool.kept, 0);
}

static void test_resets(void **state)
{
	int client = fixture_call();

	world_send(client, 1000);
	world_reset(client);
	world_turn();
	assert_reset(client);
	client = fixture_call();
	world_send(client, 1000);
	world_turn();
	world_reset(world_inner(client));
	world_turn();
	assert_reset(client);
	/* After an end of either side. */
	client = fixture_call();
	world_finish(client);
	world_turn();
	world_reset(client);
	world_turn();
	assert_reset(client);
	client = fixture_call();
	world_finish(world_inner(client));
	world_turn();
	world_reset(client);
	world_turn();
	assert_reset(client);
	/* With bytes that wait. */
	client = fixture_call();
	world_set_room(client, 0);
	world_send(world_inner(client), MUCH);
	world_turn();
	world_reset(client);
	world_turn();
	assert_reset(client);
	assert_int_equal(fixture_count(&world.flows.stats.tcp_aborted), 5);
	assert_int_equal(world.flows.connections, 0);
}

/* It says something and goes, or nothing: the client gets that and an end, and may speak still. */
static void test_server_closes_at_once(void **state)
{
	int client = fixture_call(), server = world_inner(client);

	world_send(server, 10);
	world_finish(server);
	world_turn();
	assert_int_equal(world_has(client), 10);
	assert_true(world_has_end(client));
	world_send(client, 1000);
	world_turn();
	assert_int_equal(world_has(server), 1000);
	world_finish(client);
	world_turn();
	assert_ended(client);
}

static void test_server_is_down(void **state)
{
	int client;

	world.server = WORLD_REFUSES;
	client = fixture_call();
	assert_true(world_has_reset(client));
	assert_int_equal(fixture_count(&world.flows.stats.tcp_inner_failed), 1);
	world.server = WORLD_WAITS;
	client = fixture_call();
	world_send(client, 1000);
	world_turn();
	world_refuse(world_inner(client));
	world_turn();
	assert_true(world_has_reset(client));
	assert_int_equal(fixture_count(&world.flows.stats.tcp_inner_failed), 2);
	assert_int_equal(world.flows.connections, 0);
}

static void visit(void)
{
	int client = fixture_call();

	if (world_is_open(client))
		world_reset(client);
	world_turn();
}

/* It is told once when a server begins to fail, and once when it is back, however many clients
 * come; and what comes and goes is told now and then. */
static void test_server_is_told_of(void **state)
{
	world.server = WORLD_REFUSES;
	for (int i = 0; i < 20; i++) {
		visit();
		world_pass(LOOP_SEC);
	}
	assert_int_equal(fixture_lines("tcp 4242: server ::1 (::1 port 4242): Connection refused"), 1);
	world.server = WORLD_WAITS; /* and says nothing more */
	(void)fixture_call();
	world_pass(30 * LOOP_SEC);
	assert_int_equal(
	    fixture_lines("tcp 4242: server ::1 (::1 port 4242): Connection timed out"), 1);
	world.server = WORLD_TAKES;
	for (int i = 0; i < 20; i++) {
		visit();
		world_pass(LOOP_SEC);
	}
	assert_int_equal(fixture_lines("well again"), 1);
	assert_int_equal(fixture_lines("server"), 3);
	for (int i = 0; i < 100; i++) {
		world.server = i % 2 ? WORLD_TAKES : WORLD_REFUSES;
		visit();
		world_pass(LOOP_SEC);
	}
	assert_in_range(fixture_lines("server"), 5, 14);
	/* A lack of ours is not the server's. */
	world_pass(20 * LOOP_SEC);
	assert_int_equal(fixture_lines("Connection refused"), fixture_lines("well again"));
	world.errors[WORLD_MSOCKET] = EMFILE;
	visit();
	world_pass(20 * LOOP_SEC);
	assert_int_equal(fixture_lines("Connection refused"), fixture_lines("well again"));
	assert_int_equal(fixture_lines("files"), 0);
}

/* The client waits with what it has to say; not for ever. */
static void test_server_is_late(void **state)
{
	int client;

	world.server = WORLD_WAITS;
	client = fixture_call();
	world_send(client, MUCH);
	world_finish(client);
	world_pass(9 * LOOP_SEC);
	assert_int_equal(world.flows.pool.kept, 0);
	assert_int_equal(world_has(world_inner(client)), 0);
	world_answer(world_inner(client));
	world_set_room(world_inner(client), 2 * MUCH);
	world_turn();
	assert_int_equal(world_has(world_inner(client)), MUCH);
	assert_true(world_has_end(world_inner(client)));
	client = fixture_call();
	world_pass(9 * LOOP_SEC);
	assert_true(world_is_open(client));
	world_pass(2 * LOOP_SEC);
	assert_reset(client);
	assert_int_equal(fixture_count(&world.flows.stats.tcp_inner_failed), 1);
	/* A client that goes meanwhile. */
	client = fixture_call();
	world_reset(client);
	world_turn();
	assert_reset(client);
}

static void test_full(void **state)
{
	static const struct flow_limits limits = {.connections = 2,
	    .mappings = 1,
	    .tcp_timeout = 100 * LOOP_SEC,
	    .connect_timeout = 10 * LOOP_SEC};
	int one, two, three;

	begin_with(&limits);
	one = fixture_call();
	two = fixture_call();
	three = fixture_call();
	assert_true(world_has_reset(three) && world_inner(three) < 0);
	assert_true(world_is_open(one) && world_is_open(two));
	assert_int_equal(fixture_count(&world.flows.stats.tcp_full), 1);
	world_finish(one);
	world_finish(world_inner(one));
	world_turn();
	three = fixture_call();
	assert_true(world_is_open(three));
	world_end();
}

/* A source is who has a /64, or what the configuration says. */
static void test_one_source(void **state)
{
	static const struct flow_limits limits = {.connections = 100,
	                                    .mappings = 1,
	                                    .per_source = 2,
	                                    .source_prefix = 64,
	                                    .connect_timeout = 10 * LOOP_SEC},
	                                each = {.connections = 100,
	                                    .mappings = 1,
	                                    .per_source = 1,
	                                    .source_prefix = 128,
	                                    .connect_timeout = 10 * LOOP_SEC};
	int client;

	begin_with(&limits);
	(void)fixture_call_from(1);
	client = fixture_call_from(2);
	assert_true(world_has_reset(fixture_call_from(1)));
	assert_true(world_has_reset(fixture_call_from(3)));
	assert_true(world_is_open(fixture_call_from(WORLD_NETWORK)));
	assert_int_equal(fixture_count(&world.flows.stats.tcp_per_source), 2);
	world_reset(client);
	world_turn();
	assert_true(world_is_open(fixture_call_from(3)));
	assert_true(world_has_reset(fixture_call_from(1)));
	/* What was counted by another rule leaves by it. */
	flows_set_limits(&world.flows, &each);
	assert_true(world_is_open(fixture_call_from(4)));
	assert_true(world_is_open(fixture_call_from(5)));
	assert_true(world_has_reset(fixture_call_from(5)));
	world_end();
}

/* Where there is no place left, the one that was quiet for longest makes room, if it was for long
 * enough; one that is active never does, nor does anybody for a source that has its share. */
static void test_makes_room(void **state)
{
	static const struct flow_limits limits = {.connections = 3,
	    .mappings = 1,
	    .per_source = 2,
	    .source_prefix = 64,
	    .tcp_timeout = 1000 * LOOP_SEC,
	    .tcp_full_timeout = 30 * LOOP_SEC,
	    .connect_timeout = 10 * LOOP_SEC};
	int quiet, quieter, busy, late;

	begin_with(&limits);
	quieter = fixture_call_from(1);
	world_pass(LOOP_SEC);
	quiet = fixture_call_from(1);
	busy = fixture_call_from(WORLD_NETWORK);
	world_set_room(world_inner(quiet), 0);
	world_send(quiet, MUCH); /* what nobody takes does not move */
	world_turn();
	for (int i = 0; i < 28; i++) {
		world_pass(LOOP_SEC);
		world_send(i % 2 ? busy : world_inner(busy), 1);
		world_turn();
	}
	assert_true(world_has_reset(fixture_call_from(2 * WORLD_NETWORK)));
	assert_int_equal(fixture_count(&world.flows.stats.tcp_full), 1);
	world_pass(10 * LOOP_SEC);
	world_send(busy, 1);
	world_turn();
	assert_true(world_has_reset(fixture_call_from(1)));
	assert_int_equal(fixture_count(&world.flows.stats.tcp_per_source), 1);
	assert_true(world_is_open(quieter));
	late = fixture_call_from(2 * WORLD_NETWORK);
	assert_true(world_is_open(late) && world_inner(late) >= 0);
	assert_reset(quieter);
	assert_true(world_is_open(fixture_call_from(2 * WORLD_NETWORK)));
	assert_reset(quiet);
	assert_true(world_has_reset(fixture_call_from(3 * WORLD_NETWORK)));
	assert_true(world_is_open(busy) && world_is_open(late));
	assert_int_equal(fixture_count(&world.flows.stats.tcp_displaced), 2);
	assert_int_equal(fixture_count(&world.flows.stats.tcp_full), 2);
	assert_int_equal(fixture_count(&world.flows.stats.tcp_aborted), 0);
	assert_int_equal(world.flows.pool.kept, 0);
	world_end();
}

static void test_quiet(void **state)
{
	int client = fixture_call(), other = fixture_call();

	for (int i = 0; i < 10; i++) {
		world_pass(100 * LOOP_SEC);
		world_send(i % 2 ? client : world_inner(client), 1);
		world_turn();
	}
	assert_true(world_is_open(client));
	assert_ended(other);
	assert_int_equal(fixture_count(&world.flows.stats.tcp_idle), 1);
	world_pass(121 * LOOP_SEC);
	assert_ended(client);
}

static void test_no_descriptors(void **state)
{
	int client, other;

	world.errors[WORLD_MSOCKET] = EMFILE;
	client = fixture_call();
	assert_true(world_has_reset(client));
	assert_int_equal(fixture_count(&world.flows.stats.no_descriptors), 1);
	world.errors[WORLD_MSOCKET] = 0;
	/* Nothing can be accepted: the door rests, and does not keep the processor busy. */
	world.errors[WORLD_ACCEPT] = EMFILE;
	client = fixture_call();
	other = fixture_call();
	world_pass(10 * LOOP_SEC);
	assert_in_range(fixture_count(&world.flows.stats.no_descriptors), 5, 20);
	world.errors[WORLD_ACCEPT] = 0;
	world_pass(2 * LOOP_SEC);
	assert_true(world_inner(client) >= 0 && world_inner(other) >= 0);
	/* It may close while it rests. */
	world.errors[WORLD_ACCEPT] = EMFILE;
	(void)fixture_call();
	window_shut(&world.flows, &fixture_address);
	world.errors[WORLD_ACCEPT] = 0;
	world_pass(10 * LOOP_SEC);
}

static void test_headers(void **state)
{
	for (unsigned int version = 1; version <= 2; version++) {
		int client, server;

		assert_true(world_begin(NULL));
		world.proxy = version;
		world.server = WORLD_WAITS;
		fixture_open(SOCK_STREAM);
		client = fixture_call();
		server = world_inner(client);
		world_set_room(server, 7); /* a part of it */
		world_send(client, 1000);
		world_answer(server);
		world_turn();
		assert_int_equal(world_has(server), 7);
		world_set_room(server, WORLD_ROOM);
		world_turn();
		assert_true(world_has(server) > 1000 + 30); /* the bytes are the world's to look at */
		world_end();
	}
}

/* Smaller limits end nothing that there is. */
static void test_limits_change(void **state)
{
	static const struct flow_limits limits = {
	    .connections = 1, .mappings = 1, .tcp_timeout = LOOP_SEC, .connect_timeout = LOOP_SEC};
	int one = fixture_call(), two = fixture_call();

	flows_set_limits(&world.flows, &limits);
	world_turn();
	assert_true(world_is_open(one) && world_is_open(two));
	assert_true(world_has_reset(fixture_call()));
	world_pass(2 * LOOP_SEC);
	assert_ended(one);
	assert_ended(two);
	assert_true(world_is_open(fixture_call()));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, begin, fixture_end)
	const struct CMUnitTest tests[] = {
	    TEST(both_ways),
	    TEST(client_ends),
	    TEST(server_ends),
	    TEST(slow_server),
	    TEST(one_way_blocked),
	    TEST(resets),
	    TEST(server_closes_at_once),
	    TEST(server_is_down),
	    TEST(server_is_told_of),
	    TEST(server_is_late),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_one_source),
	    cmocka_unit_test(test_makes_room),
	    TEST(quiet),
	    TEST(no_descriptors),
	    cmocka_unit_test(test_headers),
	    TEST(limits_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
