/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cache of answers: see cache.h. */
#include "cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "hashtable.h"
#include "list.h"
#include "packet.h"

#define ANSWER_MAX   4096  /* bytes; larger ones are not kept */
#define TTL_MAX      86400 /* seconds */
#define NEGATIVE_MAX 10800 /* RFC 2308, 5: "values of one to three hours" */

struct entry {
	struct hashtable_link link;
	struct list used; /* the first was used last */
	uint64_t stored, expires;
	struct dns_name name; /* folded */
	uint16_t type;
	uint16_t len;
	uint8_t answer[];
};

struct cache {
	atomic_uint refs;
	unsigned int max;
	pthread_mutex_t lock;
	struct hashtable table;
	struct list used;
};

struct key {
	struct dns_name name;
	uint16_t type;
};

struct cache *cache_new(unsigned int entries)
{
	struct cache *cache = malloc(sizeof(*cache));

	if (!cache)
		return NULL;
	if (hashtable_init(&cache->table, NULL) < 0) {
		free(cache);
		return NULL;
	}
	atomic_init(&cache->refs, 1);
	cache->max = entries;
	pthread_mutex_init(&cache->lock, NULL);
	list_init(&cache->used);
	return cache;
}

struct cache *cache_ref(struct cache *cache)
{
	if (cache)
		atomic_fetch_add_explicit(&cache->refs, 1, memory_order_relaxed);
	return cache;
}

static void drop(struct cache *cache, struct entry *entry)
{
	hashtable_remove(&cache->table, &entry->link);
	list_remove(&entry->used);
	free(entry);
}

void cache_unref(struct cache *cache)
{
	struct entry *entry;

	if (!cache || atomic_fetch_sub_explicit(&cache->refs, 1, memory_order_acq_rel) != 1)
		return;
	while ((entry = list_first(&cache->used, struct entry, used)) != NULL)
		drop(cache, entry);
	hashtable_clear(&cache->table);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

static uint64_t hash_of(const struct cache *cache, const struct key *key)
{
	/* A name ends with its only zero length: what follows is not part of it. */
	return hashtable_hash(&cache->table, key->name.wire, key->name.len) + key->type;
}

static bool matches(const struct hashtable_link *link, const void *argument)
{
	const struct entry *entry = hashtable_entry(link, struct entry, link);
	const struct key *key = argument;

	return entry->type == key->type && entry->name.len == key->name.len &&
	       memcmp(entry->name.wire, key->name.wire, key->name.len) == 0;
}

static struct entry *find(const struct cache *cache, const struct key *key)
{
	struct hashtable_link *link = hashtable_find(&cache->table, hash_of(cache, key), matches, key);

	return link ? hashtable_entry(link, struct entry, link) : NULL;
}

/* Takes the seconds since an answer was stored off the TTLs of its records. */
static void age(uint8_t *answer, size_t len, uint32_t seconds)
{
	struct iothdns_header h;
	struct iothdns_rr rr;
	struct iothdns_pkt pkt;

	if (read_open(&pkt, &h, answer, len, NULL) < 0)
		return;
	while (read_rr(&pkt, &rr, NULL)) {
		uint32_t left = rr.ttl > seconds ? rr.ttl - seconds : 0;
		struct wire_writer ttl = wire_writer(answer + pkt.reader.at - 6, 4);

		if (rr.type != IOTHDNS_TYPE_OPT)
			wire_put_u32(&ttl, left);
	}
}

uint8_t *cache_get(
    struct cache *cache, const struct dns_name *name, uint16_t type, uint64_t now, size_t *len)
{
	struct key key = {*name, type};
	struct entry *entry;
	uint8_t *copy = NULL;
	uint64_t stored = 0;

	name_fold(&key.name);
	pthread_mutex_lock(&cache->lock);
	entry = find(cache, &key);
	if (entry && entry->expires <= now) {
		drop(cache, entry);
		entry = NULL;
	}
	if (entry)
		copy = malloc(entry->len);
	if (copy) {
		memcpy(copy, entry->answer, entry->len);
		*len = entry->len;
		stored = entry->stored;
		list_remove(&entry->used);
		list_prepend(&cache->used, &entry->used);
	}
	pthread_mutex_unlock(&cache->lock);
	if (copy)
		age(copy, *len, (uint32_t)((now - stored) / 1000));
	return copy;
}

/* Seconds that an answer may be kept; 0: not at all. */
static uint32_t lifetime(const uint8_t *answer, size_t len)
{
	struct iothdns_header h;
	struct iothdns_rr rr;
	struct iothdns_pkt pkt;
	uint32_t positive = TTL_MAX, negative = 0;
	unsigned int answers = 0;
	int section;

	if (read_open(&pkt, &h, answer, len, NULL) < 0)
		return 0;
	while ((section = read_rr(&pkt, &rr, NULL)) != 0) {
		if (section == IOTHDNS_SEC_ANSWER) {
			answers++;
			positive = rr.ttl < positive ? rr.ttl : positive;
		}
		if (section == IOTHDNS_SEC_AUTH && rr.type == IOTHDNS_TYPE_SOA) {
			struct iothdns_soa soa;

			/* RFC 2308, 5: the lesser of the SOA's TTL and of its MINIMUM. */
			if (iothdns_get_soa(&pkt, &soa) == 0)
				negative = soa.minimum < rr.ttl ? soa.minimum : rr.ttl;
		}
	}
	if (pkt.error)
		return 0;
	negative = negative < NEGATIVE_MAX ? negative : NEGATIVE_MAX;
	/* A CNAME may lead to a name that does not exist, or has no such record. */
	if (IOTHDNS_GET_RCODE(h.flags) == IOTHDNS_RCODE_OK && answers && !negative)
		return positive;
	return answers && positive < negative ? positive : negative;
}

void cache_put(struct cache *cache, const struct dns_name *name, uint16_t type,
    const uint8_t *answer, size_t len, uint64_t now)
{
	struct key key = {*name, type};
	uint32_t seconds = len <= ANSWER_MAX ? lifetime(answer, len) : 0;
	struct entry *entry, *old;

	if (seconds == 0)
		return;
	entry = malloc(sizeof(*entry) + len);
	if (!entry)
		return;
	name_fold(&key.name);
	entry->name = key.name;
	entry->type = type;
	entry->stored = now;
	entry->expires = now + (uint64_t)seconds * 1000;
	entry->len = (uint16_t)len;
	memcpy(entry->answer, answer, len);
	list_init(&entry->used);
	pthread_mutex_lock(&cache->lock);
	old = find(cache, &key);
	if (!old && cache->table.count >= cache->max)
		old = list_last(&cache->used, struct entry, used);
	if (old)
		drop(cache, old);
	list_prepend(&cache->used, &entry->used);
	hashtable_insert(&cache->table, &entry->link, hash_of(cache, &key));
	pthread_mutex_unlock(&cache->lock);
}
