/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The send queue: the caller's packets, whose bytes are referenced by the segments that carry them,
 * until the peer has acknowledged them.
 *
 * Many small writes are joined in a packet of their own size class as they come, so that neither
 * the descriptions outweigh the bytes nor a segment is made of many pieces.
 */
#include "tcp_internal.h"

#define JOIN_MAX  1024 /* writes up to this are copied behind the ones before */
#define JOIN_ROOM 8192

static uint32_t start_of(const struct px_pkt *pkt)
{
	return (uint32_t)pkt->cb.word[0];
}

static void link_packet(struct tcp_end *end, struct px_pkt *pkt)
{
	pkt->cb.word[0] = end->write_seq;
	end->write_seq += pkt->total;
	end->sendq_truesize += px_pkt_truesize(pkt);
	px_pktq_append(&end->sendq, pkt);
}

/* Copies a small write behind the one before; false: it stands for itself. */
static bool join(struct tcp_end *end, const struct px_pkt *pkt)
{
	struct px_pkt *last = end->sendq.last, *fresh;
	size_t len = pkt->total;
	uint8_t *bytes;

	/* A packet whose head is on its way is added to behind what was sent: those bytes are
	 * nobody's yet. */
	if (len > JOIN_MAX || !last)
		return false;
	bytes = px_pkt_put(last, len);
	if (!bytes) {
		if (last->total > JOIN_ROOM)
			return false;
		fresh = px_pkt_new(tcp_stack(end)->mem, 0, JOIN_ROOM - sizeof(struct px_pkt));
		if (!fresh)
			return false;
		bytes = px_pkt_put(fresh, len);
		px_pkt_read(pkt, 0, bytes, len);
		link_packet(end, fresh);
		return true;
	}
	px_pkt_read(pkt, 0, bytes, len);
	end->sendq.bytes += len;
	end->write_seq += (uint32_t)len;
	return true;
}

void tcp_sendq_append(struct tcp_end *end, struct px_pkt *pkt)
{
	if (join(end, pkt))
		px_pkt_free(pkt);
	else
		link_packet(end, pkt);
}

/* Frees what lies wholly below SND.UNA. */
void tcp_sendq_acked(struct tcp_end *end)
{
	struct px_pkt *pkt;

	while ((pkt = end->sendq.first) && seq_le(start_of(pkt) + pkt->total, end->snd_una)) {
		px_pktq_take(&end->sendq);
		end->sendq_truesize -= px_pkt_truesize(pkt);
		px_pkt_free(pkt);
	}
}

void tcp_sendq_clear(struct tcp_end *end)
{
	struct tcp_segment *segment;

	while ((segment = list_first(&end->segments, struct tcp_segment, node)))
		tcp_segment_free(end, segment);
	end->sacked = end->lost = end->retrans = end->sacked_count = 0;
	px_pktq_clear(&end->sendq);
	end->sendq_truesize = 0;
}

struct px_pkt *tcp_sendq_from(struct px_pkt *pkt, uint32_t seq)
{
	while (pkt && seq_le(start_of(pkt) + pkt->total, seq))
		pkt = pkt->next;
	return pkt;
}

struct px_pkt *tcp_sendq_find(const struct tcp_end *end, uint32_t seq)
{
	struct px_pkt *pkt = end->sendq.first;
	const struct tcp_segment *last = list_last(&end->segments, struct tcp_segment, node);

	/* New data begins where the last segment ended, or a little later. */
	if (last && last->data && seq_ge(seq, last->seq))
		pkt = last->data;
	return tcp_sendq_from(pkt, seq);
}

uint32_t tcp_sendq_reach(const struct tcp_end *end, uint32_t seq, uint32_t len)
{
	const struct px_pkt *pkt = tcp_sendq_find(end, seq);
	uint32_t reach = 0;

	for (unsigned int pieces = 0; pkt && reach < len; pkt = pkt->next) {
		pieces += 1u + pkt->slices;
		if (pieces > PX_PKT_SLICES)
			return reach;
		reach += start_of(pkt) + pkt->total - (seq + reach);
	}
	return reach < len ? reach : len;
}

/* Adds a part of `from` by reference; false: too many pieces. */
static bool add_part(struct px_pkt *pkt, const struct px_pkt *from, uint32_t offset, uint32_t len)
{
	if (offset < from->len) {
		uint32_t n = from->len - offset < len ? from->len - offset : len;
		if (px_pkt_add_slice(pkt, from->block, px_pkt_here(from) + offset, n) < 0)
			return false;
		len -= n;
		offset = 0;
	} else {
		offset -= from->len;
	}
	for (unsigned int i = 0; i < from->slices && len; i++) {
		const struct px_slice *slice = &from->slice[i];
		uint32_t n;
		if (offset >= slice->len) {
			offset -= slice->len;
			continue;
		}
		n = slice->len - offset < len ? slice->len - offset : len;
		if (px_pkt_add_slice(pkt, slice->block, slice->offset + offset, n) < 0)
			return false;
		len -= n;
		offset = 0;
	}
	return true;
}

/* Too many small pieces: the bytes are copied. */
static bool fill_copy(
    struct tcp_end *end, struct px_pkt *pkt, const struct px_pkt *from, uint32_t seq, uint32_t len)
{
	struct px_block *block = px_block_new(tcp_stack(end)->mem, len);
	uint32_t done = 0;

	if (!block)
		return false;
	px_pkt_trim(pkt, 0);
	for (; from && done < len; from = from->next) {
		uint32_t offset = seq + done - start_of(from);
		done += (uint32_t)px_pkt_read(from, offset, block->data + done, len - done);
	}
	px_pkt_add_slice(pkt, block, 0, done);
	px_block_unref(block);
	return done == len;
}

bool tcp_sendq_fill(
    struct tcp_end *end, struct px_pkt *pkt, const struct px_pkt *from, uint32_t seq, uint32_t len)
{
	const struct px_pkt *at = from;
	uint32_t done = 0;

	while (at && done < len) {
		uint32_t offset = seq + done - start_of(at);
		uint32_t n = at->total - offset < len - done ? at->total - offset : len - done;
		if (!add_part(pkt, at, offset, n))
			return fill_copy(end, pkt, from, seq, len);
		done += n;
		at = at->next;
	}
	return done == len;
}
