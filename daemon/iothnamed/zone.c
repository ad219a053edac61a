/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The static table is made: see zone.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rdata.h"
#include "zone_internal.h"

#define RR_FIXED                                                                                   \
	12u /* bytes of a record: a pointer to its name, type, class, TTL, length of data */
#define OPT_MAX   512u /* room for EDNS0 */
#define RRSET_MAX (NAMED_MESSAGE_MAX - NAMED_HEADER_LEN - NAME_MAX_WIRE - 4 - OPT_MAX)

struct named_zone *named_zone_new(void)
{
	return calloc(1, sizeof(struct named_zone));
}

static void free_node(struct zone_node *node)
{
	struct zone_rrset *rrset;

	while ((rrset = node->rrsets)) {
		node->rrsets = rrset->next;
		free(rrset->data);
		free(rrset->prepared);
		free(rrset);
	}
	free(node);
}

void named_zone_free(struct named_zone *zone)
{
	if (!zone)
		return;
	for (size_t i = 0; zone->names.slots && i <= zone->names.mask; i++) {
		if (zone->names.slots[i].entry)
			free_node(zone_node(zone->names.slots[i].entry));
	}
	nametable_free(&zone->names);
	free(zone);
}

static struct zone_node *new_node(
    struct named_zone *zone, uint64_t hash, const uint8_t *wire, size_t len, unsigned int labels)
{
	struct zone_node *node = calloc(1, sizeof(*node) + len);

	if (!node)
		return NULL;
	memcpy(node->wire, wire, len);
	node->entry = (struct nametable_entry){hash, (uint8_t)len, (uint8_t)labels, node->wire};
	if (nametable_insert(&zone->names, &node->entry) < 0) {
		free(node);
		return NULL;
	}
	return node;
}

/* The node of a name, made with all its ancestors where it is not there. */
static struct zone_node *node_of(struct named_zone *zone, const struct named_name *name)
{
	struct zone_node *node = NULL;
	uint64_t hash[NAME_MAX_LABELS];

	named_name_hashes(name, hash);
	for (unsigned int labels = 0; labels <= name->labels; labels++) {
		const uint8_t *wire = named_name_suffix(name, labels);
		size_t len = named_name_suffix_len(name, labels);
		struct nametable_entry *entry = nametable_find(&zone->names, hash[labels], wire, len);
		struct zone_node *parent = node;

		node = entry ? zone_node(entry) : new_node(zone, hash[labels], wire, len, labels);
		if (!node)
			return NULL;
		node->parent = parent;
		if (parent && len >= 2 && memcmp(wire, "\1*", 2) == 0)
			parent->wildcard = node;
	}
	return node;
}

const struct zone_rrset *zone_rrset_find(const struct zone_node *node, uint16_t type)
{
	const struct zone_rrset *rrset = node->rrsets;

	while (rrset && rrset->type != type)
		rrset = rrset->next;
	return rrset;
}

const uint8_t *zone_rrset_next(const struct zone_rrset *rrset, size_t *at, size_t *len)
{
	const uint8_t *record;

	if (*at == rrset->len)
		return NULL;
	record = rrset->data + *at;
	*len = (size_t)record[0] << 8 | record[1];
	*at += 2 + *len;
	return record + 2;
}

static bool has_record(const struct zone_rrset *rrset, const uint8_t *data, size_t len)
{
	const uint8_t *other;
	size_t at = 0, other_len;

	while ((other = zone_rrset_next(rrset, &at, &other_len))) {
		if (other_len == len && named_rdata_equal(rrset->type, other, data, len))
			return true;
	}
	return false;
}

/* Does it fit into a message, over TCP at least? Names in data count as they are, uncompressed. A
 * set that does not could never be told; and a bound keeps the look at all its records short. */
static bool has_room(const struct zone_rrset *rrset, size_t len)
{
	size_t data = rrset->len + 2 + len; /* with the length before each */

	return data + (rrset->count + (size_t)1) * (RR_FIXED - 2) <= RRSET_MAX;
}

/* RFC 1034, 3.6.2; RFC 2181, 10.1: a CNAME is alone with its name. */
static bool is_excluded(const struct zone_node *node, uint16_t type)
{
	for (const struct zone_rrset *rrset = node->rrsets; rrset; rrset = rrset->next) {
		if (rrset->count > 0 && (type == NAMED_TYPE_CNAME || rrset->type == NAMED_TYPE_CNAME))
			return true;
	}
	return false;
}

static struct zone_rrset *rrset_of(struct zone_node *node, uint16_t type)
{
	struct zone_rrset **place = &node->rrsets;

	while (*place && (*place)->type != type)
		place = &(*place)->next;
	if (!*place) {
		*place = calloc(1, sizeof(**place));
		if (!*place)
			return NULL;
		(*place)->type = type;
		(*place)->ttl = NAMED_TTL_UNSET;
	}
	return *place;
}

