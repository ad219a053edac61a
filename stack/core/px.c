/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stack, and the entries of the runtime. */
#include "px.h"

#include <errno.h>
#include <string.h>
#include <linux/if_ether.h>

/* A burst of packets that the stack sends to itself; answers to answers wait for the next round, so
 * that two sockets that echo to each other cannot hold the lock for ever. */
#define LOOPBACK_ROUNDS 16

static void default_options(struct px_options *options)
{
	*options = (struct px_options){
	    .default_ttl = 64,
	    .hop_limit = 64,
	    .tso = true,
	    .gro = true,
	    .icmp_echo_ignore_broadcasts = true, /* RFC 1122 3.2.2.6 allows it; smurf */
	    .port_min = 32768,
	    .port_max = 60999,
	    .rmem_default = 212992,
	    .rmem_max = 4 << 20,
	    .wmem_default = 212992,
	    .wmem_max = 4 << 20,
	    .neighbours_max = 1024,
	    .reassembly_max = 4 << 20,
	};
}

int px_stack_new(const struct px_config *config, struct px_stack **result)
{
	struct px_mem *mem = px_mem_new(config->allocator, config->mem_limit);
	struct px_stack *stack;
	int err;

	if (!mem)
		return -ENOMEM;
	stack = px_zalloc(mem, sizeof(*stack));
	if (!stack) {
		err = -ENOMEM;
		goto drop_mem;
	}
	err = px_random_init(&stack->random, config->seed);
	if (err)
		goto free_stack;
	stack->mem = mem;
	stack->now = config->now;
	list_init(&stack->ifaces);
	list_init(&stack->tx_pending);
	list_init(&stack->taps);
	list_init(&stack->deferred);
	px_fib_init(&stack->fib);
	default_options(&stack->options);
	*result = stack;
	return 0;

free_stack:
	px_free(mem, stack, sizeof(*stack));
drop_mem:
	px_mem_drop(mem);
	return err;
}

void px_stack_free(struct px_stack *stack)
{
	struct px_mem *mem;

	if (!stack)
		return;
	mem = stack->mem;
	while (!list_is_empty(&stack->ifaces))
		px_iface_del(list_last(&stack->ifaces, struct px_iface, node));
	px_pktq_clear(&stack->loopback);
	while (stack->layer_count) {
		const struct px_layer *layer = stack->layers[--stack->layer_count];
		if (layer->detach)
			layer->detach(stack);
	}
	px_fib_fini(stack);
	px_table_fini(&stack->addresses, mem);
	px_stats_fini(&stack->stats, mem);
	px_free(mem, stack, sizeof(*stack));
	px_mem_drop(mem);
}

int px_layer_attach(struct px_stack *stack, const struct px_layer *layer)
{
	if (stack->layer_count == PX_LAYERS_MAX)
		return -ENOSPC;
	stack->layers[stack->layer_count++] = layer;
	return 0;
}

void px_event(struct px_stack *stack, enum px_event event, void *object)
{
	for (unsigned int i = 0; i < stack->layer_count; i++) {
		if (stack->layers[i]->event)
			stack->layers[i]->event(stack, event, object);
	}
}

void px_tap_add(struct px_stack *stack, struct px_tap *tap)
{
	list_append(&stack->taps, &tap->node);
}

void px_tap_remove(struct px_tap *tap)
{
	list_remove(&tap->node);
}

void px_tap_show(struct px_stack *stack, struct px_pkt *frame)
{
	struct px_tap *tap;

	list_for_each (tap, &stack->taps, node)
		tap->frame(tap, stack, frame);
}

/* The clock of several callers may step back by a little when they enter in another order than they
 * read it; a stack's time does not. */
void px_set_time(struct px_stack *stack, px_time now)
{
	if (now > stack->now)
		stack->now = now;
}

void px_input(struct px_stack *stack, struct px_iface *iface, struct px_pkt **frames,
    unsigned int count, px_time now)
{
	px_set_time(stack, now);
	stack->in_burst = count > 1;
	for (unsigned int i = 0; i < count; i++) {
		struct px_pkt *pkt = frames[i];

		if (!px_iface_is_up(iface)) {
			iface->stats.rx_dropped++;
			px_pkt_free(pkt);
			continue;
		}
		pkt->iface = iface;
		pkt->ifindex = iface->index;
		pkt->time = stack->now;
		iface->stats.rx_packets++;
		iface->stats.rx_bytes += pkt->total;
		if (iface->caps & PX_LINK_CSUM_RX)
			pkt->flags |= PX_PKT_CSUM_VALID;
		iface->type->input(iface, pkt);
	}
	if (stack->in_burst && stack->burst_end)
		stack->burst_end(stack);
	stack->in_burst = false;
}

void px_loopback(struct px_stack *stack, struct px_pkt *pkt, struct px_iface *iface)
{
	if (stack->loopback.count >= PX_TX_LIMIT) {
		iface->stats.rx_dropped++;
		px_pkt_free(pkt);
		return;
	}
	pkt->iface = iface;
	pkt->flags |= PX_PKT_LOOPED | PX_PKT_CSUM_VALID;
	pkt->flags &= ~(uint32_t)PX_PKT_CSUM_PARTIAL;
	px_pktq_append(&stack->loopback, pkt);
}

static void run_loopback(struct px_stack *stack)
{
	for (unsigned int round = 0; round < LOOPBACK_ROUNDS && stack->loopback.first; round++) {
		struct px_pktq burst = stack->loopback;
		struct px_pkt *pkt;

		stack->loopback = (struct px_pktq){0};
		while ((pkt = px_pktq_take(&burst))) {
			void (*input)(struct px_stack *, struct px_pkt *) =
			    pkt->ethertype == ETH_P_IP ? stack->ip4_input : stack->ip6_input;

			/* Its interface may have gone while it waited: see px_iface_del. */
			if (pkt->iface && px_iface_is_up(pkt->iface) && input) {
				pkt->iface->stats.rx_packets++;
				pkt->iface->stats.rx_bytes += pkt->total;
				pkt->time = stack->now;
				input(stack, pkt);
			} else {
				px_pkt_free(pkt);
			}
		}
	}
}

static bool run_deferred(struct px_stack *stack)
{
	struct list batch;
	bool any = false;

	list_init(&batch);
	list_append_all(&batch, &stack->deferred);
	while (!list_is_empty(&batch)) {
		struct px_deferred *deferred = list_first(&batch, struct px_deferred, node);

		list_remove(&deferred->node);
		deferred->fn(stack, deferred);
		any = true;
	}
	return any;
}

void px_run(struct px_stack *stack, px_time now)
{
	px_set_time(stack, now);
	px_timers_run(stack);
	for (unsigned int round = 0; round < LOOPBACK_ROUNDS; round++) {
		run_loopback(stack);
		if (!run_deferred(stack) && !stack->loopback.first)
			break;
	}
}

px_time px_deadline(const struct px_stack *stack)
{
	if (stack->loopback.first || !list_is_empty(&stack->deferred))
		return stack->now;
	return px_timer_next(stack);
}

void px_defer(struct px_stack *stack, struct px_deferred *deferred)
{
	if (list_is_empty(&deferred->node))
		list_append(&stack->deferred, &deferred->node);
}

void px_undefer(struct px_deferred *deferred)
{
	list_remove(&deferred->node);
}
