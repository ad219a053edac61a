/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AF_NETLINK/NETLINK_ROUTE of a stack: links, addresses, routes and neighbours are asked for, made,
 * changed and deleted by the messages of rtnetlink(7), with the kernel's error numbers, and whoever
 * joined a group is told of changes.
 *
 * Requests are dispatched by libnlq's server (libnlq_server.h), which checks what is not the
 * meaning; the handlers here do the rest. Nothing in here waits: a request is answered whole, into
 * the queue of the end that sent it, before netlink_request returns.
 *
 * Memory. What is kept (ends, datagrams in their queues) is the stack's. The messages of one
 * answer, while it is made, are libnlq's: they are gone when the call returns, and there is one
 * dump a datagram.
 *
 * Unlike the kernel's: an answer is not made piece by piece as it is read, so a dump is never
 * interrupted (NLM_F_DUMP_INTR), and a queue may grow beyond its limit by one answer.
 */
#ifndef NETLINK_NETLINK_H
#define NETLINK_NETLINK_H

#include "px.h"

#include <libnlq_server.h>

#define NETLINK_RCVBUF 212992 /* bytes of a queue, as Linux's rmem_default */

#define NETLINK_KIND "vde" /* IFLA_INFO_KIND of interfaces that have a link */

struct px_sock;

/* One socket's end. */
struct netlink_end {
	struct list node; /* netlink_state.ends */
	struct px_stack *stack;
	uint32_t port;   /* nl_pid; 0: not bound yet */
	uint64_t groups; /* bit n - 1: RTNLGRP n */
	struct px_pktq rx;
	uint32_t rcvbuf;
	int error; /* ENOBUFS: a message was lost */
	bool overrun;
	bool grouped; /* has been given groups, none of them perhaps */
	bool ext_ack, cap_ack, no_enobufs, pktinfo, broadcast_error, strict;
	void (*event)(struct netlink_end *end); /* something came, or went wrong */
	struct px_sock *socket;                 /* NULL: no socket's, `owner`'s */
	void *owner;
};

/* The runtime's part in making and deleting interfaces. Each may be NULL. */
struct netlink_links {
	/* Makes one of a kind (IFLA_INFO_KIND). `data` (IFLA_INFO_DATA, `len` bytes) and `name` may be
	 * NULL, `index` 0. The new index, or -errno; -EOPNOTSUPP: no such kind. */
	int (*make)(struct px_stack *stack, const char *kind, const void *data, size_t len,
	    const char *name, uint32_t index);
	/* Deletes one that has a link driver. 0 or -errno. */
	int (*remove)(struct px_iface *iface);
};

struct netlink_state {
	struct list ends;
	uint32_t last_port;
	const struct netlink_links *links;
	/* While a request is handled. */
	struct netlink_end *asker; /* NULL: none is */
	const struct nlmsghdr *request;
};

/* 0 or -errno. */
int netlink_attach(struct px_stack *stack);

/* `links` is constant, or NULL. */
void netlink_set_links(struct px_stack *stack, const struct netlink_links *links);

/* The server of a stack, for dialogs without an end (libnlq's ioctls and /proc/net/dev). */
struct nlq_server netlink_server(struct px_stack *stack);

/* 0 or -ENOMEM. */
int netlink_new(struct px_stack *stack, struct netlink_end **end);
void netlink_free(struct netlink_end *end);

/* `port` 0: any that is free. 0, -EADDRINUSE, -EINVAL (bound to another one). */
int netlink_bind(struct netlink_end *end, uint32_t port);

/* A datagram of requests; its answers are in end->rx afterwards. 0 or -ENOBUFS. */
int netlink_request(struct netlink_end *end, const void *data, size_t len);

/* The first datagram, or with `peek` another view of it; NULL: none, or (peek) no memory. */
struct px_pkt *netlink_take(struct netlink_end *end, bool peek);

/* The group that a datagram was sent to; 0: to this end alone. */
uint32_t netlink_group(const struct px_pkt *pkt);

#endif
