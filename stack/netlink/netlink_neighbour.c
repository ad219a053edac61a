/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH. */
#include "netlink_internal.h"

#include <linux/neighbour.h>

/* ---- what is told ---- */

void netlink_describe_neighbour(
    struct netlink_message *message, uint16_t type, struct neighbour *neighbour)
{
	struct nlq_builder *builder = &message->builder;
	px_time now = neighbour->iface->stack->now, tick = PX_SEC / 100;
	enum neighbour_state state = neighbour->state;
	const struct ndmsg header = {
	    .ndm_family = (uint8_t)px_ip_family(&neighbour->ip),
	    .ndm_ifindex = (int)neighbour->iface->index,
	    .ndm_state = neighbour_state_nud(state),
	    .ndm_flags = neighbour->router ? NTF_ROUTER : 0,
	    .ndm_type = RTN_UNICAST,
	};
	const struct nda_cacheinfo info = {
	    .ndm_confirmed = (uint32_t)((now - neighbour->confirmed) / tick),
	    .ndm_used = (uint32_t)((now - neighbour->used) / tick),
	    .ndm_updated = (uint32_t)((now - neighbour->updated) / tick),
	};

	netlink_begin(message, type);
	nlq_build_bytes(builder, &header, sizeof(header));
	netlink_put_ip(message, NDA_DST, &neighbour->ip);
	if (header.ndm_state & (NUD_PERMANENT | NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE))
		nlq_build_attr(builder, NDA_LLADDR, neighbour->mac, PX_MAC_LEN);
	nlq_build_attr_u32(builder, NDA_PROBES, neighbour->probes);
	nlq_build_attr(builder, NDA_CACHEINFO, &info, sizeof(info));
}

/* ---- requests ---- */

struct key {
	struct px_iface *iface;
	struct px_ip ip;
};

/* In the kernel's order: address, interface, family. */
static int refuse_key(
    const struct ndmsg *header, struct nlattr **attr, const struct px_iface *iface)
{
	if (!attr[NDA_DST])
		return nlq_error(attr, -EINVAL, "Network address not specified", NULL);
	if (header->ndm_ifindex && !iface)
		return -ENODEV;
	if (header->ndm_family != AF_INET && header->ndm_family != AF_INET6)
		return nlq_error(attr, -EAFNOSUPPORT, "Unsupported neighbour family", NULL);
	if (header->ndm_flags & NTF_PROXY)
		return nlq_error(attr, -EOPNOTSUPP, "no proxy entries", NULL);
	return iface ? 0 : nlq_error(attr, -EINVAL, "Device not specified", NULL);
}

static int read_key(
    struct px_stack *stack, const struct ndmsg *header, struct nlattr **attr, struct key *key)
{
	int err;

	key->iface = px_iface_by_index(stack, (uint32_t)header->ndm_ifindex);
	err = refuse_key(header, attr, key->iface);
	if (err || !key->iface)
		return err ? err : -EINVAL;
	return netlink_ip(header->ndm_family, attr, NDA_DST, &key->ip);
}

void *netlink_neighbour_search(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	struct neighbour *neighbour;
	struct key key = {0};

	netlink_asked(stackinfo, msg);
	if (msg->nlmsg_type == RTM_NEWNEIGH)
		return netlink_new_entry(msg, stackinfo);
	if (msg->nlmsg_type != RTM_DELNEIGH && msg->nlmsg_type != RTM_GETNEIGH) {
		nlq_error(attr, -EOPNOTSUPP, NULL, NULL);
		return NULL;
	}
	/* What is wrong has been said; unsaid it is ENODEV. */
	if (read_key(stackinfo, NLMSG_DATA(msg), attr, &key) || !key.iface)
		return NULL;
	neighbour = neighbour_find(key.iface, &key.ip);
	if (!neighbour)
		nlq_error(attr, -ENOENT, "Neighbour entry not found", NULL);
	return neighbour;
}

/* In a dump: the interface. Nobody has a master. */
static int read_filter(
    const struct px_stack *stack, const struct ndmsg *header, struct nlattr **attr, uint32_t *index)
{
	static const uint16_t known[] = {NDA_IFINDEX, NDA_MASTER};

	*index = netlink_u32(attr[NDA_IFINDEX], 0);
	if (!netlink_is_strict(stack))
		return 0;
	if (header->ndm_ifindex || header->ndm_state || header->ndm_type)
		return nlq_error(attr, -EINVAL, "Invalid values in header for neighbor dump request", NULL);
	return netlink_only(attr, known, sizeof(known) / sizeof(known[0]));
}

