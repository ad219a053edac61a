/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fast transport: vde:// and ptp://, on whose AF_UNIX socket a burst is one system call.
 *
 * Where both ends are connected to each other, the kernel lets in what the sender's SO_SNDBUF
 * holds; where only we are (a switch may answer from another socket), net.unix.max_dgram_qlen (10)
 * datagrams. Full is EAGAIN for us and POLLOUT later, when a quarter is left: back-pressure,
 * nothing is lost.
 *
 * vde:// is lost when the switch closes the control connection or its data socket is gone. ptp://
 * has no control connection and no notion of being lost: the peer may come later, go and come
 * back. Its socket is connected when there is something to send, by vde_send, which knows the
 * peer's name: after ENOTCONN it connects and sends again. Until a peer is there, frames are lost
 * as on a cable with one end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "peer_watch.h"
#include "transport.h"

#define BURST      64
#define CLOSE_WAIT 500 /* ms */

/* What may be under way, in bytes as the kernel counts them (it doubles the value for its
 * overhead): about eighty frames of 1514 bytes, or, once there was a longer one, as many of 9014.
 * More does not make it faster: the frames fall out of the processors' caches before they are read,
 * and a switch gets bursts that it cannot pass on. */
#define SEND_BUFFER       (96 << 10)
#define SEND_BUFFER_JUMBO (768 << 10)
#define JUMBO             2048

struct dgram {
	struct transport transport;
	VDECONN *conn;
	int data_fd, epoll_fd;
	int control_fd; /* vde://: the control connection; ptp://: peer_watch.h; or -1 */
	bool ptp, seqpacket;
	bool jumbo;        /* has the larger send buffer */
	bool direct;       /* the owner polls the data descriptor */
	bool patient, out; /* receiving waits without MSG_DONTWAIT; it is not in the set */
	bool want_write, out_armed;
	int error; /* met after frames were received or sent: for the next call */
};

static struct dgram *dgram_of(struct transport *transport)
{
	return (struct dgram *)transport;
}

/* Lost or passing? ptp:// is never lost, unless the program closed its socket. */
static int dgram_error(const struct dgram *dgram, int error)
{
	switch (error) {
	case EAGAIN:
	case EINTR:
	case ENOBUFS:
	case ENOMEM:
		return 0;
	case EBADF:
	case ENOTSOCK:
		return -error;
	default:
		return dgram->ptp ? 0 : -error;
	}
}

/* An empty datagram: the end of a SOCK_SEQPACKET connection, or a peer's good-bye on ptp://, after
 * which libvdeplug undoes the connection so that the next peer can send to us. */
static void dgram_peer_left(struct dgram *dgram)
{
	const struct sockaddr none = {.sa_family = AF_UNSPEC};

	if (dgram->ptp)
		(void)connect(dgram->data_fd, &none, sizeof none);
	if (dgram->seqpacket)
		dgram->error = -ENETDOWN;
}

/* Drops the frames that are none, moving the others together. */
static unsigned int dgram_keep(
    struct dgram *dgram, struct mmsghdr *messages, struct iovec *frames, unsigned int count)
{
	struct vdelink_stats *stats = dgram->transport.stats;
	unsigned int kept = 0;

