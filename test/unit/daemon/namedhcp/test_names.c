/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions that are shared, answers that end, a table that is full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "dns_world.h"

static struct names names;

struct asker {
	struct names_waiter waiter;
	unsigned int told;
	int error;
	size_t count;
};

static void told(struct names_waiter *waiter, const struct names_answer *answer)
{
	struct asker *asker = list_entry(waiter, struct asker, waiter);

	asker->told++;
	asker->error = answer->error;
	asker->count = answer->count;
}

static struct asker asker(void)
{
	return (struct asker){.waiter = {.done = told}};
}

static int setup(void **state)
{
	memset(&dns, 0, sizeof(dns));
	return names_init(&names, &dns_ops, NULL);
}

static int teardown(void **state)
{
	names_fini(&names);
	return 0;
}

static void who_asks_the_same_shares_a_question(void **state)
{
	struct asker one = asker(), two = asker(), other = asker();

	assert_null(names_look(&names, 0, "a.test", NAMES_AAAA));
	assert_int_equal(names_wait(&names, "a.test", NAMES_AAAA, &one.waiter), 0);
	assert_int_equal(names_wait(&names, "a.test", NAMES_AAAA, &two.waiter), 0);
	assert_int_equal(names_wait(&names, "A.test", NAMES_AAAA, &other.waiter), 0);
	assert_int_equal(dns.asks, 2);
	assert_true(dns_answer(0, "a.test", NAMES_AAAA, 10, "fc00::1 fc00::2"));
	assert_int_equal(one.told, 1);
	assert_int_equal(two.told, 1);
	assert_int_equal(two.count, 2);
	assert_int_equal(other.told, 0);
	names_leave(&other.waiter);
	assert_true(dns_answer(0, "A.test", NAMES_AAAA, 10, "fc00::1"));
	assert_int_equal(other.told, 0);
}

static void an_answer_is_known_as_long_as_it_says(void **state)
{
	struct asker one = asker();
	const struct names_answer *answer;

	names_wait(&names, "a.test", NAMES_AAAA, &one.waiter);
	dns_answer(1000, "a.test", NAMES_AAAA, 10, "fc00::1");
	answer = names_look(&names, 5500, "a.test", NAMES_AAAA);
	assert_non_null(answer);
	assert_int_equal(answer->ttl, 5);
	assert_null(names_look(&names, 5500, "a.test", NAMES_A));
	assert_non_null(names_look(&names, 10999, "a.test", NAMES_AAAA));
	assert_null(names_look(&names, 11000, "a.test", NAMES_AAAA));
	assert_int_equal(names.count, 0);
	names_wait(&names, "c.test", NAMES_AAAA, &one.waiter);
	dns_answer(0, "c.test", NAMES_AAAA, 60, "fc00::1");
	names_forget(&names);
	assert_null(names_look(&names, 1, "c.test", NAMES_AAAA));
}

static void nothing_is_not_kept(void **state)
{
	struct asker one = asker();

	names_wait(&names, "a.test", NAMES_AAAA, &one.waiter);
	assert_true(dns_fail(0, "a.test", NAMES_AAAA, ENOENT));
	assert_int_equal(one.error, ENOENT);
	names_wait(&names, "a.test", NAMES_AAAA, &one.waiter);
	assert_true(dns_answer(0, "a.test", NAMES_AAAA, 60, ""));
	names_wait(&names, "a.test", NAMES_AAAA, &one.waiter);
	assert_true(dns_answer(0, "a.test", NAMES_AAAA, 0, "fc00::1"));
	assert_int_equal(one.told, 3);
	assert_int_equal(names.count, 0);
	dns.refuse = -EMFILE;
	assert_int_equal(names_wait(&names, "a.test", NAMES_AAAA, &one.waiter), -EMFILE);
	assert_int_equal(names.count, 0);
}

static struct asker many[4 * NAMES_MAX];

/* Questions from `first` on, that the DNS does not answer. */
static void ask_many(size_t first, size_t count)
{
	char name[32];

	for (size_t i = first; i < first + count; i++) {
		many[i] = asker();
		snprintf(name, sizeof(name), "n%zu.test", i);
		assert_int_equal(names_wait(&names, name, NAMES_AAAA, &many[i].waiter), 0);
	}
}

static size_t count_told(size_t count)
{
	size_t told = 0;

	for (size_t i = 0; i < count; i++) {
		assert_in_range(many[i].told, 0, 1);
		assert_true(!many[i].told || many[i].error == ECANCELED);
		told += many[i].told;
	}
	return told;
}

static void one_makes_room(void **state)
{
	ask_many(0, NAMES_MAX + 2);
	assert_int_equal(names.count, NAMES_MAX);
	assert_int_equal(count_told(NAMES_MAX + 2), 2);
	assert_int_equal(dns.cancels, 2);
	assert_int_equal(names.dropped_total, 2);
}

/* As many as there are descriptors for. */
static void fewer_questions(void **state)
{
	names.max = 5;
	ask_many(0, 20);
	assert_int_equal(names.count, 5);
	assert_int_equal(count_told(20), 15);
}

/* With three new questions for each place the share of those that stay is exp(-3), 25 of 512: that
 * it is none has a chance of less than 10^-11. In the order of their age there would be none. */
static void who_was_first_has_a_chance(void **state)
{
	ask_many(0, 4ul * NAMES_MAX);
	assert_int_equal(count_told(4ul * NAMES_MAX), 3ul * NAMES_MAX);
	assert_in_range(count_told(NAMES_MAX), NAMES_MAX / 2, NAMES_MAX - 1);
}

/* A flood of questions costs nobody what is known of his name. */
static void answers_stay(void **state)
{
	struct asker one = asker();
	char name[32];

	names_wait(&names, "known.test", NAMES_AAAA, &one.waiter);
	dns_answer(0, "known.test", NAMES_AAAA, 60, "fc00::1");
	ask_many(0, NAMES_MAX + 2);
	assert_non_null(names_look(&names, 1, "known.test", NAMES_AAAA));
	/* Other answers do, those that are not used first. */
	for (size_t i = 0; i < (size_t)2 * NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "m%zu.test", i);
		names_wait(&names, name, NAMES_AAAA, &one.waiter);
		assert_true(dns_answer(1, name, NAMES_AAAA, 60, "fc00::2"));
		assert_in_range(names.count, 0, 2 * NAMES_MAX);
		if (i < NAMES_MAX)
			assert_non_null(names_look(&names, 1, "known.test", NAMES_AAAA));
	}
	assert_null(names_look(&names, 1, "known.test", NAMES_AAAA));
	assert_null(names_look(&names, 1, "m0.test", NAMES_AAAA));
	assert_non_null(names_look(&names, 1, name, NAMES_AAAA));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(who_asks_the_same_shares_a_question),
	    TEST(an_answer_is_known_as_long_as_it_says),
	    TEST(nothing_is_not_kept),
	    TEST(one_makes_room),
	    TEST(fewer_questions),
	    TEST(who_was_first_has_a_chance),
	    TEST(answers_stay),
	};

	return cmocka_run_group_tests_name("namedhcp_names", tests, NULL, NULL);
}
