/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ioctls of netdevice(7) that are about IPv4 addresses.
 *
 * They are from a time when an interface had one address, of a class. What they mean today is the
 * kernel's devinet_ioctl:
 *
 *   - "The" address of a name is the first whose label is the name; the label of an address is its
 *     interface's name, or an alias ("eth0:1"). To get, the address given may tell which one.
 *   - SIOCSIFADDR replaces it, with the mask of its class (RFC 791, 3.2) and the broadcast address
 *     that follows from it.
 *   - The others change a part of it, in netlink: delete and add again, since the prefix length is
 * a part of an address' identity. If adding fails, the old address is put back.
 *
 * A stack that knows no labels has the names of its interfaces in their place.
 */
#include "nlq_ioctl.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <libnlq_server.h>

#include "nlq_links.h"
#include "nlq_message.h"

#define REQUEST_SIZE 256

/* Addresses in network order. */
struct address {
	unsigned int ifindex;
	uint32_t local;
	uint32_t peer; /* IFA_ADDRESS: the other end, or the same as local */
	uint32_t broadcast;
	uint32_t flags;
	uint8_t prefixlen;
	uint8_t scope;
	char label[IFNAMSIZ]; /* "": the stack gave none */
};

static uint32_t mask_of(uint8_t prefixlen)
{
	uint32_t mask;

	nlq_prefix2mask(AF_INET, &mask, prefixlen);
	return mask;
}

/* Returns false if the message is not about an IPv4 address. */
static bool read_address(const struct nlmsghdr *message, struct address *address)
{
	const struct ifaddrmsg *header = nlq_message_body(message, sizeof(*header));
	const struct nlattr *attrs[IFA_FLAGS + 1];

	if (message->nlmsg_type != RTM_NEWADDR || !header || header->ifa_family != AF_INET ||
	    nlq_parse_attrs(nlq_message_attrs(message, sizeof(*header)), attrs, IFA_FLAGS))
		return false;
	*address = (struct address){
	    .ifindex = header->ifa_index,
	    .prefixlen = header->ifa_prefixlen,
	    .scope = header->ifa_scope,
	    .flags = header->ifa_flags,
	};
	if (!nlq_attr_u32(attrs[IFA_LOCAL], &address->local) &&
	    !nlq_attr_u32(attrs[IFA_ADDRESS], &address->local))
		return false;
	if (!nlq_attr_u32(attrs[IFA_ADDRESS], &address->peer))
		address->peer = address->local;
	nlq_attr_u32(attrs[IFA_BROADCAST], &address->broadcast);
	nlq_attr_u32(attrs[IFA_FLAGS], &address->flags);
	if (nlq_attr_string(attrs[IFA_LABEL], address->label, sizeof(address->label)) < 0)
		address->label[0] = '\0';
	return true;
}

/* ---- finding -------------------------------------------------------------------------------- */

struct wanted {
	char label[IFNAMSIZ];
	const struct nlq_link *link;
	bool by_address;
	uint32_t local;
	bool exact; /* found by label and address, not by label alone */
	bool found;
	struct address address;
};

static int match(const struct nlmsghdr *message, void *argument)
{
	struct wanted *wanted = argument;
	struct address address;
	bool exact;

	if (!read_address(message, &address) || address.ifindex != wanted->link->ifindex)
		return 0;
	if (!address.label[0])
		memcpy(address.label, wanted->link->name, sizeof(address.label));
	if (strcmp(address.label, wanted->label) != 0)
		return 0;
	exact = wanted->by_address && address.local == wanted->local;
	if (!wanted->found || (exact && !wanted->exact)) {
		wanted->address = address;
		wanted->exact = exact;
		wanted->found = true;
	}
	return 0;
}

static void forget(void *argument)
{
	struct wanted *wanted = argument;

	wanted->found = wanted->exact = false;
}

/* The interface of a name, cut at its colon, and the address whose label the name is. Returns 0,
 * -ENODEV, -EADDRNOTAVAIL (the interface is there), or what nlq_dialog returns. */
static int find(const struct nlq_io *io, const struct ifreq *ifr, const uint32_t *local,
    struct nlq_link *link, struct address *address)
{
	struct wanted wanted = {.link = link, .by_address = local, .local = local ? *local : 0};
	char name[IFNAMSIZ];
	int error;

