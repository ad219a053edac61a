/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Active open: connect(2), SYN-SENT (RFC 9293 section 3.10.7.3), and what both opens do when the
 * connection is established. */
#include "tcp_internal.h"

/* ---- the call ---- */

/* Back to what it was before it had a peer. */
static void dissolve(struct tcp_end *end)
{
	struct endpoint *e = &end->endpoint;

	if (end->listener)
		tcp_listen_stop(end);
	if (tcp_in_state(end, TCP_SYNCHRONIZED | TCP_IN(SYN_RECEIVED)) && !end->done)
		tcp_send_reset(end);
	if (end->state != TCP_STATE_CLOSED)
		tcp_done(end, 0);
	tcp_release_buffers(end);
	if (end->entry.inserted)
		tcp_entry_remove(tcp_stack(end), &end->entry);
	if (end->port && e->port_given)
		tcp_port_unconnected(end);
	else
		tcp_port_leave(end);
	if (!e->port_given)
		e->lport = 0;
	if (!e->local_given) {
		e->local = PX_IP_NONE;
		e->local_zone = 0;
	}
	e->remote = PX_IP_NONE;
	e->remote_zone = 0;
	e->rport = 0;
	e->dst.iface = NULL;
	e->connected = false;
	e->shutdown = 0;
	e->error = 0;
	end->call = TCP_UNCONNECTED;
	end->done = false;
	end->copied_seq = end->rcv_nxt;
	end->fin_received = end->urg_announced = end->urg_valid = false;
}

/* The addresses of both sides, and a port. */
static int choose_flow(struct tcp_end *end, const struct px_ip *ip, uint16_t port, uint32_t zone)
{
	struct endpoint *e = &end->endpoint;
	struct endpoint_send send = ENDPOINT_SEND_INIT;
	struct tcp_entry *entry;
	struct ip_send unused;
	struct ip_dst dst;
	int err;

	send.has_dst = true;
	send.dst = *ip;
	send.zone = zone;
	err = endpoint_route(e, &send, &dst, &unused);
	if (err)
		return err == -EACCES ? -ENETUNREACH : err;
	if (dst.type == RTN_BROADCAST || dst.type == RTN_MULTICAST)
		return -ENETUNREACH;
	e->remote = dst.dst;
	e->rport = port;
	e->remote_zone = px_ip_needs_scope(&dst.dst) ? dst.zone : 0;
	if (px_ip_is_any(&e->local)) {
		e->local = dst.src;
		e->local_zone = px_ip_needs_scope(&dst.src) ? dst.zone : 0;
	}
	e->dst = dst;
	end->entry.flow = (struct tcp_flow){e->local, e->remote, e->lport, port};
	end->entry.zone = e->remote_zone ? e->remote_zone : e->bound_ifindex;
	if (!end->port) {
		err = tcp_port_choose(end);
		if (err)
			return err;
		end->entry.flow.lport = e->lport;
	}
	entry = tcp_entry_find(tcp_stack(end), &end->entry.flow, end->entry.zone);
	if (!entry)
		return 0;
	if (entry->kind != TCP_KIND_TIMEWAIT ||
	    !tcp_timewait_reusable(tcp_stack(end), (struct tcp_timewait *)(void *)entry))
		return -EADDRNOTAVAIL;
	return 1; /* a TIME-WAIT makes way */
}

/* RFC 6191 section 2: the new connection begins beyond the old one's numbers. */
static void take_over(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);
	struct tcp_entry *entry = tcp_entry_find(stack, &end->entry.flow, end->entry.zone);
	struct tcp_timewait *old = (struct tcp_timewait *)(void *)entry;

	if (!entry || entry->kind != TCP_KIND_TIMEWAIT)
		return;
	end->iss = old->snd_nxt + TCP_WINDOW_MAX + 2;
	end->ts_offset = old->ts_offset;
	tcp_timewait_free(stack, old);
}

