/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Internet checksum (RFC 1071), computed over pieces, and its update in place (RFC 1624).
 *
 * A sum is kept unfolded, in memory order: it is added and folded as the host reads the bytes, and
 * what is stored with memcpy is right on every host (RFC 1071, 2(B)). */
#ifndef BASE_CHECKSUM_H
#define BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Adds `len` bytes to a running sum. Pieces of even length may be added in any order; only the last
 * piece may have an odd length. */
uint64_t checksum_add(uint64_t sum, const void *data, size_t len);

/* Folds a running sum to 16 bits, without complement. The result is in memory (network) order:
 * store it with memcpy. */
static inline uint16_t checksum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16); /* 33 bits before, 18 after */
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/* The checksum field's value for a running sum: the complement of the fold, memory order. */
static inline uint16_t checksum_finish(uint64_t sum)
{
	return (uint16_t)~checksum_fold(sum);
}

/* Running sums of the pseudo-headers of TCP, UDP and ICMPv6: RFC 9293, 3.1 and RFC 8200, 8.1. The
 * addresses are binary; `len` is that of the upper layer's header and data. */
uint64_t checksum_pseudo_ipv4(
    const void *source, const void *destination, uint8_t protocol, uint16_t len);
uint64_t checksum_pseudo_ipv6(
    const void *source, const void *destination, uint8_t protocol, uint32_t len);

#endif
