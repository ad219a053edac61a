/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A reply, written into a buffer of the caller's: header, the question as the client spelled it,
 * records with compressed names (RFC 1035, 4.1.4), OPT where the query had one.
 *
 *	named_reply_begin(&reply, &query, bytes, size, NAMED_FLAG_AA | NAMED_FLAG_RA);
 *	named_reply_rr(&reply, NAMED_ANSWER, NULL, NAMED_TYPE_A, 600, address, 4);
 *	len = named_reply_end(&reply);
 *
 * The size is what the reply may have: 512 over UDP, what EDNS0 allows, 65535 over TCP. Room for
 *OPT is kept from the start. A record that does not fit is not written, wholly; whether the reply
 *is truncated then (TC and the question only) or does without the record is the caller's to say.
 *
 * Nothing is allocated. Query and buffers are borrowed until the end.
 */
#ifndef NAMED_REPLY_H
#define NAMED_REPLY_H

#include "query.h"

#define NAMED_REPLY_NAMES 48 /* names, and suffixes of them, that others may point to */

enum named_section { NAMED_ANSWER = 1, NAMED_AUTHORITY = 2, NAMED_ADDITIONAL = 3 };

enum named_ede { /* RFC 8914, 4 */
	NAMED_EDE_NONE = -1,
	NAMED_EDE_OTHER = 0,
	NAMED_EDE_STALE = 3,
	NAMED_EDE_CACHED_ERROR = 13,
	NAMED_EDE_NOT_READY = 14,
	NAMED_EDE_PROHIBITED = 18,
	NAMED_EDE_NOT_SUPPORTED = 21,
	NAMED_EDE_NO_REACHABLE_AUTHORITY = 22,
	NAMED_EDE_NETWORK_ERROR = 23,
};

struct named_reply_name {
	uint16_t offset; /* in the message */
	uint8_t len;
	uint64_t hash;
};

struct named_reply {
	const struct named_query *query;
	uint8_t *bytes;
	size_t size; /* what the whole reply may have */
	size_t room; /* the same without OPT */
	size_t at;
	size_t question_end;
	uint16_t flags;
	uint16_t rcode;     /* 12 bits */
	uint16_t counts[4]; /* by section; [0]: questions */
	bool truncated;
	int16_t ede;        /* enum named_ede */
	uint16_t edns_size; /* what we say that we take */
	uint8_t cookie_len; /* bytes of the server's cookie; 0: none */
	uint8_t cookie[NAMED_COOKIE_SERVER_MAX];
	unsigned int names_count; /* 0: not even the question's have been entered */
	struct named_reply_name names[NAMED_REPLY_NAMES];
};

#define NAMED_EDNS_SIZE 1232 /* fits into any path's packets: RFC 9715, 3.1 */

/* The flags are those besides QR and RD, CD, which are the query's. `size` of at least
 * NAMED_UDP_MIN bytes. */
void named_reply_begin(struct named_reply *reply, const struct named_query *query, void *bytes,
    size_t size, uint16_t flags);

/* The server's cookie (RFC 7873), to be given back with the client's: before the first record. */
void named_reply_cookie(struct named_reply *reply, const void *cookie, size_t len);

/* NAMED_NOERROR until this is called. */
static inline void named_reply_rcode(struct named_reply *reply, enum named_rcode rcode)
{
	reply->rcode = (uint16_t)rcode;
}

/* Why (RFC 8914): for a client that speaks EDNS0, where there is room for it. */
static inline void named_reply_ede(struct named_reply *reply, enum named_ede ede)
{
	reply->ede = (int16_t)ede;
}

/* One record of class IN. The owner is a name in wire form, uncompressed, as it is to be spelled;
 * NULL: the question's name. The data is uncompressed, too: the names in NS, CNAME, PTR, MX and
 * SOA, which must be well-formed, are compressed on the way (RFC 3597, 4). Sections come in their
 * order. Returns 0, or -EMSGSIZE: there is no room, nothing has changed. */
int named_reply_rr(struct named_reply *reply, enum named_section section, const uint8_t *owner,
    uint16_t type, uint32_t ttl, const void *data, size_t len);

/* `count` records that are in the message's form already, as prepared for this question: pointers
 * lead into it, whose name is at NAMED_HEADER_LEN. The same result. */
int named_reply_prepared(struct named_reply *reply, enum named_section section, const void *records,
    size_t len, unsigned int count);

/* TC, and nothing but the question (and OPT). */
static inline void named_reply_truncate(struct named_reply *reply)
{
	reply->truncated = true;
}

/* Completes the reply; its length. */
size_t named_reply_end(struct named_reply *reply);

#endif
