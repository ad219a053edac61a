/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin "picox": each stack is one of libpicoxnet's, in the program's memory.
 *
 * Everything is in stack/; the table's entries are libpicoxnet's calls, but for the two that are
 * variadic here. Options: picoxnet.h. The aliases serve ioth_picox_n.so, a link to this very file.
 */
#include <stdarg.h>
#include <stdatomic.h>
#include <ioth.h>
#include <picoxnet.h>

#define ALIAS(function) __attribute__((alias(#function)))

newstack_prototype ioth_picox_newstack;
delstack_prototype ioth_picox_delstack;
int ioth_picox_socket(int domain, int type, int protocol);
const char *ioth_picox_error(void);
void *ioth_picox_owner(int fd);

extern const char *const ioth_picox_license;
const char *const ioth_picox_license = "LGPL-2.1-or-later";

/* The same in every table that libioth passes. */
static _Atomic(getstackdata_prototype *) getstackdata;

const char *ioth_picox_error(void)
{
	return picox_error();
}

/* Asked for by libioth: a TCP socket's descriptor may be renewed, and a forked child has none. */
void *ioth_picox_owner(int fd)
{
	return picox_stackof(fd);
}

static int picox_ioctl_variadic(int fd, unsigned long cmd, ...)
{
	va_list ap;
	void *argument;

	va_start(ap, cmd);
	argument = va_arg(ap, void *);
	va_end(ap);
	return picox_ioctl(fd, cmd, argument);
}

static int picox_fcntl_variadic(int fd, int cmd, ...)
{
	va_list ap;
	long argument;

	va_start(ap, cmd);
	argument = va_arg(ap, long);
	va_end(ap);
	return picox_fcntl(fd, cmd, argument);
}

static void set_calls(struct ioth_functions *functions)
{
	functions->close = picox_close;
	functions->bind = picox_bind;
	functions->connect = picox_connect;
	functions->listen = picox_listen;
	functions->accept = picox_accept;
	functions->getsockname = picox_getsockname;
	functions->getpeername = picox_getpeername;
	functions->setsockopt = picox_setsockopt;
	functions->getsockopt = picox_getsockopt;
	functions->shutdown = picox_shutdown;
	functions->ioctl = picox_ioctl_variadic;
	functions->fcntl = picox_fcntl_variadic;
	functions->read = picox_read;
	functions->readv = picox_readv;
	functions->recv = picox_recv;
	functions->recvfrom = picox_recvfrom;
	functions->recvmsg = picox_recvmsg;
	functions->write = picox_write;
	functions->writev = picox_writev;
	functions->send = picox_send;
	functions->sendto = picox_sendto;
	functions->sendmsg = picox_sendmsg;
}

void *ioth_picox_newstack(const char *vnlv[], const char *options, struct ioth_functions *functions)
{
	struct picox *stack = picox_newstackv(vnlv, options);

	if (stack) {
		atomic_store(&getstackdata, functions->getstackdata);
		functions->socket = ioth_picox_socket;
		set_calls(functions);
	}
	return stack;
}

int ioth_picox_delstack(void *stackdata)
{
	return picox_delstack(stackdata);
}

int ioth_picox_socket(int domain, int type, int protocol)
{
	return picox_msocket(atomic_load(&getstackdata)(), domain, type, protocol);
}

/* Those without an entry in the table: libioth looks for the symbols. */
int ioth_picox_ipaddr_retire(int family, void *addr, int prefixlen, unsigned int ifindex);
int ioth_picox_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
int ioth_picox_sendmmsg(int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags);
int ioth_picox_recvmmsg(
    int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags, struct timespec *timeout);

int ioth_picox_ipaddr_retire(int family, void *addr, int prefixlen, unsigned int ifindex)
{
	return picox_ipaddr_retire(atomic_load(&getstackdata)(), family, addr, prefixlen, ifindex);
}

int ioth_picox_lead(int epoll_fd, const struct epoll_event *event);
int ioth_picox_drive(int *fds, int max);

int ioth_picox_lead(int epoll_fd, const struct epoll_event *event)
{
	return picox_lead(atomic_load(&getstackdata)(), epoll_fd, event);
}

int ioth_picox_drive(int *fds, int max)
{
	return picox_drive(atomic_load(&getstackdata)(), fds, max);
}

int ioth_picox_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
	return picox_accept4(fd, address, len, flags);
}

int ioth_picox_sendmmsg(int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags)
{
	return picox_sendmmsg(fd, msgvec, vlen, flags);
}

int ioth_picox_recvmmsg(
    int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags, struct timespec *timeout)
{
	return picox_recvmmsg(fd, msgvec, vlen, flags, timeout);
}

newstack_prototype ioth_picox_n_newstack ALIAS(ioth_picox_newstack);
delstack_prototype ioth_picox_n_delstack ALIAS(ioth_picox_delstack);
extern __typeof__(ioth_picox_socket) ioth_picox_n_socket ALIAS(ioth_picox_socket);
extern __typeof__(ioth_picox_accept4) ioth_picox_n_accept4 ALIAS(ioth_picox_accept4);
extern __typeof__(ioth_picox_sendmmsg) ioth_picox_n_sendmmsg ALIAS(ioth_picox_sendmmsg);
extern __typeof__(ioth_picox_recvmmsg) ioth_picox_n_recvmmsg ALIAS(ioth_picox_recvmmsg);
extern __typeof__(ioth_picox_ipaddr_retire) ioth_picox_n_ipaddr_retire ALIAS(
    ioth_picox_ipaddr_retire);
extern __typeof__(ioth_picox_lead) ioth_picox_n_lead ALIAS(ioth_picox_lead);
extern __typeof__(ioth_picox_drive) ioth_picox_n_drive ALIAS(ioth_picox_drive);
extern __typeof__(ioth_picox_error) ioth_picox_n_error ALIAS(ioth_picox_error);
extern __typeof__(ioth_picox_owner) ioth_picox_n_owner ALIAS(ioth_picox_owner);
extern const char *const ioth_picox_n_license ALIAS(ioth_picox_license);
