/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public calls that carry data, all by two: send_message and receive_message.
 *
 * A packet is filled from the user's memory before the stack's lock is taken, and read after it is
 * free. O_NONBLOCK is asked of the descriptor only when the call would wait, since it can be
 * changed by plain fcntl(2).
 */
#include "calls.h"
#include "iov.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define CONTROL_MAX  20480              /* net.core.optmem_max */
#define TRANSFER_MAX (size_t)0x7ffff000 /* send(2), read(2): no more at once, whatever is asked */

int iov_check(const struct iovec *iov, size_t count, size_t *total)
{
	*total = 0;
	if (count > 1024) /* UIO_MAXIOV */
		return -EMSGSIZE;
	if (count && !iov)
		return -EFAULT;
	for (size_t i = 0; i < count; i++) {
		if (iov[i].iov_len > SSIZE_MAX)
			return -EINVAL;
		if (iov[i].iov_len && !iov[i].iov_base)
			return -EFAULT;
		*total += iov[i].iov_len < TRANSFER_MAX - *total ? iov[i].iov_len : TRANSFER_MAX - *total;
	}
	return 0;
}

bool call_may_block(int fd, int flags)
{
	int status;

	if (flags & MSG_DONTWAIT)
		return false;
	status = fcntl(fd, F_GETFL);
	return status < 0 || (status & O_NONBLOCK) == 0;
}

px_time call_time_limit(const struct timeval *timeout)
{
	if (timeout->tv_sec == 0 && timeout->tv_usec == 0)
		return PX_TIME_NEVER;
	if ((uint64_t)timeout->tv_sec > UINT32_MAX)
		return PX_TIME_NEVER;
	return process_now() + (px_time)timeout->tv_sec * PX_SEC + (px_time)timeout->tv_usec * 1000;
}

/* Held by a call while it may be cancelled. */
struct control {
	void *bytes; /* NULL, `small`, or allocated */
	char small[512];
};

static void release_control(struct control *control)
{
	if (control->bytes != control->small)
		free(control->bytes);
}

#define LINK_SCOPE    __attribute__((cleanup(links_release))) struct prepared
#define CONTROL_SCOPE __attribute__((cleanup(release_control))) struct control

static int control_room(struct control *control, size_t len)
{
	control->bytes = len > sizeof(control->small) ? malloc(len) : control->small;
	return control->bytes ? 0 : -ENOBUFS;
}

/* ---- sending ---- */

int call_wait_for_room(struct call *call, int flags)
{
	const struct timeval *timeout = &call->file->sock->sndtimeo;
	bool limited = timeout->tv_sec || timeout->tv_usec;
	px_time until = 0;

	while (runtime_congested(call->stack)) {
		int err;

		call->stack->starved = true;
		if (!call_may_block(call->fd, flags))
			return -EAGAIN;
		if (!until)
			until = call_time_limit(timeout);
		err = call_wait(call, POLLOUT, until, !limited);
		if (err)
			return err;
	}
	return 0;
}

/* A packet with the user's bytes; its stack stays while the call has the file. */
static int fill_packet(
    struct call *call, const struct iovec *iov, size_t count, size_t total, struct px_pkt **result)
{
	struct iov_cursor cursor = iov_cursor(iov, count);
	struct px_pkt *pkt = px_pkt_alloc(call->stack->px, total);

	if (!pkt)
		return -ENOBUFS;
	iov_fill(&cursor, pkt, total);
	*result = pkt;
	return 0;
}

/* Netlink goes to the stack itself: no room in a transmit queue is waited for, and so an interface
 * whose queue is stuck can be taken down. */
static ssize_t send_request(struct call *call, const struct msghdr *msg, struct px_pkt **pkt,
    int flags, struct prepared *link)
{
	struct px_pkt *taken = *pkt;
	ssize_t result;

	links_prepare(call->stack, taken, link);
	result = call_lock(call);
	if (result)
		return result;
	*pkt = NULL;
	call->stack->prepared = link;
	result = px_sock_send(call->file->sock, msg, taken, flags);
	call->stack->prepared = NULL;
	return result;
}

