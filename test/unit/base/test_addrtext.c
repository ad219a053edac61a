/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of addresses: what is taken, what is refused, and round trips. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>

#include "addrtext.h"
#include "random.h"

static void test_parse_ip(void **state)
{
	struct addrtext_prefix prefix = {0};

	assert_int_equal(addrtext_parse_ip("192.168.250.50", &prefix), 0);
	assert_int_equal(prefix.family, AF_INET);
	assert_int_equal(prefix.len, 32);
	assert_memory_equal(prefix.address, ((uint8_t[16]){192, 168, 250, 50}), 16);
	assert_int_equal(addrtext_parse_ip("fc00::1", &prefix), 0);
	assert_int_equal(prefix.family, AF_INET6);
	assert_int_equal(prefix.len, 128);
	assert_memory_equal(prefix.address, ((uint8_t[16]){0xfc, [15] = 1}), 16);
}

static void test_refuse_ip(void **state)
{
	static const char *const bad[] = {"", " ", "1", "1.2.3", "1.2.3.", "1.2.3.4.", "1.2.3.256",
	    "01.2.3.4", "1.2.3.04", "0x1.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4/8", "-1.2.3.4",
	    "+1.2.3.4", "1.2.3.1e1", ":", ":::", "::1::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
	    "12345::", "::1%lo", "::g", "fe80::1 ", "[::1]", "::1.2.3", "::1.2.3.256",
	    "1:2:3:4:5:6:7:", "example.org"};
	struct addrtext_prefix prefix = {.family = 77};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(addrtext_parse_ip(bad[i], &prefix), -EINVAL);
	assert_int_equal(prefix.family, 77); /* untouched */
}

static void test_parse_prefix(void **state)
{
	struct addrtext_prefix prefix = {0};

	assert_int_equal(addrtext_parse_prefix("10.0.0.1/24", &prefix), 0);
	assert_int_equal(prefix.len, 24);
	assert_int_equal(prefix.address[3], 1);
	assert_int_equal(addrtext_parse_prefix("0.0.0.0/0", &prefix), 0);
	assert_int_equal(prefix.len, 0);
	assert_int_equal(addrtext_parse_prefix("2001:db8::/128", &prefix), 0);
	assert_int_equal(prefix.len, 128);
	assert_int_equal(addrtext_parse_prefix("1.2.3.4/32", &prefix), 0);
}

static void test_refuse_prefix(void **state)
{
	static const char *const bad[] = {"1.2.3.4", "::1", "/", "/8", "1.2.3.4/", "1.2.3.4/33",
	    "1.2.3.4/08", "1.2.3.4/00", "1.2.3.4/+8", "1.2.3.4/-8", "1.2.3.4/ 8", "1.2.3.4/8 ",
	    "1.2.3.4/8/8", "1.2.3.4/0x8", "1.2.3.4/4294967296", "::/129", "::/1000", "1.2.3.4 /8"};
	struct addrtext_prefix prefix = {0};
	char text[65536];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(addrtext_parse_prefix(bad[i], &prefix), -EINVAL);
	memset(text, '1', sizeof(text));
	memcpy(text + sizeof(text) - 3, "/8", 3);
	assert_int_equal(addrtext_parse_prefix(text, &prefix), -EINVAL);
}

static void test_mac(void **state)
{
	static const char *const bad[] = {"", "02:00:00:00:00",
	    "02:00:00:00:00:01:", "02:00:00:00:00:1", "2:00:00:00:00:01", "02-00-00-00-00-01",
	    "0g:00:00:00:00:01", "02:00:00:00:00:0 ", " 2:00:00:00:00:01", "+2:00:00:00:00:01",
	    "0200.0000.0001xxx", "02:00:00:00:00:011"};
	uint8_t mac[6] = {9};
	char text[ADDRTEXT_MAC_SIZE];

	assert_int_equal(addrtext_parse_mac("02:00:aB:Cd:eF:01", mac), 0);
	assert_memory_equal(mac, ((uint8_t[]){2, 0, 0xab, 0xcd, 0xef, 1}), 6);
	assert_int_equal(addrtext_print_mac(text, sizeof(text), mac), 0);
	assert_string_equal(text, "02:00:ab:cd:ef:01");
	assert_int_equal(addrtext_print_mac(text, sizeof(text) - 1, mac), -EMSGSIZE);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(addrtext_parse_mac(bad[i], mac), -EINVAL);
	assert_int_equal(mac[0], 2); /* untouched */
}

/* RFC 5952: lower case, no leading zeros, "::" for the first of the longest runs of two or more. */
static void test_print(void **state)
{
	static const char *const forms[][2] = {
	    {"2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"},
	    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
	    {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
	    {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
	    {"0:0:0:0:0:0:0:0", "::"},
	    {"::ffff:1.2.3.4", "::ffff:1.2.3.4"},
	};
	struct addrtext_prefix prefix = {0};
	char text[ADDRTEXT_PREFIX_SIZE];

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		assert_int_equal(addrtext_parse_ip(forms[i][0], &prefix), 0);
		assert_int_equal(addrtext_print_ip(text, sizeof(text), AF_INET6, prefix.address), 0);
		assert_string_equal(text, forms[i][1]);
	}
	assert_int_equal(addrtext_print_ip(text, sizeof(text), AF_UNIX, prefix.address), -EINVAL);
	assert_int_equal(addrtext_print_ip(text, 14, AF_INET6, prefix.address), -EMSGSIZE);
	assert_int_equal(addrtext_print_ip(text, 15, AF_INET6, prefix.address), 0);
	prefix.len = 129;
	assert_int_equal(addrtext_print_prefix(text, sizeof(text), &prefix), -EINVAL);
	prefix.len = 100;
	assert_int_equal(addrtext_print_prefix(text, 18, &prefix), -EMSGSIZE);
	assert_int_equal(addrtext_print_prefix(text, 19, &prefix), 0);
	assert_string_equal(text, "::ffff:1.2.3.4/100");
}

static void test_round_trip(void **state)
{
	uint64_t seed = 9;

	for (unsigned int round = 0; round < 5000; round++) {
		struct addrtext_prefix prefix = {.family = round % 2 ? AF_INET : AF_INET6};
		struct addrtext_prefix parsed;
		size_t len = addrtext_family_len(prefix.family);
		char text[ADDRTEXT_PREFIX_SIZE];

		random_fill(&seed, prefix.address, len);
		memset(prefix.address + random_below(&seed, len), 0, random_below(&seed, 2));
		prefix.len = (unsigned int)random_below(&seed, 8 * len + 1);
		assert_int_equal(addrtext_print_prefix(text, sizeof(text), &prefix), 0);
		assert_int_equal(addrtext_parse_prefix(text, &parsed), 0);
		assert_int_equal(parsed.family, prefix.family);
		assert_int_equal(parsed.len, prefix.len);
		assert_memory_equal(parsed.address, prefix.address, sizeof(parsed.address));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse_ip),
	    cmocka_unit_test(test_refuse_ip),
	    cmocka_unit_test(test_parse_prefix),
	    cmocka_unit_test(test_refuse_prefix),
	    cmocka_unit_test(test_mac),
	    cmocka_unit_test(test_print),
	    cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
