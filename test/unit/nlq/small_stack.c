/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "small_stack.h"

#include <errno.h>
#include <string.h>
#include <net/if_arp.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>

#define HEADER(msg) ((void *)((msg) + 1))
#define VALUE(attr) ((const void *)((attr) + 1))
#define LEN(attr)   ((size_t)(attr)->nla_len - NLA_HDRLEN)

static uint32_t u32(const struct nlattr *attr)
{
	uint32_t value;

	memcpy(&value, VALUE(attr), sizeof(value));
	return value;
}

static struct small_link *link_by_index(struct small_stack *stack, unsigned int ifindex)
{
	for (size_t i = 0; i < SMALL_LINKS; i++) {
		if (ifindex && stack->links[i].ifindex == ifindex)
			return &stack->links[i];
	}
	return NULL;
}

static struct small_link *link_by_name(struct small_stack *stack, const char *name)
{
	for (size_t i = 0; i < SMALL_LINKS; i++) {
		if (stack->links[i].ifindex && strcmp(stack->links[i].name, name) == 0)
			return &stack->links[i];
	}
	return NULL;
}

/* ---- links ---------------------------------------------------------------------------------- */

static void *search_link(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	const struct ifinfomsg *header = HEADER(msg);
	struct small_stack *stack = stackinfo;

	stack->calls++;
	if (header->ifi_index > 0)
		return link_by_index(stack, (unsigned int)header->ifi_index);
	if (attr[IFLA_IFNAME])
		return link_by_name(stack, VALUE(attr[IFLA_IFNAME]));
	if (msg->nlmsg_type % 4 != RTM_NEW)
		nlq_error(attr, -EINVAL, "neither index nor name", NULL);
	return NULL;
}

static void describe_link(const struct small_link *link, struct nlq_msg **replies)
{
	const struct rtnl_link_stats64 stats = {.rx_packets = link->ifindex, .tx_bytes = 123456789012};
	struct nlq_msg *reply = nlq_createmsg(RTM_NEWLINK, 0, 0, 0);

	nlq_addstruct(reply, ifinfomsg, .ifi_type = link->type, .ifi_index = (int)link->ifindex,
	    .ifi_flags = link->flags);
	nlq_addattr(reply, IFLA_IFNAME, link->name, (unsigned short)(strlen(link->name) + 1));
	nlq_addattr(reply, IFLA_ADDRESS, link->mac, sizeof(link->mac));
	nlq_addattr(reply, IFLA_BROADCAST, link->broadcast, sizeof(link->broadcast));
	nlq_addattr(reply, IFLA_MTU, &link->mtu, sizeof(link->mtu));
	nlq_addattr(reply, IFLA_TXQLEN, &link->txqlen, sizeof(link->txqlen));
	nlq_addattr(reply, IFLA_STATS64, &stats, sizeof(stats));
	nlq_complete_enqueue(reply, replies);
}

static int get_link(void *entry, struct nlmsghdr *msg, struct nlattr **attr,
    struct nlq_msg **reply_msgq, void *stackinfo)
{
	struct small_stack *stack = stackinfo;

	stack->calls++;
	for (size_t i = 0; i < SMALL_LINKS; i++) {
		if (entry ? entry == &stack->links[i] : stack->links[i].ifindex != 0)
			describe_link(&stack->links[i], reply_msgq);
	}
	return 0;
}

