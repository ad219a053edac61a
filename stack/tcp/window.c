/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The receive window, and when to acknowledge.
 *
 * The window offered never shrinks (RFC 9293 SHLD-14), opens in steps worth a segment (silly window
 * avoidance, section 3.8.6.2.2), and is what the free memory of the receive buffer will hold at the
 * ratio of payload to memory that arriving segments show. The buffer grows with what the reader
 * takes in a round trip (moderate_rcvbuf).
 *
 * Acknowledgements are decided on once a burst: at once for every second full segment, for what is
 * out of order, and while the peer may be in slow start; else delayed, to travel with an answer.
 */
#include "tcp_internal.h"

#define SCALING_FIRST 128 /* half of the memory is payload, until seen otherwise */

static uint32_t align(uint32_t value, unsigned int scale)
{
	uint32_t unit = 1u << scale;

	return (value + unit - 1) & ~(unit - 1);
}

/* What `memory` bytes of buffer hold of payload. */
static uint32_t payload_of(const struct tcp_end *end, uint64_t memory)
{
	uint64_t payload = memory * end->scaling / 256;

	return payload > TCP_CC_WINDOW_MAX ? TCP_CC_WINDOW_MAX : (uint32_t)payload;
}

/* RFC 7323 section 2.3: a scale that lets the window reach what the buffer may become. */
uint8_t tcp_window_scale(const struct px_stack *stack, uint32_t rcvbuf)
{
	uint32_t space = stack->tcp->sysctl.rmem[2];
	uint8_t scale = 0;

	if (space < stack->options.rmem_max)
		space = stack->options.rmem_max;
	if (space < rcvbuf)
		space = rcvbuf;
	while (scale < TCP_WSCALE_LIMIT && space >> scale > TCP_WINDOW_MAX)
		scale++;
	return scale;
}

void tcp_window_init(struct tcp_end *end)
{
	uint32_t window;

	if (!end->scaling)
		end->scaling = SCALING_FIRST;
	window = payload_of(end, end->endpoint.rcvbuf);
	if (end->window_clamp && window > end->window_clamp)
		window = end->window_clamp;
	end->rcv_wnd = window < TCP_WINDOW_MAX ? window : TCP_WINDOW_MAX;
}

static uint32_t wanted_window(const struct tcp_end *end)
{
	const struct endpoint *e = &end->endpoint;
	uint32_t full = payload_of(end, e->rcvbuf);
	uint32_t free = e->rcvbuf > e->rx_truesize ? payload_of(end, e->rcvbuf - e->rx_truesize) : 0;
	uint32_t mss = end->rcv_mss;

	if (end->window_clamp && full > end->window_clamp)
		full = end->window_clamp;
	if (free > full)
		free = full;
	if (mss > full)
		mss = full;
	/* A window below a segment, or a sixteenth, is none. */
	if (free < full / 2 && (free < full / 16 || free < mss))
		return 0;
	if (px_mem_pressure(tcp_stack(end)->mem) && free > 4 * mss)
		free = 4 * mss; /* all share what is left; small beside the buffer, but no silly window */
	if (!end->rcv_wscale && mss) {
		uint32_t window = end->rcv_wnd;
		if (window > free || window + mss <= free)
			window = free / mss * mss;
		return window;
	}
	return free;
}

uint32_t tcp_select_window(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);
	bool syn = tcp_in_state(end, TCP_IN(SYN_SENT) | TCP_IN(SYN_RECEIVED));
	unsigned int scale = syn ? 0 : end->rcv_wscale;
	uint32_t left = tcp_rcv_window(end), window = wanted_window(end);
	uint32_t max = (uint32_t)TCP_WINDOW_MAX << scale;

	if (window < left)
		window = left;
	window = align(window, scale);
	if (window > max)
		window = max;
	if (!window && end->rcv_wnd)
		PX_COUNT(stack, TcpExtTCPToZeroWindowAdv);
	else if (window && !end->rcv_wnd)
		PX_COUNT(stack, TcpExtTCPFromZeroWindowAdv);
	end->rcv_wnd = window;
	end->rcv_wup = end->rcv_nxt;
	return window;
}

/* ---- what arrives ---- */

/* Round trips as the receiver sees them: by the echo of its timestamps, else by the time in which a
 * window's worth comes. */
static void measure_round(struct tcp_end *end, const struct px_pkt *pkt, uint32_t len)
{
	px_time now = tcp_stack(end)->now, sample;

	if (!end->rcv_rtt_since) {
		end->rcv_rtt_since = now;
		end->rcv_rtt_seq = end->rcv_nxt + end->rcv_wnd;
		return;
	}
	if (seq_lt(end->rcv_nxt, end->rcv_rtt_seq))
		return;
	sample = now - end->rcv_rtt_since;
	end->rcv_rtt = end->rcv_rtt && end->rcv_rtt < sample ? end->rcv_rtt : sample;
	end->rcv_rtt_since = now;
	end->rcv_rtt_seq = end->rcv_nxt + end->rcv_wnd;
}