/* `msg` holds copies of name and control. */
static ssize_t send_copied(int fd, const struct msghdr *msg, size_t total, int flags)
{
	PACKET_SCOPE *pkt = NULL;
	LINK_SCOPE link = {0};
	CALL_SCOPE call = {0}; /* left first: the packet's stack stays while the call is inside */
	struct px_pkt *taken;
	int err = call_find(&call, fd);

	if (!err && call.file->stream)
		return stream_send(&call, msg, total, flags);
	if (!err && total > PX_PKT_MAX)
		return -EMSGSIZE;
	if (!err)
		err = fill_packet(&call, msg->msg_iov, msg->msg_iovlen, total, &pkt);
	if (!err && call.file->domain == AF_NETLINK)
		return send_request(&call, msg, &pkt, flags, &link);
	if (!err)
		err = call_lock(&call);
	if (!err)
		err = call_wait_for_room(&call, flags);
	if (err)
		return err;
	taken = pkt;
	pkt = NULL;
	return px_sock_send(call.file->sock, msg, taken, flags);
}

static ssize_t send_message(int fd, const struct msghdr *user, int flags)
{
	CONTROL_SCOPE control;
	struct sockaddr_storage name;
	struct msghdr msg = *user;
	size_t total;
	int err = iov_check(user->msg_iov, user->msg_iovlen, &total);

	control.bytes = NULL; /* clearing all of it would take longer than the rest of this function */
	if (err)
		return err;
	if (user->msg_namelen > sizeof(name))
		return -EINVAL;
	if (user->msg_controllen > CONTROL_MAX)
		return -ENOBUFS;
	if (user->msg_controllen && !user->msg_control)
		return -EFAULT;
	msg.msg_name = NULL;
	if (user->msg_name) {
		memcpy(&name, user->msg_name, user->msg_namelen);
		msg.msg_name = &name;
	} else {
		msg.msg_namelen = 0;
	}
	if (user->msg_controllen) {
		err = control_room(&control, user->msg_controllen);
		if (err)
			return err;
		memcpy(control.bytes, user->msg_control, user->msg_controllen);
	}
	msg.msg_control = control.bytes;
	/* Freed by the cleanup attribute, which the analyser does not follow.
	 * NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	return send_copied(fd, &msg, total, flags);
}

/* ---- receiving ---- */

ssize_t message_take(struct call *call, struct msghdr *msg, struct px_pkt **pkt, int flags)
{
	const struct msghdr asked = *msg;
	px_time until = 0;
	int result = call_lock(call);

	while (!result) {
		const struct timeval *timeout = &call->file->sock->rcvtimeo;
		bool limited = timeout->tv_sec || timeout->tv_usec;

		*msg = asked;
		result = px_sock_receive(call->file->sock, msg, pkt, flags);
		/* After SHUT_RD: the end, but to those who do not wait (__skb_recv_datagram). */
		if (result == 0 && !*pkt && !call_may_block(call->fd, flags))
			return -EAGAIN;
		/* An error queue is looked at, never waited for: recv(2), MSG_ERRQUEUE. */
		if (result != -EAGAIN || (flags & MSG_ERRQUEUE) || !call_may_block(call->fd, flags))
			return result;
		if (!until)
			until = call_time_limit(timeout);
		result = call_wait(call, POLLIN, until, !limited);
	}
	return result;
}

void message_give_rest(struct msghdr *user, const struct msghdr *msg)
{
	if (user->msg_name && msg->msg_namelen)
		memcpy(user->msg_name, msg->msg_name,
		    user->msg_namelen < msg->msg_namelen ? user->msg_namelen : msg->msg_namelen);
	if (user->msg_control && msg->msg_controllen && msg->msg_control)
		memcpy(user->msg_control, msg->msg_control, msg->msg_controllen);
	user->msg_namelen = msg->msg_namelen;
	user->msg_controllen = msg->msg_controllen;
	user->msg_flags = msg->msg_flags;
}

/* The stream's bytes; what comes beside them is nothing. */
static ssize_t receive_bytes(struct call *call, struct msghdr *user, size_t total, int flags)
{
	ssize_t len = stream_receive(call, user, total, flags);

	if (len >= 0) {
		user->msg_namelen = 0;
		user->msg_controllen = 0;
		user->msg_flags = flags & MSG_OOB;
	}
	return len;
}

static ssize_t receive_message(int fd, struct msghdr *user, int flags)
{
	CONTROL_SCOPE control;
	CALL_SCOPE call = {0};
	struct sockaddr_storage name;
	struct msghdr msg = *user;
	struct px_pkt *pkt = NULL;
	size_t total, done = 0;
	ssize_t len = iov_check(user->msg_iov, user->msg_iovlen, &total);

	control.bytes = NULL;
	if (len)
		return len;
	if (user->msg_namelen > INT32_MAX)
		return -EINVAL;
	len = call_find(&call, fd);
	if (len)
		return len;
	if (call.file->stream && !(flags & MSG_ERRQUEUE))
		return receive_bytes(&call, user, total, flags);
	msg.msg_name = user->msg_name ? &name : NULL;
	msg.msg_namelen = user->msg_name ? sizeof(name) : 0;
	if (!user->msg_control)
		msg.msg_controllen = 0;
	else if (user->msg_controllen > CONTROL_MAX)
		msg.msg_controllen = CONTROL_MAX;
	if (msg.msg_controllen && control_room(&control, msg.msg_controllen) < 0)
		return -ENOBUFS;
	msg.msg_control = control.bytes;
	len = message_take(&call, &msg, &pkt, flags);
	call_end(&call);
	if (len < 0)
		return len;
	for (size_t i = 0; pkt && i < user->msg_iovlen && done < (size_t)len; i++)
		done += px_pkt_read(pkt, done, user->msg_iov[i].iov_base, user->msg_iov[i].iov_len);
	px_pkt_free(pkt);
	if (done < (size_t)len)
		msg.msg_flags |= MSG_TRUNC;
	message_give_rest(user, &msg);
	return flags & MSG_TRUNC ? len : (ssize_t)done;
}

/* ---- the calls ---- */

PICOX_PUBLIC ssize_t picox_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	return result_size(msg ? send_message(fd, msg, flags) : -EFAULT);
}

