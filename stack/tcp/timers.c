/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Timers. A connection has one entry in the stack's queue, for the earliest of its deadlines, set
 * anew lazily; what has been stopped meanwhile lets it come up for nothing.
 *
 * Most deadlines of a sender exclude one another and share a place: retransmission, tail loss
 * probe, reordering, persist.
 *
 * How long we try: retries2 back-offs' worth of time (about 15 minutes), or TCP_USER_TIMEOUT (RFC
 * 5482); a connection whose owner is gone, for fewer; a SYN, syn_retries times. A peer that keeps
 * answering with a closed window is probed for ever (RFC 9293 MUST-37), unless nobody owns the
 * connection any more.
 */
#include "tcp_internal.h"

#define ORPHAN_RETRIES 8 /* Linux's reading of orphan_retries = 0 */

void tcp_timer_set(struct tcp_end *end, enum tcp_timer timer, px_time deadline)
{
	end->deadline[timer] = deadline;
	if (deadline < end->timer.deadline)
		px_timer_set(tcp_stack(end), &end->timer, deadline);
}

void tcp_send_timer(struct tcp_end *end, enum tcp_send_timer what, px_time deadline)
{
	end->send_timer = (uint8_t)what;
	tcp_timer_set(end, TCP_TIMER_SEND, deadline);
}

static void rearm(struct tcp_end *end)
{
	px_time first = PX_TIME_NEVER;

	for (unsigned int i = 0; i < TCP_TIMERS; i++) {
		if (end->deadline[i] < first)
			first = end->deadline[i];
	}
	if (first != PX_TIME_NEVER)
		px_timer_set(tcp_stack(end), &end->timer, first);
}

/* ---- giving up ---- */

static void time_out(struct tcp_end *end)
{
	PX_COUNT(tcp_stack(end), TcpExtTCPAbortOnTimeout);
	/* RFC 1122 section 4.2.3.9: the reason, if ICMP told one. */
	tcp_done(end, end->soft_error ? end->soft_error : ETIMEDOUT);
}

/* The time that `retries` back-offs from the least time-out take. */
static px_time patience(const struct tcp_end *end, unsigned int retries)
{
	px_time rto = end->rtt.rto_min, total = 0;

	for (unsigned int i = 0; i <= retries; i++) {
		total += rto;
		rto = 2 * rto < end->rtt.rto_max ? 2 * rto : end->rtt.rto_max;
	}
	return total;
}

static unsigned int retries_allowed(const struct tcp_end *end)
{
	const struct tcp_sysctl *ctl = tcp_ctl(end);

	if (!end->orphan)
		return ctl->retries2;
	return ctl->orphan_retries ? ctl->orphan_retries : ORPHAN_RETRIES;
}

static bool out_of_patience(const struct tcp_end *end, px_time since, unsigned int retries)
{
	px_time now = tcp_stack(end)->now;
	px_time limit = end->user_timeout ? end->user_timeout * PX_MSEC : patience(end, retries);

	return since && now >= since + limit;
}

/* A time-out that the user set (RFC 5482) does not wait for the next of the timer's steps, which
 * grow. Once it is over, and the connection lives on since the peer answers, they count again. */
static px_time not_beyond_patience(const struct tcp_end *end, px_time due)
{
	px_time limit = end->retrans_since + end->user_timeout * PX_MSEC;

	if (!end->user_timeout || !end->retrans_since || limit >= due || limit <= tcp_stack(end)->now)
		return due;
	return limit;
}

/* ---- retransmission (RFC 6298 section 5) ---- */