	memcpy(wanted.label, ifr->ifr_name, sizeof(wanted.label));
	wanted.label[IFNAMSIZ - 1] = '\0';
	memcpy(name, wanted.label, sizeof(name));
	name[strcspn(name, ":")] = '\0';
	error = nlq_dialog_link(io, name, 0, link);
	if (!error)
		error = nlq_dialog_dump(io, RTM_GETADDR, AF_INET, match, forget, &wanted);
	if (error < 0)
		return error;
	if (!wanted.found)
		return -EADDRNOTAVAIL;
	*address = wanted.address;
	return 0;
}

/* ---- changing ------------------------------------------------------------------------------- */

static int send_change(const struct nlq_io *io, bool add, const struct address *address)
{
	const struct ifaddrmsg header = {
	    .ifa_family = AF_INET,
	    .ifa_prefixlen = address->prefixlen,
	    .ifa_scope = address->scope,
	    .ifa_index = address->ifindex,
	};
	uint32_t flags = address->flags & ~(uint32_t)(IFA_F_SECONDARY | IFA_F_PERMANENT);
	NLQ_BUFFER(buffer, REQUEST_SIZE);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	int result;

	nlq_build_message(&builder, add ? RTM_NEWADDR : RTM_DELADDR,
	    NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0), 0, 0);
	nlq_build_bytes(&builder, &header, sizeof(header));
	nlq_build_attr_u32(&builder, IFA_LOCAL, address->local);
	nlq_build_attr_u32(&builder, IFA_ADDRESS, address->peer);
	if (add && address->broadcast)
		nlq_build_attr_u32(&builder, IFA_BROADCAST, address->broadcast);
	if (add && flags)
		nlq_build_attr_u32(&builder, IFA_FLAGS, flags);
	if (address->label[0])
		nlq_build_attr_string(&builder, IFA_LABEL, address->label);
	result = nlq_dialog(io, nlq_build_finish(&builder), NULL, NULL);
	return result < 0 ? result : 0;
}

static int replace(const struct nlq_io *io, const struct address *old, const struct address *new)
{
	int error = old ? send_change(io, false, old) : 0;

	/* The address 0.0.0.0 means: none. */
	if (error || !new->local)
		return error;
	error = send_change(io, true, new);
	if (error && old)
		send_change(io, true, old);
	return error;
}

/* The prefix length of an address' class; -1: it is a multicast address. */
static int class_of(uint32_t address)
{
	uint32_t host = ntohl(address);

	if (host >> 24 == 0 || host == INADDR_BROADCAST)
		return 0;
	if (IN_CLASSA(host))
		return 8;
	if (IN_CLASSB(host))
		return 16;
	if (IN_CLASSC(host))
		return 24;
	return IN_MULTICAST(host) ? -1 : 32;
}

static int set_address(const struct nlq_io *io, const struct ifreq *ifr, uint32_t local,
    const struct nlq_link *link, const struct address *old)
{
	struct address new = {.ifindex = link->ifindex, .local = local, .peer = local};
	int prefixlen = class_of(local);

	if (prefixlen < 0)
		return -EINVAL;
	if (old && old->local == local)
		return 0;
	if (old) {
		memcpy(new.label, old->label, sizeof(new.label));
		new.flags = old->flags;
	} else {
		memcpy(new.label, ifr->ifr_name, sizeof(new.label));
		new.label[IFNAMSIZ - 1] = '\0';
	}
	new.prefixlen = (uint8_t)(link->flags & IFF_POINTOPOINT ? 32 : prefixlen);
	if ((link->flags & IFF_BROADCAST) && new.prefixlen < 31)
		new.broadcast = local | ~mask_of(new.prefixlen);
	if (ntohl(local) >> 24 == IN_LOOPBACKNET)
		new.scope = RT_SCOPE_HOST;
	return replace(io, old, &new);
}

static int set_mask(
    const struct nlq_io *io, uint32_t mask, const struct nlq_link *link, const struct address *old)
{
	struct address new = *old;

	new.prefixlen = (uint8_t)nlq_mask2prefix(AF_INET, &mask);
	if (mask_of(new.prefixlen) != mask)
		return -EINVAL;
	if (new.prefixlen == old->prefixlen)
		return 0;
	/* A broadcast address that followed from the mask goes on doing so. */
	if ((link->flags & IFF_BROADCAST) && new.prefixlen < 31 &&
	    old->broadcast == (old->local | ~mask_of(old->prefixlen)))
		new.broadcast = new.local | ~mask;
	return replace(io, old, &new);
}

static int set_broadcast(const struct nlq_io *io, uint32_t broadcast, const struct address *old)
{
	struct address new = *old;

	new.broadcast = broadcast;
	return new.broadcast == old->broadcast ? 0 : replace(io, old, &new);
}

