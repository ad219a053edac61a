/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UDP (RFC 768, RFC 1122 section 4.1, RFC 8085's advice where it is the stack's business). */
#ifndef UDP_UDP_H
#define UDP_UDP_H

#include "endpoint.h"

int udp_attach(struct px_stack *stack);

struct udp_end {
	struct endpoint endpoint; /* must be first */
	struct px_tnode by_port;  /* udp_state.ports, once it has a port */
	struct px_tnode by_flow;  /* udp_state.flows, while connected */
	bool in_ports, in_flows;
	bool holds; /* its local address is retired, and kept for it */
	struct list node; /* udp_state.ends */
	bool no_check6_tx, no_check6_rx;
	bool gro;         /* UDP_GRO */
	uint16_t segment; /* UDP_SEGMENT: bytes of a datagram; 0: all of it is one */
};

/* `family` AF_INET or AF_INET6. 0 or -ENOMEM. */
int udp_new(struct px_stack *stack, int family, struct udp_end **end);
void udp_free(struct udp_end *end);

/* Port 0: an ephemeral one (RFC 6056). 0, or -EADDRINUSE, -EADDRNOTAVAIL, -EINVAL. */
int udp_bind(struct udp_end *end, const struct px_ip *ip, uint16_t port, uint32_t zone);

/* An ephemeral port, if it has none: -EAGAIN when there are none left. */
int udp_autobind(struct udp_end *end);

/* Fixes the peer, or (`ip` NULL) dissolves the association. */
int udp_connect(struct udp_end *end, const struct px_ip *ip, uint16_t port, uint32_t zone);

/* Of a received packet: the size of the datagrams that it was joined from (UDP_GRO); 0: it is one.
 */
uint16_t udp_joined_size(const struct px_pkt *pkt);

/* Sends a payload (with head room PX_PKT_HEADROOM); takes it. 0 or -errno. */
int udp_send(struct udp_end *end, struct px_pkt *payload, const struct endpoint_send *send);

#endif
