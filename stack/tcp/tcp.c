/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ends: their making, their states, their end; and what is done for them at the end of a burst. */
#include "tcp_internal.h"

const char *tcp_state_text(unsigned int state)
{
	static const char *const text[TCP_STATE_COUNT] = {
	    [TCP_STATE_ESTABLISHED] = "ESTABLISHED",
	    [TCP_STATE_SYN_SENT] = "SYN-SENT",
	    [TCP_STATE_SYN_RECEIVED] = "SYN-RECEIVED",
	    [TCP_STATE_FIN_WAIT_1] = "FIN-WAIT-1",
	    [TCP_STATE_FIN_WAIT_2] = "FIN-WAIT-2",
	    [TCP_STATE_TIME_WAIT] = "TIME-WAIT",
	    [TCP_STATE_CLOSED] = "CLOSED",
	    [TCP_STATE_CLOSE_WAIT] = "CLOSE-WAIT",
	    [TCP_STATE_LAST_ACK] = "LAST-ACK",
	    [TCP_STATE_LISTEN] = "LISTEN",
	    [TCP_STATE_CLOSING] = "CLOSING",
	};

	return state < TCP_STATE_COUNT ? text[state] : NULL;
}

enum tcp_state_name tcp_state(const struct tcp_end *end)
{
	return (enum tcp_state_name)end->state;
}

struct tcp_sysctl *tcp_sysctl(struct px_stack *stack)
{
	return &stack->tcp->sysctl;
}

void tcp_set_state(struct tcp_end *end, enum tcp_state_name state)
{
	const unsigned int current = TCP_IN(ESTABLISHED) | TCP_IN(CLOSE_WAIT); /* RFC 4022 */
	struct px_stack *stack = tcp_stack(end);
	bool was = tcp_in_state(end, current);

	if (state == TCP_STATE_CLOSED && tcp_in_state(end, current))
		PX_COUNT(stack, TcpEstabResets);
	end->state = (uint8_t)state;
	if (tcp_in_state(end, current) && !was)
		PX_COUNT(stack, TcpCurrEstab);
	else if (was && !tcp_in_state(end, current))
		PX_COUNT_DOWN(stack, TcpCurrEstab);
	tcp_todo(end, TCP_TODO_TELL);
}

void tcp_todo(struct tcp_end *end, unsigned int todo)
{
	end->todo |= (uint8_t)todo;
	px_defer(tcp_stack(end), &end->deferred);
}

/* ---- the end of a burst ---- */

static void tcp_free(struct tcp_end *end);

static void tcp_settle(struct px_stack *stack, struct px_deferred *deferred)
{
	struct tcp_end *end =
	    (struct tcp_end *)(void *)((char *)deferred - offsetof(struct tcp_end, deferred));
	unsigned int events = 0;
	bool output = end->todo & TCP_TODO_OUTPUT;

	if (end->orphan && end->done) {
		tcp_free(end);
		return;
	}
	/* Output may find that it must be called again; and takes the acknowledgement along. */
	end->todo &= (uint8_t)~TCP_TODO_OUTPUT;
	if (output)
		tcp_output(end);
	if (end->todo & (TCP_TODO_ACK | TCP_TODO_ACK_NOW))
		tcp_ack_decide(end);
	if (end->todo & TCP_TODO_WRITABLE)
		events |= ENDPOINT_WRITABLE;
	if (end->todo & TCP_TODO_TELL)
		events |= ENDPOINT_READABLE;
	end->todo &= (uint8_t) ~(TCP_TODO_WRITABLE | TCP_TODO_TELL);
	if (events)
		endpoint_notify(&end->endpoint, events);
	if (end->orphan && end->done)
		tcp_free(end);
}

/* The transmit queue of the interface has room again. */
static void tx_ready(struct px_stack *stack, struct px_tx_waiter *waiter)
{
	struct tcp_end *end =
	    (struct tcp_end *)(void *)((char *)waiter - offsetof(struct tcp_end, tx_waiter));

	tcp_todo(end, TCP_TODO_OUTPUT);
}

/* ---- making and freeing ---- */

