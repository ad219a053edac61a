/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The scoreboard: which of the segments sent have arrived out of order (RFC 2018), twice (RFC
 * 2883), or are believed lost; the counts that RFC 6675's pipe is made of.
 *
 * The peer may lie. A block that lies outside of what is on its way is ignored; one that covers a
 * part of a segment counts for the whole full-sized segments in it, so that nobody can make us keep
 * a record for each byte. A block costs what it says for the first time (sentmap.c).
 */
#include "tcp_internal.h"

/* ---- marks ---- */

/* Its last transmission. */
static void note_lost(struct tcp_end *end, const struct tcp_segment *segment)
{
	struct tcp_cc_loss loss = {.mark = &segment->mark,
	    .seq = segment->seq,
	    .bytes = tcp_segment_len(segment),
	    .now = tcp_stack(end)->now};

	tcp_rate_lost(&end->rate, loss.bytes);
	tcp_cc_lost(&end->cc, &loss);
}

void tcp_mark_lost(struct tcp_end *end, struct tcp_segment *segment)
{
	uint32_t len = tcp_segment_len(segment);

	if (segment->flags & TCP_SEG_SACKED)
		return;
	if (segment->flags & TCP_SEG_RETRANS) {
		/* The retransmission got lost, too. */
		tcp_segment_mark(segment, 0, TCP_SEG_RETRANS);
		end->retrans -= len;
		PX_COUNT(tcp_stack(end), TcpExtTCPLostRetransmit);
		note_lost(end, segment);
	}
	list_remove(&segment->by_time);
	if (segment->flags & TCP_SEG_LOST)
		return;
	tcp_segment_mark(segment, TCP_SEG_LOST, 0);
	end->lost += len;
	note_lost(end, segment);
}

void tcp_unmark_lost(struct tcp_end *end, struct tcp_segment *segment)
{
	if (!(segment->flags & TCP_SEG_LOST))
		return;
	tcp_segment_mark(segment, 0, TCP_SEG_LOST);
	end->lost -= tcp_segment_len(segment);
}

/* A segment has arrived at the peer, as an ACK or a SACK block says. */
void tcp_segment_delivered(
    struct tcp_end *end, struct tcp_segment *segment, struct tcp_ack_state *ack, bool by_sack)
{
	struct px_stack *stack = tcp_stack(end);
	uint32_t len = tcp_segment_len(segment);
	bool again = segment->flags & TCP_SEG_EVER_RETRANS;

	if (segment->flags & TCP_SEG_SACKED) {
		end->sacked -= len;
		end->sacked_count--;
		tcp_segment_mark(segment, 0, TCP_SEG_SACKED);
		return; /* it was counted when it was sacked */
	}
	tcp_rate_delivered(&end->rate, &ack->rate, &segment->mark, len, again, stack->now);
	tcp_rack_advance(end, segment, ack);
	/* RFC 8985 section 6.2, step 3: an original that arrives behind a later one. Not behind one
	 * that this same ACK tells of: blocks come in any order, and before the number is looked at. */
	if (!again && seq_lt(segment->end, ack->prior_fack) && !end->rack.reordered) {
		end->rack.reordered = true;
		end->reord_seen++;
		PX_COUNT(stack, TcpExtTCPSACKReorder);
	}
	if (segment->flags & TCP_SEG_RETRANS) {
		end->retrans -= len;
		tcp_segment_mark(segment, 0, TCP_SEG_RETRANS);
	}
	tcp_unmark_lost(end, segment);
	if (!by_sack)
		return;
	tcp_segment_mark(segment, TCP_SEG_SACKED, 0);
	end->sacked += len;
	end->sacked_count++;
	list_remove(&segment->by_time);
	if (end->sacked_count == 1 || seq_gt(segment->end, end->high_sacked))
		end->high_sacked = segment->end;
	ack->data_sacked = true;
	if (!again) {
		ack->sack_rtt = stack->now - segment->sent ? stack->now - segment->sent : 1;
		if (seq_le(segment->end, end->high_seq))
			ack->original_arrived = true;
	}
}

