/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A query, parsed from its bytes: header, one question, EDNS0 (RFC 1035, RFC 6891).
 *
 * Nothing is allocated, and nothing copied but the name, folded: the bytes are borrowed as long as
 * the query is used. What is not a query that can be answered is classified here, and nowhere else:
 *
 *   drop      shorter than a header; a reply (QR set): an answer to it could go on for ever
 *   NOTIMP    an opcode other than QUERY
 *   FORMERR   not exactly one question (RFC 9619); names with pointers in the question, cut off or
 *             too long; records cut off; bytes behind the last record; an OPT that is not in the
 *             additional section, has an owner, is the second, or whose options do not fit into it;
 *             a question for OPT
 *   COOKIE    no question, but a cookie: the client wants ours (RFC 7873, 5.4)
 *   BADVERS   EDNS of a version that we have not (RFC 6891, 6.1.3)
 *
 * A question that could be read is there in each of these (question_len > 0), so that the reply can
 * have it. Records other than OPT are skipped.
 */
#ifndef NAMED_QUERY_H
#define NAMED_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "name.h"

#define NAMED_HEADER_LEN 12

#define NAMED_FLAG_QR     0x8000
#define NAMED_FLAG_OPCODE 0x7800
#define NAMED_FLAG_AA     0x0400
#define NAMED_FLAG_TC     0x0200
#define NAMED_FLAG_RD     0x0100
#define NAMED_FLAG_RA     0x0080
#define NAMED_FLAG_AD     0x0020
#define NAMED_FLAG_CD     0x0010
#define NAMED_FLAG_RCODE  0x000f

enum named_rcode { /* RFC 6895, 2.3 */
	NAMED_NOERROR = 0,
	NAMED_FORMERR = 1,
	NAMED_SERVFAIL = 2,
	NAMED_NXDOMAIN = 3,
	NAMED_NOTIMP = 4,
	NAMED_REFUSED = 5,
	NAMED_BADVERS = 16, /* from here on in OPT: RFC 6891, 6.1.3 */
	NAMED_BADCOOKIE = 23,
};

enum named_type { /* those that the server looks at */
	NAMED_TYPE_A = 1,
	NAMED_TYPE_NS = 2,
	NAMED_TYPE_CNAME = 5,
	NAMED_TYPE_SOA = 6,
	NAMED_TYPE_PTR = 12,
	NAMED_TYPE_HINFO = 13,
	NAMED_TYPE_MX = 15,
	NAMED_TYPE_TXT = 16,
	NAMED_TYPE_AAAA = 28,
	NAMED_TYPE_SRV = 33,
	NAMED_TYPE_OPT = 41,
	NAMED_TYPE_DS = 43,
	NAMED_TYPE_IXFR = 251,
	NAMED_TYPE_AXFR = 252,
	NAMED_TYPE_ANY = 255,
	NAMED_TYPE_CAA = 257,
};

#define NAMED_CLASS_IN  1
#define NAMED_CLASS_ANY 255

#define NAMED_EDNS_DO     0x8000 /* RFC 3225 */
#define NAMED_UDP_MIN     512    /* RFC 1035, 4.2.1; RFC 6891, 6.2.3 */
#define NAMED_MESSAGE_MAX 65535

/* A cookie of a client is 8 bytes, a server's at most 32 (RFC 7873, 4). */
#define NAMED_COOKIE_CLIENT_LEN 8
#define NAMED_COOKIE_SERVER_MIN 8
#define NAMED_COOKIE_SERVER_MAX 32

enum named_query_status {
	NAMED_QUERY_OK,
	NAMED_QUERY_COOKIE,
	NAMED_QUERY_FORMERR,
	NAMED_QUERY_NOTIMP,
	NAMED_QUERY_BADVERS,
	NAMED_QUERY_DROP, /* nothing of the query is set */
};

struct named_query {
	const uint8_t *bytes; /* borrowed */
	size_t len;
	uint16_t id;
	uint16_t flags;        /* as they came */
	uint16_t question_len; /* bytes from NAMED_HEADER_LEN on, type and class included; 0: none */
	uint16_t type;
	uint16_t class;
	struct named_name name;

	bool edns; /* there is an OPT; the rest is 0 without */
	uint8_t edns_version;
	uint16_t edns_flags;
	uint16_t edns_size;     /* as it came */
	uint16_t options_len;   /* bytes of the options */
	const uint8_t *options; /* in `bytes` */
	const uint8_t *cookie;  /* of the COOKIE option, or NULL */
	uint16_t cookie_len;    /* its bytes; whether that is a length for one: RFC 7873, 5.2.2 */
};

/* Of a query that can be classified everything is set that was reached. */
enum named_query_status named_query_parse(
    struct named_query *query, const uint8_t *bytes, size_t len);

/* The question's name as the client spells it: name.len bytes. */
static inline const uint8_t *named_query_spelling(const struct named_query *query)
{
	return query->bytes + NAMED_HEADER_LEN;
}

/* Bytes that a reply over UDP may have: the client's size between 512 and ours. */
static inline size_t named_query_udp_limit(const struct named_query *query, size_t ours)
{
	if (!query->edns || query->edns_size <= NAMED_UDP_MIN)
		return NAMED_UDP_MIN;
	return query->edns_size < ours ? query->edns_size : ours;
}

#endif