static void syn_time_out(struct tcp_end *end)
{
	const struct tcp_sysctl *ctl = tcp_ctl(end);
	struct px_stack *stack = tcp_stack(end);
	unsigned int retries = end->syn_retries ? end->syn_retries : ctl->syn_retries;
	struct tcp_segment *syn = list_first(&end->segments, struct tcp_segment, node);

	if (end->state == TCP_STATE_SYN_RECEIVED)
		retries = ctl->synack_retries;
	if (end->retransmits >= retries ||
	    (end->user_timeout && out_of_patience(end, end->retrans_since, 0))) {
		time_out(end);
		return;
	}
	PX_COUNT(stack, TcpExtTCPTimeouts);
	if (end->retransmits++ == 0)
		end->retrans_since = syn->sent;
	tcp_segment_mark(syn, TCP_SEG_EVER_RETRANS, 0);
	end->endpoint.dst.iface = NULL; /* the route may have changed */
	tcp_transmit(end, syn);
	tcp_rtt_back_off(&end->rtt);
	tcp_send_timer(end, TCP_SEND_RTO, stack->now + tcp_rtt_rto(&end->rtt));
}

static void retransmission_time_out(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);
	struct tcp_segment *first = list_first(&end->segments, struct tcp_segment, node);
	uint32_t before;

	if (!first)
		return;
	if (tcp_in_state(end, TCP_IN(SYN_SENT) | TCP_IN(SYN_RECEIVED))) {
		syn_time_out(end);
		return;
	}
	if (end->retransmits == 0)
		end->retrans_since = first->sent;
	if (out_of_patience(end, end->retrans_since, retries_allowed(end)) && end->retransmits) {
		/* A peer that still answers though it has shut its window is not gone. */
		if (end->snd_wnd || end->orphan || stack->now - end->last_ack_received > TCP_RTO_MAX) {
			time_out(end);
			return;
		}
	}
	PX_COUNT(stack, TcpExtTCPTimeouts);
	if (end->retransmits && end->retransmits >= tcp_ctl(end)->retries1) {
		end->endpoint.dst.iface = NULL; /* RFC 1122 section 4.2.3.5: another way? */
		tcp_mtu_probe_black_hole(end);
	}
	tcp_recovery_loss(end);
	if (end->retransmits < UINT8_MAX)
		end->retransmits++;
	before = end->total_retrans;
	tcp_retransmit(end, true);
	if (end->total_retrans == before) {
		/* The transmit queue is full, or there is no memory: soon again. */
		tcp_send_timer(end, TCP_SEND_RTO, stack->now + end->rtt.rto_min);
		return;
	}
	tcp_rtt_back_off(&end->rtt);
	tcp_send_timer(
	    end, TCP_SEND_RTO, not_beyond_patience(end, stack->now + tcp_rtt_rto(&end->rtt)));
}

/* ---- persist (RFC 9293 section 3.8.6.1) ---- */

/* Nobody owns it, and the peer answers probes, but never opens its window: as Linux, not once they
 * are as far apart as they get. */
static bool orphan_is_held(const struct tcp_end *end)
{
	return end->orphan && end->persist_backoff >= retries_allowed(end) &&
	       end->rtt.rto << end->persist_backoff >= end->rtt.rto_max;
}

static void persist_expired(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);
	px_time wait;

	if (end->snd_nxt != end->snd_una || end->write_seq == end->snd_nxt)
		return;
	/* The window is open, but small; or a cork has been in for 200 ms. */
	end->more = false;
	if (tcp_output_override(end))
		return;
	if (end->probes == 0)
		end->retrans_since = stack->now;
	if ((end->probes && ((end->user_timeout && out_of_patience(end, end->retrans_since, 0)) ||
	                        end->probes > retries_allowed(end))) ||
	    orphan_is_held(end)) {
		time_out(end);
		return;
	}
	/* Without new data: a number that the peer has, to which it answers with its window. */
	tcp_send_probe(end, end->snd_una - 1);
	if (end->probes < UINT8_MAX)
		end->probes++;
	if (end->persist_backoff < 16)
		end->persist_backoff++;
	wait = end->rtt.rto << end->persist_backoff;
	if (wait > end->rtt.rto_max)
		wait = end->rtt.rto_max;
	tcp_send_timer(end, TCP_SEND_PERSIST, not_beyond_patience(end, stack->now + wait));
}

/* ---- keepalive (RFC 9293 section 3.8.4), FIN-WAIT-2 ---- */

