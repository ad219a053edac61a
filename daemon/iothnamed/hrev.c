/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reverse of hash addresses: see hrev.h. */
#include "hrev.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "hashtable.h"
#include "list.h"

#define SHARDS 16
#define SECOND 1000000000ULL

struct pair {
	struct hashtable_link link;
	struct list age;
	uint64_t expires;
	struct in6_addr address;
	uint8_t len;
	uint8_t name[];
};

struct shard {
	pthread_mutex_t lock;
	struct hashtable table;
	struct list oldest_first;
} __attribute__((aligned(64)));

struct named_hrev {
	struct siphash_key key;
	atomic_size_t max; /* of a shard */
	struct shard shards[SHARDS];
};

void named_hrev_set_max(struct named_hrev *hrev, size_t max)
{
	atomic_store_explicit(&hrev->max, max / SHARDS + (max % SHARDS > 0), memory_order_relaxed);
}

int named_hrev_new(struct named_hrev **made, size_t max)
{
	struct named_hrev *hrev = aligned_alloc(64, sizeof(*hrev));
	int error;

	if (!hrev)
		return -ENOMEM;
	error = siphash_key_random(&hrev->key);
	if (error < 0) {
		free(hrev);
		return error;
	}
	atomic_init(&hrev->max, 0);
	named_hrev_set_max(hrev, max);
	for (size_t i = 0; i < SHARDS; i++) {
		pthread_mutex_init(&hrev->shards[i].lock, NULL);
		(void)hashtable_init(&hrev->shards[i].table, &hrev->key);
		list_init(&hrev->shards[i].oldest_first);
	}
	*made = hrev;
	return 0;
}

static void remove_pair(struct shard *shard, struct pair *pair)
{
	hashtable_remove(&shard->table, &pair->link);
	list_remove(&pair->age);
	free(pair);
}

static struct pair *oldest(struct shard *shard)
{
	return list_first(&shard->oldest_first, struct pair, age);
}

size_t named_hrev_flush(struct named_hrev *hrev)
{
	size_t count = 0;

	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *shard = &hrev->shards[i];
		struct pair *pair;

		pthread_mutex_lock(&shard->lock);
		for (; (pair = oldest(shard)); count++)
			remove_pair(shard, pair);
		pthread_mutex_unlock(&shard->lock);
	}
	return count;
}

void named_hrev_free(struct named_hrev *hrev)
{
	if (!hrev)
		return;
	named_hrev_flush(hrev);
	for (size_t i = 0; i < SHARDS; i++) {
		hashtable_clear(&hrev->shards[i].table);
		pthread_mutex_destroy(&hrev->shards[i].lock);
	}
	free(hrev);
}

size_t named_hrev_count(struct named_hrev *hrev)
{
	size_t count = 0;

	for (size_t i = 0; i < SHARDS; i++) {
		pthread_mutex_lock(&hrev->shards[i].lock);
		count += hrev->shards[i].table.count;
		pthread_mutex_unlock(&hrev->shards[i].lock);
	}
	return count;
}

static bool is_of(const struct hashtable_link *link, const void *address)
{
	return memcmp(&hashtable_entry(link, const struct pair, link)->address, address,
	           sizeof(struct in6_addr)) == 0;
}

static struct pair *find(struct shard *shard, uint64_t hash, const struct in6_addr *address)
{
	struct hashtable_link *link = hashtable_find(&shard->table, hash, is_of, address);

	return link ? hashtable_entry(link, struct pair, link) : NULL;
}

/* The shard of a hash: other bits than the table's. */
static struct shard *shard_of(struct named_hrev *hrev, uint64_t hash)
{
	return &hrev->shards[hash >> 60 & (SHARDS - 1)];
}

void named_hrev_put(struct named_hrev *hrev, const struct in6_addr *address, const uint8_t *name,
    size_t len, uint32_t ttl, uint64_t now)
{
	uint64_t hash = siphash_1_3(&hrev->key, address, sizeof(*address));
	size_t max = atomic_load_explicit(&hrev->max, memory_order_relaxed);
	struct shard *shard = shard_of(hrev, hash);
	struct pair *pair, *old;

	pthread_mutex_lock(&shard->lock);
	pair = find(shard, hash, address);
	/* Another name that has the same address takes its place. */
	if (pair && (pair->len != len || memcmp(pair->name, name, len) != 0)) {
		remove_pair(shard, pair);
		pair = NULL;
	}
	if (pair) {
		list_remove(&pair->age);
	} else {
		while (shard->table.count >= max && (old = oldest(shard)))
			remove_pair(shard, old);
		pair = max > 0 ? malloc(sizeof(*pair) + len) : NULL;
		if (!pair)
			goto out;
		pair->address = *address;
		pair->len = (uint8_t)len;
		memcpy(pair->name, name, len);
		hashtable_insert(&shard->table, &pair->link, hash);
	}
	pair->expires = now + ttl * SECOND;
	list_append(&shard->oldest_first, &pair->age);
out:
	pthread_mutex_unlock(&shard->lock);
}

bool named_hrev_get(struct named_hrev *hrev, const struct in6_addr *address, struct dns_name *name,
    uint32_t *ttl, uint64_t now)
{
	uint64_t hash = siphash_1_3(&hrev->key, address, sizeof(*address));
	struct shard *shard = shard_of(hrev, hash);
	struct pair *pair;
	bool found = false;

	pthread_mutex_lock(&shard->lock);
	pair = find(shard, hash, address);
	if (pair && pair->expires <= now) {
		remove_pair(shard, pair);
	} else if (pair) {
		found = true;
		name->len = pair->len;
		memcpy(name->wire, pair->name, pair->len);
		*ttl = (uint32_t)((pair->expires - now + SECOND - 1) / SECOND);
	}
	pthread_mutex_unlock(&shard->lock);
	return found;
}
