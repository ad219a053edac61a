/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR. */
#include "netlink_internal.h"

/* What a user may ask for; the other flags are states. */
#define USER_FLAGS                                                                                 \
	((uint32_t)(IFA_F_NODAD | IFA_F_OPTIMISTIC | IFA_F_HOMEADDRESS | IFA_F_NOPREFIXROUTE))

/* ---- what is told ---- */

static uint32_t seconds_until(px_time now, px_time end)
{
	if (end == PX_TIME_NEVER)
		return PX_FOREVER;
	return end <= now ? 0 : (uint32_t)((end - now + PX_SEC - 1) / PX_SEC);
}

/* RFC 4291's prefix length: IPv4's counts from its own first bit. */
static uint8_t prefix_of(const struct px_address *address)
{
	return (uint8_t)(px_ip_is4(&address->ip) ? address->prefix - PX_IP4_OFFSET : address->prefix);
}

void netlink_describe_address(
    struct netlink_message *message, uint16_t type, const struct px_address *address)
{
	struct nlq_builder *builder = &message->builder;
	px_time now = address->iface->stack->now;
	bool is4 = px_ip_is4(&address->ip), has_peer = !px_ip_eq(&address->ip, &address->peer);
	const struct ifaddrmsg header = {
	    .ifa_family = (uint8_t)px_ip_family(&address->ip),
	    .ifa_prefixlen = prefix_of(address),
	    .ifa_flags = (uint8_t)address->flags,
	    .ifa_scope = address->scope,
	    .ifa_index = address->iface->index,
	};
	const struct ifa_cacheinfo info = {
	    .ifa_prefered = seconds_until(now, address->preferred_until),
	    .ifa_valid = seconds_until(now, address->valid_until),
	    .cstamp = (uint32_t)(address->created / (PX_SEC / 100)),
	    .tstamp = (uint32_t)(address->updated / (PX_SEC / 100)),
	};

	netlink_begin(message, type);
	nlq_build_bytes(builder, &header, sizeof(header));
	/* IFA_ADDRESS is the peer of a point-to-point link; IPv6 has IFA_LOCAL only then. */
	netlink_put_ip(message, IFA_ADDRESS, has_peer ? &address->peer : &address->ip);
	if (is4 || has_peer)
		netlink_put_ip(message, IFA_LOCAL, &address->ip);
	if (is4 && !px_ip_is_zero(&address->broadcast))
		netlink_put_ip(message, IFA_BROADCAST, &address->broadcast);
	if (is4 && address->label[0])
		nlq_build_attr_string(builder, IFA_LABEL, address->label);
	if (address->protocol)
		nlq_build_attr_u8(builder, IFA_PROTO, address->protocol);
	nlq_build_attr_u32(builder, IFA_FLAGS, address->flags);
	if (address->metric)
		nlq_build_attr_u32(builder, IFA_RT_PRIORITY, address->metric);
	nlq_build_attr(builder, IFA_CACHEINFO, &info, sizeof(info));
}

/* ---- requests ---- */

static bool family_known(int family)
{
	return family == AF_INET || family == AF_INET6;
}

/* The attribute that holds the interface's own address. */
static unsigned int local_attr(struct nlattr **attr)
{
	return attr[IFA_LOCAL] ? IFA_LOCAL : IFA_ADDRESS;
}

/* IPv4 goes by the length too: 10.0.0.1/24 and 10.0.0.1/16 are two addresses there. */
static struct px_address *find(
    const struct px_iface *iface, const struct px_ip *ip, unsigned int prefix, bool any_prefix)
{
	struct px_address *address;

	list_for_each (address, &iface->addresses, node) {
		if (px_ip_eq(&address->ip, ip) && (any_prefix || address->prefix == prefix))
			return address;
	}
	return NULL;
}

/* inet_rtm_deladdr: every attribute that is there must match; none is the first address. */
static struct px_address *find4(
    const struct px_iface *iface, const struct ifaddrmsg *header, struct nlattr **attr)
{
	unsigned int prefix = header->ifa_prefixlen + PX_IP4_OFFSET;
	struct px_address *address;
	struct px_ip ip;

	list_for_each (address, &iface->addresses, node) {
		if (!px_ip_is4(&address->ip))
			continue;
		if (attr[IFA_LOCAL] &&
		    (netlink_ip(AF_INET, attr, IFA_LOCAL, &ip) || !px_ip_eq(&ip, &address->ip)))
			continue;
		if (attr[IFA_LABEL] && strcmp(address->label, netlink_data(attr[IFA_LABEL])) != 0)
			continue;
		if (attr[IFA_ADDRESS] &&
		    (prefix != address->prefix || netlink_ip(AF_INET, attr, IFA_ADDRESS, &ip) ||
		        !px_ip_prefix_eq(&ip, &address->peer, prefix)))
			continue;
		return address;
	}
	return NULL;
}

