/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UDP: ends, ports, input.
 *
 * Two tables: of ports, where every end with a port is, and of flows, by both addresses and ports,
 * where those with a peer are too. A datagram is looked for among the flows, then goes to the best
 * match of its port (as Linux scores it: a fixed local address, peer, interface count); among
 * equals, to one of a SO_REUSEPORT group by the hash of the flow, else to the one bound last.
 * Groups and broadcasts go to all who match.
 */
#include "udp_internal.h"
#include "udp_wire.h"

#include "checksum.h"
#include "icmp.h"

#include <errno.h>
#include <linux/errqueue.h>

struct udp_state {
	struct px_table ports, flows;
	struct list ends;
	/* Who got the last datagram by its flow: the next one is probably his, and needs no hash.
	 * NULL: the tables have changed. */
	struct udp_end *last;
};

static struct udp_end *of_port(struct px_tnode *node)
{
	return (struct udp_end *)(void *)((char *)node - offsetof(struct udp_end, by_port));
}

static struct udp_end *of_flow(struct px_tnode *node)
{
	return (struct udp_end *)(void *)((char *)node - offsetof(struct udp_end, by_flow));
}

/* ---- tables ---- */

static uint64_t port_hash(uint16_t port)
{
	return port * UINT64_C(0x9e3779b97f4a7c15) >> 16;
}

static uint64_t flow_hash(const struct px_stack *stack, const struct px_ip *local, uint16_t lport,
    const struct px_ip *remote, uint16_t rport)
{
	uint8_t key[36];

	memcpy(key, local->b, 16);
	memcpy(key + 16, remote->b, 16);
	memcpy(key + 32, &lport, 2);
	memcpy(key + 34, &rport, 2);
	return siphash_1_3(&stack->random.hash_key, key, sizeof(key));
}

/* A flow keeps a retired address for its peer (ip_retire). Told before either of them changes. */
static bool hold(struct udp_end *end)
{
	const struct endpoint *e = &end->endpoint;

	end->holds = e->stack->retired && ip_retired_flow_begins(e->stack, &e->local, &e->remote);
	return end->holds || !e->stack->retired;
}

static void let_go(struct udp_end *end)
{
	const struct endpoint *e = &end->endpoint;

	if (end->holds)
		ip_flow_ends(e->stack, &e->local, &e->remote);
	end->holds = false;
}

static bool udp_hold_flows(struct px_stack *stack, const struct px_ip *local)
{
	struct udp_end *end;

	list_for_each (end, &stack->udp->ends, node) {
		if (end->in_flows && px_ip_eq(&end->endpoint.local, local) && !hold(end))
			return false;
	}
	return true;
}

static void take_out(struct udp_end *end)
{
	struct udp_state *udp = end->endpoint.stack->udp;

	udp->last = NULL;
	if (end->in_ports)
		px_table_remove(&udp->ports, &end->by_port);
	if (end->in_flows)
		px_table_remove(&udp->flows, &end->by_flow);
	let_go(end);
	end->in_ports = end->in_flows = false;
}

static void put_in(struct udp_end *end)
{
	struct endpoint *e = &end->endpoint;
	struct px_stack *stack = e->stack;

	take_out(end);
	px_table_insert(&stack->udp->ports, stack->mem, &end->by_port, port_hash(e->lport));
	end->in_ports = true;
	if (!e->connected)
		return;
	px_table_insert(&stack->udp->flows, stack->mem, &end->by_flow,
	    flow_hash(stack, &e->local, e->lport, &e->remote, e->rport));
	end->in_flows = true;
	hold(end);
}

static bool takes_flow(const struct udp_end *end, const struct px_ip *local, uint16_t lport,
    const struct px_ip *remote, uint16_t rport, uint32_t ifindex)
{
	return end->endpoint.lport == lport && end->endpoint.rport == rport &&
	       endpoint_score(&end->endpoint, local, remote, ifindex);
}

static struct udp_end *lookup_connected(struct px_stack *stack, const struct px_ip *local,
    uint16_t lport, const struct px_ip *remote, uint16_t rport, uint32_t ifindex)
{
	struct udp_state *udp = stack->udp;
	struct px_tnode *node;
	uint64_t hash;

	if (udp->last && takes_flow(udp->last, local, lport, remote, rport, ifindex))
		return udp->last;
	if (udp->flows.count == 0) /* as at most servers: that is the hash saved */
		return NULL;
	hash = flow_hash(stack, local, lport, remote, rport);
	for (node = px_table_chain(&udp->flows, hash); node; node = node->next) {
		struct udp_end *end = of_flow(node);

		if (node->hash == hash && takes_flow(end, local, lport, remote, rport, ifindex))
			return udp->last = end;
	}
	return NULL;
}

