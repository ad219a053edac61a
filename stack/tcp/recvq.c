/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Data arrives (RFC 9293 section 3.10.7.4, seventh and eighth step): the queue in order, and behind
 * it ranges that came out of order, with what SACK tells of them (RFC 2018, RFC 2883).
 *
 * Packets are kept as they came, without a copy, as long as that does not waste memory: bytes of
 * tiny segments are gathered. What memory they keep counts against the receive buffer. The peer can
 * make no more than TCP_OOO_RANGES ranges, so finding one's place among them is bounded.
 */
#include "tcp_internal.h"

#define GATHER_MAX     512 /* segments up to this are copied behind the one before */
#define GATHER_ROOM    4096
#define PRESSURE_SHARE 8192 /* of each connection when memory runs out */

static struct tcp_range *next_range(const struct tcp_end *end, const struct tcp_range *range)
{
	const struct list *node = range ? range->node.next : end->ooo.next;

	return node == &end->ooo ? NULL : list_entry(node, struct tcp_range, node);
}

/* ---- what SACK tells ---- */

static void note_duplicate(struct tcp_end *end, uint32_t left, uint32_t right)
{
	if (!end->sack_ok || !tcp_ctl(end)->dsack || left == right)
		return;
	if (end->dsack) {
		/* One a segment: the earlier one goes out now. */
		tcp_send_ack(end);
	}
	end->dsack = true;
	end->dsack_range = (struct tcp_sack){left, right};
	PX_COUNT(tcp_stack(end), TcpExtTCPDSACKOldSent);
}

static uint32_t sack_right(const struct tcp_range *range)
{
	return range->end + (range->fin ? 1 : 0);
}

/* RFC 2018 section 4: the block with the newest segment first, then those told most recently. */
static void note_range(struct tcp_end *end, const struct tcp_range *range)
{
	struct tcp_sack fresh = {range->start, sack_right(range)};
	uint8_t kept = 0;

	for (uint8_t i = 0; i < end->recent_count; i++) {
		const struct tcp_sack *old = &end->recent[i];
		if (seq_ge(old->left, fresh.left) && seq_le(old->right, fresh.right))
			continue;
		end->recent[kept++] = *old;
	}
	if (kept == TCP_RECENT_SACKS)
		kept--;
	memmove(&end->recent[1], &end->recent[0], kept * sizeof(end->recent[0]));
	end->recent[0] = fresh;
	end->recent_count = (uint8_t)(kept + 1);
}

static void forget_sacks(struct tcp_end *end)
{
	uint8_t kept = 0;

	for (uint8_t i = 0; i < end->recent_count; i++) {
		if (seq_gt(end->recent[i].left, end->rcv_nxt))
			end->recent[kept++] = end->recent[i];
	}
	end->recent_count = kept;
}

/* ---- memory ---- */

static void charge(struct tcp_end *end, const struct px_pkt *pkt)
{
	end->endpoint.rx_truesize += px_pkt_truesize(pkt);
}

static void discharge_queue(struct tcp_end *end, struct px_pktq *queue)
{
	struct px_pkt *pkt;

	while ((pkt = px_pktq_take(queue))) {
		end->endpoint.rx_truesize -= px_pkt_truesize(pkt);
		px_pkt_free(pkt);
	}
}

static void free_range(struct tcp_end *end, struct tcp_range *range)
{
	discharge_queue(end, &range->packets);
	list_remove(&range->node);
	end->ooo_count--;
	px_free(tcp_stack(end)->mem, range, sizeof(*range));
}

static void clear_ranges(struct tcp_end *end)
{
	struct tcp_range *range;

	while ((range = next_range(end, NULL)))
		free_range(end, range);
	end->recent_count = 0;
}

void tcp_recvq_clear(struct tcp_end *end)
{
	clear_ranges(end);
	discharge_queue(end, &end->endpoint.rx);
}

