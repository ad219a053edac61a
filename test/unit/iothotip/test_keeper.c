/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which addresses there are, on an interface that is a list and by a clock that does what it wants.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>

#include "allocations.h"
#include "keeper.h"

#define PRESENT_MAX 4096
#define NOW         1700000000

/* An address of the interface. */
struct present {
	struct in6_addr address;
	bool retired;
	size_t flows; /* that the keeper does not count */
};

static struct world {
	struct otip_identity identity;
	struct otip_keeper keeper;
	struct otip_keeper_ops ops;
	struct present present[PRESENT_MAX];
	size_t count, most;
	int add_error, retire_error;
	int retire_result;
	unsigned int adds, retires, removes, looks;
} world;

static struct present *find(const struct in6_addr *address)
{
	for (size_t i = 0; i < world.count; i++) {
		if (memcmp(&world.present[i].address, address, sizeof(*address)) == 0)
			return &world.present[i];
	}
	return NULL;
}

static int world_add(void *context, const struct in6_addr *address)
{
	struct present *present = find(address);

	assert_ptr_equal(context, &world);
	if (world.add_error)
		return world.add_error;
	world.adds++;
	if (!present) {
		assert_true(world.count < PRESENT_MAX);
		present = &world.present[world.count++];
		if (world.count > world.most)
			world.most = world.count;
		*present = (struct present){.address = *address};
	}
	present->retired = false;
	return 0;
}

static void drop(struct present *present)
{
	*present = world.present[--world.count];
}

static int world_retire(void *context, const struct in6_addr *address)
{
	struct present *present = find(address);

	if (world.retire_error)
		return world.retire_error;
	world.retires++;
	assert_non_null(present);
	present->retired = true;
	if (world.retire_result == 1 && present->flows == 0)
		drop(present); /* the stack sees to it */
	return world.retire_result;
}

static void world_remove(void *context, const struct in6_addr *address)
{
	struct present *present = find(address);

	world.removes++;
	if (present)
		drop(present);
}

static bool world_in_use(void *context, const struct in6_addr *address)
{
	struct present *present = find(address);

	world.looks++;
	return present && present->flows;
}

static void begin_world(uint32_t period, uint32_t preactive, uint32_t postactive)
{
	const struct otip_schedule schedule = {period, preactive, postactive};
	const struct otip_identity_config config = {.name = "renzo.otip", .password = "mypassword"};

	memset(&world, 0, sizeof(world));
	world.ops = (struct otip_keeper_ops){world_add, world_retire, world_remove, world_in_use};
	assert_int_equal(otip_identity_init(&world.identity, &config), 0);
	assert_int_equal(otip_schedule_check(&schedule), 0);
	otip_keeper_init(&world.keeper, &world.identity, &schedule, &world.ops, &world);
}

static void end_world(void)
{
	otip_keeper_fini(&world.keeper);
	otip_identity_fini(&world.identity);
	if (world.retire_result == 0)
		assert_int_equal(world.count, 0);
}

static struct in6_addr address_of(int64_t window)
{
	return otip_identity_address(&world.identity, window);
}

/* The window's address: absent, open, or retired. */
enum is { ABSENT, OPEN, RETIRED };
static enum is window_is(int64_t window)
{
	struct in6_addr address = address_of(window);
	const struct present *present = find(&address);

	return !present ? ABSENT : present->retired ? RETIRED : OPEN;
}

static void test_windows(void **state)
{
	const int64_t k = NOW / 32;

	begin_world(32, 8, 8);
	assert_int_equal(world.keeper.next, OTIP_NEVER);
	assert_int_equal(otip_keeper_run(&world.keeper, NOW - 9), NOW - 8);
	assert_int_equal(window_is(k - 1), OPEN);
	assert_int_equal(window_is(k), ABSENT);
	assert_int_equal(otip_keeper_run(&world.keeper, NOW - 8), NOW + 8);
	assert_int_equal(window_is(k), OPEN);
	assert_int_equal(world.adds, 2);
	/* Nothing is due: nothing is done. */
	assert_int_equal(otip_keeper_run(&world.keeper, NOW), NOW + 8);
	assert_int_equal(world.adds, 2);
	assert_int_equal(otip_keeper_run(&world.keeper, NOW + 8), NOW + 8 + OTIP_KEEPER_LOOK);
	assert_int_equal(window_is(k - 1), RETIRED);
	assert_int_equal(window_is(k), OPEN);
	assert_int_equal(otip_keeper_count(&world.keeper, false), 1);
	assert_int_equal(otip_keeper_count(&world.keeper, true), 2);
	assert_int_equal(otip_keeper_run(&world.keeper, NOW + 10), NOW + 24);
	assert_int_equal(window_is(k - 1), ABSENT);
	assert_int_equal(otip_keeper_run(&world.keeper, NOW + 24), NOW + 40);
	assert_int_equal(window_is(k + 1), OPEN);
	end_world();
}

