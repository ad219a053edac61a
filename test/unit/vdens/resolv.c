/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The addresses of -R, turned into a resolv.conf(5). */
#include <resolv.h>

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

static void assert_text(const char *addresses, const char *expected)
{
	const char *bad;
	char *text;

	assert_int_equal(resolv_text(addresses, &text, &bad), 0);
	assert_string_equal(text, expected);
	free(text);
}

static void assert_bad(const char *addresses, const char *item)
{
	const char *bad;
	char *text;

	assert_int_equal(resolv_text(addresses, &text, &bad), -EINVAL);
	assert_null(text);
	assert_true(bad >= addresses && bad <= addresses + strlen(addresses));
	assert_int_equal(strncmp(bad, item, strlen(item)), 0);
}

static void addresses_become_lines(void **state)
{
	assert_text("9.9.9.9", "nameserver 9.9.9.9\n");
	assert_text("9.9.9.9,9.9.8.8", "nameserver 9.9.9.9\nnameserver 9.9.8.8\n");
	assert_text("fc00::24,::ffff:1.2.3.4", "nameserver fc00::24\nnameserver ::ffff:1.2.3.4\n");
	assert_text("fe80::1%vde0", "nameserver fe80::1%vde0\n");
}

static void blanks_and_empty_items_are_passed_over(void **state)
{
	assert_text(" 1.1.1.1 ,\t2.2.2.2\t", "nameserver 1.1.1.1\nnameserver 2.2.2.2\n");
	assert_text("1.1.1.1,,2.2.2.2,", "nameserver 1.1.1.1\nnameserver 2.2.2.2\n");
	assert_text("", "");
	assert_text(",,", "");
}

static void many_addresses(void **state)
{
	static const char line[] = "nameserver 1.1.1.1\n";
	char *list = calloc(1000, 8), *expected = calloc(1000, sizeof(line));
	char *to_list = list, *to_expected = expected;
	int i;

	assert_non_null(list);
	assert_non_null(expected);
	for (i = 0; i < 1000; i++) {
		to_list = stpcpy(to_list, i ? ",1.1.1.1" : "1.1.1.1");
		to_expected = stpcpy(to_expected, line);
	}
	assert_text(list, expected);
	free(list);
	free(expected);
}

static void what_is_no_address_is_pointed_at(void **state)
{
	char *longest = malloc(70000);

	assert_bad("9.9.9.9x", "9.9.9.9x");
	assert_bad("9.9.9.9, 9.9.8 ,::1", "9.9.8");
	assert_bad("dns.example.org", "dns.example.org");
	assert_bad("1.2.3.4%eth0", "1.2.3.4%eth0");
	assert_bad("fe80::1%", "fe80::1%");
	assert_bad("fe80::1%a b", "fe80::1%a b");
	assert_bad("fe80::1%sixteen_letters_", "fe80::1%");
	assert_bad("1.1.1.1\noptions rotate", "1.1.1.1\n");
	assert_non_null(longest);
	memset(longest, '1', 69999);
	longest[69999] = '\0';
	assert_bad(longest, longest);
	free(longest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_become_lines),
	    cmocka_unit_test(blanks_and_empty_items_are_passed_over),
	    cmocka_unit_test(many_addresses),
	    cmocka_unit_test(what_is_no_address_is_pointed_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
