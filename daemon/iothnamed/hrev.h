/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reverse of hash addresses: which name gave this address? One cannot compute it back, so who
 * was asked remembers, for as long as the address is good for (`option hashttl`).
 *
 * The table is bounded: when it is full, the pair that was not renewed for longest goes. Threads
 * share it; its shards have a lock each. A new pair takes memory; without it nothing is remembered.
 */
#ifndef NAMED_HREV_H
#define NAMED_HREV_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dnsname.h"

struct named_hrev;

/* For at most `max` pairs. 0, -ENOMEM, or -errno of the random numbers. */
int named_hrev_new(struct named_hrev **hrev, size_t max);
void named_hrev_free(struct named_hrev *hrev);

/* Another bound, from the next pair on. */
void named_hrev_set_max(struct named_hrev *hrev, size_t max);

/* Remembers a name, in wire form, until `now` and `ttl` seconds. */
void named_hrev_put(struct named_hrev *hrev, const struct in6_addr *address, const uint8_t *name,
    size_t len, uint32_t ttl, uint64_t now);

/* The name of an address, and the seconds that it has left; false: it is not known. */
bool named_hrev_get(struct named_hrev *hrev, const struct in6_addr *address, struct dns_name *name,
    uint32_t *ttl, uint64_t now);

/* Forgets all. The number of pairs that were there. */
size_t named_hrev_flush(struct named_hrev *hrev);

size_t named_hrev_count(struct named_hrev *hrev);

#endif