static struct px_address *search_to_delete(
    const struct px_stack *stack, const struct ifaddrmsg *header, struct nlattr **attr, int *err)
{
	const struct px_iface *iface = px_iface_by_index(stack, header->ifa_index);
	struct px_ip ip;

	if (header->ifa_family == AF_INET6) {
		*err = -EINVAL;
		if (!attr[local_attr(attr)])
			return NULL;
		if (header->ifa_prefixlen > PX_IP_BITS)
			return NULL;
		*err = netlink_ip(AF_INET6, attr, local_attr(attr), &ip);
		if (*err)
			return NULL;
	}
	*err = -ENODEV;
	if (!iface)
		return NULL;
	*err = -EADDRNOTAVAIL;
	return header->ifa_family == AF_INET ? find4(iface, header, attr)
	                                     : find(iface, &ip, header->ifa_prefixlen, false);
}

/* IPv6 alone answers for a single address; an index that there is not: on any interface. */
static struct px_address *search_to_get(
    const struct px_stack *stack, const struct ifaddrmsg *header, struct nlattr **attr, int *err)
{
	struct px_ip ip;

	*err = -EOPNOTSUPP;
	if (header->ifa_family != AF_INET6)
		return NULL;
	*err = -EINVAL;
	if (!attr[local_attr(attr)] || netlink_ip(AF_INET6, attr, local_attr(attr), &ip))
		return NULL;
	*err = -EADDRNOTAVAIL;
	return px_address_find(stack, &ip, px_iface_by_index(stack, header->ifa_index));
}

void *netlink_address_search(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	const struct ifaddrmsg *header = NLMSG_DATA(msg);
	struct px_address *address = NULL;
	int err = -EOPNOTSUPP;

	netlink_asked(stackinfo, msg);
	switch (msg->nlmsg_type) {
	case RTM_NEWADDR:
		return netlink_new_entry(msg, stackinfo);
	case RTM_DELADDR:
		if (family_known(header->ifa_family))
			address = search_to_delete(stackinfo, header, attr, &err);
		break;
	case RTM_GETADDR:
		address = search_to_get(stackinfo, header, attr, &err);
		break;
	default:
		break;
	}
	if (!address)
		nlq_error(attr, err, err == -EADDRNOTAVAIL ? "address not found" : NULL, NULL);
	return address;
}

/* What a strict dump may say is which interface. */
static int check_dump(
    const struct px_stack *stack, const struct ifaddrmsg *header, struct nlattr **attr)
{
	if (header->ifa_prefixlen || header->ifa_flags || header->ifa_scope)
		return nlq_error(attr, -EINVAL, "Invalid values in header for address dump request", NULL);
	if (header->ifa_index && !px_iface_by_index(stack, header->ifa_index))
		return -ENODEV;
	return netlink_only(attr, NULL, 0);
}

static void dump(
    const struct px_stack *stack, int family, uint32_t only_index, struct nlq_msg **queue)
{
	const struct px_iface *iface;
	const struct px_address *address;
	struct netlink_message message;

	list_for_each (iface, &stack->ifaces, node) {
		if (only_index && iface->index != only_index)
			continue;
		list_for_each (address, &iface->addresses, node) {
			if (px_ip_family(&address->ip) != family)
				continue;
			netlink_describe_address(&message, RTM_NEWADDR, address);
			if (only_index)
				netlink_filtered(&message);
			netlink_answer(&message, queue);
		}
	}
}

int netlink_address_get(void *entry, struct nlmsghdr *msg, struct nlattr **attr,
    struct nlq_msg **queue, void *stackinfo)
{
	const struct ifaddrmsg *header = NLMSG_DATA(msg);
	uint32_t only_index = 0;

	if (entry) {
		struct netlink_message message;

		netlink_describe_address(&message, RTM_NEWADDR, entry);
		netlink_answer(&message, queue);
		return 0;
	}
	if (netlink_is_strict(stackinfo)) {
		int err = check_dump(stackinfo, header, attr);

		if (err)
			return err;
		only_index = header->ifa_index;
	}
	/* One family after the other, as rtnl_dump_all; of a family that has none, all. */
	if (header->ifa_family != AF_INET6)
		dump(stackinfo, AF_INET, only_index, queue);
	if (header->ifa_family != AF_INET)
		dump(stackinfo, AF_INET6, only_index, queue);
	return 0;
}