/* RFC 2018 section 8 allows it: what lies farthest ahead is thrown away. */
static bool prune(struct tcp_end *end)
{
	struct tcp_range *last = list_last(&end->ooo, struct tcp_range, node);
	uint8_t kept = 0;

	if (!last)
		return false;
	PX_COUNT(tcp_stack(end), TcpExtOfoPruned);
	for (uint8_t i = 0; i < end->recent_count; i++) {
		if (seq_lt(end->recent[i].left, last->start))
			end->recent[kept++] = end->recent[i];
	}
	end->recent_count = kept;
	free_range(end, last);
	return true;
}

/* Memory runs out, and this connection has its share of it. What is out of order, which the peer
 * still has, is refused first; the last of the memory is for those whose reader waits. */
static bool beyond_share(const struct tcp_end *end, size_t size, bool in_order)
{
	const struct px_mem *mem = tcp_stack(end)->mem;
	size_t limit = px_mem_limit(mem);

	return px_mem_used(mem) > limit - limit / (in_order ? 16 : 8) &&
	       end->endpoint.rx_truesize + size > PRESSURE_SHARE;
}

/* The window was offered, so what is inside is taken, though it be in tiny pieces; up to a limit.
 */
static bool make_room(struct tcp_end *end, const struct px_pkt *pkt, bool in_order)
{
	size_t limit = end->endpoint.rcvbuf, size = px_pkt_truesize(pkt);

	if (beyond_share(end, size, in_order))
		return in_order && !end->endpoint.rx.first;
	if (in_order)
		limit *= 2;
	while (end->endpoint.rx_truesize + size > limit) {
		if (!in_order || !prune(end))
			return in_order && !end->endpoint.rx.first;
	}
	return true;
}

bool tcp_recvq_has_room(const struct tcp_end *end, size_t size)
{
	return !beyond_share(end, size, true) &&
	       end->endpoint.rx_truesize + size <= (size_t)end->endpoint.rcvbuf * 2;
}

/* Appends to a queue, gathering small ones. */
static void append(struct tcp_end *end, struct px_pktq *queue, struct px_pkt *pkt)
{
	struct px_pkt *last = queue->last, *fresh;
	uint8_t *bytes;

	if (pkt->total <= GATHER_MAX && last && !px_block_shared(last->block)) {
		bytes = px_pkt_put(last, pkt->total);
		if (!bytes && last->total <= GATHER_MAX) {
			fresh = px_pkt_new(tcp_stack(end)->mem, 0, GATHER_ROOM - sizeof(*fresh));
			if (fresh) {
				charge(end, fresh);
				fresh->cb = pkt->cb;
				px_pktq_append(queue, fresh);
				bytes = px_pkt_put(fresh, pkt->total);
				queue->bytes += pkt->total;
			}
		} else if (bytes) {
			queue->bytes += pkt->total;
		}
		if (bytes) {
			px_pkt_read(pkt, 0, bytes, pkt->total);
			px_pkt_free(pkt);
			return;
		}
	}
	pkt = px_pkt_compact(pkt);
	pkt->iface = NULL; /* it may go while the packet waits */
	charge(end, pkt);
	px_pktq_append(queue, pkt);
}

/* ---- in order ---- */

/* Takes the packet. */
static void deliver(struct tcp_end *end, struct px_pkt *pkt)
{
	uint32_t len = pkt->total;

	end->rcv_nxt += len;
	end->bytes_received += len;
	append(end, &end->endpoint.rx, pkt);
	tcp_todo(end, TCP_TODO_TELL);
}

/* Joined segments in turn. */
static void deliver_all(struct tcp_end *end, struct px_pkt *pkt)
{
	struct px_pkt *chain = px_pkt_unjoin(pkt);

	deliver(end, pkt);
	while ((pkt = chain)) {
		chain = pkt->next;
		deliver(end, pkt);
	}
}

