/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SYN-RECEIVED of a passive open: a record of two hundred bytes until the handshake is over; under
 * a flood not even that, but a cookie (cookie.h). */
#include "tcp_internal.h"

#define SYNACK_FIRST PX_SEC /* RFC 6298 (2.1) */

static struct px_stack *stack_of(const struct tcp_request *request)
{
	return tcp_stack(request->listener);
}

static uint16_t advmss(const struct tcp_request *request)
{
	struct px_stack *stack = stack_of(request);
	struct ip_flow way = {.src = request->entry.flow.local,
	    .dst = request->entry.flow.remote,
	    .oif = request->entry.zone};
	struct ip_dst dst;

	if (ip_route(stack, &way, &dst) < 0)
		return px_ip_is4(&way.dst) ? TCP_MSS_DEFAULT4 : TCP_MSS_DEFAULT6;
	return tcp_advmss(stack, &dst, request->listener->user_mss);
}

/* <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>. */
static int send_syn_ack(struct tcp_request *request, uint32_t tsval)
{
	struct px_stack *stack = stack_of(request);
	bool is4 = px_ip_is4(&request->entry.flow.remote);
	const struct endpoint *e = &request->listener->endpoint;
	struct tcp_header header = {.seq = request->iss,
	    .ack = request->irs + 1,
	    .flags = TCP_SYN | TCP_ACK,
	    .window = (uint16_t)request->window};

	if (request->ecn)
		header.flags |= TCP_ECE;
	header.options.mss = advmss(request);
	header.options.has_wscale = request->wscale;
	header.options.wscale = request->rcv_wscale;
	header.options.sack_permitted = request->sack;
	if (request->timestamps) {
		header.options.has_timestamp = true;
		header.options.tsval = tsval;
		header.options.tsecr = request->ts_recent;
	}
	return tcp_reply(stack, &request->entry.flow, request->entry.zone, request->tos,
	    is4 ? e->ttl : e->hop_limit, &header);
}

static void send_again(struct tcp_request *request)
{
	struct px_stack *stack = stack_of(request);

	request->sent = stack->now;
	send_syn_ack(request, tcp_ts_now(stack, request->ts_offset));
}

/* ---- the record ---- */

void tcp_request_free(struct px_stack *stack, struct tcp_request *request)
{
	px_timer_stop(stack, &request->timer);
	if (request->entry.inserted)
		tcp_entry_remove(stack, &request->entry);
	list_remove(&request->node);
	request->listener->listener->request_count--;
	px_free(stack->mem, request, sizeof(*request));
}

static px_time synack_timeout(const struct tcp_request *request)
{
	px_time max = (px_time)tcp_ctl(request->listener)->rto_max_ms * PX_MSEC;
	px_time wait = SYNACK_FIRST << (request->tries < 20 ? request->tries : 20);

	return wait < max ? wait : max;
}

static void expired(struct px_stack *stack, struct px_timer *timer)
{
	struct tcp_request *request =
	    (struct tcp_request *)(void *)((char *)timer - offsetof(struct tcp_request, timer));
	unsigned int retries = tcp_ctl(request->listener)->synack_retries;

	if (request->listener->syn_retries)
		retries = request->listener->syn_retries; /* tcp(7), TCP_SYNCNT */
	if (request->tries >= retries && request->tries >= request->listener->defer_accept) {
		PX_COUNT(stack, TcpExtTCPTimeouts);
		PX_COUNT(stack, TcpAttemptFails);
		tcp_request_free(stack, request);
		return;
	}
	request->tries++;
	/* One that waits for data (TCP_DEFER_ACCEPT) is asked only at the end. */
	if (!request->acked || request->tries >= request->listener->defer_accept) {
		PX_COUNT(stack, TcpRetransSegs);
		PX_COUNT(stack, TcpExtTCPSynRetrans);
		send_again(request);
	}
	px_timer_after(stack, &request->timer, synack_timeout(request));
}

