/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes, told to the ends that joined a group (rtnetlink(7), RTMGRP_...).
 *
 * Each change is told, whoever made it: a request, a router, a timer. The message is made only if
 * somebody listens: most stacks have no listener.
 */
#include "netlink_internal.h"

#include <linux/rtnetlink.h>

#define ROUTE_FLAGS (NLM_F_REPLACE | NLM_F_EXCL | NLM_F_CREATE | NLM_F_APPEND)

static uint64_t bit_of(uint32_t group)
{
	return UINT64_C(1) << (group - 1);
}

/* The request that a message of this type tells the effect of. Side effects have another family
 * (the routes of an address), and no cause. */
static const struct nlmsghdr *cause_of(const struct px_stack *stack, uint16_t type)
{
	const struct nlmsghdr *request = stack->netlink->request;

	return request && (request->nlmsg_type ^ type) < 4 && (request->nlmsg_type & 3) != RTM_GET
	           ? request
	           : NULL;
}

/* NLM_F_ECHO: who asked is told, in a group or not. (Not of neighbours, as in the kernel.) */
static struct netlink_end *echo_to(const struct px_stack *stack, const struct nlmsghdr *cause)
{
	return cause && (cause->nlmsg_flags & NLM_F_ECHO) && cause->nlmsg_type < RTM_NEWNEIGH
	           ? stack->netlink->asker
	           : NULL;
}

/* Nobody without a port is told (the kernel's do_one_broadcast). */
static bool listens(const struct netlink_end *end, uint32_t group)
{
	return end->port && (end->groups & bit_of(group));
}

static bool wanted(const struct px_stack *stack, uint32_t group, uint16_t type)
{
	const struct netlink_end *end;

	if (echo_to(stack, cause_of(stack, type)))
		return true;
	list_for_each (end, &stack->netlink->ends, node) {
		if (listens(end, group))
			return true;
	}
	return false;
}

static void give(struct netlink_end *end, const struct nlmsghdr *header, uint32_t group)
{
	if (!header || end->rx.bytes + header->nlmsg_len > end->rcvbuf)
		netlink_lost(end);
	else
		netlink_deliver(end, header, header->nlmsg_len, group);
}

/* The finished message with the numbers of the request that is its cause; NULL: it is broken. */
static const struct nlmsghdr *finish(const struct px_stack *stack, struct netlink_message *message,
    uint16_t type, const struct nlmsghdr *cause)
{
	struct nlmsghdr *header = nlq_build_finish(&message->builder);

	if (!header)
		return NULL;
	if (cause) {
		if (type < RTM_NEWNEIGH)
			header->nlmsg_seq = cause->nlmsg_seq;
		header->nlmsg_pid = stack->netlink->asker->port;
	}
	/* Routes are told with what was done, so that a reader can keep a copy of the table. */
	if (type == RTM_NEWROUTE)
		header->nlmsg_flags = cause ? cause->nlmsg_flags & ROUTE_FLAGS : NLM_F_CREATE | NLM_F_EXCL;
	return header;
}

static void tell(
    struct px_stack *stack, struct netlink_message *message, uint16_t type, uint32_t group)
{
	const struct nlmsghdr *cause = cause_of(stack, type);
	const struct nlmsghdr *header = finish(stack, message, type, cause);
	struct netlink_end *end, *echo = echo_to(stack, cause);

	/* A list is a ring: it has no NULL. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	list_for_each (end, &stack->netlink->ends, node) {
		if (end != echo && listens(end, group))
			give(end, header, group);
	}
	if (echo)
		give(echo, header, 0);
}

static void link_changed(struct px_stack *stack, uint16_t type, const struct px_iface *iface)
{
	const struct nlmsghdr *request = stack->netlink->request;
	struct netlink_message message;

	/* Of changes the kernel does not say whose they are, and what is made is echoed when it is
	 * whole (netlink_echo_link). */
	if (type != RTM_DELLINK)
		stack->netlink->request = NULL;
	if (wanted(stack, RTNLGRP_LINK, type)) {
		netlink_describe_link(&message, type, iface);
		tell(stack, &message, type, RTNLGRP_LINK);
	}
	stack->netlink->request = request;
}

void netlink_echo_link(struct px_stack *stack, const struct px_iface *iface)
{
	const struct nlmsghdr *cause = cause_of(stack, RTM_NEWLINK);
	struct netlink_end *echo = echo_to(stack, cause);
	struct netlink_message message;

	if (!echo)
		return;
	netlink_describe_link(&message, RTM_NEWLINK, iface);
	give(echo, finish(stack, &message, RTM_NEWLINK, cause), 0);
}

/* Of an address that cannot be used yet only who asked for it is told, and that it was refused, as
 * by the kernel (addrconf_dad_begin, addrconf_dad_stop): the others wait for it to become usable.
 */
static bool is_news(
    const struct px_stack *stack, enum px_event event, const struct px_address *address)
{
	const uint32_t states = IFA_F_TENTATIVE | IFA_F_OPTIMISTIC | IFA_F_DADFAILED;

	if (px_ip_is4(&address->ip) || event == PX_EVENT_ADDRESS_DEL ||
	    (address->flags & states) != IFA_F_TENTATIVE)
		return true;
	return event == PX_EVENT_ADDRESS_NEW && cause_of(stack, RTM_NEWADDR);
}

static void address_changed(
    struct px_stack *stack, enum px_event event, const struct px_address *address)
{
	uint16_t type = event == PX_EVENT_ADDRESS_DEL ? RTM_DELADDR : RTM_NEWADDR;
	uint32_t group = px_ip_is4(&address->ip) ? RTNLGRP_IPV4_IFADDR : RTNLGRP_IPV6_IFADDR;
	struct netlink_message message;

	if (!is_news(stack, event, address) || !wanted(stack, group, type))
		return;
	netlink_describe_address(&message, type, address);
	tell(stack, &message, type, group);
}

static void route_changed(struct px_stack *stack, uint16_t type, const struct px_route *route)
{
	uint32_t group = route->family == AF_INET ? RTNLGRP_IPV4_ROUTE : RTNLGRP_IPV6_ROUTE;
	struct netlink_message message;

	if (!wanted(stack, group, type))
		return;
	netlink_describe_route(&message, type, stack, route);
	tell(stack, &message, type, group);
}

static void neighbour_changed(struct px_stack *stack, uint16_t type, struct neighbour *neighbour)
{
	struct netlink_message message;

	if (!wanted(stack, RTNLGRP_NEIGH, type))
		return;
	netlink_describe_neighbour(&message, type, neighbour);
	tell(stack, &message, type, RTNLGRP_NEIGH);
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
	case PX_EVENT_ADDRESS_DEL:
		address_changed(stack, event, object);
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
