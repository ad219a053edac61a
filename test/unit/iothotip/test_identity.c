/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of windows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include <errno.h>

#include "allocations.h"
#include "identity.h"
#include "schedule.h"

static struct in6_addr ip(const char *text)
{
	struct in6_addr address;

	assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
	return address;
}

static void assert_address(const struct otip_identity *identity, int64_t window, const char *text)
{
	struct in6_addr address = otip_identity_address(identity, window), wanted = ip(text);

	assert_memory_equal(&address, &wanted, sizeof(address));
}

static struct otip_identity renzo(const char *base, const char *name, const char *password)
{
	struct otip_identity_config config = {.base = ip(base), .name = name, .password = password};
	struct otip_identity identity;

	assert_int_equal(otip_identity_init(&identity, &config), 0);
	return identity;
}

static void test_addresses(void **state)
{
	struct otip_identity it = renzo("fc01::", "renzo.otip", "mypassword");

	assert_address(&it, 1, "fc01::a80d:c83f:9271:d9ce");
	assert_address(&it, 50000000, "fc01::e8b5:5367:ff56:fea4");
	assert_address(&it, 53124999, "fc01::6494:ed3c:158:80a5");
	assert_address(&it, 53125000, "fc01::8ce3:a148:b648:6c83");
	assert_address(&it, 53125001, "fc01::b41b:cbf3:a38:fd9d");
	assert_address(&it, 4294967295, "fc01::e812:4f14:a0b5:ed24");
	otip_identity_fini(&it);
	it = renzo("fc01::", "renzo.otip.", NULL);
	assert_address(&it, 53125000, "fc01::f43e:3520:44a8:17ae");
	otip_identity_fini(&it);
	it = renzo("fc01::", "renzo.otip", "");
	assert_address(&it, 53125000, "fc01::f43e:3520:44a8:17ae");
	otip_identity_fini(&it);
	it = renzo("2001:760:2e00:ff00::", "renzo.otip", "mypassword");
	assert_address(&it, 53125000, "2001:760:2e00:ff00:8ce3:a148:b648:6c83");
	otip_identity_fini(&it);
	/* Window 0: the time plays no part. */
	it = renzo("fc00::", "renzo.hash.local", "mypassword");
	assert_address(&it, 0, "fc00::4839:a1f3:253e:9b03");
	otip_identity_fini(&it);
	otip_identity_fini(&it);
}

/* The times of the specification's table: what a client computes, and the server's newest. */
static void test_windows(void **state)
{
	static const struct {
		int64_t now;
		const char *client, *newest;
	} rows[] = {
	    {1699999991, "fc01::6494:ed3c:158:80a5", "fc01::6494:ed3c:158:80a5"},
	    {1699999992, "fc01::6494:ed3c:158:80a5", "fc01::8ce3:a148:b648:6c83"},
	    {1700000000, "fc01::8ce3:a148:b648:6c83", "fc01::8ce3:a148:b648:6c83"},
	    {1700000031, "fc01::8ce3:a148:b648:6c83", "fc01::b41b:cbf3:a38:fd9d"},
	};
	const struct otip_schedule usual = {OTIP_PERIOD, OTIP_PREACTIVE, OTIP_POSTACTIVE};
	struct otip_identity it = renzo("fc01::", "renzo.otip", "mypassword");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct otip_windows windows = otip_schedule_at(&usual, rows[i].now);

		assert_address(&it, rows[i].now / OTIP_PERIOD, rows[i].client);
		assert_address(&it, windows.last, rows[i].newest);
		assert_true(otip_windows_have(&windows, rows[i].now / OTIP_PERIOD));
	}
	otip_identity_fini(&it);
}

static void test_case(void **state)
{
	struct otip_identity_config config = {
	    .base = ip("fc00::"), .name = "Renzo.hash.LOCAL", .password = NULL};
	struct otip_identity it;

	assert_int_equal(otip_identity_init(&it, &config), 0);
	assert_address(&it, 0, "fc00::4cc:8049:6765:d03a");
	otip_identity_fini(&it);
	config.name = "Renzo.hash.local";
	config.case_exact = true;
	assert_int_equal(otip_identity_init(&it, &config), 0);
	assert_address(&it, 0, "fc00::81:896b:51cb:9ccb");
	otip_identity_fini(&it);
}

static void test_hmac(void **state)
{
	struct otip_identity_config config = {.base = ip("fc01::"),
	    .name = "Renzo.otip",
	    .password = "mypassword",
	    .digest = OTIP_HMAC_SHA256,
	    .rounds = 10};
	struct in6_addr expected = ip("fc01::"), got;
	uint8_t key[IOTHADDR_KEY_LEN];
	struct otip_identity it;

	iothaddr_hmac_key(key, "renzo.otip", "mypassword", 10);
	iothaddr_hmac(&expected, "renzo.otip", key, 53125000);
	assert_int_equal(otip_identity_init(&it, &config), 0);
	assert_null(it.password);
	got = otip_identity_address(&it, 53125000);
	assert_memory_equal(&got, &expected, sizeof(got));
	otip_identity_fini(&it);
}

static void test_words(void **state)
{
	struct otip_identity_config config = {.name = ""};
	struct otip_identity it;
	enum otip_digest digest;

	assert_int_equal(otip_identity_init(&it, &config), -EINVAL);
	config.name = NULL;
	assert_int_equal(otip_identity_init(&it, &config), -EINVAL);
	assert_int_equal(otip_digest_parse("md5", &digest), 0);
	assert_int_equal(digest, OTIP_MD5);
	assert_int_equal(otip_digest_parse("hmac-sha256", &digest), 0);
	assert_int_equal(digest, OTIP_HMAC_SHA256);
	assert_int_equal(otip_digest_parse("MD5", &digest), -EINVAL);
	assert_int_equal(otip_digest_parse("", &digest), -EINVAL);
}

static bool try_identity(void)
{
	struct otip_identity_config config = {.name = "renzo.otip", .password = "mypassword"};
	struct otip_identity it;
	int error = otip_identity_init(&it, &config);

	if (error) {
		assert_int_equal(error, -ENOMEM);
		return false;
	}
	otip_identity_fini(&it);
	return true;
}

static void test_memory(void **state)
{
	assert_int_equal(fail_each(try_identity), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_windows),
	    cmocka_unit_test(test_case),
	    cmocka_unit_test(test_hmac),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