static struct udp_end *lookup(struct px_stack *stack, const struct px_ip *local, uint16_t lport,
    const struct px_ip *remote, uint16_t rport, uint32_t ifindex)
{
	struct udp_end *best = lookup_connected(stack, local, lport, remote, rport, ifindex);
	struct px_tnode *node;
	unsigned int best_score = 0, group = 0;

	if (best)
		return best;
	for (node = px_table_chain(&stack->udp->ports, port_hash(lport)); node; node = node->next) {
		struct udp_end *end = of_port(node);
		unsigned int score;
		if (end->endpoint.lport != lport ||
		    (end->endpoint.connected && end->endpoint.rport != rport))
			continue;
		score = endpoint_score(&end->endpoint, local, remote, ifindex);
		if (score > best_score) {
			best = end;
			best_score = score;
			group = 1;
		} else if (score && score == best_score && (end->endpoint.flags & ENDPOINT_REUSEPORT) &&
		           (best->endpoint.flags & ENDPOINT_REUSEPORT)) {
			/* Each of n ends up with 1/n of the flows, and a flow always with the same. */
			uint64_t hash = flow_hash(stack, local, lport, remote, rport);
			if ((hash >> 20) % ++group == 0)
				best = end;
		}
	}
	return best;
}

/* ---- ports ---- */

static bool addresses_overlap(const struct endpoint *a, const struct endpoint *b)
{
	bool any_a = px_ip_is_any(&a->local), any_b = px_ip_is_any(&b->local);

	/* AF_INET against a v6-only wildcard: two worlds. */
	if (any_a && any_b)
		return endpoint_takes(a, true) == endpoint_takes(b, true) ||
		       endpoint_takes(a, false) == endpoint_takes(b, false) ||
		       (a->family == AF_INET6 && !a->v6only) || (b->family == AF_INET6 && !b->v6only);
	if (any_a)
		return endpoint_takes(a, px_ip_is4(&b->local));
	if (any_b)
		return endpoint_takes(b, px_ip_is4(&a->local));
	return px_ip_eq(&a->local, &b->local);
}

static bool conflict(const struct endpoint *a, const struct endpoint *b)
{
	if (a->bound_ifindex && b->bound_ifindex && a->bound_ifindex != b->bound_ifindex)
		return false;
	if ((a->flags & b->flags) & (ENDPOINT_REUSEADDR | ENDPOINT_REUSEPORT))
		return false;
	if (a->local_zone && b->local_zone && a->local_zone != b->local_zone)
		return false;
	return addresses_overlap(a, b);
}

static bool in_conflict(const struct udp_end *end, uint16_t port)
{
	const struct udp_state *udp = end->endpoint.stack->udp;
	struct px_tnode *node = px_table_chain(&udp->ports, port_hash(port));

	for (; node; node = node->next) {
		const struct udp_end *other = of_port(node);
		if (other != end && other->endpoint.lport == port &&
		    conflict(&end->endpoint, &other->endpoint))
			return true;
	}
	return false;
}

/* RFC 6056 section 3.3.1: a random port, then the next free one. */
static uint16_t ephemeral(struct udp_end *end)
{
	struct px_stack *stack = end->endpoint.stack;
	uint32_t flags = end->endpoint.flags;
	uint32_t min = stack->options.port_min, count = stack->options.port_max - min + 1u;
	uint32_t offset = px_random_below(&stack->random, count);
	uint16_t chosen = 0;

	/* Nobody gets a port that another has because both allowed it to be shared. */
	end->endpoint.flags &= ~(uint32_t)(ENDPOINT_REUSEADDR | ENDPOINT_REUSEPORT);
	for (uint32_t i = 0; i < count && !chosen; i++) {
		uint16_t port = (uint16_t)(min + (offset + i) % count);
		if (!in_conflict(end, port))
			chosen = port;
	}
	end->endpoint.flags = flags;
	return chosen;
}