int tcp_new(struct px_stack *stack, int family, struct tcp_end **result)
{
	const struct tcp_sysctl *ctl = &stack->tcp->sysctl;
	const struct tcp_cc_ops *cc = tcp_cc_find(ctl->congestion);
	struct tcp_end *end = px_zalloc(stack->mem, sizeof(*end));
	struct tcp_cc_env env;

	if (!end)
		return -ENOMEM;
	endpoint_init(&end->endpoint, stack, family, IPPROTO_TCP);
	end->endpoint.rcvbuf = ctl->rmem[1];
	end->endpoint.sndbuf = ctl->wmem[1];
	end->entry.kind = TCP_KIND_END;
	end->state = TCP_STATE_CLOSED;
	list_init(&end->port_node);
	list_init(&end->accept_node);
	list_init(&end->tx_waiter.node);
	list_init(&end->segments);
	list_init(&end->by_time);
	list_init(&end->ooo);
	end->tx_waiter.ready = tx_ready;
	px_deferred_init(&end->deferred, tcp_settle);
	px_timer_init(&end->timer, tcp_timer_expired);
	for (unsigned int i = 0; i < TCP_TIMERS; i++)
		end->deadline[i] = PX_TIME_NEVER;
	end->rcvlowat = 1;
	end->reordering = ctl->reordering;
	env = tcp_cc_env(end);
	if (tcp_cc_init(&end->cc, cc ? cc : tcp_cc_listed(0), &env) < 0) {
		px_free(stack->mem, end, sizeof(*end));
		return -ENOMEM;
	}
	end->cc.paced = ctl->pacing;
	list_append(&stack->tcp->ends, &end->node);
	*result = end;
	return 0;
}

/* Everything that is queued, sent or received. */
void tcp_release_buffers(struct tcp_end *end)
{
	tcp_sendq_clear(end);
	tcp_recvq_clear(end);
	for (unsigned int i = 0; i < TCP_TIMERS; i++)
		end->deadline[i] = PX_TIME_NEVER;
	px_timer_stop(tcp_stack(end), &end->timer);
	px_iface_tx_unwait(&end->tx_waiter);
}

static void tcp_free(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);

	if (end->listener)
		tcp_listen_stop(end);
	tcp_accept_unqueue(end);
	tcp_release_buffers(end);
	px_undefer(&end->deferred);
	if (end->entry.inserted)
		tcp_entry_remove(stack, &end->entry);
	tcp_port_leave(end);
	if (end->orphan)
		stack->tcp->orphan_count--;
	list_remove(&end->node);
	tcp_cc_release(&end->cc);
	endpoint_fini(&end->endpoint);
	px_free(stack->mem, end, sizeof(*end));
}

int tcp_prepare(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);
	const struct tcp_sysctl *ctl = tcp_ctl(end);

	end->done = false;
	end->finishing = false;
	end->soft_error = 0;
	end->ca_state = TCP_OPEN;
	end->cc.cwnd = 0;
	end->cc.ssthresh = TCP_CC_INFINITE;
	end->pmtu = 0;
	end->snd_una = end->snd_nxt = end->snd_up = end->write_seq = end->iss;
	end->snd_sml = end->pushed_seq = end->high_seq = end->limited_seq = end->iss;
	end->high_sacked = end->iss;
	end->undo_possible = end->frto = end->tlp = false;
	end->snd_wnd = end->max_wnd = 0;
	end->sacked = end->lost = end->retrans = end->flight_max = 0;
	end->dup_acks = end->retransmits = end->probes = 0;
	end->retrans_since = end->undo_since = 0;
	end->fin_queued = end->urgent = end->more = false;
	end->fin_received = end->urg_announced = end->urg_valid = false;
	end->recent_count = 0;
	end->dsack = false;
	end->quick_acks = TCP_QUICK_ACKS;
	end->pingpong = false;
	end->ato = TCP_DELACK_MIN;
	end->sndbuf_full = false;
	end->ecn_ok = end->ecn_cwr = end->ecn_echo = end->ecn_seen = false;
	memset(&end->rack, 0, sizeof(end->rack));
	end->rack.reo_mult = 1;
	end->rcv_mss = TCP_MSS_DEFAULT4;
	end->last_received = end->last_data_received = end->last_ack_received = stack->now;
	end->last_sent = stack->now;
	tcp_rtt_init(&end->rtt, (px_time)ctl->rto_min_us * 1000, (px_time)ctl->rto_max_ms * PX_MSEC);
	tcp_rate_init(&end->rate);
	tcp_window_init(end);
	return 0;
}

void tcp_done(struct tcp_end *end, int error)
{
	struct px_stack *stack = tcp_stack(end);

	if (end->done)
		return;
	end->done = true;
	tcp_set_state(end, TCP_STATE_CLOSED);
	end->endpoint.shutdown = ENDPOINT_SHUT_RD | ENDPOINT_SHUT_WR;
	end->endpoint.connected = false;
	tcp_sendq_clear(end);
	for (unsigned int i = 0; i < TCP_TIMERS; i++)
		end->deadline[i] = PX_TIME_NEVER;
	px_timer_stop(stack, &end->timer);
	px_iface_tx_unwait(&end->tx_waiter);
	if (end->entry.inserted)
		tcp_entry_remove(stack, &end->entry);
	if (!end->endpoint.port_given || end->orphan)
		tcp_port_leave(end);
	if (error)
		end->endpoint.error = error;
	/* One that nobody accepted yet stays in the queue and is accepted as a closed one, as Linux
	 * does: the count that a poll promised holds. */
	tcp_todo(end, TCP_TODO_TELL | TCP_TODO_WRITABLE);
}

