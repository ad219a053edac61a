/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See nlq_socket.h. */
#include "nlq_socket.h"

#include <errno.h>
#include <ioth.h>
#include <linux/rtnetlink.h>

static ssize_t socket_send(void *context, const void *message, size_t len)
{
	const int *fd = context;
	ssize_t sent = ioth_send(*fd, message, len, MSG_NOSIGNAL);

	return sent < 0 ? -errno : sent;
}

static ssize_t socket_recv(void *context, void *buffer, size_t size)
{
	const int *fd = context;

	for (;;) {
		struct sockaddr_nl sender = {.nl_pid = 0};
		socklen_t sender_len = sizeof(sender);
		ssize_t len =
		    ioth_recvfrom(*fd, buffer, size, MSG_TRUNC, (struct sockaddr *)&sender, &sender_len);

		if (len < 0)
			return -errno;
		/* Other processes may write to our port. The kernel's own is 0, and so is it where a
		 * stack gives no sender at all. */
		if (sender.nl_pid == 0)
			return len;
	}
}

struct nlq_io nlq_socket_io(int *fd)
{
	return (struct nlq_io){.send = socket_send, .recv = socket_recv, .context = fd};
}

int nlq_socket_fd(struct ioth *stack, int protocol)
{
	const struct sockaddr_nl any = {.nl_family = AF_NETLINK};
	int fd = ioth_msocket(stack, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), error;

	if (fd < 0)
		return -errno;
	if (ioth_bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0) {
		error = -errno;
		ioth_close(fd);
		return error;
	}
	return fd;
}

int nlq_socket_open(struct nlq_socket *sock, struct ioth *stack)
{
	sock->fd = nlq_socket_fd(stack, NETLINK_ROUTE);
	sock->io = nlq_socket_io(&sock->fd);
	return sock->fd < 0 ? sock->fd : 0;
}

void nlq_socket_close(struct nlq_socket *sock)
{
	ioth_close(sock->fd);
}
