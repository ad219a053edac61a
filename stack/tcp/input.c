/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A segment arrives: RFC 9293 section 3.10.7, step by step, with RFC 5961's answers to what might
 * be forged (section numbers below are RFC 9293's unless said otherwise).
 *
 * Segments that IP has joined (ip/join.h) go through the steps as one, where each would go the same
 * way: in order, inside of the window, in ESTABLISHED (header prediction for many at once). Else
 * they are taken apart: what is out of order, old, or unusual is seen segment by segment.
 *
 * Where a step says "send an ACK", it is sent at the end of the burst, together with what the other
 * segments of the burst ask for, unless each must be told apart.
 */
#include "tcp_internal.h"

/* ---- RFC 5961 ---- */

/* At most one in invalid_ratelimit for a connection, and challenge_ack_limit a second for the stack
 * (section 7; CVE-2016-5696: the stack's count tells an attacker something, so it has no limit
 * unless asked for). */
bool tcp_challenge_allowed(struct px_stack *stack, px_time *last)
{
	struct tcp_state *tcp = stack->tcp;
	uint64_t second = stack->now / PX_SEC;

	if (*last && stack->now - *last < tcp->sysctl.invalid_ratelimit * PX_MSEC)
		return false;
	if (tcp->sysctl.challenge_ack_limit != INT32_MAX) {
		if (tcp->challenge_second != second) {
			uint32_t limit = tcp->sysctl.challenge_ack_limit;
			tcp->challenge_second = second;
			/* Random, so that it cannot be counted out. */
			tcp->challenge_count = (limit + 1) / 2 + px_random_below(&stack->random, limit);
		}
		if (!tcp->challenge_count)
			return false;
		tcp->challenge_count--;
	}
	*last = stack->now;
	return true;
}

void tcp_challenge_ack(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);

	if (!tcp_challenge_allowed(stack, &end->challenge))
		return;
	PX_COUNT(stack, TcpExtTCPChallengeACK);
	tcp_send_ack(end);
}

/* ---- first step: is it in the window? ---- */

/* As far back as what was last acknowledged: a segment that only our ACK overtook is no stranger.
 */
static bool acceptable(const struct tcp_end *end, const struct tcp_arrival *arrival)
{
	return seq_ge(arrival->end, end->rcv_wup) &&
	       seq_le(arrival->seq, end->rcv_nxt + tcp_rcv_window(end));
}

static void not_acceptable(struct tcp_end *end, struct tcp_arrival *arrival)
{
	struct px_stack *stack = tcp_stack(end);

	if (arrival->header.flags & TCP_RST)
		return;
	/* RFC 2883: what came twice is told. */
	if (end->sack_ok && arrival->len && seq_lt(arrival->seq, end->rcv_nxt) && tcp_ctl(end)->dsack) {
		end->dsack = true;
		end->dsack_range.left = arrival->seq;
		end->dsack_range.right = seq_min(arrival->seq + arrival->len, end->rcv_nxt);
		PX_COUNT(stack, TcpExtTCPDSACKOldSent);
		tcp_quick_acks(end, 2);
	}
	/* Without data it may be our own ACK's echo, for ever: slowly. */
	if (!arrival->len && !(arrival->header.flags & (TCP_SYN | TCP_FIN)) && end->oow_ack &&
	    stack->now - end->oow_ack < tcp_ctl(end)->invalid_ratelimit * PX_MSEC)
		return;
	if (!arrival->len)
		end->oow_ack = stack->now;
	tcp_send_ack(end);
}

/* RFC 7323 section 5.3, R1: an old duplicate by its timestamp. */
/* RFC 7323 section 5: the segment is old. */
static bool tcp_paws_fails(const struct tcp_end *end, const struct tcp_header_options *options)
{
	const struct px_stack *stack = tcp_stack(end);

	return end->ts_ok && options->has_timestamp && end->ts_recent_stamp &&
	       seq_lt(options->tsval, end->ts_recent) &&
	       stack->now - end->ts_recent_stamp < TCP_PAWS_VALID;
}

/* An ACK that overtook data is no old duplicate (Linux's tcp_disordered_ack). */
static bool paws_excused(const struct tcp_end *end, const struct tcp_arrival *arrival)
{
	return arrival->len == 0 && arrival->seq == end->rcv_nxt &&
	       (arrival->header.flags & (TCP_ACK | TCP_SYN | TCP_FIN | TCP_RST)) == TCP_ACK &&
	       arrival->header.ack == end->snd_una &&
	       (int32_t)(end->ts_recent - arrival->header.options.tsval) <=
	           (int32_t)(tcp_rtt_rto(&end->rtt) / PX_MSEC);
}

