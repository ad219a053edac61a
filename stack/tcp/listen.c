/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listening: the queue of those established and not yet accepted, and LISTEN's part of RFC 9293
 * section 3.10.7.2. */
#include "tcp_internal.h"

#include <linux/in6.h>

static uint64_t port_hash(uint16_t port)
{
	return port * UINT64_C(0x9e3779b97f4a7c15) >> 16;
}

/* ---- the call ---- */

static uint32_t allowed_backlog(const struct tcp_end *end, int backlog)
{
	uint32_t max = tcp_ctl(end)->somaxconn;

	/* listen(2): a negative one counts as very large. */
	return backlog < 0 || (uint32_t)backlog > max ? max : (uint32_t)backlog;
}

int tcp_listen(struct tcp_end *end, int backlog)
{
	struct px_stack *stack = tcp_stack(end);
	struct px_ip any = PX_IP_NONE;
	struct tcp_listener *listener;
	int err;

	if (end->state == TCP_STATE_LISTEN) {
		end->listener->backlog = allowed_backlog(end, backlog);
		return 0;
	}
	if (end->state != TCP_STATE_CLOSED || end->call != TCP_UNCONNECTED)
		return -EINVAL;
	if (!end->port) {
		if (end->endpoint.family == AF_INET)
			any = px_ip4_host(INADDR_ANY);
		err = tcp_bind(end, &any, 0, 0);
		if (err)
			return err == -EADDRINUSE ? -EAGAIN : err;
	}
	end->state = TCP_STATE_LISTEN; /* what a conflict depends on */
	err = tcp_port_may_listen(end);
	end->state = TCP_STATE_CLOSED;
	if (err)
		return err;
	listener = px_zalloc(stack->mem, sizeof(*listener));
	if (!listener)
		return -ENOMEM;
	list_init(&listener->requests);
	list_init(&listener->waiting);
	listener->end = end;
	listener->backlog = allowed_backlog(end, backlog);
	end->listener = listener;
	end->done = false;
	end->endpoint.shutdown = 0;
	px_table_insert(
	    &stack->tcp->listeners, stack->mem, &listener->hash, port_hash(end->endpoint.lport));
	tcp_set_state(end, TCP_STATE_LISTEN);
	return 0;
}

/* Section 3.10.4, LISTEN: requests are forgotten, connections that nobody accepted are reset. */
void tcp_listen_stop(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);
	struct tcp_listener *listener = end->listener;
	struct tcp_request *request;
	struct tcp_end *child;

	while ((request = list_first(&listener->requests, struct tcp_request, node)))
		tcp_request_free(stack, request);
	while ((child = list_first(&listener->waiting, struct tcp_end, accept_node))) {
		tcp_accept_unqueue(child);
		tcp_abort(child);
	}
	px_table_remove(&stack->tcp->listeners, &listener->hash);
	end->listener = NULL;
	px_free(stack->mem, listener, sizeof(*listener));
	if (end->state == TCP_STATE_LISTEN)
		tcp_set_state(end, TCP_STATE_CLOSED);
}

/* ---- the queue ---- */

bool tcp_accept_full(const struct tcp_end *end)
{
	return end->listener->waiting_count > end->listener->backlog;
}

void tcp_accept_queue(struct tcp_end *listener, struct tcp_end *child)
{
	child->parent = listener;
	list_append(&listener->listener->waiting, &child->accept_node);
	listener->listener->waiting_count++;
	tcp_todo(listener, TCP_TODO_TELL);
}

void tcp_accept_unqueue(struct tcp_end *child)
{
	if (!child->parent)
		return;
	list_remove(&child->accept_node);
	child->parent->listener->waiting_count--;
	child->parent = NULL;
}

int tcp_accept(struct tcp_end *end, struct tcp_end **connection)
{
	struct tcp_end *child;

	if (end->state != TCP_STATE_LISTEN)
		return -EINVAL;
	if (end->endpoint.error)
		return -endpoint_get_error(&end->endpoint);
	child = list_first(&end->listener->waiting, struct tcp_end, accept_node);
	if (!child)
		return -EAGAIN;
	tcp_accept_unqueue(child);
	child->call = TCP_CONNECTED;
	*connection = child;
	return 0;
}

/* ---- connections made of requests ---- */