static bool is_valid_name(const char *name)
{
	return !strpbrk(name, "/: ") && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int set_link(void *entry, struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	const struct ifinfomsg *header = HEADER(msg);
	struct small_stack *stack = stackinfo;
	struct small_link *link = entry;
	struct small_link changed = *link;
	const char *name;

	stack->calls++;
	if (attr[IFLA_ADDRESS] && LEN(attr[IFLA_ADDRESS]) < sizeof(changed.mac))
		return nlq_error(attr, -EINVAL, "MAC address is too short", attr[IFLA_ADDRESS]);
	if (attr[IFLA_ADDRESS])
		memcpy(changed.mac, VALUE(attr[IFLA_ADDRESS]), sizeof(changed.mac));
	if (attr[IFLA_BROADCAST] && LEN(attr[IFLA_BROADCAST]) < sizeof(changed.broadcast))
		return -EINVAL;
	if (attr[IFLA_BROADCAST])
		memcpy(changed.broadcast, VALUE(attr[IFLA_BROADCAST]), sizeof(changed.broadcast));
	if (attr[IFLA_MTU])
		changed.mtu = u32(attr[IFLA_MTU]);
	if (link->ifindex != 1 && (changed.mtu < 68 || changed.mtu > 65535))
		return nlq_error(attr, -EINVAL, "MTU out of range", attr[IFLA_MTU]);
	if (attr[IFLA_TXQLEN])
		changed.txqlen = u32(attr[IFLA_TXQLEN]);
	name = header->ifi_index > 0 && attr[IFLA_IFNAME] ? VALUE(attr[IFLA_IFNAME]) : "";
	if (!is_valid_name(name))
		return -EINVAL;
	if (*name && strcmp(name, link->name) != 0 && link_by_name(stack, name))
		return -EEXIST;
	if (*name)
		strcpy(changed.name, name);
	if (header->ifi_change)
		changed.flags =
		    (link->flags & ~header->ifi_change) | (header->ifi_flags & header->ifi_change);
	*link = changed;
	return 0;
}

/* The kind, as a string; "" if there is none. */
static const char *kind_of(struct nlattr **attr)
{
	struct nlattr *info[IFLA_INFO_KIND + 1];
	const char *kind;

	nlq_parsexattr(attr[IFLA_LINKINFO], info, IFLA_INFO_KIND + 1);
	if (!info[IFLA_INFO_KIND])
		return "";
	kind = VALUE(info[IFLA_INFO_KIND]);
	return memchr(kind, '\0', LEN(info[IFLA_INFO_KIND])) ? kind : "";
}

static int new_link(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	const struct ifinfomsg *header = HEADER(msg);
	struct small_stack *stack = stackinfo;
	struct small_link *link = NULL;
	int ifindex = header->ifi_index;
	const char *name = attr[IFLA_IFNAME] ? VALUE(attr[IFLA_IFNAME]) : "";

	stack->calls++;
	if (ifindex < 0)
		return -EINVAL;
	if (strcmp(kind_of(attr), "veth") != 0)
		return nlq_error(attr, -EOPNOTSUPP, "unknown kind", attr[IFLA_LINKINFO]);
	if (!*name)
		name = "veth0"; /* only one is made without a name */
	if (!is_valid_name(name))
		return -EINVAL;
	if (link_by_name(stack, name))
		return -EEXIST;
	for (size_t i = 0; i < SMALL_LINKS && !link; i++) {
		if (!stack->links[i].ifindex)
			link = &stack->links[i];
	}
	if (!link)
		return -ENFILE;
	for (unsigned int i = 2; !ifindex; i++)
		ifindex = link_by_index(stack, i) ? 0 : (int)i;
	*link = (struct small_link){
	    .ifindex = (unsigned int)ifindex,
	    .flags = IFF_BROADCAST | IFF_MULTICAST,
	    .type = ARPHRD_ETHER,
	    .mtu = 1500,
	    .txqlen = 1000,
	    .mac = {2, 0, 0, 0, 0, (unsigned char)ifindex},
	    .broadcast = {255, 255, 255, 255, 255, 255},
	};
	strcpy(link->name, name);
	return attr[IFLA_NEW_IFINDEX] && u32(attr[IFLA_NEW_IFINDEX]) == 0 ? ifindex : 0;
}

static int del_link(void *entry, struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	struct small_stack *stack = stackinfo;
	struct small_link *link = entry;

	stack->calls++;
	if (link->ifindex == 1)
		return nlq_error(attr, -EOPNOTSUPP, "lo stays", NULL);
	for (size_t i = 0; i < SMALL_ADDRS; i++) {
		if (stack->addrs[i].ifindex == link->ifindex)
			stack->addrs[i].ifindex = 0;
	}
	for (size_t i = 0; i < SMALL_ROUTES; i++) {
		if (stack->routes[i].ifindex == link->ifindex)
			stack->routes[i].ifindex = 0;
	}
	link->ifindex = 0;
	return 0;
}

/* ---- addresses ------------------------------------------------------------------------------ */

static const struct nlattr *local_of(struct nlattr **attr)
{
	return attr[IFA_LOCAL] ? attr[IFA_LOCAL] : attr[IFA_ADDRESS];
}

static int check_addr(struct nlmsghdr *msg, struct nlattr **attr, struct small_stack *stack)
{
	const struct ifaddrmsg *header = HEADER(msg);
	int len = nlq_family2addrlen(header->ifa_family);

	if (len == 0)
		return -EOPNOTSUPP;
	if (msg->nlmsg_type % 4 == RTM_NEW && header->ifa_prefixlen > 8 * len)
		return nlq_error(attr, -EINVAL, "prefix is too long", NULL);
	if (msg->nlmsg_type % 4 == RTM_NEW && !(len == 4 ? attr[IFA_LOCAL] : local_of(attr)))
		return nlq_error(attr, -EINVAL, "no address", NULL);
	if (!link_by_index(stack, header->ifa_index))
		return nlq_error(attr, -ENODEV, "no such interface", NULL);
	return 0;
}

static void *search_addr(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	const struct ifaddrmsg *header = HEADER(msg);
	struct small_stack *stack = stackinfo;
	const struct nlattr *local = local_of(attr);
	int error = check_addr(msg, attr, stack);

	stack->calls++;
	if (error) {
		nlq_error(attr, error, NULL, NULL);
		return NULL;
	}
	for (size_t i = 0; i < SMALL_ADDRS; i++) {
		struct small_addr *addr = &stack->addrs[i];

		if (addr->ifindex == header->ifa_index && addr->family == header->ifa_family &&
		    addr->prefixlen == header->ifa_prefixlen && local &&
		    memcmp(addr->local, VALUE(local), (size_t)nlq_family2addrlen(addr->family)) == 0)
			return addr;
	}
	nlq_error(attr, -EADDRNOTAVAIL, NULL, NULL);
	return NULL;
}

static void describe_addr(const struct small_addr *addr, struct nlq_msg **replies)
{
	unsigned short len = (unsigned short)nlq_family2addrlen(addr->family);
	struct nlq_msg *reply = nlq_createmsg(RTM_NEWADDR, 0, 0, 0);

	nlq_addstruct(reply, ifaddrmsg, .ifa_family = addr->family, .ifa_prefixlen = addr->prefixlen,
	    .ifa_flags = IFA_F_PERMANENT, .ifa_scope = addr->scope, .ifa_index = addr->ifindex);
	nlq_addattr(reply, IFA_ADDRESS, addr->peer, len);
	nlq_addattr(reply, IFA_LOCAL, addr->local, len);
	if (memcmp(addr->broadcast, "\0\0\0", 4) != 0)
		nlq_addattr(reply, IFA_BROADCAST, addr->broadcast, 4);
	if (addr->label[0])
		nlq_addattr(reply, IFA_LABEL, addr->label, (unsigned short)(strlen(addr->label) + 1));
	nlq_complete_enqueue(reply, replies);
}

static int get_addr(void *entry, struct nlmsghdr *msg, struct nlattr **attr,
    struct nlq_msg **reply_msgq, void *stackinfo)
{
	const struct ifaddrmsg *header = HEADER(msg);
	struct small_stack *stack = stackinfo;

	stack->calls++;
	for (size_t i = 0; i < SMALL_ADDRS; i++) {
		const struct small_addr *addr = &stack->addrs[i];

		if (entry ? entry == addr
		          : addr->ifindex && (!header->ifa_family || header->ifa_family == addr->family))
			describe_addr(addr, reply_msgq);
	}
	return 0;
}

static int set_addr(void *entry, struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	struct small_stack *stack = stackinfo;

	stack->calls++;
	return msg->nlmsg_flags & NLM_F_REPLACE ? 0 : -EEXIST;
}

static int new_addr(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	const struct ifaddrmsg *header = HEADER(msg);
	struct small_stack *stack = stackinfo;
	int error = check_addr(msg, attr, stack);
	size_t len = (size_t)nlq_family2addrlen(header->ifa_family);

	stack->calls++;
	for (size_t i = 0; i < SMALL_ADDRS && !error; i++) {
		struct small_addr *addr = &stack->addrs[i];

		if (addr->ifindex)
			continue;
		*addr = (struct small_addr){
		    .ifindex = header->ifa_index,
		    .family = header->ifa_family,
		    .prefixlen = header->ifa_prefixlen,
		    .scope = header->ifa_scope,
		};
		memcpy(addr->local, VALUE(local_of(attr)), len);
		memcpy(addr->peer, VALUE(attr[IFA_ADDRESS] ? attr[IFA_ADDRESS] : attr[IFA_LOCAL]), len);
		if (attr[IFA_BROADCAST])
			memcpy(addr->broadcast, VALUE(attr[IFA_BROADCAST]), sizeof(addr->broadcast));
		if (attr[IFA_LABEL])
			strcpy(addr->label, VALUE(attr[IFA_LABEL]));
		else if (len == 4)
			strcpy(addr->label, link_by_index(stack, addr->ifindex)->name);
		return 0;
	}
	return error ? error : -ENOBUFS;
}

static int del_addr(void *entry, struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	struct small_stack *stack = stackinfo;
	struct small_addr *addr = entry;

	stack->calls++;
	addr->ifindex = 0;
	return 0;
}

/* ---- routes --------------------------------------------------------------------------------- */

static void *search_route(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	const struct rtmsg *header = HEADER(msg);
	struct small_stack *stack = stackinfo;
	size_t len = (size_t)nlq_family2addrlen(header->rtm_family);
	static const unsigned char zeros[16];
	const void *destination = attr[RTA_DST] && len ? VALUE(attr[RTA_DST]) : zeros;

	stack->calls++;
	for (size_t i = 0; i < SMALL_ROUTES; i++) {
		struct small_route *route = &stack->routes[i];

		if (route->ifindex && route->family == header->rtm_family &&
		    route->prefixlen == header->rtm_dst_len &&
		    memcmp(route->destination, destination, len) == 0)
			return route;
	}
	nlq_error(attr,
	    header->rtm_dst_len > 8 * len    ? -EINVAL
	    : msg->nlmsg_type % 4 == RTM_NEW ? -ENOENT
	    : msg->nlmsg_type % 4 == RTM_GET ? -ENETUNREACH
	                                     : -ESRCH,
	    NULL, NULL);
	return NULL;
}

static void describe_route(const struct small_route *route, struct nlq_msg **replies)
{
	unsigned short len = (unsigned short)nlq_family2addrlen(route->family);
	struct nlq_msg *reply = nlq_createmsg(RTM_NEWROUTE, 0, 0, 0);

	nlq_addstruct(reply, rtmsg, .rtm_family = route->family, .rtm_dst_len = route->prefixlen,
	    .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_UNICAST);
	if (route->prefixlen)
		nlq_addattr(reply, RTA_DST, route->destination, len);
	if (route->has_gateway)
		nlq_addattr(reply, RTA_GATEWAY, route->gateway, len);
	nlq_addattr(reply, RTA_OIF, &route->ifindex, sizeof(route->ifindex));
	nlq_complete_enqueue(reply, replies);
}

static int get_route(void *entry, struct nlmsghdr *msg, struct nlattr **attr,
    struct nlq_msg **reply_msgq, void *stackinfo)
{
	struct small_stack *stack = stackinfo;

	stack->calls++;
	for (size_t i = 0; i < SMALL_ROUTES; i++) {
		const struct small_route *route = &stack->routes[i];

		if (entry ? entry == route : route->ifindex != 0)
			describe_route(route, reply_msgq);
	}
	return 0;
}

/* The interface in whose network an address lies, or 0. */
static unsigned int reach(
    const struct small_stack *stack, unsigned char family, const unsigned char *address)
{
	for (size_t i = 0; i < SMALL_ADDRS; i++) {
		const struct small_addr *addr = &stack->addrs[i];
		unsigned char mask[16] = {0};
		bool inside = addr->ifindex && addr->family == family;

		nlq_prefix2mask(family, mask, addr->prefixlen);
		for (int j = 0; inside && j < nlq_family2addrlen(family); j++)
			inside = ((addr->local[j] ^ address[j]) & mask[j]) == 0;
		if (inside)
			return addr->ifindex;
	}
	return 0;
}

static int new_route(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	const struct rtmsg *header = HEADER(msg);
	struct small_stack *stack = stackinfo;
	size_t len = (size_t)nlq_family2addrlen(header->rtm_family);
	unsigned int ifindex = attr[RTA_OIF] ? u32(attr[RTA_OIF]) : 0;

	stack->calls++;
	if (header->rtm_dst_len > 8 * len)
		return -EINVAL;
	if (ifindex && !link_by_index(stack, ifindex))
		return -ENODEV;
	if (!ifindex && !attr[RTA_GATEWAY])
		return -ENODEV;
	if (attr[RTA_GATEWAY] && !reach(stack, header->rtm_family, VALUE(attr[RTA_GATEWAY])))
		return nlq_error(attr, -ENETUNREACH, "gateway is not reachable", attr[RTA_GATEWAY]);
	if (!ifindex)
		ifindex = reach(stack, header->rtm_family, VALUE(attr[RTA_GATEWAY]));
	for (size_t i = 0; i < SMALL_ROUTES; i++) {
		struct small_route *route = &stack->routes[i];

		if (route->ifindex)
			continue;
		*route = (struct small_route){
		    .ifindex = ifindex,
		    .family = header->rtm_family,
		    .prefixlen = header->rtm_dst_len,
		    .has_gateway = attr[RTA_GATEWAY],
		};
		if (attr[RTA_DST])
			memcpy(route->destination, VALUE(attr[RTA_DST]), len);
		if (attr[RTA_GATEWAY])
			memcpy(route->gateway, VALUE(attr[RTA_GATEWAY]), len);
		return 0;
	}
	return -ENOBUFS;
}

static int del_route(void *entry, struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	struct small_stack *stack = stackinfo;
	struct small_route *route = entry;

	stack->calls++;
	route->ifindex = 0;
	return 0;
}

nlq_request_handlers_table small_handlers = {
    [RTMF_LINK] = {search_link, get_link, new_link, del_link, set_link},
    [RTMF_ADDR] = {search_addr, get_addr, new_addr, del_addr, set_addr},
    [RTMF_ROUTE] = {search_route, get_route, new_route, del_route, NULL},
};

void small_stack_init(struct small_stack *stack)
{
	*stack = (struct small_stack){
	    .links =
	        {
	            {.ifindex = 1,
	                .flags = IFF_LOOPBACK,
	                .type = ARPHRD_LOOPBACK,
	                .mtu = 65536,
	                .txqlen = 1000,
	                .name = "lo"},
	            {.ifindex = 5,
	                .flags = IFF_BROADCAST | IFF_MULTICAST,
	                .type = ARPHRD_ETHER,
	                .mtu = 1500,
	                .txqlen = 1000,
	                .name = "a0",
	                .mac = {2, 0, 0, 0, 0, 5},
	                .broadcast = {255, 255, 255, 255, 255, 255}},
	        },
	};
}
