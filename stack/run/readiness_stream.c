/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Readiness of TCP sockets.
 *
 * The program's descriptor ("outer") is an AF_UNIX stream socket; what poll(2) says of it is made
 * to be what Linux's tcp_poll would say. It is in one of three modes:
 *
 *     FRESH  not connected: OUT|HUP, as a TCP socket that was just made polls
 *     PAIR   connected to "inner", which is ours: every other mask
 *     DEAD   inner is closed: IN|OUT|HUP|RDHUP, and ERR until it was taken
 *
 * Facts of Linux (net/unix/af_unix.c, unix_poll; test_readiness_stream.c holds them):
 *
 *     IN        bytes lie in outer.                        We send one; a call reads them away.
 *     PRI       one of them was sent with MSG_OOB.         The same. There is no PRI without IN.
 *     no OUT    what outer has sent and we have not        A call sends a byte more; we read one.
 *               read is more than a quarter of its
 *               SO_SNDBUF: two bytes, each in a buffer
 *               of its own, of the smallest.
 *     RDHUP     inner's SHUT_WR.                           For ever, with IN.
 *     HUP       inner's SHUT_RDWR.                         For ever, with IN, OUT, RDHUP.
 *     ERR       inner is closed while a byte lies unread   For ever but for ERR itself, which
 *               in it ("armed").                           reading SO_ERROR takes away.
 *
 * All of this but the taking away is done from inner, since the number of the program's descriptor
 * may mean something else by now; taking away happens in calls on it.
 *
 * FRESH becomes PAIR by connect(2) to a listening socket that the process keeps for that, and by
 * accepting there. Others could connect to its abstract name: who is not this process is turned
 * away. There is no way back to FRESH: where TCP has one (a connect that failed, AF_UNSPEC, a
 * listener that was shut down) a new socket takes the place of the old one, by dup3(2).
 *
 * Edges: new data are news to an edge-triggered waiter even where IN is shown. A further byte is
 * sent then, but only if a call has looked since the last one, as a waiter does who wants to be
 * told again.
 *
 * What this cannot say is in picoxnet(7): ERR without HUP (IP_RECVERR), PRI without IN; a renewed
 * descriptor has left the epoll sets that it was in, and its duplicates keep the old one.
 */
#include "readiness_stream.h"

#include "inner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define FRESH ((unsigned int)(POLLOUT | POLLHUP))
#define GONE  ((unsigned int)(POLLIN | POLLOUT | POLLHUP | POLLRDHUP))

/* ---- the place where pairs are made ---- */

/* One for all stacks of the process, made when first needed. */
static struct {
	pthread_mutex_t lock;
	int fd; /* listens; -1: none */
	unsigned int holders;
	struct sockaddr_un name;
	socklen_t name_len;
} place = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

static void fork_prepare(void)
{
	pthread_mutex_lock(&place.lock);
}

static void fork_parent(void)
{
	pthread_mutex_unlock(&place.lock);
}

/* A child that accepted from the parent's would steal its pairs. */
static void fork_child(void)
{
	if (place.fd >= 0)
		close(place.fd);
	place.fd = -1;
	place.holders = 0;
	pthread_mutex_unlock(&place.lock);
}

static void hook_fork(void)
{
	pthread_atfork(fork_prepare, fork_parent, fork_child);
}

void readiness_hold(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, hook_fork);
	pthread_mutex_lock(&place.lock);
	place.holders++;
	pthread_mutex_unlock(&place.lock);
}

void readiness_release(void)
{
	pthread_mutex_lock(&place.lock);
	if (--place.holders == 0 && place.fd >= 0) {
		close(place.fd);
		place.fd = -1;
	}
	pthread_mutex_unlock(&place.lock);
}

