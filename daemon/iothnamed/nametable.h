/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table of names that the configuration fills and queries look into: an array of slots, searched
 * from where the name's hash says (open addressing), at most half full.
 *
 * Entries are not owned; they are found by their first member. Nothing is ever removed. A stranger
 * cannot put anything in, so the hash needs no secret (name.h).
 */
#ifndef NAMED_NAMETABLE_H
#define NAMED_NAMETABLE_H

#include "name.h"

struct nametable_entry {
	uint64_t hash;
	uint8_t len;
	uint8_t labels;
	const uint8_t *wire; /* folded; the owner's */
};

struct nametable_slot {
	uint64_t hash;
	struct nametable_entry *entry; /* NULL: free */
};

struct nametable {
	size_t mask; /* slots - 1; the number is a power of 2 */
	size_t count;
	struct nametable_slot *slots; /* NULL: none yet */
	uint64_t depths[2];           /* by number of labels: are there such names? */
};

/* 0 or -ENOMEM. The name must not be in there. */
int nametable_insert(struct nametable *table, struct nametable_entry *entry);
void nametable_free(struct nametable *table); /* not the entries */

static inline bool nametable_has_depth(const struct nametable *table, unsigned int labels)
{
	return table->depths[labels / 64] >> labels % 64 & 1;
}

/* The entry of a name in folded wire form, or NULL. */
static inline struct nametable_entry *nametable_find(
    const struct nametable *table, uint64_t hash, const uint8_t *wire, size_t len)
{
	if (!table->slots)
		return NULL;
	for (size_t i = (size_t)hash & table->mask;; i = (i + 1) & table->mask) {
		struct nametable_entry *entry = table->slots[i].entry;

		if (!entry)
			return NULL;
		if (table->slots[i].hash == hash && entry->len == len &&
		    __builtin_memcmp(entry->wire, wire, len) == 0)
			return entry;
	}
}

/* The entry of the last `labels` labels of a name whose hashes are known. */
static inline struct nametable_entry *nametable_find_suffix(const struct nametable *table,
    const struct named_name *name, const uint64_t *hash, unsigned int labels)
{
	if (!nametable_has_depth(table, labels))
		return NULL;
	return nametable_find(
	    table, hash[labels], named_name_suffix(name, labels), named_name_suffix_len(name, labels));
}

#endif