/* What a connection inherits from its listener. */
static void inherit(struct tcp_end *child, const struct tcp_end *listener)
{
	struct endpoint *to = &child->endpoint;
	const struct endpoint *from = &listener->endpoint;

	to->v6only = from->v6only;
	to->flags = from->flags;
	to->tos = from->tos;
	to->tclass = from->tclass;
	to->ttl = from->ttl;
	to->hop_limit = from->hop_limit;
	to->pmtu4 = from->pmtu4;
	to->pmtu6 = from->pmtu6;
	to->min_ttl = from->min_ttl;
	to->min_hop_count = from->min_hop_count;
	to->bound_ifindex = from->bound_ifindex;
	to->preferences = from->preferences;
	to->flow_label = from->flow_label;
	to->rcvbuf = from->rcvbuf;
	to->sndbuf = from->sndbuf;
	child->sndbuf_locked = listener->sndbuf_locked;
	child->rcvbuf_locked = listener->rcvbuf_locked;
	child->nodelay = listener->nodelay;
	child->cork = listener->cork;
	child->quickack = listener->quickack;
	child->keepalive = listener->keepalive;
	child->keepalive_time = listener->keepalive_time;
	child->keepalive_intvl = listener->keepalive_intvl;
	child->keepalive_probes = listener->keepalive_probes;
	child->oobinline = listener->oobinline;
	child->linger2 = listener->linger2;
	child->user_timeout = listener->user_timeout;
	child->user_mss = listener->user_mss;
	child->notsent_lowat = listener->notsent_lowat;
	child->window_clamp = listener->window_clamp;
	child->cc.pacing_max = listener->cc.pacing_max;
	child->rcvlowat = listener->rcvlowat;
}

static void take_request(struct tcp_end *child, const struct tcp_request *request)
{
	child->entry.flow = request->entry.flow;
	child->entry.zone = request->entry.zone;
	child->iss = request->iss;
	child->ts_offset = request->ts_offset;
	tcp_prepare(child);
	child->irs = request->irs;
	child->rcv_nxt = child->rcv_wup = child->copied_seq = request->irs + 1;
	child->last_ack_sent = child->urg_seq = child->rcv_nxt;
	child->rcv_wnd = request->window;
	child->snd_una = child->snd_nxt = child->write_seq = request->iss + 1;
	child->snd_wl1 = request->irs;
	child->peer_mss = request->mss;
	child->wscale_ok = request->wscale;
	child->snd_wscale = request->snd_wscale;
	child->rcv_wscale = request->rcv_wscale;
	child->sack_ok = request->sack;
	child->ts_ok = request->timestamps;
	child->ts_recent = request->ts_recent;
	child->ts_recent_stamp = tcp_stack(child)->now;
	child->ecn_ok = request->ecn;
	child->retransmits = request->tries; /* for the initial window */
}

struct tcp_end *tcp_request_promote(struct tcp_request *request, const struct tcp_arrival *arrival)
{
	struct tcp_end *listener = request->listener, *child;
	struct px_stack *stack = tcp_stack(listener);
	struct endpoint *e;
	struct endpoint_send send = ENDPOINT_SEND_INIT;
	struct tcp_cc_env env;
	struct ip_send unused;
	struct ip_dst dst;

	if (tcp_new(stack, listener->endpoint.family, &child) < 0)
		return NULL;
	env = tcp_cc_env(child);
	if (tcp_cc_change(&child->cc, listener->cc.ops, &env) < 0)
		child->cc.cwnd = 0; /* keeps the default */
	inherit(child, listener);
	take_request(child, request);
	e = &child->endpoint;
	e->local = request->entry.flow.local;
	e->remote = request->entry.flow.remote;
	e->rport = request->entry.flow.rport;
	e->local_zone = px_ip_needs_scope(&e->local) ? request->entry.zone : 0;
	e->remote_zone = px_ip_needs_scope(&e->remote) ? request->entry.zone : 0;
	e->connected = true;
	if (request->entry.inserted)
		tcp_entry_remove(stack, &request->entry);
	tcp_entry_insert(stack, &child->entry);
	tcp_port_inherit(child, listener);
	if (endpoint_route(e, &send, &dst, &unused) == 0 && dst.iface)
		child->advmss = tcp_advmss(stack, &dst, child->user_mss);
	/* RFC 6298 (3): no sample of a SYN-ACK that was sent twice; nor of one whose ACK was put off.
	 */
	if (request->sent && !request->tries && !request->acked) {
		px_time rtt = stack->now - request->sent;
		tcp_rtt_sample(&child->rtt, rtt ? rtt : 1, 1, stack->now);
	}
	child->snd_wnd = (uint32_t)arrival->header.window << child->snd_wscale;
	child->max_wnd = child->snd_wnd;
	child->call = TCP_CONNECTED;
	tcp_established(child);
	PX_COUNT(stack, TcpPassiveOpens);
	return child;
}

/* ---- LISTEN: section 3.10.7.2 ---- */

static struct tcp_flow flow_of(const struct tcp_arrival *arrival)
{
	return (struct tcp_flow){.local = arrival->pkt->dst,
	    .remote = arrival->pkt->src,
	    .lport = arrival->header.dport,
	    .rport = arrival->header.sport};
}

