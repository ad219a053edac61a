/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Digests of names that were asked for lately: see hash_memo.h. */
#include "hash_memo.h"

#include <stdlib.h>
#include <string.h>

#define SETS 2048
#define WAYS 2

struct entry {
	uint8_t identifier[8];
	uint8_t len; /* 0: free */
	uint8_t wire[NAMED_HASH_MEMO_NAME];
};
_Static_assert(sizeof(struct entry) == 64, "a line of the processor's cache");

struct named_hash_memo {
	struct entry entries[SETS][WAYS]; /* the younger one first */
};

struct named_hash_memo *named_hash_memo_new(void)
{
	struct named_hash_memo *memo = aligned_alloc(sizeof(struct entry), sizeof(*memo));

	if (memo)
		memset(memo, 0, sizeof(*memo));
	return memo;
}

void named_hash_memo_free(struct named_hash_memo *memo)
{
	free(memo);
}

const uint8_t *named_hash_memo_find(
    const struct named_hash_memo *memo, uint64_t hash, const uint8_t *wire, size_t len)
{
	const struct entry *set = memo->entries[hash % SETS];

	for (unsigned int way = 0; way < WAYS; way++) {
		if (set[way].len == len && memcmp(set[way].wire, wire, len) == 0)
			return set[way].identifier;
	}
	return NULL;
}

void named_hash_memo_put(struct named_hash_memo *memo, uint64_t hash, const uint8_t *wire,
    size_t len, const uint8_t identifier[8])
{
	struct entry *set = memo->entries[hash % SETS];

	if (len > NAMED_HASH_MEMO_NAME)
		return;
	memmove(set + 1, set, (WAYS - 1) * sizeof(*set));
	memcpy(set->identifier, identifier, sizeof(set->identifier));
	set->len = (uint8_t)len;
	memcpy(set->wire, wire, len);
}
