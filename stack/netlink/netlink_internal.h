/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of netlink/ share: messages about one object, and reading attributes. */
#ifndef NETLINK_INTERNAL_H
#define NETLINK_INTERNAL_H

#include "neighbour.h"
#include "netlink.h"
#include "nlq_message.h"

#include <errno.h>

/* The longest message about one object (a link) has about 700 bytes. */
#define NETLINK_MESSAGE_SIZE 1024

struct netlink_message {
	struct nlq_builder builder;
	NLQ_BUFFER(bytes, NETLINK_MESSAGE_SIZE);
};

#define NETLINK_KIND_SIZE 56 /* MODULE_NAME_LEN, the kernel's bound */

/* IFLA_AF_SPEC: told; and checked, or (apply) done. 0 or -errno. */
void netlink_put_af_spec(struct netlink_message *message, const struct px_iface *iface);
int netlink_af_spec(struct px_iface *iface, struct nlattr **attr, bool apply);

/* Describe an object. `type` is RTM_NEW... or RTM_DEL...; the message is begun here and finished by
 * who uses it. */
void netlink_describe_link(
    struct netlink_message *message, uint16_t type, const struct px_iface *iface);
void netlink_describe_address(
    struct netlink_message *message, uint16_t type, const struct px_address *address);
void netlink_describe_route(struct netlink_message *message, uint16_t type,
    const struct px_stack *stack, const struct px_route *route);
void netlink_describe_neighbour(
    struct netlink_message *message, uint16_t type, struct neighbour *neighbour);

/* The interface that is told: the kernel has IPv6's refusals on lo. */
static inline const struct px_iface *netlink_route_iface(
    const struct px_stack *stack, const struct px_route *route)
{
	return route->iface || route->family == AF_INET ? route->iface : stack->lo;
}

/* The addresses of a request about a route, and the numbers both to make and to find it. */
int netlink_route_key(struct px_stack *stack, const struct nlmsghdr *msg, struct nlattr **attr,
    struct px_route *route);

void netlink_begin(struct netlink_message *message, uint16_t type);
void netlink_put_ip(struct netlink_message *message, uint16_t type, const struct px_ip *ip);
/* Marks it as one of a dump that leaves some out. */
static inline void netlink_filtered(struct netlink_message *message)
{
	((struct nlmsghdr *)(void *)message->bytes)->nlmsg_flags |= NLM_F_DUMP_FILTERED;
}

/* Appends it to an answer. */
void netlink_answer(struct netlink_message *message, struct nlq_msg **queue);

/* Queues a copy of a datagram; what does not fit is an overrun. */
void netlink_deliver(struct netlink_end *end, const void *data, size_t len, uint32_t group);
/* A message was lost (netlink(7): ENOBUFS). */
void netlink_lost(struct netlink_end *end);

/* A request is handled from here on: what it changes is told with its numbers. Every change begins
 * with the search of its entry. */
void netlink_asked(struct px_stack *stack, const struct nlmsghdr *request);

/* Whether who asks wants requests for dumps checked, and heeded as filters (netlink(7),
 * NETLINK_GET_STRICT_CHK). */
static inline bool netlink_is_strict(const struct px_stack *stack)
{
	return stack->netlink->asker && stack->netlink->asker->strict;
}

/* Whether there are no attributes but these. 0 or -EINVAL. */
int netlink_only(struct nlattr **attr, const uint16_t *types, size_t count);

/* NLM_F_ECHO: tells who asks of the link that it made. */
void netlink_echo_link(struct px_stack *stack, const struct px_iface *iface);

/* Changes, for px_layer.event. */
void netlink_event(struct px_stack *stack, enum px_event event, void *object);

/* The handlers of one family (struct nlq_request_handlers); `set` is `new` where there is one. */
#define NETLINK_HANDLERS(object)                                                                   \
	void *netlink_##object##_search(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo);  \
	int netlink_##object##_get(void *entry, struct nlmsghdr *msg, struct nlattr **attr,            \
	    struct nlq_msg **queue, void *stackinfo);                                                  \
	int netlink_##object##_new(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo);       \
	int netlink_##object##_del(                                                                    \
	    void *entry, struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo);                 \
	int netlink_##object##_set(                                                                    \
	    void *entry, struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo);

NETLINK_HANDLERS(link)
NETLINK_HANDLERS(address)
NETLINK_HANDLERS(route)
NETLINK_HANDLERS(neighbour)

/* Links of kind "vlan" (netlink_vlan.c). The index of a new one, or -errno. */
int netlink_vlan_new(struct px_stack *stack, struct nlattr **attr, const struct nlattr *data,
    const char *name, uint32_t index);
void netlink_vlan_describe(struct nlq_builder *builder, const struct px_iface *iface);

/* ---- requests ---- */

/* libnlq's server has checked the size of numbers, and supplied the NUL of strings. */
static inline const void *netlink_data(const struct nlattr *attr)
{
	return (const uint8_t *)attr + NLA_HDRLEN;
}

static inline size_t netlink_len(const struct nlattr *attr)
{
	return (size_t)attr->nla_len - NLA_HDRLEN;
}

static inline uint32_t netlink_u32(const struct nlattr *attr, uint32_t otherwise)
{
	if (attr)
		memcpy(&otherwise, netlink_data(attr), sizeof(otherwise));
	return otherwise;
}

/* An address of the request's family; `family` is AF_INET or AF_INET6, and the size was checked. 0;
 * -EINVAL: an IPv6 address that means an IPv4 one, which no interface and no route can have. */
int netlink_ip(int family, struct nlattr **attr, unsigned int type, struct px_ip *ip);

static inline bool netlink_is_new(const struct nlmsghdr *msg)
{
	return (msg->nlmsg_type & 3) == RTM_NEW;
}

/* An entry for RTM_NEW of what may exist or not: the kernel lets the family decide, and so do the
 * handlers `new` and `set` here, which are one. Without NLM_F_CREATE the server wants an entry. */
static inline void *netlink_new_entry(const struct nlmsghdr *msg, void *stackinfo)
{
	return msg->nlmsg_flags & (NLM_F_CREATE | NLM_F_EXCL) ? NULL : stackinfo;
}

#endif