/* Ranges that the queue has reached. Returns whether a FIN was among them. */
static bool drain(struct tcp_end *end)
{
	struct tcp_range *range;
	bool fin = false;

	while (!fin && (range = next_range(end, NULL)) && seq_le(range->start, end->rcv_nxt)) {
		struct px_pkt *pkt;

		while ((pkt = px_pktq_take(&range->packets))) {
			uint32_t seq = (uint32_t)pkt->cb.word[0];

			end->endpoint.rx_truesize -= px_pkt_truesize(pkt);
			if (seq_le(seq + pkt->total, end->rcv_nxt)) {
				px_pkt_free(pkt);
				continue;
			}
			if (seq_lt(seq, end->rcv_nxt))
				px_pkt_skip(pkt, end->rcv_nxt - seq);
			deliver(end, pkt);
		}
		fin = range->fin && range->end == end->rcv_nxt;
		free_range(end, range);
	}
	if (end->recent_count)
		forget_sacks(end);
	return fin;
}

/* ---- out of order ---- */

/* The last range that begins at or before `seq`; NULL: none. Most come at the end. */
static struct tcp_range *find_range(const struct tcp_end *end, uint32_t seq)
{
	const struct list *node = end->ooo.previous;

	for (; node != &end->ooo; node = node->previous) {
		struct tcp_range *range = list_entry(node, struct tcp_range, node);
		if (seq_le(range->start, seq))
			return range;
	}
	return NULL;
}

static struct tcp_range *new_range(struct tcp_end *end, struct list *place, uint32_t start)
{
	struct tcp_range *range;

	if (end->ooo_count >= TCP_OOO_RANGES)
		return NULL;
	range = px_zalloc(tcp_stack(end)->mem, sizeof(*range));
	if (!range)
		return NULL;
	range->start = range->end = start;
	list_prepend(place, &range->node);
	end->ooo_count++;
	return range;
}

/* Joins the range behind if it follows at once. */
static void join(struct tcp_end *end, struct tcp_range *range)
{
	struct tcp_range *next = next_range(end, range);

	if (!next || next->start != range->end || range->fin)
		return;
	if (range->packets.last)
		range->packets.last->next = next->packets.first;
	else
		range->packets.first = next->packets.first;
	if (next->packets.last)
		range->packets.last = next->packets.last;
	range->packets.count += next->packets.count;
	range->packets.bytes += next->packets.bytes;
	range->end = next->end;
	range->fin = next->fin;
	next->packets = (struct px_pktq){0};
	free_range(end, next);
}

/* Takes the packet if it can use it. */
static void out_of_order(struct tcp_end *end, struct tcp_arrival *arrival, bool fin)
{
	struct px_stack *stack = tcp_stack(end);
	struct px_pkt *pkt = arrival->pkt;
	uint32_t start = arrival->seq, stop = start + pkt->total;
	struct tcp_range *range = find_range(end, start);
	struct list *place = range ? &range->node : &end->ooo; /* it belongs behind */

	PX_COUNT(stack, TcpExtTCPOFOQueue);
	tcp_todo(end, TCP_TODO_ACK_NOW);
	if (!make_room(end, pkt, false)) {
		PX_COUNT(stack, TcpExtTCPOFODrop);
		return;
	}
	if (range && seq_ge(range->end, start) && (range->fin || seq_ge(range->end, stop)) &&
	    !(fin && range->end == stop && !range->fin)) {
		note_duplicate(end, start, seq_min(stop, range->end));
		note_range(end, range);
		return;
	}
	if (range && seq_gt(range->end, start)) {
		note_duplicate(end, start, range->end);
		px_pkt_skip(pkt, range->end - start);
		start = range->end;
	}
	/* Those behind that it covers wholly are not needed any more. */
	while (place->next != &end->ooo) {
		struct tcp_range *next = list_entry(place->next, struct tcp_range, node);

		if (!seq_lt(next->start, stop))
			break;
		if (seq_gt(next->end, stop)) {
			note_duplicate(end, next->start, stop);
			px_pkt_trim(pkt, next->start - start);
			stop = next->start;
			fin = false;
			break;
		}
		note_duplicate(end, next->start, next->end);
		fin |= next->fin && next->end == stop;
		free_range(end, next);
	}
	fin &= place->next == &end->ooo; /* with data beyond, it was none */
	if (start == stop && !fin)
		return;
	if (!range || range->end != start) {
		range = new_range(end, place, start);
		if (!range) {
			PX_COUNT(stack, TcpExtTCPOFODrop);
			return;
		}
	}
	if (pkt->total) {
		pkt->cb.word[0] = start;
		append(end, &range->packets, pkt);
		arrival->pkt = NULL;
	}
	range->end = stop;
	range->fin = fin;
	join(end, range);
	if (end->sack_ok)
		note_range(end, range);
	else
		tcp_send_ack(end); /* the peer counts duplicates: one for each */
}

