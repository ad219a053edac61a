/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What poll, select and epoll say of a descriptor of ours, state by state, against a UDP socket of
 * the kernel's that is brought into the same state; and the mechanism alone. */
#include "host.h"

#include "crowded.h"
#include "readiness.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/select.h>

#define ALL (POLLIN | POLLOUT | POLLERR | POLLRDHUP | POLLHUP)

/* ---- the mechanism: every mask after every other ---- */

static unsigned int polled(int fd)
{
	struct pollfd p = {.fd = fd, .events = ALL};

	assert_true(poll(&p, 1, 0) >= 0);
	return (unsigned int)p.revents;
}

static void test_transitions(void **state)
{
	static const unsigned int masks[] = {
	    0, POLLIN, POLLOUT, POLLIN | POLLOUT, POLLERR | POLLOUT, POLLERR | POLLIN | POLLOUT};
	const unsigned int count = sizeof(masks) / sizeof(masks[0]);

	for (unsigned int from = 0; from < count; from++) {
		for (unsigned int to = 0; to < count; to++) {
			struct readiness readiness;
			int fd = readiness_open(&readiness, true);

			assert_true(fd >= 0);
			assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
			assert_int_equal(polled(fd), POLLOUT);
			for (int i = 0; i < 3; i++) {
				readiness_show(&readiness, fd, masks[from]);
				assert_int_equal(polled(fd), masks[from]);
				readiness_show(&readiness, fd, masks[to]);
				assert_int_equal(polled(fd), masks[to]);
			}
			close(fd);
			readiness_close(&readiness);
		}
	}
}

/* Without the program's descriptor: IN, ERR, OUT come. */
static void test_raise(void **state)
{
	struct readiness readiness;
	int fd = readiness_open(&readiness, true);

	readiness_show(&readiness, fd, 0);
	readiness_raise(&readiness, POLLOUT);
	assert_int_equal(polled(fd), POLLOUT);
	readiness_show(&readiness, fd, POLLOUT);
	readiness_raise(&readiness, POLLIN | POLLOUT);
	assert_int_equal(polled(fd), POLLIN | POLLOUT);
	readiness_raise(&readiness, POLLERR | POLLIN | POLLOUT);
	assert_int_equal(polled(fd), POLLERR | POLLIN | POLLOUT);
	readiness_show(&readiness, fd, POLLOUT);
	assert_int_equal(polled(fd), POLLOUT);
	close(fd);
	readiness.shown = POLLOUT;
	readiness_raise(&readiness, POLLIN | POLLOUT);
	assert_true(readiness.shown & POLLNVAL);
	readiness_close(&readiness);
}

/* ---- against the kernel ---- */

/* The same calls on either. */
struct calls {
	int (*connect)(int fd, const struct sockaddr *name, socklen_t len);
	ssize_t (*send)(int fd, const void *data, size_t len, int flags);
	ssize_t (*recv)(int fd, void *data, size_t len, int flags);
	int (*shutdown)(int fd, int how);
	int (*getsockopt)(int fd, int level, int name, void *value, socklen_t *len);
};

static const struct calls kernel = {connect, send, recv, shutdown, getsockopt};
static const struct calls picox = {
    picox_connect, picox_send, picox_recv, picox_shutdown, picox_getsockopt};

struct subject {
	const struct calls *calls;
	int fd, peer;
};

static int step_nothing(const struct subject *s)
{
	return 0;
}

static int step_arrive(const struct subject *s)
{
	return (int)s->calls->send(s->peer, "x", 1, 0);
}

static int step_read(const struct subject *s)
{
	char byte;

	return (int)s->calls->recv(s->fd, &byte, 1, MSG_DONTWAIT);
}