PICOX_PUBLIC ssize_t picox_sendto(
    int fd, const void *buf, size_t len, int flags, const struct sockaddr *to, socklen_t tolen)
{
	struct iovec iov = {(void *)(uintptr_t)buf, len};
	struct msghdr msg = {.msg_name = (void *)(uintptr_t)to,
	    .msg_namelen = to ? tolen : 0,
	    .msg_iov = &iov,
	    .msg_iovlen = 1};

	return result_size(send_message(fd, &msg, flags));
}

PICOX_PUBLIC ssize_t picox_send(int fd, const void *buf, size_t len, int flags)
{
	return picox_sendto(fd, buf, len, flags, NULL, 0);
}

PICOX_PUBLIC ssize_t picox_write(int fd, const void *buf, size_t len)
{
	return picox_sendto(fd, buf, len, 0, NULL, 0);
}

PICOX_PUBLIC ssize_t picox_writev(int fd, const struct iovec *iov, int iovcnt)
{
	struct msghdr msg = {.msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = (size_t)iovcnt};

	return result_size(iovcnt < 0 || iovcnt > 1024 ? -EINVAL : send_message(fd, &msg, 0));
}

PICOX_PUBLIC ssize_t picox_recvmsg(int fd, struct msghdr *msg, int flags)
{
	return result_size(msg ? receive_message(fd, msg, flags) : -EFAULT);
}

PICOX_PUBLIC ssize_t picox_recvfrom(
    int fd, void *buf, size_t len, int flags, struct sockaddr *from, socklen_t *fromlen)
{
	struct iovec iov = {buf, len > INT32_MAX ? INT32_MAX : len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t result;

	if (from && !fromlen)
		return result_size(-EFAULT);
	if (from) {
		msg.msg_name = from;
		msg.msg_namelen = *fromlen;
	}
	result = receive_message(fd, &msg, flags);
	if (result >= 0 && from)
		*fromlen = msg.msg_namelen;
	return result_size(result);
}

PICOX_PUBLIC ssize_t picox_recv(int fd, void *buf, size_t len, int flags)
{
	return picox_recvfrom(fd, buf, len, flags, NULL, NULL);
}

PICOX_PUBLIC ssize_t picox_read(int fd, void *buf, size_t len)
{
	return picox_recvfrom(fd, buf, len, 0, NULL, NULL);
}

PICOX_PUBLIC ssize_t picox_readv(int fd, const struct iovec *iov, int iovcnt)
{
	struct msghdr msg = {.msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = (size_t)iovcnt};

	return result_size(iovcnt < 0 || iovcnt > 1024 ? -EINVAL : receive_message(fd, &msg, 0));
}