int netlink_neighbour_get(void *entry, struct nlmsghdr *msg, struct nlattr **attr,
    struct nlq_msg **queue, void *stackinfo)
{
	const struct ndmsg *header = NLMSG_DATA(msg);
	const struct px_stack *stack = stackinfo;
	struct netlink_message message;
	struct neighbour *neighbour;
	uint32_t index;
	int err;

	if (entry) {
		(void)neighbour_current_state(entry);
		index = 0;
	} else {
		err = read_filter(stack, header, attr, &index);
		if (err || netlink_u32(attr[NDA_MASTER], 0))
			return err;
		/* What ran out is told as stale, before the list is walked: a change may be heard of. */
		list_for_each (neighbour, &stack->neighbours->lru, lru)
			(void)neighbour_current_state(neighbour);
	}
	list_for_each (neighbour, &stack->neighbours->lru, lru) {
		int family = px_ip_family(&neighbour->ip);

		if (entry ? entry != neighbour
		          : (header->ndm_family == AF_INET && family != AF_INET) ||
		                (header->ndm_family == AF_INET6 && family != AF_INET6) ||
		                (index && neighbour->iface->index != index))
			continue;
		netlink_describe_neighbour(&message, RTM_NEWNEIGH, neighbour);
		if (index)
			netlink_filtered(&message);
		netlink_answer(&message, queue);
	}
	return 0;
}

/* One state, not a set of them. NUD_NOARP is one that nobody asks for: permanent here. */
static int read_state(uint16_t nud, enum neighbour_state *state)
{
	if (nud == NUD_NOARP) {
		*state = NEIGHBOUR_PERMANENT;
		return 0;
	}
	for (int i = NEIGHBOUR_NONE; i < NEIGHBOUR_STATES; i++) {
		if (neighbour_state_nud((enum neighbour_state)i) == nud) {
			*state = (enum neighbour_state)i;
			return 0;
		}
	}
	return -EINVAL;
}

static bool has_mac(const struct neighbour *neighbour)
{
	switch (neighbour->state) {
	case NEIGHBOUR_NONE:
	case NEIGHBOUR_INCOMPLETE:
	case NEIGHBOUR_FAILED:
		return false;
	default:
		return true;
	}
}

static bool wants_mac(enum neighbour_state state)
{
	return state != NEIGHBOUR_NONE && state != NEIGHBOUR_INCOMPLETE && state != NEIGHBOUR_FAILED;
}

int netlink_neighbour_new(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	const struct ndmsg *header = NLMSG_DATA(msg);
	const uint8_t *mac = attr[NDA_LLADDR] ? netlink_data(attr[NDA_LLADDR]) : NULL;
	struct key key = {0};
	struct neighbour *neighbour;
	enum neighbour_state state;
	int err = read_key(stackinfo, header, attr, &key);

	if (err)
		return err;
	if (mac && netlink_len(attr[NDA_LLADDR]) < key.iface->type->address_len)
		return nlq_error(attr, -EINVAL, "Invalid link address", attr[NDA_LLADDR]);
	if (mac && netlink_len(attr[NDA_LLADDR]) < PX_MAC_LEN)
		mac = NULL;
	if (px_ip_is_multicast(&key.ip) || px_ip_is_any(&key.ip) || px_iface_is_loopback(key.iface))
		return nlq_error(attr, -EINVAL, "no neighbour can be there", attr[NDA_DST]);
	if (read_state(header->ndm_state, &state))
		return nlq_error(attr, -EINVAL, "Invalid state", NULL);
	neighbour = neighbour_find(key.iface, &key.ip);
	if (!neighbour && !(msg->nlmsg_flags & NLM_F_CREATE))
		return -ENOENT;
	if (neighbour && (msg->nlmsg_flags & NLM_F_EXCL))
		return -EEXIST;
	if (!mac && wants_mac(state) && !(neighbour && has_mac(neighbour)))
		return nlq_error(attr, -EINVAL, "No link layer address given", NULL);
	/* Without NLM_F_REPLACE another address does not take the place of one that is known. */
	if (neighbour && mac && has_mac(neighbour) && !(msg->nlmsg_flags & NLM_F_REPLACE) &&
	    memcmp(mac, neighbour->mac, PX_MAC_LEN) != 0)
		return 0;
	if (!neighbour)
		neighbour = neighbour_get(key.iface, &key.ip);
	if (!neighbour)
		return -ENOBUFS;
	neighbour->user = state == NEIGHBOUR_PERMANENT;
	if (header->ndm_flags & NTF_ROUTER)
		neighbour->router = true;
	neighbour_update(neighbour, mac, state);
	return 0;
}

int netlink_neighbour_set(void *entry, struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	return netlink_neighbour_new(msg, attr, stackinfo);
}

int netlink_neighbour_del(void *entry, struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	neighbour_delete(entry);
	return 0;
}