static void test_one_for_ever(void **state)
{
	begin_world(0, 8, 8);
	assert_int_equal(otip_keeper_run(&world.keeper, NOW), OTIP_NEVER);
	assert_int_equal(window_is(0), OPEN);
	assert_int_equal(otip_keeper_run(&world.keeper, 0), OTIP_NEVER);
	assert_int_equal(world.adds, 1);
	end_world();
}

/* Flows that the stack knows of: it is asked now and then. */
static void test_flows_of_the_stack(void **state)
{
	const int64_t k = NOW / 32;
	struct in6_addr address;

	begin_world(32, 8, 8);
	address = address_of(k);
	otip_keeper_run(&world.keeper, NOW);
	find(&address)->flows = 1;
	otip_keeper_run(&world.keeper, NOW + 40);
	for (int i = 1; i < 1000; i++) {
		int64_t next = otip_keeper_run(&world.keeper, NOW + 40 + i);

		assert_true(next <= NOW + 40 + i + OTIP_KEEPER_LOOK);
		assert_int_equal(window_is(k), RETIRED);
	}
	assert_int_equal(
	    otip_keeper_count(&world.keeper, true) - otip_keeper_count(&world.keeper, false), 1);
	find(&address)->flows = 0;
	otip_keeper_run(&world.keeper, NOW + 1040);
	assert_int_equal(window_is(k), ABSENT);
	end_world();
}

/* Flows that the owner counts: the end of the last one is the address's. */
static void test_counted_flows(void **state)
{
	const int64_t k = NOW / 32;
	struct otip_address *flow, *other;
	struct in6_addr address;

	begin_world(32, 8, 8);
	world.ops.in_use = NULL;
	address = address_of(k);
	assert_null(otip_keeper_begin(&world.keeper, &address));
	otip_keeper_run(&world.keeper, NOW);
	flow = otip_keeper_begin(&world.keeper, &address);
	other = otip_keeper_begin(&world.keeper, &address);
	assert_non_null(flow);
	assert_ptr_equal(flow, other);
	otip_keeper_end(&world.keeper, other);
	otip_keeper_run(&world.keeper, NOW + 40);
	assert_int_equal(window_is(k), RETIRED);
	assert_null(otip_keeper_begin(&world.keeper, &address));
	assert_non_null(otip_keeper_find(&world.keeper, &address));
	assert_int_equal(otip_keeper_run(&world.keeper, NOW + 42), NOW + 56);
	otip_keeper_run(&world.keeper, NOW + 10000);
	assert_int_equal(window_is(k), RETIRED);
	otip_keeper_end(&world.keeper, flow);
	assert_int_equal(window_is(k), ABSENT);
	address = address_of(k - 1000);
	assert_null(otip_keeper_find(&world.keeper, &address));
	end_world();
}

