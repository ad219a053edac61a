/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of connections through the proxy, in a world of the test's: ends, resets, slow sides,
 * full tables, windows that close. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>

#include "window.h"
#include "world.h"

#define PORT  4242
#define MUCH  ((size_t)1 << 20)
#define CHUNK ((size_t)128 << 10)

static struct in6_addr address;
static struct service services[2];

static void open_window(void)
{
	world_service(&services[0], SOCK_STREAM, PORT);
	world_service(&services[1], SOCK_STREAM, PORT + 1);
	address = world_address(1);
	assert_int_equal(window_open(&world.flows, &address, services, 2), 0);
	world_turn();
}

static void begin_with(const struct flow_limits *limits)
{
	assert_true(world_begin(limits));
	open_window();
}

static int begin(void **state)
{
	begin_with(NULL);
	return 0;
}

static int end(void **state)
{
	world_end();
	return 0;
}

/* A client's connection, accepted. */
static int call_from(unsigned int source)
{
	int client = world_call(&address, PORT, source);

	assert_true(client >= 0);
	world_turn();
	return client;
}

static int call(void)
{
	return call_from(1);
}

static uint64_t count_of(const metric *counter)
{
	return metric_get(counter);
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
	int client = call(), server = world_inner(client);

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
	assert_int_equal(count_of(&world.flows.stats.tcp_bytes_in), 1001);
	assert_int_equal(count_of(&world.flows.stats.tcp_bytes_out), 2000);
	assert_int_equal(count_of(&world.flows.stats.tcp_aborted), 0);
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
	assert_int_equal(count_of(&world.flows.stats.tcp_aborted), 0);
}

static void test_client_ends(void **state)
{
	int client = call();

	half_close(client, world_inner(client));
	assert_ended(client);
}

static void test_server_ends(void **state)
{
	int client = call();

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
	int client = call();

	back_pressure(client, world_inner(client));
	back_pressure(world_inner(client), client);
}

/* A side that takes nothing any more, and one that has all to say: the other direction is its own.
 */
static void test_one_way_blocked(void **state)
{
	int client = call(), server = world_inner(client);

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
	int client = call();

	world_send(client, 1000);
	world_reset(client);
	world_turn();
	assert_reset(client);
	client = call();
	world_send(client, 1000);
	world_turn();
	world_reset(world_inner(client));
	world_turn();
	assert_reset(client);
	/* After an end of either side. */
	client = call();
	world_finish(client);
	world_turn();
	world_reset(client);
	world_turn();
	assert_reset(client);
	client = call();
	world_finish(world_inner(client));
	world_turn();
	world_reset(client);
	world_turn();
	assert_reset(client);
	/* With bytes that wait. */
	client = call();
	world_set_room(client, 0);
	world_send(world_inner(client), MUCH);
	world_turn();
	world_reset(client);
	world_turn();
	assert_reset(client);
	assert_int_equal(count_of(&world.flows.stats.tcp_aborted), 5);
	assert_int_equal(world.flows.connections, 0);
}

/* It says something and goes, or nothing: the client gets that and an end, and may speak still. */
static void test_server_closes_at_once(void **state)
{
	int client = call(), server = world_inner(client);

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
	client = call();
	assert_true(world_has_reset(client));
	assert_int_equal(count_of(&world.flows.stats.tcp_inner_failed), 1);
	world.server = WORLD_WAITS;
	client = call();
	world_send(client, 1000);
	world_turn();
	world_refuse(world_inner(client));
	world_turn();
	assert_true(world_has_reset(client));
	assert_int_equal(count_of(&world.flows.stats.tcp_inner_failed), 2);
	assert_int_equal(world.flows.connections, 0);
}

/* The client waits with what it has to say; not for ever. */
static void test_server_is_late(void **state)
{
	int client;

	world.server = WORLD_WAITS;
	client = call();
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
	client = call();
	world_pass(9 * LOOP_SEC);
	assert_true(world_is_open(client));
	world_pass(2 * LOOP_SEC);
	assert_reset(client);
	assert_int_equal(count_of(&world.flows.stats.tcp_inner_failed), 1);
	/* A client that goes meanwhile. */
	client = call();
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
	one = call();
	two = call();
	three = call();
	assert_true(world_has_reset(three) && world_inner(three) < 0);
	assert_true(world_is_open(one) && world_is_open(two));
	assert_int_equal(count_of(&world.flows.stats.tcp_full), 1);
	world_finish(one);
	world_finish(world_inner(one));
	world_turn();
	three = call();
	assert_true(world_is_open(three));
	world_end();
}

static void test_one_source(void **state)
{
	static const struct flow_limits limits = {
	    .connections = 100, .mappings = 1, .per_source = 2, .connect_timeout = 10 * LOOP_SEC};
	int client;

	begin_with(&limits);
	(void)call_from(1);
	client = call_from(1);
	assert_true(world_has_reset(call_from(1)));
	assert_true(world_is_open(call_from(2)));
	assert_int_equal(count_of(&world.flows.stats.tcp_per_source), 1);
	world_reset(client);
	world_turn();
	assert_true(world_is_open(call_from(1)));
	assert_true(world_has_reset(call_from(1)));
	world_end();
}