void tcp_window_measure(struct tcp_end *end, const struct px_pkt *pkt, uint32_t len)
{
	px_time now = tcp_stack(end)->now, gap = now - end->last_data_received;
	px_time rto = tcp_rtt_rto(&end->rtt);
	size_t size = px_pkt_kept_size(pkt); /* it may share a block with others (mem://) */
	uint32_t most = end->advmss ? end->advmss : TCP_MSS_DEFAULT4;

	if (len >= end->rcv_mss) {
		uint64_t scaling = (uint64_t)len * 256 / size;
		end->scaling = (uint8_t)(scaling > 255 ? 255 : scaling ? scaling : 1);
		end->rcv_mss = len < most ? len : most;
	}
	measure_round(end, pkt, len);
	/* The delay adapts to the distance of segments, as Linux does. */
	if (gap <= TCP_DELACK_MIN / 2)
		end->ato = end->ato / 2 + TCP_DELACK_MIN / 2;
	else if (gap < end->ato)
		end->ato = end->ato / 2 + gap;
	else if (gap > rto)
		tcp_quick_acks(end, TCP_QUICK_ACKS); /* the sender restarts: its window is small */
	if (end->ato > rto)
		end->ato = rto;
	end->last_data_received = now;
}

/* ---- the reader ---- */

/* Dynamic right-sizing: twice what was read in a round trip, and more if that grows. */
static void grow_rcvbuf(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);
	px_time round = end->rcv_rtt ? end->rcv_rtt : end->rtt.srtt;
	uint32_t copied = end->copied_seq - end->rcv_space_seq, max = tcp_ctl(end)->rmem[2];
	uint64_t window, memory;

	if (end->rtt.srtt && end->rtt.srtt < round)
		round = end->rtt.srtt;
	if (stack->now - end->rcv_space_since < round || !round)
		return;
	if (copied > end->rcv_space) {
		if (tcp_ctl(end)->moderate_rcvbuf && !end->rcvbuf_locked && !px_mem_pressure(stack->mem)) {
			window = 2 * (uint64_t)copied + 16 * (uint64_t)end->advmss;
			window += window * (copied - end->rcv_space) / (end->rcv_space ? end->rcv_space : 1);
			memory = window * 256 / (end->scaling ? end->scaling : 1);
			if (memory > max)
				memory = max;
			if (memory > end->endpoint.rcvbuf)
				end->endpoint.rcvbuf = (uint32_t)memory;
		}
		end->rcv_space = copied;
	}
	end->rcv_space_seq = end->copied_seq;
	end->rcv_space_since = stack->now;
}

/* A window update is worth a segment if it doubles what the peer may send (section 3.8.6.2.2). */
void tcp_window_read(struct tcp_end *end)
{
	uint32_t left = tcp_rcv_window(end), window;

	if (!tcp_in_state(end, TCP_IN(ESTABLISHED) | TCP_IN(FIN_WAIT_1) | TCP_IN(FIN_WAIT_2)))
		return;
	grow_rcvbuf(end);
	window = wanted_window(end);
	if (window && window >= 2 * left) {
		tcp_todo(end, TCP_TODO_ACK_NOW);
		return;
	}
	/* Everything is read, and the acknowledgement still waits: nothing is won by more waiting,
	 * unless an answer is likely. */
	if (end->deadline[TCP_TIMER_DELACK] != PX_TIME_NEVER && !end->endpoint.rx.first &&
	    (end->rcv_nxt - end->rcv_wup > end->rcv_mss))
		tcp_todo(end, TCP_TODO_ACK_NOW);
}

/* ---- acknowledging ---- */

void tcp_quick_acks(struct tcp_end *end, unsigned int count)
{
	if (end->quick_acks < count)
		end->quick_acks = (uint8_t)count;
	end->ato = TCP_DELACK_MIN;
}

void tcp_ack_sent(struct tcp_end *end)
{
	if (end->quick_acks && end->rcv_nxt != end->last_ack_sent)
		end->quick_acks--;
	end->last_ack_sent = end->rcv_nxt;
	end->todo &= (uint8_t) ~(TCP_TODO_ACK | TCP_TODO_ACK_NOW);
	tcp_timer_stop(end, TCP_TIMER_DELACK);
}

void tcp_ack_decide(struct tcp_end *end)
{
	bool now = end->todo & TCP_TODO_ACK_NOW;
	px_time deadline;

	end->todo &= (uint8_t) ~(TCP_TODO_ACK | TCP_TODO_ACK_NOW);
	/* RFC 9293 SHLD-19: at least every second full-sized segment. */
	if (now || end->rcv_nxt - end->rcv_wup > end->rcv_mss || end->ooo_count ||
	    (end->quick_acks && !end->pingpong) || end->quickack) {
		tcp_send_ack(end);
		return;
	}
	deadline = tcp_stack(end)->now + (end->ato < TCP_DELACK_MIN      ? TCP_DELACK_MIN
	                                     : end->ato > TCP_DELACK_MAX ? TCP_DELACK_MAX
	                                                                 : end->ato);
	if (deadline < end->deadline[TCP_TIMER_DELACK])
		tcp_timer_set(end, TCP_TIMER_DELACK, deadline);
}
