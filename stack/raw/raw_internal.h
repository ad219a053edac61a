/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of raw/ share. */
#ifndef RAW_INTERNAL_H
#define RAW_INTERNAL_H

#include "ping.h"
#include "raw.h"

struct raw_state {
	struct list ends;  /* raw_end.node */
	struct list pings; /* ping_end.node */
};

/* Fixes the peer of an end whose packets have no port (getpeername(2) shows it), or (`ip` NULL)
 * dissolves the association. */
int raw_endpoint_connect(
    struct endpoint *endpoint, const struct px_ip *ip, uint16_t port, uint32_t zone);

/* Echo replies, and errors about echo requests (ip_set_ping). */
void ping_input(struct px_stack *stack, const struct px_pkt *pkt);
void ping_error(struct px_stack *stack, const struct ip_error *error);

#endif