void tcp_request_start(struct tcp_request *request)
{
	struct px_stack *stack = stack_of(request);
	struct tcp_listener *listener = request->listener->listener;

	px_timer_init(&request->timer, expired);
	list_append(&listener->requests, &request->node);
	listener->request_count++;
	tcp_entry_insert(stack, &request->entry);
	send_again(request);
	px_timer_after(stack, &request->timer, synack_timeout(request));
}

/* ---- the handshake goes on ---- */

static void challenge(struct tcp_request *request)
{
	struct px_stack *stack = stack_of(request);
	struct tcp_header header = {.seq = request->iss + 1,
	    .ack = request->irs + 1,
	    .flags = TCP_ACK,
	    .window = (uint16_t)(request->window >> request->rcv_wscale)};

	if (!tcp_challenge_allowed(stack, &request->last_ack))
		return;
	if (request->timestamps) {
		header.options.has_timestamp = true;
		header.options.tsval = tcp_ts_now(stack, request->ts_offset);
		header.options.tsecr = request->ts_recent;
	}
	tcp_reply(stack, &request->entry.flow, request->entry.zone, request->tos, -1, &header);
}

static bool paws_fails(const struct tcp_request *request, const struct tcp_header_options *options)
{
	return request->timestamps && options->has_timestamp &&
	       seq_lt(options->tsval, request->ts_recent);
}

static void establish(struct tcp_request *request, struct tcp_arrival *arrival)
{
	struct tcp_end *listener = request->listener, *child;
	struct px_stack *stack = stack_of(request);

	/* TCP_DEFER_ACCEPT: not before there is something to read. */
	if (listener->defer_accept && !arrival->len && !(arrival->header.flags & TCP_FIN) &&
	    request->tries < listener->defer_accept) {
		request->acked = true;
		return;
	}
	if (tcp_accept_full(listener)) {
		PX_COUNT(stack, TcpExtListenOverflows);
		PX_COUNT(stack, TcpExtListenDrops);
		request->acked = true;
		if (tcp_ctl(listener)->abort_on_overflow) {
			tcp_reply_reset(stack, arrival);
			tcp_request_free(stack, request);
		}
		return; /* the SYN-ACK goes out again, by and by */
	}
	child = tcp_request_promote(request, arrival);
	if (!child)
		return;
	if (request->timestamps && arrival->header.options.has_timestamp)
		child->ts_recent = arrival->header.options.tsval;
	tcp_request_free(stack, request);
	tcp_accept_queue(listener, child);
	tcp_segment_arrives(child, arrival);
}