/* A stack that keeps a retired address for its flows: nobody else takes that away. */
static void test_released(void **state)
{
	const int64_t k = NOW / 32;
	struct otip_address *flow;
	struct in6_addr address;

	begin_world(32, 8, 8);
	world.retire_result = 1;
	otip_keeper_run(&world.keeper, NOW);
	address = address_of(k);
	find(&address)->flows = 1;
	otip_keeper_run(&world.keeper, NOW + 40);
	otip_keeper_run(&world.keeper, NOW + 42);
	assert_null(otip_keeper_find(&world.keeper, &address));
	assert_int_equal(window_is(k), RETIRED);
	assert_int_equal(window_is(k - 1), ABSENT);
	assert_int_equal(world.removes, 0);
	/* Counted ones keep the record, no more. */
	address = address_of(k + 1);
	find(&address)->flows = 1;
	flow = otip_keeper_begin(&world.keeper, &address);
	otip_keeper_run(&world.keeper, NOW + 72);
	otip_keeper_run(&world.keeper, NOW + 74);
	assert_ptr_equal(otip_keeper_find(&world.keeper, &address), flow);
	otip_keeper_end(&world.keeper, flow);
	assert_null(otip_keeper_find(&world.keeper, &address));
	assert_int_equal(window_is(k + 1), RETIRED);
	/* What is open at the end is retired, too. */
	otip_keeper_fini(&world.keeper);
	assert_int_equal(window_is(k + 2), ABSENT);
	assert_int_equal(world.removes, 0);
	otip_keeper_init(&world.keeper, &world.identity, &world.keeper.schedule, &world.ops, &world);
	end_world();
}

static void test_failures(void **state)
{
	const int64_t k = NOW / 32;

	begin_world(32, 8, 8);
	world.add_error = -ENETDOWN;
	assert_int_equal(otip_keeper_run(&world.keeper, NOW), NOW + OTIP_KEEPER_RETRY);
	assert_int_equal(world.keeper.error, -ENETDOWN);
	assert_int_equal(otip_keeper_count(&world.keeper, true), 0);
	world.add_error = 0;
	/* Not before its time, whoever wants it to look. */
	assert_int_equal(otip_keeper_run(&world.keeper, NOW), NOW + OTIP_KEEPER_RETRY);
	assert_int_equal(world.keeper.error, -ENETDOWN);
	assert_int_equal(world.adds, 0);
	assert_int_equal(otip_keeper_run(&world.keeper, NOW + 1), NOW + 8);
	assert_int_equal(world.keeper.error, 0);
	assert_int_equal(window_is(k), OPEN);
	/* One that cannot be retired is tried again, and serves nobody new. */
	world.retire_error = -ENOMEM;
	assert_int_equal(otip_keeper_run(&world.keeper, NOW + 8), NOW + 9);
	assert_int_equal(world.keeper.error, -ENOMEM);
	assert_null(otip_keeper_begin(&world.keeper, &(struct in6_addr){0}));
	find(&(struct in6_addr[]){address_of(k - 1)}[0])->flows = 1;
	assert_int_equal(otip_keeper_run(&world.keeper, NOW + 9), NOW + 10);
	world.retire_error = 0;
	otip_keeper_run(&world.keeper, NOW + 10);
	assert_int_equal(window_is(k - 1), RETIRED);
	/* One that never came is not removed. */
	world.add_error = -ENETDOWN;
	otip_keeper_run(&world.keeper, NOW + 3200);
	find(&(struct in6_addr[]){address_of(k - 1)}[0])->flows = 0;
	world.removes = 0;
	otip_keeper_run(&world.keeper, NOW + 6400);
	otip_keeper_run(&world.keeper, NOW + 6402);
	assert_int_equal(world.removes, 2); /* k - 1, k */
	assert_int_equal(world.count, 0);
	end_world();
}

/* The interface was down, and has nothing left. */
static void test_restore(void **state)
{
	const int64_t k = NOW / 32;
	struct in6_addr address;

	begin_world(32, 8, 8);
	world.ops.in_use = NULL;
	otip_keeper_run(&world.keeper, NOW);
	address = address_of(k - 1);
	assert_non_null(otip_keeper_begin(&world.keeper, &address));
	otip_keeper_run(&world.keeper, NOW + 8);
	world.count = 0;
	otip_keeper_run(&world.keeper, NOW + 9);
	assert_int_equal(world.count, 0);
	assert_int_equal(otip_keeper_restore(&world.keeper, NOW + 9), NOW + 24);
	assert_int_equal(window_is(k), OPEN);
	assert_int_equal(window_is(k - 1), RETIRED);
	end_world();
}

