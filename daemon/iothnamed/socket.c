/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets of both roles: see socket.h. */
#include "socket.h"

#include <errno.h>
#include <ioth.h>

int named_socket_set(int fd, int level, int option, int value)
{
	return ioth_setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

int named_socket_open(struct ioth *stack, int type, uint16_t port, enum named_sharing sharing)
{
	const struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = ioth_msocket(stack, AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = named_socket_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	/* Connections that have just ended do not keep a server from starting again. */
	if (!err && type == SOCK_STREAM)
		err = named_socket_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!err && sharing == NAMED_OTHER)
		err = named_socket_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (!err && ioth_bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0)
		err = -errno;
	/* Not before: two servers may not have one port because both have several workers. */
	if (!err && sharing == NAMED_FIRST)
		err = named_socket_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (!err)
		return fd;
	ioth_close(fd);
	return err;
}
