/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dialogs (nlq_dialog.h) with a stack, over an AF_NETLINK socket of its own. */
#ifndef PX_IO_H
#define PX_IO_H

#include "nlq_dialog.h"
#include "socket.h"

#include <errno.h>

static inline ssize_t px_io_send(void *context, const void *message, size_t len)
{
	struct px_sock *sock = context;
	struct iovec iov = {.iov_base = (void *)(uintptr_t)message, .iov_len = len};
	const struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t done = px_sock_sendmsg(sock, &msg, 0);

	px_run(sock->stack, sock->stack->now);
	return done;
}

static inline ssize_t px_io_recv(void *context, void *buffer, size_t size)
{
	struct iovec iov = {.iov_base = buffer, .iov_len = size};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	return px_sock_recvmsg(context, &msg, MSG_TRUNC);
}

static inline struct nlq_io px_io(struct px_sock *sock)
{
	return (struct nlq_io){px_io_send, px_io_recv, sock};
}

#endif
