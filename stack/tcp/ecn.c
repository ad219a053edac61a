/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Explicit congestion notification, the receiver's half (RFC 3168 section 6.1.3): from the first
 * packet marked CE on each ACK carries ECE, until the sender says by CWR that it has reacted. The
 * sender's half is in recovery.c, the negotiation with the handshakes. */
#include "tcp_internal.h"

void tcp_ecn_received(struct tcp_end *end, const struct tcp_arrival *arrival)
{
	if (!end->ecn_ok)
		return;
	if (arrival->header.flags & TCP_CWR)
		end->ecn_echo = false;
	if (!arrival->ce || !arrival->len)
		return;
	end->ecn_seen = true;
	if (!end->ecn_echo)
		tcp_todo(end, TCP_TODO_ACK_NOW);
	end->ecn_echo = true;
}
