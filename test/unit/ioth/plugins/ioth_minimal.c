/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Test plugin: as few calls as can be. socket, bind, connect, listen, accept, recvmsg and sendmsg
 * are the kernel's; libioth makes the others. No delstack, no data to speak of.
 */
#include <errno.h>
#include <sys/socket.h>
#include <ioth.h>

newstack_prototype ioth_minimal_newstack;
int ioth_minimal_socket(int domain, int type, int protocol);
ssize_t ioth_minimal_recvmsg(int fd, struct msghdr *msg, int flags);
ssize_t ioth_minimal_sendmsg(int fd, const struct msghdr *msg, int flags);

void *ioth_minimal_newstack(
    const char *vnlv[], const char *options, struct ioth_functions *functions)
{
	functions->bind = bind;
	functions->connect = connect;
	functions->listen = listen;
	functions->accept = accept;
	functions->getsockname = getsockname;
	return functions;
}

/* Like stacks that were written before SOCK_NONBLOCK: it does not know the flags. */
int ioth_minimal_socket(int domain, int type, int protocol)
{
	if (type & (SOCK_NONBLOCK | SOCK_CLOEXEC)) {
		errno = EINVAL;
		return -1;
	}
	return socket(domain, type, protocol);
}

ssize_t ioth_minimal_recvmsg(int fd, struct msghdr *msg, int flags)
{
	return recvmsg(fd, msg, flags);
}

ssize_t ioth_minimal_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	return sendmsg(fd, msg, flags);
}
