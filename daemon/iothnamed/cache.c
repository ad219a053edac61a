/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cache: see cache.h. */
#include "cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "query.h"

/* What malloc(3) needs beside an entry, about: the bound is one of memory. */
#define ALLOCATION_OVERHEAD 16

#define TYPE_NXDOMAIN 0
#define SWEEP         2  /* entries that an insertion looks at */
#define CHANCES       16 /* entries that one insertion spares at most */

/* An entry may have a share of its shard, not all of it. */
#define LARGEST_SHARE 4

/* ---- the whole ------------------------------------------------------------------------------ */

static uint32_t or_default(uint32_t value, uint32_t standard)
{
	return value ? value : standard;
}

static int init_key(struct named_cache *cache)
{
	cache->key = cache->config.key;
	if (cache->key.word[0] || cache->key.word[1])
		return 0;
	return siphash_key_random(&cache->key);
}

static void set_bounds(struct named_cache *cache, const struct named_cache_config *wanted)
{
	struct named_cache_config *config = &cache->config;

	config->ttl_min = wanted->ttl_min;
	config->ttl_max = or_default(wanted->ttl_max, NAMED_CACHE_TTL_MAX);
	config->negative_max = or_default(wanted->negative_max, NAMED_CACHE_NEGATIVE_MAX);
	config->stale = wanted->stale;
	config->failure = wanted->failure;
	config->prefetch = wanted->prefetch;
	config->cut = wanted->cut;
	atomic_store_explicit(&cache->has_stale, wanted->stale > 0, memory_order_relaxed);
}

int named_cache_new(struct named_cache **result, const struct named_cache_config *config)
{
	struct named_cache *cache = calloc(1, sizeof(*cache));
	int error = -ENOMEM;

	if (!cache)
		return -ENOMEM;
	cache->config = *config;
	cache->config.shards = or_default(config->shards, NAMED_CACHE_SHARDS);
	set_bounds(cache, config);
	if (cache->config.bytes == 0)
		cache->config.bytes = NAMED_CACHE_BYTES;
	error = -EINVAL;
	if (cache->config.shards & (cache->config.shards - 1))
		goto free_cache;
	error = init_key(cache);
	if (error < 0)
		goto free_cache;
	error = -ENOMEM;
	cache->shard_bytes = cache->config.bytes / cache->config.shards;
	cache->shards = calloc(cache->config.shards, sizeof(*cache->shards));
	if (!cache->shards)
		goto free_cache;
	for (unsigned int i = 0; i < cache->config.shards; i++) {
		struct named_cache_shard *shard = &cache->shards[i];

		pthread_mutex_init(&shard->lock, NULL);
		(void)hashtable_init(&shard->table, &cache->key); /* fails for random keys only */
		list_init(&shard->queue);
		shard->hand = &shard->queue;
	}
	*result = cache;
	return 0;
free_cache:
	free(cache);
	return error;
}

void named_cache_free(struct named_cache *cache)
{
	if (!cache)
		return;
	(void)named_cache_flush(cache, NULL, false);
	for (unsigned int i = 0; i < cache->config.shards; i++) {
		hashtable_clear(&cache->shards[i].table);
		pthread_mutex_destroy(&cache->shards[i].lock);
	}
	free(cache->shards);
	free(cache);
}

/* Whoever reads them has locked a shard. */
void named_cache_configure(struct named_cache *cache, const struct named_cache_config *config)
{
	for (unsigned int i = 0; i < cache->config.shards; i++)
		pthread_mutex_lock(&cache->shards[i].lock);
	set_bounds(cache, config);
	for (unsigned int i = 0; i < cache->config.shards; i++)
		pthread_mutex_unlock(&cache->shards[i].lock);
}

/* The table's buckets go by the low bits of the hash, shards by the high ones. */
static struct named_cache_shard *shard_of(struct named_cache *cache, uint64_t hash)
{
	return &cache->shards[hash >> 32 & (cache->config.shards - 1)];
}

static struct named_cache_shard *lock_shard(struct named_cache *cache, uint64_t hash)
{
	struct named_cache_shard *shard = shard_of(cache, hash);

