/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK, RTM_SETLINK.
 *
 * Changes are made in the kernel's order (do_setlink), one after the other: what precedes the one
 * that is refused stays made, as there.
 */
#include "netlink_internal.h"

#include "vlan.h"

/* After net/if.h (of iface.h), which it respects: IF_OPER_..., IFF_LOWER_UP. */
#include <linux/if.h>
#include <linux/if_link.h>
#include <net/if_arp.h>

/* Flags that a user may change and that mean nothing more than to be shown. */
#define FREE_FLAGS                                                                                 \
	((uint32_t)(IFF_DEBUG | IFF_NOTRAILERS | IFF_NOARP | IFF_DYNAMIC | IFF_MULTICAST |             \
	            IFF_PORTSEL | IFF_AUTOMEDIA))

/* ---- what is told ---- */

/* RFC 2863 section 3.1.14; loopback has no state of operation. */
static uint8_t operstate(const struct px_iface *iface)
{
	if (px_iface_is_loopback(iface))
		return IF_OPER_UNKNOWN;
	return px_iface_is_running(iface) ? IF_OPER_UP : IF_OPER_DOWN;
}

/* IFLA_INFO_KIND; "": none. */
static const char *kind_of(const struct px_iface *iface)
{
	return vlan_is(iface) ? "vlan" : iface->link ? NETLINK_KIND : "";
}

static void put_stats(struct netlink_message *message, const struct px_iface *iface)
{
	const struct px_iface_stats *from = &iface->stats;
	const struct rtnl_link_stats64 stats64 = {
	    .rx_packets = from->rx_packets,
	    .tx_packets = from->tx_packets,
	    .rx_bytes = from->rx_bytes,
	    .tx_bytes = from->tx_bytes,
	    .rx_errors = from->rx_errors,
	    .tx_errors = from->tx_errors,
	    .rx_dropped = from->rx_dropped,
	    .tx_dropped = from->tx_dropped,
	    .multicast = from->rx_multicast,
	    .rx_nohandler = from->rx_nohandler,
	};
	const struct rtnl_link_stats stats = {
	    .rx_packets = (uint32_t)from->rx_packets,
	    .tx_packets = (uint32_t)from->tx_packets,
	    .rx_bytes = (uint32_t)from->rx_bytes,
	    .tx_bytes = (uint32_t)from->tx_bytes,
	    .rx_errors = (uint32_t)from->rx_errors,
	    .tx_errors = (uint32_t)from->tx_errors,
	    .rx_dropped = (uint32_t)from->rx_dropped,
	    .tx_dropped = (uint32_t)from->tx_dropped,
	    .multicast = (uint32_t)from->rx_multicast,
	    .rx_nohandler = (uint32_t)from->rx_nohandler,
	};

	nlq_build_attr(&message->builder, IFLA_STATS64, &stats64, sizeof(stats64));
	nlq_build_attr(&message->builder, IFLA_STATS, &stats, sizeof(stats));
}

