/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cache: RRsets, and what is known not to be, by name and type.
 *
 * Entries
 *     RRSET      all records of one name and type, and the least of their TTLs (RFC 2181, 5.2)
 *     NODATA     the name has no records of the type (RFC 2308, 2.2), with the SOA that says so
 *     NXDOMAIN   there is no such name, for any type (RFC 2308, 2.1), nor any below it (RFC 8020);
 *                likewise
 *     FAILURE    nobody could tell (RFC 9520): beside the others, of a name and type of its own
 *
 * Keys are folded names, class IN. An entry that has expired is not found (but see `stale`) and
 * goes away when somebody comes across it: a look-up for it, or an insertion. Each insertion goes
 * on by two entries around its shard, so that steady use empties the cache of what is over.
 *
 * Memory is bounded in bytes. Where there is no room the entry longest in its shard's queue goes,
 * unless it was found since it got there: then it is queued again (second chance), so that a hit
 * writes one flag and moves nothing.
 *
 * Threads share it. Shards have a lock each, which is held for as long as it takes to copy one
 * RRset. The hash of the name alone chooses the shard, so that what there is of a name is in one.
 */
#ifndef NAMED_CACHE_H
#define NAMED_CACHE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hashtable.h"
#include "list.h"
#include "name.h"

#define NAMED_CACHE_SECOND 1000000000U /* of the clock: nanoseconds */

#define NAMED_CACHE_BYTES        ((size_t)64 << 20)
#define NAMED_CACHE_SHARDS       16
#define NAMED_CACHE_TTL_MAX      86400
#define NAMED_CACHE_NEGATIVE_MAX (3 * 3600) /* RFC 2308, 5 */

struct named_cache_config {
	size_t bytes;          /* of all entries; 0: NAMED_CACHE_BYTES */
	unsigned int shards;   /* a power of 2; 0: NAMED_CACHE_SHARDS */
	uint32_t ttl_min;      /* seconds, of RRsets */
	uint32_t ttl_max;      /* 0: NAMED_CACHE_TTL_MAX */
	uint32_t negative_max; /* 0: NAMED_CACHE_NEGATIVE_MAX */
	uint32_t stale;   /* seconds for which an RRset may be used when it has expired (RFC 8767) */
	uint32_t failure; /* seconds for which a failure is remembered: RFC 9520, 3.2; 0: not at all */
	bool prefetch;    /* ask again for what is asked for in the last tenth of its life */
	bool cut;         /* nothing is below what does not exist: RFC 8020 */
	struct siphash_key key; /* a test's; all zero: a random one */
};

enum named_cache_kind {
	NAMED_CACHE_RRSET,
	NAMED_CACHE_NODATA,
	NAMED_CACHE_NXDOMAIN,
	NAMED_CACHE_FAILURE,
};

/* Has a server said that it is authentic (AD)? It says so only to who asked with AD or DO (RFC
 * 6840, 5.7). */
enum named_cache_trust { NAMED_TRUST_NOT_ASKED, NAMED_TRUST_NO, NAMED_TRUST_YES };

/* What is put in. Names in the data are uncompressed. */
struct named_cache_item {
	enum named_cache_kind kind;
	enum named_cache_trust trust;
	uint16_t type; /* NXDOMAIN: 0 */
	uint16_t count;
	uint32_t ttl;        /* as it came; the configuration's bounds are applied */
	const uint8_t *data; /* RRSET: for each record 2 bytes of length, data; FAILURE: the code in one
	                        byte; otherwise the SOA's owner, then its data */
	size_t len;
};

/* An entry, to be read while its shard is locked. */
struct named_cache_entry {
	struct hashtable_link link;
	struct list age;
	uint64_t expires;
	uint32_t ttl;
	uint32_t len; /* of the data */
	uint16_t type;
	uint16_t count;
	uint8_t kind;
	uint8_t trust;
	bool used;     /* found since it was queued */
	bool fetching; /* somebody was told to ask again */
	uint8_t name_len;
	uint8_t bytes[]; /* the name, the data */
};

static inline const uint8_t *named_cache_data(const struct named_cache_entry *entry)
{
	return entry->bytes + entry->name_len;
}

struct named_cache_stats {
	uint64_t hits, negative_hits, stale_hits, failure_hits, misses;
	uint64_t inserted, refused; /* too large, or no memory */
	uint64_t evicted, expired, flushed;
	uint64_t prefetches;
	uint64_t entries, bytes; /* now */
};

