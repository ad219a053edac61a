/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The timer queue against a model (an array of deadlines), with a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "random.h"
#include "timerq.h"

#define TIMERS 200

struct item {
	uint64_t deadline; /* the model: TIMERQ_NEVER if not armed */
	struct timerq_timer timer;
};

static uint64_t earliest(const struct item *items)
{
	uint64_t deadline = TIMERQ_NEVER;

	for (size_t i = 0; i < TIMERS; i++) {
		if (items[i].deadline < deadline)
			deadline = items[i].deadline;
	}
	return deadline;
}

static void test_against_model(void **state)
{
	static struct item items[TIMERS];
	struct timerq queue = {NULL};
	uint64_t now = 0;
	uint64_t seed = 8;

	for (size_t i = 0; i < TIMERS; i++)
		items[i].deadline = TIMERQ_NEVER;
	for (unsigned int round = 0; round < 50000; round++) {
		struct item *item = &items[random_below(&seed, TIMERS)];
		size_t what = random_below(&seed, 10);

		if (what < 6) {
			/* Far and near, often equal, some in the past. */
			item->deadline = now + random_below(&seed, what < 3 ? 1000 : 20);
			timerq_set(&queue, &item->timer, item->deadline);
		} else if (what < 7) {
			item->deadline = TIMERQ_NEVER;
			timerq_set(&queue, &item->timer, TIMERQ_NEVER);
		} else if (what < 8) {
			item->deadline = TIMERQ_NEVER;
			timerq_cancel(&queue, &item->timer);
		} else {
			struct timerq_timer *timer;

			now += random_below(&seed, 15);
			while ((timer = timerq_expired(&queue, now))) {
				item = timerq_entry(timer, struct item, timer);
				assert_true(item->deadline <= now);
				assert_true(item->deadline == earliest(items));
				assert_true(timer->deadline == item->deadline);
				item->deadline = TIMERQ_NEVER;
				assert_false(timerq_is_armed(timer));
			}
			assert_true(earliest(items) > now);
		}
		assert_int_equal(timerq_is_armed(&item->timer), item->deadline != TIMERQ_NEVER);
		assert_true(timerq_next_deadline(&queue) == earliest(items));
	}
}

static void test_empty(void **state)
{
	struct timerq queue = {NULL};
	struct timerq_timer timer = {0};

	assert_true(timerq_next_deadline(&queue) == TIMERQ_NEVER);
	assert_null(timerq_expired(&queue, TIMERQ_NEVER));
	timerq_cancel(&queue, &timer);
	timerq_set(&queue, &timer, TIMERQ_NEVER);
	assert_false(timerq_is_armed(&timer));
	timerq_set(&queue, &timer, TIMERQ_NEVER - 1);
	assert_null(timerq_expired(&queue, TIMERQ_NEVER - 2));
	assert_ptr_equal(timerq_expired(&queue, TIMERQ_NEVER - 1), &timer);
}

/* A hundred thousand timers armed in falling, rising and equal order come out sorted; nothing
 * recurses. */
static void test_many(void **state)
{
	const size_t number = 100000;
	struct timerq_timer *timers = calloc(number, sizeof(*timers));
	struct timerq queue = {NULL};

	assert_non_null(timers);
	for (int order = 0; order < 3; order++) {
		uint64_t last = 0;
		struct timerq_timer *timer;
		size_t count = 0;

		for (size_t i = 0; i < number; i++)
			timerq_set(&queue, &timers[i], order == 0 ? number - i : order == 1 ? i : 7);
		while ((timer = timerq_expired(&queue, number))) {
			assert_true(timer->deadline >= last);
			last = timer->deadline;
			count++;
		}
		assert_int_equal(count, number);
	}
	free(timers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_against_model),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
