/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings: words, limits, and what is said of mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>

#include "../dhcp/hex.h"
#include "nd.h"
#include "settings.h"

static struct settings settings;
static char why[SETTINGS_WHY_SIZE];

static int set(const char *tag, const char *value)
{
	why[0] = '\0';
	return settings_set(&settings, tag, value, why);
}

static int begin(void **state)
{
	settings_init(&settings);
	return 0;
}

static int end(void **state)
{
	settings_fini(&settings);
	return 0;
}

static void assert_prefix(const char *text, const char *address, unsigned int len,
    unsigned int flags, uint32_t valid, uint32_t preferred)
{
	const struct item *item;

	assert_int_equal(set("prefix", text), 0);
	item = &settings.item[settings.count - 1];
	assert_int_equal(item->kind, ITEM_PREFIX);
	assert_string_equal(to_hex(item->address, 16), address);
	assert_int_equal(item->len, len);
	assert_int_equal(item->flags, flags);
	assert_int_equal(item->lifetime, valid);
	assert_int_equal(item->preferred, preferred);
}

static void test_prefix(void **state)
{
	assert_prefix("fc00::", "fc000000000000000000000000000000", 64, 0, ND_FOREVER, ND_FOREVER);
	assert_prefix("fc01::/48", "fc010000000000000000000000000000", 48, 0, ND_FOREVER, ND_FOREVER);
	assert_prefix(
	    "fc02::/64/LA", "fc020000000000000000000000000000", 64, 0xc0, ND_FOREVER, ND_FOREVER);
	assert_prefix(
	    "fc03::/64/L/86400/14400", "fc030000000000000000000000000000", 64, 0x80, 86400, 14400);
	/* Bases of numbers; a preferred lifetime that is not given is no longer than the valid one. */
	assert_prefix("fc04::/0x40/A/010", "fc040000000000000000000000000000", 64, 0x40, 8, 8);
	/* What does not belong to the prefix is cleared, but for a router's whole address. */
	assert_prefix(
	    "fc05::1/64/L", "fc050000000000000000000000000000", 64, 0x80, ND_FOREVER, ND_FOREVER);
	assert_prefix(
	    "fc06::1/64/R/infinite/5", "fc060000000000000000000000000001", 64, 0x20, ND_FOREVER, 5);
	assert_prefix(
	    "fc07::/64/0xe0", "fc070000000000000000000000000000", 64, 0xe0, ND_FOREVER, ND_FOREVER);
}

static void test_numbers(void **state)
{
	static const char *const good[][2] = {{"period", "600"}, {"minperiod", "200"}, {"final", "3"},
	    {"hoplimit", "64"}, {"lifetime", "65535"}, {"reachable", "3600000"},
	    {"retransmit", "4294967295"}, {"mtu", "1280"}, {"flags", "MOh"},
	    {"raflags", "0x800000000000"}, {"captive", "https://example.org/?a=b"}};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(set(good[i][0], good[i][1]), 0);
	assert_int_equal(settings_check(&settings, why), 0);
	assert_int_equal(settings.period, 600);
	assert_int_equal(settings.min_period, 200);
	assert_int_equal(settings.finals, 3);
	assert_int_equal(settings.hop_limit, 64);
	assert_int_equal(settings.lifetime, 65535);
	assert_int_equal(settings.reachable, 3600000);
	assert_int_equal(settings.retrans, UINT32_MAX);
	assert_int_equal(settings.mtu, 1280);
	assert_int_equal(settings.flags, 0xc8);
	assert_true(settings.extension == 0x800000000000);
	assert_string_equal(settings.captive, "https://example.org/?a=b");
	assert_int_equal(set("flags", "lHP"), 0);
	assert_int_equal(settings.flags, 0x3c);
}

static void test_lists(void **state)
{
	assert_int_equal(set("rdnss", "fc00::53,fc00::54/600"), 0);
	assert_int_equal(set("rdnss", "fc00::55"), 0);
	assert_int_equal(set("dnssl", "one.test.local,test.local."), 0);
	assert_int_equal(set("route", "fc09::/48/h/1000"), 0);
	assert_int_equal(set("route", "::/0/l/infinite"), 0);
	assert_int_equal(set("route", "fc0a::"), 0);
	assert_int_equal(set("pref64", "64:ff9b::"), 0);
	assert_int_equal(set("pref64", "fc0b::/32/1800"), 0);
	assert_int_equal(settings.count, 10);
	assert_int_equal(settings.item[1].lifetime, 600);
	assert_true(settings.item[2].automatic);
	assert_int_equal(settings_lifetime(&settings, &settings.item[2]), 1800);
	settings.period = 10;
	assert_int_equal(settings_lifetime(&settings, &settings.item[2]), 30);
	assert_string_equal(settings.item[4].domain, "test.local");
	assert_int_equal(settings.item[5].preference, ND_PREFERENCE_HIGH);
	assert_int_equal(settings.item[6].preference, ND_PREFERENCE_LOW);
	assert_int_equal(settings.item[6].lifetime, ND_FOREVER);
	assert_int_equal(settings.item[8].len, 96);
}