static px_time keepalive_time(const struct tcp_end *end)
{
	uint32_t time = end->keepalive_time ? end->keepalive_time : tcp_ctl(end)->keepalive_time;

	return (px_time)time * PX_SEC;
}

void tcp_keepalive_start(struct tcp_end *end)
{
	px_time due;

	if (end->orphan && end->state == TCP_STATE_FIN_WAIT_2)
		return; /* the place is taken */
	if (!end->keepalive || !tcp_in_state(end, TCP_SYNCHRONIZED)) {
		tcp_timer_stop(end, TCP_TIMER_KEEP);
		return;
	}
	due = end->last_received + keepalive_time(end);
	if (due <= tcp_stack(end)->now)
		due = tcp_stack(end)->now + 1;
	tcp_timer_set(end, TCP_TIMER_KEEP, due);
}

static void keepalive_expired(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);
	uint32_t intvl = end->keepalive_intvl ? end->keepalive_intvl : tcp_ctl(end)->keepalive_intvl;
	uint8_t probes = end->keepalive_probes ? end->keepalive_probes : tcp_ctl(end)->keepalive_probes;
	px_time idle = stack->now - end->last_received;

	if (end->orphan && end->state == TCP_STATE_FIN_WAIT_2) {
		tcp_done(end, 0);
		return;
	}
	if (!end->keepalive || !tcp_in_state(end, TCP_SYNCHRONIZED))
		return;
	/* What is on its way keeps the line alive by itself. */
	if (end->snd_nxt != end->snd_una || end->write_seq != end->snd_nxt ||
	    idle < keepalive_time(end)) {
		px_time due = end->last_received + keepalive_time(end);
		tcp_timer_set(end, TCP_TIMER_KEEP, due > stack->now ? due : stack->now + intvl * PX_SEC);
		return;
	}
	if (end->user_timeout ? end->probes && idle >= end->user_timeout * PX_MSEC
	                      : end->probes >= probes) {
		tcp_send_reset(end);
		time_out(end);
		return;
	}
	tcp_send_probe(end, end->snd_una - 1);
	PX_COUNT(stack, TcpExtTCPKeepAlive);
	end->probes++;
	tcp_timer_set(end, TCP_TIMER_KEEP, stack->now + intvl * PX_SEC);
}

void tcp_peer_alive(struct tcp_end *end)
{
	end->last_received = tcp_stack(end)->now;
	if (end->send_timer != TCP_SEND_PERSIST)
		end->probes = 0;
}

/* ---- the entry ---- */

static void send_timer_expired(struct tcp_end *end)
{
	enum tcp_send_timer what = (enum tcp_send_timer)end->send_timer;

	end->send_timer = TCP_SEND_NONE;
	switch (what) {
	case TCP_SEND_RTO:
		retransmission_time_out(end);
		break;
	case TCP_SEND_PROBE:
		tcp_tlp_expired(end);
		break;
	case TCP_SEND_REORDER:
		tcp_rack_expired(end);
		break;
	case TCP_SEND_PERSIST:
		persist_expired(end);
		break;
	default:
		break;
	}
}

void tcp_timer_expired(struct px_stack *stack, struct px_timer *timer)
{
	struct tcp_end *end =
	    (struct tcp_end *)(void *)((char *)timer - offsetof(struct tcp_end, timer));
	bool due[TCP_TIMERS];

	for (unsigned int i = 0; i < TCP_TIMERS; i++) {
		due[i] = end->deadline[i] <= stack->now;
		if (due[i])
			end->deadline[i] = PX_TIME_NEVER;
	}
	if (due[TCP_TIMER_DELACK]) {
		PX_COUNT(stack, TcpExtDelayedACKs);
		end->pingpong = false; /* the answer did not come in time */
		end->ato = TCP_DELACK_MIN;
		tcp_send_ack(end);
	}
	if (due[TCP_TIMER_PACE])
		tcp_todo(end, TCP_TODO_OUTPUT);
	if (due[TCP_TIMER_SEND])
		send_timer_expired(end);
	if (due[TCP_TIMER_KEEP] && !end->done)
		keepalive_expired(end);
	if (!end->done)
		rearm(end);
}
