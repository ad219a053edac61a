/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Neighbour discovery: solicitations and advertisements (RFC 4861 sections 7.1, 7.2). */
#include "ip_internal.h"

static const struct px_ip all_nodes = {.b = {0xff, 0x02, [15] = 1}};

/* ---- sending ---- */

static struct px_pkt *new_message(struct px_iface *iface, struct wire_writer *writer, size_t len)
{
	struct px_pkt *pkt = px_pkt_alloc(iface->stack, len);

	if (pkt)
		*writer = wire_writer(px_pkt_put(pkt, len), len);
	return pkt;
}

void nd_solicit(struct px_iface *iface, const struct px_ip *target, const struct px_ip *source,
    const uint8_t *mac)
{
	/* A unicast probe goes to the address that the cache has: state PROBE sends there. */
	struct px_ip to = mac ? *target : px_ip6_solicited_node(target);
	struct wire_writer writer;
	struct px_pkt *pkt = new_message(iface, &writer, 32);

	if (!pkt)
		return;
	wire_put_u32(&writer, (uint32_t)ICMP6_NEIGHBOUR_SOLICITATION << 24);
	wire_put_u32(&writer, 0);
	wire_put_bytes(&writer, target->b, 16);
	nd_put_mac(&writer, ND_OPT_SOURCE_MAC, iface->mac);
	icmp6_send(iface->stack, iface, pkt, source, &to, 255);
}

static void nd_advertise(struct px_iface *iface, const struct px_ip *target, const struct px_ip *to,
    bool solicited, bool override)
{
	struct wire_writer writer;
	struct px_pkt *pkt = new_message(iface, &writer, 32);
	uint32_t flags = 0;

	if (!pkt)
		return;
	if (iface->stack->options.ip6_forwarding)
		flags |= UINT32_C(0x80000000);
	if (solicited)
		flags |= UINT32_C(0x40000000);
	if (override)
		flags |= UINT32_C(0x20000000);
	wire_put_u32(&writer, (uint32_t)ICMP6_NEIGHBOUR_ADVERTISEMENT << 24);
	wire_put_u32(&writer, flags);
	wire_put_bytes(&writer, target->b, 16);
	nd_put_mac(&writer, ND_OPT_TARGET_MAC, iface->mac);
	icmp6_send(iface->stack, iface, pkt, target, to, 255);
}

void nd_announce(const struct px_address *address)
{
	nd_advertise(address->iface, &address->ip, &all_nodes, false, true);
}

/* ---- receiving ---- */

static bool read_target(struct wire_reader *reader, struct px_ip *target)
{
	const uint8_t *bytes = wire_take(reader, 16);

	if (!bytes)
		return false;
	*target = px_ip6_load(bytes);
	return !px_ip_is_multicast(target) && !px_ip_is4(target);
}

/* Sections 7.2.3 and 7.2.4. */
static void answer(const struct px_pkt *solicitation, const struct px_ip *target,
    const struct nd_options *options, bool override)
{
	struct px_iface *iface = solicitation->iface;
	const struct px_ip *from = &solicitation->src;
	bool detecting = px_ip_is_zero(from);

	if (!detecting && options->has_source_mac && !ip_local_type(iface->stack, from, iface->index))
		neighbour_learn(iface, from, options->source_mac);
	nd_advertise(iface, target, detecting ? &all_nodes : from, !detecting, override);
}

/* Section 7.1.1. */
static void solicitation(
    struct px_stack *stack, struct px_pkt *pkt, const struct nd_message *message)
{
	struct wire_reader reader = wire_reader(message->body, message->len);
	struct px_iface *iface = message->iface;
	bool detecting = px_ip_is_zero(&pkt->src);
	struct px_ip target, node;
	struct nd_options options;
	struct px_address *address;

	if (!read_target(&reader, &target) || !nd_options_parse(&reader, &options))
		goto bad;
	node = px_ip6_solicited_node(&target);
	if (detecting && (!px_ip_eq(&pkt->dst, &node) || options.has_source_mac))
		goto bad;
	address = px_address_find(stack, &target, iface);
	if (!address && stack->retired &&
	    ip_retired_solicited(pkt, &target, options.has_source_mac ? options.source_mac : NULL)) {
		answer(pkt, &target, &options, true);
		return;
	}
	if (!address || (address->flags & IFA_F_DADFAILED))
		return;
	if (detecting && dad_solicited(address, options.has_nonce ? options.nonce : NULL))
		return;
	if (!px_address_usable(address))
		return; /* RFC 4862 section 5.4.3: resolution of a tentative address */
	/* RFC 4429 section 3.3: an optimistic one does not override. */
	answer(pkt, &target, &options, !(address->flags & IFA_F_OPTIMISTIC));
	return;

bad:
	PX_COUNT(stack, Icmp6InErrors);
}

