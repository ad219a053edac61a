/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Berkeley calls on an existing descriptor: enter its stack, call the plugin, leave.
 *
 * This is the data path. It takes no lock, allocates nothing and writes nothing that threads share
 * (call.h, table.h).
 */
#include <errno.h>
#include <stdarg.h>
#include "call.h"

#define DISPATCH(function, fd, ...)                                                                \
	CALL_SCOPE call;                                                                               \
	if (call_enter(&call, fd) < 0)                                                                 \
		return -1;                                                                                 \
	if (!call.stack->calls.function)                                                               \
		return call_missing();                                                                     \
	return call_result(&call, fd, call.stack->calls.function(fd, __VA_ARGS__))

int ioth_bind(int fd, const struct sockaddr *addr, socklen_t addrlen)
{
	DISPATCH(table.bind, fd, addr, addrlen);
}

int ioth_connect(int fd, const struct sockaddr *addr, socklen_t addrlen)
{
	DISPATCH(table.connect, fd, addr, addrlen);
}

int ioth_listen(int fd, int backlog)
{
	DISPATCH(table.listen, fd, backlog);
}

int ioth_getsockname(int fd, struct sockaddr *addr, socklen_t *addrlen)
{
	DISPATCH(table.getsockname, fd, addr, addrlen);
}

int ioth_getpeername(int fd, struct sockaddr *addr, socklen_t *addrlen)
{
	DISPATCH(table.getpeername, fd, addr, addrlen);
}

int ioth_setsockopt(int fd, int level, int optname, const void *optval, socklen_t optlen)
{
	DISPATCH(table.setsockopt, fd, level, optname, optval, optlen);
}

int ioth_getsockopt(int fd, int level, int optname, void *optval, socklen_t *optlen)
{
	DISPATCH(table.getsockopt, fd, level, optname, optval, optlen);
}

int ioth_shutdown(int fd, int how)
{
	DISPATCH(table.shutdown, fd, how);
}

static int dispatch_ioctl(int fd, unsigned long cmd, void *argument)
{
	DISPATCH(table.ioctl, fd, cmd, argument);
}

int ioth_ioctl(int fd, unsigned long cmd, ...)
{
	void *argument;
	va_list list;

	/* As the C library does: one argument is read, whether or not the request has one. */
	va_start(list, cmd);
	argument = va_arg(list, void *);
	va_end(list);
	return dispatch_ioctl(fd, cmd, argument);
}

ssize_t ioth_read(int fd, void *buf, size_t len)
{
	DISPATCH(table.read, fd, buf, len);
}

ssize_t ioth_readv(int fd, const struct iovec *iov, int iovcnt)
{
	DISPATCH(table.readv, fd, iov, iovcnt);
}

ssize_t ioth_recv(int fd, void *buf, size_t len, int flags)
{
	DISPATCH(table.recv, fd, buf, len, flags);
}

ssize_t ioth_recvfrom(
    int fd, void *buf, size_t len, int flags, struct sockaddr *from, socklen_t *fromlen)
{
	DISPATCH(table.recvfrom, fd, buf, len, flags, from, fromlen);
}

ssize_t ioth_recvmsg(int fd, struct msghdr *msg, int flags)
{
	DISPATCH(table.recvmsg, fd, msg, flags);
}

int ioth_recvmmsg(
    int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags, struct timespec *timeout)
{
	DISPATCH(recvmmsg, fd, msgvec, vlen, flags, timeout);
}

ssize_t ioth_write(int fd, const void *buf, size_t len)
{
	DISPATCH(table.write, fd, buf, len);
}

ssize_t ioth_writev(int fd, const struct iovec *iov, int iovcnt)
{
	DISPATCH(table.writev, fd, iov, iovcnt);
}

ssize_t ioth_send(int fd, const void *buf, size_t len, int flags)
{
	DISPATCH(table.send, fd, buf, len, flags);
}

ssize_t ioth_sendto(
    int fd, const void *buf, size_t len, int flags, const struct sockaddr *to, socklen_t tolen)
{
	DISPATCH(table.sendto, fd, buf, len, flags, to, tolen);
}

ssize_t ioth_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	DISPATCH(table.sendmsg, fd, msg, flags);
}

int ioth_sendmmsg(int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags)
{
	DISPATCH(sendmmsg, fd, msgvec, vlen, flags);
}
