/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Output: what may be sent now.
 *
 * Retransmissions go first. New data goes while congestion window, send window, transmit queue and
 * pacing allow, in full segments; a smaller one only where RFC 9293 sections 3.7.4 and 3.8.6.2.1
 * let it (Nagle's rule in Minshall's form: at most one small segment unacknowledged). All segments
 * of one call are queued back to back, for the link to send at once.
 *
 * When nothing can go and nothing is on its way, a timer must bring the next try: the persist timer
 * for a closed window.
 */
#include "tcp_internal.h"

/* Frames in a transmit queue, as far as TCP fills it: some bursts for the link. More would only
 * add to the round trip, and leave no room for others. */
#define TX_SHARE (4 * PX_BURST)

/* A paced super-segment: what goes in this time (RFC draft BBR's send quantum; pace.c). */
#define PACED_TIME PX_MSEC

/* Data in one segment: an IP packet, less all headers. */
#define SUPER_MAX (65535 - 40 - TCP_HEADER_MAX)

/* The data of a full segment now: what the path takes, less the SACK blocks that go along; not
 * more than half of the largest window that the peer ever offered (RFC 1122 section 4.2.3.4). */
static uint32_t mss_now(const struct tcp_end *end)
{
	uint32_t mss = end->cc.mss, half;

	if (end->sack_ok && (end->recent_count || end->dsack)) {
		uint32_t blocks = end->recent_count + (end->dsack ? 1u : 0u);
		uint32_t fit = tcp_sacks_fit(end->ts_ok);
		uint32_t room = 4 + 8 * (blocks < fit ? blocks : fit);
		mss = mss > room + end->cc.mss / 2 ? mss - room : mss;
	}
	half = end->max_wnd > TCP_MSS_DEFAULT4 ? end->max_wnd / 2 : end->max_wnd;
	if (half && mss > half)
		mss = half;
	return mss ? mss : 1;
}

/* What goes into one segment: several full ones, where the link takes them. */
static uint32_t burst_now(
    const struct tcp_end *end, const struct ip_dst *dst, const struct ip_send *ip, uint32_t mss)
{
	uint64_t most = SUPER_MAX, rate = tcp_cc_pacing(&end->cc);
	enum tcp_super super;

	if (!dst->iface || mss >= SUPER_MAX || end->urgent)
		return mss;
	super = tcp_super(end, dst, ip);
	if (super == TCP_SUPER_NONE)
		return mss;
	if (most > end->max_wnd / 2)
		most = end->max_wnd / 2;
	if (rate && most > rate * PACED_TIME / PX_SEC)
		most = rate * PACED_TIME / PX_SEC;
	/* One beyond TX_SHARE is to find room. */
	if (super == TCP_SUPER_CUT && most > (uint64_t)dst->iface->tx_limit / 2 * mss)
		most = (uint64_t)dst->iface->tx_limit / 2 * mss;
	return most > mss ? (uint32_t)most / mss * mss : mss;
}

/* Of `len` bytes that may go, those of the next segment. */
static uint32_t next_len(const struct tcp_end *end, uint32_t len, uint32_t mss, uint32_t burst)
{
	uint32_t flight = tcp_in_flight(end);

	if (len <= mss || burst == mss)
		return len < mss ? len : mss;
	if (flight < end->cc.cwnd && len > end->cc.cwnd - flight)
		len = end->cc.cwnd - flight;
	if (len > burst)
		len = burst;
	if (len > mss)
		len = tcp_sendq_reach(end, end->snd_nxt, len);
	return len > mss ? len / mss * mss : mss;
}

static bool fin_pending(const struct tcp_end *end)
{
	return end->fin_queued && end->snd_nxt != end->write_seq;
}

static uint32_t unsent(const struct tcp_end *end)
{
	uint32_t count = end->write_seq - end->snd_nxt;

	return fin_pending(end) ? count - 1 : count;
}

