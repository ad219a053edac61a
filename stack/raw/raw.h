/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Raw IP ends: raw(7), and RFC 3542 section 3 for IPv6. */
#ifndef RAW_RAW_H
#define RAW_RAW_H

#include "endpoint.h"

int raw_attach(struct px_stack *stack);

struct raw_end {
	struct endpoint endpoint; /* must be first; endpoint.protocol: 1 .. 255 (255 only sends) */
	struct list node;         /* raw_state.ends */
	uint32_t icmp4_filter;    /* ICMP_FILTER: a bit set keeps the type out */
	uint32_t icmp6_filter[8]; /* ICMP6_FILTER: a bit set keeps the type out */
	int checksum_at;          /* IPV6_CHECKSUM: offset; -1: none */
};

/* 0 or -errno: -ENOMEM, -EPROTONOSUPPORT. */
int raw_new(struct px_stack *stack, int family, uint8_t protocol, struct raw_end **end);
void raw_free(struct raw_end *end);

int raw_bind(struct raw_end *end, const struct px_ip *ip, uint32_t zone);
/* `ip` NULL: dissolves. The port is shown again, no more. */
int raw_connect(struct raw_end *end, const struct px_ip *ip, uint16_t port, uint32_t zone);

/* Sends a transport's packet, or with IP_HDRINCL a whole one; takes it. 0 or -errno. */
int raw_send(struct raw_end *end, struct px_pkt *pkt, const struct endpoint_send *send);

#endif
