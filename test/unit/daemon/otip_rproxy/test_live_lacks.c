/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The proxy, between real stacks, where memory is short as it starts or is told something else; and
 * clients who neither go on nor go, when it is to end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>

#include "allocations.h"
#include "live.h"

#define BEGIN  INT64_C(1700000000) /* of a window of 32 seconds */
#define WINDOW (BEGIN / 32)
#define MOST   1000 /* allocations */

static const struct live_schedule usual = {32, 8, 8};

static void assert_served(const char *name)
{
	struct in6_addr address = live_address(name, LIVE_PASSWORD, WINDOW);
	int fd = live_connect(&address);

	assert_true(fd >= 0);
	live_hang_up(fd);
	assert_true(live_comes_to("tcp_open", 0));
}

/* Each allocation of a start fails once: it does not start then, and leaves nothing; or it does,
 * and what could not be had is there a moment later. */
static void test_start(void **state)
{
	long before, delta;
	int started = 0, failed = 0;
	bool reached = true;
	long balance = 0; /* of blocks: some of a configuration are not counted as they are taken */

	for (int i = -1; reached; i++) {
		char name[30];

		assert_true(i < MOST);
		(void)snprintf(name, sizeof(name), "start%d.otip", i);
		before = allocations_blocks;
		if (live_start_without(&usual, name, BEGIN, i)) {
			reached = i < 0 || live_allocation_failed();
			live_set(BEGIN + 1); /* what is tried again after a second */
			assert_served(name);
			live_stop();
			started++;
		} else {
			failed++;
		}
		delta = allocations_blocks - before;
		if (i < 0)
			balance = delta;
		assert_int_equal(delta, balance);
	}
	print_message("%d allocations: %d starts failed\n", started + failed - 2, failed);
	assert_true(failed >= 5);
}

/* The same of a reload: another name, and the first one again. What there is goes on. */
static void test_reload(void **state)
{
	struct in6_addr first = live_address("stays.otip", LIVE_PASSWORD, WINDOW);
	const char *now = "stays.otip";
	bool reached = true;
	int failed = 0, stays;

	live_start(&usual, now, BEGIN);
	stays = live_connect(&first);
	assert_true(stays >= 0);
	for (int i = 0; reached; i++) {
		const char *next = i % 2 ? "stays.otip" : "goes.otip";

		assert_true(i < MOST);
		/* Twice each: another name, and the name that there is. */
		for (int twice = 0; twice < 2; twice++) {
			if (live_reload_without(&usual, next, i))
				now = next;
			else
				failed++;
			reached = live_allocation_failed();
			assert_true(live_echoes(stays));
		}
		live_set(live_now() + 1);
		if (i % 8 == 0) {
			struct in6_addr address = live_address(now, LIVE_PASSWORD, live_now() / 32);
			int fd = live_connect(&address);

			assert_true(fd >= 0);
			live_hang_up(fd);
			assert_true(live_comes_to("tcp_open", 1));
		}
	}
	assert_true(failed >= 4);
	live_hang_up(stays);
	assert_true(live_comes_to("tcp_open", 0));
	live_stop();
}

/* One that takes nothing, and one that sends a byte now and then, while it drains: they are waited
 * for, but no longer than was said. */
static void test_drain(void **state)
{
	struct in6_addr address = live_address("drain.otip", LIVE_PASSWORD, WINDOW);
	int full, slow;

	live_start(&usual, "drain.otip", BEGIN);
	full = live_connect(&address);
	slow = live_connect(&address);
	assert_true(full >= 0 && slow >= 0);
	live_fill(full);
	live_nibble(slow);
	live_stop();
	assert_true(live_nibbled() > 0);
	live_hang_up(full);
	live_hang_up(slow);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_start),
	    cmocka_unit_test(test_reload),
	    cmocka_unit_test(test_drain),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, live_begin, live_end);
}
