/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A look-up, without its sockets: what to send to which server, what an answer means, what comes
 * next. Time comes in as a number (milliseconds), datagrams as bytes.
 *
 * States, and what moves them:
 *
 *     UDP   the packet is to be sent, and was sent, as a datagram to `server`
 *     TCP   likewise over a connection
 *     DONE  `reply` is the answer; `error` is 0, or ENOENT with a name error
 *     FAILED  `error` says why
 *
 *     UDP, TCP --answer--> DONE; UDP (a CNAME's target; the next name of the search list)
 *     UDP --truncated, datagram too large for us--> TCP, same server
 *     UDP, TCP --FORMERR, NOTIMP, BADVERS for a query with EDNS0--> same state without EDNS0
 *     UDP, TCP --time-out, socket's error, SERVFAIL, REFUSED, nonsense over TCP--> the next server;
 *              after the last one the first again, `attempts` times; then FAILED
 *
 * `turn` changes with each packet to be sent. A server that does not answer may be one behind
 * something that drops EDNS0 (RFC 6891, 6.2.6): when everybody has had his turns, those who said
 * nothing get one more query, without EDNS0.
 */
#ifndef IOTHDNS_QUERY_H
#define IOTHDNS_QUERY_H

#include "cache.h"
#include "config.h"
#include "dnsname.h"

enum query_state {
	QUERY_UDP,
	QUERY_TCP,
	QUERY_DONE,
	QUERY_FAILED,
};

#define QUERY_PACKET_MAX 320 /* header, question, an OPT record without options */
#define QUERY_HOPS_MAX   8   /* questions that follow from CNAMEs whose target is not there */

struct query {
	struct config *config; /* a reference */
	struct cache *cache;   /* a reference, or NULL */
	unsigned int flags;    /* IOTHDNS_QUERY_ */
	uint16_t type;
	struct dns_name asked; /* by the caller */
	struct dns_name name;  /* the question's now */

	enum query_state state;
	unsigned int turn;
	uint64_t deadline; /* of the packet that is out */
	uint64_t end;      /* of the look-up: a server that is slow with each step does not hold it */
	int error;         /* errno's number */

	/* Which names: first the search list's, then the name as it is; or just that one. */
	unsigned int candidate;
	unsigned int candidates;
	int worst; /* the error of a candidate that did not just not exist */
	unsigned int hops;

	/* Which server. */
	unsigned int first; /* the one to begin with */
	unsigned int server, tried, round;
	bool plain;        /* this packet is without EDNS0 */
	unsigned int mute; /* a bit for each server that has said nothing to EDNS0 */

	uint16_t id;
	size_t packet_len;
	uint8_t packet[QUERY_PACKET_MAX];
	struct dns_name sent; /* the question as it was spelled */

	uint8_t *reply;
	size_t reply_len;
};

/* Begins a look-up; `first` says which server to begin with. 0, -EINVAL or -ENAMETOOLONG: not a
 * name; then there is nothing to free. */
int query_init(struct query *query, struct config *config, struct cache *cache, unsigned int first,
    const char *name, uint16_t type, unsigned int flags, uint64_t now);
void query_fini(struct query *query);

static inline bool query_has_ended(const struct query *query)
{
	return query->state >= QUERY_DONE;
}

/* The server to send to. */
static inline struct server *query_server(struct query *query)
{
	return &query->config->servers[query->server];
}

/* What came from the server that was asked, and from nobody else. */
void query_received(struct query *query, const uint8_t *bytes, size_t len, uint64_t now);
/* The datagram did not fit into the caller's buffer. */
void query_received_part(struct query *query, const uint8_t *bytes, size_t len, uint64_t now);
void query_socket_failed(struct query *query, int error, uint64_t now); /* errno's number */
void query_timed_out(struct query *query, uint64_t now); /* once the deadline has passed */

#endif
