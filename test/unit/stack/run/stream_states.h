/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TCP sockets of the kernel (on loopback) and of ours (on a stack's lo), brought into every state
 * by the same calls: what the tests that compare the two share. */
#ifndef TEST_STREAM_STATES_H
#define TEST_STREAM_STATES_H

#include "host.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/ioctl.h>

#define ALL      (POLLIN | POLLPRI | POLLOUT | POLLERR | POLLRDHUP | POLLHUP)
#define PATIENCE 60000 /* ms; for what comes at once */

/* ---- either world ---- */

static struct picox *stack;

static inline int our_socket(int domain, int type, int protocol)
{
	return picox_msocket(stack, domain, type, protocol);
}

static inline int their_ioctl(int fd, unsigned long request, void *value)
{
	return ioctl(fd, request, value);
}

struct world {
	const char *name;
	int (*socket)(int domain, int type, int protocol);
	int (*close)(int fd);
	int (*bind)(int fd, const struct sockaddr *name, socklen_t len);
	int (*connect)(int fd, const struct sockaddr *name, socklen_t len);
	int (*listen)(int fd, int backlog);
	int (*accept)(int fd, struct sockaddr *name, socklen_t *len);
	int (*getsockname)(int fd, struct sockaddr *name, socklen_t *len);
	int (*getpeername)(int fd, struct sockaddr *name, socklen_t *len);
	int (*setsockopt)(int fd, int level, int name, const void *value, socklen_t len);
	int (*getsockopt)(int fd, int level, int name, void *value, socklen_t *len);
	int (*shutdown)(int fd, int how);
	ssize_t (*send)(int fd, const void *data, size_t len, int flags);
	ssize_t (*recv)(int fd, void *data, size_t len, int flags);
	int (*ioctl)(int fd, unsigned long request, void *value);
};

static const struct world worlds[] = {
    {"kernel", socket, close, bind, connect, listen, accept, getsockname, getpeername, setsockopt,
        getsockopt, shutdown, send, recv, their_ioctl},
    {"picox", our_socket, picox_close, picox_bind, picox_connect, picox_listen, picox_accept,
        picox_getsockname, picox_getpeername, picox_setsockopt, picox_getsockopt, picox_shutdown,
        picox_send, picox_recv, picox_ioctl},
};

struct subject {
	const struct world *w;
	int fd;                  /* whom we look at */
	int peer;                /* the other end; -1 */
	int listener;            /* -1 */
	int extra;               /* -1 */
	struct sockaddr_in name; /* the listener's */
};

static inline unsigned int polled(int fd)
{
	struct pollfd p = {.fd = fd, .events = ALL};

	assert_true(poll(&p, 1, 0) >= 0);
	return (unsigned int)p.revents & ALL;
}

static inline void await(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	if (poll(&p, 1, PATIENCE) != 1)
		fail_msg("%#x does not come", (unsigned int)events);
}

static inline int state_of(const struct subject *s, int fd)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	assert_int_equal(s->w->getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	return info.tcpi_state;
}

/* The other end may answer a little later. */
static inline void await_state(const struct subject *s, int fd, int state)
{
	for (int i = 0; i < PATIENCE; i++) {
		if (state_of(s, fd) == state)
			return;
		usleep(1000);
	}
	fail_msg("%s: state is %d, not %d", s->w->name, state_of(s, fd), state);
}

/* ---- states ---- */

static inline int open_socket(const struct subject *s)
{
	int fd = s->w->socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	return fd;
}

static inline void open_listener(struct subject *s, int backlog)
{
	socklen_t len = sizeof(s->name);

	s->listener = open_socket(s);
	s->name = host_name4("127.0.0.1", 0);
	assert_int_equal(s->w->bind(s->listener, (struct sockaddr *)&s->name, len), 0);
	assert_int_equal(s->w->listen(s->listener, backlog), 0);
	assert_int_equal(s->w->getsockname(s->listener, (struct sockaddr *)&s->name, &len), 0);
}

static inline void do_connect(const struct subject *s, int fd)
{
	int result = s->w->connect(fd, (const struct sockaddr *)&s->name, sizeof(s->name));

	assert_true(result == 0 || errno == EINPROGRESS);
}

static inline void fresh(struct subject *s)
{
	s->fd = open_socket(s);
	/* Where nobody listens. */
	s->name = host_name4("127.0.0.1", 1);
}

static inline void bound(struct subject *s)
{
	struct sockaddr_in any = host_name4("127.0.0.1", 0);

	fresh(s);
	assert_int_equal(s->w->bind(s->fd, (struct sockaddr *)&any, sizeof(any)), 0);
}

static inline void listening(struct subject *s)
{
	open_listener(s, 5);
	s->fd = s->listener;
	s->listener = -1;
}

static inline void listening_pending(struct subject *s)
{
	listening(s);
	s->peer = open_socket(s);
	do_connect(s, s->peer);
	await(s->fd, POLLIN);
}

static inline void listening_shut(struct subject *s)
{
	listening(s);
	assert_int_equal(s->w->shutdown(s->fd, SHUT_RD), 0);
}

static inline void listening_shut_write(struct subject *s)
{
	listening(s);
	s->w->shutdown(s->fd, SHUT_WR);
}

/* The accept queue is full: the SYN goes unanswered. */
static inline void connecting(struct subject *s)
{
	open_listener(s, 0);
	s->extra = open_socket(s);
	do_connect(s, s->extra);
	await(s->extra, POLLOUT);
	await(s->listener, POLLIN);
	s->fd = open_socket(s);
	do_connect(s, s->fd);
	await_state(s, s->fd, TCP_STATE_SYN_SENT);
}

static inline void refused(struct subject *s)
{
	fresh(s);
	s->w->connect(s->fd, (struct sockaddr *)&s->name, sizeof(s->name));
	await(s->fd, POLLERR);
}

static inline void refused_told(struct subject *s)
{
	int error;
	socklen_t len = sizeof(error);

	refused(s);
	assert_int_equal(s->w->getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
	assert_int_equal(error, ECONNREFUSED);
}

static inline void refused_blocking(struct subject *s)
{
	fresh(s);
	assert_int_equal(fcntl(s->fd, F_SETFL, 0), 0);
	assert_int_equal(s->w->connect(s->fd, (struct sockaddr *)&s->name, sizeof(s->name)), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_int_equal(fcntl(s->fd, F_SETFL, O_NONBLOCK), 0);
}

/* Connected, and nobody has asked connect(2) how it went. */
static inline void unasked(struct subject *s)
{
	open_listener(s, 5);
	s->fd = open_socket(s);
	do_connect(s, s->fd);
	await(s->fd, POLLOUT);
	await(s->listener, POLLIN);
	s->peer = s->w->accept(s->listener, NULL, NULL);
	assert_true(s->peer >= 0);
	assert_int_equal(fcntl(s->peer, F_SETFL, O_NONBLOCK), 0);
}

static inline void established(struct subject *s)
{
	unasked(s);
	assert_int_equal(s->w->connect(s->fd, (struct sockaddr *)&s->name, sizeof(s->name)), 0);
}

static inline void accepted(struct subject *s)
{
	int fd;

	established(s);
	fd = s->fd;
	s->fd = s->peer;
	s->peer = fd;
}

static inline void send_from(const struct subject *s, int fd, const char *text, int flags)
{
	assert_int_equal(s->w->send(fd, text, strlen(text), flags), (ssize_t)strlen(text));
}

static inline void with_data(struct subject *s)
{
	established(s);
	send_from(s, s->peer, "hello", 0);
	await(s->fd, POLLIN);
}

static inline void with_data_below_mark(struct subject *s)
{
	int mark = 10;

	established(s);
	assert_int_equal(s->w->setsockopt(s->fd, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof(mark)), 0);
	send_from(s, s->peer, "hello", 0);
}

static inline void with_urgent(struct subject *s)
{
	established(s);
	send_from(s, s->peer, "hello", MSG_OOB);
	await(s->fd, POLLPRI);
}

static inline void with_urgent_inline(struct subject *s)
{
	int on = 1;

	established(s);
	assert_int_equal(s->w->setsockopt(s->fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on)), 0);
	send_from(s, s->peer, "hello", MSG_OOB);
	await(s->fd, POLLPRI);
}

static inline void full(struct subject *s)
{
	static const char bytes[65536];

	established(s);
	while (s->w->send(s->fd, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0)
		;
	assert_int_equal(errno, EAGAIN);
}

static inline void finished_by_peer(struct subject *s)
{
	established(s);
	assert_int_equal(s->w->shutdown(s->peer, SHUT_WR), 0);
	await(s->fd, POLLRDHUP);
	await_state(s, s->fd, TCP_STATE_CLOSE_WAIT);
}

static inline void finished_by_peer_with_data(struct subject *s)
{
	established(s);
	send_from(s, s->peer, "hello", 0);
	assert_int_equal(s->w->shutdown(s->peer, SHUT_WR), 0);
	await(s->fd, POLLRDHUP);
}

static inline void shut_read(struct subject *s)
{
	established(s);
	assert_int_equal(s->w->shutdown(s->fd, SHUT_RD), 0);
}

static inline void shut_read_with_data(struct subject *s)
{
	with_data(s);
	assert_int_equal(s->w->shutdown(s->fd, SHUT_RD), 0);
}

static inline void shut_write(struct subject *s)
{
	established(s);
	assert_int_equal(s->w->shutdown(s->fd, SHUT_WR), 0);
	await_state(s, s->fd, TCP_STATE_FIN_WAIT_2);
}

static inline void shut_write_with_data(struct subject *s)
{
	with_data(s);
	assert_int_equal(s->w->shutdown(s->fd, SHUT_WR), 0);
	await_state(s, s->fd, TCP_STATE_FIN_WAIT_2);
}

static inline void shut_both(struct subject *s)
{
	established(s);
	assert_int_equal(s->w->shutdown(s->fd, SHUT_RDWR), 0);
	await_state(s, s->fd, TCP_STATE_FIN_WAIT_2);
}

static inline void time_wait(struct subject *s)
{
	shut_write(s);
	assert_int_equal(s->w->shutdown(s->peer, SHUT_WR), 0);
	await(s->fd, POLLHUP);
}

static inline void last_ack(struct subject *s)
{
	finished_by_peer(s);
	assert_int_equal(s->w->shutdown(s->fd, SHUT_WR), 0);
	await(s->fd, POLLHUP);
	await_state(s, s->fd, TCP_STATE_CLOSED);
}

static inline void last_ack_with_data(struct subject *s)
{
	finished_by_peer_with_data(s);
	assert_int_equal(s->w->shutdown(s->fd, SHUT_WR), 0);
	await(s->fd, POLLHUP);
}

static inline void reset_peer(struct subject *s)
{
	struct linger at_once = {1, 0};

	assert_int_equal(
	    s->w->setsockopt(s->peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	assert_int_equal(s->w->close(s->peer), 0);
	s->peer = -1;
}

static inline void reset(struct subject *s)
{
	established(s);
	reset_peer(s);
	await(s->fd, POLLERR);
}

static inline void reset_with_data(struct subject *s)
{
	with_data(s);
	reset_peer(s);
	await(s->fd, POLLERR);
}

static inline void reset_told(struct subject *s)
{
	int error;
	socklen_t len = sizeof(error);

	reset(s);
	assert_int_equal(s->w->getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
	assert_int_equal(error, ECONNRESET);
}

/* RST in CLOSE_WAIT is EPIPE (Linux, tcp_reset). */
static inline void reset_in_close_wait(struct subject *s)
{
	finished_by_peer(s);
	reset_peer(s);
	await(s->fd, POLLERR);
}

/* The peer closes with data unread: RST. */
static inline void closed_unread(struct subject *s)
{
	established(s);
	send_from(s, s->fd, "hello", 0);
	await(s->peer, POLLIN);
	assert_int_equal(s->w->close(s->peer), 0);
	s->peer = -1;
	await(s->fd, POLLERR);
}

static inline void dissolved(struct subject *s)
{
	const struct sockaddr none = {.sa_family = AF_UNSPEC};

	established(s);
	assert_int_equal(s->w->connect(s->fd, &none, sizeof(none)), 0);
	s->name = host_name4("127.0.0.1", 1);
}

static inline void fresh_shut(struct subject *s)
{
	fresh(s);
	s->w->shutdown(s->fd, SHUT_RDWR);
}

static const struct {
	const char *name;
	void (*enter)(struct subject *s);
} states[] = {
#define STATE(name)                                                                                \
	{                                                                                              \
#name, name                                                                                \
	}
    STATE(fresh),
    STATE(bound),
    STATE(fresh_shut),
    STATE(listening),
    STATE(listening_pending),
    STATE(listening_shut),
    STATE(listening_shut_write),
    STATE(connecting),
    STATE(refused),
    STATE(refused_told),
    STATE(refused_blocking),
    STATE(unasked),
    STATE(established),
    STATE(accepted),
    STATE(with_data),
    STATE(with_data_below_mark),
    STATE(with_urgent),
    STATE(with_urgent_inline),
    STATE(full),
    STATE(finished_by_peer),
    STATE(finished_by_peer_with_data),
    STATE(shut_read),
    STATE(shut_read_with_data),
    STATE(shut_write),
    STATE(shut_write_with_data),
    STATE(shut_both),
    STATE(time_wait),
    STATE(last_ack),
    STATE(last_ack_with_data),
    STATE(reset),
    STATE(reset_with_data),
    STATE(reset_told),
    STATE(reset_in_close_wait),
    STATE(closed_unread),
    STATE(dissolved),
};
#define STATES (sizeof(states) / sizeof(states[0]))

static inline void enter(struct subject *s, const struct world *world, size_t state)
{
	*s = (struct subject){.w = world, .fd = -1, .peer = -1, .listener = -1, .extra = -1};
	states[state].enter(s);
}

static inline void leave(const struct subject *s)
{
	const struct linger at_once = {1, 0};
	const int fds[] = {s->fd, s->peer, s->listener, s->extra};

	for (size_t i = 0; i < 4; i++) {
		if (fds[i] < 0)
			continue;
		/* No TIME-WAIT is left on the kernel's loopback. */
		s->w->setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		s->w->close(fds[i]);
	}
}

/* ---- the stack ---- */

static inline int setup(void **unused)
{
	stack = picox_newstackv(NULL, NULL);
	return stack ? 0 : -1;
}

static inline int teardown(void **unused)
{
	return picox_delstack(stack);
}

/* What the pair cannot say (picoxnet(7)): PRI without IN, and ERR of a socket that is fresh again.
 */
static inline bool known_mask(unsigned int kernel, unsigned int ours)
{
	const unsigned int failed = POLLOUT | POLLERR | POLLHUP;

	if ((kernel & (POLLPRI | POLLIN)) == POLLPRI)
		return (kernel | POLLIN) == ours;
	return kernel == failed &&
	       (ours == POLLOUT + POLLHUP ||
	           (ours & ~(unsigned int)POLLERR) == (POLLIN | POLLOUT | POLLHUP | POLLRDHUP));
}

#endif
