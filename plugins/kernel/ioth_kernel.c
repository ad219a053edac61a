/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin "kernel": the kernel's own stack, in the network namespace where the program runs.
 *
 * So that a program that takes a stack's name can be told to use the system's interfaces (in a
 * vdens these are the ones of the VDE network). There is nothing to plug into a network here: a VNL
 * is refused, NULL and "" are not.
 *
 * It keeps no state, and any number of stacks are the same one. The table's entries are the
 * system's calls themselves. The aliases serve ioth_kernel_n.so, a link to this very file.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <ioth.h>
#include <sys/ioctl.h>

#define ALIAS(function) __attribute__((alias(#function)))

newstack_prototype ioth_kernel_newstack;
delstack_prototype ioth_kernel_delstack;
int ioth_kernel_accept4(int fd, struct sockaddr *addr, socklen_t *addrlen, int flags);
int ioth_kernel_sendmmsg(int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags);
int ioth_kernel_recvmmsg(
    int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags, struct timespec *timeout);

extern const char *const ioth_kernel_license;
const char *const ioth_kernel_license = "LGPL-2.1-or-later";

void *ioth_kernel_newstack(
    const char *vnlv[], const char *options, struct ioth_functions *functions)
{
	for (; vnlv && *vnlv; vnlv++) {
		if (**vnlv) {
			errno = EINVAL;
			return NULL;
		}
	}
	if (options && *options) {
		errno = EINVAL;
		return NULL;
	}
	functions->socket = socket;
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
	return functions; /* any pointer but NULL: there is no data */
}

int ioth_kernel_delstack(void *stackdata)
{
	return 0;
}

int ioth_kernel_accept4(int fd, struct sockaddr *addr, socklen_t *addrlen, int flags)
{
	return accept4(fd, addr, addrlen, flags);
}

int ioth_kernel_sendmmsg(int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags)
{
	return sendmmsg(fd, msgvec, vlen, flags);
}

int ioth_kernel_recvmmsg(
    int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags, struct timespec *timeout)
{
	return recvmmsg(fd, msgvec, vlen, flags, timeout);
}

newstack_prototype ioth_kernel_n_newstack ALIAS(ioth_kernel_newstack);
delstack_prototype ioth_kernel_n_delstack ALIAS(ioth_kernel_delstack);
extern __typeof__(ioth_kernel_accept4) ioth_kernel_n_accept4 ALIAS(ioth_kernel_accept4);
extern __typeof__(ioth_kernel_sendmmsg) ioth_kernel_n_sendmmsg ALIAS(ioth_kernel_sendmmsg);
extern __typeof__(ioth_kernel_recvmmsg) ioth_kernel_n_recvmmsg ALIAS(ioth_kernel_recvmmsg);
extern const char *const ioth_kernel_n_license ALIAS(ioth_kernel_license);
