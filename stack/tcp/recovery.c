/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of congestion, and what an acknowledgement means for it.
 *
 *     Open       nothing unusual
 *     Disorder   duplicates or SACKs, nothing known lost
 *     CWR        the window shrinks towards ssthresh without loss (ECN's echo, a tail loss probe)
 *     Recovery   loss was found; lost segments are sent again (fast recovery, RFC 5681, 6675)
 *     Loss       the retransmission timer expired
 *
 * The last three end when high_seq, SND.NXT at their beginning, is acknowledged. With SACK, RACK
 * (rack.c) says what is lost; without, three duplicates say that the first segment is, and partial
 * acknowledgements that the next is (NewReno, RFC 6582). In CWR and Recovery PRR (RFC 6937) leads
 * the window, unless the algorithm does so itself.
 *
 * A reduction is undone when it turns out that nothing was lost: by a timestamp older than the
 * retransmission (RFC 3522, 4015), by D-SACKs for all that was sent again (RFC 3708), or by F-RTO
 * (RFC 5682), which after a time-out sends new data and looks whether originals arrive.
 */
#include "tcp_internal.h"

#define RENEGING_WAIT (10 * PX_MSEC) /* at least; for ACKs that are on their way */

static void set_state(struct tcp_end *end, enum tcp_ca_state_name state)
{
	end->ca_state = (uint8_t)state;
}

static struct tcp_segment *head(const struct tcp_end *end)
{
	return list_first(&end->segments, struct tcp_segment, node);
}

static void init_undo(struct tcp_end *end)
{
	end->undo_marker = end->snd_una;
	end->undo_possible = true;
	end->undo_retrans = end->retrans;
	if (!end->retrans)
		end->undo_since = 0;
}

/* ---- entering ---- */

/* What is on its way, with what has just been found lost. */
static uint32_t flight_now(const struct tcp_end *end)
{
	return tcp_in_flight(end) + end->lost - end->retrans;
}

/* RFC 5681 section 3.1, FlightSize: what was not acknowledged before this ACK (NULL: a timer),
 * sacked or not; without what limited transmit added to the window. */
static uint32_t flight_size(const struct tcp_end *end, const struct tcp_ack_state *ack)
{
	uint32_t out = end->snd_nxt - (ack ? ack->prior_una : end->snd_una);

	return out < end->cc.cwnd ? out : end->cc.cwnd;
}

/* `ack`: the one that told; NULL: a timer. */
static void begin_reduction(
    struct tcp_end *end, enum tcp_cc_reason reason, const struct tcp_ack_state *ack)
{
	uint32_t delivered = ack ? ack->rate.newly : 0;

	end->high_seq = end->snd_nxt;
	tcp_cc_reduce(&end->cc, reason, flight_size(end, ack), tcp_stack(end)->now);
	/* RecoverFS (RFC 9937 section 6.1): without what was sacked before this ACK. */
	tcp_prr_begin(&end->prr, end->snd_nxt - end->snd_una - end->sacked + delivered);
}

void tcp_recovery_enter(struct tcp_end *end, const struct tcp_ack_state *ack)
{
	struct px_stack *stack = tcp_stack(end);

	PX_COUNT(stack, TcpExtTCPSackRecovery);
	end->frto = false;
	init_undo(end);
	if (end->ca_state < TCP_CWR_STATE) {
		begin_reduction(end, TCP_CC_LOSS, ack);
	} else {
		end->high_seq = end->snd_nxt; /* reduced already, within this window */
	}
	set_state(end, TCP_RECOVERY);
	if (end->rack.reo_persist)
		end->rack.reo_persist--;
	if (!end->rack.reo_persist)
		end->rack.reo_mult = 1;
}

void tcp_recovery_cwr(struct tcp_end *end, const struct tcp_ack_state *ack)
{
	if (end->ca_state >= TCP_CWR_STATE)
		return;
	end->undo_possible = false;
	begin_reduction(end, ack->ece ? TCP_CC_ECN : TCP_CC_LOSS, ack);
	set_state(end, TCP_CWR_STATE);
}

void tcp_recovery_loss(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);
	struct tcp_segment *segment = head(end);
	bool fresh = end->ca_state <= TCP_DISORDER || seq_ge(end->snd_una, end->high_seq) ||
	             (end->ca_state == TCP_LOSS && !end->retransmits);
	bool reneged = segment && (segment->flags & TCP_SEG_SACKED);
	uint32_t flight = flight_now(end);

	/* RFC 2018 section 8: the receiver may have thrown away what it had sacked. */
	if (reneged)
		PX_COUNT(stack, TcpExtTCPSACKReneging);
	list_for_each (segment, &end->segments, node) {
		if ((segment->flags & TCP_SEG_SACKED) && reneged) {
			tcp_segment_mark(segment, 0, TCP_SEG_SACKED);
			end->sacked -= tcp_segment_len(segment);
			end->sacked_count--;
		}
		if (segment == head(end) || reneged || !tcp_rack_waits(end, segment))
			tcp_mark_lost(end, segment);
	}
	if (!end->sack_ok)
		end->sacked = 0;
	if (fresh)
		init_undo(end);
	tcp_cc_timed_out(&end->cc, flight, !fresh, stack->now);
	end->high_seq = end->snd_nxt;
	end->dup_acks = 0;
	end->tlp = false;
	/* RFC 5682: the first time-out of a row, and something new may be sent. */
	end->frto = tcp_ctl(end)->frto && end->sack_ok && fresh && !end->retransmits;
	set_state(end, TCP_LOSS);
	end->ecn_cwr = end->ecn_ok;
}

