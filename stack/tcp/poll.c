/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Readiness, as poll(7) and Linux's tcp_poll say in every state. */
#include "tcp_internal.h"

#include <poll.h>

/* A third of the buffer is free, and not too much is unsent. */
bool tcp_writable(const struct tcp_end *end)
{
	uint32_t lowat = end->notsent_lowat ? end->notsent_lowat : tcp_ctl(end)->notsent_lowat;

	return end->sendq_truesize <= (size_t)end->endpoint.sndbuf * 2 / 3 &&
	       end->write_seq - end->snd_nxt < lowat;
}

void tcp_tell_writable(struct tcp_end *end)
{
	if (!end->sndbuf_full || !tcp_writable(end))
		return;
	end->sndbuf_full = false;
	tcp_todo(end, TCP_TODO_WRITABLE);
}

static bool readable(const struct tcp_end *end)
{
	uint32_t count = end->rcv_nxt - end->copied_seq - (end->fin_received ? 1 : 0);
	uint32_t target = (uint32_t)(end->rcvlowat > 1 ? end->rcvlowat : 1);

	if (end->urg_announced && end->urg_seq == end->copied_seq && !end->oobinline)
		target++; /* the urgent byte is not read that way */
	/* More cannot come: the buffer is too small for the mark. */
	return count && (count >= target || tcp_rcv_window(end) <= end->rcv_mss);
}

unsigned int tcp_poll(const struct tcp_end *end)
{
	const struct endpoint *e = &end->endpoint;
	unsigned int mask = 0;

	if (end->state == TCP_STATE_LISTEN)
		return end->listener->waiting_count ? POLLIN | POLLRDNORM : 0;
	if (e->shutdown == (ENDPOINT_SHUT_RD | ENDPOINT_SHUT_WR) || end->state == TCP_STATE_CLOSED)
		mask |= POLLHUP;
	if (e->shutdown & ENDPOINT_SHUT_RD)
		mask |= POLLIN | POLLRDNORM | POLLRDHUP;
	if (!tcp_in_state(end, TCP_IN(SYN_SENT) | TCP_IN(SYN_RECEIVED))) {
		if (readable(end))
			mask |= POLLIN | POLLRDNORM;
		if ((e->shutdown & ENDPOINT_SHUT_WR) || tcp_writable(end))
			mask |= POLLOUT | POLLWRNORM;
		if (end->urg_valid)
			mask |= POLLPRI;
	}
	if (e->error || e->errors.first)
		mask |= POLLERR;
	return mask;
}

void tcp_set_rcvlowat(struct tcp_end *end, int bytes)
{
	end->rcvlowat = bytes ? bytes : 1;
	tcp_todo(end, TCP_TODO_TELL);
}
