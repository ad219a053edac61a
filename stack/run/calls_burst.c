/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sendmmsg(2) and recvmmsg(2): datagrams by the dozen, for one look at the descriptor, one taking
 * of the lock, and one burst for the link.
 *
 * That is for datagrams, with no more control messages than servers have use for (which address was
 * asked, UDP_SEGMENT); what is more than that goes one by one through picox_sendmsg and
 * picox_recvmsg, with the same result. As in the calls for one, the user's memory is read before
 * the lock is taken and written after it is free.
 */
#include "calls.h"
#include "iov.h"

#include <poll.h>
#include <string.h>

#define BURST    32
#define VLEN_MAX 1024 /* UIO_MAXIOV: more are not looked at */

#define CONTROL_SMALL 128 /* bytes of control messages that one of a burst may have */

/* Flags that mean the same for one and for many. */
#define FLAGS_OF_BURSTS (MSG_DONTWAIT | MSG_WAITFORONE | MSG_NOSIGNAL | MSG_TRUNC)

/* Packets on their way between the user and the stack; those that are left are freed. */
struct burst {
	unsigned int count;
	struct px_pkt *pkt[BURST];
	struct msghdr msg[BURST];
	int result[BURST];
	struct sockaddr_storage name[BURST];
	union {
		struct cmsghdr align;
		char bytes[CONTROL_SMALL];
	} control[BURST];
};

static void release_burst(struct burst *burst)
{
	for (unsigned int i = 0; i < burst->count; i++)
		px_pkt_free(burst->pkt[i]);
}

/* All of it would take longer to clear than to send a message. */
static void start_burst(struct burst *burst)
{
	burst->count = 0;
	memset(burst->result, 0, sizeof(burst->result));
}
#define BURST_SCOPE struct burst __attribute__((cleanup(release_burst)))

static bool is_plain(const struct call *call, int flags)
{
	return !call->file->stream && call->file->domain != AF_NETLINK && !(flags & ~FLAGS_OF_BURSTS);
}

/* ---- sending ---- */

/* Whether the message can go with others: few control messages, nothing wrong with it. */
static bool fill(struct call *call, const struct msghdr *user, struct burst *burst)
{
	unsigned int at = burst->count;
	struct iov_cursor cursor;
	size_t total;

	if (user->msg_controllen > CONTROL_SMALL || (user->msg_controllen && !user->msg_control) ||
	    user->msg_namelen > sizeof(burst->name[at]) ||
	    iov_check(user->msg_iov, user->msg_iovlen, &total) || total > PX_PKT_MAX)
		return false;
	burst->pkt[at] = px_pkt_alloc(call->stack->px, total);
	if (!burst->pkt[at])
		return false;
	cursor = iov_cursor(user->msg_iov, user->msg_iovlen);
	iov_fill(&cursor, burst->pkt[at], total);
	burst->msg[at] = (struct msghdr){0};
	if (user->msg_name) {
		memcpy(&burst->name[at], user->msg_name, user->msg_namelen);
		burst->msg[at].msg_name = &burst->name[at];
		burst->msg[at].msg_namelen = user->msg_namelen;
	}
	if (user->msg_controllen) {
		memcpy(burst->control[at].bytes, user->msg_control, user->msg_controllen);
		burst->msg[at].msg_control = burst->control[at].bytes;
		burst->msg[at].msg_controllen = user->msg_controllen;
	}
	burst->count++;
	return true;
}

/* Hands over those that the stack takes; returns how many, or the first one's -errno. The lock is
 * held. */
static int hand_over(struct call *call, struct burst *burst, int flags)
{
	for (unsigned int i = 0; i < burst->count; i++) {
		struct px_pkt *pkt = burst->pkt[i];
		int result = call_wait_for_room(call, flags);

		if (!result) {
			burst->pkt[i] = NULL;
			result = px_sock_send(call->file->sock, &burst->msg[i], pkt, flags);
		}
		if (result < 0)
			return i ? (int)i : result;
		burst->result[i] = result;
	}
	return (int)burst->count;
}

/* Sends the first of them, as many as can go together: how many, 0 (none can), or -errno. */
static int send_burst(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
	BURST_SCOPE burst;
	CALL_SCOPE call = {0}; /* left first */
	int result = call_find(&call, fd);

	start_burst(&burst);
	if (result)
		return result;
	if (!is_plain(&call, flags))
		return 0;
	while (burst.count < count && burst.count < BURST &&
	       fill(&call, &messages[burst.count].msg_hdr, &burst))
		;
	if (burst.count == 0)
		return 0;
	result = call_lock(&call);
	if (!result)
		result = hand_over(&call, &burst, flags);
	for (int i = 0; i < result; i++)
		messages[i].msg_len = (unsigned int)burst.result[i];
	return result;
}

