/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SipHash (Aumasson and Bernstein, 2012): a hash whose values nobody can foretell without its key,
 * so that hostile input cannot aim at one bucket of a table. */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t word[2]; /* the 16 bytes, read little-endian */
};

/* A random key. Returns 0, or -errno where the system has no random numbers. */
int siphash_key_random(struct siphash_key *key);

/* One round a word and three at the end: for hash tables, whose values stay inside. */
uint64_t siphash_1_3(const struct siphash_key *key, const void *data, size_t len);

/* The full function: where others see values (sequence numbers, RFC 6528; cookies). */
uint64_t siphash_2_4(const struct siphash_key *key, const void *data, size_t len);

#endif
