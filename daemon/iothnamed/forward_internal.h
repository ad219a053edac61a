/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forwarder's inside. Who does what:
 *
 *     forward.c         queries come in, events are told, ends
 *     forward_table.c   who waits: queries, clients, their shares
 *     forward_try.c     a query's way through the servers
 *     forward_match.c   is this the reply to that? what does it mean?
 *     forward_answer.c  replies to clients
 *     forward_server.c  health and round-trip times of servers, round robin
 *     forward_probe.c   is a suspected server there again?
 *     forward_cookie.c  cookies between us and servers
 *     edns.c            options taken out of a message, and put in
 *
 * A query's states, and what moves it:
 *
 *     HELD --the query before it with the same question has ended, or left UDP--> UDP
 *     UDP  --truncated; somebody guesses ids--> TCP
 *     any  --answered, or given up--> freed
 *
 * A query of a TCP client begins in TCP. To each server there is one try, which is
 *
 *     NONE --sent--> LIVE --its time is over--> LATE --sent again--> LIVE
 *     LIVE, LATE --error, or a reply of failure--> FAILED
 *
 * Where a try is LIVE the query waits for it, and `live` is its number. Tries that are LATE can
 * still be answered.
 */
#ifndef NAMED_FORWARD_INTERNAL_H
#define NAMED_FORWARD_INTERNAL_H

#include "cache_answer.h"
#include "cache_feed.h"
#include "forward.h"
#include "hashtable.h"
#include "list.h"
#include "message.h"
#include "reply.h"
#include "timerq.h"

#define FORWARD_MSEC 1000000U

#define FORWARD_NEAR_MISSES  3   /* wrong ids or questions that make a query leave UDP */
#define FORWARD_TCP_QUEUE    256 /* queries out on one connection */
#define FORWARD_TCP_IDLE     (10000ULL * FORWARD_MSEC) /* an unused connection is kept for so long */
#define FORWARD_PATIENCE_MIN (50ULL * FORWARD_MSEC)    /* even for a server nearby */
#define FORWARD_RESEND_MAX   (1000ULL * FORWARD_MSEC)
#define FORWARD_PROBE_MIN    (1000ULL * FORWARD_MSEC)
#define FORWARD_PROBE_MAX    (30000ULL * FORWARD_MSEC)
/* One server has failed, another said nothing: for so long from the query's begin it may. */
#define FORWARD_GRACE        (1000ULL * FORWARD_MSEC)
/* RFC 8767, 5: a client that waited for so long gets what is stale. */
#define FORWARD_STALE_AFTER  (1800ULL * FORWARD_MSEC)

#define NO_TRY (-1)

struct forward_query;

enum forward_try_state { TRY_NONE, TRY_LIVE, TRY_LATE, TRY_FAILED };

struct forward_try {
	struct forward_query *query;
	uint8_t number; /* of the server, and of this in the query's array */
	uint8_t state;
	bool tcp;
	uint8_t near_misses;
	uint8_t sends;
	uint16_t id;
	uint64_t sent;               /* first */
	struct list link;            /* TCP: in the server's */
	struct hashtable_link by_id; /* TCP: in the engine's */
};

enum forward_state { FORWARD_HELD, FORWARD_UDP, FORWARD_TCP };

struct forward_query {
	struct named_forward *forward;
	uint32_t index; /* its place in the table */
	enum forward_state state;
	struct hashtable_link by_question;
	struct list held;      /* HELD: in the list of the one that is out */
	struct list held_back; /* of this one: those that wait for it */
	struct list waiters;
	struct timerq_timer timer;
	uint64_t begun, end;
	uint64_t stale_at; /* TIMERQ_NEVER: not, or no more */
	uint64_t until;    /* the live try's time, or the grace that others have; or TIMERQ_NEVER */
	int live;
	bool tcp_client; /* came over TCP: its like are not those of UDP */
	int error;       /* of a socket, the last */
	/* What the clients get if there is nothing better: an allocated reply. */
	uint8_t *fallback;
	size_t fallback_len;
	bool fallback_truncated; /* it is an answer, though not all of it */
	struct forward_try tries[NAMED_FORWARD_SERVERS];
	bool own_cookie;  /* it has no COOKIE of a client's in it */
	uint16_t options; /* where its options of EDNS0 begin; 0: there is no OPT */
	uint16_t name_len;
	uint16_t len;
	uint8_t bytes[]; /* as it is sent; the id, and a cookie of ours, are each try's */
};

