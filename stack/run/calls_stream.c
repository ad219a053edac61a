/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Data of TCP sockets.
 *
 * A send of any length goes in pieces, each filled from the user's memory without the lock and then
 * taken whole; a receive gets chains of packets under the lock and copies from them after it is
 * free. Both go on until they have what was asked for, or something to report; what was done before
 * an error is the result, and the error is kept for the next call.
 */
#include "calls.h"
#include "iov.h"
#include "look.h"

#include <poll.h>
#include <signal.h>

#define PIECE_MAX 65536 /* what a link may take at once */
#define PIECE_MIN 2048

/* The budget may have no large piece left, and still small ones. */
static int fill_piece(
    struct call *call, struct iov_cursor *cursor, size_t len, struct px_pkt **result)
{
	struct px_pkt *pkt;

	while (!(pkt = px_pkt_alloc(call->stack->px, len))) {
		if (len <= PIECE_MIN)
			return -ENOBUFS;
		len /= 2;
	}
	iov_fill(cursor, pkt, len);
	*result = pkt;
	return 0;
}

/* Takes the lock and waits until something can be sent. */
static int wait_for_room(struct call *call, bool room, int flags, px_time *until)
{
	const struct timeval *timeout;
	int err = call_lock(call);

	while (!err) {
		err = px_stream_ready(call->file->sock, room);
		if (err != -EAGAIN)
			return err;
		px_stream_push(call->file->sock);
		if (!call_may_block(call->fd, flags))
			return err;
		timeout = &call->file->sock->sndtimeo;
		if (!*until)
			*until = call_time_limit(timeout);
		call->looks = LOOKS_MAX; /* bulk: what is waited for is no answer */
		err = call_wait(call, POLLOUT, *until, *until == PX_TIME_NEVER);
	}
	return err;
}

ssize_t stream_send(struct call *call, const struct msghdr *msg, size_t total, int flags)
{
	struct iov_cursor cursor = iov_cursor(msg->msg_iov, msg->msg_iovlen);
	PACKET_SCOPE *pkt = NULL;
	px_time until = 0;
	size_t done = 0;
	int err = 0;

	if (total == 0)
		err = wait_for_room(call, false, flags, &until);
	while (done < total) {
		size_t len = total - done < PIECE_MAX ? total - done : PIECE_MAX;
		struct px_pkt *taken;
		int last;

		call_pause(call);
		err = fill_piece(call, &cursor, len, &pkt);
		if (!err)
			err = wait_for_room(call, true, flags, &until);
		if (err)
			break;
		taken = pkt;
		pkt = NULL;
		len = taken->total;
		last = done + len == total ? flags & (MSG_MORE | MSG_OOB) : MSG_MORE;
		err = px_sock_send(call->file->sock, msg, taken, last);
		if (err < 0)
			break;
		done += len;
	}
	if (!done && err == -EPIPE && !(flags & MSG_NOSIGNAL)) {
		call_end(call);
		raise(SIGPIPE); /* to this thread */
	}
	return done ? (ssize_t)done : err;
}

/* ---- receiving ---- */

/* Nothing more will come. */
static bool ended(const struct px_sock *sock)
{
	return px_sock_poll(sock) & (POLLRDHUP | POLLHUP | POLLERR);
}

static int wait_for_data(struct call *call, int flags, px_time *until)
{
	if (!call_may_block(call->fd, flags))
		return -EAGAIN;
	if (!*until)
		*until = call_time_limit(&call->file->sock->rcvtimeo);
	return call_wait(call, POLLIN, *until, *until == PX_TIME_NEVER);
}

/* tcp(7): with MSG_TRUNC the bytes are thrown away. */
static void give(struct iov_cursor *cursor, struct px_pkt *chain, int flags)
{
	if (flags & MSG_TRUNC)
		px_pkt_free_chain(chain);
	else
		iov_store(cursor, chain);
}

/* Peeking does not add up: it waits until all is there. */
static int wait_to_peek(struct call *call, size_t target, int flags, px_time *until)
{
	int err = 0;

	while (!err && px_stream_inq(call->file->sock) < target && !ended(call->file->sock))
		err = wait_for_data(call, flags, until);
	/* Then what there is will do. */
	return err == -EAGAIN || err == -EINTR ? 0 : err;
}

ssize_t stream_receive(struct call *call, const struct msghdr *msg, size_t total, int flags)
{
	struct iov_cursor cursor = iov_cursor(msg->msg_iov, msg->msg_iovlen);
	bool once = flags & (MSG_PEEK | MSG_OOB);
	size_t done = 0, target;
	px_time until = 0;
	int result = call_lock(call);

	if (result)
		return result;
	target = px_stream_target(call->file->sock, total, flags);
	if ((flags & (MSG_PEEK | MSG_OOB)) == MSG_PEEK && target > 1)
		result = wait_to_peek(call, target, flags, &until);
	while (!result) {
		struct px_pkt *chain;

		/* Told by the next call; or urgent data are next, before which a call ends. */
		if (done &&
		    ((px_sock_poll(call->file->sock) & POLLERR) || px_stream_at_mark(call->file->sock)))
			break;
		result = px_stream_receive(call->file->sock, total - done, flags, &chain);
		if (result == 0)
			break;
		if (result > 0) {
			done += (size_t)result;
			if (done >= target || once)
				call_end(call);
			else
				call_pause(call);
			give(&cursor, chain, flags);
			if (!call->stack)
				break;
			result = call_lock(call);
		} else if (result == -EAGAIN && !(flags & MSG_OOB)) {
			result = wait_for_data(call, flags, &until);
		}
	}
	return done ? (ssize_t)done : result;
}
