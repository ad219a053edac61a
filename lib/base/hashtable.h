/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A hash table whose links lie in its entries, with a random key of its own.
 *
 * Inserting cannot fail: the table begins with buckets inside itself, and where memory for more is
 * missing, chains grow instead and the next insertion tries again. Entries are not owned. Several
 * entries may have equal keys; the one inserted last is found first.
 */
#ifndef BASE_HASHTABLE_H
#define BASE_HASHTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "siphash.h"

#define HASHTABLE_FIRST_BUCKETS 8

struct hashtable_link {
	struct hashtable_link *next;
	uint64_t hash;
};

struct hashtable {
	struct hashtable_link **buckets; /* `first`, or allocated */
	size_t mask;                     /* number of buckets - 1; the number is a power of 2 */
	size_t count;
	struct siphash_key key;
	struct hashtable_link *first[HASHTABLE_FIRST_BUCKETS];
};

/* `key` NULL: a random one; a test gives its own. Returns 0, or -errno of the random numbers. The
 * table may not be moved in memory. */
int hashtable_init(struct hashtable *table, const struct siphash_key *key);

/* Frees what the table allocated; its entries, if any, are forgotten. The table is empty then, and
 * may be used on. */
void hashtable_clear(struct hashtable *table);

/* The hash of a key in this table. A key of several fields is hashed from a packed array of bytes:
 * a struct may have padding. */
uint64_t hashtable_hash(const struct hashtable *table, const void *key, size_t len);

void hashtable_insert(struct hashtable *table, struct hashtable_link *link, uint64_t hash);

/* `link` must be in the table. */
void hashtable_remove(struct hashtable *table, struct hashtable_link *link);

/* The entry with this hash for which `matches` says so, or NULL. */
typedef bool hashtable_matches(const struct hashtable_link *link, const void *key);
struct hashtable_link *hashtable_find(
    const struct hashtable *table, uint64_t hash, hashtable_matches *matches, const void *key);

/* All entries, in no order. Between first and next nothing may be inserted; an entry may be removed
 * once its next has been asked for. NULL at the end. */
struct hashtable_link *hashtable_first(const struct hashtable *table);
struct hashtable_link *hashtable_next(
    const struct hashtable *table, const struct hashtable_link *link);

/* The entry of `type` whose `member` is at `link`. */
#define hashtable_entry(link, type, member)                                                        \
	((type *)(void *)((char *)(link)-offsetof(type, member)))

#endif
