/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thread that serves: a loop, a core, a forwarder, and the sockets of both.
 *
 *     udp.c            queries and replies over UDP, in bursts
 *     tcp.c            the listening socket, who may connect, how many
 *     tcp_client.c     a client's connection: pipelined queries, idle time
 *     upstream_udp.c   the forwarder's sockets: one for each query and server
 *     upstream_tcp.c   its connections, one for each server
 *     waiting.c        queries that wait for the key of a one-time address
 *     worker.c         what ties them: queries into the core, replies back to where they belong
 *
 * The first worker is the daemon's main thread; others, on the kernel stack (option workers), have
 * sockets of their own for the same port (SO_REUSEPORT), among which the kernel shares out what
 * comes. Nothing but what is in named_shared is shared between them.
 */
#ifndef NAMED_WORKER_H
#define NAMED_WORKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "core.h"
#include "forward.h"
#include "loop.h"
#include "socket.h"

struct ioth;
struct named_tcp;
struct named_udp;
struct named_upstream_tcp;
struct named_upstream_udp;
struct named_waiting;

#define NAMED_PORT      53
#define NAMED_QUERY_MAX NAMED_FORWARD_QUERY_MAX /* bytes of a query that is taken */

/* Counted by the worker's thread. */
struct named_io_stats {
	metric udp_oversized, udp_unsent;
	metric tcp_accepted, tcp_refused, tcp_full, tcp_idle, tcp_malformed, tcp_open;
	metric upstream_sockets, upstream_connections; /* open now */
};

/* Where a reply goes: the token of a forwarded query. Padding is zero, so that two can be compared
 * byte by byte. */
struct named_path {
	struct in6_addr peer, local; /* IPv4 is mapped; `local` is where the query was sent to */
	uint64_t connection;         /* TCP: its number, from 1; 0: UDP */
	uint32_t place;              /* TCP: in the table of connections */
	uint32_t scope;              /* of a link-local peer */
	uint32_t ifindex;            /* of where it came in, if that matters; or 0 */
	uint32_t query;              /* TCP: its number; over UDP, the same from the same is the same */
	in_port_t port;              /* network order */
	uint16_t padding[3];
};
_Static_assert(sizeof(struct named_path) <= 64, "it is a token of the forwarder's");

struct named_worker {
	unsigned int number;
	struct loop *loop;
	struct loop own_loop; /* of a thread of its own */
	pthread_t thread;
	bool runs;
	struct ioth *request_stack, *forward_stack;
	enum named_sharing sharing; /* of the ports */
	bool leads;                 /* the loop receives for the stack of requests */

	struct named_core core;
	struct named_forward *forward;
	struct loop_timer forward_timer;
	struct loop_job forward_job; /* sets the timer once a turn */
	struct named_udp *udp;
	struct named_tcp *tcp;
	struct named_upstream_udp *upstream_udp;
	struct named_upstream_tcp *upstream_tcp;
	struct named_waiting *waiting;
	struct named_io_stats stats;

	struct named_conf *_Atomic next_conf; /* from another thread; taken when it wakes us */
	struct named_forward_request request; /* of the query being looked at */
	uint8_t reply[NAMED_MESSAGE_MAX];     /* over TCP */
};

struct named_worker_place {
	unsigned int number;
	struct loop *loop; /* NULL: one of its own and, from named_worker_start on, a thread */
	struct ioth *request, *forward;
	enum named_sharing sharing;
	bool leads;
};

/* Opens everything, and serves as soon as the loop runs. What fails is logged. 0 or -errno. */
int named_worker_new(struct named_worker **worker, const struct named_worker_place *place,
    struct named_conf *conf, struct named_shared *shared);
int named_worker_start(struct named_worker *worker);
/* Ends its thread. */
void named_worker_free(struct named_worker *worker);

/* Another configuration, from any thread; takes a reference. */
void named_worker_set_conf(struct named_worker *worker, struct named_conf *conf);

/* A query, by UDP or by TCP. The reply has *reply_len bytes of room; true: it is there, to be sent.
 * Otherwise there is none, or it comes later, by named_udp_reply or named_tcp_reply, maybe before
 * this returns; `*forwarded` says so. */
bool named_worker_query(struct named_worker *worker, const struct named_path *path,
    const uint8_t *bytes, size_t len, uint8_t *reply, size_t *reply_len, bool *forwarded);

/* The same for one that has waited: its reply is sent. False: it has to wait for longer, which it
 * does not if this is the `last` time. */
bool named_worker_ask_again(struct named_worker *worker, const struct named_path *path,
    const uint8_t *bytes, size_t len, bool last);

/* To be called after anything was told to the forwarder. */
void named_worker_forwarded(struct named_worker *worker);

/* ---- udp.c ---- */

/* Opens the socket, on [::]:53 of the stack. 0 or -errno. */
int named_udp_new(struct named_udp **udp, struct named_worker *worker);
void named_udp_free(struct named_udp *udp);
void named_udp_reply(
    struct named_udp *udp, const struct named_path *path, const uint8_t *bytes, size_t len);

/* ---- tcp.c ---- */

int named_tcp_new(struct named_tcp **tcp, struct named_worker *worker);
void named_tcp_free(struct named_tcp *tcp);
/* To a client that may have gone. */
void named_tcp_reply(
    struct named_tcp *tcp, const struct named_path *path, const uint8_t *bytes, size_t len);
void named_tcp_set_options(struct named_tcp *tcp);

/* ---- upstream_udp.c, upstream_tcp.c: see struct named_forward_io ---- */

int named_upstream_udp_new(struct named_upstream_udp **udp, struct named_worker *worker);
void named_upstream_udp_free(struct named_upstream_udp *udp);
int named_upstream_udp_send(struct named_upstream_udp *udp, uint32_t slot,
    const struct named_endpoint *server, const uint8_t *bytes, size_t len);
void named_upstream_udp_close(struct named_upstream_udp *udp, uint32_t slot);

int named_upstream_tcp_new(struct named_upstream_tcp **tcp, struct named_worker *worker);
void named_upstream_tcp_free(struct named_upstream_tcp *tcp);
int named_upstream_tcp_send(struct named_upstream_tcp *tcp, unsigned int number,
    const struct named_endpoint *server, const uint8_t *bytes, size_t len);
void named_upstream_tcp_close(struct named_upstream_tcp *tcp, unsigned int number);

#endif
