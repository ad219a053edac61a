/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RACK-TLP (RFC 8985): loss is found by time.
 *
 * A segment is lost when one that was sent later has arrived, and the time that a reordered segment
 * may need (the reordering window) has passed. Steps are those of section 6.2. The tail of a
 * flight, behind which nothing can arrive, is probed after two round trips (section 7), long before
 * the retransmission timer.
 */
#include "tcp_internal.h"

#define DUP_THRESH       3
#define REO_PERSIST      16 /* recoveries that a wider window lasts (step 4) */
#define TLP_WORST_DELACK (200 * PX_MSEC)
#define TLP_SLACK        (2 * PX_MSEC)

static bool sent_after(px_time sent1, uint32_t end1, px_time sent2, uint32_t end2)
{
	return sent1 > sent2 || (sent1 == sent2 && seq_gt(end1, end2));
}

/* Steps 1 and 2: the most recently sent segment that has arrived. */
void tcp_rack_advance(
    struct tcp_end *end, const struct tcp_segment *segment, const struct tcp_ack_state *ack)
{
	px_time now = tcp_stack(end)->now, rtt = now - segment->sent;

	if (segment->flags & TCP_SEG_EVER_RETRANS) {
		/* Was it the retransmission? Not if the echo is older, nor if it took less time than
		 * the path needs. */
		if (ack->spurious_by_ts || rtt < tcp_rtt_min(&end->rtt, now))
			return;
	}
	end->rack.rtt = rtt;
	if (sent_after(segment->sent, segment->end, end->rack.sent, end->rack.end)) {
		end->rack.sent = segment->sent;
		end->rack.end = segment->end;
	}
}

/* Step 4: how long reordered segments may take. */
static px_time reo_window(const struct tcp_end *end)
{
	px_time window;

	if (!end->rack.reordered) {
		/* One record may be many segments. */
		if (end->ca_state >= TCP_RECOVERY || end->sacked_count >= DUP_THRESH ||
		    end->sacked >= DUP_THRESH * end->cc.mss)
			return 0;
	}
	window = tcp_rtt_min(&end->rtt, tcp_stack(end)->now) / 4 * end->rack.reo_mult;
	return window < end->rtt.srtt ? window : end->rtt.srtt;
}

void tcp_rack_dsack(struct tcp_end *end)
{
	end->rack.dsack_seen = true;
}

/* Duplicates show that the window is too small: it grows by a quarter of a round trip, once a
 * round, and shrinks back after sixteen recoveries without. */
void tcp_rack_round(struct tcp_end *end)
{
	if (!end->rack.dsack_seen)
		return;
	end->rack.dsack_seen = false;
	if (seq_lt(end->snd_una, end->rack.dsack_round) && end->rack.reo_persist == REO_PERSIST)
		return;
	end->rack.dsack_round = end->snd_nxt;
	if (end->rack.reo_mult < UINT8_MAX)
		end->rack.reo_mult++;
	end->rack.reo_persist = REO_PERSIST;
}

/* Step 5. Those sent first are due first, so it looks at no more than it marks, and one. */
px_time tcp_rack_detect(struct tcp_end *end)
{
	px_time now = tcp_stack(end)->now, window = reo_window(end);
	struct tcp_segment *segment;

	if (!end->rack.sent)
		return PX_TIME_NEVER;
	list_for_each_safe (segment, &end->by_time, by_time) {
		px_time due;

		if (!sent_after(end->rack.sent, end->rack.end, segment->sent, segment->end))
			break;
		due = segment->sent + end->rack.rtt + window;
		if (due > now)
			return due;
		tcp_mark_lost(end, segment);
	}
	return PX_TIME_NEVER;
}

/* Section 6.3: what went out so late before a time-out that no answer can be there is not lost. */
bool tcp_rack_waits(const struct tcp_end *end, const struct tcp_segment *segment)
{
	return end->sack_ok && end->rack.sent &&
	       segment->sent + end->rack.rtt + reo_window(end) > tcp_stack(end)->now;
}