/* RFC 9293 section 3.10.7.4 in SYN-RECEIVED. */
void tcp_request_arrives(struct tcp_request *request, struct tcp_arrival *arrival)
{
	const struct tcp_header *header = &arrival->header;
	struct px_stack *stack = stack_of(request);
	uint32_t expected = request->irs + 1;

	/* The SYN again: our answer was lost. */
	if ((header->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN &&
	    arrival->seq == request->irs) {
		if (tcp_challenge_allowed(stack, &request->last_ack) || request->tries)
			send_syn_ack(request, tcp_ts_now(stack, request->ts_offset));
		return;
	}
	/* First. */
	if (paws_fails(request, &header->options) ||
	    !(seq_ge(arrival->end, expected) && seq_le(arrival->seq, expected + request->window))) {
		if (!(header->flags & TCP_RST))
			challenge(request);
		return;
	}
	/* Second: back to LISTEN. RFC 5961: by the exact number. */
	if (header->flags & TCP_RST) {
		if (arrival->seq == expected) {
			PX_COUNT(stack, TcpExtEmbryonicRsts);
			PX_COUNT(stack, TcpAttemptFails);
			tcp_request_free(stack, request);
		}
		return;
	}
	/* Fourth. */
	if (header->flags & TCP_SYN) {
		challenge(request);
		return;
	}
	/* Fifth. */
	if (!(header->flags & TCP_ACK))
		return;
	if (header->ack != request->iss + 1) {
		tcp_reply_reset(stack, arrival);
		return;
	}
	establish(request, arrival);
}

/* ---- cookies ---- */

void tcp_request_cookie(struct tcp_request *request, struct tcp_listener *listener)
{
	struct px_stack *stack = stack_of(request);
	struct tcp_cookie cookie = {.mss = request->mss,
	    .timestamps = request->timestamps,
	    .has_wscale = request->wscale && request->timestamps,
	    .wscale = request->snd_wscale,
	    .sack = request->sack && request->timestamps,
	    .ecn = request->ecn && request->timestamps};
	uint32_t tsval = tcp_ts_now(stack, request->ts_offset);

	PX_COUNT(stack, TcpExtSyncookiesSent);
	PX_COUNT(stack, TcpExtTCPReqQFullDoCookies);
	request->wscale = cookie.has_wscale;
	request->rcv_wscale = request->wscale ? request->rcv_wscale : 0;
	request->sack = cookie.sack;
	request->ecn = cookie.ecn;
	request->iss = tcp_cookie_make(
	    &stack->tcp->cookie_key, &request->entry.flow, request->irs, &cookie, stack->now);
	listener->cookies_until = stack->now + 2 * TCP_COOKIE_PERIOD;
	send_syn_ack(request, cookie.timestamps ? tcp_cookie_timestamp(&cookie, tsval) : 0);
}

bool tcp_request_cookie_arrives(struct tcp_end *end, struct tcp_arrival *arrival)
{
	struct px_stack *stack = tcp_stack(end);
	const struct tcp_header *header = &arrival->header;
	const struct tcp_header_options *options = &header->options;
	struct tcp_request request = {.listener = end, .irs = header->seq - 1, .iss = header->ack - 1};
	struct tcp_cookie cookie;
	struct tcp_end *child;
	uint32_t window = end->endpoint.rcvbuf / 2;

	if (stack->now >= end->listener->cookies_until)
		return false;
	list_init(&request.node);
	request.entry.kind = TCP_KIND_REQUEST;
	request.entry.flow = (struct tcp_flow){.local = arrival->pkt->dst,
	    .remote = arrival->pkt->src,
	    .lport = header->dport,
	    .rport = header->sport};
	request.entry.zone =
	    px_ip_needs_scope(&arrival->pkt->src) ? arrival->pkt->ifindex : end->endpoint.bound_ifindex;
	request.ts_offset = tcp_ctl(end)->timestamps == 1
	                        ? tcp_timestamp_offset(&stack->tcp->ts_key, &request.entry.flow)
	                        : 0;
	if (!tcp_cookie_check(&stack->tcp->cookie_key, &request.entry.flow, request.irs, request.iss,
	        options->has_timestamp, options->tsecr, stack->now, &cookie)) {
		PX_COUNT(stack, TcpExtSyncookiesFailed);
		/* Only the first number after the SYN fits the cookie. What overtook that, or what a client
		 * says to a SYN-ACK that a forged SYN in its name brought it, does not; and a RST would end
		 * the connection that is about to begin. So, unlike Linux's, the listener is silent while
		 * cookies are out; which also sends nothing to whose name is forged in a flood of ACKs. */
		return true;
	}
	PX_COUNT(stack, TcpExtSyncookiesRecv);
	if (tcp_accept_full(end) || px_mem_pressure(stack->mem)) {
		PX_COUNT(stack, TcpExtListenOverflows);
		return true;
	}
	request.mss = cookie.mss;
	request.timestamps = cookie.timestamps;
	request.ts_recent = cookie.timestamps ? options->tsval : 0;
	request.wscale = cookie.has_wscale;
	request.snd_wscale = cookie.has_wscale ? cookie.wscale : 0;
	request.rcv_wscale = cookie.has_wscale ? tcp_window_scale(stack, end->endpoint.rcvbuf) : 0;
	request.sack = cookie.sack;
	request.ecn = cookie.ecn;
	request.window = window < TCP_WINDOW_MAX ? window : TCP_WINDOW_MAX;
	child = tcp_request_promote(&request, arrival);
	if (!child)
		return true;
	tcp_accept_queue(end, child);
	tcp_segment_arrives(child, arrival);
	return true;
}