int udp_bind(struct udp_end *end, const struct px_ip *ip, uint16_t port, uint32_t zone)
{
	struct endpoint *e = &end->endpoint;
	int err = endpoint_check_local(e, ip, zone);

	if (err)
		return err;
	if (e->lport)
		return -EINVAL;
	endpoint_set_local(e, ip, zone);
	if (port ? in_conflict(end, port) : !(port = ephemeral(end))) {
		endpoint_set_local(e, &PX_IP_NONE, 0);
		return -EADDRINUSE;
	}
	e->lport = port;
	e->port_given = true;
	put_in(end);
	return 0;
}

int udp_autobind(struct udp_end *end)
{
	struct endpoint *e = &end->endpoint;

	if (e->lport)
		return 0;
	e->lport = ephemeral(end);
	if (!e->lport)
		return -EAGAIN;
	put_in(end);
	return 0;
}

static void disconnect(struct udp_end *end)
{
	struct endpoint *e = &end->endpoint;

	take_out(end);
	endpoint_disconnect(e);
	/* The port stays only if it was asked for (udp(7), __udp_disconnect). */
	if (!e->port_given)
		e->lport = 0;
	if (e->lport)
		put_in(end);
}

int udp_connect(struct udp_end *end, const struct px_ip *ip, uint16_t port, uint32_t zone)
{
	struct endpoint *e = &end->endpoint;
	struct endpoint_send send = ENDPOINT_SEND_INIT;
	struct ip_send unused;
	struct ip_dst dst;
	int err;

	if (!ip) {
		disconnect(end);
		return 0;
	}
	let_go(end);
	if (e->connected && !e->local_given) {
		e->local = PX_IP_NONE;
		e->local_zone = 0;
	}
	send.has_dst = true;
	send.dst = *ip;
	send.zone = zone;
	err = endpoint_route(e, &send, &dst, &unused);
	if (!err)
		err = udp_autobind(end);
	if (err)
		return err;
	endpoint_connect(e, &dst, port);
	put_in(end);
	return 0;
}

/* ---- input ---- */

static void deliver(struct udp_end *end, struct px_pkt *pkt)
{
	struct endpoint *e = &end->endpoint;
	struct px_stack *stack = e->stack;
	bool is4 = px_ip_is4(&pkt->src);
	int err = -EPERM;

	if (!endpoint_accepts(e, pkt)) {
		px_pkt_free(pkt);
	} else if (end->gro && udp_join(end, pkt)) {
		err = 0;
	} else {
		if (!end->gro)
			pkt->cb.word[1] = 0;
		err = endpoint_queue(e, pkt);
	}
	if (!err) {
		PX_COUNT_UDP(stack, is4, InDatagrams);
		return;
	}
	if (err == -ENOBUFS)
		PX_COUNT_UDP(stack, is4, RcvbufErrors);
	PX_COUNT_UDP(stack, is4, InErrors);
}

static bool wants(const struct udp_end *end, const struct px_pkt *pkt)
{
	const struct endpoint *e = &end->endpoint;

	return e->lport == pkt->dport && (!e->connected || e->rport == pkt->sport) &&
	       endpoint_score(e, &pkt->dst, &pkt->src, pkt->ifindex) &&
	       endpoint_wants_group(e, &pkt->dst, &pkt->src, pkt->ifindex);
}

/* A copy to each who wants it, the last one without copying. */
static void deliver_many(struct px_stack *stack, struct px_pkt *pkt)
{
	struct udp_end *last = NULL;
	struct px_tnode *node = px_table_chain(&stack->udp->ports, port_hash(pkt->dport));

	for (; node; node = node->next) {
		struct udp_end *end = of_port(node);
		if (!wants(end, pkt))
			continue;
		if (last) {
			struct px_pkt *copy = px_pkt_clone(pkt);
			if (copy)
				deliver(last, copy);
		}
		last = end;
	}
	if (last) {
		deliver(last, pkt);
		return;
	}
	PX_COUNT_UDP(stack, px_ip_is4(&pkt->src), IgnoredMulti);
	px_pkt_free(pkt);
}