/* RFC 7323 section 4.3 (2). */
static void take_timestamp(struct tcp_end *end, const struct tcp_arrival *arrival)
{
	const struct tcp_header_options *options = &arrival->header.options;

	if (!end->ts_ok || !options->has_timestamp || seq_gt(arrival->seq, end->last_ack_sent) ||
	    seq_lt(options->tsval, end->ts_recent))
		return;
	end->ts_recent = options->tsval;
	end->ts_recent_stamp = tcp_stack(end)->now;
}

/* ---- second step: RST ---- */

/* What the owner is told: section 3.10.7.4. */
void tcp_reset_received(struct tcp_end *end)
{
	int error = ECONNRESET;

	PX_COUNT(tcp_stack(end), TcpExtTCPRstReceived);
	if (end->state == TCP_STATE_SYN_SENT || end->state == TCP_STATE_SYN_RECEIVED)
		error = ECONNREFUSED;
	else if (end->state == TCP_STATE_CLOSE_WAIT)
		error = EPIPE;
	tcp_done(end, error);
}

static void reset_arrives(struct tcp_end *end, const struct tcp_arrival *arrival)
{
	/* RFC 5961 section 3.2: exactly the number that is expected, or else prove that you know. Also
	 * the end of the last range that we told as received: it is as hard to guess. */
	if (arrival->seq == end->rcv_nxt) {
		tcp_reset_received(end);
		return;
	}
	if (end->recent_count && arrival->seq == end->recent[0].right) {
		tcp_reset_received(end);
		return;
	}
	tcp_challenge_ack(end);
}

/* ---- fifth step: states that an ACK changes ---- */

/* SYN-RECEIVED of a simultaneous open. False: dropped. */
static bool ack_of_syn(struct tcp_end *end, struct tcp_arrival *arrival)
{
	const struct tcp_header *header = &arrival->header;

	if (!seq_in(header->ack, end->snd_una + 1, end->snd_nxt + 1)) {
		tcp_reply_reset(tcp_stack(end), arrival);
		return false;
	}
	end->snd_wl1 = header->seq;
	end->snd_wnd = (uint32_t)header->window << (header->flags & TCP_SYN ? 0 : end->snd_wscale);
	if (end->snd_wnd > end->max_wnd)
		end->max_wnd = end->snd_wnd;
	tcp_established(end);
	return true;
}

/* After the queue was cleaned: is our FIN acknowledged? */
static void follow_fin(struct tcp_end *end)
{
	if (end->fin_queued && end->snd_una == end->write_seq &&
	    tcp_in_state(end, TCP_IN(FIN_WAIT_1) | TCP_IN(CLOSING) | TCP_IN(LAST_ACK)))
		tcp_fin_acked(end);
}

/* ---- the steps ---- */

/* RFC 1122 section 4.2.2.13: nobody will read this. */
static bool data_for_nobody(struct tcp_end *end, const struct tcp_arrival *arrival)
{
	if ((!end->orphan && !end->finishing) || !arrival->len ||
	    seq_le(arrival->seq + arrival->len, end->rcv_nxt) ||
	    !tcp_in_state(end, TCP_IN(FIN_WAIT_1) | TCP_IN(FIN_WAIT_2)))
		return false;
	PX_COUNT(tcp_stack(end), TcpExtTCPAbortOnData);
	tcp_reply_reset(tcp_stack(end), arrival);
	tcp_done(end, 0);
	return true;
}

