/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of options: the documented examples, quotes, comments, and no memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>

#include "optlist.h"

static bool no_memory;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return no_memory ? NULL : __real_malloc(size);
}

/* The items, written as (tag,value)...; "-" is no value. */
static void assert_items(const char *text, const char *expected)
{
	struct optlist list;
	char seen[500] = "";
	size_t at = 0;

	assert_int_equal(optlist_parse(&list, text), 0);
	for (size_t i = 0; i < list.count; i++)
		at += (size_t)snprintf(seen + at, sizeof(seen) - at, "(%s,%s)", list.items[i].tag,
		    list.items[i].value ? list.items[i].value : "-");
	assert_string_equal(seen, expected);
	optlist_free(&list);
}

static void test_documented(void **state)
{
	assert_items(
	    "stack=vdestack,vnl=vde:///tmp/hub,eth", "(stack,vdestack)(vnl,vde:///tmp/hub)(eth,-)");
	assert_items(
	    "ip=10.0.0.1/24 gw=10.0.0.254;dns=1.1.1.1", "(ip,10.0.0.1/24)(gw,10.0.0.254)(dns,1.1.1.1)");
	assert_items("mask=255.255.255.0,router='1.1.1.1,2.2.2.2',dns=\"3.3.3.3 4.4.4.4\"",
	    "(mask,255.255.255.0)(router,1.1.1.1,2.2.2.2)(dns,3.3.3.3 4.4.4.4)");
	assert_items("a=,b,,c", "(a,)(b,-)(c,-)");
	assert_items("x # comment", "(x,-)");
}

static void test_empty(void **state)
{
	assert_items(NULL, "");
	assert_items("", "");
	assert_items(" ,;\t\n", "");
	assert_items("# all of it", "");
}

static void test_quotes(void **state)
{
	assert_items("vnl=vde://a=b", "(vnl,vde://a=b)");
	assert_items("'a=b'", "(a=b,-)");
	assert_items("a\\=b=c\\,d", "(a=b,c,d)");
	assert_items("\"a'b\"'\"'", "(a'b\",-)");
	assert_items("'a\\'b", "(a\\b,-)");
	assert_items("\"a\\\"b\"", "(a\"b,-)");
	assert_items("''", "(,-)");
	assert_items("a='", "(a,)");
	assert_items("a='b c", "(a,b c)");
	assert_items("a\\", "(a\\,-)");
	assert_items("'#'a\\#", "(#a#,-)");
}

/* Who wants to know is told. */
static void test_open(void **state)
{
	static const struct {
		const char *text;
		bool open;
	} rows[] = {
	    {"", false},
	    {"a='b'", false},
	    {"a='b", true},
	    {"a=\"b,c", true},
	    {"'", true},
	    {"a='b' c=\"d'", true},
	    {"a=\\'b", false},
	    {"a=b # 'c", false},
	};
	struct optlist list;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(optlist_parse(&list, rows[i].text), 0);
		assert_int_equal(list.open, rows[i].open);
		optlist_free(&list);
		assert_false(list.open);
	}
}

static void test_comments(void **state)
{
	assert_items("a # b\nc", "(a,-)(c,-)");
	assert_items("a#b\n# c\n\nd=e#", "(a,-)(d,e)");
}

static void test_many(void **state)
{
	struct optlist list;
	char text[2001];

	for (size_t i = 0; i < 2000; i++)
		text[i] = i % 2 ? ',' : 'a';
	text[2000] = '\0';
	assert_int_equal(optlist_parse(&list, text), 0);
	assert_int_equal(list.count, 1000);
	assert_string_equal(list.items[999].tag, "a");
	optlist_free(&list);
}

/* The plainer form: quotes and the backslash, and nothing else. */
static void test_words(void **state)
{
	static const char *const expected[] = {"TXT", "a,b;c=d", "it is", "", "#no comment", "e f"};
	struct optlist list;

	assert_int_equal(
	    optlist_parse_words(&list, " TXT\ta,b;c=d 'it is' \"\" #no\\ comment e\" \"f"), 0);
	assert_int_equal(list.count, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_string_equal(list.items[i].tag, expected[i]);
		assert_null(list.items[i].value);
	}
	optlist_free(&list);
	/* A quote that is not closed; behind a backslash none is meant. */
	assert_int_equal(optlist_parse_words(&list, "a 'b c"), -EINVAL);
	assert_int_equal(optlist_parse_words(&list, "a b\"c'\\\""), -EINVAL);
	assert_int_equal(optlist_parse_words(&list, "a \\\"b"), 0);
	assert_string_equal(list.items[1].tag, "\"b");
	optlist_free(&list);
	assert_int_equal(optlist_parse_words(&list, " \t "), 0);
	assert_int_equal(list.count, 0);
	optlist_free(&list);
}

static void test_no_memory(void **state)
{
	struct optlist list;

	no_memory = true;
	assert_int_equal(optlist_parse(&list, "a"), -ENOMEM);
	no_memory = false;
	assert_int_equal(list.count, 0);
	optlist_free(&list);
}

static void test_keywords(void **state)
{
	assert_true(optlist_is("tcplisten", "tcplistenbacklog"));
	assert_true(optlist_is("broadcas", "broadcast"));
	assert_false(optlist_is("broadca", "broadcast"));
	assert_false(optlist_is("ETH", "eth"));
	assert_true(optlist_is("eth", "eth"));
	assert_false(optlist_is("", "eth"));
}

static void test_names(void **state)
{
	static const struct optlist_alias aliases[] = {{"otip_period", "period"}, {"b", "a"}};

	assert_true(optlist_same_name("a-b_c", "a_b-c", false));
	assert_false(optlist_same_name("a-b", "a-bc", false));
	assert_false(optlist_same_name("a-bc", "a-b", false));
	assert_false(optlist_same_name("ab", "a-b", true));
	assert_false(optlist_same_name("A", "a", false));
	assert_true(optlist_same_name("Z-Az", "z_aZ", true));
	assert_string_equal(optlist_own_name(aliases, 2, "otip-period", false), "period");
	assert_string_equal(optlist_own_name(aliases, 2, "B", true), "a");
	assert_string_equal(optlist_own_name(aliases, 2, "B", false), "B");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_documented),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_quotes),
	    cmocka_unit_test(test_open),
	    cmocka_unit_test(test_comments),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_no_memory),
	    cmocka_unit_test(test_keywords),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