/* May a segment of `len` bytes, smaller than `mss`, go though more may come? */
static bool small_may_go(const struct tcp_end *end, uint32_t len, uint32_t mss, uint32_t usable)
{
	bool all = len == unsent(end);

	if (all && end->fin_queued)
		return true;
	if (end->urgent && seq_lt(end->snd_nxt, end->snd_up) && all)
		return true;
	if (!all) {
		/* Cut by the window. RFC 9293 section 3.8.6.2.1 (3): half of the largest one. */
		return len >= end->max_wnd / 2 && len == usable;
	}
	if (end->cork || end->more)
		return false; /* tcp(7): at most 200 ms; see tcp_output */
	if (end->nodelay)
		return true;
	/* Minshall: a small segment waits while an earlier small one is not acknowledged. */
	return seq_le(end->snd_sml, end->snd_una);
}

/* The interface's transmit queue. False: full, tx_ready will say. */
static bool queue_has_room(struct tcp_end *end, const struct ip_dst *dst)
{
	struct px_stack *stack = tcp_stack(end);
	const struct px_iface *base;

	if (px_iface_is_loopback(dst->iface)) {
		if (stack->loopback.count < PX_TX_LIMIT / 2)
			return true;
		tcp_todo(end, TCP_TODO_OUTPUT);
		return false;
	}
	if (!px_iface_is_running(dst->iface))
		return true; /* it is dropped there, and sent again in time */
	base = px_iface_base(dst->iface);
	if (base->tx_frames < TX_SHARE && base->tx_frames <= base->tx_limit / 2)
		return true;
	px_iface_tx_wait(dst->iface, &end->tx_waiter);
	return false;
}

/* What was sent is to be watched; RACK's timer, which comes earlier, does that too. */
static bool wants_timer(const struct tcp_end *end)
{
	return end->send_timer != TCP_SEND_RTO && end->send_timer != TCP_SEND_REORDER;
}

/* What is on its way may cost as much in records as in bytes, no more: the peer's MSS may be tiny.
 * A super-segment counts as what SACK can make of it. */
static bool records_full(const struct tcp_end *end)
{
	uint32_t frames = (end->snd_nxt - end->snd_una) / (end->cc.mss ? end->cc.mss : 1);
	uint64_t count = frames > end->segment_count ? frames : end->segment_count;

	return count * sizeof(struct tcp_segment) > end->endpoint.sndbuf;
}

/* ---- retransmission ---- */

/* Sends one lost segment again, or its first part; `at_once`: not paced. False: not now. */
static bool retransmit_one(
    struct tcp_end *end, struct tcp_segment *segment, uint32_t mss, bool at_once)
{
	struct px_stack *stack = tcp_stack(end);
	struct ip_dst dst;
	struct ip_send ip;
	uint32_t len = tcp_segment_len(segment);

	/* The window may have been taken back: only the first one goes then, as a probe. */
	if (!seq_lt(segment->seq, end->snd_una + end->snd_wnd) && segment->seq != end->snd_una)
		return false;
	if (tcp_route(end, &dst, &ip) == 0 && !queue_has_room(end, &dst))
		return false;
	/* The path may take less than it did. */
	if (len > mss && segment->data && !tcp_segment_split(end, segment, segment->seq + mss))
		return false;
	if (!at_once && tcp_paced(end, tcp_segment_len(segment)))
		return false;
	if (tcp_transmit(end, segment) < 0)
		return false;
	tcp_pace_sent(end, tcp_segment_len(segment));
	if (!end->undo_since)
		end->undo_since = stack->now;
	tcp_segment_mark(segment, TCP_SEG_RETRANS | TCP_SEG_EVER_RETRANS, 0);
	end->retrans += tcp_segment_len(segment);
	end->undo_retrans += tcp_segment_len(segment);
	if (end->ca_state == TCP_RECOVERY)
		PX_COUNT(stack, TcpExtTCPFastRetrans);
	else
		PX_COUNT(stack, TcpExtTCPSlowStartRetrans);
	return true;
}

/* Lost segments, oldest first, as far as the window of congestion goes. `one`: one in any case. */
void tcp_retransmit(struct tcp_end *end, bool one)
{
	uint32_t mss = mss_now(end);
	struct tcp_segment *segment;
	bool sent = false;

	while ((segment = tcp_segment_first(end, TCP_HAS_WAITING))) {
		if (!one && tcp_in_flight(end) >= end->cc.cwnd)
			break;
		if (!retransmit_one(end, segment, mss, one))
			break;
		sent = true;
		if (one)
			break;
	}
	if (sent && wants_timer(end))
		tcp_ack_rearm(end);
}