/* ---- undoing ---- */

static bool nothing_was_lost(const struct tcp_end *end, const struct tcp_ack_state *ack)
{
	if (!end->undo_possible)
		return false;
	return ack->spurious_by_ts || (end->undo_since && !end->undo_retrans);
}

static void undo(struct tcp_end *end, bool unmark)
{
	struct list *place = &end->by_time;
	struct tcp_segment *segment;

	while (unmark && (segment = tcp_segment_first(end, TCP_HAS_LOST))) {
		tcp_unmark_lost(end, segment);
		if (!list_is_empty(&segment->by_time))
			continue;
		/* RACK keeps it in the order of its time again: those that are lost were sent before
		 * those that are not. */
		list_prepend(place, &segment->by_time);
		place = &segment->by_time;
	}
	tcp_cc_undo(&end->cc, tcp_stack(end)->now);
	end->undo_possible = false;
	end->frto = false;
}

static void finish(struct tcp_end *end)
{
	set_state(end, end->sacked ? TCP_DISORDER : TCP_OPEN);
	end->undo_since = 0;
	end->dup_acks = 0;
	if (!end->sack_ok)
		end->sacked = 0;
}

/* ---- without SACK: NewReno ---- */

/* A duplicate says that some segment has arrived; which one is not known. */
static void count_duplicate(struct tcp_end *end)
{
	uint32_t out = end->snd_nxt - end->snd_una, mss = end->cc.mss;

	if (end->dup_acks < UINT8_MAX)
		end->dup_acks++;
	end->sacked += mss;
	if (end->sacked + end->lost > out)
		end->sacked = out > end->lost ? out - end->lost : 0;
}

static void reno_acked(struct tcp_end *end, const struct tcp_ack_state *ack)
{
	uint32_t mss = end->cc.mss, beyond = ack->acked > mss ? ack->acked - mss : 0;

	/* One of those acknowledged was the hole; the others had arrived before. */
	end->sacked -= beyond < end->sacked ? beyond : end->sacked;
	if (end->snd_una == end->snd_nxt)
		end->sacked = 0;
	if (end->ca_state < TCP_RECOVERY) {
		end->dup_acks = 0;
		end->sacked = 0;
	}
}

