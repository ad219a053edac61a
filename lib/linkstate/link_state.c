/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a stack says about an interface: see link_state.h. */
#include "link_state.h"

#include <errno.h>
#include <string.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <ioth.h>

int link_changes(struct ioth *stack)
{
	struct sockaddr_nl name = {
	    .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK | RTMGRP_IPV6_IFADDR};
	int fd =
	    ioth_msocket(stack, AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
	int error;

	if (fd < 0)
		return -errno;
	if (ioth_bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0)
		return fd;
	error = -errno;
	ioth_close(fd);
	return error;
}

/* What one message says. */
static enum link_change change_of(
    const uint8_t *message, const struct nlmsghdr *header, unsigned int ifindex)
{
	struct ifinfomsg info;

	if ((header->nlmsg_type != RTM_NEWLINK && header->nlmsg_type != RTM_DELLINK) ||
	    header->nlmsg_len < NLMSG_LENGTH(sizeof(info)))
		return LINK_SOMETHING;
	memcpy(&info, message + NLMSG_HDRLEN, sizeof(info));
	if ((unsigned int)info.ifi_index != ifindex)
		return LINK_SOMETHING;
	if (header->nlmsg_type == RTM_DELLINK) /* of AF_BRIDGE: it has left a bridge */
		return info.ifi_family == AF_UNSPEC ? LINK_GONE : LINK_SOMETHING;
	return info.ifi_flags & IFF_RUNNING ? LINK_UP : LINK_DOWN;
}

/* A datagram may hold several messages: the last word about the link counts, unless it is about
 * another link. */
enum link_change link_read_change(int fd, unsigned int ifindex)
{
	uint8_t buffer[8192];
	enum link_change change = LINK_SOMETHING;
	struct nlmsghdr header;
	ssize_t got;

	do
		got = ioth_recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	if (got < 0) /* some were lost: look for yourself */
		return errno == ENOBUFS ? LINK_SOMETHING : LINK_NOTHING;
	for (size_t at = 0; at + sizeof(header) <= (size_t)got;
	     at += NLMSG_ALIGN((size_t)header.nlmsg_len)) {
		enum link_change said;

		memcpy(&header, buffer + at, sizeof(header));
		if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > (size_t)got - at)
			break;
		said = change_of(buffer + at, &header, ifindex);
		if (said != LINK_SOMETHING && change != LINK_GONE)
			change = said;
	}
	return change;
}

/* Is this item the link-local address of the interface? */
static bool take_link_local(const struct ifaddrs *item, const char *interface, uint8_t address[16])
{
	struct sockaddr_in6 name;

	if (!item->ifa_addr || item->ifa_addr->sa_family != AF_INET6 ||
	    strcmp(item->ifa_name, interface) != 0)
		return false;
	memcpy(&name, item->ifa_addr, sizeof(name));
	if (!IN6_IS_ADDR_LINKLOCAL(&name.sin6_addr))
		return false;
	memcpy(address, &name.sin6_addr, 16);
	return true;
}

int link_ready(struct ioth *stack, const char *interface, unsigned int flags, uint8_t address[16])
{
	struct ifaddrs *list;
	int error = -ENOENT;

	if (ioth_getifaddrs(stack, &list) < 0)
		return errno == ENOENT ? -EIO : -errno;
	for (const struct ifaddrs *item = list; item && error; item = item->ifa_next) {
		if ((item->ifa_flags & flags) == flags && take_link_local(item, interface, address))
			error = 0;
	}
	ioth_freeifaddrs(list);
	return error;
}

int link_local_address(struct ioth *stack, const char *interface, uint8_t address[16])
{
	return link_ready(stack, interface, 0, address);
}

bool link_is(struct ioth *stack, const char *interface, unsigned int flags)
{
	struct ifaddrs *list;
	bool is = false;

	if (ioth_getifaddrs(stack, &list) < 0)
		return false;
	for (const struct ifaddrs *item = list; item; item = item->ifa_next) {
		if (strcmp(item->ifa_name, interface) == 0) {
			is = item->ifa_flags & flags;
			break;
		}
	}
	ioth_freeifaddrs(list);
	return is;
}
