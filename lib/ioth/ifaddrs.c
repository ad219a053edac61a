/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* getifaddrs(3) for a stack: a dump of its links, then one of its addresses (rtnetlink(7)).
 *
 * The list has the form that the C library's has: for each interface an AF_PACKET entry with its
 * link statistics (if the stack tells them), then an entry for each address. An entry and all that
 * it points to is one allocation.
 *
 * What is dumped may change meanwhile (NLM_F_DUMP_INTR): then it is asked for again, a few times; a
 * stack that never stands still is shown as it was seen last.
 */
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <ioth.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include "nlq_socket.h"
#include "nlq_message.h"

#define DUMP_ATTEMPTS 5
#define DUMP_BUFFER                                                                                \
	32768 /* the kernel makes the datagrams of a dump as large as the buffer, up to this */
#define HARDWARE_LEN 32 /* MAX_ADDR_LEN of <linux/netdevice.h> */

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_ll link;
	/* sll_addr is declared shorter than what some hardware has. */
	unsigned char room[offsetof(struct sockaddr_ll, sll_addr) + HARDWARE_LEN];
};

struct entry {
	struct ifaddrs public; /* first: the list is made of these */
	unsigned int ifindex;
	char name[IFNAMSIZ];
	union address address, netmask, peer; /* peer: or broadcast */
	struct rtnl_link_stats statistics;
};

struct entries {
	struct ifaddrs *first, **end;
};

static struct entry *entry_of(struct ifaddrs *public)
{
	return (struct entry *)(void *)public;
}

static struct entry *entry_add(struct entries *entries)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->public.ifa_name = entry->name;
	*entries->end = &entry->public;
	entries->end = &entry->public.ifa_next;
	return entry;
}

/* Shortens the list to what lies before `end`. */
static void entries_cut(struct entries *entries, struct ifaddrs **end)
{
	ioth_freeifaddrs(*end);
	*end = NULL;
	entries->end = end;
}

/* ---- links ---- */

static struct sockaddr *set_hardware(
    union address *address, const struct ifinfomsg *link, const struct nlattr *attr)
{
	size_t len = attr ? nlq_attr_len(attr) : 0;

	if (len > HARDWARE_LEN)
		len = 0;
	address->link.sll_family = AF_PACKET;
	address->link.sll_ifindex = link->ifi_index;
	address->link.sll_hatype = link->ifi_type;
	address->link.sll_halen = (unsigned char)len;
	if (len)
		memcpy(address->room + offsetof(struct sockaddr_ll, sll_addr), nlq_attr_data(attr), len);
	return &address->any;
}

