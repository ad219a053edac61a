/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothnamed's core: the bytes of a query, who sent it and what time it is, go in; a reply, or a
 * request to forward the query, comes out. No I/O, no clock, no thread, no allocation.
 *
 * Each thread that serves has a core. They share what is in struct named_shared, whose parts have
 * locks of their own, and a configuration, which does not change: a reload is a new one, put in
 * place by named_core_set_conf between two queries.
 *
 * How a query is answered: it is classified (query.h), then goes through the `auth` records that
 * its name and its client select (auth.h), in the file's order, until one of them has a reply.
 */
#ifndef NAMED_CORE_H
#define NAMED_CORE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <time.h>

#include "conf.h"
#include "cookie.h"
#include "metrics.h"
#include "query.h"

struct named_cache;
struct named_hrev;
struct named_otip_keys;

enum named_verdict {
	NAMED_DROP,
	NAMED_REPLY,
	NAMED_FORWARD, /* no reply yet */
	NAMED_WAIT,    /* neither: a key is being made (hash.h); the same query may be asked again */
};

struct named_client {
	struct in6_addr addr; /* IPv4 is mapped */
	in_port_t port;       /* network order */
	bool tcp;
	bool again; /* the query has waited, and has been counted */
	bool last;  /* and must not wait any more */
};

/* A query to be sent on: with NAMED_FORWARD, and with NAMED_REPLY if `wanted` says so, because what
 * was in the cache will soon be over; then nobody waits for the answer. */
struct named_forward_request {
	bool wanted;
	bool cache; /* an `auth cache` record is before it: what is in there and is stale may serve */
	struct named_query query; /* parsed; its bytes are the caller's */
	/* The client's reply is to have this cookie of ours: see named_reply_cookie. */
	uint8_t cookie_len;
	uint8_t cookie[NAMED_COOKIE_LEN];
};

/* What the threads share. */
struct named_shared {
	struct named_cache *cache; /* NULL: none */
	struct named_hrev *hrev;
	struct named_otip_keys *otip; /* NULL: where only MD5 is configured */
	struct named_cookie_secrets cookie;
};

/* Written to by the core's thread alone. */
struct named_core_stats {
	metric queries_udp, queries_tcp;
	metric dropped, formerr, notimp, badvers, refused, nxdomain, truncated;
	metric by_error, by_static, by_hash, by_otip, by_hrev, by_cache, by_forward;
	metric cookie_none, cookie_new, cookie_good, cookie_bad;
};

struct named_core {
	struct named_conf *conf; /* a reference */
	struct named_shared *shared;
	struct named_hash_memo *memo; /* NULL: no memory for it */
	struct named_core_stats stats;
};

/* Takes a reference to the configuration. */
void named_core_init(struct named_core *core, struct named_conf *conf, struct named_shared *shared);
void named_core_fini(struct named_core *core);

/* Another configuration from the next query on. */
void named_core_set_conf(struct named_core *core, struct named_conf *conf);

/* May this client open a TCP connection (auth accept)? */
bool named_core_accepts(const struct named_core *core, const struct in6_addr *client);

/* One query. `reply` has room for *reply_len bytes, at least NAMED_UDP_MIN; over UDP no more are
 * used than the client takes. NAMED_REPLY: *reply_len are there. `now` is of the monotonic clock,
 * in nanoseconds; `wall` the time that one-time addresses follow. `request` is written to if it is
 * of use. */
enum named_verdict named_core_query(struct named_core *core, const struct named_client *client,
    const uint8_t *query, size_t len, uint64_t now, time_t wall, uint8_t *reply, size_t *reply_len,
    struct named_forward_request *request);

#endif
