/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTM_NEWROUTE, RTM_DELROUTE: the tables local and main. */
#include "netlink_internal.h"

/* ---- what is told ---- */

static uint8_t prefix_len(int family, unsigned int bits)
{
	return (uint8_t)(family == AF_INET ? bits - PX_IP4_OFFSET : bits);
}

static void put_metrics(struct netlink_message *message, const struct px_route *route)
{
	size_t nest;

	if (!route->mtu && !route->hop_limit)
		return;
	nest = nlq_build_nest(&message->builder, RTA_METRICS);
	if (route->mtu)
		nlq_build_attr_u32(&message->builder, RTAX_MTU, route->mtu);
	if (route->hop_limit)
		nlq_build_attr_u32(&message->builder, RTAX_HOPLIMIT, route->hop_limit);
	nlq_build_nest_end(&message->builder, nest);
}

/* What IPv6 tells beyond IPv4: how long, and RFC 4191's preference. */
static void put_ip6(
    struct netlink_message *message, const struct px_stack *stack, const struct px_route *route)
{
	struct rta_cacheinfo info = {0};

	if (route->expires != PX_TIME_NEVER && route->expires > stack->now) /* in ticks of 10 ms */
		info.rta_expires = (int32_t)((route->expires - stack->now) / (PX_SEC / 100));
	nlq_build_attr(&message->builder, RTA_CACHEINFO, &info, sizeof(info));
	nlq_build_attr_u8(&message->builder, RTA_PREF, route->preference);
}

void netlink_describe_route(struct netlink_message *message, uint16_t type,
    const struct px_stack *stack, const struct px_route *route)
{
	struct nlq_builder *builder = &message->builder;
	struct rtmsg header = {
	    .rtm_family = route->family,
	    .rtm_dst_len = prefix_len(route->family, route->prefix),
	    .rtm_table = route->table,
	    .rtm_protocol = route->protocol,
	    .rtm_scope = route->family == AF_INET ? route->scope : RT_SCOPE_UNIVERSE,
	    .rtm_type = route->type,
	    .rtm_flags = route->flags & RTNH_F_ONLINK,
	};
	const struct px_iface *iface = netlink_route_iface(stack, route);

	if (route->iface && !route->iface->carrier)
		header.rtm_flags |= RTNH_F_LINKDOWN;
	netlink_begin(message, type);
	nlq_build_bytes(builder, &header, sizeof(header));
	nlq_build_attr_u32(builder, RTA_TABLE, route->table);
	if (header.rtm_dst_len)
		netlink_put_ip(message, RTA_DST, &route->dst);
	if (route->metric)
		nlq_build_attr_u32(builder, RTA_PRIORITY, route->metric);
	put_metrics(message, route);
	if (!px_ip_is_zero(&route->source))
		netlink_put_ip(message, RTA_PREFSRC, &route->source);
	if (!px_ip_is_zero(&route->gateway))
		netlink_put_ip(message, RTA_GATEWAY, &route->gateway);
	if (iface)
		nlq_build_attr_u32(builder, RTA_OIF, iface->index);
	if (route->family == AF_INET6)
		put_ip6(message, stack, route);
}

/* ---- requests ---- */

/* What there is not: several next hops, encapsulation, next hops of the other family. */
static int check(const struct nlmsghdr *msg, struct nlattr **attr)
{
	const struct rtmsg *header = NLMSG_DATA(msg);
	static const uint16_t none[] = {RTA_MULTIPATH, RTA_VIA, RTA_ENCAP, RTA_NH_ID};
	unsigned int bits = header->rtm_family == AF_INET ? 32 : 128;

	if (header->rtm_family != AF_INET && header->rtm_family != AF_INET6)
		return nlq_error(attr, -EOPNOTSUPP, NULL, NULL);
	if (header->rtm_dst_len > bits || header->rtm_src_len > bits)
		return nlq_error(attr, -EINVAL, "Invalid prefix length", NULL);
	if (msg->nlmsg_type != RTM_GETROUTE && (header->rtm_src_len || header->rtm_tos))
		return nlq_error(attr, -EINVAL, "no routes by source or type of service", NULL);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		if (attr[none[i]])
			return nlq_error(attr, -EOPNOTSUPP, "not in this stack", attr[none[i]]);
	}
	return 0;
}

