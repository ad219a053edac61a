/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A hash table of nodes that lie in the objects.
 *
 * Unlike a general one it grows inside the stack's budget, goes on with longer chains where growing
 * is refused, so that inserting never fails, and costs a few words while it is empty: most of ten
 * thousand stacks have no more than four of anything. Keys are hashed by SipHash with the stack's
 * key: a peer that chooses addresses and ports cannot aim at one chain.
 */
#ifndef CORE_TABLE_H
#define CORE_TABLE_H

#include "mem.h"

struct px_tnode {
	struct px_tnode *next;
	uint64_t hash;
};

struct px_table {
	struct px_tnode **bucket; /* NULL: `single` is the one bucket */
	struct px_tnode *single;
	uint32_t mask; /* buckets - 1 */
	uint32_t count;
};

void px_table_insert(
    struct px_table *table, struct px_mem *mem, struct px_tnode *node, uint64_t hash);
void px_table_remove(struct px_table *table, struct px_tnode *node);

/* The buckets' memory; nodes are their owners'. */
void px_table_fini(struct px_table *table, struct px_mem *mem);

/* The chain where `hash` is; compare node->hash, then the key. */
static inline struct px_tnode *px_table_chain(const struct px_table *table, uint64_t hash)
{
	return table->bucket ? table->bucket[hash & table->mask] : table->single;
}

/* Goes through all: NULL begins and ends. The node given last may have been removed only if
 * px_table_next was called before. O(1) each but for empty buckets. */
struct px_tnode *px_table_next(const struct px_table *table, const struct px_tnode *node);

#endif
