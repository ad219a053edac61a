/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is one source, and who is another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <arpa/inet.h>

#include "sources.h"

static struct sources sources;

static int enter(const char *text, struct source **source)
{
	struct in6_addr address;

	assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
	return sources_enter(&sources, &address, source);
}

/* With a limit of one: are both the same source? */
static bool are_one(unsigned int prefix, const char *a, const char *b)
{
	struct source *first, *second;
	int err;

	sources_set_limit(&sources, 1, prefix);
	assert_int_equal(enter(a, &first), 0);
	err = enter(b, &second);
	sources_leave(&sources, first);
	if (!err)
		sources_leave(&sources, second);
	else
		assert_int_equal(err, -EUSERS);
	assert_int_equal(sources.table.count, 0);
	return err;
}

static void test_prefixes(void **state)
{
	assert_true(are_one(64, "2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff"));
	assert_false(are_one(64, "2001:db8::1", "2001:db8:0:1::1"));
	assert_false(are_one(128, "2001:db8::1", "2001:db8::2"));
	assert_true(are_one(128, "2001:db8::1", "2001:db8::1"));
	assert_true(are_one(63, "2001:db8::1", "2001:db8:0:1::1"));
	assert_false(are_one(63, "2001:db8::1", "2001:db8:0:2::1"));
	assert_true(are_one(1, "2001:db8::1", "::1"));
	assert_false(are_one(1, "fd00::1", "2001:db8::1"));
	assert_true(are_one(57, "2001:db8::1", "2001:db8:0:7f::1"));
	assert_false(are_one(57, "2001:db8::1", "2001:db8:0:80::1"));
}

static void test_addresses_of_ipv4(void **state)
{
	assert_false(are_one(64, "::ffff:192.0.2.1", "::ffff:192.0.2.2"));
	assert_true(are_one(64, "::ffff:192.0.2.1", "::ffff:192.0.2.1"));
}

static void test_limit(void **state)
{
	struct source *ones[100], *other;

	sources_set_limit(&sources, 2, 64);
	assert_int_equal(enter("fc00::1", &ones[0]), 0);
	assert_int_equal(enter("fc00::1", &ones[1]), 0);
	assert_int_equal(enter("fc00::1", &ones[2]), -EUSERS);
	assert_int_equal(enter("fc00:1::2", &other), 0);
	sources_leave(&sources, ones[1]);
	assert_int_equal(enter("fc00::1", &ones[1]), 0);
	sources_leave(&sources, other);
	assert_int_equal(sources.table.count, 1);
	sources_set_limit(&sources, 0, 64);
	for (unsigned int i = 2; i < 100; i++)
		assert_int_equal(enter("fc00::1", &ones[i]), 0);
	for (unsigned int i = 0; i < 100; i++)
		sources_leave(&sources, ones[i]);
	assert_int_equal(sources.table.count, 0);
}

/* They leave as they came, whatever the rule is by then; without a limit they are counted, too. */
static void test_rules_change(void **state)
{
	struct source *one, *two, *three;

	sources_set_limit(&sources, 2, 64);
	assert_int_equal(enter("2001:db8::1", &one), 0);
	assert_int_equal(enter("2001:db8::2", &two), 0);
	assert_int_equal(enter("2001:db8::3", &three), -EUSERS);
	sources_set_limit(&sources, 1, 128);
	assert_int_equal(enter("2001:db8::1", &three), 0);
	sources_leave(&sources, two);
	sources_set_limit(&sources, 0, 64);
	assert_int_equal(enter("2001:db8::9", &two), 0);
	sources_leave(&sources, one);
	sources_leave(&sources, three);
	assert_int_equal(sources.table.count, 1);
	sources_leave(&sources, two);
	assert_int_equal(sources.table.count, 0);
}

static int begin(void **state)
{
	return sources_init(&sources);
}

static int end(void **state)
{
	sources_fini(&sources);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_prefixes),
	    cmocka_unit_test(test_addresses_of_ipv4),
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_rules_change),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