static int read_metrics(struct nlattr **attr, struct px_route *route)
{
	const struct nlattr *table[RTAX_MAX + 1] = {NULL};
	uint32_t value;

	if (!attr[RTA_METRICS])
		return 0;
	if (nlq_parse_attrs(nlq_nested_attrs(attr[RTA_METRICS]), table, RTAX_MAX))
		return nlq_error(attr, -EINVAL, "Invalid metrics", attr[RTA_METRICS]);
	if (table[RTAX_MTU] && !nlq_attr_u32(table[RTAX_MTU], &route->mtu))
		return nlq_error(attr, -EINVAL, "Invalid metrics", attr[RTA_METRICS]);
	if (table[RTAX_HOPLIMIT]) {
		if (!nlq_attr_u32(table[RTAX_HOPLIMIT], &value))
			return nlq_error(attr, -EINVAL, "Invalid metrics", attr[RTA_METRICS]);
		route->hop_limit = (uint8_t)(value > 255 ? 255 : value);
	}
	/* RFC 791; the kernel too bounds it (65535 - 15). */
	if (route->mtu > 65535 - 15)
		route->mtu = 65535 - 15;
	return 0;
}

/* RTA_OIF means none. The kernel looks for the route, or for the gateway, by it. */
static int no_interface(const struct nlmsghdr *msg, struct nlattr **attr)
{
	const struct rtmsg *header = NLMSG_DATA(msg);

	if (msg->nlmsg_type == RTM_DELROUTE)
		return nlq_error(attr, -ESRCH, NULL, NULL);
	if (msg->nlmsg_type == RTM_NEWROUTE && header->rtm_family == AF_INET && attr[RTA_GATEWAY])
		return nlq_error(attr, -ENETUNREACH, "Nexthop has invalid gateway", NULL);
	return -ENODEV;
}

int netlink_route_key(struct px_stack *stack, const struct nlmsghdr *msg, struct nlattr **attr,
    struct px_route *route)
{
	const struct rtmsg *header = NLMSG_DATA(msg);
	bool is4 = header->rtm_family == AF_INET;
	uint32_t table = netlink_u32(attr[RTA_TABLE], header->rtm_table);
	uint32_t index = netlink_u32(attr[RTA_OIF], 0);
	int err = check(msg, attr);

	if (err)
		return err;
	*route = (struct px_route){
	    .dst = is4 ? px_ip4(0) : PX_IP_NONE,
	    .prefix = (uint8_t)(header->rtm_dst_len + (is4 ? PX_IP4_OFFSET : 0)),
	    .table = table == RT_TABLE_LOCAL ? RT_TABLE_LOCAL : RT_TABLE_MAIN,
	    .type = header->rtm_type,
	    .scope = header->rtm_scope,
	    .protocol = header->rtm_protocol,
	    .family = header->rtm_family,
	    .metric = netlink_u32(attr[RTA_PRIORITY], 0),
	    .flags = header->rtm_flags & RTNH_F_ONLINK,
	    .expires = PX_TIME_NEVER,
	};
	if (table != RT_TABLE_UNSPEC && table != RT_TABLE_MAIN && table != RT_TABLE_LOCAL)
		return nlq_error(attr, -EINVAL, "no tables but local and main", attr[RTA_TABLE]);
	if (attr[RTA_DST])
		err = netlink_ip(header->rtm_family, attr, RTA_DST, &route->dst);
	if (!err && attr[RTA_GATEWAY])
		err = netlink_ip(header->rtm_family, attr, RTA_GATEWAY, &route->gateway);
	if (!err && attr[RTA_PREFSRC])
		err = netlink_ip(header->rtm_family, attr, RTA_PREFSRC, &route->source);
	if (err)
		return err;
	/* 0.0.0.0 is no gateway, as in the kernel; :: is a wrong one. */
	if (attr[RTA_GATEWAY] && px_ip_is_any(&route->gateway) &&
	    (is4 || msg->nlmsg_type == RTM_NEWROUTE)) {
		if (!is4)
			return nlq_error(attr, -EINVAL, "Invalid gateway address", attr[RTA_GATEWAY]);
		route->gateway = PX_IP_NONE;
	}
	if (!is4) /* the kernel cuts IPv6's, and refuses IPv4's */
		route->dst = px_ip_mask(&route->dst, route->prefix);
	if (index) {
		route->iface = px_iface_by_index(stack, index);
		if (!route->iface)
			return no_interface(msg, attr);
	}
	return 0;
}

