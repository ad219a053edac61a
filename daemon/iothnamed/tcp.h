/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between tcp.c, which has the listening socket, and tcp_client.c. */
#ifndef NAMED_TCP_H
#define NAMED_TCP_H

#include "stream.h"
#include "worker.h"

struct tcp_client {
	struct loop_source source;
	struct named_tcp *tcp;
	struct loop_job job;
	struct list link; /* of all, the one that was quiet for longest first */
	struct stream stream;
	struct named_path path; /* of the reply to its last query */
	loop_time active;       /* when a query came or a reply went, last */
	unsigned int pending;   /* queries that are forwarded */
	bool ended;             /* it will send no more */
	bool broken;            /* replies could not be queued */
};

struct named_tcp {
	struct loop_source listener;
	struct named_worker *worker;
	struct loop_timer retry; /* after a lack of descriptors */
	struct loop_timer idle;
	loop_time timeout;
	struct list clients;
	uint64_t accepted;
	uint32_t count, max;
	struct tcp_client *places[]; /* max of them */
};

/* A connection that is admitted; there is a place. 0, or -errno and the descriptor is the
 * caller's. */
int tcp_client_new(struct named_tcp *tcp, int fd, const struct sockaddr_in6 *peer);
void tcp_client_close(struct tcp_client *client);

/* Sets the timer for the client that was quiet for longest. */
void tcp_watch_idle(struct named_tcp *tcp);

#endif
