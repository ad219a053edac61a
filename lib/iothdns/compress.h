/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which names, and ends of names, a message has already: for compression (RFC 1035, 4.1.4).
 *
 * A hash table from the end of a name (its last labels) to its place in the message, of which the
 * bytes themselves are compared. It is an aid: where it has no memory, or a chain of equal slots is
 * too long, a name is just not compressed.
 */
#ifndef IOTHDNS_COMPRESS_H
#define IOTHDNS_COMPRESS_H

#include "dnsname.h"

#define COMPRESS_FIRST_SLOTS 64 /* a power of 2 */
#define COMPRESS_NOWHERE     0  /* there is the header: no name */

struct compress_slot {
	uint16_t at; /* COMPRESS_NOWHERE: free */
	uint16_t tag;
};

struct compress {
	struct compress_slot *slots; /* `first`, or allocated */
	uint32_t mask;
	uint32_t count;
	struct compress_slot first[COMPRESS_FIRST_SLOTS];
};

/* The ends of a name: where each label lies in it, and its hash. */
struct compress_ends {
	unsigned int count; /* labels, without the root */
	uint8_t at[NAME_MAX_LABELS];
	uint32_t hash[NAME_MAX_LABELS];
};

void compress_init(struct compress *table);
void compress_free(struct compress *table);

void compress_ends(struct compress_ends *ends, const struct dns_name *name);

/* The first of the ends that the message has, and its place; the count of the ends, if none. */
unsigned int compress_find(const struct compress *table, const struct compress_ends *ends,
    const struct dns_name *name, const uint8_t *message, size_t len, uint16_t *place);

/* Notes that an end lies at `place`. */
void compress_add(struct compress *table, uint32_t hash, size_t place);

#endif
