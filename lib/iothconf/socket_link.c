/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the stack says about an interface: its link-local address, its link, and changes of both. */
#include <errno.h>
#include <string.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <ioth.h>

#include "socket.h"

int socket_changes(struct ioth *stack)
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

/* One message of a datagram, which may hold several; the last word about the link counts. */
static enum socket_change change_of(const struct nlmsghdr *message, unsigned int ifindex)
{
	struct ifinfomsg info;

	if (message->nlmsg_type != RTM_NEWLINK ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg)))
		return SOCKET_SOMETHING;
	memcpy(&info, NLMSG_DATA(message), sizeof(info));
	if ((unsigned int)info.ifi_index != ifindex)
		return SOCKET_SOMETHING;
	return info.ifi_flags & IFF_RUNNING ? SOCKET_LINK_UP : SOCKET_LINK_DOWN;
}

enum socket_change socket_read_change(int fd, unsigned int ifindex)
{
	union {
		struct nlmsghdr message;
		char bytes[8192];
	} buffer;
	enum socket_change change = SOCKET_SOMETHING;
	ssize_t got;
	size_t left;

	do
		got = ioth_recv(fd, &buffer, sizeof(buffer), MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	if (got < 0) /* some were lost: look for yourself */
		return errno == ENOBUFS ? SOCKET_SOMETHING : SOCKET_NOTHING;
	left = (size_t)got;
	for (const struct nlmsghdr *message = &buffer.message; NLMSG_OK(message, left);
	     message = NLMSG_NEXT(message, left)) {
		enum socket_change said = change_of(message, ifindex);

		if (said != SOCKET_SOMETHING)
			change = said;
	}
	return change;
}

int socket_link_local(struct ioth *stack, const char *interface, uint8_t address[16])
{
	struct ifaddrs *list;
	int error = -ENOENT;

	if (ioth_getifaddrs(stack, &list) < 0)
		return -errno;
	for (const struct ifaddrs *item = list; item; item = item->ifa_next) {
		struct sockaddr_in6 name;

		if (!item->ifa_addr || item->ifa_addr->sa_family != AF_INET6 ||
		    strcmp(item->ifa_name, interface) != 0)
			continue;
		memcpy(&name, item->ifa_addr, sizeof(name));
		if (!IN6_IS_ADDR_LINKLOCAL(&name.sin6_addr))
			continue;
		memcpy(address, &name.sin6_addr, 16);
		error = 0;
		break;
	}
	ioth_freeifaddrs(list);
	return error;
}

bool socket_link_runs(struct ioth *stack, const char *interface)
{
	struct ifaddrs *list;
	bool runs = false;

	if (ioth_getifaddrs(stack, &list) < 0)
		return false;
	for (const struct ifaddrs *item = list; item; item = item->ifa_next) {
		if (strcmp(item->ifa_name, interface) == 0) {
			runs = item->ifa_flags & IFF_RUNNING;
			break;
		}
	}
	ioth_freeifaddrs(list);
	return runs;
}
