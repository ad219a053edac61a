/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our ends of pairs, without a descriptor each.
 *
 * A socket of ours is polled by means of two sockets of the kernel: the program's and one at its
 * other end. No socket of the kernel alone can show what TCP has to (readiness_stream.c), nor can
 * one whose other end is shared: HUP, RDHUP and ERR come from the other end's own state. But what
 * must exist is that socket, not a number for it in the table of descriptors, which is short (a
 * limit of 1024 is usual, of 20,000 is large), and whose size some programs have to mind (select).
 *
 * io_uring(7) can hold files by itself. So the first few ends of a process are descriptors, as
 * calls on those are the fastest (by 0.15 us), and those that come after lie in a ring. Most
 * programs never make one. Where there is no io_uring (it is often forbidden), or one that does not
 * let go of a file at once (before Linux 6.13 or so; asked of it when it is made), or it is full,
 * ends are descriptors.
 *
 * One ring for all stacks of the process, with a lock that is held for a system call that never
 * waits. Once made it stays: when a ring is closed the kernel interrupts every thread that has used
 * it (EINTR, in the middle of whatever the program waits for).
 */
#include "inner.h"

#include "forked.h"
#include "uring.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define FILES_MAX (1u << 18) /* ends in the ring; io_uring takes four times as many */

/* Linux 6.8; younger than Debian 12's header. */
#define OP_FIXED_FD_INSTALL 54

static struct {
	pthread_mutex_t lock;
	_Atomic unsigned int plain; /* ends that are descriptors */
	bool tried;
	struct uring ring;
	uint32_t *free_places; /* a stack of them; NULL: there is no ring */
	uint32_t free_count;
} ends = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- places in the ring ---- */

static inline bool is_plain(int inner)
{
	return inner >= 0;
}

static inline int as_inner(uint32_t place)
{
	return -2 - (int)place;
}

static inline uint32_t as_place(int inner)
{
	return (uint32_t)(-2 - inner);
}

static struct io_uring_sqe operation(int inner, uint8_t opcode)
{
	return (struct io_uring_sqe){
	    .opcode = opcode, .flags = IOSQE_FIXED_FILE, .fd = (int)as_place(inner)};
}

static int run(const struct io_uring_sqe *what)
{
	int result;

	pthread_mutex_lock(&ends.lock);
	result = uring_do(&ends.ring, what);
	pthread_mutex_unlock(&ends.lock);
	return result;
}

/* ---- the ring ---- */

/* Whether a file can be lent out, and is closed when it leaves: hung up is what its peer shows. */
static bool ring_works(void)
{
	struct io_uring_sqe install = operation(as_inner(0), OP_FIXED_FD_INSTALL);
	struct pollfd peer = {0};
	bool works = false;
	int pair[2], lent;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return false;
	peer.fd = pair[0];
	if (uring_put(&ends.ring, 0, pair[1]) == 0) {
		close(pair[1]);
		lent = uring_do(&ends.ring, &install);
		if (lent >= 0)
			close(lent);
		works = lent >= 0 && poll(&peer, 1, 0) == 0;
		works &=
		    uring_put(&ends.ring, 0, -1) == 0 && poll(&peer, 1, 0) == 1 && (peer.revents & POLLHUP);
	} else {
		close(pair[1]);
	}
	close(pair[0]);
	return works;
}

/* The lock is held. */
static void open_ring(void)
{
	struct rlimit limit;
	uint32_t places;

	ends.tried = true;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	places = limit.rlim_cur < FILES_MAX ? (uint32_t)limit.rlim_cur : FILES_MAX;
	ends.free_places = malloc(places * sizeof(*ends.free_places));
	if (!ends.free_places)
		return;
	if (uring_open(&ends.ring, places) < 0)
		goto free_places;
	if (!ring_works())
		goto close_ring;
	for (uint32_t i = 0; i < places; i++)
		ends.free_places[i] = places - 1 - i;
	ends.free_count = places;
	forked_add(ends.ring.fd);
	return;

close_ring:
	uring_close(&ends.ring);
free_places:
	free(ends.free_places);
	ends.free_places = NULL;
}

