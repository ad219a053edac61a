/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls that make descriptors, and the one that ends them: what they return, or close, has to
 * be in the descriptor table.
 *
 * SOCK_NONBLOCK and SOCK_CLOEXEC work on every stack: a plugin that refuses them is asked again
 * without, and what it left undone is done here by fcntl.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>
#include "call.h"

#define FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)

/* Closes what cannot be returned, and keeps the reason. */
static int drop(struct call *call, int fd, int error)
{
	call->stack->calls.table.close(fd);
	errno = error;
	return -1;
}

/* Descriptors are real: the system itself knows the flags, and whether the plugin has set them. */
static int ensure_flags(struct call *call, int fd, int flags)
{
	const struct ioth_functions *table = &call->stack->calls.table;
	int status;

	if (flags & SOCK_CLOEXEC) {
		status = fcntl(fd, F_GETFD);
		if (status < 0 || (!(status & FD_CLOEXEC) && fcntl(fd, F_SETFD, status | FD_CLOEXEC) < 0))
			return -1;
	}
	if (flags & SOCK_NONBLOCK) {
		status = fcntl(fd, F_GETFL);
		if (status < 0)
			return -1;
		if (!(status & O_NONBLOCK) && table->fcntl(fd, F_SETFL, status | O_NONBLOCK) < 0) {
			call_failed(call, fd);
			return -1;
		}
	}
	return 0;
}

/* Registers a descriptor that the stack has just made, and returns it. */
static int register_new(struct call *call, int fd, int flags)
{
	int error;

	if (ensure_flags(call, fd, flags) < 0)
		return drop(call, fd, errno);
	error = table_add(fd, call->stack);
	if (error)
		return drop(call, fd, -error);
	return fd;
}

int ioth_msocket(struct ioth *stack, int domain, int type, int protocol)
{
	CALL_SCOPE call;
	int fd;

	if (call_enter_stack(&call, stack) < 0)
		return -1;
	if (!call.stack->calls.table.socket)
		return call_missing();
	fd = call.stack->calls.table.socket(domain, type, protocol);
	if (fd < 0) {
		call_failed(&call, fd);
		if (errno != EINVAL || !(type & FLAGS))
			return -1;
		fd = call.stack->calls.table.socket(domain, type & ~FLAGS, protocol);
		if (fd < 0) {
			call_failed(&call, fd);
			return -1;
		}
	}
	return register_new(&call, fd, type & FLAGS);
}

int ioth_socket(int domain, int type, int protocol)
{
	return ioth_msocket(NULL, domain, type, protocol);
}

int ioth_accept(int fd, struct sockaddr *addr, socklen_t *addrlen)
{
	CALL_SCOPE call;
	int accepted;

	if (call_enter(&call, fd) < 0)
		return -1;
	if (!call.stack->calls.table.accept)
		return call_missing();
	accepted = call.stack->calls.table.accept(fd, addr, addrlen);
	if (accepted < 0) {
		call_failed(&call, fd);
		return -1;
	}
	return register_new(&call, accepted, 0);
}

int ioth_accept4(int fd, struct sockaddr *addr, socklen_t *addrlen, int flags)
{
	CALL_SCOPE call;
	int accepted;

	if (call_enter(&call, fd) < 0)
		return -1;
	if (!call.stack->calls.accept4)
		return call_missing();
	accepted = call.stack->calls.accept4(fd, addr, addrlen, flags);
	if (accepted < 0) {
		call_failed(&call, fd);
		return -1;
	}
	return register_new(&call, accepted, flags);
}

int ioth_fcntl(int fd, int cmd, ...)
{
	CALL_SCOPE call;
	va_list list;
	long argument;
	int result;

	/* As in ioctl: one argument is read, an int or a pointer. */
	va_start(list, cmd);
	argument = va_arg(list, long);
	va_end(list);
	if (call_enter(&call, fd) < 0)
		return -1;
	result = call.stack->calls.table.fcntl(fd, cmd, argument);
	if (result < 0) {
		call_failed(&call, fd);
		return -1;
	}
	if (cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC)
		return register_new(&call, result, 0);
	return result;
}

/* One attempt. -ESTALE: the table was wrong about the descriptor, and has been set right. */
static int close_once(int fd)
{
	CALL_SCOPE call;
	int error, result;

	if (call_enter(&call, fd) < 0)
		return -1;
	error = table_close_begin(fd, call.slot, call.generation);
	if (error == -ESTALE)
		return error;
	if (error) {
		errno = -error;
		return -1;
	}
	result = call.stack->calls.table.close(fd);
	if (result < 0)
		call_failed(&call, fd);
	table_close_end(fd, call.slot, call.generation, result < 0);
	return result;
}

int ioth_close(int fd)
{
	int result = close_once(fd);

	/* The number may be a duplicate of another socket by now. */
	while (result == -ESTALE)
		result = close_once(fd);
	return result;
}
