/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Closing (RFC 9293 section 3.6): FIN both ways, half-close, and ends that nobody owns any more. */
#include "tcp_internal.h"

#include <sys/socket.h>

/* ---- our FIN ---- */

/* RFC 9293 section 3.10.4, as far as it sends a FIN. */
static void send_fin(struct tcp_end *end)
{
	switch (end->state) {
	case TCP_STATE_ESTABLISHED:
		tcp_set_state(end, TCP_STATE_FIN_WAIT_1);
		break;
	case TCP_STATE_CLOSE_WAIT:
		tcp_set_state(end, TCP_STATE_LAST_ACK);
		break;
	default:
		return; /* SYN-RECEIVED: when it is established (tcp_fin_owed) */
	}
	tcp_queue_fin(end);
}

void tcp_fin_owed(struct tcp_end *end)
{
	if ((end->endpoint.shutdown & ENDPOINT_SHUT_WR) && end->state == TCP_STATE_ESTABLISHED)
		send_fin(end);
}

/* A connection in FIN-WAIT-2 that nobody owns does not wait for ever (fin_timeout, TCP_LINGER2). */
static void limit_fin_wait_2(struct tcp_end *end)
{
	px_time limit = end->linger2 > 0 ? (px_time)end->linger2 : tcp_ctl(end)->fin_timeout;

	if (!end->orphan || end->state != TCP_STATE_FIN_WAIT_2)
		return;
	if (end->linger2 < 0) {
		PX_COUNT(tcp_stack(end), TcpExtTCPAbortOnLinger);
		tcp_send_reset(end);
		tcp_done(end, 0);
		return;
	}
	tcp_timer_set(end, TCP_TIMER_KEEP, tcp_stack(end)->now + limit * PX_SEC);
}

void tcp_fin_acked(struct tcp_end *end)
{
	endpoint_notify(&end->endpoint, ENDPOINT_HANGUP);
	switch (end->state) {
	case TCP_STATE_FIN_WAIT_1:
		tcp_set_state(end, TCP_STATE_FIN_WAIT_2);
		limit_fin_wait_2(end);
		break;
	case TCP_STATE_CLOSING:
		tcp_time_wait(end);
		break;
	case TCP_STATE_LAST_ACK:
		tcp_done(end, 0);
		break;
	default:
		break;
	}
}

/* ---- the peer's FIN (section 3.10.7.4, eighth step) ---- */

void tcp_peer_finished(struct tcp_end *end)
{
	struct endpoint *e = &end->endpoint;

	e->shutdown |= ENDPOINT_SHUT_RD;
	tcp_todo(end, TCP_TODO_TELL | TCP_TODO_ACK_NOW);
	switch (end->state) {
	case TCP_STATE_ESTABLISHED:
		tcp_set_state(end, TCP_STATE_CLOSE_WAIT);
		break;
	case TCP_STATE_FIN_WAIT_1:
		tcp_set_state(end, TCP_STATE_CLOSING); /* simultaneous close: figure 13 */
		break;
	case TCP_STATE_FIN_WAIT_2:
		tcp_send_ack(end);
		tcp_time_wait(end);
		break;
	default:
		break;
	}
	if (e->shutdown == (ENDPOINT_SHUT_RD | ENDPOINT_SHUT_WR))
		endpoint_notify(e, ENDPOINT_HANGUP);
}

/* ---- the calls ---- */

int tcp_shutdown(struct tcp_end *end, int how)
{
	struct endpoint *e = &end->endpoint;
	bool read = how == SHUT_RD || how == SHUT_RDWR, write = how == SHUT_WR || how == SHUT_RDWR;
	int result = 0;

	switch (end->state) {
	case TCP_STATE_LISTEN:
		if (read)
			tcp_connect(end, NULL, 0, 0);
		break;
	case TCP_STATE_SYN_SENT:
		tcp_connect(end, NULL, 0, 0);
		e->error = ECONNRESET; /* as Linux tells those who wait for the connection */
		break;
	case TCP_STATE_CLOSED:
		result = -ENOTCONN;
		/* fall through */
	default:
		if (read)
			e->shutdown |= ENDPOINT_SHUT_RD;
		if (write) {
			e->shutdown |= ENDPOINT_SHUT_WR;
			send_fin(end);
		}
		break;
	}
	tcp_todo(end, TCP_TODO_TELL | TCP_TODO_WRITABLE);
	return result;
}

static bool unread(const struct tcp_end *end)
{
	return end->rcv_nxt - end->copied_seq > (end->fin_received ? 1u : 0u);
}

/* What closing does to the connection. */
static void begin_close(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);

	if (end->listener)
		tcp_listen_stop(end);
	if (end->done)
		return;
	switch (end->state) {
	case TCP_STATE_CLOSED:
	case TCP_STATE_LISTEN:
	case TCP_STATE_SYN_SENT:
		tcp_done(end, 0);
		return;
	default:
		break;
	}
	/* RFC 2525 section 2.17: data that will never be read is told by a RST. */
	if (unread(end)) {
		PX_COUNT(stack, TcpExtTCPAbortOnClose);
		tcp_send_reset(end);
		tcp_done(end, 0);
		return;
	}
	end->endpoint.shutdown = ENDPOINT_SHUT_RD | ENDPOINT_SHUT_WR;
	send_fin(end);
}

void tcp_finish(struct tcp_end *end)
{
	end->finishing = true;
	begin_close(end);
}

bool tcp_lingering(const struct tcp_end *end)
{
	return tcp_in_state(end, TCP_IN(FIN_WAIT_1) | TCP_IN(CLOSING) | TCP_IN(LAST_ACK));
}

void tcp_close(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);

	if (!end->finishing)
		begin_close(end);
	if (!end->done && stack->tcp->orphan_count >= tcp_ctl(end)->max_orphans) {
		PX_COUNT(stack, TcpExtTCPAbortOnMemory);
		tcp_send_reset(end);
		tcp_done(end, 0);
	}
	tcp_recvq_clear(end);
	tcp_orphan(end);
	limit_fin_wait_2(end);
}

void tcp_abort(struct tcp_end *end)
{
	if (end->listener)
		tcp_listen_stop(end);
	/* RFC 9293 section 3.10.5: only where the peer knows of the connection. */
	if (!end->done &&
	    tcp_in_state(end, TCP_IN(SYN_RECEIVED) | TCP_IN(ESTABLISHED) | TCP_IN(FIN_WAIT_1) |
	                          TCP_IN(FIN_WAIT_2) | TCP_IN(CLOSE_WAIT) | TCP_IN(CLOSING) |
	                          TCP_IN(LAST_ACK))) {
		PX_COUNT(tcp_stack(end), TcpExtTCPAbortOnData);
		tcp_send_reset(end);
	}
	tcp_done(end, 0);
	tcp_recvq_clear(end);
	tcp_orphan(end);
}

uint32_t tcp_unfinished(const struct px_stack *stack)
{
	const struct tcp_end *end;
	uint32_t count = 0;

	list_for_each (end, &stack->tcp->orphans, node)
		count += !end->done && tcp_lingering(end);
	return count;
}

void tcp_abort_orphans(struct px_stack *stack)
{
	struct tcp_end *end;

	list_for_each (end, &stack->tcp->orphans, node) {
		if (end->done)
			continue;
		tcp_send_last_reset(end);
		tcp_done(end, 0);
	}
}
