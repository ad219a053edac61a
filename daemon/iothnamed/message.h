/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A reply of another server, parsed whole: what is in it, and where. Nothing is copied: the bytes
 * are borrowed. A message of which one record cannot be read is none.
 */
#ifndef NAMED_MESSAGE_H
#define NAMED_MESSAGE_H

#include "query.h"

#define NAMED_MESSAGE_ANSWERS 512 /* records of an answer that can be kept */

/* Offsets in the message. */
struct named_record {
	uint16_t owner;
	uint16_t type;
	uint16_t class;
	uint16_t data;
	uint16_t len;
	uint32_t ttl;
};

struct named_message {
	const uint8_t *bytes;
	size_t len;
	uint16_t id;
	uint16_t flags;
	uint16_t rcode;        /* 12 bits: with those of OPT */
	uint16_t question_len; /* bytes from NAMED_HEADER_LEN on; 0: none, or not exactly one */

	unsigned int answers; /* NAMED_MESSAGE_ANSWERS + 1: more than there is room for */
	struct named_record answer[NAMED_MESSAGE_ANSWERS];
	bool has_soa; /* in the authority section: the first */
	struct named_record soa;

	bool edns;
	uint16_t opt; /* where the OPT record begins */
	uint16_t options_len;
	uint16_t options; /* where its options begin; if they are not well-formed options_len is 0 */
};

/* 0 or -EBADMSG: shorter than a header, not a reply, or cut off within a record. The last of a
 * truncated message (TC) may be. */
int named_message_parse(struct named_message *message, const uint8_t *bytes, size_t len);

/* Options of EDNS0 that are looked at here. */
enum named_option {
	NAMED_OPTION_CLIENT_SUBNET = 8, /* RFC 7871 */
	NAMED_OPTION_COOKIE = 10,       /* RFC 7873 */
};

/* The first option with this code in `len` bytes of options: its value and its length, or NULL. */
const uint8_t *named_option_find(
    const uint8_t *options, size_t len, enum named_option code, size_t *value_len);

#endif
