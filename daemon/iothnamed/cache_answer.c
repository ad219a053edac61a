/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replies out of the cache: see cache_answer.h. */
#include "cache_answer.h"

#include <string.h>

#include "cache_feed.h"
#include "message.h"
#include "rdata.h"

struct answer {
	struct named_cache *cache;
	const struct named_query *query;
	struct named_reply *reply;
	uint64_t now;
	bool stale_allowed;

	bool stale;     /* something of it is */
	bool authentic; /* all of it */
	bool fetch;
	bool full; /* the reply has no room for it */

	/* The end of the chain so far. */
	const uint8_t *owner; /* as it is spelled; NULL: the question's name */
	struct named_name name;
	uint8_t spelling[NAME_MAX_WIRE];
};

static bool may_be_cached(const struct named_query *query)
{
	size_t len;

	return query->class == NAMED_CLASS_IN && named_rdata_is_cacheable(query->type) &&
	       !(query->edns_flags & NAMED_EDNS_DO) &&
	       (query->options_len == 0 || !named_option_find(query->options, query->options_len,
	                                       NAMED_OPTION_CLIENT_SUBNET, &len));
}

static uint32_t ttl_of(const struct answer *answer, const struct named_cache_entry *entry)
{
	uint32_t left = named_cache_left(entry, answer->now);

	return left ? left : NAMED_STALE_TTL;
}

static void put_rrset(struct answer *answer, const struct named_cache_entry *entry)
{
	const uint8_t *p = named_cache_data(entry);
	uint32_t ttl = ttl_of(answer, entry);

	for (unsigned int i = 0; i < entry->count && !answer->full; i++) {
		size_t len = (size_t)p[0] << 8 | p[1];

		answer->full = named_reply_rr(answer->reply, NAMED_ANSWER, answer->owner, entry->type, ttl,
		                   p + 2, len) < 0;
		p += 2 + len;
	}
}

/* The SOA says for how long: RFC 2308, 5. Where it has no room the reply does without. */
static void put_negative(struct answer *answer, const struct named_cache_entry *entry)
{
	const uint8_t *soa = named_cache_data(entry), *data = soa;

	while (data[0])
		data += data[0] + 1U;
	data++;
	(void)named_reply_rr(answer->reply, NAMED_AUTHORITY, soa, NAMED_TYPE_SOA, ttl_of(answer, entry),
	    data, entry->len - (size_t)(data - soa));
	if (entry->kind == NAMED_CACHE_NXDOMAIN)
		named_reply_rcode(answer->reply, NAMED_NXDOMAIN);
}

static void follow(struct answer *answer, const struct named_cache_entry *entry)
{
	const uint8_t *target = named_cache_data(entry) + 2;
	size_t len = entry->len - 2;

	memcpy(answer->spelling, target, len);
	(void)named_name_read(&answer->name, target, len);
	answer->owner = answer->spelling;
}

/* One step of the chain; what it came to, or NAMED_CACHE_GOES_ON. */
static enum named_cache_outcome step(struct answer *answer)
{
	struct named_cache *cache = answer->cache;
	uint64_t hash = named_cache_hash(cache, &answer->name);
	struct named_cache_entry *entry = named_cache_find(
	    cache, hash, &answer->name, answer->query->type, answer->stale_allowed, answer->now);
	enum named_cache_outcome outcome = NAMED_CACHE_GOES_ON;

	if (!entry)
		entry =
		    named_cache_find_above(cache, &hash, &answer->name, answer->stale_allowed, answer->now);
	if (!entry) {
		named_cache_missed(cache, hash);
		return NAMED_CACHE_MISS;
	}
	if ((answer->query->flags & NAMED_FLAG_AD) && entry->trust == NAMED_TRUST_NOT_ASKED &&
	    !answer->stale_allowed) {
		named_cache_release(cache, hash, NAMED_CACHE_MISS);
		return NAMED_CACHE_MISS;
	}
	answer->authentic = answer->authentic && entry->trust == NAMED_TRUST_YES;
	answer->stale = answer->stale || answer->now >= entry->expires;
	answer->fetch = named_cache_wants_fetch(cache, hash, entry, answer->now) || answer->fetch;
	if (entry->kind != NAMED_CACHE_RRSET) {
		put_negative(answer, entry);
		outcome = NAMED_CACHE_NEGATIVE_HIT;
	} else {
		put_rrset(answer, entry);
		if (entry->type == answer->query->type || answer->full)
			outcome = NAMED_CACHE_HIT;
		else
			follow(answer, entry);
	}
	if (outcome != NAMED_CACHE_GOES_ON && answer->stale)
		outcome = NAMED_CACHE_STALE_HIT;
	named_cache_release(cache, hash, outcome);
	return outcome;
}

/* What nobody could tell a moment ago is not asked for again (RFC 9520); what has expired will do
 * meanwhile, if it may (RFC 8767, 5: the failure recheck timer). */
static enum named_cached answer_failure(const struct answer *answer)
{
	const struct named_query *query = answer->query;
	enum named_cached cached = NAMED_CACHED_NOT;
	int code;

	if (answer->stale_allowed || (query->flags & NAMED_FLAG_CD))
		return NAMED_CACHED_NOT;
	code = named_cache_failure(answer->cache, named_cache_hash(answer->cache, &query->name),
	    &query->name, query->type, answer->now);
	if (code < 0)
		return NAMED_CACHED_NOT;
	if (named_cache_has_stale(answer->cache))
		cached = named_cache_answer(answer->cache, query, answer->reply, true, answer->now);
	if (cached != NAMED_CACHED_NOT)
		return cached;
	named_reply_rcode(answer->reply, (enum named_rcode)code);
	named_reply_ede(answer->reply, NAMED_EDE_CACHED_ERROR);
	return NAMED_CACHED;
}

enum named_cached named_cache_answer(struct named_cache *cache, const struct named_query *query,
    struct named_reply *reply, bool stale, uint64_t now)
{
	enum named_cache_outcome outcome = NAMED_CACHE_GOES_ON;
	size_t begun = reply->at;
	struct answer answer;

	if (!may_be_cached(query))
		return NAMED_CACHED_NOT;
	answer.cache = cache;
	answer.query = query;
	answer.reply = reply;
	answer.now = now;
	answer.stale_allowed = stale;
	answer.stale = answer.fetch = answer.full = false;
	answer.authentic = true;
	answer.owner = NULL;
	memcpy(&answer.name, &query->name, sizeof(answer.name));
	for (int i = 0; i < NAMED_CHAIN_MAX && outcome == NAMED_CACHE_GOES_ON; i++)
		outcome = step(&answer);
	if (outcome == NAMED_CACHE_GOES_ON || outcome == NAMED_CACHE_MISS) {
		reply->at = begun;
		reply->counts[NAMED_ANSWER] = 0;
		reply->names_count = 0;
		return answer_failure(&answer);
	}
	if (answer.full)
		named_reply_truncate(reply);
	if (answer.authentic && (query->flags & NAMED_FLAG_AD))
		reply->flags |= NAMED_FLAG_AD;
	if (answer.stale)
		named_reply_ede(reply, NAMED_EDE_STALE);
	return answer.fetch ? NAMED_CACHED_FETCH : NAMED_CACHED;
}
