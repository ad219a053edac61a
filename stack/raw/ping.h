/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ends that ask for echoes: SOCK_DGRAM with IPPROTO_ICMP or IPPROTO_ICMPV6, "ping sockets"
 * (icmp(7)). Linux gives them to those whom a sysctl names; a stack is its program's own, so here
 * they are everybody's.
 *
 * Where UDP has a port an end has the identifier of its requests. Only echo requests are sent, with
 * identifier and checksum filled in; only answers to them, and errors about them, are received.
 */
#ifndef RAW_PING_H
#define RAW_PING_H

#include "endpoint.h"

struct ping_end {
	struct endpoint endpoint; /* must be first; lport is the identifier */
	struct list node;         /* raw_state.pings */
};

/* `family` AF_INET or AF_INET6. 0 or -ENOMEM. */
int ping_new(struct px_stack *stack, int family, struct ping_end **end);
void ping_free(struct ping_end *end);

/* Identifier 0: one that nobody has. 0, or -EADDRINUSE, -EADDRNOTAVAIL, -EINVAL. */
int ping_bind(struct ping_end *end, const struct px_ip *ip, uint16_t identifier, uint32_t zone);
/* An identifier, if it has none: -EAGAIN when there are none left. */
int ping_autobind(struct ping_end *end);
/* `ip` NULL: dissolves. The port is shown again, no more. */
int ping_connect(struct ping_end *end, const struct px_ip *ip, uint16_t port, uint32_t zone);

/* Sends an echo request, which begins with its ICMP header; takes it. 0 or -errno. */
int ping_send(struct ping_end *end, struct px_pkt *pkt, const struct endpoint_send *send);

#endif