/* What the SYN says; nothing is kept yet. */
static void read_syn(struct tcp_request *request, struct tcp_end *end, struct tcp_arrival *arrival)
{
	const struct tcp_header_options *options = &arrival->header.options;
	const struct tcp_sysctl *ctl = tcp_ctl(end);
	struct px_stack *stack = tcp_stack(end);
	uint8_t ecn = arrival->header.flags & (TCP_ECE | TCP_CWR);
	bool is4 = px_ip_is4(&arrival->pkt->src);
	uint32_t window;

	*request = (struct tcp_request){.listener = end, .irs = arrival->seq};
	list_init(&request->node);
	request->entry.kind = TCP_KIND_REQUEST;
	request->entry.flow = flow_of(arrival);
	request->entry.zone =
	    px_ip_needs_scope(&arrival->pkt->src) || px_ip_needs_scope(&arrival->pkt->dst)
	        ? arrival->pkt->ifindex
	        : end->endpoint.bound_ifindex;
	request->mss = options->mss ? options->mss : is4 ? TCP_MSS_DEFAULT4 : TCP_MSS_DEFAULT6;
	if (end->user_mss && request->mss > end->user_mss)
		request->mss = end->user_mss;
	request->wscale = options->has_wscale && ctl->window_scaling;
	request->snd_wscale = request->wscale ? options->wscale : 0;
	request->rcv_wscale = request->wscale ? tcp_window_scale(stack, end->endpoint.rcvbuf) : 0;
	request->sack = options->sack_permitted && ctl->sack;
	request->timestamps = options->has_timestamp && ctl->timestamps;
	request->ts_recent = request->timestamps ? options->tsval : 0;
	request->ts_offset =
	    ctl->timestamps == 1 ? tcp_timestamp_offset(&stack->tcp->ts_key, &request->entry.flow) : 0;
	/* RFC 3168 section 6.1.1: a SYN that is itself marked is no offer. */
	request->ecn = ecn == (TCP_ECE | TCP_CWR) && ctl->ecn && !(arrival->pkt->tos & 3);
	request->tos = is4 ? end->endpoint.tos : end->endpoint.tclass;
	window = end->endpoint.rcvbuf / 2;
	if (end->window_clamp && window > end->window_clamp)
		window = end->window_clamp;
	request->window = window < TCP_WINDOW_MAX ? window : TCP_WINDOW_MAX;
}

static void syn_arrives(struct tcp_end *end, struct tcp_arrival *arrival, uint32_t iss_after)
{
	struct px_stack *stack = tcp_stack(end);
	const struct tcp_sysctl *ctl = tcp_ctl(end);
	struct tcp_listener *listener = end->listener;
	struct tcp_request request, *kept;
	bool full = listener->request_count >= listener->backlog + 1 ||
	            listener->request_count >= ctl->max_syn_backlog;

	if (tcp_accept_full(end)) {
		PX_COUNT(stack, TcpExtListenOverflows);
		PX_COUNT(stack, TcpExtListenDrops);
		return;
	}
	/* A cookie would promise a connection for which there is no memory. */
	if (px_mem_pressure(stack->mem)) {
		PX_COUNT(stack, TcpExtListenDrops);
		return;
	}
	read_syn(&request, end, arrival);
	if (ctl->syncookies == 2 || (full && ctl->syncookies && !iss_after)) {
		tcp_request_cookie(&request, listener);
		return;
	}
	if (full) {
		PX_COUNT(stack, TcpExtTCPReqQFullDrop);
		PX_COUNT(stack, TcpExtListenDrops);
		return;
	}
	kept = px_alloc(stack->mem, sizeof(*kept));
	if (!kept) {
		PX_COUNT(stack, TcpExtListenDrops);
		return;
	}
	*kept = request;
	list_init(&kept->node);
	kept->iss =
	    iss_after ? iss_after : tcp_isn(&stack->tcp->isn_key, &kept->entry.flow, stack->now);
	tcp_request_start(kept);
}

void tcp_listen_arrives(struct tcp_end *end, struct tcp_arrival *arrival, uint32_t iss_after)
{
	uint8_t flags = arrival->header.flags;

	/* First: RST. */
	if (flags & TCP_RST)
		return;
	/* Second: ACK, of nothing; unless it answers a cookie. */
	if (flags & TCP_ACK) {
		if ((flags & TCP_SYN) || !tcp_request_cookie_arrives(end, arrival))
			tcp_reply_reset(tcp_stack(end), arrival);
		return;
	}
	/* Third: SYN; with FIN it is nobody's (Linux drops it, too). */
	if ((flags & TCP_SYN) && !(flags & TCP_FIN))
		syn_arrives(end, arrival, iss_after);
}
