/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Urgent data, as tcp(7) has it: one byte, out of line unless SO_OOBINLINE (RFC 9293 section 3.8.5,
 * RFC 6093). The pointer is read as everybody sends it: to the byte behind the urgent one. */
#include "tcp_internal.h"

void tcp_urgent_arrives(struct tcp_end *end, const struct tcp_arrival *arrival)
{
	uint32_t seq = arrival->header.urgent;

	if (!tcp_in_state(end, TCP_IN(ESTABLISHED) | TCP_IN(FIN_WAIT_1) | TCP_IN(FIN_WAIT_2)))
		return;
	if (seq && !tcp_ctl(end)->stdurg)
		seq--;
	seq += arrival->header.seq;
	/* Old, or read already. */
	if (seq_gt(end->copied_seq, seq) || seq_gt(end->rcv_nxt, seq))
		return;
	if (end->urg_announced && !seq_gt(seq, end->urg_seq))
		return;
	/* A new mark takes the old one's place; a byte that nobody fetched is part of the stream
	 * then (tcp(7)). */
	end->urg_seq = seq;
	end->urg_announced = true;
	end->urg_valid = end->urg_read = false;
	tcp_todo(end, TCP_TODO_TELL);
}

/* The byte itself. */
void tcp_urgent_data(struct tcp_end *end, uint32_t seq, const struct px_pkt *pkt)
{
	if (!end->urg_announced || end->urg_valid || end->urg_read ||
	    !seq_in(end->urg_seq, seq, seq + pkt->total))
		return;
	if (px_pkt_read(pkt, end->urg_seq - seq, &end->urg_byte, 1) != 1)
		return;
	end->urg_valid = true;
	tcp_todo(end, TCP_TODO_TELL);
}

int tcp_receive_urgent(struct tcp_end *end, int flags, uint8_t *byte)
{
	if (end->oobinline || !end->urg_announced || end->urg_read)
		return -EINVAL;
	if (end->state == TCP_STATE_CLOSED && !end->done)
		return -ENOTCONN;
	if (end->urg_valid) {
		*byte = end->urg_byte;
		if (!(flags & MSG_PEEK)) {
			end->urg_read = true;
			end->urg_valid = false;
		}
		return 1;
	}
	if (end->done || (end->endpoint.shutdown & ENDPOINT_SHUT_RD))
		return 0;
	return -EAGAIN;
}

bool tcp_at_mark(const struct tcp_end *end)
{
	return end->urg_announced && end->copied_seq == end->urg_seq;
}