static int begin(struct tcp_end *end, const struct px_ip *ip, uint16_t port, uint32_t zone)
{
	struct px_stack *stack = tcp_stack(end);
	struct endpoint *e = &end->endpoint;
	const uint8_t shutdown = e->shutdown;
	const int error = e->error;
	int err = choose_flow(end, ip, port, zone);

	if (err < 0)
		goto fail;
	end->iss = tcp_isn(&stack->tcp->isn_key, &end->entry.flow, stack->now);
	end->ts_offset = tcp_ctl(end)->timestamps == 1
	                     ? tcp_timestamp_offset(&stack->tcp->ts_key, &end->entry.flow)
	                     : 0;
	if (err > 0)
		take_over(end);
	tcp_prepare(end);
	end->peer_mss = px_ip_is4(&e->remote) ? TCP_MSS_DEFAULT4 : TCP_MSS_DEFAULT6;
	end->advmss = tcp_advmss(stack, &e->dst, end->user_mss);
	end->rcv_wscale = tcp_ctl(end)->window_scaling ? tcp_window_scale(stack, e->rcvbuf) : 0;
	end->snd_wscale = 0;
	end->wscale_ok = end->sack_ok = end->ts_ok = false;
	end->ts_recent = 0;
	end->ecn_syn = tcp_ctl(end)->ecn == 1;
	end->rcv_nxt = end->rcv_wup = end->copied_seq = 0;
	e->shutdown = 0;
	e->error = 0; /* of the connection before (Linux: tcp_connect_init) */
	tcp_entry_insert(stack, &end->entry);
	tcp_port_connected(end);
	tcp_set_state(end, TCP_STATE_SYN_SENT);
	PX_COUNT(stack, TcpActiveOpens);
	err = tcp_send_syn(end);
	if (err) {
		tcp_done(end, 0);
		goto fail;
	}
	end->call = TCP_CONNECTING;
	return -EINPROGRESS;

fail:
	dissolve(end);
	e->shutdown = shutdown;
	e->error = error;
	return err;
}

bool tcp_unconnected(const struct tcp_end *end)
{
	return end->call == TCP_UNCONNECTED && end->state == TCP_STATE_CLOSED;
}

/* Those that are not just closing. */
#define TCP_OPENED                                                                                 \
	(TCP_IN(SYN_SENT) | TCP_IN(SYN_RECEIVED) | TCP_IN(ESTABLISHED) | TCP_IN(CLOSE_WAIT) |          \
	    TCP_IN(FIN_WAIT_1) | TCP_IN(FIN_WAIT_2))

int tcp_connect(struct tcp_end *end, const struct px_ip *ip, uint16_t port, uint32_t zone)
{
	int error;

	if (!ip) {
		/* Linux: tcp_disconnect. An error that nobody was told stays. */
		bool reset = tcp_in_state(end, TCP_OPENED) && !end->done;

		error = reset ? ECONNRESET : end->endpoint.error;
		dissolve(end);
		end->endpoint.error = error;
		return 0;
	}
	switch (end->call) {
	case TCP_CONNECTING:
		if (tcp_in_state(end, TCP_IN(SYN_SENT) | TCP_IN(SYN_RECEIVED)))
			return -EALREADY;
		if (end->done) {
			error = endpoint_get_error(&end->endpoint);
			dissolve(end);
			return error ? -error : -ECONNABORTED;
		}
		end->call = TCP_CONNECTED;
		return 0;
	case TCP_CONNECTED:
		return -EISCONN;
	default:
		break;
	}
	if (end->state != TCP_STATE_CLOSED)
		return -EISCONN;
	return begin(end, ip, port, zone);
}

/* ---- both opens ---- */

/* The options that both sides of a handshake settle. */
static void tcp_take_syn_options(struct tcp_end *end, const struct tcp_header_options *options)
{
	const struct tcp_sysctl *ctl = tcp_ctl(end);
	struct px_stack *stack = tcp_stack(end);

	if (options->mss)
		end->peer_mss = options->mss;
	end->wscale_ok = options->has_wscale && ctl->window_scaling;
	end->snd_wscale = end->wscale_ok ? options->wscale : 0;
	if (!end->wscale_ok)
		end->rcv_wscale = 0;
	end->sack_ok = options->sack_permitted && ctl->sack;
	end->ts_ok = options->has_timestamp && ctl->timestamps;
	if (end->ts_ok) {
		end->ts_recent = options->tsval;
		end->ts_recent_stamp = stack->now;
	}
}

void tcp_established(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);
	struct ip_dst dst;
	struct ip_send ip;
	uint32_t mss;

	end->endpoint.connected = true;
	end->pmtu = 0; /* now the peer's MSS and the options are known */
	if (tcp_route(end, &dst, &ip) < 0)
		dst.iface = NULL;
	if (!end->pmtu) {
		mss = end->peer_mss - (end->ts_ok ? TCP_TIMESTAMP_ROOM : 0u);
		end->cc.mss = mss;
	}
	/* RFC 6928 section 2, RFC 6298 (5.7): a lost SYN is a bad sign. */
	tcp_cc_start(
	    &end->cc, end->cc.mss, end->retransmits ? end->cc.mss : 0, end->rtt.srtt, stack->now);
	if (end->retransmits && !end->rtt.srtt)
		tcp_rtt_syn_timed_out(&end->rtt);
	tcp_rtt_end_back_off(&end->rtt);
	end->retransmits = 0;
	end->retrans_since = end->undo_since = 0;
	end->snd_up = end->snd_una;
	end->limited_seq = end->pushed_seq = end->snd_sml = end->snd_una;
	end->rcv_space_since = stack->now;
	end->rcv_space_seq = end->rcv_nxt;
	/* What the peer's first round trip may bring; a reader that takes as much gets more room. */
	end->rcv_space = 10 * (uint32_t)end->advmss;
	if (end->rcv_space > end->rcv_wnd)
		end->rcv_space = end->rcv_wnd;
	end->rack.reo_mult = 1;
	tcp_set_state(end, TCP_STATE_ESTABLISHED);
	tcp_keepalive_start(end);
	tcp_todo(end, TCP_TODO_OUTPUT | TCP_TODO_WRITABLE);
	tcp_fin_owed(end);
}

