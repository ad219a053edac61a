/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTM_GETROUTE: the dump of the tables, and how a packet would go (ip route get).
 *
 * The second is what the kernel tells: for IPv4 an entry of its cache of routes (RTM_F_CLONED),
 * which is in the table main unless RTM_F_LOOKUP_TABLE asks for the true one; for IPv6 the route
 * itself, and a source that nobody asked for.
 */
#include "netlink_internal.h"

#include "ip.h"

#include <linux/in_route.h>

/* ---- a path ---- */

static uint32_t path_flags(const struct px_route *route)
{
	switch (route->type) {
	case RTN_LOCAL:
		return RTM_F_CLONED | RTCF_LOCAL;
	case RTN_BROADCAST:
		return RTM_F_CLONED | RTCF_BROADCAST | RTCF_LOCAL;
	case RTN_MULTICAST:
		return RTM_F_CLONED | RTCF_MULTICAST;
	default:
		return RTM_F_CLONED;
	}
}

static void describe_path(struct netlink_message *message, const struct px_stack *stack,
    const struct px_route *route, const struct px_ip *from)
{
	const struct rta_cacheinfo info = {0};
	struct rtmsg *header = (struct rtmsg *)(void *)(message->bytes + NLMSG_HDRLEN);
	bool is4 = route->family == AF_INET;

	netlink_describe_route(message, RTM_NEWROUTE, stack, route);
	if (is4) {
		header->rtm_flags |= path_flags(route);
		nlq_build_attr(&message->builder, RTA_CACHEINFO, &info, sizeof(info));
	}
	if (from) {
		header->rtm_src_len = is4 ? 32 : 128;
		netlink_put_ip(message, RTA_SRC, from);
	}
}

static int refusal(const struct px_route *route)
{
	switch (route->type) {
	case RTN_BLACKHOLE:
		return -EINVAL;
	case RTN_UNREACHABLE:
		return -EHOSTUNREACH;
	case RTN_PROHIBIT:
		return -EACCES;
	default:
		return 0;
	}
}

/* The source that the request names; NONE if none. */
static int read_source(
    struct px_stack *stack, const struct rtmsg *header, struct nlattr **attr, struct px_ip *from)
{
	int err;

	*from = PX_IP_NONE;
	if (!header->rtm_src_len || !attr[RTA_SRC])
		return 0;
	err = netlink_ip(header->rtm_family, attr, RTA_SRC, from);
	if (!err && header->rtm_family == AF_INET && !px_address_find(stack, from, NULL))
		err = -ENETUNREACH; /* as ip_route_output_key: not ours to send from */
	return err;
}

static int resolve(struct px_stack *stack, const struct nlmsghdr *msg, struct nlattr **attr,
    struct nlq_msg **queue)
{
	const struct rtmsg *header = NLMSG_DATA(msg);
	bool is4 = header->rtm_family == AF_INET;
	struct netlink_message message;
	const struct px_route *found;
	struct px_route answer, key;
	struct px_ip source, from;
	int err = netlink_route_key(stack, msg, attr, &key);

	if (!err)
		err = read_source(stack, header, attr, &from);
	if (err)
		return err;
	/* 0.0.0.0 is this host. */
	source = is4 && px_ip_is_any(&key.dst) ? px_ip4_host(INADDR_LOOPBACK) : key.dst;
	found = px_route_lookup(stack, &source, key.iface ? key.iface->index : 0, PX_LOOKUP_ANY_LINK);
	err = found ? refusal(found) : -ENETUNREACH;
	if (err)
		return err;
	answer = *found;
	answer.dst = key.dst;
	answer.prefix = PX_IP_BITS;
	answer.scope = RT_SCOPE_UNIVERSE;
	if (is4) {
		answer.protocol = RTPROT_UNSPEC;
		if (!(header->rtm_flags & RTM_F_LOOKUP_TABLE))
			answer.table = RT_TABLE_MAIN;
	}
	if (found->type == RTN_LOCAL && stack->lo)
		answer.iface = stack->lo;
	if (is4 && !px_ip_is_zero(&from))
		answer.source = PX_IP_NONE;
	else if (px_ip_is_zero(&answer.source) &&
	         ip_source_select(stack, &key.dst, found->iface, 0, &source) &&
	         px_ip_is4(&source) == is4)
		answer.source = source;
	describe_path(&message, stack, &answer, is4 && px_ip_is_zero(&from) ? NULL : &from);
	netlink_answer(&message, queue);
	return 0;
}

/* ---- a dump ---- */

/* What a dump is to show; zeros: everything. */
struct filter {
	uint32_t table, index;
	uint8_t protocol, type;
	bool nothing; /* of the cache of routes, which there is not */
};

static int read_filter(const struct px_stack *stack, const struct rtmsg *header,
    struct nlattr **attr, struct filter *filter)
{
	static const uint16_t known[] = {RTA_TABLE, RTA_OIF};

	filter->nothing = header->rtm_flags & RTM_F_CLONED;
	if (!netlink_is_strict(stack))
		return 0;
	if (header->rtm_dst_len || header->rtm_src_len || header->rtm_tos || header->rtm_scope)
		return nlq_error(attr, -EINVAL, "Invalid values in header for FIB dump request", NULL);
	if (header->rtm_flags & ~(unsigned int)(RTM_F_CLONED | RTM_F_PREFIX))
		return nlq_error(attr, -EINVAL, "Invalid flags for FIB dump request", NULL);
	*filter = (struct filter){
	    .table = netlink_u32(attr[RTA_TABLE], header->rtm_table),
	    .index = netlink_u32(attr[RTA_OIF], 0),
	    .protocol = header->rtm_protocol,
	    .type = header->rtm_type,
	    .nothing = filter->nothing,
	};
	if (filter->index && !px_iface_by_index(stack, filter->index))
		return -ENODEV;
	if (filter->table && filter->table != RT_TABLE_MAIN && filter->table != RT_TABLE_LOCAL) {
		if (header->rtm_family == AF_INET || header->rtm_family == AF_INET6)
			return nlq_error(attr, -ENOENT, "FIB table does not exist", NULL);
		filter->nothing = true;
	}
	return netlink_only(attr, known, sizeof(known) / sizeof(known[0]));
}

static bool passes(
    const struct px_stack *stack, const struct px_route *route, const struct filter *filter)
{
	const struct px_iface *iface = netlink_route_iface(stack, route);

	return (!filter->table || filter->table == route->table) &&
	       (!filter->index || (iface && filter->index == iface->index)) &&
	       (!filter->protocol || filter->protocol == route->protocol) &&
	       (!filter->type || filter->type == route->type);
}

int netlink_route_get(void *entry, struct nlmsghdr *msg, struct nlattr **attr,
    struct nlq_msg **queue, void *stackinfo)
{
	const struct rtmsg *header = NLMSG_DATA(msg);
	const struct px_stack *stack = stackinfo;
	const struct px_route *route;
	struct netlink_message message;
	struct filter filter = {0};
	int err;

	if (entry)
		return resolve(stackinfo, msg, attr, queue);
	err = read_filter(stack, header, attr, &filter);
	if (err || filter.nothing)
		return err;
	list_for_each (route, &stack->fib.routes, node) {
		if ((header->rtm_family == AF_INET || header->rtm_family == AF_INET6) &&
		    route->family != header->rtm_family)
			continue;
		if (!passes(stack, route, &filter))
			continue;
		netlink_describe_route(&message, RTM_NEWROUTE, stack, route);
		if (netlink_is_strict(stack))
			netlink_filtered(&message);
		netlink_answer(&message, queue);
	}
	return 0;
}