	pthread_mutex_lock(&shard->lock);
	return shard;
}

static void count(struct named_cache_shard *shard, enum named_cache_outcome outcome)
{
	switch (outcome) {
	case NAMED_CACHE_GOES_ON:
		break;
	case NAMED_CACHE_MISS:
		shard->stats.misses++;
		break;
	case NAMED_CACHE_HIT:
		shard->stats.hits++;
		break;
	case NAMED_CACHE_NEGATIVE_HIT:
		shard->stats.negative_hits++;
		break;
	case NAMED_CACHE_STALE_HIT:
		shard->stats.stale_hits++;
		break;
	case NAMED_CACHE_FAILURE_HIT:
		shard->stats.failure_hits++;
		break;
	}
}

void named_cache_release(struct named_cache *cache, uint64_t hash, enum named_cache_outcome outcome)
{
	struct named_cache_shard *shard = shard_of(cache, hash);

	count(shard, outcome);
	pthread_mutex_unlock(&shard->lock);
}

void named_cache_missed(struct named_cache *cache, uint64_t hash)
{
	count(lock_shard(cache, hash), NAMED_CACHE_MISS);
	named_cache_release(cache, hash, NAMED_CACHE_GOES_ON);
}

/* ---- entries of a locked shard -------------------------------------------------------------- */

/* A name, folded, or one of its suffixes; failures are beside the other entries. */
struct key {
	const uint8_t *wire;
	size_t len;
	uint16_t type;
	bool failure;
};

static struct key key_of(const struct named_name *name, uint16_t type)
{
	return (struct key){.wire = name->wire, .len = name->len, .type = type};
}

static bool matches(const struct hashtable_link *link, const void *wanted)
{
	const struct named_cache_entry *entry =
	    hashtable_entry(link, const struct named_cache_entry, link);
	const struct key *key = wanted;

	return entry->type == key->type && (entry->kind == NAMED_CACHE_FAILURE) == key->failure &&
	       entry->name_len == key->len && memcmp(entry->bytes, key->wire, key->len) == 0;
}

/* The name's hash has a secret; that of the type needs none. */
static uint64_t typed_hash(uint64_t hash, uint16_t type)
{
	return hash ^ type * 0x9e3779b97f4a7c15ULL;
}

static struct named_cache_entry *find_key(
    struct named_cache_shard *shard, uint64_t hash, const struct key *key)
{
	struct hashtable_link *link =
	    hashtable_find(&shard->table, typed_hash(hash, key->type), matches, key);

	return link ? hashtable_entry(link, struct named_cache_entry, link) : NULL;
}

static size_t cost(size_t name_len, size_t len)
{
	return sizeof(struct named_cache_entry) + name_len + len + ALLOCATION_OVERHEAD;
}

static void drop(
    struct named_cache *cache, struct named_cache_shard *shard, struct named_cache_entry *entry)
{
	if (entry->kind == NAMED_CACHE_NXDOMAIN)
		atomic_fetch_sub_explicit(&cache->denials, 1, memory_order_relaxed);
	hashtable_remove(&shard->table, &entry->link);
	if (shard->hand == &entry->age)
		shard->hand = entry->age.next;
	list_remove(&entry->age);
	shard->bytes -= cost(entry->name_len, entry->len);
	free(entry);
}

/* Of no more use, not even as a stale one. */
static bool is_over(
    const struct named_cache *cache, const struct named_cache_entry *entry, uint64_t now)
{
	uint64_t stale =
	    entry->kind == NAMED_CACHE_RRSET ? (uint64_t)cache->config.stale * NAMED_CACHE_SECOND : 0;

	return now >= entry->expires && now - entry->expires >= stale;
}

static void drop_expired(
    struct named_cache *cache, struct named_cache_shard *shard, struct named_cache_entry *entry)
{
	drop(cache, shard, entry);
	shard->stats.expired++;
}

