/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ends, their queues, and the way of a request to its handler. */
#include "netlink_internal.h"

#include "nlq_attrs.h"

/* The answers of a dump travel in datagrams of this size: the least that the kernel uses (a page
 * less its own overhead), so that whoever reads the kernel's has room for ours. */
#define DATAGRAM_SIZE 3776

/* What a program gets for its processes: numbers beyond any process id, as the kernel's second
 * socket of a process has. */
#define FIRST_PORT 0x80000001u

/* ---- messages ---- */

void netlink_begin(struct netlink_message *message, uint16_t type)
{
	message->builder = nlq_builder(message->bytes, sizeof(message->bytes));
	nlq_build_message(&message->builder, type, 0, 0, 0);
}

void netlink_put_ip(struct netlink_message *message, uint16_t type, const struct px_ip *ip)
{
	nlq_build_attr(&message->builder, type, px_ip_bytes(ip), px_ip_len(ip));
}

void netlink_answer(struct netlink_message *message, struct nlq_msg **queue)
{
	const struct nlmsghdr *header = nlq_build_finish(&message->builder);
	struct nlq_msg *msg = NULL; /* NULL: the queue remembers that one is missing */

	if (header) {
		msg = nlq_createmsg(header->nlmsg_type, header->nlmsg_flags, 0, 0);
		nlq_add(msg, (const uint8_t *)header + NLMSG_HDRLEN,
		    (unsigned int)(header->nlmsg_len - NLMSG_HDRLEN));
	}
	nlq_enqueue(msg, queue);
}

int netlink_ip(int family, struct nlattr **attr, unsigned int type, struct px_ip *ip)
{
	if (family == AF_INET) {
		*ip = px_ip4_load(netlink_data(attr[type]));
		return 0;
	}
	*ip = px_ip6_load(netlink_data(attr[type]));
	if (px_ip_is4(ip))
		return nlq_error(attr, -EINVAL, "IPv4-mapped addresses are of sockets only", attr[type]);
	return 0;
}

int netlink_only(struct nlattr **attr, const uint16_t *types, size_t count)
{
	for (unsigned int type = 1; type < NLQ_ATTRS_MAX; type++) {
		size_t i = 0;

		while (i < count && types[i] != type)
			i++;
		if (attr[type] && i == count)
			return nlq_error(attr, -EINVAL, "Unsupported attribute in dump request", attr[type]);
	}
	return 0;
}

/* ---- ends ---- */

static struct netlink_end *find_port(const struct netlink_state *state, uint32_t port)
{
	struct netlink_end *end;

	list_for_each (end, &state->ends, node) {
		if (end->port == port)
			return end;
	}
	return NULL;
}

int netlink_new(struct px_stack *stack, struct netlink_end **result)
{
	struct netlink_end *end = px_zalloc(stack->mem, sizeof(*end));

	if (!end)
		return -ENOMEM;
	end->stack = stack;
	end->rcvbuf = NETLINK_RCVBUF;
	list_append(&stack->netlink->ends, &end->node);
	*result = end;
	return 0;
}

void netlink_free(struct netlink_end *end)
{
	list_remove(&end->node);
	px_pktq_clear(&end->rx);
	px_free(end->stack->mem, end, sizeof(*end));
}

int netlink_bind(struct netlink_end *end, uint32_t port)
{
	struct netlink_state *state = end->stack->netlink;

	if (end->port)
		return port == 0 || port == end->port ? 0 : -EINVAL;
	if (port && find_port(state, port))
		return -EADDRINUSE;
	while (!port) {
		if (++state->last_port < FIRST_PORT)
			state->last_port = FIRST_PORT;
		if (!find_port(state, state->last_port))
			port = state->last_port;
	}
	end->port = port;
	return 0;
}

/* ---- queues ---- */

static void told(struct netlink_end *end)
{
	if (end->event)
		end->event(end);
}

void netlink_lost(struct netlink_end *end)
{
	/* Once, until the reader has caught up (the kernel's netlink_overrun). */
	if (!end->overrun && !end->no_enobufs) {
		end->error = ENOBUFS;
		told(end);
	}
	end->overrun = true;
}

uint32_t netlink_group(const struct px_pkt *pkt)
{
	return (uint32_t)pkt->cb.word[0];
}

void netlink_deliver(struct netlink_end *end, const void *data, size_t len, uint32_t group)
{
	struct px_pkt *pkt = px_pkt_new(end->stack->mem, 0, len);

	if (!pkt) {
		netlink_lost(end);
		return;
	}
	memcpy(px_pkt_put(pkt, len), data, len);
	pkt->cb.word[0] = group;
	px_pktq_append(&end->rx, pkt);
	told(end);
}

