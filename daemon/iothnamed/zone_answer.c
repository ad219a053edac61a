/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the static table answers: see zone.h. */
#include <string.h>

#include "zone_internal.h"

/* What is said of a name: its own node; or the wildcard that is expanded to it; or none of them. */
struct place {
	const struct zone_node *node; /* whose records count; NULL: the name is not there */
	const struct zone_node
	    *encloser; /* the longest name at or above that is; NULL: not even the root */
};

static struct place find(
    const struct named_zone *zone, const struct named_name *name, const uint64_t *hash)
{
	struct nametable_entry *entry = NULL;
	unsigned int labels = name->labels + 1U;
	struct place place = {NULL, NULL};

	while (!entry && labels-- > 0)
		entry = nametable_find_suffix(&zone->names, name, hash, labels);
	if (!entry)
		return place;
	place.encloser = zone_node(entry);
	/* RFC 4592, 3.3.1: the wildcard below the closest encloser, and no other. */
	place.node = labels == name->labels ? place.encloser : place.encloser->wildcard;
	return place;
}

/* A name without records exists if the zone says that it is a zone. */
static bool exists(const struct place *place)
{
	return place->node && (place->node->rrsets || place->encloser->apex);
}

static void no_such_name(struct named_reply *reply)
{
	named_reply_rcode(reply, NAMED_NXDOMAIN);
	reply->flags &= (uint16_t)~NAMED_FLAG_RA;
}

/* RFC 2308, 3: the SOA, whose TTL is the lower of its own and its last field. */
static void put_soa(struct named_reply *reply, const struct zone_node *apex)
{
	const struct zone_rrset *rrset = zone_rrset_find(apex, NAMED_TYPE_SOA);
	size_t at = 0, len;
	const uint8_t *data = zone_rrset_next(rrset, &at, &len), *last = data + len - 4;
	uint32_t minimum =
	    (uint32_t)last[0] << 24 | (uint32_t)last[1] << 16 | (uint32_t)last[2] << 8 | last[3];

	(void)named_reply_rr(reply, NAMED_AUTHORITY, apex->wire, NAMED_TYPE_SOA,
	    minimum < rrset->ttl ? minimum : rrset->ttl, data, len);
}

/* A server's addresses, as far as they are here. */
static int put_glue(const struct named_zone *zone, struct named_reply *reply, const uint8_t *server)
{
	static const uint16_t types[] = {NAMED_TYPE_A, NAMED_TYPE_AAAA};
	struct nametable_entry *entry;
	struct named_name name;

	if (named_name_read(&name, server, NAME_MAX_WIRE) < 0)
		return 0;
	entry = nametable_find(&zone->names, named_name_hash(&name), name.wire, name.len);
	for (size_t i = 0; entry && i < 2; i++) {
		const struct zone_rrset *rrset = zone_rrset_find(zone_node(entry), types[i]);

		if (rrset && zone_put_rrset(reply, NAMED_ADDITIONAL, server, rrset) < 0)
			return -1;
	}
	return 0;
}

/* RFC 1034, 4.3.2, step 3 b; without the glue that belongs to it a referral is cut off: RFC 9471.
 */
static void refer(
    const struct named_zone *zone, struct named_reply *reply, const struct zone_node *cut)
{
	const struct zone_rrset *servers = zone_rrset_find(cut, NAMED_TYPE_NS);
	const uint8_t *data;
	size_t at = 0, len;

	reply->flags &= (uint16_t)~NAMED_FLAG_AA;
	if (zone_put_rrset(reply, NAMED_AUTHORITY, cut->wire, servers) < 0) {
		named_reply_truncate(reply);
		return;
	}
	while ((data = zone_rrset_next(servers, &at, &len))) {
		if (put_glue(zone, reply, data) < 0)
			named_reply_truncate(reply);
	}
}

/* Is the name delegated? For DS it is this side of the cut that answers (RFC 4035, 3.1.4.1). */
static bool is_delegated(const struct place *place, uint16_t type)
{
	const struct zone_node *cut = place->encloser ? place->encloser->cut : NULL;

	return cut && !(type == NAMED_TYPE_DS && place->node == cut);
}