/* The key's entry if it may be used; it is dropped if nobody may. */
static struct named_cache_entry *find_usable(struct named_cache *cache,
    struct named_cache_shard *shard, uint64_t hash, const struct key *key, bool stale, uint64_t now)
{
	struct named_cache_entry *entry = find_key(shard, hash, key);

	if (!entry || now < entry->expires)
		return entry;
	if (is_over(cache, entry, now)) {
		drop_expired(cache, shard, entry);
		return NULL;
	}
	return stale ? entry : NULL;
}

struct named_cache_entry *named_cache_find(struct named_cache *cache, uint64_t hash,
    const struct named_name *name, uint16_t type, bool stale, uint64_t now)
{
	struct named_cache_shard *shard = lock_shard(cache, hash);
	struct key key = key_of(name, type);
	struct named_cache_entry *entry = find_usable(cache, shard, hash, &key, stale, now);

	if (!entry && type != NAMED_TYPE_CNAME) {
		key.type = NAMED_TYPE_CNAME;
		entry = find_usable(cache, shard, hash, &key, stale, now);
		if (entry && entry->kind != NAMED_CACHE_RRSET)
			entry = NULL;
	}
	if (!entry) {
		key.type = TYPE_NXDOMAIN;
		entry = find_usable(cache, shard, hash, &key, stale, now);
	}
	if (!entry) {
		pthread_mutex_unlock(&shard->lock);
		return NULL;
	}
	entry->used = true;
	return entry;
}

static struct key key_above(const struct named_name *name, unsigned int labels)
{
	return (struct key){.wire = named_name_suffix(name, labels),
	    .len = named_name_suffix_len(name, labels),
	    .type = TYPE_NXDOMAIN};
}

struct named_cache_entry *named_cache_find_above(struct named_cache *cache, uint64_t *hash,
    const struct named_name *name, bool stale, uint64_t now)
{
	if (atomic_load_explicit(&cache->denials, memory_order_relaxed) == 0)
		return NULL;
	for (unsigned int labels = name->labels; labels-- > 1;) {
		struct key key = key_above(name, labels);
		struct named_cache_shard *shard;
		struct named_cache_entry *entry;

		*hash = siphash_1_3(&cache->key, key.wire, key.len);
		shard = lock_shard(cache, *hash);
		entry = cache->config.cut ? find_usable(cache, shard, *hash, &key, stale, now) : NULL;
		if (entry) {
			entry->used = true;
			return entry;
		}
		pthread_mutex_unlock(&shard->lock);
	}
	return NULL;
}

int named_cache_failure(struct named_cache *cache, uint64_t hash, const struct named_name *name,
    uint16_t type, uint64_t now)
{
	struct named_cache_shard *shard = lock_shard(cache, hash);
	struct key key = key_of(name, type);
	const struct named_cache_entry *entry;
	int code = -1;

	key.failure = true;
	entry = find_usable(cache, shard, hash, &key, false, now);
	if (entry)
		code = *named_cache_data(entry);
	named_cache_release(cache, hash, entry ? NAMED_CACHE_FAILURE_HIT : NAMED_CACHE_GOES_ON);
	return code;
}

bool named_cache_wants_fetch(
    struct named_cache *cache, uint64_t hash, struct named_cache_entry *entry, uint64_t now)
{
	uint64_t life = (uint64_t)entry->ttl * NAMED_CACHE_SECOND;

	if (!cache->config.prefetch || entry->fetching || now >= entry->expires ||
	    entry->expires - now > life / 10)
		return false;
	entry->fetching = true;
	shard_of(cache, hash)->stats.prefetches++;
	return true;
}

/* ---- putting in ----------------------------------------------------------------------------- */

static struct named_cache_entry *oldest(struct named_cache_shard *shard)
{
	return list_first(&shard->queue, struct named_cache_entry, age);
}

static void requeue(struct named_cache_shard *shard, struct named_cache_entry *entry)
{
	if (shard->hand == &entry->age)
		shard->hand = entry->age.next;
	list_remove(&entry->age);
	list_append(&shard->queue, &entry->age);
}

