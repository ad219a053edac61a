/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The static table: names, their RRsets, and what they answer.
 *
 * A name is found by its hash. Each RRset is kept as data, and as the bytes that it has in a reply
 * to a question for it, so that an answer is a copy. All ancestors of names are in the table, too,
 * without records: they tell which name above one that is not there is (RFC 4592, 3.3.1).
 *
 * What is old (only A, AAAA, PTR, NS, CNAME, TXT and MX) behaves as it always has: names that are
 * not there are NXDOMAIN, without SOA, and NS is a record like others. Where a SOA says that there
 * is a zone, it is one: negative answers have its SOA (RFC 2308), NS below its apex delegate (RFC
 * 1034, 4.2.1), and ancestors of names exist (RFC 8020).
 */
#ifndef NAMED_ZONE_H
#define NAMED_ZONE_H

#include <netinet/in.h>

#include "reply.h"

#define NAMED_CHAIN_LEVELS 8 /* CNAMEs that are followed */
#define NAMED_TTL_UNSET    UINT32_MAX

struct named_zone;

struct named_zone *named_zone_new(void); /* NULL: no memory */
void named_zone_free(struct named_zone *zone);

/* One record, its data uncompressed and well-formed. Of different TTLs in an RRset the lowest is
 * taken (RFC 2181, 5.2); NAMED_TTL_UNSET is the one that named_zone_seal says. 0, -EEXIST: it is
 * there already; -ENOTUNIQ: a CNAME beside anything else; -EMSGSIZE: with it the RRset would fit
 * into no message; or -ENOMEM. */
int named_zone_add(struct named_zone *zone, const struct named_name *name, uint16_t type,
    uint32_t ttl, const uint8_t *data, size_t len);

/* To be called once, when all are in. 0 or -ENOMEM. */
int named_zone_seal(struct named_zone *zone, uint32_t ttl);

/* The first AAAA record of a name, else the first A record (mapped). */
bool named_zone_address(
    const struct named_zone *zone, const struct named_name *name, struct in6_addr *address);

/* The answer, into a reply that was begun with AA and RA. `hash` is of named_name_hashes.
 * `minimal_any`: one RRset is enough for ANY (RFC 8482, 4.1). True: it is a negative one without a
 * SOA, which the caller may add. */
bool named_zone_answer(const struct named_zone *zone, const struct named_query *query,
    const uint64_t *hash, bool minimal_any, struct named_reply *reply);

#endif