/* ---- blocks ---- */

/* A block that begins or ends inside a segment: cuts it where one of its frames ends, if it is
 * larger. Returns whether (what is left of) `segment` is covered wholly. */
static bool cut_to(struct tcp_end *end, struct tcp_segment *segment, uint32_t left, uint32_t right)
{
	uint32_t mss = segment->mss ? segment->mss : end->cc.mss;

	if (seq_le(left, segment->seq) && seq_ge(right, segment->end))
		return true;
	if (tcp_segment_len(segment) <= mss)
		return false;
	if (seq_gt(left, segment->seq)) {
		uint32_t n = (left - segment->seq + mss - 1) / mss * mss;
		if (n < tcp_segment_len(segment))
			tcp_segment_split(end, segment, segment->seq + n);
		return false; /* the second part comes next */
	}
	if (right - segment->seq < mss)
		return false;
	return tcp_segment_split(end, segment, segment->seq + (right - segment->seq) / mss * mss);
}

static void block_arrives(
    struct tcp_end *end, uint32_t left, uint32_t right, struct tcp_ack_state *ack)
{
	struct tcp_segment *segment = tcp_segment_at(end, left);

	if (segment && (segment->flags & TCP_SEG_SACKED))
		segment = tcp_segment_next(segment, TCP_HAS_UNSACKED);
	while (segment && seq_lt(segment->seq, right)) {
		if (cut_to(end, segment, left, right))
			tcp_segment_delivered(end, segment, ack, true);
		segment = tcp_segment_next(segment, TCP_HAS_UNSACKED);
	}
}

/* RFC 2883 section 4: a first block below the acknowledgement, or inside the second one. */
static bool is_dsack(const struct tcp_header *header)
{
	const struct tcp_header_options *o = &header->options;

	if (seq_lt(o->sack[0].left, header->ack))
		return true;
	return o->sacks > 1 && seq_ge(o->sack[0].left, o->sack[1].left) &&
	       seq_le(o->sack[0].right, o->sack[1].right);
}

static void dsack_arrives(
    struct tcp_end *end, const struct tcp_sack *block, struct tcp_ack_state *ack)
{
	struct px_stack *stack = tcp_stack(end);
	uint32_t len = block->right - block->left;

	/* Only what can have been sent twice: not older than a window before SND.UNA. */
	if (seq_ge(block->left, block->right) || seq_gt(block->right, end->snd_nxt) ||
	    seq_lt(block->left, end->snd_una - TCP_CC_WINDOW_MAX) || !end->bytes_retrans)
		return;
	ack->dsack = true;
	end->dsack_dups++;
	PX_COUNT(stack, TcpExtTCPDSACKRecv);
	if (end->undo_possible && seq_gt(block->right, end->undo_marker))
		end->undo_retrans -= len < end->undo_retrans ? len : end->undo_retrans;
	tcp_rack_dsack(end);
}

void tcp_sack_arrives(
    struct tcp_end *end, const struct tcp_arrival *arrival, struct tcp_ack_state *ack)
{
	const struct tcp_header_options *options = &arrival->header.options;
	unsigned int first = 0;

	if (is_dsack(&arrival->header)) {
		dsack_arrives(end, &options->sack[0], ack);
		first = 1;
	}
	for (unsigned int i = first; i < options->sacks; i++) {
		uint32_t left = options->sack[i].left, right = options->sack[i].right;

		if (seq_ge(left, right) || seq_gt(right, end->snd_nxt) || seq_lt(right, end->snd_una) ||
		    right - left > TCP_CC_WINDOW_MAX) {
			PX_COUNT(tcp_stack(end), TcpExtTCPSACKDiscard);
			continue;
		}
		if (seq_lt(left, end->snd_una))
			left = end->snd_una;
		block_arrives(end, left, right, ack);
	}
}
