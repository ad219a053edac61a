/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls made from other calls, for stacks that do not provide them.
 *
 *     read  <- recv <- recvfrom <- recvmsg        recvmmsg <- recvmsg
 *     readv                     <- recvmsg        accept4  <- accept, fcntl
 *
 * and likewise write, send, sendto, writev, sendmmsg from sendmsg. Descriptors are real, so that
 * close and fcntl have the system's own to fall back to. All else stays unset (ENOSYS).
 *
 * These run as calls of the stack and find its other functions by the thread's current call.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>
#include "call.h"

static const struct stack_calls *current_calls(void)
{
	return &call_current_stack()->calls;
}

/* ---- receiving ---- */

static ssize_t read_by_recv(int fd, void *buf, size_t len)
{
	/* read(2) of nothing does not consume a datagram, recv(2) does. */
	return len == 0 ? 0 : current_calls()->table.recv(fd, buf, len, 0);
}

static ssize_t recv_by_recvfrom(int fd, void *buf, size_t len, int flags)
{
	return current_calls()->table.recvfrom(fd, buf, len, flags, NULL, NULL);
}

static ssize_t recvfrom_by_recvmsg(
    int fd, void *buf, size_t len, int flags, struct sockaddr *from, socklen_t *fromlen)
{
	struct iovec iov = {.iov_base = buf, .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t received;

	if (from && !fromlen) {
		errno = EFAULT;
		return -1;
	}
	if (from) {
		msg.msg_name = from;
		msg.msg_namelen = *fromlen;
	}
	received = current_calls()->table.recvmsg(fd, &msg, flags);
	if (received >= 0 && from)
		*fromlen = msg.msg_namelen;
	return received;
}

/* EINVAL as readv(2) says: the count is out of range, or the lengths overflow. */
static int iov_length(const struct iovec *iov, int iovcnt, size_t *total)
{
	*total = 0;
	if (iovcnt < 0 || iovcnt > IOV_MAX) {
		errno = EINVAL;
		return -1;
	}
	for (int i = 0; i < iovcnt; i++) {
		if (iov[i].iov_len > SSIZE_MAX - *total) {
			errno = EINVAL;
			return -1;
		}
		*total += iov[i].iov_len;
	}
	return 0;
}

static ssize_t readv_by_recvmsg(int fd, const struct iovec *iov, int iovcnt)
{
	struct msghdr msg = {.msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = (size_t)iovcnt};
	size_t total;

	if (iov_length(iov, iovcnt, &total) < 0)
		return -1;
	return total == 0 ? 0 : current_calls()->table.recvmsg(fd, &msg, 0);
}

/* What is left of a time-out that began at `start`; false: nothing. */
static bool time_is_left(
    const struct timespec *start, const struct timespec *timeout, struct timespec *left)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	left->tv_sec = timeout->tv_sec - (now.tv_sec - start->tv_sec);
	left->tv_nsec = timeout->tv_nsec - (now.tv_nsec - start->tv_nsec);
	if (left->tv_nsec < 0) {
		left->tv_nsec += 1000000000;
		left->tv_sec--;
	} else if (left->tv_nsec >= 1000000000) {
		left->tv_nsec -= 1000000000;
		left->tv_sec++;
	}
	if (left->tv_sec >= 0 && (left->tv_sec > 0 || left->tv_nsec > 0))
		return true;
	left->tv_sec = 0;
	left->tv_nsec = 0;
	return false;
}

/* recvmmsg(2): the time-out is looked at after each datagram only; what is left of it is written
 * back; an error is told only if nothing was received before it. */
static int recvmmsg_by_recvmsg(
    int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags, struct timespec *timeout)
{
	struct timespec start, left;
	unsigned int done = 0;
	bool more = true;

	if (timeout &&
	    (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec >= 1000000000)) {
		errno = EINVAL;
		return -1;
	}
	if (!msgvec && vlen > 0) {
		errno = EFAULT;
		return -1;
	}
	if (vlen > IOV_MAX)
		vlen = IOV_MAX;
	if (timeout)
		clock_gettime(CLOCK_MONOTONIC, &start);
	while (done < vlen && more) {
		ssize_t received =
		    current_calls()->table.recvmsg(fd, &msgvec[done].msg_hdr, flags & ~MSG_WAITFORONE);

		if (received < 0)
			break;
		msgvec[done++].msg_len = (unsigned int)received;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (timeout)
			more = time_is_left(&start, timeout, &left);
		/* Out-of-band data comes alone. */
		if (msgvec[done - 1].msg_hdr.msg_flags & MSG_OOB)
			more = false;
	}
	if (done == 0 && vlen > 0)
		return -1;
	if (timeout && done > 0)
		*timeout = left;
	return (int)done;
}

