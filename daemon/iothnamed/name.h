/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names as keys: in wire form, folded to lower case (RFC 4343), with the places of their labels.
 *
 * A name's spelling is kept where it came from (a query's bytes, a struct dns_name); here is what
 * is looked up and compared. Two names are equal when their bytes are.
 *
 * Hashes of a name and of all its suffixes are made in one pass from the root to the left: that of
 * "www.example.org" begins with those of "org" and "example.org". They have no secret: they are for
 * tables that the configuration fills, in which a stranger may look but put nothing.
 */
#ifndef NAMED_NAME_H
#define NAMED_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dnsname.h"

#define NAMED_NAME_PAD 8 /* zeros behind a name: hashing and folding take words */

struct named_name {
	uint8_t len;                     /* bytes, the root label included */
	uint8_t labels;                  /* the root is none */
	uint8_t offset[NAME_MAX_LABELS]; /* where each label's length byte is; then the root's */
	uint8_t wire[NAME_MAX_WIRE + 1 + NAMED_NAME_PAD];
};

/* Reads an uncompressed name from the start of `bytes`. Returns its length there, or -EBADMSG: cut
 * off, longer than 255 bytes, or with a label that is not one, pointers included. */
int named_name_read(struct named_name *name, const uint8_t *bytes, size_t size);

/* The key of a name, which must be set. */
void named_name_fold(struct named_name *name, const struct dns_name *from);

/* Text by the rules of libiothdns: 0, -EINVAL or -ENAMETOOLONG. */
int named_name_from_text(struct named_name *name, const char *text);

/* Text for a log or a control socket, the root being ".". */
#define NAMED_NAME_TEXT_SIZE 1024
const char *named_name_text(const struct named_name *name, char text[NAMED_NAME_TEXT_SIZE]);

/* `a` as another spelling, or a folded one: case does not count. */
bool named_wire_equal(const uint8_t *a, const uint8_t *b, size_t len);

bool named_name_equal(const struct named_name *a, const struct named_name *b);

/* Is `name` strictly below `suffix`? The root is above all others. */
bool named_name_is_below(const struct named_name *name, const struct named_name *suffix);

/* The name that the last `labels` labels are (0: the root's byte): bytes inside of `name`. */
static inline const uint8_t *named_name_suffix(const struct named_name *name, unsigned int labels)
{
	return name->wire + name->offset[name->labels - labels];
}

static inline size_t named_name_suffix_len(const struct named_name *name, unsigned int labels)
{
	return (size_t)name->len - name->offset[name->labels - labels];
}

/* hash[i] is that of the last i labels; hash[0] the root's. */
void named_name_hashes(const struct named_name *name, uint64_t hash[NAME_MAX_LABELS]);

/* The same for one name: hash[labels]. */
uint64_t named_name_hash(const struct named_name *name);

#endif