PICOX_PUBLIC int picox_sendmmsg(int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags)
{
	unsigned int done = 0;

	if (vlen > VLEN_MAX)
		vlen = VLEN_MAX;
	if (!msgvec && vlen)
		return result_int(-EFAULT);
	while (done < vlen) {
		int sent = send_burst(fd, msgvec + done, vlen - done, flags);

		if (sent == 0) {
			ssize_t len = picox_sendmsg(fd, &msgvec[done].msg_hdr, flags);

			sent = len < 0 ? -errno : 1;
			msgvec[done].msg_len = (unsigned int)len;
		}
		/* An error is told only if nothing was sent before it. */
		if (sent < 0)
			return done ? (int)done : result_int(sent);
		done += (unsigned int)sent;
	}
	return (int)done;
}

/* ---- receiving ---- */

/* What lies in the socket's queue; the first one is waited for, if that is asked for. Returns how
 * many, or -errno. */
static int take(
    struct call *call, struct mmsghdr *messages, unsigned int count, int flags, struct burst *burst)
{
	struct px_sock *sock;
	int result;

	do {
		unsigned int at = burst->count;
		struct msghdr *msg = &burst->msg[at];
		const struct msghdr *user = &messages[at].msg_hdr;

		*msg = (struct msghdr){0};
		if (user->msg_name) {
			msg->msg_name = &burst->name[at];
			msg->msg_namelen = sizeof(burst->name[at]);
		}
		if (user->msg_control) {
			msg->msg_control = burst->control[at].bytes;
			msg->msg_controllen = user->msg_controllen;
		}
		burst->pkt[at] = NULL;
		result = at ? px_sock_receive(call->file->sock, msg, &burst->pkt[at], flags)
		            : (int)message_take(call, msg, &burst->pkt[at], flags);
		if (result < 0)
			return at ? (int)at : result;
		burst->result[at] = result;
		burst->count++;
		sock = call->file->sock;
		/* An error is left for the next call, the end for one of its own. */
	} while (burst->count < count && burst->pkt[burst->count - 1] &&
	         (px_sock_poll(sock) & (POLLIN | POLLERR | POLLRDHUP)) == POLLIN);
	return (int)burst->count;
}

static void give(
    struct mmsghdr *message, struct msghdr *msg, struct px_pkt *pkt, size_t len, int flags)
{
	struct msghdr *user = &message->msg_hdr;
	size_t done = 0;

	for (size_t i = 0; pkt && i < user->msg_iovlen && done < len; i++)
		done += px_pkt_read(pkt, done, user->msg_iov[i].iov_base, user->msg_iov[i].iov_len);
	if (done < len)
		msg->msg_flags |= MSG_TRUNC;
	message_give_rest(user, msg);
	message->msg_len = (unsigned int)(flags & MSG_TRUNC ? len : done);
}

static bool takes_plain(const struct msghdr *user)
{
	size_t total;

	return user->msg_controllen <= CONTROL_SMALL && user->msg_namelen <= INT32_MAX &&
	       iov_check(user->msg_iov, user->msg_iovlen, &total) == 0;
}

/* As send_burst. */
static int receive_burst(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
	BURST_SCOPE burst;
	CALL_SCOPE call = {0};
	unsigned int plain = 0;
	int result = call_find(&call, fd);

	start_burst(&burst);
	if (result)
		return result;
	while (plain < count && plain < BURST && takes_plain(&messages[plain].msg_hdr))
		plain++;
	if (!plain || !is_plain(&call, flags))
		return 0;
	result = take(&call, messages, plain, flags & ~MSG_WAITFORONE, &burst);
	call_end(&call);
	for (int i = 0; i < result; i++)
		give(&messages[i], &burst.msg[i], burst.pkt[i], (size_t)burst.result[i], flags);
	return result;
}

static int receive_one(int fd, struct mmsghdr *message, int flags)
{
	ssize_t len = picox_recvmsg(fd, &message->msg_hdr, flags & ~MSG_WAITFORONE);

	message->msg_len = (unsigned int)len;
	return len < 0 ? -errno : 1;
}

PICOX_PUBLIC int picox_recvmmsg(
    int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags, struct timespec *timeout)
{
	px_time now, until = PX_TIME_NEVER;
	unsigned int done = 0;
	int got = 0;

	if (timeout && (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec >= 1000000000))
		return result_int(-EINVAL);
	if (!msgvec && vlen)
		return result_int(-EFAULT);
	if (timeout && (uint64_t)timeout->tv_sec <= UINT32_MAX)
		until = process_now() + (px_time)timeout->tv_sec * PX_SEC + (px_time)timeout->tv_nsec;
	if (vlen > VLEN_MAX)
		vlen = VLEN_MAX;
	while (done < vlen) {
		got = receive_burst(fd, msgvec + done, vlen - done, flags);
		if (got == 0)
			got = receive_one(fd, msgvec + done, flags);
		if (got < 0)
			break;
		done += (unsigned int)got;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		/* recvmmsg(2): looked at after each that came; and out-of-band data comes alone. */
		if ((timeout && process_now() >= until) || (msgvec[done - 1].msg_hdr.msg_flags & MSG_OOB))
			break;
	}
	if (timeout && done) {
		now = process_now();
		now = until > now ? until - now : 0;
		timeout->tv_sec = (time_t)(now / PX_SEC);
		timeout->tv_nsec = (long)(now % PX_SEC);
	}
	return done || !vlen ? (int)done : result_int(got);
}
