/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The descriptor of a TCP socket alone: every mask that TCP can have, after every other from which
 * TCP gets there; edges. */
#include "readiness_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include "crowded.h"

#define ALL   (POLLIN | POLLPRI | POLLOUT | POLLERR | POLLRDHUP | POLLHUP)
#define FRESH (POLLOUT | POLLHUP)
#define GONE  (POLLIN | POLLOUT | POLLHUP | POLLRDHUP)

static int setup(void **state)
{
	readiness_hold();
	return 0;
}

static int teardown(void **state)
{
	readiness_release();
	return 0;
}

static unsigned int polled(int fd)
{
	struct pollfd p = {.fd = fd, .events = ALL};

	assert_true(poll(&p, 1, 0) >= 0);
	return (unsigned int)p.revents;
}

static int open_paired(struct readiness *readiness)
{
	bool renewed;
	int fd = readiness_open_stream(readiness, true);

	assert_true(fd >= 0);
	assert_int_equal(polled(fd), FRESH);
	assert_int_equal(readiness_pair(readiness, fd, &renewed), 0);
	assert_false(renewed);
	assert_int_equal(polled(fd), POLLOUT);
	return fd;
}

static void close_all(struct readiness *readiness, int fd)
{
	close(fd);
	readiness_close(readiness);
}

/* In calls: masks that come and go. */
static void test_transitions(void **state)
{
	static const unsigned int masks[] = {
	    0, POLLIN, POLLOUT, POLLIN | POLLOUT, POLLIN | POLLPRI, POLLIN | POLLPRI | POLLOUT};
	const unsigned int count = sizeof(masks) / sizeof(masks[0]);

	for (unsigned int from = 0; from < count; from++) {
		for (unsigned int to = 0; to < count; to++) {
			struct readiness readiness;
			int fd = open_paired(&readiness);

			for (int i = 0; i < 5; i++) {
				assert_false(readiness_show(&readiness, fd, masks[from]));
				assert_int_equal(polled(fd), masks[from]);
				assert_false(readiness_show(&readiness, fd, masks[to]));
				assert_int_equal(polled(fd), masks[to]);
			}
			close_all(&readiness, fd);
		}
	}
}

/* Without the program's descriptor; to what stays for ever, too. */
static void test_raise(void **state)
{
	static const struct {
		unsigned int from, to;
	} rows[] = {
	    {0, POLLIN},
	    {0, POLLOUT},
	    {0, POLLIN | POLLOUT},
	    {POLLOUT, POLLIN | POLLPRI | POLLOUT},
	    {POLLIN, POLLIN | POLLOUT},
	    {0, POLLIN | POLLRDHUP},
	    {POLLOUT, POLLIN | POLLOUT | POLLRDHUP},
	    {0, GONE},
	    {POLLOUT, GONE},
	    {POLLIN, GONE},
	    {0, GONE | POLLERR},
	    {POLLOUT, GONE | POLLERR},
	    {POLLIN | POLLOUT, GONE | POLLERR},
	    {POLLIN | POLLRDHUP, POLLIN | POLLOUT | POLLRDHUP},
	    {POLLIN | POLLRDHUP, GONE},
	    {POLLIN | POLLRDHUP, GONE | POLLERR},
	    {POLLIN | POLLOUT | POLLRDHUP, GONE | POLLERR},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct readiness readiness;
		int fd = open_paired(&readiness);

		readiness_show(&readiness, fd, rows[i].from);
		assert_int_equal(polled(fd), rows[i].from);
		readiness_raise(&readiness, rows[i].to);
		assert_int_equal(polled(fd), rows[i].to);
		readiness_raise(&readiness, rows[i].to);
		assert_int_equal(polled(fd), rows[i].to);
		if (rows[i].to & POLLERR) {
			readiness_show(&readiness, fd, GONE);
			assert_int_equal(polled(fd), GONE);
		}
		close_all(&readiness, fd);
	}
}

/* Half-closed: OUT comes and goes. */
static void test_half_closed(void **state)
{
	struct readiness readiness;
	int fd = open_paired(&readiness);

	for (int i = 0; i < 3; i++) {
		readiness_show(&readiness, fd, POLLIN | POLLRDHUP);
		assert_int_equal(polled(fd), POLLIN | POLLRDHUP);
		readiness_raise(&readiness, POLLIN | POLLRDHUP | POLLOUT);
		assert_int_equal(polled(fd), POLLIN | POLLRDHUP | POLLOUT);
	}
	close_all(&readiness, fd);
}

