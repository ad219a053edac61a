/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The inline functions of ioth.h: MAC addresses as text, packed prefix lengths. */
#include "test.h"

static void test_ntomac(void **state)
{
	const unsigned char mac[] = {0x02, 0xab, 0x00, 0xff, 0x9c, 0x10};
	char text[MAC_ADDRSTRLEN];

	assert_string_equal(ioth_ntomac(mac, text, sizeof(text)), "02:ab:00:ff:9c:10");
	assert_null(ioth_ntomac(mac, text, sizeof(text) - 1));
	assert_null(ioth_ntomac(mac, NULL, 0));
}

static void test_macton(void **state)
{
	static const char *const good[] = {
	    "02:ab:00:ff:9c:10", "02:AB:00:FF:9C:10", "02-ab-00-ff-9c-10", "2:ab:0:ff:9c:10"};
	static const char *const bad[] = {"", ":", "02", "02:ab:00:ff:9c",
	    "02:ab:00:ff:9c:", "02:ab:00:ff:9c:10:", "02:ab:00:ff:9c:10:11", "02:ab:00:ff:9c:10 ",
	    " 02:ab:00:ff:9c:10", "02:ab-00:ff:9c:10", "02.ab.00.ff.9c.10", "02:ab:00:ff:9c:100",
	    "02:ab:00:ff:9c:1g", "02ab00ff9c10", "02::ab:00:ff:9c", "+2:ab:00:ff:9c:10",
	    "0x2:ab:00:ff:9c:10"};
	const unsigned char expected[] = {0x02, 0xab, 0x00, 0xff, 0x9c, 0x10};
	unsigned char mac[6];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		memset(mac, 0x55, sizeof(mac));
		assert_int_equal(ioth_macton(good[i], mac), 1);
		assert_memory_equal(mac, expected, sizeof(mac));
	}
	memset(mac, 0x55, sizeof(mac));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (ioth_macton(bad[i], mac) != 0)
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(mac[0], 0x55);
	}
}

static void test_prefix(void **state)
{
	assert_int_equal(nl_addrdata2prefix(24, 0x02, 0xfd), 0x7002fd18);
	assert_int_equal(nl_routedata2prefix(64, 6, 200), 0x6006c840);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ntomac),
	    cmocka_unit_test(test_macton),
	    cmocka_unit_test(test_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