/* The lock is held. */
static int open_place(void)
{
	const struct sockaddr_un unnamed = {.sun_family = AF_UNIX};
	int fd, err;

	if (place.fd >= 0)
		return 0;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	place.name_len = sizeof(place.name);
	/* unix(7), autobind. */
	if (bind(fd, (const struct sockaddr *)&unnamed, sizeof(sa_family_t)) < 0 ||
	    listen(fd, SOMAXCONN) < 0 ||
	    getsockname(fd, (struct sockaddr *)&place.name, &place.name_len) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	place.fd = fd;
	return 0;
}

static bool is_ours(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.pid == getpid();
}

/* Connects the program's end and returns ours, or -errno. The lock is held. */
static int meet(int outer)
{
	int inner;

	/* Strangers; a full queue would make connect wait. */
	while ((inner = accept4(place.fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		close(inner);
	if (connect(outer, (const struct sockaddr *)&place.name, place.name_len) < 0)
		return -errno;
	while ((inner = accept4(place.fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		if (is_ours(inner))
			return inner;
		close(inner);
	}
	return -errno;
}

/* ---- outer: for calls of the program ---- */

static void arm(struct readiness *readiness, int fd)
{
	char token = 0;

	if (!readiness->armed)
		readiness->armed = send(fd, &token, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

static void lower_out(struct readiness *readiness, int fd)
{
	const int smallest = 1;
	char token = 0;

	if (!readiness->small)
		readiness->small = setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &smallest, sizeof(smallest)) == 0;
	arm(readiness, fd);
	if (send(fd, &token, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1)
		readiness->shown &= ~(unsigned int)POLLOUT;
}

static void lower_in(struct readiness *readiness, int fd)
{
	char bytes[64];
	ssize_t len;

	while (readiness->tokens && (len = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
		readiness->tokens -=
		    (unsigned int)len < readiness->tokens ? (unsigned int)len : readiness->tokens;
	readiness->tokens = 0;
	readiness->shown &= ~(unsigned int)POLLIN;
}

static void lower_urgent(struct readiness *readiness, int fd)
{
	char byte;

	(void)recv(fd, &byte, 1, MSG_OOB | MSG_DONTWAIT);
	readiness->shown &= ~(unsigned int)POLLPRI;
	/* Its place in the queue keeps IN until somebody reads past it. */
	if (!readiness->tokens)
		(void)recv(fd, &byte, 1, MSG_DONTWAIT);
}

static void lower_error(struct readiness *readiness, int fd)
{
	int error;
	socklen_t len = sizeof(error);

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	readiness->shown &= ~(unsigned int)POLLERR;
}

/* Puts a fresh socket in the descriptor's place. 0 or -errno. */
static int renew(struct readiness *readiness, int fd)
{
	int status = fcntl(fd, F_GETFL), flags = fcntl(fd, F_GETFD), fresh;
	int nonblock = status >= 0 && (status & O_NONBLOCK) ? SOCK_NONBLOCK : 0;
	int cloexec = flags < 0 || (flags & FD_CLOEXEC) ? O_CLOEXEC : 0;

	fresh = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | nonblock, 0);
	if (fresh < 0)
		return -errno;
	if (dup3(fresh, fd, cloexec) < 0) {
		close(fresh);
		return -EBADF;
	}
	close(fresh);
	stream_close(readiness);
	*readiness = (struct readiness){.stream = true, .inner = INNER_NONE, .shown = FRESH};
	return 0;
}

/* ---- inner: for everybody ---- */

static void raise_out(struct readiness *readiness)
{
	char token;

	if (inner_receive(readiness->inner, &token, 1) == 0)
		readiness->shown |= POLLNVAL; /* the program's end is no more */
	readiness->shown |= POLLOUT;
}

static void raise_in(struct readiness *readiness, int flags)
{
	char token = 0;
	ssize_t sent = inner_send(readiness->inner, &token, 1, flags);

	if (sent == 1) {
		if (flags & MSG_OOB)
			readiness->shown |= POLLPRI;
		else
			readiness->tokens++;
		readiness->shown |= POLLIN;
		readiness->looked = false;
	} else if (sent == -EPIPE || sent == -ECONNRESET) {
		/* SHUT_WR was what made RDHUP; else the program's end is no more. */
		if (!(readiness->shown & POLLRDHUP))
			readiness->shown |= POLLNVAL;
	}
}

static void raise_hangup(struct readiness *readiness, unsigned int mask)
{
	if ((mask & POLLERR) && readiness->armed) {
		stream_close(readiness);
		readiness->shown |= GONE | POLLERR;
		return;
	}
	if (!(readiness->shown & POLLOUT))
		raise_out(readiness);
	if (inner_shutdown(readiness->inner, SHUT_RDWR) == 0)
		readiness->shown |= GONE;
}

/* ---- what readiness.c calls ---- */

/* There is no PRI without IN: a reader who looks in vain passes the mark, and both are gone. */
static unsigned int possible(unsigned int mask)
{
	return mask & POLLPRI ? mask | POLLIN : mask;
}

void stream_close(struct readiness *readiness)
{
	inner_close(readiness->inner);
	readiness->inner = INNER_NONE;
}

void stream_raise(struct readiness *readiness, unsigned int mask)
{
	unsigned int rising;

	mask = possible(mask);
	rising = mask & ~readiness->shown;
	if (readiness->inner == INNER_NONE || (readiness->shown & POLLHUP))
		return;
	if (mask & POLLHUP) {
		raise_hangup(readiness, mask);
		return;
	}
	if (rising & POLLOUT)
		raise_out(readiness);
	if (rising & POLLPRI)
		raise_in(readiness, MSG_OOB);
	if (rising & POLLRDHUP) {
		/* With it comes IN: one edge. */
		if (inner_shutdown(readiness->inner, SHUT_WR) == 0)
			readiness->shown |= POLLRDHUP | POLLIN;
		return;
	}
	if ((rising & POLLIN) || ((mask & POLLIN) && readiness->looked))
		raise_in(readiness, 0);
}

bool stream_show(struct readiness *readiness, int fd, unsigned int mask)
{
	unsigned int falling;
	bool renewed = false;

	mask = possible(mask);
	falling = readiness->shown & ~mask;
	readiness->looked = mask & POLLIN;
	if (__builtin_expect(readiness->shown == mask, 1) &&
	    (readiness->armed || readiness->inner == INNER_NONE))
		return false;
	if (mask == FRESH)
		return readiness->shown != FRESH && renew(readiness, fd) == 0;
	if (readiness->shown == FRESH && readiness_pair(readiness, fd, &renewed) < 0)
		return false;
	if (falling & POLLERR)
		lower_error(readiness, fd);
	if (falling & POLLPRI)
		lower_urgent(readiness, fd);
	if (readiness->inner == INNER_NONE || (readiness->shown & POLLHUP))
		return false;
	if ((falling & POLLIN) && !(readiness->shown & POLLRDHUP))
		lower_in(readiness, fd);
	readiness->looked = false;
	stream_raise(readiness, mask);
	readiness->looked = mask & POLLIN;
	if (readiness->inner == INNER_NONE || (readiness->shown & POLLHUP))
		return false;
	if (readiness->shown & ~mask & POLLOUT)
		lower_out(readiness, fd);
	else
		arm(readiness, fd);
	return false;
}

/* ---- making ---- */

int readiness_open_stream(struct readiness *readiness, bool nonblocking)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0);

	if (fd < 0)
		return -errno;
	*readiness = (struct readiness){.stream = true, .inner = INNER_NONE, .shown = FRESH};
	return fd;
}

int readiness_open_connected(struct readiness *readiness, bool nonblocking)
{
	int end[2];

	if (socketpair(
	        AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0, end) < 0)
		return -errno;
	*readiness = (struct readiness){.stream = true, .inner = inner_keep(end[1]), .shown = POLLOUT};
	arm(readiness, end[0]);
	return end[0];
}

static int meet_at_place(int outer)
{
	int inner;

	pthread_mutex_lock(&place.lock);
	inner = open_place();
	if (!inner)
		inner = meet(outer);
	pthread_mutex_unlock(&place.lock);
	return inner;
}

int readiness_pair(struct readiness *readiness, int fd, bool *renewed)
{
	int inner, err;

	*renewed = false;
	if (readiness->inner != INNER_NONE && !(readiness->shown & POLLHUP))
		return 0;
	if (readiness->shown != FRESH) {
		err = renew(readiness, fd);
		if (err)
			return err;
		*renewed = true;
	}
	inner = meet_at_place(fd);
	if (inner == -EISCONN) {
		/* It came half of the way before: there was no descriptor for our end. */
		err = renew(readiness, fd);
		if (err)
			return err;
		*renewed = true;
		inner = meet_at_place(fd);
	}
	if (inner < 0)
		return inner;
	*readiness = (struct readiness){.stream = true, .inner = inner_keep(inner), .shown = POLLOUT};
	arm(readiness, fd);
	return 0;
}
