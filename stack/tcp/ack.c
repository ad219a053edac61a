/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An acknowledgement arrives (RFC 9293 section 3.10.7.4, fifth step): the send window, what leaves
 * the send queue, round-trip times, the retransmission timer. What it says about loss is judged in
 * recovery.c. */
#include "tcp_internal.h"

/* RFC 9293: the window is taken from the newest segment: by SEG.SEQ, then SEG.ACK. */
static bool update_window(struct tcp_end *end, const struct tcp_header *header)
{
	uint32_t window = header->window;
	bool changed;

	if (!seq_gt(header->ack, end->snd_una) && seq_lt(header->seq, end->snd_wl1))
		return false;
	if (!(header->flags & TCP_SYN))
		window <<= end->snd_wscale;
	end->snd_wl1 = header->seq;
	changed = window != end->snd_wnd;
	end->snd_wnd = window;
	if (window > end->max_wnd)
		end->max_wnd = window;
	return changed;
}

/* ---- what left the queue ---- */

static void acked_wholly(
    struct tcp_end *end, struct tcp_segment *segment, struct tcp_ack_state *ack, px_time *first)
{
	px_time now = tcp_stack(end)->now;

	if (segment->flags & TCP_SEG_EVER_RETRANS) {
		ack->retrans_acked = true;
	} else {
		if (!*first)
			*first = now - segment->sent ? now - segment->sent : 1;
		if (!(segment->flags & TCP_SEG_SACKED)) {
			ack->rtt = now - segment->sent ? now - segment->sent : 1;
			if (seq_le(segment->end, end->high_seq))
				ack->original_arrived = true;
		}
	}
	tcp_segment_delivered(end, segment, ack, false);
	tcp_segment_free(end, segment);
}

/* Of a super-segment, the frames that arrived are as good as segments. */
static void acked_frames(
    struct tcp_end *end, struct tcp_segment *segment, struct tcp_ack_state *ack, px_time *first)
{
	uint32_t n = end->snd_una - segment->seq, whole;

	if (!segment->mss || n < segment->mss)
		return;
	whole = n / segment->mss * segment->mss;
	if (!tcp_segment_split(end, segment, segment->seq + whole))
		return; /* refused memory: they count when the rest does */
	acked_wholly(end, segment, ack, first);
}

/* The peer took a part of a segment, or all of it that its window had room for. */
static void acked_partly(struct tcp_end *end, struct tcp_segment *segment)
{
	uint32_t n = end->snd_una - segment->seq;

	if (segment->flags & TCP_SEG_SACKED)
		end->sacked -= n;
	if (segment->flags & TCP_SEG_LOST)
		end->lost -= n;
	if (segment->flags & TCP_SEG_RETRANS)
		end->retrans -= n;
	segment->seq = end->snd_una;
	segment->data = tcp_sendq_find(end, end->snd_una);
}

static void clean_queue(struct tcp_end *end, struct tcp_ack_state *ack)
{
	struct tcp_segment *segment;
	px_time first = 0;

	while ((segment = list_first(&end->segments, struct tcp_segment, node)) &&
	       seq_le(segment->end, end->snd_una))
		acked_wholly(end, segment, ack, &first);
	if (segment && seq_lt(segment->seq, end->snd_una)) {
		acked_frames(end, segment, ack, &first);
		segment = list_first(&end->segments, struct tcp_segment, node);
	}
	if (segment && seq_lt(segment->seq, end->snd_una))
		acked_partly(end, segment);
	tcp_sendq_acked(end);
	/* The oldest of them: what waits longest for a delayed acknowledgement (RFC 6298 wants it in
	 * the estimate). Karn: none where one was sent twice. */
	if (ack->retrans_acked)
		ack->rtt = 0;
	else if (first)
		ack->rtt = first;
}

/* ---- round trips ---- */

static void sample_rtt(
    struct tcp_end *end, const struct tcp_arrival *arrival, struct tcp_ack_state *ack)
{
	struct px_stack *stack = tcp_stack(end);
	const struct tcp_header_options *options = &arrival->header.options;
	uint32_t per_round;
	px_time rtt = ack->rtt;

