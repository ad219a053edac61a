/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Duplicate address detection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>

#include "dad.h"

static const uint8_t a1[16] = {0xfc, [15] = 1}, a2[16] = {0xfc, [15] = 2};

static struct world {
	struct dad dad;
	engine_time now;
	uint32_t random;
	unsigned int sent, usable, duplicate;
	struct nd_neighbour last;
	bool again; /* the listener tries another address */
} world;

static uint32_t world_random(void *context)
{
	return world.random += 0x12345678;
}

static void world_solicit(void *context, const uint8_t target[16], const uint8_t nonce[6])
{
	world.sent++;
	world.last.type = ND_NEIGHBOUR_SOLICIT;
	world.last.has_nonce = true;
	memcpy(world.last.target, target, 16);
	memcpy(world.last.nonce, nonce, 6);
}

static void world_done(void *context, const uint8_t target[16], bool duplicate)
{
	world.usable += !duplicate;
	world.duplicate += duplicate;
	if (world.again) {
		world.again = false;
		assert_int_equal(dad_add(&world.dad, world.now, a2, false), 0);
	}
}

static const struct dad_ops ops = {world_random, world_solicit, world_done};

static void begin(void)
{
	memset(&world, 0, sizeof(world));
	world.now = 5000;
	dad_init(&world.dad, &ops, NULL);
	assert_int_equal(dad_add(&world.dad, world.now, a1, false), 0);
}

static void wait(void)
{
	world.now = world.dad.deadline;
	dad_timer(&world.dad, world.now);
}

static void test_unique(void **state)
{
	begin();
	assert_int_equal(world.sent, 1);
	assert_int_equal(world.dad.count, 1);
	assert_int_equal(dad_add(&world.dad, world.now, a1, false), 0); /* goes on */
	assert_int_equal(world.sent, 1);
	wait();
	assert_int_equal(world.now, 6000);
	assert_int_equal(world.usable, 1);
	assert_int_equal(world.dad.deadline, ENGINE_NEVER);
	assert_int_equal(world.dad.count, 0);
}

static void test_duplicate(void **state)
{
	struct nd_neighbour message = {.type = ND_NEIGHBOUR_ADVERT};

	begin();
	memcpy(message.target, a2, 16);
	dad_input(&world.dad, &message, false); /* another one's */
	memcpy(message.target, a1, 16);
	dad_input(&world.dad, &message, false);
	assert_int_equal(world.duplicate, 1);
	assert_int_equal(world.dad.count, 0);

	begin(); /* two at the same time */
	message.type = ND_NEIGHBOUR_SOLICIT;
	dad_input(&world.dad, &message, false); /* somebody looks for its owner */
	assert_int_equal(world.duplicate, 0);
	dad_input(&world.dad, &world.last, true); /* our own, come back */
	assert_int_equal(world.duplicate, 0);
	dad_input(&world.dad, &message, true);
	assert_int_equal(world.duplicate, 1);
}

static void test_next_try(void **state)
{
	struct nd_neighbour message = {.type = ND_NEIGHBOUR_ADVERT};

	begin();
	world.again = true;
	memcpy(message.target, a1, 16);
	dad_input(&world.dad, &message, false);
	assert_int_equal(world.sent, 2);
	world.again = true;
	wait(); /* adds a2 from inside of the timer */
	assert_int_equal(world.sent, 3);
	wait();
	assert_int_equal(world.usable, 2);
}

static void test_delay_and_cancel(void **state)
{
	begin();
	dad_cancel(&world.dad, a1);
	dad_cancel(&world.dad, a1);
	assert_int_equal(world.dad.deadline, ENGINE_NEVER);
	assert_int_equal(dad_add(&world.dad, world.now, a2, true), 0);
	assert_int_equal(world.sent, 1);
	assert_in_range(world.dad.deadline, 5000, 5999);
	wait();
	assert_int_equal(world.sent, 2);
	assert_int_equal(world.usable, 0);
}

static void test_full(void **state)
{
	begin();
	for (uint8_t i = 1; i < DAD_MAX; i++)
		assert_int_equal(
		    dad_add(&world.dad, world.now, (const uint8_t[16]){0xfd, [15] = i}, false), 0);
	assert_int_equal(dad_add(&world.dad, world.now, a2, false), -ENOSPC);
	wait();
	assert_int_equal(world.usable, DAD_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unique),
	    cmocka_unit_test(test_duplicate),
	    cmocka_unit_test(test_next_try),
	    cmocka_unit_test(test_delay_and_cancel),
	    cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