	for (unsigned int i = 0; i < count; i++) {
		unsigned int len = messages[i].msg_len;

		if (len == 0)
			dgram_peer_left(dgram);
		if (len < FRAME_MIN || (messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0) {
			stats->rx_dropped++;
			continue;
		}
		if (kept != i) {
			struct iovec unused = frames[kept];

			frames[kept] = frames[i];
			frames[i] = unused;
		}
		frames[kept++].iov_len = len;
		stats->rx_bytes += len;
	}
	stats->rx_frames += kept;
	return kept;
}

/* What one recv(2) with MSG_TRUNC gave. */
static int dgram_received(struct transport *transport, struct iovec *frame, ssize_t result)
{
	struct dgram *dgram = dgram_of(transport);
	struct vdelink_stats *stats = transport->stats;

	if (result < 0)
		return dgram_error(dgram, (int)-result);
	if (result == 0)
		dgram_peer_left(dgram);
	if (result < FRAME_MIN || (size_t)result > frame->iov_len) {
		stats->rx_dropped++;
		return 0;
	}
	frame->iov_len = (size_t)result;
	stats->rx_bytes += (uint64_t)result;
	stats->rx_frames++;
	return 1;
}

/* recvmmsg and sendmmsg for several. The calls for one message are cheaper, those for one piece
 * cheaper still, and that is a part of the round trip; so is the C library's work for calls that
 * are cancellation points, which these, that never wait, are not. */
static int receive_one(struct dgram *dgram, struct iovec *frame)
{
	ssize_t len = syscall(SYS_recvfrom, dgram->data_fd, frame->iov_base, frame->iov_len,
	    MSG_DONTWAIT | MSG_TRUNC, NULL, NULL);

	return dgram_received(&dgram->transport, frame, len < 0 ? -errno : len);
}

static ssize_t send_one(int fd, const struct vdelink_frame *frame)
{
	const struct msghdr message = {
	    .msg_iov = (struct iovec *)(uintptr_t)frame->piece, .msg_iovlen = frame->pieces};

	if (frame->pieces == 1)
		return syscall(SYS_sendto, fd, frame->piece->iov_base, frame->piece->iov_len,
		    MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
	return syscall(SYS_sendmsg, fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int dgram_recv(struct transport *transport, struct iovec *frames, unsigned int max)
{
	struct dgram *dgram = dgram_of(transport);
	struct mmsghdr messages[BURST];
	int count, error = dgram->error;

	if (error != 0) {
		dgram->error = 0;
		return error;
	}
	if (max == 1)
		return receive_one(dgram, frames);
	if (max > BURST)
		max = BURST;
	memset(messages, 0, max * sizeof messages[0]);
	for (unsigned int i = 0; i < max; i++) {
		messages[i].msg_hdr.msg_iov = &frames[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	count = recvmmsg(dgram->data_fd, messages, max, MSG_DONTWAIT, NULL);
	if (count < 0)
		return dgram_error(dgram, errno);
	if (count == 0)
		return 0;
	return (int)dgram_keep(dgram, messages, frames, (unsigned int)count);
}

/* Whether receiving without MSG_DONTWAIT waits. vde_send would then wait for room, too. */
static bool set_patient(struct dgram *dgram, bool patient)
{
	int flags;

	if (dgram->patient == patient)
		return true;
	flags = fcntl(dgram->data_fd, F_GETFL);
	if (flags < 0 ||
	    fcntl(dgram->data_fd, F_SETFL, patient ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) < 0)
		return false;
	dgram->patient = patient;
	return true;
}

/* The first of the frames could not be sent with `error`. Returns 1 if it is done with (sent by
 * other means, or dropped), 0 if it has to wait, -errno if the network is lost. */
static int dgram_send_failed(struct dgram *dgram, const struct vdelink_frame *frame, int error)
{
	struct vdelink_stats *stats = dgram->transport.stats;
	unsigned char buffer[VDELINK_FRAME_MAX];
	size_t len = 0;

	switch (error) {
	case EAGAIN:
		return 0;
	case EINTR:
	case EMSGSIZE: /* larger than the send buffer, or than the room at a peer */
	case ENOBUFS:
	case ENOMEM:
	case EINVAL:
		stats->tx_dropped++;
		return 1;
	default:
		if (!dgram->ptp)
			return -error;
	}
	/* ptp://: let vde_send look for the peer. ECONNREFUSED has undone the connection, so the
	 * attempt that it would make for ENOTCONN comes with the second call. */
	for (unsigned int i = 0; i < frame->pieces; i++) {
		if (frame->piece[i].iov_len > sizeof buffer - len)
			goto drop;
		memcpy(buffer + len, frame->piece[i].iov_base, frame->piece[i].iov_len);
		len += frame->piece[i].iov_len;
	}
	set_patient(dgram, false);
	if (vde_send(dgram->conn, buffer, len, 0) == (ssize_t)len) {
		stats->tx_frames++;
		stats->tx_bytes += len;
		peer_watch_arm(dgram->control_fd, dgram->data_fd);
		return 1;
	}
	if (errno == EAGAIN)
		return 0;
drop:
	stats->tx_dropped++;
	return 1;
}

static void set_send_buffer(int fd, int size)
{
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

static int send_burst(
    int fd, const struct vdelink_frame *frames, unsigned int count, uint64_t *bytes)
{
	struct mmsghdr messages[BURST];
	int sent;

	memset(messages, 0, count * sizeof messages[0]);
	for (unsigned int i = 0; i < count; i++) {
		messages[i].msg_hdr.msg_iov = (struct iovec *)(uintptr_t)frames[i].piece;
		messages[i].msg_hdr.msg_iovlen = frames[i].pieces;
	}
	sent = sendmmsg(fd, messages, count, MSG_DONTWAIT | MSG_NOSIGNAL);
	for (int i = 0; i < sent; i++)
		*bytes += messages[i].msg_len;
	return sent;
}

static int dgram_send(
    struct transport *transport, const struct vdelink_frame *frames, unsigned int count)
{
	struct dgram *dgram = dgram_of(transport);
	struct vdelink_stats *stats = transport->stats;
	unsigned int done = 0;

	while (done < count) {
		unsigned int burst = count - done < BURST ? count - done : BURST;
		uint64_t bytes = 0;
		int sent;

		if (!dgram->jumbo && frame_len(&frames[done]) > JUMBO) {
			set_send_buffer(dgram->data_fd, SEND_BUFFER_JUMBO);
			dgram->jumbo = true;
		}
		if (burst == 1) {
			ssize_t len = send_one(dgram->data_fd, &frames[done]);

			sent = len < 0 ? -1 : 1;
			bytes = (uint64_t)len;
		} else {
			sent = send_burst(dgram->data_fd, &frames[done], burst, &bytes);
		}
		if (sent > 0) {
			stats->tx_frames += (unsigned int)sent;
			stats->tx_bytes += bytes;
			done += (unsigned int)sent;
			continue;
		}
		sent = dgram_send_failed(dgram, &frames[done], errno);
		if (sent < 0) {
			if (done == 0)
				return sent;
			dgram->error = sent;
		}
		if (sent <= 0)
			break;
		done++;
	}
	return (int)done;
}

/* EPOLLOUT stays armed after a burst that had to wait, because the next one will too; an idle link
 * is disarmed by its first event that nobody wanted. */
static void dgram_arm(struct dgram *dgram, bool out)
{
	struct epoll_event event = {
	    .events = EPOLLIN | (out ? (uint32_t)EPOLLOUT : 0), .data.u32 = TRANSPORT_DATA};

	if (dgram->out_armed == out || dgram->direct || dgram->out)
		return;
	if (epoll_ctl(dgram->epoll_fd, EPOLL_CTL_MOD, dgram->data_fd, &event) == 0)
		dgram->out_armed = out;
}

static void dgram_want_write(struct transport *transport, bool want)
{
	struct dgram *dgram = dgram_of(transport);

	dgram->want_write = want;
	if (want)
		dgram_arm(dgram, true);
}

static int dgram_event(struct transport *transport, uint32_t events, bool control)
{
	struct dgram *dgram = dgram_of(transport);
	char byte;
	ssize_t len;

	if (!control) {
		if ((events & EPOLLOUT) != 0 && !dgram->want_write)
			dgram_arm(dgram, false);
		return 0;
	}
	if (dgram->ptp) {
		peer_watch_read(dgram->control_fd);
		/* If the peer is gone, this is ECONNREFUSED and undoes the connection. If it is there,
		 * it gets a length that stands for no frame (libvdeplug(3)). */
		(void)!send(dgram->data_fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		return 0;
	}
	/* Silent but for its end (libvdeplug(3)). */
	len = recv(dgram->control_fd, &byte, 1, MSG_DONTWAIT);
	if (len > 0 || (len < 0 && (errno == EAGAIN || errno == EINTR)))
		return 0;
	return -ENETDOWN;
}

static int dgram_watch(struct transport *transport, int epoll_fd)
{
	struct dgram *dgram = dgram_of(transport);
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = TRANSPORT_DATA};

	dgram->epoll_fd = epoll_fd;
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, dgram->data_fd, &event) < 0)
		return -errno;
	event.data.u32 = TRANSPORT_CONTROL;
	if (dgram->control_fd >= 0 && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, dgram->control_fd, &event) < 0)
		return -errno;
	return 0;
}

static int dgram_direct(struct transport *transport)
{
	struct dgram *dgram = dgram_of(transport);

	if (!dgram->direct)
		epoll_ctl(dgram->epoll_fd, EPOLL_CTL_DEL, dgram->data_fd, NULL);
	dgram->direct = true;
	return dgram->data_fd;
}

static int dgram_doze(struct transport *transport)
{
	const struct timeval limit = {.tv_usec = VDELINK_DOZE_MS * 1000L};
	struct dgram *dgram = dgram_of(transport);

	if (dgram->direct || dgram->error != 0 || dgram->want_write)
		return -1;
	if (!dgram->patient &&
	    (setsockopt(dgram->data_fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0 ||
	        !set_patient(dgram, true)))
		return -1;
	epoll_ctl(dgram->epoll_fd, EPOLL_CTL_DEL, dgram->data_fd, NULL);
	dgram->out = true;
	dgram->out_armed = false;
	return dgram->data_fd;
}

static int dgram_rewatch(struct transport *transport)
{
	struct dgram *dgram = dgram_of(transport);
	struct epoll_event event = {.events = EPOLLIN | (dgram->want_write ? (uint32_t)EPOLLOUT : 0),
	    .data.u32 = TRANSPORT_DATA};

	dgram->out = false;
	dgram->out_armed = dgram->want_write;
	return epoll_ctl(dgram->epoll_fd, EPOLL_CTL_ADD, dgram->data_fd, &event) < 0 ? -errno : 0;
}

static void dgram_unwatch(struct transport *transport)
{
	struct dgram *dgram = dgram_of(transport);

	if (!dgram->direct && !dgram->out)
		epoll_ctl(dgram->epoll_fd, EPOLL_CTL_DEL, dgram->data_fd, NULL);
	if (dgram->control_fd >= 0)
		epoll_ctl(dgram->epoll_fd, EPOLL_CTL_DEL, dgram->control_fd, NULL);
}

/* A switch forgets a port when its control connection ends, and what it has not read from there yet
 * with it. So does the kernel for the other end of a cable, as soon as that sends something to the
 * socket that is gone (unix_dgram_disconnected empties its queue). Both get a moment to read. The
 * kernel counts what is under way, but has no event for its end. */
static void wait_until_read(int fd)
{
	static const struct timespec pause = {.tv_nsec = 1000000};
	int left = 0;

	for (int i = 0; i < CLOSE_WAIT && ioctl(fd, SIOCOUTQ, &left) == 0 && left > 0; i++)
		(void)nanosleep(&pause, NULL);
}

static void dgram_settle(const struct transport *transport)
{
	wait_until_read(((const struct dgram *)transport)->data_fd);
}

static void dgram_close(struct transport *transport)
{
	struct dgram *dgram = dgram_of(transport);

	dgram_settle(transport);
	if (dgram->ptp && dgram->control_fd >= 0)
		close(dgram->control_fd);
	set_patient(dgram, false); /* it says good-bye */
	transport_close_conn(dgram->conn);
	free(dgram);
}

static const struct transport_ops dgram_ops = {
    .recv = dgram_recv,
    .send = dgram_send,
    .watch = dgram_watch,
    .unwatch = dgram_unwatch,
    .want_write = dgram_want_write,
    .direct = dgram_direct,
    .doze = dgram_doze,
    .rewatch = dgram_rewatch,
    .received = dgram_received,
    .event = dgram_event,
    .close = dgram_close,
    .settle = dgram_settle,
};

int transport_dgram_new(VDECONN *conn, bool ptp, struct transport **transport)
{
	int fd = vde_datafd(conn), domain = 0, type = 0, flags;
	socklen_t len = sizeof domain;
	struct dgram *dgram;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0 || domain != AF_UNIX)
		return -EPROTOTYPE;
	len = sizeof type;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
	    (type != SOCK_DGRAM && type != SOCK_SEQPACKET))
		return -EPROTOTYPE;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	set_send_buffer(fd, SEND_BUFFER);
	dgram = calloc(1, sizeof *dgram);
	if (dgram == NULL)
		return -ENOMEM;
	dgram->transport.ops = &dgram_ops;
	dgram->transport.frame_max = ptp ? VDELINK_FRAME_MAX : 0;
	dgram->conn = conn;
	dgram->data_fd = fd;
	dgram->control_fd = ptp ? peer_watch_open() : vde_ctlfd(conn);
	dgram->transport.state_fd = dgram->control_fd;
	if (ptp)
		peer_watch_arm(dgram->control_fd, fd);
	dgram->ptp = ptp;
	dgram->seqpacket = type == SOCK_SEQPACKET;
	*transport = &dgram->transport;
	return 0;
}