/* ---- sending ---- */

static ssize_t write_by_send(int fd, const void *buf, size_t len)
{
	return current_calls()->table.send(fd, buf, len, 0);
}

static ssize_t send_by_sendto(int fd, const void *buf, size_t len, int flags)
{
	return current_calls()->table.sendto(fd, buf, len, flags, NULL, 0);
}

static ssize_t sendto_by_sendmsg(
    int fd, const void *buf, size_t len, int flags, const struct sockaddr *to, socklen_t tolen)
{
	struct iovec iov = {.iov_base = (void *)(uintptr_t)buf, .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (to) {
		msg.msg_name = (void *)(uintptr_t)to;
		msg.msg_namelen = tolen;
	}
	return current_calls()->table.sendmsg(fd, &msg, flags);
}

static ssize_t writev_by_sendmsg(int fd, const struct iovec *iov, int iovcnt)
{
	struct msghdr msg = {.msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = (size_t)iovcnt};
	size_t total;

	if (iov_length(iov, iovcnt, &total) < 0)
		return -1;
	return current_calls()->table.sendmsg(fd, &msg, 0);
}

/* sendmmsg(2): an error is told only if nothing was sent before it. */
static int sendmmsg_by_sendmsg(int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags)
{
	unsigned int done;

	if (!msgvec && vlen > 0) {
		errno = EFAULT;
		return -1;
	}
	if (vlen > IOV_MAX)
		vlen = IOV_MAX;
	for (done = 0; done < vlen; done++) {
		ssize_t sent = current_calls()->table.sendmsg(fd, &msgvec[done].msg_hdr, flags);

		if (sent < 0)
			break;
		msgvec[done].msg_len = (unsigned int)sent;
	}
	return done == 0 && vlen > 0 ? -1 : (int)done;
}

/* ---- descriptors ---- */

static int accept4_by_accept(int fd, struct sockaddr *addr, socklen_t *addrlen, int flags)
{
	const struct ioth_functions *table = &current_calls()->table;
	int accepted, status, error;

	if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) {
		errno = EINVAL;
		return -1;
	}
	accepted = table->accept(fd, addr, addrlen);
	if (accepted < 0)
		return -1;
	if ((flags & SOCK_CLOEXEC) && table->fcntl(accepted, F_SETFD, FD_CLOEXEC) < 0)
		goto fail;
	if (flags & SOCK_NONBLOCK) {
		status = table->fcntl(accepted, F_GETFL, 0);
		if (status < 0 || table->fcntl(accepted, F_SETFL, status | O_NONBLOCK) < 0)
			goto fail;
	}
	return accepted;

fail:
	error = errno;
	table->close(accepted);
	errno = error;
	return -1;
}

#define FILL(entry, needed, function)                                                              \
	do {                                                                                           \
		if (!(entry) && (needed))                                                                  \
			(entry) = (function);                                                                  \
	} while (0)

void fallback_fill(struct stack_calls *calls)
{
	struct ioth_functions *table = &calls->table;

	/* The order matters: recvfrom may be made here and serve recv, which serves read. */
	FILL(table->recvfrom, table->recvmsg, recvfrom_by_recvmsg);
	FILL(table->recv, table->recvfrom, recv_by_recvfrom);
	FILL(table->read, table->recv, read_by_recv);
	FILL(table->readv, table->recvmsg, readv_by_recvmsg);
	FILL(calls->recvmmsg, table->recvmsg, recvmmsg_by_recvmsg);

	FILL(table->sendto, table->sendmsg, sendto_by_sendmsg);
	FILL(table->send, table->sendto, send_by_sendto);
	FILL(table->write, table->send, write_by_send);
	FILL(table->writev, table->sendmsg, writev_by_sendmsg);
	FILL(calls->sendmmsg, table->sendmsg, sendmmsg_by_sendmsg);

	FILL(table->close, true, close);
	FILL(table->fcntl, true, fcntl);
	FILL(calls->accept4, table->accept, accept4_by_accept);
}
