/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SipHash, after section 2 of "SipHash: a fast short-input PRF". The state's four words keep the
 * paper's names. */
#include "siphash.h"

#include <errno.h>
#include <unistd.h>

struct state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t word, unsigned int bits)
{
	return word << bits | word >> (64 - bits);
}

static inline void rounds(struct state *s, unsigned int count)
{
#pragma GCC unroll 4
	while (count--) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v1;
		s->v0 += s->v3;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 = rotate(s->v2, 32);
	}
}

/* Up to 8 bytes, little-endian on every host; the compilers make one load of 8. */
static inline uint64_t load(const unsigned char *p, size_t len)
{
	uint64_t word = 0;

	for (size_t i = 0; i < len; i++)
		word |= (uint64_t)p[i] << (8 * i);
	return word;
}

static inline void absorb(struct state *s, uint64_t word, unsigned int count)
{
	s->v3 ^= word;
	rounds(s, count);
	s->v0 ^= word;
}

static inline uint64_t siphash(const struct siphash_key *key, const void *data, size_t len,
    unsigned int per_word, unsigned int at_end)
{
	struct state s = {
	    .v0 = key->word[0] ^ 0x736f6d6570736575,
	    .v1 = key->word[1] ^ 0x646f72616e646f6d,
	    .v2 = key->word[0] ^ 0x6c7967656e657261,
	    .v3 = key->word[1] ^ 0x7465646279746573,
	};
	const unsigned char *p = data;
	const uint64_t last_byte = (uint64_t)len << 56;

	for (; len >= 8; p += 8, len -= 8)
		absorb(&s, load(p, 8), per_word);
	absorb(&s, last_byte | load(p, len), per_word);
	s.v2 ^= 0xff;
	rounds(&s, at_end);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

int siphash_key_random(struct siphash_key *key)
{
	return getentropy(key, sizeof(*key)) < 0 ? -errno : 0;
}

uint64_t siphash_1_3(const struct siphash_key *key, const void *data, size_t len)
{
	return siphash(key, data, len, 1, 3);
}

uint64_t siphash_2_4(const struct siphash_key *key, const void *data, size_t len)
{
	return siphash(key, data, len, 2, 4);
}
