/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets: see socket.h. */
#include "socket.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <ioth.h>

#define UDP_BUFFER (1 << 20) /* of a service: what comes while a burst is passed on */

int socket_set(int fd, int level, int option, int value)
{
	return ioth_setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int close_failed(int fd, int err)
{
	ioth_close(fd);
	return err;
}

/* Bound to an address of ours. Connections that have just ended do not keep a service from starting
 * again, and neither do clients with sockets of their own (SO_REUSEADDR). */
static int open_bound(struct ioth *stack, int type, const struct in6_addr *address, uint16_t port)
{
	const struct sockaddr_in6 own = {
	    .sin6_family = AF_INET6, .sin6_addr = *address, .sin6_port = htons(port)};
	int fd = ioth_msocket(stack, AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = socket_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (!err)
		err = socket_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!err && ioth_bind(fd, (const struct sockaddr *)&own, sizeof(own)) < 0)
		err = -errno;
	return err ? close_failed(fd, err) : fd;
}

int socket_open_outer(
    struct ioth *stack, const struct service *service, const struct in6_addr *address, int backlog)
{
	int fd = open_bound(stack, service->type, address, service->port);

	if (fd < 0)
		return fd;
	if (service->type == SOCK_DGRAM)
		(void)socket_set(fd, SOL_SOCKET, SO_RCVBUF, UDP_BUFFER); /* as much as there may be */
	else if (ioth_listen(fd, backlog) < 0)
		return close_failed(fd, -errno);
	return fd;
}

int socket_open_for(struct ioth *stack, const struct in6_addr *address, uint16_t port,
    const struct sockaddr_in6 *client)
{
	int fd = open_bound(stack, SOCK_DGRAM, address, port);

	if (fd >= 0 && ioth_connect(fd, (const struct sockaddr *)client, sizeof(*client)) < 0)
		return close_failed(fd, -errno);
	return fd;
}

int socket_open_inner(struct ioth *stack, const struct service *service)
{
	int fd = ioth_msocket(
	    stack, service->inner.any.sa_family, service->type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	/* What the client has sent in one piece arrives in one. */
	if (service->type == SOCK_STREAM)
		(void)socket_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (ioth_connect(fd, &service->inner.any, service->inner_len) < 0 && errno != EINPROGRESS)
		return close_failed(fd, -errno);
	return fd;
}

void socket_abort(int fd)
{
	const struct linger at_once = {.l_onoff = 1};

	(void)ioth_setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	ioth_close(fd);
}