/* ---- SYN-SENT ---- */

/* Our SYN is acknowledged: out of the queue, with a round-trip sample unless it was sent twice. */
static void syn_acked(struct tcp_end *end, const struct tcp_arrival *arrival)
{
	struct px_stack *stack = tcp_stack(end);
	struct tcp_segment *syn = list_first(&end->segments, struct tcp_segment, node);
	const struct tcp_header_options *options = &arrival->header.options;

	end->snd_una = arrival->header.ack;
	if (syn && syn->transmissions == 1) {
		px_time rtt = stack->now - syn->sent;
		tcp_rtt_sample(&end->rtt, rtt ? rtt : 1, 1, stack->now);
	} else if (end->ts_ok && options->tsecr) {
		int32_t delta = (int32_t)(tcp_ts_now(stack, end->ts_offset) - options->tsecr);
		if (delta >= 0)
			tcp_rtt_sample(&end->rtt, delta ? (px_time)delta * PX_MSEC : PX_MSEC, 1, stack->now);
	}
	if (syn)
		tcp_segment_free(end, syn);
	tcp_send_timer(end, TCP_SEND_NONE, PX_TIME_NEVER);
}

static bool echo_is_ours(const struct tcp_end *end, const struct tcp_header_options *options)
{
	const struct tcp_segment *syn = list_first(&end->segments, struct tcp_segment, node);
	uint32_t now = tcp_ts_now(tcp_stack(end), end->ts_offset);

	/* RFC 7323 section 3.2: of a SYN that was sent at most some minutes ago. */
	return !options->has_timestamp || !options->tsecr || !syn || !tcp_ctl(end)->timestamps ||
	       now - options->tsecr < 600000;
}

void tcp_syn_sent_arrives(struct tcp_end *end, struct tcp_arrival *arrival)
{
	const struct tcp_header *header = &arrival->header;
	struct px_stack *stack = tcp_stack(end);
	bool acked = header->flags & TCP_ACK;

	end->segs_in++;
	/* First: ACK. */
	if (acked && (!seq_in(header->ack, end->iss + 1, end->snd_nxt + 1) ||
	                 !echo_is_ours(end, &header->options))) {
		tcp_reply_reset(stack, arrival);
		return;
	}
	/* Second: RST. (RFC 5961 section 3.2: only with the right ACK.) */
	if (header->flags & TCP_RST) {
		if (acked) {
			PX_COUNT(stack, TcpAttemptFails);
			tcp_reset_received(end);
		}
		return;
	}
	/* Fourth: SYN. */
	if (!(header->flags & TCP_SYN))
		return;
	end->irs = header->seq;
	end->rcv_nxt = end->rcv_wup = end->copied_seq = header->seq + 1;
	end->urg_seq = end->rcv_nxt;
	end->last_ack_sent = end->rcv_nxt;
	tcp_take_syn_options(end, &header->options);
	end->snd_wl1 = header->seq;
	end->snd_wnd = end->max_wnd = header->window; /* never scaled in a SYN */
	tcp_peer_alive(end);
	if (acked) {
		/* RFC 3168 section 6.1.1: ECE without CWR. */
		end->ecn_ok = end->ecn_syn && (header->flags & (TCP_ECE | TCP_CWR)) == TCP_ECE;
		syn_acked(end, arrival);
		tcp_established(end);
		/* With data or FIN behind the SYN, they are the rest of the steps'. */
		tcp_todo(end, TCP_TODO_ACK_NOW | TCP_TODO_OUTPUT);
		if (header->flags & TCP_URG)
			tcp_urgent_arrives(end, arrival);
		if (arrival->len || header->flags & TCP_FIN) {
			arrival->seq++;
			tcp_data_arrives(end, arrival);
		}
		return;
	}
	/* Simultaneous open: section 3.5, figure 7. Data is not kept: it will come again. */
	end->ecn_ok = (header->flags & (TCP_ECE | TCP_CWR)) == (TCP_ECE | TCP_CWR) && tcp_ctl(end)->ecn;
	tcp_set_state(end, TCP_STATE_SYN_RECEIVED);
	tcp_transmit(end, list_first(&end->segments, struct tcp_segment, node));
}
