/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Internet checksum (RFC 1071).
 *
 * One's complement addition is associative and indifferent to byte order, and 2^16 - 1 divides
 * 2^64 - 1: so the data are added 64 bits at a time in the host's order, each carry out of the top
 * is added at the bottom, and only the end is folded to 16 bits. Four sums side by side, because
 * each addition waits for the carry of the one before. The compilers make "add, add with carry" of
 * it, which is faster than the vectors that they make of 32-bit additions by themselves.
 *
 * Where the processor has AVX2, a payload goes 64 bytes at a time: the two halves of each 64-bit
 * word are added to lanes of their own, which hold 2^32 such sums before a carry is lost. Measured
 * from 1,448 to 39,096 bytes: 34 to 46 GB/s without, 58 to 80 with.
 */
#include "checksum.h"

#include <stdbool.h>
#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#define VECTOR_MIN 256 /* bytes; below that the lanes' end costs more than is won */

static inline uint64_t load(const unsigned char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* One's complement addition. */
static inline uint64_t add(uint64_t a, uint64_t b)
{
	a += b;
	return a + (a < b);
}

/* To 33 bits at most: callers may add 2^31 such sums before a carry is lost. */
static inline uint64_t fold_to_32(uint64_t sum)
{
	return (sum & 0xffffffff) + (sum >> 32);
}

#ifdef __x86_64__

/* `len` is a multiple of 64. */
__attribute__((target("avx2"))) static uint64_t add_vectors(const unsigned char *p, size_t len)
{
	const __m256i low = _mm256_set1_epi64x(0xffffffff);
	__m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;
	uint64_t lane[4];

	for (; len; p += 64, len -= 64) {
		__m256i x = _mm256_loadu_si256((const void *)p);
		__m256i y = _mm256_loadu_si256((const void *)(p + 32));
		a = _mm256_add_epi64(a, _mm256_and_si256(x, low));
		b = _mm256_add_epi64(b, _mm256_srli_epi64(x, 32));
		c = _mm256_add_epi64(c, _mm256_and_si256(y, low));
		d = _mm256_add_epi64(d, _mm256_srli_epi64(y, 32));
	}
	a = _mm256_add_epi64(_mm256_add_epi64(a, b), _mm256_add_epi64(c, d));
	_mm256_storeu_si256((void *)lane, a);
	return add(add(lane[0], lane[1]), add(lane[2], lane[3]));
}

static bool has_vectors(void)
{
	return __builtin_cpu_supports("avx2");
}

#else

static uint64_t add_vectors(const unsigned char *p, size_t len)
{
	return 0;
}

static bool has_vectors(void)
{
	return false;
}

#endif

uint64_t checksum_add(uint64_t sum, const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t whole = len & ~(size_t)63;
	uint64_t sum2 = 0;
	uint64_t sum3 = 0;
	uint64_t sum4 = 0;

	if (len >= VECTOR_MIN && has_vectors()) {
		sum = add(sum, add_vectors(p, whole));
		p += whole;
		len -= whole;
	}
	for (; len >= 32; p += 32, len -= 32) {
		sum = add(sum, load(p));
		sum2 = add(sum2, load(p + 8));
		sum3 = add(sum3, load(p + 16));
		sum4 = add(sum4, load(p + 24));
	}
	sum = add(add(sum, sum2), add(sum3, sum4));
	for (; len >= 8; p += 8, len -= 8)
		sum = add(sum, load(p));
	if (len & 4) {
		uint32_t word;

		memcpy(&word, p, sizeof(word));
		sum = add(sum, word);
		p += 4;
	}
	if (len & 2) {
		uint16_t word;

		memcpy(&word, p, sizeof(word));
		sum = add(sum, word);
		p += 2;
	}
	if (len & 1) {
		/* The last byte is the first of a word whose second is zero (RFC 1071, 4.1). */
		const unsigned char bytes[2] = {*p, 0};
		uint16_t word;

		memcpy(&word, bytes, sizeof(word));
		sum = add(sum, word);
	}
	return fold_to_32(sum);
}

uint64_t checksum_pseudo_ipv4(
    const void *source, const void *destination, uint8_t protocol, uint16_t len)
{
	const unsigned char rest[4] = {0, protocol, (unsigned char)(len >> 8), (unsigned char)len};
	uint32_t word[3];

	memcpy(&word[0], rest, sizeof(rest));
	memcpy(&word[1], source, sizeof(word[1]));
	memcpy(&word[2], destination, sizeof(word[2]));
	return (uint64_t)word[0] + word[1] + word[2];
}

uint64_t checksum_pseudo_ipv6(
    const void *source, const void *destination, uint8_t protocol, uint32_t len)
{
	const unsigned char rest[8] = {
	    (unsigned char)(len >> 24),
	    (unsigned char)(len >> 16),
	    (unsigned char)(len >> 8),
	    (unsigned char)len,
	    [7] = protocol,
	};
	uint64_t sum = checksum_add(0, rest, sizeof(rest));

	sum = checksum_add(sum, source, 16);
	return checksum_add(sum, destination, 16);
}
