/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reader's side of the receive queue (RFC 9293 section 3.10.3). */
#include "tcp_internal.h"

/* Where reading must stop: before the urgent byte, unless it is the very first. */
static uint32_t readable(const struct tcp_end *end)
{
	uint32_t count = end->rcv_nxt - end->copied_seq - (end->fin_received ? 1 : 0);
	uint32_t ahead = end->urg_seq - end->copied_seq;

	if (end->urg_announced && seq_ge(end->urg_seq, end->copied_seq) && ahead && ahead < count)
		return ahead;
	return count;
}

static void consume(struct tcp_end *end, uint32_t len)
{
	end->copied_seq += len;
	if (end->urg_announced && seq_gt(end->copied_seq, end->urg_seq))
		end->urg_announced = end->urg_valid = end->urg_read = false;
}

/* The first packet of the queue, or the first `len` bytes of it; taken out. NULL: refused. */
static struct px_pkt *take_first(struct tcp_end *end, uint32_t len)
{
	struct endpoint *e = &end->endpoint;
	struct px_pkt *first = e->rx.first, *part;

	if (first->total <= len) {
		px_pktq_take(&e->rx);
		e->rx_truesize -= px_pkt_truesize(first);
		return first;
	}
	part = px_pkt_clone(first);
	if (!part)
		return NULL;
	px_pkt_trim(part, len);
	px_pkt_skip(first, len);
	e->rx.bytes -= len;
	return part;
}

static uint32_t take(struct tcp_end *end, uint32_t len, struct px_pkt **chain)
{
	uint32_t done = 0;

	while (done < len && end->endpoint.rx.first) {
		struct px_pkt *pkt = take_first(end, len - done);
		if (!pkt)
			break;
		done += pkt->total;
		pkt->next = NULL;
		*chain = pkt;
		chain = &pkt->next;
	}
	return done;
}

static uint32_t peek(struct tcp_end *end, uint32_t skip, uint32_t len, struct px_pkt **chain)
{
	const struct px_pkt *from = end->endpoint.rx.first;
	uint32_t done = 0;

	for (; from && done < len; from = from->next) {
		struct px_pkt *pkt;

		if (skip >= from->total) {
			skip -= from->total;
			continue;
		}
		pkt = px_pkt_clone(from);
		if (!pkt)
			break;
		px_pkt_skip(pkt, skip);
		skip = 0;
		px_pkt_trim(pkt, len - done);
		done += pkt->total;
		pkt->next = NULL;
		*chain = pkt;
		chain = &pkt->next;
	}
	return done;
}

/* The urgent byte is left out of the stream. */
static void skip_urgent(struct tcp_end *end)
{
	struct px_pkt *pkt = take_first(end, 1);

	if (!pkt)
		return;
	px_pkt_free(pkt);
	consume(end, 1);
}

static bool at_urgent(const struct tcp_end *end)
{
	/* The mark may lie where only a FIN stands. */
	return !end->oobinline && end->urg_announced && end->urg_seq == end->copied_seq &&
	       end->endpoint.rx.first;
}

static int nothing_there(struct tcp_end *end)
{
	struct endpoint *e = &end->endpoint;

	if (end->fin_received)
		return 0; /* whatever came after it (Linux: SOCK_DONE) */
	if (e->error)
		return -endpoint_get_error(e);
	if ((e->shutdown & ENDPOINT_SHUT_RD) || end->done)
		return 0;
	return end->state == TCP_STATE_CLOSED ? -ENOTCONN : -EAGAIN;
}

int tcp_receive(struct tcp_end *end, size_t len, int flags, struct px_pkt **chain)
{
	uint32_t count, done;

	*chain = NULL;
	if (end->state == TCP_STATE_LISTEN)
		return -ENOTCONN;
	if (flags & MSG_PEEK) {
		uint32_t skip = at_urgent(end) ? 1 : 0;
		count = readable(end);
		count = count > skip ? count - skip : 0;
		if (count > len)
			count = (uint32_t)len;
		done = peek(end, skip, count, chain);
		return done ? (int)done : count ? -ENOMEM : len ? nothing_there(end) : 0;
	}
	if (len && at_urgent(end))
		skip_urgent(end);
	count = readable(end);
	if (len > INT32_MAX)
		len = INT32_MAX;
	if (count > len)
		count = (uint32_t)len;
	done = take(end, count, chain);
	if (done) {
		consume(end, done);
		tcp_window_read(end);
		return (int)done;
	}
	return count ? -ENOMEM : len ? nothing_there(end) : 0;
}

uint32_t tcp_inq(const struct tcp_end *end)
{
	if (tcp_in_state(end, TCP_IN(LISTEN) | TCP_IN(SYN_SENT) | TCP_IN(SYN_RECEIVED)))
		return 0;
	if (end->oobinline)
		return end->rcv_nxt - end->copied_seq - (end->fin_received ? 1 : 0);
	return readable(end);
}
