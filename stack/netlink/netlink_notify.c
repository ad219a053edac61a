/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes, told to the ends that joined a group (rtnetlink(7), RTMGRP_...).
 *
 * Each change is told, whoever made it: a request, a router, a timer. The message is made only if
 * somebody listens: most stacks have no listener.
 */
#include "netlink_internal.h"

#include <linux/rtnetlink.h>

static bool wanted(const struct px_stack *stack, uint32_t group)
{
	const struct netlink_end *end;

	list_for_each (end, &stack->netlink->ends, node) {
		if (end->groups & (1u << (group - 1)))
			return true;
	}
	return false;
}

static void tell(struct px_stack *stack, struct netlink_message *message, uint32_t group)
{
	const struct nlmsghdr *header = nlq_build_finish(&message->builder);
	struct netlink_end *end;

	list_for_each (end, &stack->netlink->ends, node) {
		if (!(end->groups & (1u << (group - 1))))
			continue;
		if (!header || end->rx.bytes + header->nlmsg_len > end->rcvbuf)
			netlink_lost(end);
		else
			netlink_deliver(end, header, header->nlmsg_len, group);
	}
}

static void link_changed(struct px_stack *stack, uint16_t type, const struct px_iface *iface)
{
	struct netlink_message message;

	if (!wanted(stack, RTNLGRP_LINK))
		return;
	netlink_describe_link(&message, type, iface);
	tell(stack, &message, RTNLGRP_LINK);
}

static void address_changed(struct px_stack *stack, uint16_t type, const struct px_address *address)
{
	uint32_t group = px_ip_is4(&address->ip) ? RTNLGRP_IPV4_IFADDR : RTNLGRP_IPV6_IFADDR;
	struct netlink_message message;

	if (!wanted(stack, group))
		return;
	netlink_describe_address(&message, type, address);
	tell(stack, &message, group);
}

static void route_changed(struct px_stack *stack, uint16_t type, const struct px_route *route)
{
	uint32_t group = route->family == AF_INET ? RTNLGRP_IPV4_ROUTE : RTNLGRP_IPV6_ROUTE;
	struct netlink_message message;

	if (!wanted(stack, group))
		return;
	netlink_describe_route(&message, type, stack, route);
	tell(stack, &message, group);
}

static void neighbour_changed(struct px_stack *stack, uint16_t type, struct neighbour *neighbour)
{
	struct netlink_message message;

	if (!wanted(stack, RTNLGRP_NEIGH))
		return;
	netlink_describe_neighbour(&message, type, neighbour);
	tell(stack, &message, RTNLGRP_NEIGH);
}

void netlink_event(struct px_stack *stack, enum px_event event, void *object)
{
	switch (event) {
	case PX_EVENT_IFACE_NEW:
	case PX_EVENT_IFACE_UP:
	case PX_EVENT_IFACE_CARRIER:
	case PX_EVENT_IFACE_CHANGE:
		link_changed(stack, RTM_NEWLINK, object);
		break;
	case PX_EVENT_IFACE_DEL:
		link_changed(stack, RTM_DELLINK, object);
		break;
	case PX_EVENT_ADDRESS_NEW:
	case PX_EVENT_ADDRESS_CHANGE:
		address_changed(stack, RTM_NEWADDR, object);
		break;
	case PX_EVENT_ADDRESS_DEL:
		address_changed(stack, RTM_DELADDR, object);
		break;
	case PX_EVENT_ROUTE_NEW:
		route_changed(stack, RTM_NEWROUTE, object);
		break;
	case PX_EVENT_ROUTE_DEL:
		route_changed(stack, RTM_DELROUTE, object);
		break;
	case PX_EVENT_NEIGHBOUR_CHANGE:
		neighbour_changed(stack, RTM_NEWNEIGH, object);
		break;
	case PX_EVENT_NEIGHBOUR_DEL:
		neighbour_changed(stack, RTM_DELNEIGH, object);
		break;
	default: /* PX_EVENT_IFACE_DOWN: the change that follows tells it */
		break;
	}
}
