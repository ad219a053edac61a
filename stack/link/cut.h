/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Super-segments of TCP as the frames that go on the wire (segmentation in software).
 *
 * TCP hands down up to 64 KiB in one packet: one record, one look at the route, one header. Behind
 * the last queue it becomes frames of `segment` bytes of data, each with a header of its own:
 * sequence number, lengths, checksums; CWR on the first alone (RFC 3168 section 6.1.2), FIN and PSH
 * on the last. The data stay where they are.
 *
 * A driver that says PX_LINK_CUT does that itself while it sends, without a packet for each frame.
 * For all others, and while somebody looks at frames (a packet socket, a record), it is done before
 * the transmit queue: who looks sees what the wire carries.
 */
#ifndef LINK_CUT_H
#define LINK_CUT_H

#include "px.h"

/* Of a frame's headers: Ethernet with a tag, IPv4 or IPv6 without anything more, TCP. */
#define CUT_HEADER_MAX 128
#define CUT_PIECES_MAX (PX_PKT_SLICES + 1)

struct cut {
	const struct px_pkt *pkt;
	uint32_t done;      /* bytes of data that are in frames */
	unsigned int slice; /* where the next frame's begin */
	uint32_t offset;
};

/* `frame` is borrowed. */
void cut_begin(struct cut *cut, const struct px_pkt *frame);

/* The next frame: its headers are written to `header`, the pieces point there and into the packet.
 * 0: there is none. */
unsigned int cut_next(
    struct cut *cut, uint8_t header[CUT_HEADER_MAX], struct iovec piece[CUT_PIECES_MAX]);

static inline bool cut_ended(const struct cut *cut)
{
	return cut->done == cut->pkt->total - cut->pkt->len;
}

/* The first `count` frames, not all of them, are sent: the packet stands for the rest. */
void cut_advance(struct px_pkt *frame, unsigned int count);

/* The frames as packets, which share the data; takes `frame`. Less than all of them when memory is
 * refused: they are lost. */
void cut_apart(struct px_stack *stack, struct px_pkt *frame, struct px_pktq *frames);

#endif
