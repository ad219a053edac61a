/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Internet checksum (RFC 1071), computed over pieces. */
#ifndef BASE_CHECKSUM_H
#define BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Adds `len` bytes to a running sum. The sum is kept unfolded, in memory order, so pieces of even
 * length may be added in any order; only the last piece may have an odd length. */
uint64_t checksum_add(uint64_t sum, const void *data, size_t len);

/* Folds a running sum to 16 bits, without complement. The result is in memory (network) order:
 * store it with memcpy. */
uint16_t checksum_fold(uint64_t sum);

/* The checksum field's value for a running sum: the complement of the fold, memory order. */
static inline uint16_t checksum_finish(uint64_t sum)
{
	return (uint16_t)~checksum_fold(sum);
}

#endif