/* ---- new data ---- */

/* Sends the next segment of at most `len` data bytes. 0 or -errno. */
static int send_new(struct tcp_end *end, uint32_t len, uint32_t mss)
{
	bool with_fin = fin_pending(end) && len == unsent(end);
	uint8_t flags = with_fin ? TCP_SEG_FIN : 0;
	struct tcp_segment *segment;
	uint32_t flight;
	int err;

	/* RFC 9293 MUST-60, MUST-61: PSH with the last of what there is. */
	if (len &&
	    (len == unsent(end) || seq_gt(end->snd_nxt + len, end->pushed_seq + end->max_wnd / 2)))
		flags |= TCP_SEG_PSH;
	segment = tcp_segment_new(end, end->snd_nxt, len, flags);
	if (!segment)
		return -ENOMEM;
	segment->mss = (uint16_t)mss;
	err = tcp_transmit(end, segment);
	if (err) {
		tcp_segment_free(end, segment);
		return err;
	}
	if (flags & TCP_SEG_PSH)
		end->pushed_seq = segment->end;
	if (len && len < mss)
		end->snd_sml = segment->end;
	end->snd_nxt = segment->end;
	flight = tcp_in_flight(end);
	if (flight > end->flight_max)
		end->flight_max = flight;
	return 0;
}

/* Whether the congestion window was what limited us, of the last round trip. */
static void note_limit(struct tcp_end *end, bool limited)
{
	if (seq_ge(end->snd_una, end->limited_seq) || limited) {
		end->cwnd_limited = limited;
		if (seq_ge(end->snd_una, end->limited_seq))
			end->flight_max = tcp_in_flight(end);
		end->limited_seq = end->snd_nxt;
	}
}

/* Nothing is on its way to be answered: who wakes us? */
static void arm_persist(struct tcp_end *end, bool corked)
{
	px_time now = tcp_stack(end)->now;
	px_time wait = tcp_rtt_rto(&end->rtt);

	if (end->snd_nxt != end->snd_una || (!unsent(end) && !fin_pending(end)))
		return;
	if (end->send_timer == TCP_SEND_PERSIST && end->deadline[TCP_TIMER_SEND] != PX_TIME_NEVER)
		return;
	if (corked)
		wait = 200 * PX_MSEC; /* tcp(7), TCP_CORK */
	tcp_send_timer(end, TCP_SEND_PERSIST, now + wait);
}

void tcp_output(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);
	bool limited = false, sent = false, refused = false, corked = false;
	bool was_idle = end->snd_nxt == end->snd_una;
	uint32_t mss, burst;
	struct ip_dst dst;
	struct ip_send ip;

	if (!tcp_in_state(end, TCP_SENDING))
		return;
	if (tcp_route(end, &dst, &ip) < 0)
		dst.iface = NULL;
	mss = mss_now(end);
	burst = burst_now(end, &dst, &ip, mss);
	/* RFC 5681 section 4.1, RFC 7661 section 5.4: after a pause the window is not known to hold. */
	if (was_idle && tcp_ctl(end)->slow_start_after_idle && (unsent(end) || fin_pending(end)) &&
	    stack->now - end->last_sent > end->rtt.rto && end->ca_state == TCP_OPEN)
		tcp_cc_restart(&end->cc, stack->now - end->last_sent, stack->now);
	/* F-RTO's question is out: new data first. */
	if (!end->frto || !seq_gt(end->snd_nxt, end->high_seq))
		tcp_retransmit(end, false);
	while (unsent(end) || fin_pending(end)) {
		uint32_t edge = end->snd_una + end->snd_wnd, left = unsent(end), len, usable;

		usable = seq_gt(edge, end->snd_nxt) ? edge - end->snd_nxt : 0;
		if (left && tcp_in_flight(end) >= end->cc.cwnd) {
			limited = true;
			break;
		}
		if (left && !usable)
			break;
		len = next_len(end, left < usable ? left : usable, mss, burst);
		if (left && len < mss && !small_may_go(end, len, mss, usable)) {
			corked = (end->cork || end->more) && len == left;
			break;
		}
		if (!left && !usable)
			break; /* a FIN needs a number of the window, too */
		if (dst.iface && !queue_has_room(end, &dst)) {
			refused = true;
			break;
		}
		if (records_full(end) || tcp_paced(end, len)) {
			refused = true;
			break;
		}
		if (send_new(end, len, mss) < 0) {
			refused = true;
			break;
		}
		tcp_pace_sent(end, len);
		sent = true;
	}
	/* Less than a segment to send: what is measured from here on is the program. */
	if (!limited && !refused && unsent(end) < mss && end->snd_nxt != end->snd_una &&
	    end->lost <= end->retrans && tcp_in_flight(end) < end->cc.cwnd)
		tcp_rate_app_limited(&end->rate, tcp_in_flight(end));
	note_limit(end, limited);
	if (sent) {
		if (end->last_data_received + end->ato > stack->now)
			end->pingpong = true; /* it answers */
		if (was_idle || wants_timer(end))
			tcp_ack_rearm(end);
		tcp_tell_writable(end); /* TCP_NOTSENT_LOWAT */
	}
	arm_persist(end, corked);
}

