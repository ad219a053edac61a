/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where packets go: route, next hop, source, MTU.
 *
 * Host model: weak, as Linux's. An address of the stack is reached by any interface and any address
 * may be a source on any interface; link-local addresses belong to theirs.
 */
#include "ip_internal.h"

static int route_error(uint8_t type)
{
	switch (type) {
	case RTN_BLACKHOLE:
		return -EINVAL; /* as Linux */
	case RTN_PROHIBIT:
		return -EACCES;
	case RTN_UNREACHABLE:
		return -EHOSTUNREACH;
	default:
		return -ENETUNREACH;
	}
}

uint8_t ip_local_type(const struct px_stack *stack, const struct px_ip *ip, uint32_t oif)
{
	const struct px_route *route;

	if (px_ip_is_multicast(ip))
		return RTN_MULTICAST;
	if (px_ip_is_limited_broadcast(ip))
		return RTN_BROADCAST;
	route = px_route_lookup(stack, ip, px_ip_needs_scope(ip) ? oif : 0, PX_LOOKUP_LOCAL_ONLY);
	if (!route || (route->type != RTN_LOCAL && route->type != RTN_BROADCAST))
		return 0;
	return route->type;
}

/* A destination that no route is needed for: groups and the limited broadcast by a given (or the
 * only sensible) interface. */
static struct px_iface *direct_interface(const struct px_stack *stack, const struct ip_flow *flow)
{
	const struct px_address *address;

	if (flow->oif)
		return px_iface_by_index(stack, flow->oif);
	/* The interface of a bound source (Linux: ip_route_output_key, for DHCP and multicast). */
	if (!px_ip_is_any(&flow->src)) {
		address = px_address_find(stack, &flow->src, NULL);
		if (address)
			return address->iface;
	}
	return NULL;
}

static int set_source(struct px_stack *stack, const struct ip_flow *flow,
    const struct px_route *route, struct ip_dst *dst)
{
	const struct px_iface *zone = px_iface_by_index(stack, dst->zone);

	if (!px_ip_is_any(&flow->src)) {
		dst->src = flow->src;
		return 0;
	}
	if (dst->type == RTN_LOCAL && !px_ip_needs_scope(&flow->dst)) {
		/* To ourselves from the same address, as Linux. 127/8 from 127.0.0.1 by its route. */
		dst->src = route && !px_ip_is_zero(&route->source) && px_ip_is_loopback(&flow->dst)
		               ? route->source
		               : flow->dst;
		return 0;
	}
	if (route && !px_ip_is_zero(&route->source) && dst->type != RTN_LOCAL) {
		dst->src = route->source;
		return 0;
	}
	if (ip_source_select_via(
	        stack, &flow->dst, zone, route ? &dst->via : NULL, flow->preferences, &dst->src))
		return 0;
	/* IPv4 without an address sends from 0.0.0.0 (a DHCP client); IPv6 does not. */
	if (px_ip_is4(&flow->dst)) {
		dst->src = px_ip4(0);
		return 0;
	}
	return -EADDRNOTAVAIL;
}

static void set_mtu(struct px_stack *stack, struct ip_dst *dst, const struct px_route *route)
{
	const struct ip_exception *exception;
	bool is4 = px_ip_is4(&dst->dst);

	dst->mtu = is4 ? dst->iface->mtu : ip6_link_mtu(dst->iface);
	if (dst->mtu > 65535 && !px_iface_is_loopback(dst->iface))
		dst->mtu = 65535;
	if (route && route->mtu && route->mtu < dst->mtu)
		dst->mtu = route->mtu;
	dst->hop_limit = route ? route->hop_limit : 0;
	if (!dst->hop_limit && !is4 && dst->iface->ip6)
		dst->hop_limit = dst->iface->ip6->config.hop_limit;
	if (dst->type != RTN_UNICAST || !stack->ip->exceptions.count)
		return;
	exception = ip_exception_find(stack, &dst->dst, dst->iface->index);
	if (!exception)
		return;
	if (exception->mtu && exception->mtu < dst->mtu) {
		dst->mtu = exception->mtu;
		dst->mtu_locked = exception->mtu_locked;
		dst->expires = exception->mtu_expires;
	}
	if (!px_ip_is_zero(&exception->gateway))
		dst->via = exception->gateway;
}

int ip_route(struct px_stack *stack, const struct ip_flow *flow, struct ip_dst *dst)
{
	const struct px_route *route = NULL;
	struct px_iface *direct = NULL;
	int err;

	memset(dst, 0, sizeof(*dst));
	dst->dst = flow->dst;
	dst->expires = PX_TIME_NEVER;
	if (px_ip_is_multicast(&flow->dst) || px_ip_is_limited_broadcast(&flow->dst)) {
		dst->type = px_ip_is_multicast(&flow->dst) ? RTN_MULTICAST : RTN_BROADCAST;
		direct = direct_interface(stack, flow);
		if (flow->oif && !direct)
			return -ENODEV;
	}
	if (direct) {
		if (!px_iface_is_up(direct))
			return -ENETUNREACH;
		dst->iface = direct;
		dst->zone = direct->index;
		dst->via = flow->dst;
	} else if (stack->retired && stack->lo && ip_retired_has(stack, &flow->dst)) {
		dst->type = RTN_LOCAL; /* what an own flow of it is told, and its packets to itself */
		dst->via = flow->dst;
	} else {
		route = px_route_lookup(stack, &flow->dst, flow->oif, 0);
		if (!route)
			return -ENETUNREACH;
		if (!route->iface)
			return route_error(route->type);
		if (!dst->type)
			dst->type = route->type;
		dst->zone = route->iface->index;
		dst->iface = route->iface;
		dst->via = px_ip_is_zero(&route->gateway) || dst->type == RTN_MULTICAST ? flow->dst
		                                                                        : route->gateway;
	}
	if (dst->type == RTN_LOCAL) {
		if (!stack->lo || !px_iface_is_up(stack->lo))
			return -ENETUNREACH;
		dst->iface = stack->lo;
		/* Linux shows lo as the interface of what we send to ourselves, but where the
		 * address means nothing without its own. */
		if (!px_ip_needs_scope(&flow->dst))
			dst->zone = stack->lo->index;
	}
	err = set_source(stack, flow, route, dst);
	if (err)
		return err;
	set_mtu(stack, dst, route);
	dst->generation = stack->generation;
	return 0;
}