static void test_quiet(void **state)
{
	int client = call(), other = call();

	for (int i = 0; i < 10; i++) {
		world_pass(100 * LOOP_SEC);
		world_send(i % 2 ? client : world_inner(client), 1);
		world_turn();
	}
	assert_true(world_is_open(client));
	assert_ended(other);
	assert_int_equal(count_of(&world.flows.stats.tcp_idle), 1);
	world_pass(121 * LOOP_SEC);
	assert_ended(client);
}

static void test_no_descriptors(void **state)
{
	int client, other;

	world.errors[WORLD_MSOCKET] = EMFILE;
	client = call();
	assert_true(world_has_reset(client));
	assert_int_equal(count_of(&world.flows.stats.no_descriptors), 1);
	world.errors[WORLD_MSOCKET] = 0;
	/* Nothing can be accepted: the door rests, and does not keep the processor busy. */
	world.errors[WORLD_ACCEPT] = EMFILE;
	client = call();
	other = call();
	world_pass(10 * LOOP_SEC);
	assert_in_range(count_of(&world.flows.stats.no_descriptors), 5, 20);
	world.errors[WORLD_ACCEPT] = 0;
	world_pass(2 * LOOP_SEC);
	assert_true(world_inner(client) >= 0 && world_inner(other) >= 0);
	/* It may close while it rests. */
	world.errors[WORLD_ACCEPT] = EMFILE;
	(void)call();
	window_shut(&world.flows, &address);
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
		open_window();
		client = call();
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

/* Its connections go on; who was about to be accepted is, and nobody after that. */
static void test_window_closes(void **state)
{
	int client = call(), last = world_call(&address, PORT, 1);

	assert_true(last >= 0);
	window_shut(&world.flows, &address);
	assert_true(world_inner(last) >= 0);
	assert_true(world_call(&address, PORT, 1) < 0);
	world_turn();
	world_send(client, 1000);
	world_send(world_inner(last), 500);
	world_turn();
	assert_int_equal(world_has(world_inner(client)), 1000);
	assert_int_equal(world_has(last), 500);
	world_reset(client);
	world_turn();
	assert_int_equal(world.gone, 0);
	assert_true(flows_have(&world.flows, &address));
	world_finish(last);
	world_turn();
	assert_int_equal(world.gone, 0);
	world_finish(world_inner(last));
	world_turn();
	assert_int_equal(world.gone, 1);
	assert_memory_equal(&world.last_gone, &address, sizeof(address));
	assert_false(flows_have(&world.flows, &address));
}

static void test_window_opens_again(void **state)
{
	int client = call(), other;

	window_shut(&world.flows, &address);
	world_turn();
	open_window();
	assert_int_equal(world.gone, 0);
	other = call();
	assert_true(world_inner(other) >= 0);
	world_reset(client);
	world_reset(other);
	world_turn();
	assert_int_equal(world.gone, 0); /* it is open */
	assert_true(world_inner(call()) >= 0);
}

static void test_window_cannot_open(void **state)
{
	struct in6_addr other = world_address(2);

	world.errors[WORLD_BIND] = EADDRNOTAVAIL;
	assert_int_equal(window_open(&world.flows, &other, services, 2), -EADDRNOTAVAIL);
	world.errors[WORLD_BIND] = 0;
	assert_false(flows_have(&world.flows, &other));
	assert_int_equal(window_open(&world.flows, &other, services, 2), 0);
}

/* A service that goes takes no connection with it; another one has its door at once. */
static void test_services_change(void **state)
{
	int client = call();
	struct window *window = list_first(&world.flows.windows, struct window, link);

	window_set_services(window, services + 1, 1);
	world_turn();
	assert_true(world_call(&address, PORT, 1) < 0);
	assert_true(world_call(&address, PORT + 1, 1) >= 0);
	world_send(client, 1000);
	world_turn();
	assert_int_equal(world_has(world_inner(client)), 1000);
	window_set_services(window, services, 2);
	assert_true(world_is_open(call()));
}

/* Smaller limits end nothing that there is. */
static void test_limits_change(void **state)
{
	static const struct flow_limits limits = {
	    .connections = 1, .mappings = 1, .tcp_timeout = LOOP_SEC, .connect_timeout = LOOP_SEC};
	int one = call(), two = call();

	flows_set_limits(&world.flows, &limits);
	world_turn();
	assert_true(world_is_open(one) && world_is_open(two));
	assert_true(world_has_reset(call()));
	world_pass(2 * LOOP_SEC);
	assert_ended(one);
	assert_ended(two);
	assert_true(world_is_open(call()));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(both_ways),
	    TEST(client_ends),
	    TEST(server_ends),
	    TEST(slow_server),
	    TEST(one_way_blocked),
	    TEST(resets),
	    TEST(server_closes_at_once),
	    TEST(server_is_down),
	    TEST(server_is_late),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_one_source),
	    TEST(quiet),
	    TEST(no_descriptors),
	    cmocka_unit_test(test_headers),
	    TEST(window_closes),
	    TEST(window_opens_again),
	    TEST(window_cannot_open),
	    TEST(services_change),
	    TEST(limits_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