bool tcp_output_override(struct tcp_end *end)
{
	uint32_t edge = end->snd_una + end->snd_wnd, len = unsent(end), mss = mss_now(end);
	uint32_t usable = seq_gt(edge, end->snd_nxt) ? edge - end->snd_nxt : 0;

	if (!usable || (!len && !fin_pending(end)))
		return false;
	if (len > usable)
		len = usable;
	if (len > mss)
		len = mss;
	if (send_new(end, len, mss) < 0)
		return false;
	tcp_ack_rearm(end);
	return true;
}

/* ---- the caller's side ---- */

/* Room is counted in memory, not in bytes, as Linux does: a peer that does not read must not cost
 * more than the buffer. */
size_t tcp_send_room(const struct tcp_end *end)
{
	uint32_t lowat = end->notsent_lowat ? end->notsent_lowat : tcp_ctl(end)->notsent_lowat;
	size_t sndbuf = end->endpoint.sndbuf;

	if (!tcp_in_state(end, TCP_IN(ESTABLISHED) | TCP_IN(CLOSE_WAIT)))
		return 0;
	if (end->sendq_truesize >= sndbuf || end->write_seq - end->snd_nxt >= lowat)
		return 0;
	return sndbuf - end->sendq_truesize;
}

int tcp_send_ready(struct tcp_end *end)
{
	struct endpoint *e = &end->endpoint;

	if (e->error)
		return -endpoint_get_error(e);
	if (e->shutdown & ENDPOINT_SHUT_WR)
		return -EPIPE;
	if (tcp_in_state(end, TCP_IN(SYN_SENT) | TCP_IN(SYN_RECEIVED)))
		return -EAGAIN;
	if (!tcp_in_state(end, TCP_IN(ESTABLISHED) | TCP_IN(CLOSE_WAIT)))
		return -EPIPE;
	if (!tcp_send_room(end)) {
		end->sndbuf_full = true;
		return -EAGAIN;
	}
	return 0;
}

int tcp_send(struct tcp_end *end, struct px_pkt *pkt, int flags)
{
	int err = tcp_send_ready(end), len = (int)pkt->total;

	if (err || len == 0) {
		px_pkt_free(pkt);
		return err;
	}
	tcp_sendq_append(end, pkt);
	if (flags & MSG_OOB) {
		end->snd_up = end->write_seq;
		end->urgent = true;
	}
	end->more = (flags & MSG_MORE) && !(flags & MSG_OOB);
	tcp_output(end);
	end->sndbuf_full = !tcp_writable(end);
	return len;
}

void tcp_push(struct tcp_end *end)
{
	end->more = false;
	tcp_output(end);
}

void tcp_queue_fin(struct tcp_end *end)
{
	if (end->fin_queued)
		return;
	end->fin_queued = true;
	end->more = false;
	end->write_seq++;
	tcp_output(end);
}

uint32_t tcp_outq(const struct tcp_end *end)
{
	uint32_t count = end->write_seq - end->snd_una;

	if (!tcp_in_state(end, TCP_SENDING))
		return 0;
	return end->fin_queued && count ? count - 1 : count;
}

uint32_t tcp_outq_unsent(const struct tcp_end *end)
{
	return tcp_in_state(end, TCP_SENDING) ? unsent(end) : 0;
}
