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

void netlink_begin(struct netlink_message *message, uint16_t type);
void netlink_put_ip(struct netlink_message *message, uint16_t type, const struct px_ip *ip);
/* Appends it to an answer. */
void netlink_answer(struct netlink_message *message, struct nlq_msg **queue);

/* Queues a copy of a datagram; what does not fit is an overrun. */
void netlink_deliver(struct netlink_end *end, const void *data, size_t len, uint32_t group);
/* A message was lost (netlink(7): ENOBUFS). */
void netlink_lost(struct netlink_end *end);

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