static int set_peer(const struct nlq_io *io, uint32_t peer, const struct address *old)
{
	struct address new = *old;

	new.peer = peer;
	if (new.peer == old->peer)
		return 0;
	return class_of(peer) < 0 ? -EINVAL : replace(io, old, &new);
}

static int set(const struct nlq_io *io, unsigned long request, const struct ifreq *ifr)
{
	struct sockaddr_in given;
	struct address old;
	struct nlq_link link;
	int error;

	memcpy(&given, &ifr->ifr_addr, sizeof(given));
	if (given.sin_family != AF_INET)
		return -EINVAL;
	error = find(io, ifr, NULL, &link, &old);
	if (request == SIOCSIFADDR && (!error || error == -EADDRNOTAVAIL))
		return set_address(io, ifr, given.sin_addr.s_addr, &link, error ? NULL : &old);
	if (error)
		return error;
	if (request == SIOCSIFNETMASK)
		return set_mask(io, given.sin_addr.s_addr, &link, &old);
	if (request == SIOCSIFBRDADDR)
		return set_broadcast(io, given.sin_addr.s_addr, &old);
	return set_peer(io, given.sin_addr.s_addr, &old);
}

static void give(struct sockaddr *place, uint32_t address)
{
	const struct sockaddr_in value = {.sin_family = AF_INET, .sin_addr = {address}};

	memcpy(place, &value, sizeof(value));
}

static int get(const struct nlq_io *io, unsigned long request, struct ifreq *ifr)
{
	struct sockaddr_in given;
	struct address address;
	struct nlq_link link;
	bool has_address;
	int error;

	memcpy(&given, &ifr->ifr_addr, sizeof(given));
	has_address = given.sin_family == AF_INET;
	error = find(io, ifr, has_address ? &given.sin_addr.s_addr : NULL, &link, &address);
	if (error)
		return error;
	if (request == SIOCGIFADDR)
		give(&ifr->ifr_addr, address.local);
	else if (request == SIOCGIFNETMASK)
		give(&ifr->ifr_netmask, mask_of(address.prefixlen));
	else if (request == SIOCGIFBRDADDR)
		give(&ifr->ifr_broadaddr, address.broadcast);
	else
		give(&ifr->ifr_dstaddr, address.peer);
	return 0;
}

int nlq_dialog_ioctl_addr(const struct nlq_io *io, unsigned long request, struct ifreq *ifr)
{
	switch (request) {
	case SIOCGIFADDR:
	case SIOCGIFNETMASK:
	case SIOCGIFBRDADDR:
	case SIOCGIFDSTADDR:
		return get(io, request, ifr);
	default:
		return set(io, request, ifr);
	}
}

int nlq_dialog_alias_flags(const struct nlq_io *io, const struct ifreq *ifr)
{
	struct address address;
	struct nlq_link link;
	int error = find(io, ifr, NULL, &link, &address);

	if (error || (ifr->ifr_flags & IFF_UP))
		return error;
	return send_change(io, false, &address);
}

/* ---- SIOCGIFCONF ---------------------------------------------------------------------------- */

struct list {
	const struct nlq_names *names;
	struct ifconf *ifconf; /* its buffer NULL: count alone */
	int room;              /* bytes */
	int used;
};

static int add_to_list(const struct nlmsghdr *message, void *argument)
{
	struct list *list = argument;
	struct ifreq ifr = {.ifr_flags = 0};
	struct address address;

	if (!read_address(message, &address))
		return 0;
	if (list->ifconf->ifc_buf) {
		if (list->room - list->used < (int)sizeof(ifr))
			return 0;
		if (!address.label[0])
			strcpy(address.label, nlq_names_find(list->names, address.ifindex));
		memcpy(ifr.ifr_name, address.label, sizeof(ifr.ifr_name));
		give(&ifr.ifr_addr, address.local);
		memcpy(list->ifconf->ifc_buf + list->used, &ifr, sizeof(ifr));
	}
	list->used += (int)sizeof(ifr);
	return 0;
}

static void empty_list(void *argument)
{
	struct list *list = argument;

	list->used = 0;
}

int nlq_dialog_ifconf(const struct nlq_io *io, struct ifconf *ifconf)
{
	struct nlq_names names;
	struct list list = {.names = &names, .ifconf = ifconf, .room = ifconf->ifc_len};
	int error = nlq_dialog_names(io, &names);

	if (error)
		return error;
	error = nlq_dialog_dump(io, RTM_GETADDR, AF_INET, add_to_list, empty_list, &list);
	free(names.list);
	if (error < 0)
		return error;
	ifconf->ifc_len = list.used;
	return 0;
}
