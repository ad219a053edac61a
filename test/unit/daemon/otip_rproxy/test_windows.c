/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Windows of the proxy and their doors, in a world of the test's: they close and open again, a port
 * cannot be opened, services change, however many there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "fixture.h"

static int begin(void **state)
{
	fixture_begin(NULL, SOCK_STREAM);
	return 0;
}

/* Its connections go on; who was about to be accepted is, and nobody after that. */
static void test_window_closes(void **state)
{
	int client = fixture_call(), last = world_call(&fixture_address, FIXTURE_PORT, 1);

	assert_true(last >= 0);
	window_shut(&world.flows, &fixture_address);
	assert_true(world_inner(last) >= 0);
	assert_true(world_call(&fixture_address, FIXTURE_PORT, 1) < 0);
	world_turn();
	world_send(client, 1000);
	world_send(world_inner(last), 500);
	world_turn();
	assert_int_equal(world_has(world_inner(client)), 1000);
	assert_int_equal(world_has(last), 500);
	world_reset(client);
	world_turn();
	assert_int_equal(world.gone, 0);
	assert_true(flows_have(&world.flows, &fixture_address));
	world_finish(last);
	world_turn();
	assert_int_equal(world.gone, 0);
	world_finish(world_inner(last));
	world_turn();
	assert_int_equal(world.gone, 1);
	assert_memory_equal(&world.last_gone, &fixture_address, sizeof(fixture_address));
	assert_false(flows_have(&world.flows, &fixture_address));
}

static void test_window_opens_again(void **state)
{
	int client = fixture_call(), other;

	window_shut(&world.flows, &fixture_address);
	world_turn();
	fixture_open(SOCK_STREAM);
	assert_int_equal(world.gone, 0);
	other = fixture_call();
	assert_true(world_inner(other) >= 0);
	world_reset(client);
	world_reset(other);
	world_turn();
	assert_int_equal(world.gone, 0); /* it is open */
	assert_true(world_inner(fixture_call()) >= 0);
}

/* One port that cannot be opened keeps no other one shut, and is tried again, less and less often.
 * It is told once, whatever the window, and once when it is over. */
static void test_door_cannot_open(void **state)
{
	struct in6_addr other = world_address(2), third = world_address(3);
	const metric *shut = &world.flows.stats.doors_shut;

	world.errors[WORLD_BIND] = EADDRINUSE;
	world.bind_port = FIXTURE_PORT + 1;
	assert_int_equal(window_open(&world.flows, &other, fixture_services, 2), 0);
	assert_int_equal(window_open(&world.flows, &third, fixture_services, 2), 0);
	assert_true(flows_have(&world.flows, &other));
	world_turn();
	assert_int_equal(fixture_count(shut), 2);
	assert_true(world_call(&other, FIXTURE_PORT, 1) >= 0);
	assert_true(world_call(&other, FIXTURE_PORT + 1, 1) < 0);
	assert_true(world_call(&fixture_address, FIXTURE_PORT + 1, 1) >= 0);
	world_pass(100 * LOOP_SEC);
	assert_int_equal(
	    fixture_lines("tcp 4243: the port cannot be opened: Address already in use"), 1);
	world.errors[WORLD_BIND] = EACCES; /* another reason is news */
	world_pass(WINDOW_PAUSE_MAX);
	assert_int_equal(fixture_lines("tcp 4243: the port cannot be opened: Permission denied"), 1);
	window_shut(&world.flows, &third);
	assert_int_equal(fixture_count(shut), 1);
	world.errors[WORLD_BIND] = 0;
	world_pass(WINDOW_PAUSE_MAX);
	assert_int_equal(fixture_count(shut), 0);
	assert_true(world_call(&other, FIXTURE_PORT + 1, 1) >= 0);
	world_pass(2 * COMPLAINT_PAUSE);
	assert_int_equal(fixture_lines("tcp 4243: the port is open"), 1);
	assert_int_equal(fixture_lines("tcp 424"), 3);
	/* Nothing at all is tried until it works, too. */
	world.bind_port = 0;
	world.errors[WORLD_BIND] = EADDRNOTAVAIL;
	assert_int_equal(window_open(&world.flows, &third, fixture_services, 2), 0);
	world_turn();
	assert_int_equal(fixture_count(shut), 2);
	world.errors[WORLD_BIND] = 0;
	world_pass(LOOP_SEC);
	assert_true(world_call(&third, FIXTURE_PORT, 1) >= 0);
	/* One that closes while a door is shut is tried no more. */
	world.errors[WORLD_BIND] = EADDRNOTAVAIL;
	window_shut(&world.flows, &third);
	assert_int_equal(window_open(&world.flows, &third, fixture_services, 2), 0);
	window_shut(&world.flows, &third);
}

/* A reload looks at each service a few times, not at each for each: with none of them open, so that
 * the world has room. Looking at each for each for each took hours. */
static void test_very_many_services(void **state)
{
	enum { COUNT = 20000 };
	struct service *many = calloc(COUNT, sizeof(*many));
	struct window *window = list_first(&world.flows.windows, struct window, link);

	assert_non_null(many);
	for (size_t i = 0; i < COUNT; i++)
		world_service(&many[i], SOCK_STREAM, (uint16_t)(10000 + i));
	world.errors[WORLD_MSOCKET] = EMFILE;
	for (int i = 0; i < 3; i++)
		window_set_services(window, many, COUNT);
	assert_int_equal(window->doors.count, COUNT);
	window_set_services(window, many + COUNT / 2, COUNT / 2);
	assert_int_equal(window->doors.count, COUNT / 2);
	world.errors[WORLD_MSOCKET] = 0;
	window_set_services(window, fixture_services, 2);
	world_turn();
	assert_true(world_is_open(fixture_call()));
	free(many);
}

/* A service that goes takes no connection with it; another one has its door at once. */
static void test_services_change(void **state)
{
	int client = fixture_call();
	struct window *window = list_first(&world.flows.windows, struct window, link);

	window_set_services(window, fixture_services + 1, 1);
	world_turn();
	assert_true(world_call(&fixture_address, FIXTURE_PORT, 1) < 0);
	assert_true(world_call(&fixture_address, FIXTURE_PORT + 1, 1) >= 0);
	world_send(client, 1000);
	world_turn();
	assert_int_equal(world_has(world_inner(client)), 1000);
	window_set_services(window, fixture_services, 2);
	assert_true(world_is_open(fixture_call()));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, begin, fixture_end)
	const struct CMUnitTest tests[] = {
	    TEST(window_closes),
	    TEST(window_opens_again),
	    TEST(door_cannot_open),
	    TEST(very_many_services),
	    TEST(services_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
