/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ports: binding, conflicts as socket(7) has them, and ephemeral ports (RFC 6056).
 *
 * An ephemeral port need be unique only together with the peer: connect() may use one that other
 * connections have, to other peers, but none that somebody asked for by bind(). So a stack has as
 * many connections as there are pairs of ends, not as there are ports.
 */
#include "tcp_internal.h"

static uint64_t port_hash(uint16_t port)
{
	return port * UINT64_C(0x9e3779b97f4a7c15) >> 16;
}

static struct tcp_port *port_find(const struct px_stack *stack, uint16_t port)
{
	uint64_t hash = port_hash(port);
	struct px_tnode *node = px_table_chain(&stack->tcp->ports, hash);

	for (; node; node = node->next) {
		struct tcp_port *entry = (struct tcp_port *)(void *)node;
		if (entry->port == port)
			return entry;
	}
	return NULL;
}

static struct tcp_port *port_get(struct px_stack *stack, uint16_t port, bool ephemeral)
{
	struct tcp_port *entry = port_find(stack, port);

	if (entry) {
		entry->ephemeral &= ephemeral;
		return entry;
	}
	entry = px_zalloc(stack->mem, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->port = port;
	entry->ephemeral = ephemeral;
	list_init(&entry->bound);
	list_init(&entry->connections);
	list_init(&entry->timewaits);
	px_table_insert(&stack->tcp->ports, stack->mem, &entry->hash, port_hash(port));
	return entry;
}

static void port_put(struct px_stack *stack, struct tcp_port *port)
{
	if (!list_is_empty(&port->bound) || !list_is_empty(&port->connections) ||
	    !list_is_empty(&port->timewaits))
		return;
	px_table_remove(&stack->tcp->ports, &port->hash);
	px_free(stack->mem, port, sizeof(*port));
}

/* Whether the end stands among the connections of its port, and counts as one that shares not. */
static bool counted_unshared(const struct tcp_end *end)
{
	return end->entry.inserted && !(end->endpoint.flags & ENDPOINT_REUSEADDR);
}

void tcp_port_leave(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);
	struct tcp_port *port = end->port;

	if (!port)
		return;
	if (end->port_unshared)
		port->unshared--;
	end->port_unshared = false;
	list_remove(&end->port_node);
	end->port = NULL;
	end->endpoint.port_given = false;
	port_put(stack, port);
}

static void port_join(struct tcp_end *end, struct tcp_port *port, bool connection)
{
	list_remove(&end->port_node);
	if (end->port_unshared)
		port->unshared--;
	end->port = port;
	end->port_unshared = connection && counted_unshared(end);
	if (end->port_unshared)
		port->unshared++;
	list_append(connection ? &port->connections : &port->bound, &end->port_node);
}

void tcp_port_connected(struct tcp_end *end)
{
	if (end->port)
		port_join(end, end->port, true);
}

void tcp_port_unconnected(struct tcp_end *end)
{
	if (end->port)
		port_join(end, end->port, false);
}

int tcp_port_inherit(struct tcp_end *child, struct tcp_end *listener)
{
	if (!listener->port)
		return -EINVAL;
	child->endpoint.lport = listener->endpoint.lport;
	port_join(child, listener->port, true);
	return 0;
}

void tcp_port_timewait(struct tcp_timewait *timewait, struct tcp_port *port)
{
	timewait->port = port;
	if (!timewait->reuse)
		port->unshared++;
	list_append(&port->timewaits, &timewait->port_node);
}

void tcp_port_timewait_leave(struct px_stack *stack, struct tcp_timewait *timewait)
{
	struct tcp_port *port = timewait->port;

	if (!port)
		return;
	if (!timewait->reuse)
		port->unshared--;
	list_remove(&timewait->port_node);
	timewait->port = NULL;
	port_put(stack, port);
}

/* ---- conflicts ---- */

static bool any_overlap(const struct endpoint *a, const struct endpoint *b)
{
	return (endpoint_takes(a, true) && endpoint_takes(b, true)) ||
	       (endpoint_takes(a, false) && endpoint_takes(b, false));
}

static bool addresses_overlap(const struct endpoint *a, const struct endpoint *b)
{
	bool any_a = px_ip_is_any(&a->local), any_b = px_ip_is_any(&b->local);

	if (any_a && any_b)
		return any_overlap(a, b);
	if (any_a)
		return endpoint_takes(a, px_ip_is4(&b->local));
	if (any_b)
		return endpoint_takes(b, px_ip_is4(&a->local));
	return px_ip_eq(&a->local, &b->local);
}

static bool conflict(const struct tcp_end *end, const struct tcp_end *other)
{
	const struct endpoint *a = &end->endpoint, *b = &other->endpoint;

	if (end == other)
		return false;
	if (a->bound_ifindex && b->bound_ifindex && a->bound_ifindex != b->bound_ifindex)
		return false;
	if (a->local_zone && b->local_zone && a->local_zone != b->local_zone)
		return false;
	/* socket(7): SO_REUSEADDR, unless one of them listens. */
	if ((a->flags & b->flags & ENDPOINT_REUSEADDR) && end->state != TCP_STATE_LISTEN &&
	    other->state != TCP_STATE_LISTEN)
		return false;
	if (a->flags & b->flags & ENDPOINT_REUSEPORT)
		return false;
	return addresses_overlap(a, b);
}