	if (!rtt && end->ts_ok && options->has_timestamp && options->tsecr && ack->una_advanced) {
		/* RFC 7323 section 4.1: says which transmission it was; in milliseconds. */
		int32_t delta = (int32_t)(tcp_ts_now(stack, end->ts_offset) - options->tsecr);
		if (delta >= 0 && (px_time)delta * PX_MSEC < TCP_RTO_MAX)
			rtt = delta ? (px_time)delta * PX_MSEC : PX_MSEC;
	}
	if (!rtt)
		rtt = ack->sack_rtt;
	if (!rtt)
		return;
	per_round = ack->prior_flight / (2 * (end->cc.mss ? end->cc.mss : 1));
	tcp_rtt_sample(&end->rtt, rtt, per_round, stack->now);
}

/* ---- the retransmission timer ---- */

void tcp_ack_rearm(struct tcp_end *end)
{
	px_time now = tcp_stack(end)->now;

	if (end->snd_nxt == end->snd_una) {
		tcp_send_timer(end, TCP_SEND_NONE, PX_TIME_NEVER);
		return;
	}
	if (tcp_tlp_schedule(end))
		return;
	tcp_send_timer(end, TCP_SEND_RTO, now + tcp_rtt_rto(&end->rtt));
}

/* ---- buffers ---- */

/* The send buffer follows the congestion window (Linux's tcp_sndbuf_expand): twice what is on its
 * way, with the descriptions. */
static void expand_sndbuf(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);
	uint64_t wanted = (uint64_t)end->cc.cwnd * 3;
	uint32_t max = tcp_ctl(end)->wmem[2];

	if (end->sndbuf_locked || px_mem_pressure(stack->mem))
		return;
	if (wanted > max)
		wanted = max;
	if (wanted > end->endpoint.sndbuf)
		end->endpoint.sndbuf = (uint32_t)wanted;
}

/* ---- an ACK ---- */

/* Whether the echo shows that the ACK was caused by something older than our retransmission: then
 * that was needless (RFC 3522). */
static bool echo_is_older(const struct tcp_end *end, const struct tcp_header_options *options)
{
	uint32_t since = (uint32_t)(end->undo_since / PX_MSEC) + end->ts_offset;

	return end->undo_since && end->ts_ok && options->has_timestamp && options->tsecr &&
	       seq_lt(options->tsecr, since);
}

static bool is_duplicate(
    const struct tcp_end *end, const struct tcp_arrival *arrival, const struct tcp_ack_state *ack)
{
	/* RFC 5681 section 2. */
	return !ack->una_advanced && !ack->window_update && arrival->len == 0 &&
	       !(arrival->header.flags & (TCP_SYN | TCP_FIN)) && end->snd_nxt != end->snd_una;
}

static void new_data_acked(struct tcp_end *end)
{
	end->retransmits = 0;
	end->retrans_since = 0;
	end->soft_error = 0;
	if (end->urgent && seq_ge(end->snd_una, end->snd_up))
		end->urgent = false;
	expand_sndbuf(end);
}

/* The peer took its window away or gave it back while nothing was on its way. */
static void probe_answered(struct tcp_end *end)
{
	end->probes = 0;
	if (end->snd_nxt != end->snd_una || end->send_timer != TCP_SEND_PERSIST)
		return;
	if (end->snd_wnd) {
		end->persist_backoff = 0;
		tcp_send_timer(end, TCP_SEND_NONE, PX_TIME_NEVER);
	}
}

static void tell_congestion_control(struct tcp_end *end, const struct tcp_ack_state *ack)
{
	px_time now = tcp_stack(end)->now;
	struct tcp_cc_ack told = {
	    .now = now,
	    .una = end->snd_una,
	    .nxt = end->snd_nxt,
	    .acked = ack->acked,
	    .prior_flight = ack->prior_flight,
	    .in_flight = tcp_in_flight(end),
	    .rtt = ack->rtt ? ack->rtt : ack->sack_rtt,
	    .srtt = end->rtt.srtt,
	    .min_rtt = tcp_rtt_min(&end->rtt, now),
	    .cwnd_limited = end->cwnd_limited,
	    .recovery = end->ca_state >= TCP_CWR_STATE,
	    .loss_recovery = end->ca_state == TCP_LOSS,
	    .ece = ack->ece,
	    .sack = end->sack_ok,
	    .rate = &ack->rate,
	};

	tcp_cc_acked(&end->cc, &told);
}