/* ---- the steps ---- */

static void duplicate(struct tcp_end *end, const struct tcp_arrival *arrival)
{
	PX_COUNT(tcp_stack(end), TcpExtDelayedACKLost);
	tcp_quick_acks(end, 2);
	note_duplicate(end, arrival->seq, seq_min(arrival->seq + arrival->len, end->rcv_nxt));
	tcp_todo(end, TCP_TODO_ACK_NOW);
}

/* Cuts off what lies beyond the window. */
static bool trim_to_window(struct tcp_end *end, struct tcp_arrival *arrival)
{
	uint32_t edge = end->rcv_nxt + tcp_rcv_window(end), stop = arrival->seq + arrival->len;

	if (!arrival->len || seq_le(stop, edge))
		return true;
	tcp_todo(end, TCP_TODO_ACK_NOW);
	if (seq_ge(arrival->seq, edge)) {
		PX_COUNT(tcp_stack(end), TcpExtTCPZeroWindowDrop);
		return false;
	}
	px_pkt_trim(arrival->pkt, edge - arrival->seq);
	arrival->len = arrival->pkt->total;
	return true;
}

void tcp_data_arrives(struct tcp_end *end, struct tcp_arrival *arrival)
{
	bool fin = arrival->header.flags & TCP_FIN;
	uint32_t len = arrival->len;

	if (seq_le(arrival->seq + arrival->len + fin, end->rcv_nxt)) {
		duplicate(end, arrival);
		return;
	}
	/* After the peer's FIN there is nothing. */
	if (!tcp_in_state(end, TCP_IN(ESTABLISHED) | TCP_IN(FIN_WAIT_1) | TCP_IN(FIN_WAIT_2)))
		return;
	if (seq_lt(arrival->seq, end->rcv_nxt)) {
		note_duplicate(end, arrival->seq, end->rcv_nxt);
		px_pkt_skip(arrival->pkt, end->rcv_nxt - arrival->seq);
		arrival->len = arrival->pkt->total;
		arrival->seq = end->rcv_nxt;
	}
	if (!trim_to_window(end, arrival))
		return;
	fin &= arrival->len == len || len == 0 || arrival->seq + arrival->len + 1 == arrival->end;
	if (arrival->len) {
		tcp_window_measure(end, arrival->pkt, arrival->pkt->total);
		tcp_urgent_data(end, arrival->seq, arrival->pkt);
	}
	if (arrival->seq != end->rcv_nxt) {
		out_of_order(end, arrival, fin);
		return;
	}
	if (arrival->len) {
		/* For joined ones room was made sure of: tcp_recvq_has_room. */
		if (!arrival->pkt->joined && !make_room(end, arrival->pkt, true)) {
			PX_COUNT(tcp_stack(end), TcpExtTCPRcvQDrop);
			tcp_todo(end, TCP_TODO_ACK_NOW);
			return;
		}
		deliver_all(end, arrival->pkt);
		arrival->pkt = NULL;
		/* RFC 5681 section 4.2: at once while there is a gap, or when it closes. */
		tcp_todo(end, end->ooo_count ? TCP_TODO_ACK_NOW : TCP_TODO_ACK);
	}
	if (end->ooo_count)
		fin |= drain(end);
	if (fin) {
		end->rcv_nxt++;
		end->fin_received = true;
		clear_ranges(end); /* nobody honest sent anything beyond */
		tcp_peer_finished(end);
	}
}