/* A router that says it is none any more (section 7.2.5): no default route by it, and none of RFC
 * 4191's. */
static void no_router(struct neighbour *neighbour)
{
	struct px_stack *stack = neighbour->iface->stack;
	struct px_route *route;

	list_for_each_safe (route, &stack->fib.routes, node) {
		if (route->protocol == RTPROT_RA && route->iface == neighbour->iface &&
		    px_ip_eq(&route->gateway, &neighbour->ip))
			px_route_del(stack, route);
	}
}

static void apply_advertisement(struct neighbour *neighbour, const struct nd_options *options,
    bool router, bool solicited, bool override)
{
	bool differs =
	    options->has_target_mac && memcmp(neighbour->mac, options->target_mac, PX_MAC_LEN) != 0;
	enum neighbour_state state = neighbour_current_state(neighbour);

	switch (state) {
	case NEIGHBOUR_PERMANENT:
	case NEIGHBOUR_NONE:
	case NEIGHBOUR_FAILED:
	case NEIGHBOUR_STATES:
		return;
	case NEIGHBOUR_INCOMPLETE:
		if (!options->has_target_mac)
			return;
		neighbour->router = router;
		neighbour_update(
		    neighbour, options->target_mac, solicited ? NEIGHBOUR_REACHABLE : NEIGHBOUR_STALE);
		return;
	default:
		break;
	}
	if (!override && differs) {
		if (state == NEIGHBOUR_REACHABLE)
			neighbour_set_state(neighbour, NEIGHBOUR_STALE);
		return;
	}
	if (solicited)
		neighbour_update(neighbour, differs ? options->target_mac : NULL, NEIGHBOUR_REACHABLE);
	else if (differs)
		neighbour_update(neighbour, options->target_mac, NEIGHBOUR_STALE);
	if (neighbour->router && !router)
		no_router(neighbour);
	neighbour->router = router;
}

static void advertisement(
    struct px_stack *stack, struct px_pkt *pkt, const struct nd_message *message)
{
	struct wire_reader reader = wire_reader(message->body, message->len);
	bool router = message->header.rest & UINT32_C(0x80000000);
	bool solicited = message->header.rest & UINT32_C(0x40000000);
	bool override = message->header.rest & UINT32_C(0x20000000);
	struct px_address *address;
	struct neighbour *neighbour;
	struct nd_options options;
	struct px_ip target;

	if (!read_target(&reader, &target) || !nd_options_parse(&reader, &options) ||
	    (solicited && px_ip_is_multicast(&pkt->dst))) {
		PX_COUNT(stack, Icmp6InErrors);
		return;
	}
	address = px_address_find(stack, &target, message->iface);
	if (address) {
		dad_advertised(address);
		return;
	}
	neighbour = neighbour_find(message->iface, &target);
	if (neighbour)
		apply_advertisement(neighbour, &options, router, solicited, override);
}

void nd_input(struct px_stack *stack, struct px_pkt *pkt, const struct nd_message *message)
{
	/* Sections 6.1, 7.1, 8.1: not forwarded, code 0. RFC 6980: not in fragments. */
	if (pkt->ttl != 255 || message->header.code != 0 ||
	    (pkt->flags & (PX_PKT_REASSEMBLED | PX_PKT_ATOMIC_FRAGMENT))) {
		PX_COUNT(stack, Icmp6InErrors);
		return;
	}
	if (px_iface_is_loopback(message->iface))
		return;
	switch (message->header.type) {
	case ICMP6_NEIGHBOUR_SOLICITATION:
		solicitation(stack, pkt, message);
		break;
	case ICMP6_NEIGHBOUR_ADVERTISEMENT:
		advertisement(stack, pkt, message);
		break;
	case ICMP6_ROUTER_ADVERTISEMENT:
		nd_router_input(stack, pkt, message);
		break;
	case ICMP6_REDIRECT:
		nd_redirect_input(stack, pkt, message);
		break;
	default: /* router solicitations are for routers */
		break;
	}
}