static int add_link(const struct nlmsghdr *message, void *argument)
{
	const struct ifinfomsg *link = nlq_message_body(message, sizeof(*link));
	const struct nlattr *attr[IFLA_MAX + 1];
	struct entries *entries = argument;
	struct entry *entry;

	if (message->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (!link || nlq_parse_attrs(nlq_message_attrs(message, sizeof(*link)), attr, IFLA_MAX) < 0)
		return -EBADMSG;
	entry = entry_add(entries);
	if (!entry)
		return -ENOMEM;
	if (nlq_attr_string(attr[IFLA_IFNAME], entry->name, sizeof(entry->name)) < 0)
		return -EBADMSG;
	entry->ifindex = (unsigned int)link->ifi_index;
	entry->public.ifa_flags = link->ifi_flags;
	entry->public.ifa_addr = set_hardware(&entry->address, link, attr[IFLA_ADDRESS]);
	if (attr[IFLA_BROADCAST])
		entry->public.ifa_broadaddr = set_hardware(&entry->peer, link, attr[IFLA_BROADCAST]);
	if (attr[IFLA_STATS] && nlq_attr_len(attr[IFLA_STATS]) >= sizeof(entry->statistics)) {
		memcpy(&entry->statistics, nlq_attr_data(attr[IFLA_STATS]), sizeof(entry->statistics));
		entry->public.ifa_data = &entry->statistics;
	}
	return 0;
}

static const struct entry *find_link(const struct entries *entries, unsigned int ifindex)
{
	for (struct ifaddrs *link = entries->first; link; link = link->ifa_next) {
		if (link->ifa_addr->sa_family == AF_PACKET && entry_of(link)->ifindex == ifindex)
			return entry_of(link);
	}
	return NULL;
}

/* ---- addresses ---- */

static size_t address_len(int family)
{
	return family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

/* Where the binary address lies; sets the family. */
static unsigned char *address_bytes(union address *address, int family)
{
	address->any.sa_family = (sa_family_t)family;
	return family == AF_INET ? (unsigned char *)&address->in.sin_addr
	                         : address->in6.sin6_addr.s6_addr;
}

static struct sockaddr *set_address(
    union address *address, const struct ifaddrmsg *header, const struct nlattr *attr)
{
	if (!attr || nlq_attr_len(attr) != address_len(header->ifa_family))
		return NULL;
	memcpy(address_bytes(address, header->ifa_family), nlq_attr_data(attr), nlq_attr_len(attr));
	/* RFC 4007, 6: an address of link scope means nothing without its zone. */
	if (header->ifa_family == AF_INET6 && (IN6_IS_ADDR_LINKLOCAL(&address->in6.sin6_addr) ||
	                                          IN6_IS_ADDR_MC_LINKLOCAL(&address->in6.sin6_addr)))
		address->in6.sin6_scope_id = header->ifa_index;
	return &address->any;
}

static struct sockaddr *set_netmask(union address *netmask, const struct ifaddrmsg *header)
{
	unsigned char *bytes = address_bytes(netmask, header->ifa_family);
	size_t len = address_len(header->ifa_family);

	for (size_t bit = 0; bit < header->ifa_prefixlen && bit < 8 * len; bit++)
		bytes[bit / 8] |= (unsigned char)(0x80 >> bit % 8);
	return &netmask->any;
}

static int add_address(const struct nlmsghdr *message, void *argument)
{
	const struct ifaddrmsg *header = nlq_message_body(message, sizeof(*header));
	const struct nlattr *attr[IFA_MAX + 1];
	const struct nlattr *local, *peer;
	struct entries *entries = argument;
	const struct entry *link;
	struct entry *entry;

	if (message->nlmsg_type != RTM_NEWADDR)
		return 0;
	if (!header || nlq_parse_attrs(nlq_message_attrs(message, sizeof(*header)), attr, IFA_MAX) < 0)
		return -EBADMSG;
	/* A link that came after its dump is left out with its addresses. */
	link = find_link(entries, header->ifa_index);
	if (!link || (header->ifa_family != AF_INET && header->ifa_family != AF_INET6))
		return 0;
	entry = entry_add(entries);
	if (!entry)
		return -ENOMEM;
	if (nlq_attr_string(attr[IFA_LABEL], entry->name, sizeof(entry->name)) < 0)
		memcpy(entry->name, link->name, sizeof(entry->name));
	entry->ifindex = link->ifindex;
	entry->public.ifa_flags = link->public.ifa_flags;
	/* IFA_LOCAL is ours, and IFA_ADDRESS then is the peer's if it differs (rtnetlink(7)); IPv6
	 * leaves IFA_LOCAL out where there is no peer. */
	local = attr[IFA_LOCAL] ? attr[IFA_LOCAL] : attr[IFA_ADDRESS];
	peer = attr[IFA_LOCAL] ? attr[IFA_ADDRESS] : NULL;
	entry->public.ifa_addr = set_address(&entry->address, header, local);
	if (!entry->public.ifa_addr)
		return -EBADMSG;
	entry->public.ifa_netmask = set_netmask(&entry->netmask, header);
	if (attr[IFA_BROADCAST])
		entry->public.ifa_broadaddr = set_address(&entry->peer, header, attr[IFA_BROADCAST]);
	else if (peer)
		entry->public.ifa_dstaddr = set_address(&entry->peer, header, peer);
	return 0;
}

/* ---- the list ---- */

static int dump(struct nlq_socket *netlink, uint16_t type, nlq_answer *add, struct entries *entries)
{
	struct ifaddrs **end = entries->end;
	void *buffer = malloc(DUMP_BUFFER);
	int error = -EINTR;

	if (!buffer)
		return -ENOMEM;
	for (int attempt = 0; attempt < DUMP_ATTEMPTS && error == -EINTR; attempt++) {
		struct {
			struct nlmsghdr header;
			struct ifinfomsg link; /* that of addresses is shorter */
		} request = {
		    .header.nlmsg_len = NLMSG_LENGTH(
		        type == RTM_GETLINK ? sizeof(struct ifinfomsg) : sizeof(struct ifaddrmsg)),
		    .header.nlmsg_type = type,
		    .header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		};

		entries_cut(entries, end);
		error = nlq_dialog_buffer(&netlink->io, &request.header, add, entries, buffer, DUMP_BUFFER);
	}
	free(buffer);
	return error == -EINTR ? 0 : error;
}

int ioth_getifaddrs(struct ioth *stack, struct ifaddrs **list)
{
	struct entries entries = {.first = NULL, .end = &entries.first};
	struct nlq_socket netlink;
	int error;

	if (!list) {
		errno = EINVAL;
		return -1;
	}
	error = nlq_socket_open(&netlink, stack);
	if (error)
		goto fail;
	error = dump(&netlink, RTM_GETLINK, add_link, &entries);
	if (!error)
		error = dump(&netlink, RTM_GETADDR, add_address, &entries);
	nlq_socket_close(&netlink);
	if (error < 0)
		goto fail;
	*list = entries.first;
	return 0;

fail:
	ioth_freeifaddrs(entries.first);
	errno = -error;
	return -1;
}

void ioth_freeifaddrs(struct ifaddrs *list)
{
	while (list) {
		struct ifaddrs *next = list->ifa_next;

		free(entry_of(list));
		list = next;
	}
}
