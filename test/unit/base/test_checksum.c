/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checksum against RFC 1071's example, known packets, and the definition word by word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>

#include "checksum.h"
#include "random.h"

/* The definition: 16-bit words in network order, added with end-around carry. */
static uint16_t naive_sum(const unsigned char *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++) {
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

static uint16_t fold(const void *data, size_t len)
{
	return ntohs(checksum_fold(checksum_add(0, data, len)));
}

static void test_rfc1071_example(void **state)
{
	/* RFC 1071, 3: "00 01 f2 03 f4 f5 f6 f7" adds up to ddf2. */
	static const unsigned char bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	assert_int_equal(fold(bytes, sizeof(bytes)), 0xddf2);
	assert_int_equal(ntohs(checksum_finish(checksum_add(0, bytes, sizeof(bytes)))), 0x220d);
}

static void test_ipv4_header(void **state)
{
	unsigned char header[20] = {0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0, 0,
	    0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};
	uint16_t field = checksum_finish(checksum_add(0, header, sizeof(header)));

	assert_int_equal(ntohs(field), 0xb861);
	memcpy(header + 10, &field, sizeof(field));
	assert_int_equal(checksum_finish(checksum_add(0, header, sizeof(header))), 0);
}

static void test_edges(void **state)
{
	unsigned char ones[70000];
	static const unsigned char last = 0xab;

	assert_int_equal(checksum_add(0, NULL, 0), 0);
	assert_int_equal(fold(&last, 1), 0xab00);
	assert_int_equal(checksum_fold(UINT64_MAX), 0xffff);
	assert_int_equal(checksum_fold(checksum_add(UINT64_MAX, &last, 1)), htons(0xab00));
	memset(ones, 0xff, sizeof(ones));
	for (size_t len = 1; len <= sizeof(ones); len = len * 3 + 1)
		assert_int_equal(fold(ones, len), naive_sum(ones, len));
}

static void test_random(void **state)
{
	uint64_t seed = 1;
	unsigned char data[2100];

	for (unsigned int round = 0; round < 20000; round++) {
		size_t offset = random_below(&seed, 33);
		size_t len = random_below(&seed, round % 10 ? 100 : sizeof(data) - 33);
		size_t cut = random_below(&seed, len / 2 + 1) * 2;
		uint64_t sum;

		random_fill(&seed, data + offset, len);
		assert_int_equal(fold(data + offset, len), naive_sum(data + offset, len));
		/* In two pieces, either first if the second is even too. */
		sum = checksum_add(0, data + offset, cut);
		sum = checksum_add(sum, data + offset + cut, len - cut);
		assert_int_equal(ntohs(checksum_fold(sum)), naive_sum(data + offset, len));
	}
}

/* Sums are small enough that a caller may add very many. */
static void test_headroom(void **state)
{
	unsigned char ones[64];

	memset(ones, 0xff, sizeof(ones));
	assert_true(checksum_add(UINT64_MAX, ones, sizeof(ones)) < 1ULL << 33);
}

static void test_pseudo_headers(void **state)
{
	uint64_t seed = 3;

	for (unsigned int round = 0; round < 1000; round++) {
		unsigned char v4[12];
		unsigned char v6[40];

		random_fill(&seed, v4, sizeof(v4));
		v4[8] = 0;
		assert_int_equal(ntohs(checksum_fold(checksum_pseudo_ipv4(
		                     v4, v4 + 4, v4[9], (uint16_t)(v4[10] << 8 | v4[11])))),
		    naive_sum(v4, sizeof(v4)));
		random_fill(&seed, v6, sizeof(v6));
		memset(v6 + 36, 0, 3);
		assert_int_equal(
		    ntohs(checksum_fold(checksum_pseudo_ipv6(v6, v6 + 16, v6[39],
		        (uint32_t)v6[32] << 24 | (uint32_t)v6[33] << 16 | v6[34] << 8 | v6[35]))),
		    naive_sum(v6, sizeof(v6)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rfc1071_example),
	    cmocka_unit_test(test_ipv4_header),
	    cmocka_unit_test(test_edges),
	    cmocka_unit_test(test_random),
	    cmocka_unit_test(test_headroom),
	    cmocka_unit_test(test_pseudo_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