static int step_peek(const struct subject *s)
{
	char byte;

	return (int)s->calls->recv(s->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
}

/* To a port where nobody is: ECONNREFUSED comes back. */
static int step_refused(const struct subject *s)
{
	struct sockaddr_in nobody = host_name4("127.0.0.1", 9);

	s->calls->connect(s->fd, (struct sockaddr *)&nobody, sizeof(nobody));
	return (int)s->calls->send(s->fd, "x", 1, 0);
}

static int step_so_error(const struct subject *s)
{
	int error = 0;
	socklen_t len = sizeof(error);

	s->calls->getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	return error;
}

static int step_shut_rd(const struct subject *s)
{
	return s->calls->shutdown(s->fd, SHUT_RD);
}

static int step_shut_wr(const struct subject *s)
{
	return s->calls->shutdown(s->fd, SHUT_WR);
}

static int step_send(const struct subject *s)
{
	return (int)s->calls->send(s->fd, "x", 1, MSG_NOSIGNAL);
}

typedef int step(const struct subject *subject);

static step *const scripts[][8] = {
    {step_nothing},
    {step_arrive, step_read, step_read},
    {step_arrive, step_arrive, step_peek, step_read, step_read},
    {step_refused, step_so_error, step_so_error},
    {step_refused, step_read, step_read},
    {step_refused, step_send, step_send, step_so_error},
    {step_arrive, step_refused, step_so_error, step_read},
    {step_refused, step_so_error, step_refused, step_so_error, step_refused, step_read},
    {step_shut_rd, step_read, step_shut_wr, step_send},
    {step_shut_wr, step_send, step_shut_rd, step_read},
    {step_arrive, step_shut_rd, step_read, step_read},
    {step_arrive, step_shut_rd, step_shut_wr, step_read},
    {step_refused, step_shut_rd, step_so_error},
};

static int by_select(int fd)
{
	struct timeval none = {0};
	fd_set r, w, e;

	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_ZERO(&e);
	FD_SET(fd, &r);
	FD_SET(fd, &w);
	FD_SET(fd, &e);
	assert_true(select(fd + 1, &r, &w, &e, &none) >= 0);
	return FD_ISSET(fd, &r) << 2 | FD_ISSET(fd, &w) << 1 | FD_ISSET(fd, &e);
}

static unsigned int by_epoll(int epoll)
{
	struct epoll_event event = {0};

	assert_true(epoll_wait(epoll, &event, 1, 0) >= 0);
	return event.events;
}

static int new_epoll(int fd, uint32_t flags)
{
	struct epoll_event event = {.events = ALL | flags};
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
	return epoll;
}

static void test_like_kernel(void **state)
{
	struct picox *stack = picox_newstack(NULL);

	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		struct sockaddr_in name = host_name4("127.0.0.1", 0);
		struct subject s[2] = {{&kernel, -1, -1}, {&picox, -1, -1}};
		int level[2], edge[2];
		socklen_t len = sizeof(name);

		s[0].fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		s[0].peer = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		s[1].fd = picox_msocket(stack, AF_INET, SOCK_DGRAM, 0);
		s[1].peer = picox_msocket(stack, AF_INET, SOCK_DGRAM, 0);
		assert_int_equal(bind(s[0].fd, (struct sockaddr *)&name, sizeof(name)), 0);
		assert_int_equal(getsockname(s[0].fd, (struct sockaddr *)&name, &len), 0);
		assert_int_equal(connect(s[0].peer, (struct sockaddr *)&name, len), 0);
		assert_int_equal(picox_bind(s[1].fd, (struct sockaddr *)&name, len), 0);
		assert_int_equal(picox_connect(s[1].peer, (struct sockaddr *)&name, len), 0);
		for (int j = 0; j < 2; j++) {
			level[j] = new_epoll(s[j].fd, 0);
			edge[j] = new_epoll(s[j].fd, EPOLLET);
			by_epoll(edge[j]);
		}
		for (size_t k = 0; k < 8 && scripts[i][k]; k++) {
			int result[2];
			unsigned int edges[2];

			for (int j = 0; j < 2; j++)
				result[j] = scripts[i][k](&s[j]);
			if (result[0] != result[1] || polled(s[0].fd) != polled(s[1].fd))
				print_message("script %zu step %zu: %d %d, %#x %#x\n", i, k, result[0], result[1],
				    polled(s[0].fd), polled(s[1].fd));
			assert_int_equal(result[1], result[0]);
			assert_int_equal(polled(s[1].fd), polled(s[0].fd));
			assert_int_equal(by_select(s[1].fd), by_select(s[0].fd));
			assert_int_equal(by_epoll(level[1]), by_epoll(level[0]));
			/* Each edge of the kernel's that says something new is one of ours; ours may say it
			 * again, and tell of room where the kernel does. */
			edges[0] = by_epoll(edge[0]);
			edges[1] = by_epoll(edge[1]);
			if (edges[0] && scripts[i][k] == step_refused)
				assert_true(edges[1] & EPOLLERR);
			if (edges[0] && k == 0 && scripts[i][k] == step_arrive)
				assert_true(edges[1] & EPOLLIN);
		}
		for (int j = 0; j < 2; j++) {
			close(level[j]);
			close(edge[j]);
		}
		close(s[0].fd);
		close(s[0].peer);
		assert_int_equal(picox_close(s[1].fd), 0);
		assert_int_equal(picox_close(s[1].peer), 0);
	}
	assert_int_equal(picox_delstack(stack), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_transitions),
	    cmocka_unit_test(test_raise),
	    cmocka_unit_test(test_like_kernel),
	};

	return CROWDED_RUN(tests, NULL, NULL);
}
