/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interface identifiers: hash, EUI-64, opaque. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <arpa/inet.h>

#include "slaac.h"

static const uint8_t prefix[16] = {0xfc}, other[16] = {0xfd};
static uint8_t address[16], second[16];

static const char *text(void)
{
	static char made[INET6_ADDRSTRLEN];

	return inet_ntop(AF_INET6, address, made, sizeof(made));
}

static void test_usual(void **state)
{
	struct slaac slaac = {.kind = SLAAC_USUAL, .mac = {0x80, 1, 1, 1, 1, 1}, .interface = "vde0"};

	assert_int_equal(slaac_address(&slaac, prefix, 0, address), 0);
	assert_string_equal(text(), "fc00::8201:1ff:fe01:101");
	slaac.fqdn = "renzo.hash.local";
	assert_int_equal(slaac_address(&slaac, prefix, 0, address), 0);
	assert_string_equal(text(), "fc00::4cc:8049:6765:d03a");
	assert_int_equal(slaac_address(&slaac, prefix, 1, address), -EADDRINUSE);
	slaac.kind = SLAAC_EUI64;
	assert_int_equal(slaac_address(&slaac, prefix, 0, address), 0);
	assert_string_equal(text(), "fc00::8201:1ff:fe01:101");
	slaac.kind = SLAAC_HASH;
	slaac.fqdn = NULL;
	assert_int_equal(slaac_address(&slaac, prefix, 0, address), -EADDRINUSE);
	slaac.kind = SLAAC_NONE;
	assert_int_equal(slaac_address(&slaac, prefix, 0, address), -EADDRINUSE);
}

static void test_opaque(void **state)
{
	struct slaac slaac = {.kind = SLAAC_OPAQUE, .mac = {2}, .interface = "vde0", .fqdn = "a"};

	slaac_secret(slaac.secret, "secret");
	assert_int_equal(slaac_address(&slaac, prefix, 0, address), 0);
	assert_memory_equal(address, prefix, 8);
	assert_int_equal(slaac_address(&slaac, prefix, 0, second), 0);
	assert_memory_equal(address, second, 16); /* stable */
	for (unsigned int i = 1; i <= 3; i++) {   /* another one after each duplicate */
		assert_int_equal(slaac_address(&slaac, prefix, i, second), 0);
		assert_memory_not_equal(address, second, 16);
	}
	assert_int_equal(slaac_address(&slaac, prefix, 4, second), -EADDRINUSE);
	/* Each of these makes another one. */
	slaac_address(&slaac, other, 0, second);
	assert_memory_not_equal(address + 8, second + 8, 8);
	slaac.interface = "vde1";
	slaac_address(&slaac, prefix, 0, second);
	assert_memory_not_equal(address, second, 16);
	slaac.interface = "vde0";
	slaac.fqdn = "b";
	slaac_address(&slaac, prefix, 0, second);
	assert_memory_not_equal(address, second, 16);
	slaac.fqdn = "a";
	slaac.mac[5] = 1;
	slaac_address(&slaac, prefix, 0, second);
	assert_memory_not_equal(address, second, 16);
	slaac.mac[5] = 0;
	slaac_secret(slaac.secret, "another");
	slaac_address(&slaac, prefix, 0, second);
	assert_memory_not_equal(address, second, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_usual),
	    cmocka_unit_test(test_opaque),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