/* ---- fork ---- */

static void fork_prepare(void)
{
	pthread_mutex_lock(&ends.lock);
}

static void fork_parent(void)
{
	pthread_mutex_unlock(&ends.lock);
}

/* What is in the parent's ring stays there; its descriptor is closed with the others (forked.c). */
static void fork_child(void)
{
	free(ends.free_places);
	ends.free_places = NULL;
	ends.tried = false;
	atomic_store(&ends.plain, 0);
	pthread_mutex_unlock(&ends.lock);
}

static void hook_fork(void)
{
	pthread_atfork(fork_prepare, fork_parent, fork_child);
}

/* ---- ends ---- */

int inner_keep(int fd)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int inner = fd;

	pthread_once(&once, hook_fork);
	if (atomic_fetch_add(&ends.plain, 1) >= INNER_PLAIN) {
		pthread_mutex_lock(&ends.lock);
		if (!ends.tried)
			open_ring();
		if (ends.free_places && ends.free_count &&
		    uring_put(&ends.ring, ends.free_places[ends.free_count - 1], fd) == 0)
			inner = as_inner(ends.free_places[--ends.free_count]);
		pthread_mutex_unlock(&ends.lock);
	}
	if (is_plain(inner)) {
		forked_add(fd);
		return inner;
	}
	atomic_fetch_sub(&ends.plain, 1);
	close(fd);
	return inner;
}

void inner_close(int inner)
{
	if (inner == INNER_NONE)
		return;
	if (is_plain(inner)) {
		forked_remove(inner);
		close(inner);
		atomic_fetch_sub(&ends.plain, 1);
		return;
	}
	pthread_mutex_lock(&ends.lock);
	if (uring_put(&ends.ring, as_place(inner), -1) == 0)
		ends.free_places[ends.free_count++] = as_place(inner);
	pthread_mutex_unlock(&ends.lock);
}

ssize_t inner_send(int inner, const void *bytes, size_t len, int flags)
{
	struct io_uring_sqe what;
	ssize_t sent;

	flags |= MSG_DONTWAIT | MSG_NOSIGNAL;
	if (is_plain(inner)) {
		sent = send(inner, bytes, len, flags);
		return sent < 0 ? -errno : sent;
	}
	what = operation(inner, IORING_OP_SEND);
	what.addr = (uintptr_t)bytes;
	what.len = (uint32_t)len;
	what.msg_flags = (uint32_t)flags;
	return run(&what);
}

ssize_t inner_receive(int inner, void *bytes, size_t len)
{
	struct io_uring_sqe what;
	ssize_t got;

	if (is_plain(inner)) {
		got = recv(inner, bytes, len, MSG_DONTWAIT);
		return got < 0 ? -errno : got;
	}
	what = operation(inner, IORING_OP_RECV);
	what.addr = (uintptr_t)bytes;
	what.len = (uint32_t)len;
	what.msg_flags = MSG_DONTWAIT;
	return run(&what);
}

int inner_borrow(int inner)
{
	struct io_uring_sqe what;

	if (is_plain(inner))
		return inner;
	what = operation(inner, OP_FIXED_FD_INSTALL);
	return run(&what);
}

void inner_return(int inner, int fd)
{
	if (!is_plain(inner))
		close(fd);
}

int inner_shutdown(int inner, int how)
{
	int fd = inner_borrow(inner), err;
	struct io_uring_sqe what;

	if (fd >= 0) {
		err = shutdown(fd, how) < 0 ? -errno : 0;
		inner_return(inner, fd);
		return err;
	}
	/* No descriptor is free. The ring does it with a thread of its own, which takes longer. */
	what = operation(inner, IORING_OP_SHUTDOWN);
	what.len = (uint32_t)how;
	return run(&what);
}
