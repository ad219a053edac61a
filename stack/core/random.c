/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random numbers of a stack. */
#include "random.h"

int px_random_init(struct px_random *random, const uint64_t *seed)
{
	static const char label[] = "tables";
	int err;

	random->counter = 0;
	if (seed) {
		random->key.word[0] = seed[0];
		random->key.word[1] = seed[1];
	} else {
		err = siphash_key_random(&random->key);
		if (err)
			return err;
	}
	/* Two keys from one seed, apart: what can be learned from outside of a table (by timing) says
	 * nothing about the next port. */
	random->hash_key.word[0] = siphash_2_4(&random->key, label, sizeof(label));
	random->hash_key.word[1] = siphash_2_4(&random->key, label, sizeof(label) - 1);
	return 0;
}

uint64_t px_random64(struct px_random *random)
{
	uint64_t counter = random->counter++;

	return siphash_2_4(&random->key, &counter, sizeof(counter));
}

uint32_t px_random_below(struct px_random *random, uint32_t bound)
{
	/* Multiplication instead of a remainder; its bias, below 2^-32 times bound, is of no use. */
	return (uint32_t)(((px_random64(random) >> 32) * (uint64_t)bound) >> 32);
}
