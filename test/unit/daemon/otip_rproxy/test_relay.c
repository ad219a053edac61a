/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A relay between scripted sockets: whatever they take and give at a time, the bytes arrive in
 * order, nothing more is received while something waits, and the end comes last. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "relay.h"
#include "scripted.h"

#define CHUNK ((size_t)8192)

static int failing = -1; /* allocations until one fails; -1: none does */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return failing >= 0 && failing-- == 0 ? NULL : __real_malloc(size);
}

static struct relay_pool pool;
static struct relay relay;

static void begin(size_t size)
{
	scripted_begin(size);
	relay = (struct relay){0};
	assert_int_equal(relay_pool_init(&pool, CHUNK, 10 * CHUNK), 0);
}

static void end(void)
{
	relay_fini(&relay, &pool);
	assert_int_equal(pool.kept, 0);
	relay_pool_fini(&pool);
}

static int64_t move(void)
{
	return relay_move(&relay, &pool, SCRIPTED_FROM, SCRIPTED_TO, false);
}

static void test_all_at_once(void **state)
{
	begin(CHUNK / 2);
	assert_int_equal(move(), CHUNK / 2);
	/* Less came than there was room for: nothing more is asked for. */
	assert_int_equal(scripted.receives, 1);
	assert_false(relay_is_waiting(&relay));
	assert_false(relay.ended);
	assert_int_equal(move(), 0);
	assert_true(relay.ended && relay.passed && scripted.ended);
	assert_true(scripted_is_intact());
	end();
}

static void test_others_have_their_turn(void **state)
{
	begin(100 * CHUNK);
	assert_in_range(move(), CHUNK, 10 * CHUNK);
	end();
}

static void test_waits_and_reads_nothing(void **state)
{
	begin(10 * CHUNK);
	scripted.room = 300;
	assert_int_equal(move(), 300);
	assert_true(relay_is_waiting(&relay));
	assert_int_equal(pool.kept, CHUNK - 300);
	assert_int_equal(scripted.given, CHUNK);
	assert_int_equal(move(), 0);
	assert_int_equal(scripted.given, CHUNK);
	scripted.room = 100; /* a part of it */
	assert_int_equal(move(), 100);
	assert_int_equal(scripted.given, CHUNK);
	scripted.room = SIZE_MAX;
	while (!relay.passed)
		assert_true(move() >= 0);
	assert_int_equal(scripted.taken, 10 * CHUNK);
	assert_true(scripted_is_intact());
	end();
}

static void test_end_waits_for_bytes(void **state)
{
	begin(CHUNK / 2);
	scripted.room = 10;
	assert_int_equal(move(), 10);
	assert_false(scripted.ended);
	scripted.room = SIZE_MAX;
	assert_int_equal(move(), CHUNK / 2 - 10);
	assert_true(scripted.ended);
	end();
}

static void test_close_says_the_end(void **state)
{
	begin(0);
	assert_int_equal(relay_move(&relay, &pool, SCRIPTED_FROM, SCRIPTED_TO, true), 0);
	assert_true(relay.passed);
	assert_false(scripted.ended);
	end();
}

static void test_header_goes_first(void **state)
{
	begin(CHUNK / 2);
	assert_int_equal(relay_begin_with(&relay, &pool, (const uint8_t *)"PROXY", 5), 0);
	scripted.room = 3;
	assert_int_equal(move(), 3);
	assert_int_equal(scripted.given, 0);
	scripted.room = SIZE_MAX;
	assert_int_equal(move(), 2 + CHUNK / 2);
	assert_memory_equal(scripted.bytes, "PROXY", 5);
	assert_int_equal(scripted.bytes[5], scripted_byte(0));
	end();
}

static void test_little_when_much_is_kept(void **state)
{
	begin(100 * CHUNK);
	pool.kept = pool.limit; /* others' */
	scripted.room = 0;
	assert_int_equal(move(), 0);
	assert_true(relay.end <= RELAY_LEAST);
	relay_fini(&relay, &pool);
	assert_int_equal(pool.kept, pool.limit);
	pool.kept = 0;
	end();
}

static void test_errors(void **state)
{
	begin(CHUNK);
	scripted.receive_error = ECONNRESET;
	assert_int_equal(move(), -ECONNRESET);
	scripted.send_error = EPIPE;
	assert_int_equal(move(), -EPIPE);
	end();
	begin(CHUNK);
	scripted.room = 1;
	assert_int_equal(move(), 1);
	scripted.send_error = ECONNRESET; /* of what waits */
	assert_int_equal(move(), -ECONNRESET);
	end();
}

static void test_interrupted(void **state)
{
	begin(CHUNK / 2);
	scripted.receive_error = EINTR;
	assert_int_equal(move(), 0);
	scripted.send_error = EINTR;
	assert_int_equal(move(), CHUNK / 2);
	assert_true(scripted_is_intact());
	end();
}

static void test_no_memory(void **state)
{
	failing = 0;
	assert_int_equal(relay_pool_init(&pool, CHUNK, CHUNK), -ENOMEM);
	begin(10 * CHUNK);
	scripted.room = 300;
	failing = 0;
	assert_int_equal(move(), -ENOMEM);
	assert_int_equal(pool.kept, 0);
	failing = 0;
	assert_int_equal(relay_begin_with(&relay, &pool, (const uint8_t *)"x", 1), -ENOMEM);
	failing = -1;
	end();
}

/* Arrivals and room by chance, and errors that are none. */
static void test_random(void **state)
{
	for (unsigned int seed = 1; seed <= 300; seed++) {
		unsigned int turns = 0;

		srandom(seed);
		begin((size_t)random() % (40 * CHUNK));
		scripted.come = 0;
		scripted.room = 0;
		while (!relay.passed) {
			bool waiting = relay_is_waiting(&relay);
			size_t given = scripted.given;
			int64_t moved;

			scripted.come += (size_t)random() % (3 * CHUNK);
			if (scripted.come > scripted.size)
				scripted.come = scripted.size;
			scripted.room = (size_t)random() % (3 * CHUNK);
			scripted.receive_error = random() % 8 == 0 ? EINTR : 0;
			scripted.send_error = random() % 8 == 0 ? EAGAIN : 0;
			moved = move();
			assert_true(moved >= 0);
			if (waiting && relay_is_waiting(&relay) && moved == 0)
				assert_int_equal(scripted.given, given);
			assert_int_equal(pool.kept, relay_is_waiting(&relay) ? relay.end : 0);
			assert_true(++turns < 10000);
		}
		assert_int_equal(scripted.taken, scripted.size);
		assert_true(scripted_is_intact());
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_at_once),
	    cmocka_unit_test(test_others_have_their_turn),
	    cmocka_unit_test(test_waits_and_reads_nothing),
	    cmocka_unit_test(test_end_waits_for_bytes),
	    cmocka_unit_test(test_close_says_the_end),
	    cmocka_unit_test(test_header_goes_first),
	    cmocka_unit_test(test_little_when_much_is_kept),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_interrupted),
	    cmocka_unit_test(test_no_memory),
	    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
