/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A hash table that grows on demand. */
#include "table.h"

#define LARGE 64 /* buckets */

static struct px_tnode **bucket_of(struct px_table *table, uint64_t hash)
{
	return table->bucket ? &table->bucket[hash & table->mask] : &table->single;
}

static void grow(struct px_table *table, struct px_mem *mem)
{
	size_t old_size = table->bucket ? (table->mask + 1) * sizeof(struct px_tnode *) : 0;
	uint32_t buckets = table->bucket ? (table->mask + 1) * 2 : 8;
	struct px_tnode **fresh = px_zalloc(mem, buckets * sizeof(struct px_tnode *));
	struct px_tnode *node, *next;

	if (!fresh)
		return;
	for (uint32_t i = 0; i <= table->mask; i++) {
		for (node = table->bucket ? table->bucket[i] : table->single; node; node = next) {
			next = node->next;
			node->next = fresh[node->hash & (buckets - 1)];
			fresh[node->hash & (buckets - 1)] = node;
		}
	}
	px_free(mem, table->bucket, old_size);
	table->bucket = fresh;
	table->single = NULL;
	table->mask = buckets - 1;
}

/* Small tables are for many stacks: two a bucket. In large ones each node of a chain is a miss of
 * the processor's cache. */
static bool is_full(const struct px_table *table)
{
	uint32_t buckets = table->mask + 1;

	if (!table->bucket)
		return table->count >= 4;
	return table->count >= (buckets < LARGE ? 2 * buckets : buckets);
}

void px_table_insert(
    struct px_table *table, struct px_mem *mem, struct px_tnode *node, uint64_t hash)
{
	struct px_tnode **bucket;

	if (is_full(table))
		grow(table, mem);
	bucket = bucket_of(table, hash);
	node->hash = hash;
	node->next = *bucket;
	*bucket = node;
	table->count++;
}

void px_table_remove(struct px_table *table, struct px_tnode *node)
{
	for (struct px_tnode **at = bucket_of(table, node->hash); *at; at = &(*at)->next) {
		if (*at == node) {
			*at = node->next;
			node->next = NULL;
			table->count--;
			return;
		}
	}
}

void px_table_fini(struct px_table *table, struct px_mem *mem)
{
	if (table->bucket)
		px_free(mem, table->bucket, (table->mask + 1) * sizeof(struct px_tnode *));
	*table = (struct px_table){0};
}

struct px_tnode *px_table_next(const struct px_table *table, const struct px_tnode *node)
{
	uint32_t i = 0;

	if (node) {
		if (node->next)
			return node->next;
		if (!table->bucket)
			return NULL;
		i = (uint32_t)(node->hash & table->mask) + 1;
	} else if (!table->bucket) {
		return table->single;
	}
	for (; i <= table->mask; i++) {
		if (table->bucket[i])
			return table->bucket[i];
	}
	return NULL;
}