void tcp_segment_arrives(struct tcp_end *end, struct tcp_arrival *arrival)
{
	const struct tcp_header *header = &arrival->header;
	struct px_stack *stack = tcp_stack(end);

	end->segs_in += px_pkt_frames(arrival->pkt);
	if (arrival->len)
		end->data_segs_in += px_pkt_frames(arrival->pkt);
	/* First: sequence number, with PAWS. */
	if (tcp_paws_fails(end, &header->options) && !paws_excused(end, arrival) &&
	    !(header->flags & TCP_RST)) {
		PX_COUNT(stack, TcpExtPAWSEstab);
		not_acceptable(end, arrival);
		return;
	}
	if (!acceptable(end, arrival)) {
		/* A SYN of an earlier life is challenged like one of this (RFC 5961 section 4). */
		if (header->flags & TCP_SYN && !(header->flags & TCP_RST))
			tcp_challenge_ack(end);
		else
			not_acceptable(end, arrival);
		return;
	}
	/* Second: RST. (Third: security, which nobody has.) */
	if (header->flags & TCP_RST) {
		reset_arrives(end, arrival);
		return;
	}
	/* Fourth: SYN. RFC 5961 section 4.2. */
	if (header->flags & TCP_SYN) {
		/* The peer of a simultaneous open has not seen our answer: its SYN again, or its
		 * SYN-ACK. */
		if (end->state != TCP_STATE_SYN_RECEIVED || arrival->seq != end->irs) {
			PX_COUNT(stack, TcpExtTCPSYNChallenge);
			tcp_challenge_ack(end);
			return;
		}
		if (!(header->flags & TCP_ACK)) {
			struct tcp_segment *syn = list_first(&end->segments, struct tcp_segment, node);
			if (syn)
				tcp_transmit(end, syn);
			return;
		}
	}
	/* Fifth: ACK. */
	if (!(header->flags & TCP_ACK))
		return;
	if (end->state == TCP_STATE_SYN_RECEIVED && !ack_of_syn(end, arrival))
		return;
	if (!tcp_ack_arrives(end, arrival))
		return;
	/* Not before: with a timestamp of the future, who guesses a number of the window alone could
	 * make PAWS refuse the peer. */
	take_timestamp(end, arrival);
	tcp_peer_alive(end);
	tcp_ecn_received(end, arrival);
	follow_fin(end);
	if (end->done)
		return; /* LAST-ACK, or TIME-WAIT now */
	if (data_for_nobody(end, arrival))
		return;
	/* Sixth: URG. */
	if (header->flags & TCP_URG)
		tcp_urgent_arrives(end, arrival);
	/* Seventh and eighth: data and FIN. */
	if (header->flags & TCP_SYN)
		arrival->seq++;
	if (arrival->len || header->flags & TCP_FIN)
		tcp_data_arrives(end, arrival);
}

/* ---- from the network ---- */

/* IP_MINTTL, IPV6_MINHOPCOUNT (RFC 5082). */
static bool too_far(const struct tcp_end *end, const struct tcp_arrival *arrival)
{
	const struct endpoint *e = &end->endpoint;

	return arrival->pkt->ttl < (px_ip_is4(&arrival->pkt->src) ? e->min_ttl : e->min_hop_count);
}

static void to_entry(struct px_stack *stack, struct tcp_entry *entry, struct tcp_arrival *arrival)
{
	struct tcp_end *end;

	switch (entry->kind) {
	case TCP_KIND_REQUEST:
		tcp_request_arrives((struct tcp_request *)(void *)entry, arrival);
		return;
	case TCP_KIND_TIMEWAIT:
		tcp_timewait_arrives((struct tcp_timewait *)(void *)entry, arrival);
		return;
	default:
		break;
	}
	end = (struct tcp_end *)(void *)((char *)entry - offsetof(struct tcp_end, entry));
	if (too_far(end, arrival)) {
		PX_COUNT(stack, TcpExtTCPMinTTLDrop);
		return;
	}
	if (end->endpoint.filter && !end->endpoint.filter(end->endpoint.program, arrival->pkt))
		return;
	if (end->state == TCP_STATE_SYN_SENT)
		tcp_syn_sent_arrives(end, arrival);
	else
		tcp_segment_arrives(end, arrival);
}

static void from_nobody(struct px_stack *stack, struct tcp_arrival *arrival)
{
	struct tcp_flow flow = {.local = arrival->pkt->dst,
	    .remote = arrival->pkt->src,
	    .lport = arrival->header.dport,
	    .rport = arrival->header.sport};
	struct tcp_end *end;

	if (arrival->pkt->flags & PX_PKT_RETIRED)
		return; /* a flow of its own, but not this one */
	end = tcp_listener_find(stack, &flow, arrival->pkt->ifindex);
	if (end && too_far(end, arrival))
		return;
	/* Dropped without an answer, as by tcp_v6_rcv. */
	if (end && end->endpoint.filter && !end->endpoint.filter(end->endpoint.program, arrival->pkt))
		return;
	if (end)
		tcp_listen_arrives(end, arrival, 0);
	else
		tcp_reply_reset(stack, arrival);
}

/* ---- joined segments ---- */

