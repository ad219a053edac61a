/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers that may be given again, for as long as their records live.
 *
 * What is kept is the message itself, by name and type. Positive answers live as long as the least
 * TTL of their records; that a name does not exist, or has no records of a type, lives as the SOA
 * record with it says (RFC 2308, 5), and is not kept without one. An answer that comes out of the
 * cache has the TTLs that are left. When there is no room, the entry that was used longest ago
 * goes.
 *
 * The cache has its own lock, which is held for a copy and never for I/O.
 */
#ifndef IOTHDNS_CACHE_H
#define IOTHDNS_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "dnsname.h"

struct cache;

/* One reference. NULL: no memory, or no random numbers. */
struct cache *cache_new(unsigned int entries);
struct cache *cache_ref(struct cache *cache);
void cache_unref(struct cache *cache); /* NULL: nothing */

/* An answer for a question, in memory that the caller frees; NULL: there is none. Time is in
 * milliseconds. */
uint8_t *cache_get(
    struct cache *cache, const struct dns_name *name, uint16_t type, uint64_t now, size_t *len);

/* Keeps a copy of an answer, if it may be kept. Without memory it is not. */
void cache_put(struct cache *cache, const struct dns_name *name, uint16_t type,
    const uint8_t *answer, size_t len, uint64_t now);

#endif