static void test_drain(void **state)
{
	const int64_t k = NOW / 32;
	struct otip_address *flow;
	struct in6_addr address;

	begin_world(32, 8, 8);
	world.ops.in_use = NULL;
	otip_keeper_run(&world.keeper, NOW);
	address = address_of(k);
	flow = otip_keeper_begin(&world.keeper, &address);
	otip_keeper_drain(&world.keeper);
	otip_keeper_run(&world.keeper, NOW + 1);
	assert_int_equal(otip_keeper_run(&world.keeper, NOW + 3), OTIP_NEVER);
	assert_int_equal(window_is(k), RETIRED);
	assert_int_equal(window_is(k - 1), ABSENT);
	otip_keeper_end(&world.keeper, flow);
	assert_int_equal(world.count, 0);
	end_world();
}

/* 10,000 windows; a client whose clock is within 7 seconds always finds the address it looks for.
 */
static void test_many_windows(void **state)
{
	int64_t end = NOW + INT64_C(10000) * 32;
	struct otip_address *flow = NULL;

	begin_world(32, 8, 8);
	world.ops.in_use = NULL;
	for (int64_t now = NOW, next = NOW; now < end; now++) {
		if (now >= next)
			next = otip_keeper_run(&world.keeper, now);
		for (int skew = -7; skew <= 7; skew += 7)
			assert_int_equal(window_is((now + skew) / 32), OPEN);
		/* A connection a window, which lives for two or three. */
		if (now % 32 == 0) {
			struct in6_addr address = address_of(now / 32);

			if (flow && now % 96 == 0) {
				otip_keeper_end(&world.keeper, flow);
				flow = NULL;
			}
			if (!flow)
				flow = otip_keeper_begin(&world.keeper, &address);
			assert_non_null(flow);
		}
	}
	assert_true(world.most <= 5);
	assert_true(world.adds <= 10002);
	end_world();
}

/* Whatever the clock does: what is open after a run is what the schedule says, and nothing that has
 * no flows stays. */
static void test_steps(void **state)
{
	static const int64_t steps[] = {1, 1, 1, 2, 7, 32, 3600, -3600, 86400, -1, -40, -86400, 0};

	srandom(7);
	for (int round = 0; round < 60; round++) {
		struct otip_schedule schedule = {
		    1 + random() % 40, (uint32_t)(random() % 20), (uint32_t)(random() % 20)};
		int64_t now = NOW;

		begin_world(schedule.period, schedule.preactive, schedule.postactive);
		world.retire_result = round % 2;
		for (int i = 0; i < 400; i++) {
			struct otip_windows windows = otip_schedule_at(&schedule, now);
			int64_t next = otip_keeper_run(&world.keeper, now);
			size_t open = 0;

			assert_true(next > now && next <= windows.next_change);
			for (size_t at = 0; at < world.count; at++)
				open += !world.present[at].retired;
			assert_int_equal(open, windows.last - windows.first + 1);
			for (int64_t k = windows.first; k <= windows.last; k++)
				assert_int_equal(window_is(k), OPEN);
			now += steps[random() % (long)(sizeof(steps) / sizeof(steps[0]))];
		}
		otip_keeper_run(&world.keeper, now);
		otip_keeper_run(&world.keeper, now);
		assert_int_equal(world.count, otip_keeper_count(&world.keeper, false));
		end_world();
	}
}

static bool try_keeper(void)
{
	const struct otip_schedule schedule = {32, 8, 8};
	bool done;

	otip_keeper_init(&world.keeper, &world.identity, &schedule, &world.ops, &world);
	otip_keeper_run(&world.keeper, NOW);
	done = world.keeper.error == 0;
	assert_true(done || (world.keeper.error == -ENOMEM && world.keeper.next == NOW + 1));
	/* It comes at the next attempt. */
	otip_keeper_run(&world.keeper, NOW + 1);
	assert_int_equal(otip_keeper_count(&world.keeper, false), 2);
	otip_keeper_fini(&world.keeper);
	return done;
}

static void test_memory(void **state)
{
	begin_world(32, 8, 8);
	assert_int_equal(fail_each(try_keeper), 2);
	end_world();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_windows),
	    cmocka_unit_test(test_one_for_ever),
	    cmocka_unit_test(test_flows_of_the_stack),
	    cmocka_unit_test(test_counted_flows),
	    cmocka_unit_test(test_released),
	    cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_restore),
	    cmocka_unit_test(test_drain),
	    cmocka_unit_test(test_many_windows),
	    cmocka_unit_test(test_steps),
	    cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
