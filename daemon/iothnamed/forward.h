/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forwarder's engine: queries go to other servers, their replies back to who asked. No I/O, no
 * clock: bytes and the time (nanoseconds, monotonic) in; what to send, and to whom to reply, out
 * through a table of functions; and a next deadline.
 *
 * A query is sent as it came, but for its id, and for what the options x20 and cookies change; the
 * reply goes back as it came, with the client's id and the name as this client spells it. Over UDP
 * if it came so, over TCP likewise; over TCP also when the reply is truncated and the client would
 * take a larger one, or when somebody guesses ids.
 *
 * Which server. They take turns (round robin). One that has not answered within a few round trips
 * (300 ms at most), that cannot be reached, or that says SERVFAIL, REFUSED, FORMERR or nonsense is
 * followed by the next one; what was sent to it stays open, and its answer counts if it comes. A
 * server that says nothing at all is suspected: no query waits for it as long as there are others,
 * but some are sent to it as well (1 s after, then 2 s, 4 s, ... 30 s), and one answer restores it.
 * When all have had their turns, datagrams are sent again until the query's life (3 s) is over.
 * Then: what a server has said in its SERVFAIL or REFUSED; or an expired answer of the cache, if
 * that is wanted (RFC 8767); or SERVFAIL with the reason (RFC 8914).
 *
 * Against spoofing (RFC 5452). Each query has a random id, and a socket of its own for each server,
 * with a random port; a reply is taken from the address that was asked, with the id and the
 * question, letter by letter. There is never more than one query out over UDP for a name, type and
 * class: identical ones are one query with several clients, others (different flags or EDNS) are
 * held until the first has its answer. After a few replies with a wrong id the query goes over TCP.
 *
 * Memory is bounded: so many clients wait, and a single one may have as many as others can still
 * get: the last free place is nobody's. Who has no place gets SERVFAIL.
 *
 * An engine belongs to one thread, and has a cache that it shares with others.
 */
#ifndef NAMED_FORWARD_H
#define NAMED_FORWARD_H

#include <netinet/in.h>

#include "cache.h"
#include "metrics.h"
#include "query.h"

#define NAMED_FORWARD_SERVERS   8
#define NAMED_FORWARD_TABLE     1024
#define NAMED_FORWARD_TABLE_MAX 65536
#define NAMED_FORWARD_LIFE      3000000000U /* nanoseconds */
#define NAMED_FORWARD_PATIENCE  300000000U  /* likewise */
#define NAMED_FORWARD_QUERY_MAX 4096        /* bytes; a larger query is not forwarded */

#define NAMED_FORWARD_SLOTS(table) (((table) + 1) * NAMED_FORWARD_SERVERS)

struct named_endpoint {
	struct in6_addr address; /* IPv4: mapped */
	uint16_t port;           /* in host byte order */
	uint32_t scope;          /* of a link-local address, or 0 */
};

/* Who waits for a reply. Copied, and given back with it. */
struct named_forward_client {
	struct in6_addr address; /* whose place in the table it takes */
	uint16_t udp_limit;      /* bytes that a reply may have; 0: over TCP */
	bool cached;             /* may be answered out of the cache, too */
	/* Our cookie, which its reply is to have beside its own (RFC 7873); the one that came with the
	 * query is not forwarded then. 0 bytes: no such. */
	uint8_t cookie_len;
	uint8_t cookie[NAMED_COOKIE_SERVER_MAX];
	/* The caller's. Two that are equal, with equal ids, are one query that was sent twice. */
	_Alignas(8) uint8_t token[64];
};

