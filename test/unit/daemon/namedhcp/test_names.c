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

static void the_oldest_makes_room(void **state)
{
	static struct asker many[NAMES_MAX + 2];
	char name[32];

	for (size_t i = 0; i < NAMES_MAX + 2; i++) {
		many[i] = asker();
		snprintf(name, sizeof(name), "n%zu.test", i);
		assert_int_equal(names_wait(&names, name, NAMES_AAAA, &many[i].waiter), 0);
		if (i == 2)
			dns_answer(0, name, NAMES_AAAA, 60, "fc00::1");
	}
	/* First the answer, then the oldest question. */
	assert_int_equal(names.count, NAMES_MAX);
	assert_null(names_look(&names, 1, "n2.test", NAMES_AAAA));
	assert_int_equal(many[0].told, 1);
	assert_int_equal(many[0].error, ECANCELED);
	assert_int_equal(many[1].told, 0);
	assert_int_equal(dns.cancels, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(who_asks_the_same_shares_a_question, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_answer_is_known_as_long_as_it_says, setup, teardown),
	    cmocka_unit_test_setup_teardown(nothing_is_not_kept, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_oldest_makes_room, setup, teardown),
	};

	return cmocka_run_group_tests_name("namedhcp_names", tests, NULL, NULL);
}
