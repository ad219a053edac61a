/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who gets a segment: the table of connections (ends, requests, TIME-WAITs), by both addresses and
 * ports, and that of listeners, by port. Both cost the same whatever their number. */
#include "tcp_internal.h"

static uint64_t port_hash(uint16_t port)
{
	return port * UINT64_C(0x9e3779b97f4a7c15) >> 16;
}

static uint64_t tcp_flow_hash(const struct px_stack *stack, const struct tcp_flow *flow)
{
	uint8_t key[36];

	memcpy(key, flow->local.b, 16);
	memcpy(key + 16, flow->remote.b, 16);
	memcpy(key + 32, &flow->lport, 2);
	memcpy(key + 34, &flow->rport, 2);
	return siphash_1_3(&stack->random.hash_key, key, sizeof(key));
}

void tcp_entry_insert(struct px_stack *stack, struct tcp_entry *entry)
{
	px_table_insert(
	    &stack->tcp->connections, stack->mem, &entry->hash, tcp_flow_hash(stack, &entry->flow));
	entry->inserted = true;
	ip_flow_begins(stack, &entry->flow.local, &entry->flow.remote);
}

void tcp_entry_remove(struct px_stack *stack, struct tcp_entry *entry)
{
	px_table_remove(&stack->tcp->connections, &entry->hash);
	entry->inserted = false;
	ip_flow_ends(stack, &entry->flow.local, &entry->flow.remote);
}

struct tcp_entry *tcp_entry_find(
    const struct px_stack *stack, const struct tcp_flow *flow, uint32_t ifindex)
{
	uint64_t hash = tcp_flow_hash(stack, flow);
	struct px_tnode *node = px_table_chain(&stack->tcp->connections, hash);

	for (; node; node = node->next) {
		struct tcp_entry *entry = (struct tcp_entry *)(void *)node;
		if (node->hash == hash && entry->flow.lport == flow->lport &&
		    entry->flow.rport == flow->rport && px_ip_eq(&entry->flow.local, &flow->local) &&
		    px_ip_eq(&entry->flow.remote, &flow->remote) &&
		    (!entry->zone || !ifindex || entry->zone == ifindex))
			return entry;
	}
	return NULL;
}

bool tcp_hold_flows(struct px_stack *stack, const struct px_ip *local)
{
	const struct px_table *connections = &stack->tcp->connections;
	struct px_tnode *node = px_table_next(connections, NULL);

	for (; node; node = px_table_next(connections, node)) {
		const struct tcp_entry *entry = (const struct tcp_entry *)(const void *)node;

		if (px_ip_eq(&entry->flow.local, local) &&
		    !ip_retired_flow_begins(stack, local, &entry->flow.remote))
			return false;
	}
	return true;
}

/* The best match (endpoint_score); among equals of a SO_REUSEPORT group, by the hash of the flow:
 * each of n gets 1/n of the connections. */
struct tcp_end *tcp_listener_find(
    const struct px_stack *stack, const struct tcp_flow *flow, uint32_t ifindex)
{
	uint64_t hash = port_hash(flow->lport);
	struct px_tnode *node = px_table_chain(&stack->tcp->listeners, hash);
	struct tcp_end *best = NULL;
	unsigned int best_score = 0, group = 0;

	for (; node; node = node->next) {
		struct tcp_listener *listener =
		    (struct tcp_listener *)(void *)((char *)node - offsetof(struct tcp_listener, hash));
		struct tcp_end *end = listener->end;
		unsigned int score;

		if (end->endpoint.lport != flow->lport)
			continue;
		score = endpoint_score(&end->endpoint, &flow->local, &flow->remote, ifindex);
		if (score > best_score) {
			best = end;
			best_score = score;
			group = 1;
		} else if (score && score == best_score && best &&
		           (end->endpoint.flags & best->endpoint.flags & ENDPOINT_REUSEPORT)) {
			if ((tcp_flow_hash(stack, flow) >> 20) % ++group == 0)
				best = end;
		}
	}
	return best;
}
