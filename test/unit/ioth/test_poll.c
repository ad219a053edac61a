/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* poll, ppoll, select, pselect and epoll on ioth descriptors. */
#include "test.h"

#include <poll.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/select.h>

static struct ioth *stack;
static int pair[2]; /* a TCP connection over loopback */

static void connect_pair(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int listener;

	listener = ioth_msocket(stack, AF_INET, SOCK_STREAM, 0);
	assert_ok(ioth_bind(listener, (struct sockaddr *)&address, len));
	assert_ok(ioth_listen(listener, 1));
	assert_ok(ioth_getsockname(listener, (struct sockaddr *)&address, &len));
	pair[0] = ioth_msocket(stack, AF_INET, SOCK_STREAM, 0);
	assert_ok(ioth_connect(pair[0], (struct sockaddr *)&address, len));
	/* A listener polls readable when there is somebody to accept. */
	assert_int_equal(poll(&(struct pollfd){.fd = listener, .events = POLLIN}, 1, -1), 1);
	pair[1] = ioth_accept(listener, NULL, NULL);
	assert_true(pair[1] >= 0);
	assert_ok(ioth_close(listener));
}

static void disconnect_pair(void)
{
	assert_ok(ioth_close(pair[0]));
	assert_ok(ioth_close(pair[1]));
	assert_ok(ioth_delstack(stack));
}

static int poll_now(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP};

	assert_true(poll(&wait, 1, 0) >= 0);
	return wait.revents;
}

static void put(void)
{
	assert_int_equal(ioth_write(pair[0], "x", 1), 1);
}

static void get(void)
{
	char c;

	assert_int_equal(ioth_read(pair[1], &c, 1), 1);
}

static void test_poll(void **state)
{
	struct timespec forever = {.tv_sec = 1000};
	struct pollfd wait = {.fd = pair[1], .events = POLLIN};

	assert_int_equal(poll_now(pair[1]), POLLOUT);
	put();
	assert_int_equal(poll(&wait, 1, -1), 1);
	assert_int_equal(wait.revents, POLLIN);
	assert_int_equal(ppoll(&wait, 1, &forever, NULL), 1);
	get();
	assert_int_equal(poll_now(pair[1]), POLLOUT);
}

static void test_select(void **state)
{
	struct timespec forever = {.tv_sec = 1000};
	struct timeval now = {0};
	fd_set set;

	FD_ZERO(&set);
	FD_SET(pair[1], &set);
	assert_int_equal(select(pair[1] + 1, &set, NULL, NULL, &now), 0);
	put();
	FD_SET(pair[1], &set);
	assert_int_equal(select(pair[1] + 1, &set, NULL, NULL, NULL), 1);
	assert_true(FD_ISSET(pair[1], &set));
	assert_int_equal(pselect(pair[1] + 1, &set, NULL, NULL, &forever, NULL), 1);
	get();
}

static void test_epoll(void **state)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = pair[1]}, seen;

	assert_ok(epoll_ctl(epoll, EPOLL_CTL_ADD, pair[1], &event));
	assert_int_equal(epoll_wait(epoll, &seen, 1, 0), 0);
	put();
	assert_int_equal(epoll_wait(epoll, &seen, 1, -1), 1);
	assert_int_equal(seen.data.fd, pair[1]);
	assert_int_equal(epoll_wait(epoll, &seen, 1, 0), 0); /* one edge */
	event.events = EPOLLIN;
	assert_ok(epoll_ctl(epoll, EPOLL_CTL_MOD, pair[1], &event));
	assert_int_equal(epoll_wait(epoll, &seen, 1, 0), 1);
	assert_int_equal(epoll_wait(epoll, &seen, 1, 0), 1); /* the level */
	get();
	assert_int_equal(epoll_wait(epoll, &seen, 1, 0), 0);
	assert_ok(close(epoll));
}

/* Last: it closes one direction. */
static void test_hang_up(void **state)
{
	struct pollfd wait = {.fd = pair[1], .events = POLLIN | POLLRDHUP};
	char c;

	assert_ok(ioth_shutdown(pair[0], SHUT_WR));
	assert_int_equal(poll(&wait, 1, -1), 1);
	assert_true(wait.revents & POLLRDHUP);
	assert_int_equal(ioth_read(pair[1], &c, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_poll),
	    cmocka_unit_test(test_select),
	    cmocka_unit_test(test_epoll),
	    cmocka_unit_test(test_hang_up),
	};
	int failed = 0;

	for (int i = 0; i < KERNEL_STACKS; i++) {
		stack = make_kernel_stack(kernel_stacks[i]);
		if (!stack)
			continue;
		connect_pair();
		failed += cmocka_run_group_tests(tests, NULL, NULL);
		disconnect_pair();
	}
	return failed;
}
