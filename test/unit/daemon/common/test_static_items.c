/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Static addresses out of strings of iothconf(7), and whether a stack has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <cmocka.h>

#include "static_items.h"

/* The only one, or NULL. */
static struct static_item *only(struct list *items)
{
	struct static_item *first = list_first(items, struct static_item, link);

	return list_is_empty(items) || first != list_last(items, struct static_item, link) ? NULL
	                                                                                   : first;
}

static void test_address_goes_with_its_gateways(void **state)
{
	struct list items = LIST_INIT(items);
	struct static_item *item;

	assert_int_equal(
	    static_items_read(&items, "eth,ip=fd00::1/64,gw=fd00::fe,iface=vde1,dns=::1"), 0);
	item = only(&items);
	assert_non_null(item);
	assert_int_equal(item->prefix.len, 64);
	assert_string_equal(item->again, "ip=fd00::1/64,gw=\"fd00::fe\",iface=\"vde1\"");
	static_items_free(&items);
	assert_true(list_is_empty(&items));
}

static void test_strings_without_addresses(void **state)
{
	static const char *const strings[] = {"", "stack=picox,vnl=x", "eth,auto", "ip", "ip=wrong"};
	struct list items = LIST_INIT(items);

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		assert_int_equal(static_items_read(&items, strings[i]), 0);
	assert_true(list_is_empty(&items));
}

static void test_what_is_taken_away_is_not_missed(void **state)
{
	struct list items = LIST_INIT(items);

	assert_int_equal(static_items_read(&items, "ip=fd00::1/64"), 0);
	assert_int_equal(static_items_read(&items, "-ip=fd00::1/64,ip=10.0.0.1/8"), 0);
	assert_non_null(only(&items));
	assert_int_equal(only(&items)->prefix.family, AF_INET);
	static_items_free(&items);
}

static void test_is_there(void **state)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000001)};
	struct ifaddrs none = {.ifa_addr = NULL},
	               both = {.ifa_next = &none, .ifa_addr = (struct sockaddr *)&six},
	               list = {.ifa_next = &both, .ifa_addr = (struct sockaddr *)&four};
	struct list items = LIST_INIT(items);

	inet_pton(AF_INET6, "fd00::1", &six.sin6_addr);
	assert_int_equal(static_items_read(&items, "ip=fd00::1/64"), 0);
	assert_true(static_item_is_there(only(&items), &list));
	assert_false(static_item_is_there(only(&items), &none));
	static_items_free(&items);
	assert_int_equal(static_items_read(&items, "ip=10.0.0.1/8"), 0);
	assert_true(static_item_is_there(only(&items), &list));
	assert_false(static_item_is_there(only(&items), &both));
	static_items_free(&items);
	assert_int_equal(static_items_read(&items, "ip=10.0.0.2/8"), 0);
	assert_false(static_item_is_there(only(&items), &list));
	static_items_free(&items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_address_goes_with_its_gateways),
	    cmocka_unit_test(test_strings_without_addresses),
	    cmocka_unit_test(test_what_is_taken_away_is_not_missed),
	    cmocka_unit_test(test_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
