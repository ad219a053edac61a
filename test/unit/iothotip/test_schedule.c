/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Windows from the clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>

#include "schedule.h"

static const struct otip_schedule usual = {OTIP_PERIOD, OTIP_PREACTIVE, OTIP_POSTACTIVE};

static void assert_windows(const struct otip_schedule *schedule, int64_t now, int64_t first,
    int64_t last, int64_t next_change)
{
	struct otip_windows windows = otip_schedule_at(schedule, now);

	assert_int_equal(windows.first, first);
	assert_int_equal(windows.last, last);
	assert_int_equal(windows.next_change, next_change);
}

/* The table of otip_rproxy's windows, k = 53125000. */
static void test_table(void **state)
{
	assert_int_equal(otip_schedule_check(&usual), 0);
	assert_int_equal(otip_schedule_opens(&usual, 53125000), 1699999992);
	assert_int_equal(otip_schedule_closes(&usual, 53125000), 1700000040);
	assert_windows(&usual, 1699999991, 53124999, 53124999, 1699999992);
	assert_windows(&usual, 1699999992, 53124999, 53125000, 1700000008);
	assert_windows(&usual, 1700000000, 53124999, 53125000, 1700000008);
	assert_windows(&usual, 1700000007, 53124999, 53125000, 1700000008);
	assert_windows(&usual, 1700000008, 53125000, 53125000, 1700000024);
	assert_windows(&usual, 1700000031, 53125000, 53125001, 1700000040);
	assert_windows(&usual, 1700000039, 53125000, 53125001, 1700000040);
	assert_windows(&usual, 1700000040, 53125001, 53125001, 1700000056);
}

static void test_periods(void **state)
{
	const struct otip_schedule none = {0, 8, 8}, second = {1, 8, 8}, bare = {32, 0, 0};
	const struct otip_schedule longest = {OTIP_SECONDS_MAX, OTIP_SECONDS_MAX, OTIP_SECONDS_MAX};
	const struct otip_schedule three = {10, 12, 9};

	assert_int_equal(otip_schedule_check(&none), 0);
	assert_windows(&none, 1700000000, 0, 0, OTIP_NEVER);
	assert_windows(&none, -1, 0, 0, OTIP_NEVER);
	assert_true(otip_schedule_opens(&none, 0) < INT32_MIN);
	assert_int_equal(otip_schedule_closes(&none, 0), OTIP_NEVER);
	assert_int_equal(otip_schedule_check(&second), 0);
	assert_windows(&second, 100, 92, 108, 101);
	assert_windows(&bare, 63, 1, 1, 64);
	assert_windows(&bare, 64, 2, 2, 96);
	assert_int_equal(otip_schedule_check(&longest), 0);
	assert_windows(&longest, 1700000000, -1, 1, OTIP_SECONDS_MAX);
	assert_int_equal(otip_schedule_check(&three), 0);
	assert_windows(&three, 1000, 99, 101, 1008);
	assert_windows(&three, 1008, 99, 102, 1009);
	assert_windows(&three, 1009, 100, 102, 1018);
}

static void test_limits(void **state)
{
	assert_int_equal(otip_schedule_check(&(struct otip_schedule){1, 31, 31}), 0);
	assert_int_equal(otip_schedule_check(&(struct otip_schedule){1, 32, 31}), -EINVAL);
	assert_int_equal(otip_schedule_check(&(struct otip_schedule){UINT32_MAX, 0, 0}), -EINVAL);
	assert_int_equal(otip_schedule_check(&(struct otip_schedule){32, UINT32_MAX, 0}), -EINVAL);
	assert_int_equal(otip_schedule_check(&(struct otip_schedule){32, 0, UINT32_MAX}), -EINVAL);
	assert_int_equal(
	    otip_schedule_check(&(struct otip_schedule){32, OTIP_SECONDS_MAX, OTIP_SECONDS_MAX}),
	    -EINVAL);
}

/* Against the definition, window by window, at times around 0, now, and the end of 32 bits. */
static void test_definition(void **state)
{
	static const int64_t around[] = {0, 1700000000, INT64_C(4294967296) * 32};

	srandom(1);
	for (int round = 0; round < 20000; round++) {
		struct otip_schedule schedule = {
		    1 + random() % 40, (uint32_t)(random() % 60), (uint32_t)(random() % 60)};
		int64_t now = around[round % 3] + random() % 2000 - 1000;
		struct otip_windows windows, later;

		if (otip_schedule_check(&schedule))
			continue;
		windows = otip_schedule_at(&schedule, now);
		assert_true(windows.last >= windows.first);
		assert_true(windows.last - windows.first < OTIP_OPEN_MAX);
		for (int64_t k = windows.first - 3; k <= windows.last + 3; k++) {
			bool open = otip_schedule_opens(&schedule, k) <= now &&
			            now < otip_schedule_closes(&schedule, k);

			assert_int_equal(otip_windows_have(&windows, k), open);
		}
		assert_true(windows.next_change > now);
		later = otip_schedule_at(&schedule, windows.next_change - 1);
		assert_true(later.first == windows.first && later.last == windows.last);
		later = otip_schedule_at(&schedule, windows.next_change);
		assert_true(later.first != windows.first || later.last != windows.last);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_periods),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
