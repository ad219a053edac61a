/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is true of every end at every moment between bursts. */
#ifndef TEST_INVARIANT_H
#define TEST_INVARIANT_H

#include "bbr.h"
#include "tcp_internal.h"

#include <stdio.h>
#include <stdlib.h>

#define TCP_CHECK(what)                                                                            \
	do {                                                                                           \
		if (!(what)) {                                                                             \
			fprintf(stderr, "%s:%d: %s: %s does not hold\n", __FILE__, __LINE__,                   \
			    tcp_state_text(end->state), #what);                                                \
			abort();                                                                               \
		}                                                                                          \
	} while (0)

/* The tree has the records of the list, in their order, and knows what they have. `node` is the
 * link of the first one below `root`; returns the one behind the last. */
// NOLINTNEXTLINE(misc-no-recursion): as deep as the tree
static inline const struct list *tcp_check_tree(const struct tcp_end *end,
    const struct tcp_segment *root, const struct tcp_segment *parent, const struct list *node)
{
	uint8_t flags, below;

	if (!root)
		return node;
	flags = root->flags;
	below = flags & TCP_SEG_SACKED ? 0 : TCP_HAS_UNSACKED;
	if (flags & TCP_SEG_LOST)
		below |= flags & TCP_SEG_RETRANS ? TCP_HAS_LOST : TCP_HAS_LOST | TCP_HAS_WAITING;
	below |= root->left ? root->left->below : 0;
	below |= root->right ? root->right->below : 0;
	TCP_CHECK(root->parent == parent);
	TCP_CHECK(!parent || parent->priority >= root->priority);
	TCP_CHECK(root->below == below);
	node = tcp_check_tree(end, root->left, root, node);
	TCP_CHECK(node == &root->node);
	return tcp_check_tree(end, root->right, root, node->next);
}

static inline void tcp_check_sending(const struct tcp_end *end)
{
	const struct tcp_segment *segment;
	const struct px_pkt *pkt;
	uint32_t sacked = 0, lost = 0, retrans = 0, count = 0, seq = end->snd_una;
	size_t truesize = 0;

	TCP_CHECK(seq_le(end->snd_una, end->snd_nxt));
	TCP_CHECK(seq_le(end->snd_nxt, end->write_seq));
	list_for_each (segment, &end->segments, node) {
		uint32_t len = tcp_segment_len(segment);
		TCP_CHECK(segment->seq == seq);
		TCP_CHECK(len > 0);
		seq = segment->end;
		count++;
		if (segment->flags & TCP_SEG_SACKED)
			sacked += len;
		if (segment->flags & TCP_SEG_LOST)
			lost += len;
		if (segment->flags & TCP_SEG_RETRANS)
			retrans += len;
		TCP_CHECK(
		    (segment->flags & (TCP_SEG_SACKED | TCP_SEG_LOST)) != (TCP_SEG_SACKED | TCP_SEG_LOST));
	}
	TCP_CHECK(seq == end->snd_nxt);
	TCP_CHECK(tcp_check_tree(end, end->segment_tree, NULL, end->segments.next) == &end->segments);
	TCP_CHECK(count == end->segment_count);
	TCP_CHECK(lost == end->lost);
	TCP_CHECK(retrans == end->retrans);
	TCP_CHECK(!end->sack_ok || sacked == end->sacked);
	for (pkt = end->sendq.first; pkt; pkt = pkt->next)
		truesize += px_pkt_truesize(pkt);
	TCP_CHECK(truesize == end->sendq_truesize);
	TCP_CHECK(end->cc.cwnd >= end->cc.mss || !tcp_in_state(end, TCP_SYNCHRONIZED));
	TCP_CHECK(end->cc.cwnd <= TCP_CC_WINDOW_MAX);
}

static inline void tcp_check_receiving(const struct tcp_end *end)
{
	const struct tcp_range *range;
	const struct px_pkt *pkt;
	uint32_t edge = end->rcv_nxt, count = 0;
	size_t truesize = 0, bytes = 0;

	for (pkt = end->endpoint.rx.first; pkt; pkt = pkt->next) {
		truesize += px_pkt_truesize(pkt);
		bytes += pkt->total;
	}
	TCP_CHECK(bytes == end->endpoint.rx.bytes);
	if (!end->done && !end->orphan)
		TCP_CHECK(bytes == end->rcv_nxt - end->copied_seq - end->fin_received);
	list_for_each (range, &end->ooo, node) {
		bytes = 0;
		TCP_CHECK(seq_gt(range->start, edge));
		TCP_CHECK(seq_gt(range->end + range->fin, range->start));
		edge = range->end;
		for (pkt = range->packets.first; pkt; pkt = pkt->next) {
			truesize += px_pkt_truesize(pkt);
			bytes += pkt->total;
		}
		TCP_CHECK(bytes == range->end - range->start);
		count++;
	}
	TCP_CHECK(count == end->ooo_count && count <= TCP_OOO_RANGES);
	TCP_CHECK(truesize == end->endpoint.rx_truesize);
	TCP_CHECK(truesize <= 2 * (size_t)end->endpoint.rcvbuf + PX_PKT_MAX + 4096);
}

/* Of the path as BBR sees it. */
static inline void tcp_check_bbr(const struct tcp_end *end)
{
	const struct bbr *bbr = end->cc.state;

	TCP_CHECK(bbr->state < BBR_STATES);
	TCP_CHECK(bbr->ack_phase <= BBR_ACKS_PROBE_STOPPING);
	TCP_CHECK(bbr->state == BBR_STARTUP || bbr->state == BBR_PROBE_RTT || bbr->full_bw_reached);
	TCP_CHECK(end->cc.pacing_rate > 0);
	TCP_CHECK(bbr->bw <= bbr_max_bw(bbr));
	TCP_CHECK(bbr->min_rtt > 0);
	TCP_CHECK(bbr->inflight_longterm > 0);
	TCP_CHECK(bbr->next_round_delivered <= end->rate.delivered);
}

static inline void tcp_check_end(const struct tcp_end *end)
{
	tcp_check_receiving(end);
	if (end->done || tcp_in_state(end, TCP_IN(CLOSED) | TCP_IN(LISTEN)))
		return;
	tcp_check_sending(end);
	if (end->cc.ops == &tcp_cc_bbr && tcp_in_state(end, TCP_SYNCHRONIZED))
		tcp_check_bbr(end);
	/* Whoever waits for the peer has a timer. */
	if (end->snd_nxt != end->snd_una || end->write_seq != end->snd_nxt)
		TCP_CHECK(end->deadline[TCP_TIMER_SEND] != PX_TIME_NEVER ||
		          end->deadline[TCP_TIMER_PACE] != PX_TIME_NEVER ||
		          !list_is_empty(&end->tx_waiter.node) || !list_is_empty(&end->deferred.node));
	for (unsigned int i = 0; i < TCP_TIMERS; i++)
		TCP_CHECK(end->deadline[i] >= end->timer.deadline);
}

static inline void tcp_check_stack(const struct px_stack *stack)
{
	const struct tcp_end *end;

	list_for_each (end, &stack->tcp->ends, node)
		tcp_check_end(end);
	list_for_each (end, &stack->tcp->orphans, node)
		tcp_check_end(end);
}

#endif