static int put_all(
    struct named_reply *reply, const struct zone_node *node, const uint8_t *owner, bool minimal)
{
	for (const struct zone_rrset *rrset = node->rrsets; rrset; rrset = rrset->next) {
		if (zone_put_rrset(reply, NAMED_ANSWER, owner, rrset) < 0)
			return -1;
		if (minimal)
			break;
	}
	return 0;
}

struct walk {
	const struct named_zone *zone;
	const struct named_query *query;
	struct named_reply *reply;
	bool minimal;
	bool negative; /* it came to nothing */
	struct place end;
};

/* Records from a node on, through CNAMEs. 0, or -1: they do not fit. */
static int follow(struct walk *walk, struct place place)
{
	const struct zone_node *seen[NAMED_CHAIN_LEVELS + 1];
	const uint8_t *owner = NULL; /* the question's */
	uint16_t type = walk->query->type;

	for (unsigned int level = 0; level <= NAMED_CHAIN_LEVELS; level++) {
		const struct zone_rrset *rrset;
		struct named_name target;
		uint64_t hash[NAME_MAX_LABELS];
		size_t at = 0, len;

		walk->end = place;
		walk->negative = !exists(&place);
		if (level > 0 && is_delegated(&place, type)) {
			walk->negative = false;
			return 0;
		}
		if (walk->negative)
			return 0;
		for (unsigned int i = 0; i < level; i++) {
			if (seen[i] == place.node)
				return 0;
		}
		seen[level] = place.node;
		if (type == NAMED_TYPE_ANY) {
			walk->negative = !place.node->rrsets;
			return put_all(walk->reply, place.node, owner, walk->minimal);
		}
		rrset = zone_rrset_find(place.node, type);
		if (rrset)
			return zone_put_rrset(walk->reply, NAMED_ANSWER, owner, rrset);
		walk->negative = true;
		rrset = zone_rrset_find(place.node, NAMED_TYPE_CNAME);
		if (!rrset)
			return 0;
		if (zone_put_rrset(walk->reply, NAMED_ANSWER, owner, rrset) < 0)
			return -1;
		owner = zone_rrset_next(rrset, &at, &len);
		if (named_name_read(&target, owner, len) < 0)
			return 0;
		named_name_hashes(&target, hash);
		place = find(walk->zone, &target, hash);
	}
	walk->negative = false;
	return 0;
}

bool named_zone_answer(const struct named_zone *zone, const struct named_query *query,
    const uint64_t *hash, bool minimal_any, struct named_reply *reply)
{
	struct place place = find(zone, &query->name, hash);
	struct walk walk = {zone, query, reply, minimal_any, false, place};
	const struct zone_rrset *rrset;

	if (is_delegated(&place, query->type)) {
		refer(zone, reply, place.encloser->cut);
		return false;
	}
	if (place.node && place.node == place.encloser) {
		rrset = zone_rrset_find(place.node, query->type);
		if (rrset && rrset->prepared) {
			if (named_reply_prepared(
			        reply, NAMED_ANSWER, rrset->prepared, rrset->prepared_len, rrset->count) < 0)
				named_reply_truncate(reply);
			return false;
		}
	}
	if (follow(&walk, place) < 0) {
		named_reply_truncate(reply);
		return false;
	}
	if (!walk.negative)
		return false;
	/* Behind a CNAME the end of the chain is the one that is not there (RFC 6604, 3); where there
	 * is no zone, nobody knows whether it is. */
	if (!exists(&walk.end) &&
	    (reply->counts[NAMED_ANSWER] == 0 || (walk.end.encloser && walk.end.encloser->apex)))
		no_such_name(reply);
	if (walk.end.encloser && walk.end.encloser->apex) {
		put_soa(reply, walk.end.encloser->apex);
		return false;
	}
	return reply->counts[NAMED_ANSWER] == 0;
}