/* Whether the steps come to the same for all of them as for each. */
static bool goes_whole(const struct tcp_end *end, const struct tcp_arrival *arrival)
{
	size_t size = px_pkt_truesize(arrival->pkt);

	for (const struct px_pkt *pkt = arrival->pkt->joined; pkt; pkt = pkt->next)
		size += px_pkt_truesize(pkt);
	return tcp_recvq_has_room(end, size) && end->state == TCP_STATE_ESTABLISHED &&
	       arrival->seq == end->rcv_nxt && arrival->len <= tcp_rcv_window(end) && !end->ooo_count &&
	       !end->urg_announced && !arrival->header.options.sacks && !end->endpoint.filter &&
	       !tcp_paws_fails(end, &arrival->header.options);
}

/* The data of the whole chain, behind headers of the same length. */
static uint32_t pull_joined(struct px_pkt *pkt, size_t header_len)
{
	uint32_t len = 0;

	for (pkt = pkt->joined; pkt; pkt = pkt->next) {
		px_pkt_pull(pkt, header_len);
		len += pkt->total;
	}
	return len;
}

static void push_joined(struct px_pkt *pkt, size_t header_len)
{
	for (pkt = pkt->joined; pkt; pkt = pkt->next)
		px_pkt_push(pkt, header_len);
}

/* Returns what is to be handled one by one, or NULL. `entry` NULL: nobody's. */
static struct px_pkt *try_whole(
    const struct tcp_entry *entry, struct tcp_arrival *arrival, size_t header_len)
{
	struct px_pkt *pkt = arrival->pkt;
	const struct tcp_end *end;

	if (entry && entry->kind == TCP_KIND_END) {
		end = (const struct tcp_end *)(const void *)((const char *)entry -
		                                             offsetof(struct tcp_end, entry));
		arrival->len += pull_joined(pkt, header_len);
		arrival->end = arrival->seq + arrival->len;
		if (goes_whole(end, arrival))
			return NULL;
		push_joined(pkt, header_len);
	}
	arrival->len = pkt->total;
	arrival->end = arrival->seq + arrival->len;
	return px_pkt_unjoin(pkt);
}

void tcp_input(struct px_stack *stack, struct px_pkt *pkt)
{
	struct tcp_arrival arrival = {.pkt = pkt};
	struct wire_reader reader;
	struct tcp_entry *entry;
	struct px_pkt *chain = NULL;
	struct tcp_flow flow;
	size_t header_len;

	PX_COUNT(stack, TcpInSegs);
	/* RFC 9293 MUST-57: connections are between two hosts. */
	if ((pkt->flags & (PX_PKT_BROADCAST | PX_PKT_MULTICAST)) || px_ip_is_multicast(&pkt->dst) ||
	    px_ip_is_multicast(&pkt->src) || px_ip_is_limited_broadcast(&pkt->src) ||
	    px_ip_is_any(&pkt->src))
		goto drop;
	if (pkt->total < TCP_HEADER || px_pkt_pull_linear(pkt, TCP_HEADER) < 0)
		goto error;
	header_len = (size_t)(pkt->data[12] >> 4) * 4;
	if (header_len < TCP_HEADER || header_len > pkt->total ||
	    px_pkt_pull_linear(pkt, header_len) < 0)
		goto error;
	if (!ip_checksum_ok(pkt, IPPROTO_TCP)) {
		PX_COUNT(stack, TcpInCsumErrors);
		goto error;
	}
	reader = wire_reader(pkt->data, pkt->len);
	if (!tcp_parse(&reader, &arrival.header))
		goto error;
	px_pkt_pull(pkt, header_len);
	arrival.len = pkt->total;
	arrival.seq = arrival.header.seq;
	arrival.end = arrival.seq + arrival.len + ((arrival.header.flags & TCP_SYN) != 0) +
	              ((arrival.header.flags & TCP_FIN) != 0);
	arrival.ce = (pkt->tos & 3) == 3 || (pkt->flags & PX_PKT_CE);
	pkt->sport = arrival.header.sport;
	pkt->dport = arrival.header.dport;
	flow = (struct tcp_flow){.local = pkt->dst,
	    .remote = pkt->src,
	    .lport = arrival.header.dport,
	    .rport = arrival.header.sport};
	entry = tcp_entry_find(stack, &flow, pkt->ifindex);
	if (pkt->joined)
		chain = try_whole(entry, &arrival, header_len);
	PX_COUNT_ADD(stack, TcpInSegs, px_pkt_frames(pkt) - 1);
	if (entry)
		to_entry(stack, entry, &arrival);
	else
		from_nobody(stack, &arrival);
	px_pkt_free(arrival.pkt);
	while ((pkt = chain)) {
		chain = pkt->next;
		tcp_input(stack, pkt);
	}
	return;

error:
	PX_COUNT(stack, TcpInErrs);
drop:
	px_pkt_free(pkt);
}