static bool in_conflict(const struct tcp_end *end, const struct tcp_port *port)
{
	const struct tcp_end *other;
	const struct tcp_timewait *timewait;

	if (!port)
		return false;
	list_for_each (other, &port->bound, port_node) {
		if (conflict(end, other))
			return true;
	}
	/* Connections in their thousands are looked at only if one of them may object. */
	if ((end->endpoint.flags & ENDPOINT_REUSEADDR) && !port->unshared)
		return false;
	list_for_each (other, &port->connections, port_node) {
		if (conflict(end, other))
			return true;
	}
	list_for_each (timewait, &port->timewaits, port_node) {
		bool shared = (timewait->reuse && (end->endpoint.flags & ENDPOINT_REUSEADDR)) ||
		              (timewait->reuseport && (end->endpoint.flags & ENDPOINT_REUSEPORT));
		if (!shared &&
		    (px_ip_is_any(&end->endpoint.local)
		            ? endpoint_takes(&end->endpoint, px_ip_is4(&timewait->entry.flow.local))
		            : px_ip_eq(&end->endpoint.local, &timewait->entry.flow.local)))
			return true;
	}
	return false;
}

int tcp_port_may_listen(struct tcp_end *end)
{
	const struct tcp_end *other;

	/* Two that were bound side by side by SO_REUSEADDR: only one may listen. */
	list_for_each (other, &end->port->bound, port_node) {
		if (other != end && other->state == TCP_STATE_LISTEN && conflict(end, other))
			return -EADDRINUSE;
	}
	return 0;
}

/* ---- binding ---- */

/* A port for bind(2) to port 0: one that nobody has, else one that may be shared. */
static uint16_t port_any(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);
	uint32_t min = stack->options.port_min, count = stack->options.port_max - min + 1u;
	uint32_t offset = px_random_below(&stack->random, count);

	for (uint32_t i = 0; i < count; i++) {
		uint16_t port = (uint16_t)(min + (offset + i) % count);
		if (!port_find(stack, port))
			return port;
	}
	for (uint32_t i = 0; i < count; i++) {
		uint16_t port = (uint16_t)(min + (offset + i) % count);
		if (!in_conflict(end, port_find(stack, port)))
			return port;
	}
	return 0;
}

int tcp_bind(struct tcp_end *end, const struct px_ip *ip, uint16_t port, uint32_t zone)
{
	struct endpoint *e = &end->endpoint;
	struct px_stack *stack = tcp_stack(end);
	struct tcp_port *entry;
	bool given = port != 0;
	int err = endpoint_check_local(e, ip, zone);

	if (err)
		return err;
	if (end->port || end->state != TCP_STATE_CLOSED)
		return -EINVAL;
	if (px_ip_is_multicast(ip) || px_ip_is_limited_broadcast(ip))
		return -EADDRNOTAVAIL;
	e->local = px_ip_is_any(ip) ? PX_IP_NONE : *ip;
	e->local_zone = px_ip_needs_scope(ip) ? zone : 0;
	err = -EADDRINUSE;
	if (port ? in_conflict(end, port_find(stack, port)) : !(port = port_any(end)))
		goto fail;
	err = -ENOMEM;
	entry = port_get(stack, port, false);
	if (!entry)
		goto fail;
	port_join(end, entry, false);
	e->lport = port;
	e->port_given = given; /* one that we chose is not kept beyond the connection (Linux) */
	e->local_given = !px_ip_is_any(ip);
	return 0;

fail:
	e->local = PX_IP_NONE;
	e->local_zone = 0;
	return err;
}

/* ---- connecting ---- */

/* Whether endpoint.lport = `port` makes the connection unique. A TIME-WAIT may make way. */
static bool unique(struct tcp_end *end, uint16_t port)
{
	struct px_stack *stack = tcp_stack(end);
	struct tcp_flow flow = end->entry.flow;
	struct tcp_entry *entry;

	flow.lport = port;
	entry = tcp_entry_find(stack, &flow, end->entry.zone);
	return !entry || (entry->kind == TCP_KIND_TIMEWAIT &&
	                     tcp_timewait_reusable(stack, (struct tcp_timewait *)(void *)entry));
}

/* RFC 6056 section 3.3.4 (algorithm 4, double hash): for each peer another sequence of ports, each
 * starting where nobody outside knows. */
int tcp_port_choose(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);
	struct tcp_state *tcp = stack->tcp;
	const struct tcp_flow *flow = &end->entry.flow;
	uint32_t min = stack->options.port_min, count = stack->options.port_max - min + 1u;
	uint8_t key[34];
	uint16_t *next;
	uint64_t hash;

	memcpy(key, flow->local.b, 16);
	memcpy(key + 16, flow->remote.b, 16);
	memcpy(key + 32, &flow->rport, 2);
	hash = siphash_2_4(&tcp->port_key, key, sizeof(key));
	next = &tcp->table_offset[(hash >> 32) % 64];
	for (uint32_t i = 0; i < count; i++) {
		uint16_t port = (uint16_t)(min + ((uint32_t)hash + *next + i) % count);
		struct tcp_port *entry = port_find(stack, port);

		if ((entry && !entry->ephemeral) || !unique(end, port))
			continue;
		entry = port_get(stack, port, true);
		if (!entry)
			return -ENOMEM;
		*next = (uint16_t)(*next + i + 1 + px_random_below(&stack->random, 8));
		end->endpoint.lport = port;
		port_join(end, entry, true);
		return 0;
	}
	return -EADDRNOTAVAIL;
}
