/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ICMP errors (RFC 9293 section 3.9.2.2). Anybody can send one: it counts only if what it quotes is
 * on its way (RFC 5927 section 4.1), and once a connection is established no "hard" error ends it
 * (section 5.2): it is remembered, and told if the connection times out. */
#include "tcp_internal.h"

static void too_big(struct tcp_end *end, const struct ip_error *error)
{
	uint8_t mode = tcp_is4(end) ? end->endpoint.pmtu4 : end->endpoint.pmtu6;

	if (mode == IP_PMTUDISC_INTERFACE || mode == IP_PMTUDISC_OMIT)
		return;
	/* IPv6 below the minimum, and what is not smaller than what was sent, is no news. */
	if (error->info && error->info >= end->pmtu && end->pmtu)
		return;
	ip_pmtu_update(tcp_stack(end), error);
	tcp_mtu_changed(end);
}

static bool wants_errors(const struct tcp_end *end)
{
	return end->endpoint.flags & (tcp_is4(end) ? ENDPOINT_RECVERR4 : ENDPOINT_RECVERR6);
}

static void to_end(struct tcp_end *end, const struct ip_error *error, uint32_t seq)
{
	if (!tcp_in_state(end, TCP_IN(LISTEN) | TCP_IN(CLOSED)) &&
	    !(seq_ge(seq, end->snd_una) && seq_lt(seq, end->snd_nxt))) {
		PX_COUNT(tcp_stack(end), TcpExtOutOfWindowIcmps);
		return;
	}
	if (error->error == EMSGSIZE) {
		too_big(end, error);
		return;
	}
	if (tcp_in_state(end, TCP_IN(SYN_SENT) | TCP_IN(SYN_RECEIVED))) {
		PX_COUNT(tcp_stack(end), TcpAttemptFails);
		tcp_done(end, error->error);
		return;
	}
	end->soft_error = error->error;
	/* ip(7), IP_RECVERR: told at once to who asks. */
	if (wants_errors(end))
		endpoint_set_error(&end->endpoint, error->error);
}

void tcp_error(struct px_stack *stack, const struct ip_error *error)
{
	struct wire_reader reader = wire_reader(error->transport, error->transport_len);
	struct tcp_flow flow = {.local = error->src, .remote = error->dst};
	struct tcp_entry *entry;
	uint32_t seq;

	flow.lport = wire_u16(&reader);
	flow.rport = wire_u16(&reader);
	seq = wire_u32(&reader);
	if (reader.error)
		return;
	entry = tcp_entry_find(stack, &flow, error->iface ? error->iface->index : 0);
	if (!entry)
		return;
	if (entry->kind == TCP_KIND_END) {
		to_end((struct tcp_end *)(void *)((char *)entry - offsetof(struct tcp_end, entry)), error,
		    seq);
	} else if (entry->kind == TCP_KIND_REQUEST && error->error != EMSGSIZE) {
		struct tcp_request *request = (struct tcp_request *)(void *)entry;
		if (seq == request->iss && error->fatal) {
			PX_COUNT(stack, TcpAttemptFails);
			tcp_request_free(stack, request);
		}
	}
}