void netlink_describe_link(
    struct netlink_message *message, uint16_t type, const struct px_iface *iface)
{
	static const uint8_t all_ones[PX_MAC_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t zeros[PX_MAC_LEN];
	struct nlq_builder *builder = &message->builder;
	struct ifinfomsg header = {
	    .ifi_type = iface->type->arphrd,
	    .ifi_index = (int)iface->index,
	    .ifi_flags = iface->flags,
	};

	if (px_iface_is_running(iface))
		header.ifi_flags |= IFF_RUNNING | IFF_LOWER_UP;
	netlink_begin(message, type);
	nlq_build_bytes(builder, &header, sizeof(header));
	nlq_build_attr_string(builder, IFLA_IFNAME, iface->name);
	nlq_build_attr_u32(builder, IFLA_TXQLEN, iface->tx_limit);
	nlq_build_attr_u8(builder, IFLA_OPERSTATE, operstate(iface));
	nlq_build_attr_u8(builder, IFLA_LINKMODE, 0);
	nlq_build_attr_u32(builder, IFLA_MTU, iface->mtu);
	nlq_build_attr_u32(builder, IFLA_MIN_MTU, iface->type->mtu_min);
	nlq_build_attr_u32(builder, IFLA_MAX_MTU, iface->type->mtu_max);
	nlq_build_attr_u32(builder, IFLA_GROUP, 0);
	nlq_build_attr_u32(builder, IFLA_PROMISCUITY, iface->promiscuity);
	nlq_build_attr_u32(builder, IFLA_NUM_TX_QUEUES, 1);
	nlq_build_attr_u32(builder, IFLA_NUM_RX_QUEUES, 1);
	nlq_build_attr_u8(builder, IFLA_CARRIER, iface->carrier);
	nlq_build_attr_string(builder, IFLA_QDISC, "noqueue");
	if (iface->type->address_len) {
		nlq_build_attr(builder, IFLA_ADDRESS, iface->mac, PX_MAC_LEN);
		nlq_build_attr(
		    builder, IFLA_BROADCAST, iface->flags & IFF_BROADCAST ? all_ones : zeros, PX_MAC_LEN);
	}
	put_stats(message, iface);
	if (vlan_is(iface)) {
		netlink_vlan_describe(builder, iface);
	} else if (iface->link) {
		size_t info = nlq_build_nest(builder, IFLA_LINKINFO);

		nlq_build_attr_string(builder, IFLA_INFO_KIND, kind_of(iface));
		nlq_build_nest_end(builder, info);
	}
	netlink_put_af_spec(message, iface);
}

/* ---- requests ---- */

/* By index, else by name; neither is a mistake. */
void *netlink_link_search(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	const struct ifinfomsg *header = NLMSG_DATA(msg);

	netlink_asked(stackinfo, msg);
	if (header->ifi_index < 0 && (msg->nlmsg_type & 3) != RTM_GET) {
		nlq_error(attr, -EINVAL, "ifindex can't be negative", NULL);
		return NULL;
	}
	if (header->ifi_index > 0)
		return px_iface_by_index(stackinfo, (uint32_t)header->ifi_index);
	if (attr[IFLA_IFNAME])
		return px_iface_by_name(stackinfo, netlink_data(attr[IFLA_IFNAME]));
	if (!netlink_is_new(msg))
		nlq_error(attr, -EINVAL, "no interface is named", NULL);
	return NULL;
}

/* IFLA_LINKINFO's kind; "" if there is none or it is too long for one. */
static void read_info(
    const struct nlattr *info, char *kind, size_t size, const struct nlattr **data)
{
	const struct nlattr *table[IFLA_INFO_MAX + 1] = {NULL};

	kind[0] = '\0';
	if (info && nlq_parse_attrs(nlq_nested_attrs(info), table, IFLA_INFO_MAX) == 0 &&
	    nlq_attr_string(table[IFLA_INFO_KIND], kind, size) < 0)
		kind[0] = '\0';
	*data = table[IFLA_INFO_DATA];
}

/* In a dump: a kind (ip link show type ...). Nobody has a master. */
static int read_filter(const struct px_stack *stack, const struct ifinfomsg *header,
    struct nlattr **attr, char *kind, size_t size)
{
	static const uint16_t known[] = {IFLA_MASTER, IFLA_LINKINFO, IFLA_EXT_MASK};
	const struct nlattr *data;

	read_info(attr[IFLA_LINKINFO], kind, size, &data);
	if (strcmp(kind, NETLINK_KIND) != 0 && strcmp(kind, "vlan") != 0)
		kind[0] = '\0'; /* as the kernel: one that it does not know is none */
	if (!netlink_is_strict(stack))
		return 0;
	if (header->ifi_type || header->ifi_flags || header->ifi_change)
		return nlq_error(attr, -EINVAL, "Invalid values in header for link dump request", NULL);
	if (header->ifi_index)
		return nlq_error(
		    attr, -EINVAL, "Filter by device index not supported for link dumps", NULL);
	return netlink_only(attr, known, sizeof(known) / sizeof(known[0]));
}

int netlink_link_get(void *entry, struct nlmsghdr *msg, struct nlattr **attr,
    struct nlq_msg **queue, void *stackinfo)
{
	const struct px_stack *stack = stackinfo;
	const struct px_iface *iface;
	struct netlink_message message;
	char kind[NETLINK_KIND_SIZE] = "";
	int err;