static void mark_head_lost(struct tcp_end *end)
{
	struct tcp_segment *segment = head(end);
	uint32_t mss = end->cc.mss;

	if (!segment)
		return;
	if (tcp_segment_len(segment) > mss && segment->data)
		tcp_segment_split(end, segment, segment->seq + mss);
	if (!(segment->flags & (TCP_SEG_LOST | TCP_SEG_RETRANS)))
		tcp_mark_lost(end, segment);
	if (end->sacked + end->lost > end->snd_nxt - end->snd_una)
		end->sacked = end->snd_nxt - end->snd_una - end->lost;
}

/* ---- an ACK ---- */

static void find_loss(struct tcp_end *end, struct tcp_ack_state *ack)
{
	uint32_t lost = end->lost;
	px_time timer;

	if (!end->sack_ok) {
		if (ack->dup)
			count_duplicate(end);
		/* Enough duplicates; or a partial acknowledgement. */
		if ((end->dup_acks >= end->reordering && end->ca_state < TCP_RECOVERY) ||
		    (end->ca_state == TCP_RECOVERY && ack->una_advanced &&
		        seq_lt(end->snd_una, end->high_seq)))
			mark_head_lost(end);
	} else {
		timer = tcp_rack_detect(end);
		if (timer != PX_TIME_NEVER)
			tcp_send_timer(end, TCP_SEND_REORDER, timer);
	}
	if (end->lost > lost)
		ack->newly_lost = end->lost - lost;
}

static void in_recovery(struct tcp_end *end, struct tcp_ack_state *ack)
{
	/* Without SACK a little more than high_seq must be acknowledged (RFC 6582 section 4.1):
	 * duplicates that the retransmissions cause then find no recovery to start. */
	if (seq_ge(end->snd_una, end->high_seq)) {
		if (nothing_was_lost(end, ack)) {
			PX_COUNT(tcp_stack(end), TcpExtTCPFullUndo);
			undo(end, false);
		} else if (!end->sack_ok && end->snd_una == end->high_seq && end->snd_una != end->snd_nxt) {
			return;
		} else {
			tcp_cc_recovered(&end->cc, tcp_stack(end)->now);
		}
		finish(end);
		return;
	}
	if (nothing_was_lost(end, ack) && (ack->una_advanced || ack->dsack)) {
		PX_COUNT(tcp_stack(end), TcpExtTCPDSACKUndo);
		undo(end, true);
		set_state(end, end->sacked ? TCP_DISORDER : TCP_OPEN);
	}
}

/* RFC 5682 section 3.1, with SACK. */
static bool frto_decides(struct tcp_end *end, const struct tcp_ack_state *ack)
{
	/* Step 3 (b): something arrived that was never sent again. */
	if (ack->original_arrived) {
		PX_COUNT(tcp_stack(end), TcpExtTCPSpuriousRTOs);
		undo(end, true);
		return true;
	}
	if (seq_gt(end->snd_nxt, end->high_seq)) {
		if (ack->data_sacked || ack->dup)
			end->frto = false; /* step 3 (a) */
	} else if (ack->una_advanced && seq_lt(end->snd_una, end->high_seq)) {
		/* Step 2 (b): new data, instead of what is marked lost. */
		end->high_seq = end->snd_nxt;
		if (end->write_seq != end->snd_nxt && seq_gt(end->snd_una + end->snd_wnd, end->snd_nxt)) {
			if (end->cc.cwnd < tcp_in_flight(end) + 2 * end->cc.mss)
				end->cc.cwnd = tcp_in_flight(end) + 2 * end->cc.mss;
			if (tcp_output_override(end))
				tcp_output_override(end);
			return false;
		}
		end->frto = false;
	}
	return false;
}

static void in_loss(struct tcp_end *end, struct tcp_ack_state *ack)
{
	if (ack->una_advanced && nothing_was_lost(end, ack)) {
		PX_COUNT(tcp_stack(end), TcpExtTCPSpuriousRTOs);
		undo(end, true);
		set_state(end, end->sacked ? TCP_DISORDER : TCP_OPEN);
		return;
	}
	if (end->frto && frto_decides(end, ack)) {
		set_state(end, end->sacked ? TCP_DISORDER : TCP_OPEN);
		return;
	}
	if (seq_ge(end->snd_una, end->high_seq)) {
		set_state(end, end->sacked ? TCP_DISORDER : TCP_OPEN);
		end->undo_since = 0;
		end->undo_possible = false;
	}
}

