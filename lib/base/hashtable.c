/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hash table with chains. It doubles when there are more entries than buckets, and never shrinks:
 * what was needed once is needed again. */
#include "hashtable.h"

#include <stdlib.h>
#include <string.h>

int hashtable_init(struct hashtable *table, const struct siphash_key *key)
{
	memset(table, 0, sizeof(*table));
	table->buckets = table->first;
	table->mask = HASHTABLE_FIRST_BUCKETS - 1;
	if (!key)
		return siphash_key_random(&table->key);
	table->key = *key;
	return 0;
}

void hashtable_clear(struct hashtable *table)
{
	struct siphash_key key = table->key;

	if (table->buckets != table->first)
		free(table->buckets);
	hashtable_init(table, &key);
}

uint64_t hashtable_hash(const struct hashtable *table, const void *key, size_t len)
{
	return siphash_1_3(&table->key, key, len);
}

static struct hashtable_link **bucket(const struct hashtable *table, uint64_t hash)
{
	return &table->buckets[hash & table->mask];
}

static void push(struct hashtable *table, struct hashtable_link *link)
{
	struct hashtable_link **chain = bucket(table, link->hash);

	link->next = *chain;
	*chain = link;
}

/* Chains are reversed before they are moved, so that equal keys keep their order. */
static struct hashtable_link *reverse(struct hashtable_link *chain)
{
	struct hashtable_link *reversed = NULL;

	while (chain) {
		struct hashtable_link *next = chain->next;

		chain->next = reversed;
		reversed = chain;
		chain = next;
	}
	return reversed;
}

static void grow(struct hashtable *table)
{
	struct hashtable_link **old = table->buckets;
	size_t old_mask = table->mask;
	size_t number = (old_mask + 1) * 2;
	struct hashtable_link **buckets;

	if (number > SIZE_MAX / sizeof(*buckets))
		return;
	buckets = calloc(number, sizeof(*buckets));
	if (!buckets)
		return;
	table->buckets = buckets;
	table->mask = number - 1;
	for (size_t i = 0; i <= old_mask; i++) {
		struct hashtable_link *link = reverse(old[i]);

		while (link) {
			struct hashtable_link *next = link->next;

			push(table, link);
			link = next;
		}
	}
	if (old != table->first)
		free(old);
}

void hashtable_insert(struct hashtable *table, struct hashtable_link *link, uint64_t hash)
{
	if (table->count > table->mask)
		grow(table);
	link->hash = hash;
	push(table, link);
	table->count++;
}

void hashtable_remove(struct hashtable *table, struct hashtable_link *link)
{
	struct hashtable_link **place = bucket(table, link->hash);

	while (*place != link)
		place = &(*place)->next;
	*place = link->next;
	link->next = NULL;
	table->count--;
}

struct hashtable_link *hashtable_find(
    const struct hashtable *table, uint64_t hash, hashtable_matches *matches, const void *key)
{
	struct hashtable_link *link = *bucket(table, hash);

	while (link && !(link->hash == hash && matches(link, key)))
		link = link->next;
	return link;
}

static struct hashtable_link *first_from(const struct hashtable *table, size_t index)
{
	for (; index <= table->mask; index++) {
		if (table->buckets[index])
			return table->buckets[index];
	}
	return NULL;
}

struct hashtable_link *hashtable_first(const struct hashtable *table)
{
	return first_from(table, 0);
}

struct hashtable_link *hashtable_next(
    const struct hashtable *table, const struct hashtable_link *link)
{
	if (link->next)
		return link->next;
	return first_from(table, (size_t)(link->hash & table->mask) + 1);
}
