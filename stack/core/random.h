/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The random state of one stack.
 *
 * One primitive, SipHash-2-4, a pseudo-random function: with a counter it gives numbers that a peer
 * cannot predict (IPv4 ids, ports, jitter); with data, positions in hash tables that a peer cannot
 * aim at, and later initial sequence numbers (RFC 6528). Seeded by getrandom, or by the simulator,
 * whose runs must repeat.
 */
#ifndef CORE_RANDOM_H
#define CORE_RANDOM_H

#include "siphash.h"

struct px_random {
	struct siphash_key key;      /* the generator's */
	struct siphash_key hash_key; /* the tables' */
	uint64_t counter;
};

/* `seed` (two words) NULL: from the kernel. Returns 0 or -errno. */
int px_random_init(struct px_random *random, const uint64_t *seed);

uint64_t px_random64(struct px_random *random);

static inline uint32_t px_random32(struct px_random *random)
{
	return (uint32_t)px_random64(random);
}

/* Uniform in 0 .. bound - 1; bound 0 gives 0. */
uint32_t px_random_below(struct px_random *random, uint32_t bound);

#endif
