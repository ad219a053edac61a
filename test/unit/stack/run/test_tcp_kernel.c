/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TCP sockets of the kernel (on loopback) and of ours (on a stack's lo), brought by the same calls
 * into every state, and then asked the same: what poll, select and epoll say, and the result and
 * errno of every call. What is known to differ is said where it is passed over.
 */
#include "host.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>

#define ALL      (POLLIN | POLLPRI | POLLOUT | POLLERR | POLLRDHUP | POLLHUP)
#define PATIENCE 5000 /* ms; for what comes at once */

/* ---- either world ---- */

static struct picox *stack;

static int our_socket(int domain, int type, int protocol)
{
	return picox_msocket(stack, domain, type, protocol);
}

static int their_ioctl(int fd, unsigned long request, void *value)
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

static unsigned int polled(int fd)
{
	struct pollfd p = {.fd = fd, .events = ALL};

	assert_true(poll(&p, 1, 0) >= 0);
	return (unsigned int)p.revents & ALL;
}

static void await(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	if (poll(&p, 1, PATIENCE) != 1)
		fail_msg("%#x does not come", (unsigned int)events);
}

static int state_of(const struct subject *s, int fd)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	assert_int_equal(s->w->getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	return info.tcpi_state;
}

/* The other end may answer a little later. */
static void await_state(const struct subject *s, int fd, int state)
{
	for (int i = 0; i < PATIENCE; i++) {
		if (state_of(s, fd) == state)
			return;
		usleep(1000);
	}
	fail_msg("%s: state is %d, not %d", s->w->name, state_of(s, fd), state);
}

/* ---- states ---- */

static int open_socket(const struct subject *s)
{
	int fd = s->w->socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	return fd;
}

static void open_listener(struct subject *s, int backlog)
{
	socklen_t len = sizeof(s->name);

	s->listener = open_socket(s);
	s->name = host_name4("127.0.0.1", 0);
	assert_int_equal(s->w->bind(s->listener, (struct sockaddr *)&s->name, len), 0);
	assert_int_equal(s->w->listen(s->listener, backlog), 0);
	assert_int_equal(s->w->getsockname(s->listener, (struct sockaddr *)&s->name, &len), 0);
}

static void do_connect(const struct subject *s, int fd)
{
	int result = s->w->connect(fd, (const struct sockaddr *)&s->name, sizeof(s->name));

	assert_true(result == 0 || errno == EINPROGRESS);
}

static void fresh(struct subject *s)
{
	s->fd = open_socket(s);
	/* Where nobody listens. */
	s->name = host_name4("127.0.0.1", 1);
}

static void bound(struct subject *s)
{
	struct sockaddr_in any = host_name4("127.0.0.1", 0);

	fresh(s);
	assert_int_equal(s->w->bind(s->fd, (struct sockaddr *)&any, sizeof(any)), 0);
}

static void listening(struct subject *s)
{
	open_listener(s, 5);
	s->fd = s->listener;
	s->listener = -1;
}

static void listening_pending(struct subject *s)
{
	listening(s);
	s->peer = open_socket(s);
	do_connect(s, s->peer);
	await(s->fd, POLLIN);
}

static void listening_shut(struct subject *s)
{
	listening(s);
	assert_int_equal(s->w->shutdown(s->fd, SHUT_RD), 0);
}

static void listening_shut_write(struct subject *s)
{
	listening(s);
	s->w->shutdown(s->fd, SHUT_WR);
}

/* The accept queue is full: the SYN goes unanswered. */
static void connecting(struct subject *s)
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

static void refused(struct subject *s)
{
	fresh(s);
	s->w->connect(s->fd, (struct sockaddr *)&s->name, sizeof(s->name));
	await(s->fd, POLLERR);
}

static void refused_told(struct subject *s)
{
	int error;
	socklen_t len = sizeof(error);

	refused(s);
	assert_int_equal(s->w->getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
	assert_int_equal(error, ECONNREFUSED);
}

static void refused_blocking(struct subject *s)
{
	fresh(s);
	assert_int_equal(fcntl(s->fd, F_SETFL, 0), 0);
	assert_int_equal(s->w->connect(s->fd, (struct sockaddr *)&s->name, sizeof(s->name)), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_int_equal(fcntl(s->fd, F_SETFL, O_NONBLOCK), 0);
}

/* Connected, and nobody has asked connect(2) how it went. */
static void unasked(struct subject *s)
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

static void established(struct subject *s)
{
	unasked(s);
	assert_int_equal(s->w->connect(s->fd, (struct sockaddr *)&s->name, sizeof(s->name)), 0);
}

static void accepted(struct subject *s)
{
	int fd;

	established(s);
	fd = s->fd;
	s->fd = s->peer;
	s->peer = fd;
}

static void send_from(const struct subject *s, int fd, const char *text, int flags)
{
	assert_int_equal(s->w->send(fd, text, strlen(text), flags), (ssize_t)strlen(text));
}

static void with_data(struct subject *s)
{
	established(s);
	send_from(s, s->peer, "hello", 0);
	await(s->fd, POLLIN);
}

static void with_data_below_mark(struct subject *s)
{
	int mark = 10;

	established(s);
	assert_int_equal(s->w->setsockopt(s->fd, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof(mark)), 0);
	send_from(s, s->peer, "hello", 0);
}

static void with_urgent(struct subject *s)
{
	established(s);
	send_from(s, s->peer, "hello", MSG_OOB);
	await(s->fd, POLLPRI);
}

static void with_urgent_inline(struct subject *s)
{
	int on = 1;

	established(s);
	assert_int_equal(s->w->setsockopt(s->fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on)), 0);
	send_from(s, s->peer, "hello", MSG_OOB);
	await(s->fd, POLLPRI);
}

static void full(struct subject *s)
{
	static const char bytes[65536];

	established(s);
	while (s->w->send(s->fd, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0)
		;
	assert_int_equal(errno, EAGAIN);
}

static void finished_by_peer(struct subject *s)
{
	established(s);
	assert_int_equal(s->w->shutdown(s->peer, SHUT_WR), 0);
	await(s->fd, POLLRDHUP);
	await_state(s, s->fd, TCP_STATE_CLOSE_WAIT);
}

static void finished_by_peer_with_data(struct subject *s)
{
	established(s);
	send_from(s, s->peer, "hello", 0);
	assert_int_equal(s->w->shutdown(s->peer, SHUT_WR), 0);
	await(s->fd, POLLRDHUP);
}

static void shut_read(struct subject *s)
{
	established(s);
	assert_int_equal(s->w->shutdown(s->fd, SHUT_RD), 0);
}

static void shut_read_with_data(struct subject *s)
{
	with_data(s);
	assert_int_equal(s->w->shutdown(s->fd, SHUT_RD), 0);
}

static void shut_write(struct subject *s)
{
	established(s);
	assert_int_equal(s->w->shutdown(s->fd, SHUT_WR), 0);
	await_state(s, s->fd, TCP_STATE_FIN_WAIT_2);
}

static void shut_write_with_data(struct subject *s)
{
	with_data(s);
	assert_int_equal(s->w->shutdown(s->fd, SHUT_WR), 0);
	await_state(s, s->fd, TCP_STATE_FIN_WAIT_2);
}

static void shut_both(struct subject *s)
{
	established(s);
	assert_int_equal(s->w->shutdown(s->fd, SHUT_RDWR), 0);
	await_state(s, s->fd, TCP_STATE_FIN_WAIT_2);
}

static void time_wait(struct subject *s)
{
	shut_write(s);
	assert_int_equal(s->w->shutdown(s->peer, SHUT_WR), 0);
	await(s->fd, POLLHUP);
}

static void last_ack(struct subject *s)
{
	finished_by_peer(s);
	assert_int_equal(s->w->shutdown(s->fd, SHUT_WR), 0);
	await(s->fd, POLLHUP);
	await_state(s, s->fd, TCP_STATE_CLOSED);
}

static void last_ack_with_data(struct subject *s)
{
	finished_by_peer_with_data(s);
	assert_int_equal(s->w->shutdown(s->fd, SHUT_WR), 0);
	await(s->fd, POLLHUP);
}

static void reset_peer(struct subject *s)
{
	struct linger at_once = {1, 0};

	assert_int_equal(
	    s->w->setsockopt(s->peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	assert_int_equal(s->w->close(s->peer), 0);
	s->peer = -1;
}

static void reset(struct subject *s)
{
	established(s);
	reset_peer(s);
	await(s->fd, POLLERR);
}

static void reset_with_data(struct subject *s)
{
	with_data(s);
	reset_peer(s);
	await(s->fd, POLLERR);
}

static void reset_told(struct subject *s)
{
	int error;
	socklen_t len = sizeof(error);

	reset(s);
	assert_int_equal(s->w->getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
	assert_int_equal(error, ECONNRESET);
}

/* RST in CLOSE_WAIT is EPIPE (Linux, tcp_reset). */
static void reset_in_close_wait(struct subject *s)
{
	finished_by_peer(s);
	reset_peer(s);
	await(s->fd, POLLERR);
}

/* The peer closes with data unread: RST. */
static void closed_unread(struct subject *s)
{
	established(s);
	send_from(s, s->fd, "hello", 0);
	await(s->peer, POLLIN);
	assert_int_equal(s->w->close(s->peer), 0);
	s->peer = -1;
	await(s->fd, POLLERR);
}

static void dissolved(struct subject *s)
{
	const struct sockaddr none = {.sa_family = AF_UNSPEC};

	established(s);
	assert_int_equal(s->w->connect(s->fd, &none, sizeof(none)), 0);
	s->name = host_name4("127.0.0.1", 1);
}

static void fresh_shut(struct subject *s)
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

static void enter(struct subject *s, const struct world *world, size_t state)
{
	*s = (struct subject){.w = world, .fd = -1, .peer = -1, .listener = -1, .extra = -1};
	states[state].enter(s);
}

static void leave(const struct subject *s)
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

/* ---- readiness ---- */

static unsigned int selected(int fd)
{
	struct timeval none = {0};
	fd_set sets[3];

	for (int i = 0; i < 3; i++) {
		FD_ZERO(&sets[i]);
		FD_SET(fd, &sets[i]);
	}
	assert_true(select(fd + 1, &sets[0], &sets[1], &sets[2], &none) >= 0);
	return (FD_ISSET(fd, &sets[0]) ? 1u : 0) | (FD_ISSET(fd, &sets[1]) ? 2u : 0) |
	       (FD_ISSET(fd, &sets[2]) ? 4u : 0);
}

static unsigned int epolled(int fd, unsigned int flags, bool twice)
{
	struct epoll_event event = {.events = ALL | flags}, got = {0};
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	assert_true(epoll >= 0);
	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
	for (int i = 0; i <= twice; i++) {
		got.events = 0;
		assert_true(epoll_wait(epoll, &got, 1, 0) >= 0);
	}
	close(epoll);
	return got.events & ALL;
}

#define VIEWS 5
static const char *const views[VIEWS] = {
    "poll", "select", "epoll", "epoll, edge", "epoll, edge again"};

static void look(int fd, unsigned int seen[VIEWS])
{
	seen[0] = polled(fd);
	seen[1] = selected(fd);
	seen[2] = epolled(fd, 0, false);
	seen[3] = epolled(fd, EPOLLET, false);
	seen[4] = epolled(fd, EPOLLET, true);
}

/* What the pair cannot say (picoxnet(7)): PRI without IN, and ERR of a socket that is fresh again.
 */
static bool known_mask(unsigned int kernel, unsigned int ours)
{
	const unsigned int failed = POLLOUT | POLLERR | POLLHUP;

	if ((kernel & (POLLPRI | POLLIN)) == POLLPRI)
		return (kernel | POLLIN) == ours;
	return kernel == failed &&
	       (ours == POLLOUT + POLLHUP ||
	           (ours & ~(unsigned int)POLLERR) == (POLLIN | POLLOUT | POLLHUP | POLLRDHUP));
}

static bool known_view(unsigned int view, unsigned int kernel, unsigned int ours)
{
	if (view == 1) /* select: reading comes with an exception */
		return kernel & 4 && (kernel | 1) == ours;
	return known_mask(kernel, ours);
}

static void test_readiness(void **unused)
{
	unsigned int wrong = 0;

	for (size_t i = 0; i < STATES; i++) {
		unsigned int seen[2][VIEWS];

		for (int w = 0; w < 2; w++) {
			struct subject s;

			enter(&s, &worlds[w], i);
			look(s.fd, seen[w]);
			leave(&s);
		}
		for (unsigned int v = 0; v < VIEWS; v++) {
			if (seen[0][v] == seen[1][v] || known_view(v, seen[0][v], seen[1][v]))
				continue;
			print_message("%s, %s: the kernel's is %#x, ours %#x\n", states[i].name, views[v],
			    seen[0][v], seen[1][v]);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

/* ---- calls ---- */

static long call_send(const struct subject *s)
{
	return s->w->send(s->fd, "x", 1, MSG_NOSIGNAL);
}

static long call_send_nothing(const struct subject *s)
{
	return s->w->send(s->fd, "x", 0, MSG_NOSIGNAL);
}

static long call_send_urgent(const struct subject *s)
{
	return s->w->send(s->fd, "x", 1, MSG_NOSIGNAL | MSG_OOB);
}

static long received(const struct subject *s, size_t len, int flags)
{
	char bytes[64] = "";
	long result = s->w->recv(s->fd, bytes, len, flags);

	return result > 0 && !(flags & MSG_TRUNC) ? result << 8 | (unsigned char)bytes[0] : result;
}

static long call_recv(const struct subject *s)
{
	return received(s, 64, 0);
}

static long call_recv_some(const struct subject *s)
{
	return received(s, 2, 0);
}

static long call_recv_nothing(const struct subject *s)
{
	return received(s, 0, 0);
}

static long call_peek(const struct subject *s)
{
	return received(s, 64, MSG_PEEK);
}

static long call_recv_all(const struct subject *s)
{
	return received(s, 64, MSG_WAITALL | MSG_DONTWAIT);
}

static long call_recv_trunc(const struct subject *s)
{
	return received(s, 3, MSG_TRUNC);
}

static long call_recv_urgent(const struct subject *s)
{
	return received(s, 1, MSG_OOB);
}

static long call_peek_urgent(const struct subject *s)
{
	return received(s, 1, MSG_OOB | MSG_PEEK);
}

static long call_recv_twice(const struct subject *s)
{
	received(s, 64, 0);
	return received(s, 64, 0);
}

static long call_recv_urgent_twice(const struct subject *s)
{
	received(s, 1, MSG_OOB);
	return received(s, 1, MSG_OOB);
}

static long call_recv_errqueue(const struct subject *s)
{
	return received(s, 1, MSG_ERRQUEUE);
}

static long call_connect(const struct subject *s)
{
	return s->w->connect(s->fd, (const struct sockaddr *)&s->name, sizeof(s->name));
}

static long call_connect_twice(const struct subject *s)
{
	call_connect(s);
	return call_connect(s);
}

static long call_connect_unspec(const struct subject *s)
{
	const struct sockaddr none = {.sa_family = AF_UNSPEC};

	return s->w->connect(s->fd, &none, sizeof(none));
}

static long call_connect_short(const struct subject *s)
{
	return s->w->connect(s->fd, (const struct sockaddr *)&s->name, 4);
}

static long call_connect_inet6(const struct subject *s)
{
	struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(1)};

	return s->w->connect(s->fd, (struct sockaddr *)&name, sizeof(name));
}

static long call_connect_group(const struct subject *s)
{
	struct sockaddr_in name = host_name4("224.0.0.1", 1);

	return s->w->connect(s->fd, (struct sockaddr *)&name, sizeof(name));
}

static long call_connect_broadcast(const struct subject *s)
{
	struct sockaddr_in name = host_name4("255.255.255.255", 1);

	return s->w->connect(s->fd, (struct sockaddr *)&name, sizeof(name));
}

static long call_listen(const struct subject *s)
{
	return s->w->listen(s->fd, 3);
}

static long call_accept(const struct subject *s)
{
	int fd = s->w->accept(s->fd, NULL, NULL);

	if (fd < 0)
		return fd;
	s->w->close(fd);
	return 0;
}

static long call_bind(const struct subject *s)
{
	struct sockaddr_in any = host_name4("127.0.0.1", 0);

	return s->w->bind(s->fd, (struct sockaddr *)&any, sizeof(any));
}

static long call_getpeername(const struct subject *s)
{
	struct sockaddr_in name = {0};
	socklen_t len = sizeof(name);
	int result = s->w->getpeername(s->fd, (struct sockaddr *)&name, &len);

	return result < 0 ? result : (long)len << 16 | name.sin_family;
}

static long call_getsockname(const struct subject *s)
{
	struct sockaddr_in name = {0};
	socklen_t len = sizeof(name);
	int result = s->w->getsockname(s->fd, (struct sockaddr *)&name, &len);

	/* The port itself is chosen. */
	return result < 0 ? result : (long)ntohl(name.sin_addr.s_addr) << 1 | (name.sin_port != 0);
}

static long call_shut_read(const struct subject *s)
{
	return s->w->shutdown(s->fd, SHUT_RD);
}

static long call_shut_write(const struct subject *s)
{
	return s->w->shutdown(s->fd, SHUT_WR);
}

static long call_shut_both(const struct subject *s)
{
	return s->w->shutdown(s->fd, SHUT_RDWR);
}

static long call_shut_wrong(const struct subject *s)
{
	return s->w->shutdown(s->fd, 3);
}

static long option(const struct subject *s, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);
	int result = s->w->getsockopt(s->fd, level, name, &value, &len);

	return result < 0 ? result : (long)len << 32 | value;
}

static long call_so_error(const struct subject *s)
{
	return option(s, SOL_SOCKET, SO_ERROR);
}

static long call_so_acceptconn(const struct subject *s)
{
	return option(s, SOL_SOCKET, SO_ACCEPTCONN);
}

static long call_tcp_state(const struct subject *s)
{
	return state_of(s, s->fd);
}

static long number(const struct subject *s, unsigned long request)
{
	int value = -1;
	int result = s->w->ioctl(s->fd, request, &value);

	return result < 0 ? result : value;
}

static long call_siocinq(const struct subject *s)
{
	return number(s, SIOCINQ);
}

/* How much fits differs. */
static long call_siocoutq(const struct subject *s)
{
	long result = number(s, SIOCOUTQ);

	return result > 0 ? 1 : result;
}

static long call_siocatmark(const struct subject *s)
{
	return number(s, SIOCATMARK);
}

static long call_maxseg(const struct subject *s)
{
	int mss = 1000;

	return s->w->setsockopt(s->fd, IPPROTO_TCP, TCP_MAXSEG, &mss, sizeof(mss));
}

static long call_close_abort(const struct subject *s)
{
	const struct linger at_once = {1, 0};

	return s->w->setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

static const struct {
	const char *name;
	long (*run)(const struct subject *s);
} calls[] = {
#define CALL(name)                                                                                 \
	{                                                                                              \
#name, call_##name                                                                         \
	}
    CALL(send),
    CALL(send_nothing),
    CALL(send_urgent),
    CALL(recv),
    CALL(recv_some),
    CALL(recv_nothing),
    CALL(peek),
    CALL(recv_all),
    CALL(recv_trunc),
    CALL(recv_urgent),
    CALL(peek_urgent),
    CALL(recv_twice),
    CALL(recv_urgent_twice),
    CALL(recv_errqueue),
    CALL(connect),
    CALL(connect_twice),
    CALL(connect_unspec),
    CALL(connect_short),
    CALL(connect_inet6),
    CALL(connect_group),
    CALL(connect_broadcast),
    CALL(listen),
    CALL(accept),
    CALL(bind),
    CALL(getpeername),
    CALL(getsockname),
    CALL(shut_read),
    CALL(shut_write),
    CALL(shut_both),
    CALL(shut_wrong),
    CALL(so_error),
    CALL(so_acceptconn),
    CALL(tcp_state),
    CALL(siocinq),
    CALL(siocoutq),
    CALL(siocatmark),
    CALL(maxseg),
    CALL(close_abort),
};
#define CALLS (sizeof(calls) / sizeof(calls[0]))

struct outcome {
	long result;
	int error;
	unsigned int before, after; /* poll */
};

static struct outcome run(const struct world *world, size_t state, size_t call)
{
	struct outcome outcome = {0};
	struct subject s;

	enter(&s, world, state);
	outcome.before = polled(s.fd);
	errno = 0;
	outcome.result = calls[call].run(&s);
	outcome.error = outcome.result < 0 ? errno : 0;
	outcome.after = polled(s.fd);
	leave(&s);
	return outcome;
}

static bool same_outcome(const struct outcome *a, const struct outcome *b)
{
	return a->result == b->result && a->error == b->error && a->after == b->after;
}

static bool known_outcome(size_t call, const struct outcome *kernel, const struct outcome *ours)
{
	/* The kernel counts a SYN that nobody acknowledged, for ever. */
	bool counted = calls[call].run == call_siocoutq && kernel->result == 1 && ours->result == 0;
	/* And shows a port that it gave back already. */
	bool stale = calls[call].run == call_getsockname && kernel->result == ours->result + 1;

	if (!counted && !stale && (kernel->result != ours->result || kernel->error != ours->error))
		return false;
	return kernel->after == ours->after || known_mask(kernel->after, ours->after);
}

static void test_calls(void **unused)
{
	unsigned int wrong = 0;

	for (size_t i = 0; i < STATES; i++) {
		for (size_t j = 0; j < CALLS; j++) {
			struct outcome kernel = run(&worlds[0], i, j), ours = run(&worlds[1], i, j);

			/* The kernel's answer to the other end may be a moment late. */
			for (int again = 0; again < 3 && !same_outcome(&kernel, &ours); again++) {
				kernel = run(&worlds[0], i, j);
				ours = run(&worlds[1], i, j);
			}
			if (same_outcome(&kernel, &ours) || known_outcome(j, &kernel, &ours))
				continue;
			print_message("%s, %s: the kernel's is %ld (%s) and %#x, ours %ld (%s) and %#x\n",
			    states[i].name, calls[j].name, kernel.result, strerrorname_np(kernel.error),
			    kernel.after, ours.result, strerrorname_np(ours.error), ours.after);
			wrong++;
		}
	}
	print_message("%zu states, %zu calls\n", STATES, CALLS);
	assert_int_equal(wrong, 0);
}

static int setup(void **unused)
{
	stack = picox_newstackv(NULL, NULL);
	return stack ? 0 : -1;
}

static int teardown(void **unused)
{
	return picox_delstack(stack);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_readiness),
	    cmocka_unit_test(test_calls),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