struct px_pkt *netlink_take(struct netlink_end *end, bool peek)
{
	struct px_pkt *pkt = end->rx.first;

	if (!pkt)
		return NULL;
	if (peek)
		return px_pkt_clone(pkt);
	pkt = px_pktq_take(&end->rx);
	if (!end->rx.first)
		end->overrun = false;
	return pkt;
}

/* ---- requests ---- */

#define HANDLERS(object)                                                                           \
	{                                                                                              \
		netlink_##object##_search, netlink_##object##_get, netlink_##object##_new,                 \
		    netlink_##object##_del, netlink_##object##_set                                         \
	}

static const nlq_request_handlers_table handlers = {
    [RTMF_LINK] = HANDLERS(link),
    [RTMF_ADDR] = HANDLERS(address),
    [RTMF_ROUTE] = HANDLERS(route),
    [RTMF_NEIGH] = HANDLERS(neighbour),
};

struct nlq_server netlink_server(struct px_stack *stack)
{
	/* libnlq's type is not const; its server only reads. */
	return (struct nlq_server){
	    .handlers = (struct nlq_request_handlers *)(uintptr_t)handlers, .stackinfo = stack};
}

/* Whether `next` continues the datagram that ends in `used` bytes: only parts of a dump share one,
 * so that who reads one message a time can. */
static bool joins(const struct nlq_msg *next, size_t used, bool multi)
{
	return used == 0 || (multi && (next->nlq_packet->nlmsg_flags & NLM_F_MULTI) &&
	                        used + NLMSG_ALIGN(next->nlq_size) <= DATAGRAM_SIZE);
}

int netlink_request(struct netlink_end *end, const void *data, size_t len)
{
	struct nlq_server server = netlink_server(end->stack);
	_Alignas(struct nlmsghdr) uint8_t datagram[DATAGRAM_SIZE];
	struct nlq_msg *replies = NULL, *msg;
	size_t used = 0;
	bool multi = false;
	int err = netlink_bind(end, 0);

	if (err)
		return err;
	/* Who does not read gets no more answers; a request that would change something is not done
	 * unseen either. */
	if (end->rx.bytes >= end->rcvbuf)
		return -ENOBUFS;
	server.port = end->port;
	server.flags = (end->ext_ack ? NLQ_SERVER_EXT_ACK : 0) |
	               (end->cap_ack ? NLQ_SERVER_CAP_ACK : 0) | (end->strict ? NLQ_SERVER_STRICT : 0);
	end->stack->netlink->asker = end;
	err = nlq_process_datagram(&server, data, len, &replies) ? -ENOBUFS : 0;
	end->stack->netlink->asker = NULL;
	end->stack->netlink->request = NULL;
	while ((msg = nlq_dequeue(&replies))) {
		if (!joins(msg, used, multi)) {
			netlink_deliver(end, datagram, used, 0);
			used = 0;
		}
		multi = msg->nlq_packet->nlmsg_flags & NLM_F_MULTI;
		if (msg->nlq_size > sizeof(datagram)) { /* an error with its long request */
			netlink_deliver(end, msg->nlq_packet, msg->nlq_size, 0);
		} else {
			memcpy(datagram + used, msg->nlq_packet, msg->nlq_size);
			used += NLMSG_ALIGN(msg->nlq_size);
		}
		nlq_freemsg(msg);
	}
	if (used)
		netlink_deliver(end, datagram, used, 0);
	return err;
}

void netlink_asked(struct px_stack *stack, const struct nlmsghdr *request)
{
	if (stack->netlink->asker)
		stack->netlink->request = request;
}

/* ---- the layer ---- */

void netlink_set_links(struct px_stack *stack, const struct netlink_links *links)
{
	stack->netlink->links = links;
}

static void netlink_detach(struct px_stack *stack)
{
	struct netlink_end *end;

	while ((end = list_first(&stack->netlink->ends, struct netlink_end, node)))
		netlink_free(end);
	px_free(stack->mem, stack->netlink, sizeof(*stack->netlink));
	stack->netlink = NULL;
}

int netlink_attach(struct px_stack *stack)
{
	static const struct px_layer layer = {"netlink", netlink_detach, netlink_event};
	int err;

	stack->netlink = px_zalloc(stack->mem, sizeof(*stack->netlink));
	if (!stack->netlink)
		return -ENOMEM;
	list_init(&stack->netlink->ends);
	err = px_layer_attach(stack, &layer);
	if (err) {
		px_free(stack->mem, stack->netlink, sizeof(*stack->netlink));
		stack->netlink = NULL;
	}
	return err;
}