void tcp_orphan(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);

	if (end->orphan)
		return;
	end->orphan = true;
	end->endpoint.event = NULL;
	end->endpoint.socket = NULL;
	list_remove(&end->node);
	list_append(&stack->tcp->orphans, &end->node);
	stack->tcp->orphan_count++;
	if (end->done)
		tcp_todo(end, TCP_TODO_TELL);
}

/* ---- the layer ---- */

static const struct tcp_sysctl default_sysctl = {
    .timestamps = 1,
    .sack = true,
    .dsack = true,
    .window_scaling = true,
    .ecn = 2,
    .ecn_fallback = true,
    .syncookies = 1,
    .frto = 2,
    .early_retrans = 3,
    .recovery = 1,
    .syn_retries = 6,
    .synack_retries = 5,
    .retries1 = 3,
    .retries2 = 15,
    .orphan_retries = 0,
    .fin_timeout = 60,
    .keepalive_time = 7200,
    .keepalive_intvl = 75,
    .keepalive_probes = 9,
    .rto_min_us = 200000,
    .rto_max_ms = 120000,
    .tw_reuse = 2,
    .max_tw_buckets = 65536,
    .max_orphans = 65536,
    .challenge_ack_limit = INT32_MAX,
    .invalid_ratelimit = 500,
    .max_syn_backlog = 1024,
    .somaxconn = 4096,
    .slow_start_after_idle = true,
    .moderate_rcvbuf = true,
    .autocorking = true,
    .base_mss = 1024,
    .min_snd_mss = 48,
    .rmem = {4096, 131072, 6 << 20},
    .wmem = {4096, 16384, 4 << 20},
    .notsent_lowat = UINT32_MAX,
    .limit_output_bytes = 1 << 20,
    .reordering = 3,
    .max_reordering = 127,
    .congestion = "cubic",
};

static void tcp_detach(struct px_stack *stack)
{
	struct tcp_state *tcp = stack->tcp;
	struct list *lists[] = {&tcp->ends, &tcp->orphans};
	struct tcp_timewait *timewait;
	struct tcp_end *end;

	/* Listeners own requests and what waits to be accepted. */
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		list_for_each (end, lists[i], node) {
			if (end->listener)
				tcp_listen_stop(end);
		}
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		while ((end = list_first(lists[i], struct tcp_end, node)))
			tcp_free(end);
	}
	while ((timewait = list_first(&tcp->timewaits, struct tcp_timewait, node)))
		tcp_timewait_free(stack, timewait);
	px_table_fini(&tcp->connections, stack->mem);
	px_table_fini(&tcp->listeners, stack->mem);
	px_table_fini(&tcp->ports, stack->mem);
	px_free(stack->mem, tcp, sizeof(*tcp));
	stack->tcp = NULL;
}

static void iface_gone(struct px_stack *stack, enum px_event event, void *object)
{
	struct px_iface *iface = object;
	struct tcp_end *end;

	/* Those who wait for room in its queue look for another way, or find that there is none. */
	if (event != PX_EVENT_IFACE_DOWN)
		return;
	while (!list_is_empty(&iface->tx_waiters)) {
		struct px_tx_waiter *waiter = list_first(&iface->tx_waiters, struct px_tx_waiter, node);
		if (waiter->ready != tx_ready)
			break;
		end = (struct tcp_end *)(void *)((char *)waiter - offsetof(struct tcp_end, tx_waiter));
		px_iface_tx_unwait(waiter);
		tcp_todo(end, TCP_TODO_OUTPUT);
	}
}

static struct siphash_key random_key(struct px_stack *stack)
{
	return (struct siphash_key){{px_random64(&stack->random), px_random64(&stack->random)}};
}

int tcp_attach(struct px_stack *stack)
{
	static const struct px_layer layer = {"tcp", tcp_detach, iface_gone};
	static const struct ip_protocol protocol = {.number = IPPROTO_TCP,
	    .ip4 = true,
	    .ip6 = true,
	    .input = tcp_input,
	    .error = tcp_error,
	    .hold_flows = tcp_hold_flows};
	struct tcp_state *tcp = px_zalloc(stack->mem, sizeof(*tcp));
	int err;

	if (!tcp)
		return -ENOMEM;
	tcp->sysctl = default_sysctl;
	list_init(&tcp->ends);
	list_init(&tcp->orphans);
	list_init(&tcp->timewaits);
	tcp->isn_key = random_key(stack);
	tcp->ts_key = random_key(stack);
	tcp->cookie_key = random_key(stack);
	tcp->port_key = random_key(stack);
	stack->tcp = tcp;
	err = px_layer_attach(stack, &layer);
	if (err) {
		px_free(stack->mem, tcp, sizeof(*tcp));
		stack->tcp = NULL;
		return err;
	}
	return ip_protocol_register(stack, &protocol); /* detached with the stack */
}
