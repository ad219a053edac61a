/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Readiness: how a socket that lives in user memory is polled by the kernel.
 *
 * The program's descriptor is one end of an AF_UNIX datagram pair, the other end ("inner") is ours.
 * What poll(2) says of the program's end is made to follow the socket's mask, in edges: a system
 * call is made only when a bit has to change, and the runtime makes none for a change that nobody
 * can see (a datagram that a blocked reader takes at once).
 *
 * Facts of Linux (net/unix/af_unix.c, unix_dgram_poll; test_readiness.c holds them):
 *
 *   POLLIN     a datagram lies in the program's end.           We send one; a call reads it away.
 *   no POLLOUT what the program's end has sent and we have     A call sends a datagram larger than
 *              not read exceeds a quarter of its SO_SNDBUF,    that; we read it, or purge it by
 *              which is made as small as can be.               the next line.
 *   POLLERR    the inner end undoes its connection while a     connect(AF_UNSPEC), then connect to
 *              datagram lies unread in it: ECONNRESET.         the program's end by name again. A
 *                                                              call takes SO_ERROR.
 *   RDHUP, HUP shutdown(2) of the program's end itself.        In the call; for ever, as in UDP.
 *
 * So that POLLERR is always possible, one byte (the "token of error") is kept in the inner end, and
 * the program's end has a name, that the kernel chose, in the abstract name space. Nobody else can
 * send to it: it is connected to us (unix_may_send).
 *
 * Raising is done from our end alone, because the number of the program's descriptor may mean
 * something else by now; lowering needs that number, and happens only in calls on it.
 *
 * What this cannot say (the manual's table): POLLERR without POLLOUT, since the purge makes room; a
 * second POLLERR after SHUT_WR, when no token can be sent any more; and POLLERR between the moment
 * when POLLOUT came back and the program's next call, which is then told the error itself.
 *
 * TCP sockets have another kind of pair: readiness_stream.c.
 */
#include "inner.h"
#include "readiness_stream.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define FILLER 2048 /* more than a quarter of the smallest SO_SNDBUF */

static void arm_error(struct readiness *readiness, int fd)
{
	char token = 0;

	if (!readiness->armed)
		readiness->armed = send(fd, &token, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

int readiness_open(struct readiness *readiness, bool nonblocking)
{
	const struct sockaddr_un unnamed = {.sun_family = AF_UNIX};
	int smallest = 1, end[2], err;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0, end) <
	    0)
		return -errno;
	/* unix(7), autobind. */
	if (bind(end[0], (const struct sockaddr *)&unnamed, sizeof(sa_family_t)) < 0 ||
	    setsockopt(end[0], SOL_SOCKET, SO_SNDBUF, &smallest, sizeof(smallest)) < 0) {
		err = -errno;
		close(end[0]);
		close(end[1]);
		return err;
	}
	*readiness = (struct readiness){.inner = inner_keep(end[1]), .shown = POLLOUT};
	arm_error(readiness, end[0]);
	return end[0];
}

void readiness_close(struct readiness *readiness)
{
	if (readiness->stream) {
		stream_close(readiness);
		return;
	}
	inner_close(readiness->inner);
	readiness->inner = INNER_NONE;
}

static void raise_in(struct readiness *readiness)
{
	char token = 0;
	ssize_t sent = inner_send(readiness->inner, &token, 1, 0);

	if (sent != 1) {
		/* Connected once and for all; unless the other end is no more. */
		if (sent == -ECONNREFUSED || sent == -ENOTCONN)
			readiness->shown |= POLLNVAL;
		return;
	}
	readiness->tokens++;
	readiness->shown |= POLLIN;
}

static void lower_in(struct readiness *readiness, int fd)
{
	char token;

	while (readiness->tokens && recv(fd, &token, 1, MSG_DONTWAIT) >= 0)
		readiness->tokens--;
	readiness->tokens = 0;
	readiness->shown &= ~(unsigned int)POLLIN;
}

static void raise_out(struct readiness *readiness)
{
	char bytes[1];

	/* The token of error lies before the filler. */
	while (inner_receive(readiness->inner, bytes, sizeof(bytes)) >= 0)
		;
	readiness->armed = false;
	readiness->shown |= POLLOUT;
}

static void lower_out(struct readiness *readiness, int fd)
{
	static const char filler[FILLER];

	arm_error(readiness, fd);
	if (send(fd, filler, sizeof(filler), MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof(filler))
		readiness->shown &= ~(unsigned int)POLLOUT;
}

static void raise_error(struct readiness *readiness)
{
	const struct sockaddr none = {.sa_family = AF_UNSPEC};
	struct sockaddr_un name;
	socklen_t len = sizeof(name);
	int inner;

	if ((readiness->shown & POLLOUT) && !readiness->armed)
		return;
	inner = inner_borrow(readiness->inner);
	if (inner < 0)
		return; /* the next call is told the error itself */
	if (getpeername(inner, (struct sockaddr *)&name, &len) == 0 &&
	    connect(inner, &none, sizeof(none)) == 0) {
		if (connect(inner, (struct sockaddr *)&name, len) < 0)
			readiness->shown |= POLLNVAL; /* closed a moment ago */
		readiness->armed = false;
		/* What made POLLOUT go is purged. */
		readiness->shown |= POLLERR | POLLOUT;
	}
	inner_return(readiness->inner, inner);
}

static void lower_error(struct readiness *readiness, int fd)
{
	int error;
	socklen_t len = sizeof(error);

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	readiness->shown &= ~(unsigned int)POLLERR;
	arm_error(readiness, fd);
}

void readiness_raise(struct readiness *readiness, unsigned int mask)
{
	unsigned int rising = mask & ~readiness->shown;

	if (readiness->stream) {
		stream_raise(readiness, mask);
		return;
	}
	if (rising & POLLERR)
		raise_error(readiness);
	if (rising & POLLOUT && (readiness->shown & POLLOUT) == 0)
		raise_out(readiness);
	if (rising & POLLIN)
		raise_in(readiness);
}

static void shut(struct readiness *readiness, int fd, unsigned int mask)
{
	if ((mask & POLLRDHUP) && (readiness->shown & POLLRDHUP) == 0) {
		shutdown(fd, SHUT_RD);
		readiness->shown |= POLLRDHUP | POLLIN;
	}
	if ((mask & POLLHUP) && (readiness->shown & POLLHUP) == 0) {
		shutdown(fd, SHUT_RDWR);
		readiness->shown |= POLLHUP;
	}
}

bool readiness_show(struct readiness *readiness, int fd, unsigned int mask)
{
	unsigned int falling = readiness->shown & ~mask;

	if (readiness->stream)
		return stream_show(readiness, fd, mask);
	if (__builtin_expect(readiness->shown == mask, 1) && readiness->armed)
		return false;
	/* An error that is pending would be what recv and send return: it is taken first, and shown
	 * again by readiness_raise if it stays. */
	if ((readiness->shown & POLLERR) && (falling & (POLLERR | POLLIN)))
		lower_error(readiness, fd);
	if ((falling & POLLIN) && (readiness->shown & POLLRDHUP) == 0)
		lower_in(readiness, fd);
	if (mask & (POLLRDHUP | POLLHUP))
		shut(readiness, fd, mask);
	readiness_raise(readiness, mask);
	if (readiness->shown & POLLERR)
		return false;
	if ((readiness->shown & ~mask) & POLLOUT)
		lower_out(readiness, fd);
	else if (readiness->shown & POLLOUT)
		arm_error(readiness, fd);
	return false;
}