struct named_cache_shard {
	pthread_mutex_t lock;
	struct hashtable table;
	struct list queue; /* oldest first */
	struct list *hand; /* in the queue: what the next insertion looks at */
	size_t bytes;
	struct named_cache_stats stats;
	uint8_t apart[64]; /* the next one's lock is on another cache line */
};

struct named_cache {
	struct named_cache_config config;
	struct siphash_key key;
	size_t shard_bytes;
	atomic_size_t denials; /* NXDOMAIN entries: none, and no name has to be looked for above */
	atomic_bool has_stale; /* may entries be used that have expired? */
	struct named_cache_shard *shards;
};

/* 0, -EINVAL: wrong number of shards, -ENOMEM, or -errno of the random numbers. */
int named_cache_new(struct named_cache **cache, const struct named_cache_config *config);
void named_cache_free(struct named_cache *cache);

/* Other bounds and habits for what comes from now on; bytes, shards and key stay. */
void named_cache_configure(struct named_cache *cache, const struct named_cache_config *config);

/* A name's hash, to be made once for several types. */
static inline uint64_t named_cache_hash(
    const struct named_cache *cache, const struct named_name *name)
{
	return siphash_1_3(&cache->key, name->wire, name->len);
}

/* May anything that has expired be used? */
static inline bool named_cache_has_stale(const struct named_cache *cache)
{
	return atomic_load_explicit((atomic_bool *)&cache->has_stale, memory_order_relaxed);
}

/* What answers a question for this type: its RRset or NODATA, else a CNAME, else NXDOMAIN; in a
 * locked shard. Or NULL, and nothing is locked. `stale`: what has expired will do, too. */
struct named_cache_entry *named_cache_find(struct named_cache *cache, uint64_t hash,
    const struct named_name *name, uint16_t type, bool stale, uint64_t now);

/* The NXDOMAIN of the nearest name above this one (RFC 8020), whose hash is written to *hash. As
 * named_cache_find. */
struct named_cache_entry *named_cache_find_above(struct named_cache *cache, uint64_t *hash,
    const struct named_name *name, bool stale, uint64_t now);

/* The code of a failure that is remembered for a name and type, or -1; it counts as a hit. */
int named_cache_failure(struct named_cache *cache, uint64_t hash, const struct named_name *name,
    uint16_t type, uint64_t now);

/* How a look-up ended; it may have taken several finds. */
enum named_cache_outcome {
	NAMED_CACHE_GOES_ON,
	NAMED_CACHE_MISS,
	NAMED_CACHE_HIT,
	NAMED_CACHE_NEGATIVE_HIT,
	NAMED_CACHE_STALE_HIT,
	NAMED_CACHE_FAILURE_HIT,
};

/* Unlocks what was found by this hash, and counts the outcome. */
void named_cache_release(
    struct named_cache *cache, uint64_t hash, enum named_cache_outcome outcome);

/* Counts a miss: nothing was found, nothing is locked. */
void named_cache_missed(struct named_cache *cache, uint64_t hash);

/* Seconds that are left, rounded up, so that an entry begins with its own TTL; 0 if it is stale. */
static inline uint32_t named_cache_left(const struct named_cache_entry *entry, uint64_t now)
{
	if (now >= entry->expires)
		return 0;
	return (uint32_t)((entry->expires - now + NAMED_CACHE_SECOND - 1) / NAMED_CACHE_SECOND);
}

/* Should somebody ask for it again? Says so once; of a locked entry. */
bool named_cache_wants_fetch(
    struct named_cache *cache, uint64_t hash, struct named_cache_entry *entry, uint64_t now);

/* Puts an item in, in the place of the one with its key; an RRset or NODATA says that the name, and
 * those above it, exist and that it can be asked for, an NXDOMAIN that none of its records does. A
 * TTL of 0 is not kept. 0, -ENOMEM or -E2BIG.
 */
int named_cache_put(struct named_cache *cache, const struct named_name *name,
    const struct named_cache_item *item, uint64_t now);

/* Forgets a name, or it and all below; NULL: everything. The number of entries. */
size_t named_cache_flush(struct named_cache *cache, const struct named_name *name, bool below);

void named_cache_get_stats(struct named_cache *cache, struct named_cache_stats *stats);

#endif