	if (!entry) {
		err = read_filter(stack, NLMSG_DATA(msg), attr, kind, sizeof(kind));
		if (err || netlink_u32(attr[IFLA_MASTER], 0))
			return err;
	}
	list_for_each (iface, &stack->ifaces, node) {
		if (entry ? entry != iface : kind[0] && strcmp(kind, kind_of(iface)) != 0)
			continue;
		netlink_describe_link(&message, RTM_NEWLINK, iface);
		if (kind[0])
			netlink_filtered(&message);
		netlink_answer(&message, queue);
	}
	return 0;
}

static int set_flags(struct px_iface *iface, const struct ifinfomsg *header)
{
	uint32_t change = header->ifi_change ? header->ifi_change : UINT32_MAX;
	uint32_t flags = (iface->flags & ~change) | (header->ifi_flags & change);
	uint32_t changed = (iface->flags ^ flags) & FREE_FLAGS;

	if (!header->ifi_change && !header->ifi_flags)
		return 0;
	/* Promiscuity that packet sockets want is not the user's to end. */
	if ((flags & IFF_PROMISC) && !(iface->flags & IFF_PROMISC) && !iface->promiscuity) {
		iface->promiscuity++;
		iface->flags |= IFF_PROMISC;
		changed |= IFF_PROMISC;
	} else if (!(flags & IFF_PROMISC) && (iface->flags & IFF_PROMISC) && iface->promiscuity == 1) {
		iface->promiscuity--;
		iface->flags &= ~(uint32_t)IFF_PROMISC;
		changed |= IFF_PROMISC;
	}
	iface->flags = (iface->flags & ~FREE_FLAGS) | (flags & FREE_FLAGS);
	if ((flags ^ iface->flags) & IFF_UP) {
		if (flags & IFF_UP)
			return px_iface_up(iface);
		px_iface_down(iface);
	} else if (changed) {
		px_event(iface->stack, PX_EVENT_IFACE_CHANGE, iface);
	}
	return 0;
}

static int set_mac(struct px_iface *iface, struct nlattr **attr)
{
	const struct nlattr *mac = attr[IFLA_ADDRESS];
	int err;

	if (memcmp(netlink_data(mac), iface->mac, PX_MAC_LEN) == 0)
		return 0;
	err = px_iface_set_mac(iface, netlink_data(mac));
	return err ? nlq_error(attr, err, NULL, mac) : 0;
}

static int set_mtu(struct px_iface *iface, struct nlattr **attr)
{
	uint32_t mtu = netlink_u32(attr[IFLA_MTU], 0);
	int err = px_iface_set_mtu(iface, mtu);

	if (err)
		nlq_error(attr, err,
		    mtu < iface->type->mtu_min ? "mtu less than device minimum"
		                               : "mtu greater than device maximum",
		    NULL);
	return err;
}

/* What is looked at before anything is done (validate_linkmsg), and what there is not. */
static int check(struct px_iface *iface, struct nlattr **attr)
{
	static const uint16_t none[] = {IFLA_MASTER, IFLA_NET_NS_PID, IFLA_NET_NS_FD, IFLA_XDP};

	for (unsigned int type = IFLA_ADDRESS; type <= IFLA_BROADCAST; type++) {
		if (attr[type] && netlink_len(attr[type]) < iface->type->address_len)
			return nlq_error(attr, -EINVAL, NULL, attr[type]);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		if (attr[none[i]])
			return nlq_error(attr, -EOPNOTSUPP, "not in this stack", attr[none[i]]);
	}
	return netlink_af_spec(iface, attr, false);
}

int netlink_link_set(void *entry, struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	const struct ifinfomsg *header = NLMSG_DATA(msg);
	struct px_iface *iface = entry;
	int err = check(iface, attr);

	if (netlink_is_new(msg) && (msg->nlmsg_flags & NLM_F_REPLACE))
		return -EOPNOTSUPP;
	if (!err && attr[IFLA_ADDRESS] && iface->type->address_len)
		err = set_mac(iface, attr);
	if (!err && attr[IFLA_MTU])
		err = set_mtu(iface, attr);
	/* With an index the name is a new one. */
	if (!err && header->ifi_index > 0 && attr[IFLA_IFNAME] &&
	    *(const char *)netlink_data(attr[IFLA_IFNAME])) {
		err = px_iface_rename(iface, netlink_data(attr[IFLA_IFNAME]));
		if (err)
			nlq_error(attr, err, NULL, attr[IFLA_IFNAME]);
	}
	if (!err)
		err = set_flags(iface, header);
	if (!err && attr[IFLA_TXQLEN]) {
		uint32_t limit = netlink_u32(attr[IFLA_TXQLEN], 0);

		if (limit == 0 || limit > PX_TX_LIMIT * 100)
			return nlq_error(attr, -ERANGE, "queue length out of range", attr[IFLA_TXQLEN]);
		if (limit != iface->tx_limit) {
			iface->tx_limit = limit;
			px_event(iface->stack, PX_EVENT_IFACE_CHANGE, iface);
		}
	}
	return err ? err : netlink_af_spec(iface, attr, true);
}

int netlink_link_new(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	const struct ifinfomsg *header = NLMSG_DATA(msg);
	struct px_stack *stack = stackinfo;
	const struct netlink_links *links = stack->netlink->links;
	const struct nlattr *data;
	struct px_iface *iface;
	char kind[NETLINK_KIND_SIZE];
	int err = -EOPNOTSUPP, index;

	if (header->ifi_index < 0)
		return nlq_error(attr, -EINVAL, "ifindex can't be negative", NULL);
	read_info(attr[IFLA_LINKINFO], kind, sizeof(kind), &data);
	if (strcmp(kind, "vlan") == 0)
		err = netlink_vlan_new(stack, attr, data,
		    attr[IFLA_IFNAME] ? netlink_data(attr[IFLA_IFNAME]) : NULL,
		    (uint32_t)header->ifi_index);
	else if (kind[0] && links && links->make)
		err =
		    links->make(stack, kind, data ? netlink_data(data) : NULL, data ? netlink_len(data) : 0,
		        attr[IFLA_IFNAME] ? netlink_data(attr[IFLA_IFNAME]) : NULL,
		        (uint32_t)header->ifi_index);
	if (err == -EOPNOTSUPP && strcmp(kind, "vlan") != 0)
		return nlq_error(attr, err, "Unknown device type", attr[IFLA_LINKINFO]);
	if (err < 0)
		return err;
	index = err;
	iface = px_iface_by_index(stack, (uint32_t)index);
	if (!iface)
		return -ENODEV;
	/* The rest of the request is about the new one; whole or not at all. */
	err = check(iface, attr);
	if (!err && attr[IFLA_ADDRESS])
		err = set_mac(iface, attr);
	if (!err && attr[IFLA_MTU])
		err = set_mtu(iface, attr);
	if (!err)
		err = netlink_af_spec(iface, attr, true);
	if (!err)
		err = set_flags(iface, header);
	if (err) {
		if (!links || !links->remove || links->remove(iface))
			px_iface_del(iface);
		return err;
	}
	netlink_echo_link(stack, iface);
	/* Asked by IFLA_NEW_IFINDEX 0 (libnlq_server.h). */
	return attr[IFLA_NEW_IFINDEX] && netlink_u32(attr[IFLA_NEW_IFINDEX], 1) == 0 ? index : 0;
}

int netlink_link_del(void *entry, struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	struct px_stack *stack = stackinfo;
	struct px_iface *iface = entry;

	if (px_iface_is_loopback(iface))
		return -EOPNOTSUPP; /* as the kernel: it has no kind */
	if (!iface->link) {
		px_iface_del(iface);
		return 0;
	}
	if (!stack->netlink->links || !stack->netlink->links->remove)
		return -EOPNOTSUPP;
	return stack->netlink->links->remove(iface);
}
