/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reasons of threads: each has its own, the newest are kept, a lock that a fork left taken costs
 * the text and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "reasons.h"

static void test_own(void **state)
{
	static struct reasons reasons = REASONS_INIT;
	char longer[2 * REASON_SIZE];

	assert_string_equal(reasons_get(&reasons), "");
	reasons_set(&reasons, NULL);
	assert_string_equal(reasons_get(&reasons), "");
	reasons_set(&reasons, "no such network");
	assert_string_equal(reasons_get(&reasons), "no such network");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	reasons_set(&reasons, longer);
	assert_int_equal(strlen(reasons_get(&reasons)), REASON_SIZE - 1);
	reasons_set(&reasons, NULL);
	assert_string_equal(reasons_get(&reasons), "");
}

/* One thread after the other, each finding nothing and leaving something. */
struct visit {
	struct reasons *reasons;
	unsigned int number;
	bool kept;
};

static void *visitor(void *argument)
{
	struct visit *visit = argument;
	char text[16];

	snprintf(text, sizeof(text), "%u", visit->number);
	/* The kernel may give the number of a thread that ended to a new one. */
	reasons_set(visit->reasons, NULL);
	reasons_set(visit->reasons, text);
	visit->kept = strcmp(reasons_get(visit->reasons), text) == 0;
	return NULL;
}

static void visits(struct reasons *reasons, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct visit visit = {.reasons = reasons, .number = i};
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, visitor, &visit), 0);
		pthread_join(thread, NULL);
		assert_true(visit.kept);
	}
}

static void test_threads(void **state)
{
	static struct reasons reasons = REASONS_INIT;

	reasons_set(&reasons, "mine");
	visits(&reasons, REASONS - 1);
	assert_string_equal(reasons_get(&reasons), "mine");
	visits(&reasons, 1);
	assert_string_equal(reasons_get(&reasons), "");
}

static void test_taken(void **state)
{
	static struct reasons reasons = REASONS_INIT;

	reasons_set(&reasons, "before");
	pthread_mutex_lock(&reasons.lock);
	reasons_set(&reasons, "now");
	assert_string_equal(reasons_get(&reasons), "");
	pthread_mutex_unlock(&reasons.lock);
	assert_string_equal(reasons_get(&reasons), "before");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_own),
	    cmocka_unit_test(test_threads),
	    cmocka_unit_test(test_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
