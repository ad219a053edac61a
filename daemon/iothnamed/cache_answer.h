/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replies out of the cache: RRsets, chains of CNAMEs that it has to their end, and what is known
 * not to be, with the seconds that are left.
 *
 * Not from the cache: ANY; queries with DO, whose replies have signatures; those that speak of a
 * network of theirs (RFC 7871). A query with AD asks whether the data is authentic: what was never
 * asked for in this way is asked for again, and AD is in the reply if all of it is (RFC 6840, 5.8).
 */
#ifndef NAMED_CACHE_ANSWER_H
#define NAMED_CACHE_ANSWER_H

#include "cache.h"
#include "reply.h"

#define NAMED_STALE_TTL 30 /* RFC 8767, 4 */

enum named_cached {
	NAMED_CACHED_NOT,   /* the reply is as it was */
	NAMED_CACHED,       /* it has the answer, and is to be ended */
	NAMED_CACHED_FETCH, /* likewise; and the query is to be forwarded, for the cache's sake */
};

/* Fills in a reply that was begun with the flag RA. `stale`: an answer that has expired will do, as
 * there is no other. */
enum named_cached named_cache_answer(struct named_cache *cache, const struct named_query *query,
    struct named_reply *reply, bool stale, uint64_t now);

#endif
