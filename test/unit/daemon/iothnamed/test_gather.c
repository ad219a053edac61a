/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Letting queries gather: clients and a server in virtual time. A turn takes the server 5 us, and
 * each query of it 2 us. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gather.h"

#define US     GATHER_MICROSECOND
#define MS     (1000 * US)
#define SECOND (1000 * MS)
#define TURN   (5 * US)
#define QUERY  (2 * US)

struct world {
	struct gather gather;
	uint64_t now, asked; /* until when the clients have asked */
	uint64_t turns, queries, rests;
};

/* One turn with so many queries; whether the server rests then. */
static void turn(struct world *world, unsigned int queries, bool gathers)
{
	uint64_t rest = gathers ? gather_turn(&world->gather, world->now, queries) : 0;

	assert_true(rest == 0 || rest == GATHER_REST);
	assert_true(rest == 0 || queries < GATHER_ENOUGH);
	world->turns++;
	world->queries += queries;
	world->rests += rest > 0;
	world->now += TURN + queries * QUERY + rest;
}

/* Clients who ask so many times a millisecond, whatever the answers do. */
static void ask_steadily(struct world *world, unsigned int rate, uint64_t end)
{
	while (world->now < end) {
		uint64_t came = (world->now - world->asked) * rate / MS;

		if (came == 0) { /* the server sleeps */
			world->now += US;
			continue;
		}
		world->asked += came * MS / rate;
		turn(world, came < GATHER_ENOUGH ? (unsigned int)came : GATHER_ENOUGH, true);
	}
}

/* Clients each of whom asks again as soon as it has its answer. */
static void ask_in_turn(struct world *world, unsigned int clients, bool gathers, uint64_t end)
{
	while (world->now < end)
		turn(world, clients, gathers);
}

static void test_few(void **state)
{
	struct world world = {.now = SECOND, .asked = SECOND};

	(void)state;
	ask_steadily(&world, GATHER_MANY - 5, 2 * SECOND);
	assert_int_equal(world.rests, 0);
	assert_in_range(world.turns, world.queries / 2, world.queries);
}

/* Nearly as many queries as the server can do: many times fewer turns. */
static void test_many(void **state)
{
	struct world world = {.now = SECOND, .asked = SECOND};

	(void)state;
	ask_steadily(&world, 130, 2 * SECOND);
	assert_in_range(world.queries, 129 * 1000, 130 * 1000);
	assert_in_range(world.turns, world.queries / 25, world.queries / 10);
	/* Fewer come: at once it looks for each again. */
	world.rests = 0;
	world.now += 2 * MS;
	world.asked = world.now;
	ask_steadily(&world, 10, world.now + SECOND);
	assert_in_range(world.rests, 0, 20);
	/* And when they come again, it rests again within a second, the longest pause. */
	world.rests = 0;
	ask_steadily(&world, 130, world.now + 2 * SECOND);
	assert_true(world.rests > 4000);
}

/* Whose clients wait for answers gets no fewer queries in the long run. */
static void test_waiting_clients(void **state)
{
	(void)state;
	for (unsigned int clients = 1; clients <= 16; clients *= 2) {
		struct world with = {0}, without = {0};

		ask_in_turn(&without, clients, false, 10 * SECOND);
		ask_in_turn(&with, clients, true, 10 * SECOND);
		assert_true(with.rests > 0);
		assert_in_range(with.queries, without.queries * 98 / 100, without.queries);
	}
}

/* Turns that are full need no rest. */
static void test_full(void **state)
{
	struct world world = {0};

	(void)state;
	ask_in_turn(&world, GATHER_ENOUGH, true, SECOND);
	assert_int_equal(world.rests, 0);
}

/* A server that was away for long, or whose clock stands still. */
static void test_time(void **state)
{
	struct gather gather = {0};

	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		assert_int_equal(gather_turn(&gather, 0, 1), 0);
	assert_int_equal(gather_turn(&gather, UINT64_MAX - 1, 63), 0);
	assert_int_equal(gather_turn(&gather, UINT64_MAX, 63), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_few),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_waiting_clients),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
