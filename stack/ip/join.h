/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Joining on receipt: the segments of a burst that continue each other go up as one.
 *
 * IP and TCP look at one header then, for up to 64 frames; TCP takes the chain whole where that is
 * the same as one by one (tcp/input.c), and apart where it is not. Nothing is held beyond the burst
 * (px_input), and packet sockets and records, which sit below, see each frame.
 *
 * What may be joined is what Linux's GRO joins: TCP in order, for an address of ours, with headers
 * that differ in nothing but sequence number, lengths, checksums, IPv4 id and PSH; so the ECN bits,
 * the acknowledgement, the window and all options, timestamps too, are those of the first. SYN,
 * FIN, RST, URG, CWR, a segment without data, fragments and IP options are never joined. PSH, and a
 * segment shorter than the first, end a chain; a longer one begins the next. All checksums have
 * been verified.
 */
#ifndef IP_JOIN_H
#define IP_JOIN_H

#include "px.h"

struct ip_join;

/* Takes an IP packet of a burst if it is held, or joined to one that is. False: it is to be handled
 * at once; what of its flow was held has been. */
bool ip_join_take(struct px_stack *stack, struct px_pkt *pkt);

/* The burst has ended: all that is held goes up. */
void ip_join_flush(struct px_stack *stack);

void ip_join_free(struct px_stack *stack);

#endif
