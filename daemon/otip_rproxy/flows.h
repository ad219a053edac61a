/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All that goes through the proxy at one time: connections and UDP mappings, and what they share.
 *
 *     window.h    an address outside, with a socket for each service; new flows begin there
 *     backend.h   a service, and what is known of its server, while windows come and go
 *     tcp.h       connections: two sockets, a relay each way
 *     udp.h       mappings: a client's datagrams have a socket of their own inside
 *
 * A flow counts at its window, which is there as long as one does, and at its source. Everything
 * belongs to one loop and one thread, and nothing here knows the time of day.
 */
#ifndef RPROXY_FLOWS_H
#define RPROXY_FLOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "hashtable.h"
#include "idle.h"
#include "log.h"
#include "relay.h"
#include "sources.h"
#include "spin.h"
#include "stats.h"

struct ioth;
struct udp_batch;
struct window;

/* What the configuration says, all at once. */
struct flow_limits {
	uint64_t connections, mappings; /* at one time */
	uint64_t per_source;            /* both together; 0: no limit */
	unsigned int source_prefix;     /* bits of an IPv6 address that tell sources apart */
	loop_time tcp_timeout, udp_timeout, connect_timeout;
	/* Quiet for so long: it makes room for another where there is none. 0: never. */
	loop_time tcp_full_timeout, udp_full_timeout;
	int backlog;
};

struct flows {
	struct loop *loop;
	struct ioth *outer, *inner; /* borrowed; NULL: the kernel's */
	struct flow_limits limits;
	struct sources sources;
	struct hashtable backends;
	struct log_limit told; /* of what they tell */
	struct rproxy_stats stats;
	struct spin spin;

	struct relay_pool pool;
	struct idle connecting, connected; /* of TCP */
	uint64_t connections;

	struct hashtable mappings; /* of UDP: those that doors look for */
	uint64_t mapping_count;    /* and all of them */
	struct idle unanswered, answered;
	struct udp_batch *batch;

	struct list windows;
	/* A window that was closed has no flow any more, and has been freed. */
	void (*gone)(struct flows *flows, const struct in6_addr *address);
};

/* 0 or -errno. It may not be moved in memory. */
int flows_init(struct flows *flows, struct loop *loop, struct ioth *outer, struct ioth *inner,
    const struct flow_limits *limits);

/* For those that there are, too; but none is ended because there are more than there may be now. */
void flows_set_limits(struct flows *flows, const struct flow_limits *limits);

/* Ends all flows, and windows with them. */
void flows_fini(struct flows *flows);

/* Flows that a drain waits for. */
static inline uint64_t flows_open(const struct flows *flows)
{
	return flows->connections + flows->mapping_count;
}

/* Is there a window for this address, an open one or one with flows? */
bool flows_have(const struct flows *flows, const struct in6_addr *address);

/* Is there a place for a new flow of this address? Then it is taken, and its source is the result;
 * else why is counted, at `full` or `per_source`, and it is NULL. `make_room` says whether all of
 * its kind have room, and may end one to make some. */
struct source *flows_enter(struct flows *flows, const struct in6_addr *address,
    bool (*make_room)(struct flows *flows), metric *full, metric *per_source);
void flows_leave(struct flows *flows, struct source *source);

/* The flow that was quiet for longest, if that is long enough (0: it never is) for it to make room
 * for another; or NULL. */
struct idle_entry *flows_quietest(const struct idle *idle, loop_time enough);

/* There was no socket, or no memory, for a flow: counted. */
void flows_count_failure(struct flows *flows, int err);

#endif
