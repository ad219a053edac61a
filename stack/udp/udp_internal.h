/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of udp/ share. */
#ifndef UDP_INTERNAL_H
#define UDP_INTERNAL_H

#include "udp.h"

/* SO_NO_CHECK and UDP_NO_CHECK6_TX. */
static inline bool udp_without_checksum(const struct udp_end *end, bool is4)
{
	return is4 ? (end->endpoint.flags & ENDPOINT_NO_CHECK) != 0 : end->no_check6_tx;
}

/* Adds a received datagram to the one before it in the queue; takes it then. False: it stays the
 * caller's, to be queued. */
bool udp_join(struct udp_end *end, struct px_pkt *pkt);

#endif