static int check_new(const struct ifaddrmsg *header, struct nlattr **attr)
{
	bool is4 = header->ifa_family == AF_INET;

	if (!family_known(header->ifa_family))
		return -EOPNOTSUPP;
	if (is4 && header->ifa_prefixlen > 32)
		return nlq_error(attr, -EINVAL, "Invalid prefix length", NULL);
	if (!attr[IFA_LOCAL] && (is4 || !attr[IFA_ADDRESS]))
		return nlq_error(attr, -EINVAL, "Local address is not supplied", NULL);
	return 0;
}

static int read_lifetimes(struct nlattr **attr, struct px_address_config *config)
{
	struct ifa_cacheinfo info;

	config->preferred = config->valid = PX_FOREVER;
	if (!attr[IFA_CACHEINFO])
		return 0;
	memcpy(&info, netlink_data(attr[IFA_CACHEINFO]), sizeof(info));
	config->preferred = info.ifa_prefered;
	config->valid = info.ifa_valid;
	if (config->valid == 0 || config->preferred > config->valid)
		return nlq_error(attr, -EINVAL, "address lifetime invalid", attr[IFA_CACHEINFO]);
	return 0;
}

static int read_config(
    const struct ifaddrmsg *header, struct nlattr **attr, struct px_address_config *config)
{
	bool is4 = header->ifa_family == AF_INET;
	int err = netlink_ip(header->ifa_family, attr, local_attr(attr), &config->ip);

	if (!err && attr[IFA_LOCAL] && attr[IFA_ADDRESS])
		err = netlink_ip(header->ifa_family, attr, IFA_ADDRESS, &config->peer);
	if (!err && is4 && attr[IFA_BROADCAST])
		err = netlink_ip(AF_INET, attr, IFA_BROADCAST, &config->broadcast);
	if (err)
		return err;
	config->prefix = header->ifa_prefixlen + (is4 ? PX_IP4_OFFSET : 0);
	config->scope = is4 ? header->ifa_scope : -1; /* IPv6's is the address's own */
	config->flags = netlink_u32(attr[IFA_FLAGS], header->ifa_flags) & USER_FLAGS;
	config->metric = netlink_u32(attr[IFA_RT_PRIORITY], 0);
	if (attr[IFA_PROTO] && netlink_len(attr[IFA_PROTO]) >= 1)
		config->protocol = *(const uint8_t *)netlink_data(attr[IFA_PROTO]);
	if (attr[IFA_LABEL])
		config->label = netlink_data(attr[IFA_LABEL]);
	return 0;
}

int netlink_address_new(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	const struct ifaddrmsg *header = NLMSG_DATA(msg);
	struct px_address_config config = {0};
	struct px_address *address;
	struct px_iface *iface;
	int err = check_new(header, attr);

	if (err)
		return err;
	iface = px_iface_by_index(stackinfo, header->ifa_index);
	if (!iface)
		return nlq_error(attr, -ENODEV, "Device not found", NULL);
	if (header->ifa_prefixlen > PX_IP_BITS)
		return nlq_error(attr, -EINVAL, "Invalid prefix length", NULL);
	err = read_lifetimes(attr, &config);
	if (!err)
		err = read_config(header, attr, &config);
	if (err)
		return err;
	if (header->ifa_family == AF_INET && px_ip_is_any(&config.ip))
		return 0; /* as __inet_insert_ifa: nothing to do */
	address = find(iface, &config.ip, config.prefix, header->ifa_family == AF_INET6);
	if (!address) {
		err = px_address_add(iface, &config, NULL);
		return err == -EINVAL || err == -EADDRNOTAVAIL
		           ? nlq_error(attr, err, "Invalid address", attr[local_attr(attr)])
		           : err;
	}
	if ((msg->nlmsg_flags & NLM_F_EXCL) || !(msg->nlmsg_flags & NLM_F_REPLACE))
		return nlq_error(attr, -EEXIST, "address already assigned", NULL);
	return px_address_modify(address, &config);
}

int netlink_address_set(void *entry, struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	return netlink_address_new(msg, attr, stackinfo);
}

int netlink_address_del(void *entry, struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	px_address_del(entry);
	return 0;
}
