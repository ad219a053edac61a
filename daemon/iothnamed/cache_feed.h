/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a server's reply goes into the cache.
 *
 * The reply must be one that was matched with a query (forward.h), for nobody but that server may
 * say what names are. Of it is taken, and no more:
 *
 *   - the chain of CNAMEs that begins with the question's name, record by record, and the RRset of
 *     the type asked for at its end;
 *   - where there is none, that there is none: NODATA or NXDOMAIN (RFC 2308, 5; RFC 6604, 3) of the
 *     name at the end, if a SOA of a zone that has this name says so.
 *
 * Records with other owners, and those of the authority and additional sections, are hearsay (RFC
 * 2181, 5.4.1). Nothing is taken of replies that are truncated (RFC 2181, 9), that have not been
 * checked because the client wanted so (CD), or that are for a part of the network only (RFC 7871).
 */
#ifndef NAMED_CACHE_FEED_H
#define NAMED_CACHE_FEED_H

#include "cache.h"
#include "message.h"

#define NAMED_CHAIN_MAX 16 /* CNAMEs that are followed */

/* How many entries were put in. */
unsigned int named_cache_feed(struct named_cache *cache, const struct named_query *query,
    const struct named_message *message, uint64_t now);

#endif
