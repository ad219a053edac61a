/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TIME-WAIT (RFC 9293 section 3.6.1): a small record that answers a repeated FIN, and makes way for
 * a new connection between the same two ends as soon as its segments can be told from old ones (RFC
 * 6191). */
#include "tcp_internal.h"

static void expired(struct px_stack *stack, struct px_timer *timer)
{
	struct tcp_timewait *timewait =
	    (struct tcp_timewait *)(void *)((char *)timer - offsetof(struct tcp_timewait, timer));

	PX_COUNT(stack, TcpExtTW);
	tcp_timewait_free(stack, timewait);
}

void tcp_timewait_free(struct px_stack *stack, struct tcp_timewait *timewait)
{
	px_timer_stop(stack, &timewait->timer);
	tcp_entry_remove(stack, &timewait->entry);
	list_remove(&timewait->node);
	stack->tcp->timewait_count--;
	tcp_port_timewait_leave(stack, timewait);
	px_free(stack->mem, timewait, sizeof(*timewait));
}

static struct tcp_timewait *record_of(const struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);
	const struct endpoint *e = &end->endpoint;
	struct tcp_timewait *timewait;

	if (stack->tcp->timewait_count >= stack->tcp->sysctl.max_tw_buckets)
		return NULL;
	timewait = px_zalloc(stack->mem, sizeof(*timewait));
	if (!timewait)
		return NULL;
	timewait->entry.kind = TCP_KIND_TIMEWAIT;
	timewait->entry.zone = end->entry.zone;
	timewait->entry.flow = end->entry.flow;
	timewait->snd_nxt = end->snd_nxt;
	timewait->rcv_nxt = end->rcv_nxt;
	timewait->rcv_wnd = tcp_rcv_window(end);
	timewait->rcv_wscale = end->rcv_wscale;
	timewait->timestamps = end->ts_ok;
	timewait->ts_recent = end->ts_recent;
	timewait->ts_recent_stamp = end->ts_recent_stamp;
	timewait->ts_offset = end->ts_offset;
	timewait->tos = tcp_is4(end) ? e->tos : e->tclass;
	timewait->ttl = tcp_is4(end) ? e->ttl : e->hop_limit;
	timewait->reuse = e->flags & ENDPOINT_REUSEADDR;
	timewait->reuseport = e->flags & ENDPOINT_REUSEPORT;
	list_init(&timewait->port_node);
	px_timer_init(&timewait->timer, expired);
	return timewait;
}

void tcp_time_wait(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);
	struct tcp_timewait *timewait = record_of(end);

	if (!timewait) {
		PX_COUNT(stack, TcpExtTCPTimeWaitOverflow);
		tcp_done(end, 0);
		return;
	}
	if (end->port)
		tcp_port_timewait(timewait, end->port);
	tcp_done(end, 0);
	tcp_entry_insert(stack, &timewait->entry);
	list_append(&stack->tcp->timewaits, &timewait->node);
	stack->tcp->timewait_count++;
	px_timer_after(stack, &timewait->timer, TCP_TIMEWAIT_LEN);
}

/* For connect(): the old connection's segments fail PAWS by now (RFC 6191 section 2). */
bool tcp_timewait_reusable(const struct px_stack *stack, const struct tcp_timewait *timewait)
{
	uint8_t reuse = stack->tcp->sysctl.tw_reuse;

	if (reuse == 2 && !px_ip_is_loopback(&timewait->entry.flow.remote) &&
	    !px_ip_eq(&timewait->entry.flow.local, &timewait->entry.flow.remote))
		reuse = 0;
	return reuse && timewait->timestamps && stack->now - timewait->ts_recent_stamp > PX_SEC;
}

static void acknowledge(struct px_stack *stack, struct tcp_timewait *timewait)
{
	struct tcp_header header = {.seq = timewait->snd_nxt,
	    .ack = timewait->rcv_nxt,
	    .flags = TCP_ACK,
	    .window = (uint16_t)(timewait->rcv_wnd >> timewait->rcv_wscale)};

	if (timewait->timestamps) {
		header.options.has_timestamp = true;
		header.options.tsval = tcp_ts_now(stack, timewait->ts_offset);
		header.options.tsecr = timewait->ts_recent;
	}
	tcp_reply(
	    stack, &timewait->entry.flow, timewait->entry.zone, timewait->tos, timewait->ttl, &header);
}

/* A SYN that begins a new connection: beyond the old one's numbers, or its timestamps. */
static bool begins_anew(
    const struct tcp_timewait *timewait, const struct tcp_arrival *arrival, bool stale)
{
	const struct tcp_header_options *options = &arrival->header.options;

	if ((arrival->header.flags & (TCP_SYN | TCP_RST | TCP_ACK | TCP_FIN)) != TCP_SYN || stale)
		return false;
	return seq_gt(arrival->seq, timewait->rcv_nxt) ||
	       (timewait->timestamps && options->has_timestamp &&
	           seq_lt(timewait->ts_recent, options->tsval));
}

void tcp_timewait_arrives(struct tcp_timewait *timewait, struct tcp_arrival *arrival)
{
	struct px_stack *stack = arrival->pkt->iface->stack;
	const struct tcp_header *header = &arrival->header;
	bool stale = timewait->timestamps && header->options.has_timestamp &&
	             seq_lt(header->options.tsval, timewait->ts_recent);
	struct tcp_flow flow = timewait->entry.flow;
	struct tcp_end *listener;
	uint32_t iss;

	if (begins_anew(timewait, arrival, stale) && !(arrival->pkt->flags & PX_PKT_RETIRED)) {
		listener = tcp_listener_find(stack, &flow, arrival->pkt->ifindex);
		if (listener) {
			iss = timewait->snd_nxt + TCP_WINDOW_MAX + 2;
			PX_COUNT(stack, TcpExtTWRecycled);
			tcp_timewait_free(stack, timewait);
			tcp_listen_arrives(listener, arrival, iss);
			return;
		}
	}
	if (header->flags & TCP_RST) {
		/* RFC 1337: TIME-WAIT assassination, for who wants it. Exactly the number (RFC 5961). */
		if (arrival->seq == timewait->rcv_nxt && !stale && !stack->tcp->sysctl.rfc1337)
			tcp_timewait_free(stack, timewait);
		return;
	}
	if (stale)
		PX_COUNT(stack, TcpExtPAWSEstab);
	/* A pure ACK of what was sent before our last one asks for nothing. */
	if (!stale && arrival->seq == timewait->rcv_nxt && arrival->end == arrival->seq) {
		if (timewait->timestamps && header->options.has_timestamp) {
			timewait->ts_recent = header->options.tsval;
			timewait->ts_recent_stamp = stack->now;
		}
		return;
	}
	/* Section 3.10.7.4, eighth step: a FIN again restarts the 2 MSL. */
	if (header->flags & TCP_FIN && !stale)
		px_timer_after(stack, &timewait->timer, TCP_TIMEWAIT_LEN);
	if (timewait->last_ack &&
	    stack->now - timewait->last_ack < stack->tcp->sysctl.invalid_ratelimit * PX_MSEC)
		return;
	timewait->last_ack = stack->now;
	acknowledge(stack, timewait);
}