static struct tcp_ack_state before_ack(const struct tcp_end *end)
{
	return (struct tcp_ack_state){.prior_una = end->snd_una,
	    .prior_flight = tcp_in_flight(end),
	    .prior_fack = end->sacked_count ? end->high_sacked : end->snd_una};
}

static void old_ack(struct tcp_end *end, const struct tcp_arrival *arrival)
{
	struct tcp_ack_state ack = before_ack(end);

	if (!end->sack_ok || !arrival->header.options.sacks)
		return;
	tcp_rate_ack_begin(&end->rate, &ack.rate);
	tcp_sack_arrives(end, arrival, &ack);
	if (ack.data_sacked || ack.dsack)
		tcp_recovery_ack(end, &ack);
	tcp_todo(end, TCP_TODO_OUTPUT);
}

bool tcp_ack_arrives(struct tcp_end *end, const struct tcp_arrival *arrival)
{
	const struct tcp_header *header = &arrival->header;
	struct px_stack *stack = tcp_stack(end);
	struct tcp_ack_state ack = before_ack(end);

	if (seq_gt(header->ack, end->snd_nxt) ||
	    seq_lt(header->ack,
	        end->snd_una - (end->max_wnd > TCP_WINDOW_MAX ? end->max_wnd : TCP_WINDOW_MAX))) {
		/* Of something not yet sent; or older than anything on its way can be: RFC 5961
		 * section 5.2. */
		tcp_challenge_ack(end);
		return false;
	}
	if (seq_lt(header->ack, end->snd_una)) {
		old_ack(end, arrival);
		return true;
	}
	end->last_ack_received = stack->now;
	tcp_rate_ack_begin(&end->rate, &ack.rate);
	ack.ece = end->ecn_ok && (header->flags & TCP_ECE);
	ack.una_advanced = seq_gt(header->ack, end->snd_una);
	ack.acked = header->ack - end->snd_una;
	ack.window_update = update_window(end, header);
	ack.spurious_by_ts = echo_is_older(end, &header->options);
	if (ack.una_advanced) {
		end->snd_una = header->ack;
		end->bytes_acked += ack.acked;
	}
	if (end->sack_ok && header->options.sacks)
		tcp_sack_arrives(end, arrival, &ack);
	ack.dup = is_duplicate(end, arrival, &ack);
	if (ack.una_advanced) {
		clean_queue(end, &ack);
		new_data_acked(end);
	}
	probe_answered(end);
	if (end->snd_nxt == ack.prior_una && !ack.una_advanced) {
		/* Nothing was on its way: a window update, an answer to a probe, a keepalive. */
		tcp_todo(end, TCP_TODO_OUTPUT);
		return true;
	}
	sample_rtt(end, arrival, &ack);
	if (end->tlp)
		tcp_tlp_ack(end, arrival, &ack);
	if (ack.una_advanced || ack.data_sacked)
		tcp_ack_rearm(end);
	tcp_recovery_ack(end, &ack);
	tcp_rate_ack_end(&end->rate, &ack.rate, tcp_rtt_min(&end->rtt, stack->now));
	tcp_recovery_window(end, &ack);
	if (ack.rate.newly || ack.ece)
		tell_congestion_control(end, &ack);
	tcp_tell_writable(end);
	/* The way there and back works: RFC 4861 section 7.3.1. */
	if (ack.una_advanced && ip_dst_valid(stack, &end->endpoint.dst) &&
	    end->endpoint.dst.type == RTN_UNICAST)
		neighbour_confirm(end->endpoint.dst.iface, &end->endpoint.dst.via);
	tcp_todo(end, TCP_TODO_OUTPUT);
	return true;
}