static void test_mistakes(void **state)
{
	static const char *const bad[][3] = {
	    {"prefix", "fc00::/64/X", "'X' are no flags"},
	    {"prefix", "fc00::/129", "'129' is not a number of bits"},
	    {"prefix", "fc00::/64//5", "a field is empty"},
	    {"prefix", "fc00::/", "a field is empty"},
	    {"prefix", "", "a field is empty"},
	    {"prefix", "10.0.0.0/8", "not an IPv6 address"},
	    {"prefix", "fc00:::/64", "not an IPv6 address"},
	    {"prefix", "fc00::/64/L/4294967296", "not a lifetime"},
	    {"prefix", "fc00::/64/L/-1", "not a lifetime"},
	    {"prefix", "fc00::/64/L/5/6", "the preferred lifetime is longer"},
	    {"prefix", "fc00::/64/L/5/5/5", "too much"},
	    {"prefix", "fe80::/64/L", "link-local"},
	    {"prefix", "ff00::/8", "multicast"},
	    {"rdnss", "fc00::53,,fc00::54", "empty"},
	    {"rdnss", "10.0.0.1", "not an IPv6 address"},
	    {"rdnss", "fc00::1,fc00::1", "given twice"},
	    {"dnssl", "two words", "not a domain name"},
	    {"dnssl", "x/-", "not a lifetime"},
	    {"route", "fc00::/64/x", "no preference"},
	    {"pref64", "64:ff9b::/95", "96, 64, 56"},
	    {"pref64", "64:ff9b::/96/65529", "65528"},
	    {"flags", "X", "no flags of a router"},
	    {"flags", "hl", "high and low"},
	    {"hoplimit", "256", "from 0 to 255"},
	    {"lifetime", "65536", "from 0 to 65535"},
	    {"reachable", "3600001", "from 0 to 3600000"},
	    {"final", "4", "from 0 to 3"},
	    {"period", " 1", "is not a number"},
	    {"period", "1 ", "is not a number"},
	    {"colour", "blue", "not a word"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(set(bad[i][0], bad[i][1]), -EINVAL);
		if (!strstr(why, bad[i][2]))
			fail_msg("'%s' does not say '%s'", why, bad[i][2]);
		if (strcmp(bad[i][0], "colour") != 0)
			assert_int_equal(strncmp(why, bad[i][0], strlen(bad[i][0])), 0);
		assert_int_equal(settings.count, 0);
	}
}

/* What is wrong only together with others, or through the structures of C. */
static void test_check(void **state)
{
	static const struct settings bad[] = {
	    {.period = 65536},
	    {.period = 100, .min_period = 76},
	    {.period = 100, .min_period = 2},
	    {.reachable = 3600001},
	    {.mtu = 1279},
	    {.flags = 0x10},
	    {.extension = UINT64_C(1) << 48},
	    {.finals = 4},
	    {.captive = "a b"},
	};
	struct item item = {.kind = ITEM_PREFIX, .len = 64, .address = {0xfc}};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why[0] = '\0';
		assert_int_equal(settings_check(&bad[i], why), -EINVAL);
		assert_true(why[0]);
	}
	item.preferred = 2;
	item.lifetime = 1;
	assert_int_equal(settings_add(&settings, &item, why), -EINVAL);
	item.lifetime = 2;
	for (unsigned int i = 0; i < SETTINGS_ITEMS_MAX; i++) {
		item.address[1] = (uint8_t)i;
		assert_int_equal(settings_add(&settings, &item, why), 0);
	}
	item.address[2] = 1;
	assert_int_equal(settings_add(&settings, &item, why), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_prefix, begin, end),
	    cmocka_unit_test_setup_teardown(test_numbers, begin, end),
	    cmocka_unit_test_setup_teardown(test_lists, begin, end),
	    cmocka_unit_test_setup_teardown(test_mistakes, begin, end),
	    cmocka_unit_test_setup_teardown(test_check, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
