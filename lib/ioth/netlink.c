/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A NETLINK_ROUTE socket of a stack. It is opened for one dialog, as nlinline does: a stack has no
 * descriptors of its own, and nothing is left open that a fork or a delstack would have to think
 * of. The calls are those that a program would use, so any stack that speaks netlink serves.
 */
#include "netlink.h"

#include <errno.h>
#include <ioth.h>
#include <linux/rtnetlink.h>

static ssize_t netlink_send(void *context, const void *message, size_t len)
{
	const int *fd = context;
	ssize_t sent = ioth_send(*fd, message, len, MSG_NOSIGNAL);

	return sent < 0 ? -errno : sent;
}

static ssize_t netlink_recv(void *context, void *buffer, size_t size)
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

int netlink_open(struct netlink *netlink, struct ioth *stack)
{
	struct sockaddr_nl any = {.nl_family = AF_NETLINK};
	int error;

	netlink->fd = ioth_msocket(stack, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (netlink->fd < 0)
		return -errno;
	if (ioth_bind(netlink->fd, (struct sockaddr *)&any, sizeof(any)) < 0) {
		error = -errno;
		ioth_close(netlink->fd);
		return error;
	}
	netlink->io =
	    (struct nlq_io){.send = netlink_send, .recv = netlink_recv, .context = &netlink->fd};
	return 0;
}

void netlink_close(struct netlink *netlink)
{
	ioth_close(netlink->fd);
}