/* The reordering timer: nothing more came. */
void tcp_rack_expired(struct tcp_end *end)
{
	struct tcp_ack_state none = {.newly_lost = 0};
	uint32_t flight = tcp_in_flight(end);
	px_time again = tcp_rack_detect(end);

	if (tcp_in_flight(end) != flight) {
		none.newly_lost = flight - tcp_in_flight(end);
		if (end->ca_state != TCP_RECOVERY && end->ca_state != TCP_LOSS)
			tcp_recovery_enter(end, NULL);
		tcp_recovery_window(end, &none);
		tcp_todo(end, TCP_TODO_OUTPUT);
	}
	if (again != PX_TIME_NEVER)
		tcp_send_timer(end, TCP_SEND_REORDER, again);
	else
		tcp_send_timer(end, TCP_SEND_RTO, tcp_stack(end)->now + tcp_rtt_rto(&end->rtt));
}

/* ---- tail loss probes (section 7) ---- */

bool tcp_tlp_schedule(struct tcp_end *end)
{
	px_time now = tcp_stack(end)->now, wait, rto = tcp_rtt_rto(&end->rtt);

	/* Section 7.2: not during recovery, nor while a probe is out. */
	if (!end->sack_ok || tcp_ctl(end)->early_retrans < 3 || end->tlp || end->lost || end->sacked ||
	    end->ca_state > TCP_CWR_STATE || !tcp_in_state(end, TCP_SENDING) || end->retransmits)
		return false;
	if (end->rtt.srtt) {
		wait = 2 * end->rtt.srtt;
		/* A lone segment may wait for a delayed acknowledgement. */
		wait += end->snd_nxt - end->snd_una <= end->cc.mss ? TLP_WORST_DELACK : TLP_SLACK;
	} else {
		wait = PX_SEC;
	}
	if (wait >= rto)
		return false;
	tcp_send_timer(end, TCP_SEND_PROBE, now + wait);
	return true;
}

/* The probe is one frame (section 7.3), of a size that the path takes now. NULL: refused memory. */
static struct tcp_segment *last_frame(struct tcp_end *end, struct tcp_segment *last)
{
	uint32_t len = tcp_segment_len(last), mss = end->cc.mss;
	uint32_t unit = last->mss && last->mss < mss ? last->mss : mss;

	if (!last->data || len <= unit + 1) /* a FIN counts */
		return last;
	if (!tcp_segment_split(end, last, last->end - (len - 1) % unit - 1))
		return NULL;
	return list_last(&end->segments, struct tcp_segment, node);
}

void tcp_tlp_expired(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);
	struct tcp_segment *last = list_last(&end->segments, struct tcp_segment, node);
	uint32_t before = end->snd_nxt;

	if (!last)
		return;
	end->tlp_retrans = false;
	/* New data if there is some, else the last segment again. */
	if (!tcp_output_override(end) || end->snd_nxt == before) {
		last = last_frame(end, last);
		if (!last || tcp_transmit(end, last) < 0)
			goto arm;
		if (!(last->flags & TCP_SEG_RETRANS)) {
			tcp_segment_mark(last, TCP_SEG_RETRANS | TCP_SEG_EVER_RETRANS, 0);
			end->retrans += tcp_segment_len(last);
		}
		end->undo_retrans += tcp_segment_len(last);
		end->tlp_retrans = true;
	}
	end->tlp = true;
	end->tlp_end = end->snd_nxt;
	PX_COUNT(stack, TcpExtTCPLossProbes);
arm:
	tcp_send_timer(end, TCP_SEND_RTO, stack->now + tcp_rtt_rto(&end->rtt));
}

/* Section 7.4.2: if the probe repaired a loss that nobody else noticed, the congestion behind it
 * counts. */
void tcp_tlp_ack(struct tcp_end *end, const struct tcp_arrival *arrival, struct tcp_ack_state *ack)
{
	uint32_t number = arrival->header.ack;

	if (seq_lt(number, end->tlp_end))
		return;
	if (!end->tlp_retrans || ack->dsack) {
		end->tlp = false; /* new data, or both copies arrived */
		return;
	}
	if (seq_gt(number, end->tlp_end)) {
		end->tlp = false;
		if (end->ca_state < TCP_CWR_STATE) {
			tcp_recovery_cwr(end, ack);
			PX_COUNT(tcp_stack(end), TcpExtTCPLossProbeRecovery);
		}
		return;
	}
	/* ACK = tlp_end: a pure one without news, and without D-SACK, is of the second copy: neither
	 * was lost. */
	if (!ack->una_advanced && !ack->data_sacked && arrival->len == 0)
		end->tlp = false;
}
