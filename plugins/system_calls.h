/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For plugins whose sockets are the kernel's: all calls on them are the system's own, unchanged.
 *
 * SYSTEM_CALLS(PREFIX) at file level defines the calls that struct ioth_functions has no entry for:
 * libioth finds them by name. The aliases PREFIX_n_... serve ioth_NAME_n.so, a link to the same
 * file that is loaded in a private namespace. */
#ifndef SYSTEM_CALLS_H
#define SYSTEM_CALLS_H

#include <fcntl.h>
#include <unistd.h>
#include <ioth.h>
#include <sys/ioctl.h>

#define ALIAS(function) __attribute__((alias(#function)))

/* All entries but socket. */
static inline void system_calls_set(struct ioth_functions *functions)
{
	functions->close = close;
	functions->bind = bind;
	functions->connect = connect;
	functions->listen = listen;
	functions->accept = accept;
	functions->getsockname = getsockname;
	functions->getpeername = getpeername;
	functions->setsockopt = setsockopt;
	functions->getsockopt = getsockopt;
	functions->shutdown = shutdown;
	functions->ioctl = ioctl;
	functions->fcntl = fcntl;
	functions->read = read;
	functions->readv = readv;
	functions->recv = recv;
	functions->recvfrom = recvfrom;
	functions->recvmsg = recvmsg;
	functions->write = write;
	functions->writev = writev;
	functions->send = send;
	functions->sendto = sendto;
	functions->sendmsg = sendmsg;
}

#define SYSTEM_CALLS(prefix)                                                                       \
	int prefix##_accept4(int fd, struct sockaddr *addr, socklen_t *addrlen, int flags);            \
	int prefix##_sendmmsg(int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags);           \
	int prefix##_recvmmsg(                                                                         \
	    int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags, struct timespec *timeout);   \
	int prefix##_accept4(int fd, struct sockaddr *addr, socklen_t *addrlen, int flags)             \
	{                                                                                              \
		return accept4(fd, addr, addrlen, flags);                                                  \
	}                                                                                              \
	int prefix##_sendmmsg(int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags)            \
	{                                                                                              \
		return sendmmsg(fd, msgvec, vlen, flags);                                                  \
	}                                                                                              \
	int prefix##_recvmmsg(                                                                         \
	    int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags, struct timespec *timeout)    \
	{                                                                                              \
		return recvmmsg(fd, msgvec, vlen, flags, timeout);                                         \
	}                                                                                              \
	extern __typeof__(prefix##_accept4) prefix##_n_accept4 ALIAS(prefix##_accept4);                \
	extern __typeof__(prefix##_sendmmsg) prefix##_n_sendmmsg ALIAS(prefix##_sendmmsg);             \
	extern __typeof__(prefix##_recvmmsg) prefix##_n_recvmmsg ALIAS(prefix##_recvmmsg)

#endif