/* What the engine asks for. None of these may call it. */
struct named_forward_io {
	/* Sends a datagram to a server. A slot is a socket; it is opened, connected and bound to a port
	 * of chance by the first sending, used by those that follow, and closed by udp_close. 0 or
	 * -errno, and then the slot is closed; to close it once more is harmless. Slots are numbers
	 * below NAMED_FORWARD_SLOTS of the table's size. */
	int (*udp_send)(void *context, uint32_t slot, const struct named_endpoint *server,
	    const uint8_t *bytes, size_t len);
	void (*udp_close)(void *context, uint32_t slot);
	/* Sends a message over the connection to a server (its number in the configuration), which is
	 * opened if there is none; until it stands the messages are queued. 0 or -errno: no connection.
	 * Its end is told by named_forward_tcp_closed, once, if it was not tcp_close's. */
	int (*tcp_send)(void *context, unsigned int number, const struct named_endpoint *server,
	    const uint8_t *bytes, size_t len);
	void (*tcp_close)(void *context, unsigned int number);
	/* The reply to a client. */
	void (*reply)(
	    void *context, const struct named_forward_client *client, const uint8_t *bytes, size_t len);
	/* Random bytes, at most 256. 0 or -errno. */
	int (*random)(void *context, void *bytes, size_t len);
};

/* Zeros are defaults. */
struct named_forward_config {
	struct named_endpoint servers[NAMED_FORWARD_SERVERS];
	unsigned int server_count;
	unsigned int table;        /* clients that wait: NAMED_FORWARD_TABLE */
	unsigned int share;        /* of one client, at most */
	uint64_t life;             /* nanoseconds: NAMED_FORWARD_LIFE */
	uint64_t patience;         /* nanoseconds that a server has: NAMED_FORWARD_PATIENCE */
	bool x20;                  /* letters of the name in random case (draft-vixie-dnsext-dns0x20) */
	bool cookies;              /* COOKIE is between us and the servers (RFC 7873, 5.1) */
	struct named_cache *cache; /* borrowed; NULL: none */
};

struct named_forward_stats {
	metric queries, merged, held, prefetches;
	metric refused; /* the table, or the client's share of it, is full; or no memory */
	metric udp_sent, tcp_sent, resent;
	metric probes;
	metric replies, failures; /* to clients: a server's; SERVFAIL of ours */
	metric stale;
	metric timeouts, errors;       /* of servers: nothing came; a socket's error */
	metric server_failures;        /* replies SERVFAIL, REFUSED, FORMERR, NOTIMP */
	metric truncated, near_misses; /* that made queries go over TCP; wrong ids and questions */
	metric malformed;
	metric unknown;   /* for nobody, or too late */
	metric waiting;   /* now */
	metric suspected; /* servers, now */
};

struct named_forward;

/* 0, -EINVAL: too many servers or too large a table, -ENOMEM, or -errno of the random numbers. */
int named_forward_new(struct named_forward **forward, const struct named_forward_config *config,
    const struct named_forward_io *io, void *context);

/* Nobody is replied to; slots and connections are closed. */
void named_forward_free(struct named_forward *forward);

/* Another configuration; of its fields `table` and `cache` stay as they are. Where the servers are
 * others what is out is sent to these. 0 or -EINVAL. */
int named_forward_reconfigure(
    struct named_forward *forward, const struct named_forward_config *config, uint64_t now);

/* A query of a client; NULL: of nobody, for the cache's sake. There will be one reply, perhaps
 * before this returns; none where the client has sent the same before. */
void named_forward_query(struct named_forward *forward, const struct named_query *query,
    const struct named_forward_client *client, uint64_t now);

/* What came. Unknown slots and numbers are harmless. */
void named_forward_udp_received(struct named_forward *forward, uint32_t slot,
    const struct named_endpoint *from, const uint8_t *bytes, size_t len, uint64_t now);
void named_forward_tcp_received(struct named_forward *forward, unsigned int number,
    const uint8_t *bytes, size_t len, uint64_t now);

/* What went wrong: errno's number. The slot is closed by the engine; of the connection (0: the
 * server closed it) this is the end. */
void named_forward_udp_failed(
    struct named_forward *forward, uint32_t slot, int error, uint64_t now);
void named_forward_tcp_closed(
    struct named_forward *forward, unsigned int number, int error, uint64_t now);

/* The next deadline, or TIMERQ_NEVER; and what is to be called when it has come. */
uint64_t named_forward_deadline(const struct named_forward *forward);
void named_forward_expire(struct named_forward *forward, uint64_t now);

/* Written by the engine's thread, to be read by any. */
const struct named_forward_stats *named_forward_get_stats(const struct named_forward *forward);

#endif
