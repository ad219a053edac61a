/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The static table's nodes: zone.c makes them, zone_answer.c reads them. */
#ifndef NAMED_ZONE_INTERNAL_H
#define NAMED_ZONE_INTERNAL_H

#include "nametable.h"
#include "zone.h"

struct zone_rrset {
	struct zone_rrset *next; /* of the name, in the order of the file */
	uint16_t type;
	uint16_t count;
	uint32_t ttl;
	uint8_t *data; /* of each record 2 bytes of length, and the data; owned */
	size_t len;
	uint8_t *prepared; /* as named_reply_prepared takes it; NULL: too long */
	size_t prepared_len;
};

struct zone_node {
	struct nametable_entry entry; /* first */
	struct zone_rrset *rrsets;
	struct zone_node *parent;         /* NULL: the root */
	const struct zone_node *apex;     /* the nearest at or above that has a SOA; NULL: none */
	const struct zone_node *cut;      /* the highest delegation at or above; NULL: none */
	const struct zone_node *wildcard; /* the child "*" */
	uint8_t wire[];
};

struct named_zone {
	struct nametable names;
};

static inline struct zone_node *zone_node(struct nametable_entry *entry)
{
	return (struct zone_node *)(void *)entry;
}

const struct zone_rrset *zone_rrset_find(const struct zone_node *node, uint16_t type);

/* The next record's data, and its length; `at` begins with 0. NULL: there are no more. */
const uint8_t *zone_rrset_next(const struct zone_rrset *rrset, size_t *at, size_t *len);

/* All records of a set. 0 or -EMSGSIZE. */
int zone_put_rrset(struct named_reply *reply, enum named_section section, const uint8_t *owner,
    const struct zone_rrset *rrset);

#endif