/* px_route_find matches all but the scope and the source. */
static struct px_route *find(
    struct px_stack *stack, const struct rtmsg *header, const struct px_route *key)
{
	struct px_route wanted = *key, *route;

	if (key->family == AF_INET6)
		wanted.type = RTN_UNSPEC; /* as ip6_route_del */
	for (route = px_route_find(stack, &wanted); route; route = route->next) {
		if ((!key->metric || key->metric == route->metric) &&
		    (px_ip_is_zero(&key->gateway) || px_ip_eq(&key->gateway, &route->gateway)) &&
		    (px_ip_is_zero(&key->source) || px_ip_eq(&key->source, &route->source)) &&
		    (!key->iface || key->iface == route->iface) &&
		    (!wanted.type || wanted.type == route->type) &&
		    (!key->protocol || key->protocol == route->protocol) &&
		    (key->family == AF_INET6 || header->rtm_scope == RT_SCOPE_NOWHERE ||
		        header->rtm_scope == route->scope))
			return route;
	}
	return NULL;
}

void *netlink_route_search(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	const struct rtmsg *header = NLMSG_DATA(msg);
	struct px_route key, *route;

	netlink_asked(stackinfo, msg);
	switch (msg->nlmsg_type) {
	case RTM_NEWROUTE:
		return netlink_new_entry(msg, stackinfo);
	case RTM_DELROUTE:
		/* What is wrong has been said; unsaid it is ENODEV. */
		if (netlink_route_key(stackinfo, msg, attr, &key))
			return NULL;
		route = find(stackinfo, header, &key);
		if (!route)
			nlq_error(attr, -ESRCH, NULL, NULL);
		return route;
	case RTM_GETROUTE:
		return stackinfo; /* a question, not an entry */
	default:
		nlq_error(attr, -EOPNOTSUPP, NULL, NULL);
		return NULL;
	}
}

int netlink_route_new(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	struct px_stack *stack = stackinfo;
	struct px_route route;
	uint32_t seconds;
	int err = netlink_route_key(stack, msg, attr, &route);

	if (!err)
		err = read_metrics(attr, &route);
	if (err)
		return err;
	if (route.type > RTN_MAX)
		return nlq_error(attr, -EINVAL, "Invalid route type", NULL);
	/* What is reached by a gateway is farther away than the link. */
	if (route.family == AF_INET &&
	    route.scope >= (px_ip_is_zero(&route.gateway) ? RT_SCOPE_NOWHERE : RT_SCOPE_LINK))
		return nlq_error(attr, -EINVAL, "Invalid scope", NULL);
	if (route.family == AF_INET6) {
		if (route.type == RTN_UNSPEC)
			route.type = RTN_UNICAST;
		if (route.protocol == RTPROT_UNSPEC)
			route.protocol = RTPROT_BOOT;
		if (attr[RTA_PREF] && netlink_len(attr[RTA_PREF]) >= 1)
			route.preference = *(const uint8_t *)netlink_data(attr[RTA_PREF]);
		if (route.preference > 3)
			route.preference = 0;
		seconds = netlink_u32(attr[RTA_EXPIRES], 0);
		if (seconds && seconds < PX_FOREVER)
			route.expires = stack->now + seconds * PX_SEC;
		/* The kernel takes CREATE for granted for IPv6 unless something is to be replaced. */
		if (!(msg->nlmsg_flags & NLM_F_REPLACE))
			return px_route_add(stack, &route, msg->nlmsg_flags | NLM_F_CREATE, NULL);
	}
	err = px_route_add(stack, &route, msg->nlmsg_flags, NULL);
	if (err == -ENETUNREACH)
		nlq_error(attr, err, "Nexthop has invalid gateway", NULL);
	return err;
}

int netlink_route_set(void *entry, struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	return netlink_route_new(msg, attr, stackinfo);
}

int netlink_route_del(void *entry, struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	px_route_del(stackinfo, entry);
	return 0;
}