/* Fresh again: another object in the same place, with the flags of the old one. */
static void test_renewed(void **state)
{
	static const unsigned int from[] = {0, POLLOUT, GONE, GONE | POLLERR};

	for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		struct readiness readiness;
		int fd = open_paired(&readiness);
		struct stat before, after;
		bool renewed;

		readiness_show(&readiness, fd, from[i]);
		assert_int_equal(polled(fd), from[i]);
		assert_int_equal(fstat(fd, &before), 0);
		assert_true(readiness_show(&readiness, fd, FRESH));
		assert_int_equal(polled(fd), FRESH);
		assert_int_equal(fstat(fd, &after), 0);
		assert_int_not_equal(before.st_ino, after.st_ino);
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
		assert_false(readiness_show(&readiness, fd, FRESH));
		/* A connection again; then straight from its end to the next one. */
		assert_int_equal(readiness_pair(&readiness, fd, &renewed), 0);
		assert_false(renewed);
		readiness_raise(&readiness, GONE | POLLERR);
		assert_int_equal(polled(fd), GONE | POLLERR);
		assert_int_equal(readiness_pair(&readiness, fd, &renewed), 0);
		assert_true(renewed);
		readiness_show(&readiness, fd, 0);
		assert_int_equal(polled(fd), 0);
		close_all(&readiness, fd);
	}
}

static void test_accepted(void **state)
{
	struct readiness readiness;
	int fd = readiness_open_connected(&readiness, false);

	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_false(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_int_equal(polled(fd), POLLOUT);
	readiness_show(&readiness, fd, POLLIN);
	assert_int_equal(polled(fd), POLLIN);
	readiness_raise(&readiness, GONE | POLLERR);
	assert_int_equal(polled(fd), GONE | POLLERR);
	close_all(&readiness, fd);
}

/* The program closed its end behind our back. */
static void test_closed(void **state)
{
	struct readiness readiness;
	int fd = open_paired(&readiness);

	readiness_show(&readiness, fd, 0);
	close(fd);
	readiness_raise(&readiness, POLLIN);
	assert_true(readiness.shown & POLLNVAL);
	readiness_close(&readiness);
}

static unsigned int edge(int epoll)
{
	struct epoll_event event;

	return epoll_wait(epoll, &event, 1, 0) == 1 ? event.events : 0;
}

static void test_edges(void **state)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};
	struct readiness readiness;
	int fd = open_paired(&readiness), epoll = epoll_create1(EPOLL_CLOEXEC);

	readiness_show(&readiness, fd, 0);
	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
	assert_int_equal(edge(epoll), 0);
	readiness_raise(&readiness, POLLOUT);
	assert_int_equal(edge(epoll), EPOLLOUT);
	assert_int_equal(edge(epoll), 0);
	readiness_raise(&readiness, POLLOUT | POLLIN);
	assert_int_equal(edge(epoll), EPOLLOUT | EPOLLIN);
	assert_int_equal(edge(epoll), 0);
	/* A call looked and left some; more came: an edge. Nobody looked: none. */
	readiness_show(&readiness, fd, POLLOUT | POLLIN);
	assert_int_equal(edge(epoll), 0);
	readiness_raise(&readiness, POLLOUT | POLLIN);
	assert_int_equal(edge(epoll), EPOLLOUT | EPOLLIN);
	readiness_raise(&readiness, POLLOUT | POLLIN);
	assert_int_equal(edge(epoll), 0);
	/* All read: IN goes, however many tokens there were. */
	readiness_show(&readiness, fd, POLLOUT);
	assert_int_equal(polled(fd), POLLOUT);
	assert_int_equal(edge(epoll), 0);
	readiness_raise(&readiness, POLLOUT | POLLIN | POLLRDHUP);
	assert_int_equal(edge(epoll), EPOLLOUT | EPOLLIN | EPOLLRDHUP);
	readiness_raise(&readiness, GONE | POLLERR);
	assert_int_equal(edge(epoll), GONE | EPOLLERR);
	close(epoll);
	close_all(&readiness, fd);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_transitions),
	    cmocka_unit_test(test_raise),
	    cmocka_unit_test(test_half_closed),
	    cmocka_unit_test(test_renewed),
	    cmocka_unit_test(test_accepted),
	    cmocka_unit_test(test_closed),
	    cmocka_unit_test(test_edges),
	};

	return CROWDED_RUN(tests, setup, teardown);
}
