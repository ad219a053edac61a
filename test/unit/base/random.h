/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reproducible random numbers for tests (xorshift64*, Vigna 2016). A test prints its seed. */
#ifndef TEST_RANDOM_H
#define TEST_RANDOM_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1d;
}

/* Below `limit`, which is small. */
static inline size_t random_below(uint64_t *state, size_t limit)
{
	return (size_t)((random_next(state) >> 16) % limit);
}

static inline void random_fill(uint64_t *state, void *data, size_t len)
{
	unsigned char *p = data;

	while (len--)
		*p++ = (unsigned char)(random_next(state) >> 32);
}

#endif