/* What is over goes, however much room there is. */
static void sweep(struct named_cache *cache, struct named_cache_shard *shard, uint64_t now)
{
	for (int i = 0; i < SWEEP; i++) {
		struct named_cache_entry *entry;

		if (shard->hand == &shard->queue)
			shard->hand = shard->queue.next;
		if (shard->hand == &shard->queue)
			return;
		entry = list_entry(shard->hand, struct named_cache_entry, age);
		shard->hand = shard->hand->next;
		if (is_over(cache, entry, now))
			drop_expired(cache, shard, entry);
	}
}

static void make_room(
    struct named_cache *cache, struct named_cache_shard *shard, size_t room, uint64_t now)
{
	int chances = CHANCES;

	while (shard->bytes + room > cache->shard_bytes) {
		struct named_cache_entry *entry = oldest(shard);

		if (is_over(cache, entry, now)) {
			drop_expired(cache, shard, entry);
		} else if (entry->used && chances > 0) {
			entry->used = false;
			chances--;
			requeue(shard, entry);
		} else {
			drop(cache, shard, entry);
			shard->stats.evicted++;
		}
	}
}

static uint32_t bounded_ttl(const struct named_cache *cache, const struct named_cache_item *item)
{
	const struct named_cache_config *config = &cache->config;
	uint32_t ttl = item->ttl > INT32_MAX ? 0 : item->ttl; /* RFC 2181, 8 */

	if (item->kind == NAMED_CACHE_FAILURE)
		return config->failure;
	if (item->kind != NAMED_CACHE_RRSET)
		return ttl < config->negative_max ? ttl : config->negative_max;
	if (ttl < config->ttl_min)
		ttl = config->ttl_min;
	return ttl < config->ttl_max ? ttl : config->ttl_max;
}

static struct named_cache_entry *entry_new(
    const struct named_name *name, const struct named_cache_item *item, uint32_t ttl, uint64_t now)
{
	struct named_cache_entry *entry = malloc(sizeof(*entry) + name->len + item->len);

	if (!entry)
		return NULL;
	*entry = (struct named_cache_entry){
	    .expires = now + (uint64_t)ttl * NAMED_CACHE_SECOND,
	    .ttl = ttl,
	    .len = (uint32_t)item->len,
	    .type = item->type,
	    .count = item->count,
	    .kind = (uint8_t)item->kind,
	    .trust = (uint8_t)item->trust,
	    .name_len = name->len,
	};
	memcpy(entry->bytes, name->wire, name->len);
	memcpy(entry->bytes + name->len, item->data, item->len);
	return entry;
}

static void drop_key(struct named_cache *cache, struct named_cache_shard *shard, uint64_t hash,
    const struct key *key)
{
	struct named_cache_entry *entry = find_key(shard, hash, key);

	if (entry)
		drop(cache, shard, entry);
}

static void drop_type(struct named_cache *cache, struct named_cache_shard *shard, uint64_t hash,
    const struct named_name *name, uint16_t type)
{
	struct key key = key_of(name, type);

	drop_key(cache, shard, hash, &key);
}

/* What was known before is known to be otherwise. A CNAME is alone with its name (RFC 1034, 3.6.2):
 * the other records end with their TTLs, as they are looked up first. */
static void drop_contradicted(struct named_cache *cache, struct named_cache_shard *shard,
    uint64_t hash, const struct named_name *name, const struct named_cache_item *item)
{
	struct key failure = key_of(name, item->type);

	failure.failure = true;
	drop_key(cache, shard, hash, &failure);
	if (item->kind == NAMED_CACHE_FAILURE)
		return;
	drop_type(cache, shard, hash, name, item->type);
	if (item->type != TYPE_NXDOMAIN)
		drop_type(cache, shard, hash, name, TYPE_NXDOMAIN);
	if (item->kind == NAMED_CACHE_RRSET && item->type != NAMED_TYPE_CNAME)
		drop_type(cache, shard, hash, name, NAMED_TYPE_CNAME);
}