/* A client's place in the table. */
struct forward_waiter {
	struct list link;
	struct forward_share *share;
	struct named_forward_client client;
	uint16_t id;
	uint8_t cookie[NAMED_COOKIE_CLIENT_LEN]; /* the client's, if client.cookie_len > 0 */
	uint8_t name[];                          /* as it spells it: the query's name_len bytes */
};

/* How many places a client has. */
struct forward_share {
	struct hashtable_link link;
	struct in6_addr address;
	unsigned int count;
};

struct forward_server {
	struct named_endpoint endpoint;
	bool suspected;
	uint64_t srtt, rttvar; /* RFC 6298; 0: nothing measured yet */
	uint64_t heard;        /* when something came, last */
	uint64_t asked_since;  /* the first packet that was sent after that; 0: none */
	uint64_t probe_at, probe_interval;
	bool probing; /* one is out */
	uint16_t probe_id;
	struct list tcp_tries;
	unsigned int tcp_count;
	bool tcp_open; /* something was sent since the last end */
	struct timerq_timer idle;
	/* RFC 7873, 5: the server's cookie, once it is known; ours is made of a secret. */
	uint8_t cookie_len;
	uint8_t cookie[NAMED_COOKIE_SERVER_MAX];
};

struct named_forward {
	struct named_forward_config config;
	const struct named_forward_io *io;
	void *context;
	struct forward_server servers[NAMED_FORWARD_SERVERS];
	unsigned int turn; /* which server is next */
	struct timerq timers;
	struct siphash_key key, cookie_key;

	/* forward_table.c */
	struct forward_query **table;
	uint32_t *free_indices;
	unsigned int free_count;
	unsigned int places; /* taken by those who wait */
	struct hashtable questions;
	struct hashtable shares;
	struct hashtable tcp_ids;

	uint16_t ids[32]; /* random; those from id_next on are unused */
	unsigned int id_next;

	struct named_forward_stats stats;
	struct named_message message; /* the one being looked at */
	uint8_t scratch[NAMED_MESSAGE_MAX + 1];
};

/* ---- forward_table.c ---- */

int forward_table_init(struct named_forward *forward);
void forward_table_fini(struct named_forward *forward);

/* A query with the bytes that are to be sent, in no state yet; NULL: no place or no memory. */
struct forward_query *forward_query_new(
    struct named_forward *forward, const struct named_query *query, bool tcp, uint64_t now);
/* With its waiters, who are not told; its tries have been ended. */
void forward_query_free(struct forward_query *query);

/* The one that is out with the same bytes, but for id and case. */
struct forward_query *forward_find_same(
    struct named_forward *forward, const struct named_query *query, bool tcp);
/* The one that is out over UDP with the same question. */
struct forward_query *forward_find_rival(const struct forward_query *query);

/* 0, -EEXIST: it waits already, -EBUSY: no place for this client, or -ENOMEM. */
int forward_add_waiter(struct forward_query *query, const struct named_query *asked,
    const struct named_forward_client *client);
void forward_remove_waiter(struct forward_query *query, struct forward_waiter *waiter);

/* A random id. 0 or -errno. */
int forward_random_id(struct named_forward *forward, uint16_t *id);

struct forward_try *forward_find_tcp_try(
    struct named_forward *forward, unsigned int number, uint16_t id);
void forward_add_tcp_try(struct forward_try *try);
void forward_remove_tcp_try(struct forward_try *try);

/* ---- forward_server.c ---- */