int named_zone_add(struct named_zone *zone, const struct named_name *name, uint16_t type,
    uint32_t ttl, const uint8_t *data, size_t len)
{
	struct zone_node *node = node_of(zone, name);
	struct zone_rrset *rrset = node ? rrset_of(node, type) : NULL;
	uint8_t *more;

	if (!rrset)
		return -ENOMEM;
	if (ttl < rrset->ttl)
		rrset->ttl = ttl;
	if (has_record(rrset, data, len))
		return -EEXIST;
	if (is_excluded(node, type))
		return -ENOTUNIQ;
	if (!has_room(rrset, len))
		return -EMSGSIZE;
	more = realloc(rrset->data, rrset->len + 2 + len);
	if (!more)
		return -ENOMEM;
	rrset->data = more;
	more += rrset->len;
	more[0] = (uint8_t)(len >> 8);
	more[1] = (uint8_t)len;
	memcpy(more + 2, data, len);
	rrset->len += 2 + len;
	rrset->count++;
	return 0;
}

int zone_put_rrset(struct named_reply *reply, enum named_section section, const uint8_t *owner,
    const struct zone_rrset *rrset)
{
	const uint8_t *data;
	size_t at = 0, len;

	while ((data = zone_rrset_next(rrset, &at, &len))) {
		if (named_reply_rr(reply, section, owner, rrset->type, rrset->ttl, data, len) < 0)
			return -EMSGSIZE;
	}
	return 0;
}

/* A set as it is in the reply to a question for it: the records that follow the question. */
static int prepare(const struct zone_node *node, struct zone_rrset *rrset, uint8_t *scratch)
{
	uint8_t question[NAMED_HEADER_LEN + NAME_MAX_WIRE + 4] = {[5] = 1};
	size_t len = NAMED_HEADER_LEN + (size_t)node->entry.len;
	struct named_query query;
	struct named_reply reply;

	memcpy(question + NAMED_HEADER_LEN, node->wire, node->entry.len);
	question[len + 1] = NAMED_TYPE_A;
	question[len + 3] = NAMED_CLASS_IN;
	if (named_query_parse(&query, question, len + 4) != NAMED_QUERY_OK)
		return 0;
	named_reply_begin(&reply, &query, scratch, NAMED_MESSAGE_MAX, 0);
	if (zone_put_rrset(&reply, NAMED_ANSWER, NULL, rrset) < 0)
		return 0;
	rrset->prepared_len = reply.at - reply.question_end;
	rrset->prepared = malloc(rrset->prepared_len);
	if (!rrset->prepared)
		return -ENOMEM;
	memcpy(rrset->prepared, scratch + reply.question_end, rrset->prepared_len);
	return 0;
}

/* Apex and cut follow from the nodes above. Depths are at most 127, tables of any size: each node
 * goes up by itself. */
static void set_zone(struct zone_node *node)
{
	bool below_apex = false;

	for (const struct zone_node *at = node; at; at = at->parent) {
		if (zone_rrset_find(at, NAMED_TYPE_SOA)) {
			node->apex = at;
			below_apex = true;
			break;
		}
		if (zone_rrset_find(at, NAMED_TYPE_NS))
			node->cut = at;
	}
	if (!below_apex)
		node->cut = NULL;
}

int named_zone_seal(struct named_zone *zone, uint32_t ttl)
{
	uint8_t *scratch = malloc(NAMED_MESSAGE_MAX);
	int error = scratch ? 0 : -ENOMEM;

	for (size_t i = 0; error == 0 && zone->names.slots && i <= zone->names.mask; i++) {
		struct zone_node *node;

		if (!zone->names.slots[i].entry)
			continue;
		node = zone_node(zone->names.slots[i].entry);
		set_zone(node);
		for (struct zone_rrset *rrset = node->rrsets; rrset && error == 0; rrset = rrset->next) {
			if (rrset->ttl == NAMED_TTL_UNSET)
				rrset->ttl = ttl;
			error = prepare(node, rrset, scratch);
		}
	}
	free(scratch);
	return error;
}

bool named_zone_address(
    const struct named_zone *zone, const struct named_name *name, struct in6_addr *address)
{
	struct nametable_entry *entry =
	    nametable_find(&zone->names, named_name_hash(name), name->wire, name->len);
	const struct zone_node *node = entry ? zone_node(entry) : NULL;
	const struct zone_rrset *rrset;

	if (!node)
		return false;
	/* A set without records is what is left where memory was missing. */
	rrset = zone_rrset_find(node, NAMED_TYPE_AAAA);
	if (rrset && rrset->count > 0) {
		memcpy(address, rrset->data + 2, sizeof(*address));
		return true;
	}
	rrset = zone_rrset_find(node, NAMED_TYPE_A);
	if (!rrset || rrset->count == 0)
		return false;
	*address = (struct in6_addr){0};
	address->s6_addr[10] = address->s6_addr[11] = 0xff;
	memcpy(address->s6_addr + 12, rrset->data + 2, 4);
	return true;
}