/* RFC 2018 section 8: the peer acknowledges up to what it had sacked, but not that: it has thrown
 * it away. The retransmission timer is to decide; as Linux, it comes early. */
static bool reneges(struct tcp_end *end, const struct tcp_ack_state *ack)
{
	const struct tcp_segment *segment = head(end);
	px_time wait = end->rtt.srtt / 2;

	if (!ack->una_advanced || !segment || !(segment->flags & TCP_SEG_SACKED))
		return false;
	if (wait < RENEGING_WAIT)
		wait = RENEGING_WAIT;
	tcp_send_timer(end, TCP_SEND_RTO, tcp_stack(end)->now + wait);
	return true;
}

void tcp_recovery_ack(struct tcp_end *end, struct tcp_ack_state *ack)
{
	if (reneges(end, ack))
		return;
	/* ECN's echo: congestion without loss, once a window (RFC 3168 section 6.1.2). */
	if (ack->ece) {
		end->undo_possible = false;
		if (end->ca_state < TCP_CWR_STATE) {
			tcp_recovery_cwr(end, ack);
			end->ecn_cwr = true;
		}
	}
	if (ack->dsack)
		tcp_rack_round(end);
	if (!end->sack_ok && ack->una_advanced)
		reno_acked(end, ack);
	switch (end->ca_state) {
	case TCP_CWR_STATE:
		/* Until something above high_seq is acknowledged: CWR has arrived then. */
		if (seq_gt(end->snd_una, end->high_seq) ||
		    (seq_ge(end->snd_una, end->high_seq) && end->snd_una == end->snd_nxt)) {
			tcp_cc_recovered(&end->cc, tcp_stack(end)->now);
			finish(end);
		}
		break;
	case TCP_RECOVERY:
		in_recovery(end, ack);
		break;
	case TCP_LOSS:
		in_loss(end, ack);
		break;
	default:
		if (ack->dsack && nothing_was_lost(end, ack)) {
			PX_COUNT(tcp_stack(end), TcpExtTCPDSACKUndo);
			undo(end, false);
		}
		break;
	}
	find_loss(end, ack);
	if (end->ca_state == TCP_LOSS) {
		/* A retransmission was lost: a new reduction, but not below what there is. */
		return;
	}
	if (end->lost > end->retrans && end->ca_state < TCP_RECOVERY) {
		tcp_recovery_enter(end, ack);
	} else if (end->ca_state < TCP_CWR_STATE) {
		set_state(end, end->sacked || end->lost || end->dup_acks ? TCP_DISORDER : TCP_OPEN);
		if (end->ca_state == TCP_OPEN && end->snd_una == end->snd_nxt)
			end->undo_since = 0;
	}
}

void tcp_recovery_window(struct tcp_end *end, const struct tcp_ack_state *ack)
{
	uint32_t delivered = ack->rate.newly;

	if (tcp_cc_owns_cwnd(&end->cc) ||
	    (end->ca_state != TCP_CWR_STATE && end->ca_state != TCP_RECOVERY))
		return;
	if (!end->sack_ok && ack->dup)
		delivered = end->cc.mss;
	if (!delivered && !ack->newly_lost)
		return;
	end->cc.cwnd = tcp_prr_ack(&end->prr, delivered, tcp_in_flight(end), end->cc.ssthresh,
	    end->cc.mss, ack->una_advanced && !ack->newly_lost);
	if (end->cc.cwnd < end->cc.mss)
		end->cc.cwnd = end->cc.mss;
	/* RFC 6582 section 3.2, step 3: a partial acknowledgement's next segment goes at once. */
	if (!end->sack_ok && ack->una_advanced && ack->newly_lost &&
	    end->cc.cwnd < tcp_in_flight(end) + end->cc.mss)
		end->cc.cwnd = tcp_in_flight(end) + end->cc.mss;
}