void forward_servers_init(struct named_forward *forward, const struct named_forward_config *config);
/* The next in turn of those that the query has not tried, suspects last; or NO_TRY. */
int forward_choose(struct named_forward *forward, const struct forward_query *query);
bool forward_all_suspected(const struct named_forward *forward);
/* How long to wait for it. */
uint64_t forward_patience(const struct named_forward *forward, unsigned int number);
/* `rtt` 0: it says nothing about the time that it took. */
void forward_server_heard(
    struct named_forward *forward, unsigned int number, uint64_t rtt, uint64_t now);
void forward_server_asked(struct named_forward *forward, unsigned int number, uint64_t now);
/* It has let a query wait for its time. */
void forward_server_silent(struct named_forward *forward, unsigned int number, uint64_t now);
void forward_server_unreachable(struct named_forward *forward, unsigned int number, uint64_t now);
bool forward_is_endpoint(const struct named_endpoint *a, const struct named_endpoint *b);

/* ---- forward_probe.c ---- */

/* Asks the suspected servers whose time has come. */
void forward_probe_due(struct named_forward *forward, uint64_t now);
void forward_close_probe(struct named_forward *forward, unsigned int number);
/* What came to, or became of, a slot that is no query's. */
void forward_probe_received(struct named_forward *forward, uint32_t slot,
    const struct named_endpoint *from, const uint8_t *bytes, size_t len, uint64_t now);
void forward_probe_failed(struct named_forward *forward, uint32_t slot);

/* ---- forward_try.c ---- */

/* Sends it, or holds it back. May end it, as may the others. */
void forward_start(struct forward_query *query, uint64_t now);
/* Over TCP from now on, beginning with this server. */
void forward_go_tcp(struct forward_query *query, unsigned int first, uint64_t now);
/* Begins again, with other servers. */
void forward_restart(struct forward_query *query, uint64_t now);
/* A try has failed: errno's number, or 0 for a reply that says so. */
void forward_try_failed(struct forward_try *try, int error, uint64_t now);
/* Does an error say that the server is not there? Others are ours: no descriptor, no memory. */
bool forward_is_servers_error(int error);
/* Sends one once more. */
void forward_try_again(struct forward_try *try, uint64_t now);
/* The query's deadline has come. */
void forward_query_due(struct forward_query *query, uint64_t now);
/* The connection to a server is no more: its tries are sent once more, or have failed. */
void forward_connection_lost(
    struct named_forward *forward, unsigned int number, int error, uint64_t now);
/* All tries are closed, and again none. */
void forward_close_tries(struct forward_query *query, uint64_t now);
/* Frees it; those that were held back are due. */
void forward_end(struct forward_query *query, uint64_t now);

/* ---- forward_match.c ---- */

/* Bytes from the server that was asked by this try. May end the query. */
void forward_received(struct forward_try *try, const uint8_t *bytes, size_t len, uint64_t now);

/* ---- forward_cookie.c ---- */

/* Puts our cookie for a server into a copy of the query; its length. */
size_t forward_put_cookie(const struct named_forward *forward, const struct forward_query *query,
    unsigned int number, uint8_t *bytes);
/* Has the reply that was parsed the cookie that it should have? Its server's is learnt. */
bool forward_check_cookie(
    struct named_forward *forward, const struct forward_query *query, unsigned int number);

/* ---- forward_answer.c ---- */

/* A server's reply, which has been parsed, to all who wait. */
void forward_answer_all(struct forward_query *query, const uint8_t *bytes, size_t len);
/* Out of the cache to those who may: how many got one; those wait no longer. */
unsigned int forward_answer_cached(struct forward_query *query, bool stale, uint64_t now);
/* There is no answer: what was kept for that, what is stale, or SERVFAIL to all who wait. */
void forward_answer_failure(struct forward_query *query, uint64_t now);
/* SERVFAIL to a client whose query has no place. */
void forward_refuse(struct named_forward *forward, const struct named_query *query,
    const struct named_forward_client *client, enum named_ede ede);

#endif