static void udp_input(struct px_stack *stack, struct px_pkt *pkt)
{
	bool is4 = px_ip_is4(&pkt->src);
	struct wire_reader reader;
	struct udp_header header;
	struct udp_end *end;

	if (pkt->total < UDP_HEADER || px_pkt_pull_linear(pkt, UDP_HEADER) < 0)
		goto error;
	reader = wire_reader(pkt->data, pkt->len);
	udp_parse(&reader, &header);
	if (header.len < UDP_HEADER || header.len > pkt->total)
		goto error;
	px_pkt_trim(pkt, header.len);
	pkt->sport = header.sport;
	pkt->dport = header.dport;
	if (pkt->flags & (PX_PKT_BROADCAST | PX_PKT_MULTICAST))
		end = NULL;
	else if (pkt->flags & PX_PKT_RETIRED)
		end =
		    lookup_connected(stack, &pkt->dst, header.dport, &pkt->src, header.sport, pkt->ifindex);
	else
		end = lookup(stack, &pkt->dst, header.dport, &pkt->src, header.sport, pkt->ifindex);
	if (header.checksum == 0) {
		/* None: allowed in IPv4; in IPv6 where the receiver says so (RFC 6936). A partial
		 * one that was never made is none of these. */
		if (!is4 && !(pkt->flags & PX_PKT_CSUM_VALID) && !(end && end->no_check6_rx))
			goto error;
	} else if (!ip_checksum_ok(pkt, IPPROTO_UDP)) {
		PX_COUNT_UDP(stack, is4, InCsumErrors);
		goto error;
	}
	if (pkt->flags & (PX_PKT_BROADCAST | PX_PKT_MULTICAST)) {
		px_pkt_pull(pkt, UDP_HEADER);
		deliver_many(stack, pkt);
		return;
	}
	if (!end) {
		PX_COUNT_UDP(stack, is4, NoPorts);
		icmp_port_unreachable(stack, pkt);
		px_pkt_free(pkt);
		return;
	}
	px_pkt_pull(pkt, UDP_HEADER);
	deliver(end, pkt);
	return;

error:
	PX_COUNT_UDP(stack, is4, InErrors);
	px_pkt_free(pkt);
}

static void udp_error(struct px_stack *stack, const struct ip_error *error)
{
	struct wire_reader reader = wire_reader(error->transport, error->transport_len);
	struct udp_header header;
	struct udp_end *end;

	if (!udp_parse(&reader, &header))
		return;
	end = lookup(stack, &error->src, header.sport, &error->dst, header.dport,
	    error->iface ? error->iface->index : 0);
	if (!end)
		return;
	endpoint_icmp_error(&end->endpoint, error, error->transport + UDP_HEADER,
	    error->transport_len - UDP_HEADER, header.dport);
}

/* ---- ends ---- */

int udp_new(struct px_stack *stack, int family, struct udp_end **result)
{
	struct udp_end *end = px_zalloc(stack->mem, sizeof(*end));

	if (!end)
		return -ENOMEM;
	endpoint_init(&end->endpoint, stack, family, IPPROTO_UDP);
	list_append(&stack->udp->ends, &end->node);
	*result = end;
	return 0;
}

void udp_free(struct udp_end *end)
{
	struct px_stack *stack = end->endpoint.stack;

	take_out(end);
	list_remove(&end->node);
	endpoint_fini(&end->endpoint);
	px_free(stack->mem, end, sizeof(*end));
}

static void udp_detach(struct px_stack *stack)
{
	struct udp_state *udp = stack->udp;
	struct udp_end *entry;

	while ((entry = list_first(&udp->ends, struct udp_end, node)))
		udp_free(entry);
	px_table_fini(&udp->ports, stack->mem);
	px_table_fini(&udp->flows, stack->mem);
	px_free(stack->mem, udp, sizeof(*udp));
	stack->udp = NULL;
}

int udp_attach(struct px_stack *stack)
{
	static const struct px_layer layer = {"udp", udp_detach, NULL};
	static const struct ip_protocol protocol = {.number = IPPROTO_UDP,
	    .ip4 = true,
	    .ip6 = true,
	    .input = udp_input,
	    .error = udp_error,
	    .hold_flows = udp_hold_flows};
	struct udp_state *udp = px_zalloc(stack->mem, sizeof(*udp));
	int err;

	if (!udp)
		return -ENOMEM;
	list_init(&udp->ends);
	stack->udp = udp;
	err = px_layer_attach(stack, &layer);
	if (!err)
		err = ip_protocol_register(stack, &protocol);
	return err; /* what was attached is detached with the stack */
}