/* A name that exists has others above it, which exist, too. */
static void drop_denials_above(struct named_cache *cache, const struct named_name *name)
{
	if (atomic_load_explicit(&cache->denials, memory_order_relaxed) == 0)
		return;
	for (unsigned int labels = name->labels; labels-- > 1;) {
		struct key key = key_above(name, labels);
		uint64_t hash = siphash_1_3(&cache->key, key.wire, key.len);
		struct named_cache_shard *shard = lock_shard(cache, hash);

		drop_key(cache, shard, hash, &key);
		pthread_mutex_unlock(&shard->lock);
	}
}

int named_cache_put(struct named_cache *cache, const struct named_name *name,
    const struct named_cache_item *item, uint64_t now)
{
	uint64_t hash = named_cache_hash(cache, name);
	struct named_cache_shard *shard = lock_shard(cache, hash);
	size_t room = cost(name->len, item->len);
	uint32_t ttl = bounded_ttl(cache, item);
	struct named_cache_entry *entry;
	int error = 0;

	drop_contradicted(cache, shard, hash, name, item); /* whether this is kept or not */
	if (ttl == 0)
		goto unlock;
	error = -E2BIG;
	if (room > cache->shard_bytes / LARGEST_SHARE)
		goto refuse;
	error = -ENOMEM;
	entry = entry_new(name, item, ttl, now);
	if (!entry)
		goto refuse;
	sweep(cache, shard, now);
	make_room(cache, shard, room, now);
	hashtable_insert(&shard->table, &entry->link, typed_hash(hash, item->type));
	list_append(&shard->queue, &entry->age);
	if (item->kind == NAMED_CACHE_NXDOMAIN)
		atomic_fetch_add_explicit(&cache->denials, 1, memory_order_relaxed);
	shard->bytes += room;
	shard->stats.inserted++;
	error = 0;
	goto unlock;
refuse:
	shard->stats.refused++;
unlock:
	pthread_mutex_unlock(&shard->lock);
	if (item->kind == NAMED_CACHE_RRSET || item->kind == NAMED_CACHE_NODATA)
		drop_denials_above(cache, name);
	return error;
}

/* ---- all of them ---------------------------------------------------------------------------- */

static bool is_meant(
    const struct named_cache_entry *entry, const struct named_name *name, bool below)
{
	struct named_name owner;

	if (!name)
		return true;
	if (entry->name_len < name->len || (!below && entry->name_len != name->len))
		return false;
	if (named_name_read(&owner, entry->bytes, entry->name_len) < 0)
		return false;
	return named_name_equal(&owner, name) || (below && named_name_is_below(&owner, name));
}

size_t named_cache_flush(struct named_cache *cache, const struct named_name *name, bool below)
{
	size_t flushed = 0;

	for (unsigned int i = 0; i < cache->config.shards; i++) {
		struct named_cache_shard *shard = &cache->shards[i];
		struct named_cache_entry *entry;
		size_t before = flushed;

		pthread_mutex_lock(&shard->lock);
		list_for_each_safe (entry, &shard->queue, age) {
			if (is_meant(entry, name, below)) {
				drop(cache, shard, entry);
				flushed++;
			}
		}
		shard->stats.flushed += flushed - before;
		pthread_mutex_unlock(&shard->lock);
	}
	return flushed;
}

void named_cache_get_stats(struct named_cache *cache, struct named_cache_stats *stats)
{
	*stats = (struct named_cache_stats){0};
	for (unsigned int i = 0; i < cache->config.shards; i++) {
		struct named_cache_shard *shard = &cache->shards[i];
		const struct named_cache_stats *one = &shard->stats;

		pthread_mutex_lock(&shard->lock);
		stats->hits += one->hits;
		stats->negative_hits += one->negative_hits;
		stats->stale_hits += one->stale_hits;
		stats->failure_hits += one->failure_hits;
		stats->misses += one->misses;
		stats->inserted += one->inserted;
		stats->refused += one->refused;
		stats->evicted += one->evicted;
		stats->expired += one->expired;
		stats->flushed += one->flushed;
		stats->prefetches += one->prefetches;
		stats->entries += shard->table.count;
		stats->bytes += shard->bytes;
		pthread_mutex_unlock(&shard->lock);
	}
}
