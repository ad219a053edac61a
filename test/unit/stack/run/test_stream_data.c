/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Data over TCP sockets that wait: partial and whole transfers, marks, time-outs, urgent data,
 * edges. */
#include "stream_pair.h"

#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>

/* ---- data ---- */

static void test_receive_time(void **state)
{
	struct pair pair = open_pair();
	char bytes[10];

	set_time(pair.near, SO_RCVTIMEO, 20);
	assert_int_equal(picox_recv(pair.near, bytes, 10, 0), -1);
	assert_int_equal(errno, EAGAIN);
	/* What there is by then. */
	assert_int_equal(picox_send(pair.far, "four", 4, 0), 4);
	assert_int_equal(picox_recv(pair.near, bytes, 10, MSG_WAITALL), 4);
	assert_int_equal(picox_recv(pair.near, bytes, 10, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	close_pair(&pair);
}

static void test_wait_all(void **state)
{
	struct pair pair = open_pair();
	struct blocked reader;

	start(&reader, run_recv_all, pair.near);
	assert_int_equal(picox_send(pair.far, "1234", 4, 0), 4);
	assert_int_equal(picox_send(pair.far, "567", 3, 0), 3);
	assert_int_equal(picox_send(pair.far, "890x", 4, 0), 4);
	finish(&reader, 10, 0);
	assert_int_equal(picox_recv(pair.near, (char[10]){0}, 10, 0), 1);
	/* Peeking waits for all, too, and leaves it. */
	assert_int_equal(picox_send(pair.far, "1234", 4, 0), 4);
	start(&reader, run_peek_all, pair.near);
	assert_int_equal(picox_send(pair.far, "567890", 6, 0), 6);
	finish(&reader, 10, 0);
	assert_int_equal(picox_recv(pair.near, (char[20]){0}, 20, 0), 10);
	/* The end comes first. */
	start(&reader, run_recv_all, pair.near);
	assert_int_equal(picox_send(pair.far, "12", 2, 0), 2);
	assert_int_equal(picox_shutdown(pair.far, SHUT_WR), 0);
	finish(&reader, 2, 0);
	assert_int_equal(run_recv_all(pair.near), 0);
	close_pair(&pair);
}

static void test_low_mark(void **state)
{
	struct pair pair = open_pair();
	struct blocked reader;
	int mark = 5;

	assert_int_equal(picox_setsockopt(pair.near, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof(mark)), 0);
	start(&reader, run_recv_all, pair.near);
	assert_int_equal(picox_send(pair.far, "1234567890", 10, 0), 10);
	finish(&reader, 10, 0);
	assert_int_equal(picox_send(pair.far, "123", 3, 0), 3);
	assert_int_equal(polled(pair.near), POLLOUT);
	assert_int_equal(picox_send(pair.far, "45", 2, 0), 2);
	await(pair.near, POLLIN);
	assert_int_equal(picox_recv(pair.near, (char[10]){0}, 10, 0), 5);
	close_pair(&pair);
}

/* A sender that waits; meanwhile others see what does not concern it. */
static void test_send_waits(void **state)
{
	struct pair pair = open_pair();
	struct blocked writer;
	char *bytes = malloc(MUCH);
	long done = 0, extra = 0;

	start(&writer, run_send_much, pair.near);
	/* Nor is there room for others, or not for long. */
	while (picox_send(pair.near, "x", 1, MSG_DONTWAIT) > 0)
		extra++;
	assert_int_equal(errno, EAGAIN);
	/* Data for the one whose writer waits. */
	assert_int_equal(picox_send(pair.far, "x", 1, 0), 1);
	await(pair.near, POLLIN);
	assert_int_equal(picox_recv(pair.near, bytes, 1, 0), 1);
	while (done < MUCH + extra) {
		long len = picox_recv(pair.far, bytes, MUCH, 0);
		assert_true(len > 0);
		done += len;
	}
	finish(&writer, MUCH, 0);
	await(pair.near, POLLOUT);
	free(bytes);
	close_pair(&pair);
}

/* Both directions at once, with a thread each at both ends, all of which wait on two sockets. */
static long run_recv_much(int fd)
{
	char *bytes = malloc(MUCH);
	long result = picox_recv(fd, bytes, MUCH, MSG_WAITALL);

	free(bytes);
	return result;
}

static void test_both_ways(void **state)
{
	static long (*const runs[])(int fd) = {run_recv_much, run_send_much};
	struct pair pair = open_pair();
	struct blocked blocked[4];

	for (int i = 0; i < 4; i++) {
		blocked[i] = (struct blocked){.run = runs[i % 2], .fd = i < 2 ? pair.near : pair.far};
		assert_int_equal(pthread_create(&blocked[i].thread, NULL, blocked_main, &blocked[i]), 0);
	}
	for (int i = 0; i < 4; i++)
		finish(&blocked[i], MUCH, 0);
	close_pair(&pair);
}

static void test_partial_send(void **state)
{
	struct pair pair = open_pair();
	char *bytes = calloc(1, MUCH);
	struct iovec iov[3] = {{bytes, 10}, {bytes, 0}, {bytes, MUCH - 10}};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 3};
	long sent = picox_sendmsg(pair.near, &msg, MSG_DONTWAIT), more, done = 0;
	int unsent = -1;

	assert_in_range(sent, 10, MUCH - 1);
	/* Until the other end's buffer is full, too. */
	for (int idle = 0; idle < 3;) {
		more = picox_send(pair.near, bytes, 1000, MSG_DONTWAIT);
		if (more > 0) {
			sent += more;
			idle = 0;
			continue;
		}
		assert_int_equal(errno, EAGAIN);
		idle++;
		usleep(2000);
	}
	assert_int_equal(picox_ioctl(pair.near, SIOCOUTQ, &unsent), 0);
	assert_true(unsent >= 0);
	/* With a time: as far as it came. */
	set_time(pair.near, SO_SNDTIMEO, 20);
	more = picox_send(pair.near, bytes, MUCH, 0);
	assert_true(more < MUCH);
	if (more < 0)
		assert_int_equal(errno, EAGAIN);
	else
		sent += more;
	while (done < sent) {
		more = picox_recv(pair.far, bytes, MUCH, 0);
		assert_true(more > 0);
		done += more;
	}
	assert_int_equal(done, sent);
	await(pair.near, POLLOUT);
	free(bytes);
	close_pair(&pair);
}

static void test_iovecs(void **state)
{
	struct pair pair = open_pair();
	char a[3], b[1], c[20] = "";
	struct iovec out[4] = {
	    {(char[]){"abc"}, 3}, {NULL, 0}, {(char[]){"d"}, 1}, {(char[]){"efg"}, 3}};
	struct iovec in[4] = {{a, 3}, {b, 1}, {NULL, 0}, {c, 20}};

	assert_int_equal(picox_writev(pair.near, out, 4), 7);
	await(pair.far, POLLIN);
	assert_int_equal(picox_readv(pair.far, in, 4), 7);
	assert_memory_equal(a, "abc", 3);
	assert_memory_equal(b, "d", 1);
	assert_string_equal(c, "efg");
	/* Lengths beyond what one call transfers are no error. */
	in[0].iov_len = in[3].iov_len = INT32_MAX;
	in[0].iov_base = c;
	assert_int_equal(picox_send(pair.near, "more", 4, 0), 4);
	await(pair.far, POLLIN);
	assert_int_equal(picox_readv(pair.far, in, 4), 4);
	assert_memory_equal(c, "more", 4);
	in[0].iov_len = SIZE_MAX;
	assert_int_equal(picox_readv(pair.far, in, 4), -1);
	assert_int_equal(errno, EINVAL);
	/* Names and control messages are none. */
	struct sockaddr_in name = host_name4(NOBODY, 1);
	socklen_t len = sizeof(name);
	assert_int_equal(
	    picox_sendto(pair.near, "hi", 2, 0, (struct sockaddr *)&name, sizeof(name)), 2);
	assert_int_equal(picox_recvfrom(pair.far, c, 20, 0, (struct sockaddr *)&name, &len), 2);
	assert_int_equal(len, 0);
	close_pair(&pair);
}

static void test_urgent(void **state)
{
	struct pair pair = open_pair();
	char bytes[10] = "";
	int mark = -1;

	assert_int_equal(picox_send(pair.near, "abc", 3, MSG_OOB), 3);
	await(pair.far, POLLPRI);
	assert_int_equal(picox_recv(pair.far, bytes, 10, MSG_OOB), 1);
	assert_int_equal(bytes[0], 'c');
	assert_int_equal(picox_ioctl(pair.far, SIOCATMARK, &mark), 0);
	assert_int_equal(mark, 0);
	assert_int_equal(picox_recv(pair.far, bytes, 10, 0), 2);
	assert_int_equal(picox_ioctl(pair.far, SIOCATMARK, &mark), 0);
	assert_int_equal(mark, 1);
	assert_int_equal(polled(pair.far), POLLOUT);
	close_pair(&pair);
}

/* Edges: one for each arrival that follows a look. */
static void test_edges(void **state)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET}, got;
	struct pair pair = open_pair();
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	char bytes[10];

	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, pair.far, &event), 0);
	assert_int_equal(epoll_wait(epoll, &got, 1, 0), 1);
	assert_int_equal(got.events, EPOLLOUT);
	assert_int_equal(epoll_wait(epoll, &got, 1, 0), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(picox_send(pair.near, "12345", 5, 0), 5);
		assert_int_equal(epoll_wait(epoll, &got, 1, PATIENCE), 1);
		assert_int_equal(got.events, EPOLLIN | EPOLLOUT);
		/* Some is left; more comes. */
		assert_int_equal(picox_recv(pair.far, bytes, 2, 0), 2);
		assert_int_equal(picox_send(pair.near, "6", 1, 0), 1);
		assert_int_equal(epoll_wait(epoll, &got, 1, PATIENCE), 1);
		assert_int_equal(got.events, EPOLLIN | EPOLLOUT);
		while (picox_recv(pair.far, bytes, 10, MSG_DONTWAIT) > 0)
			;
		assert_int_equal(epoll_wait(epoll, &got, 1, 0), 0);
	}
	assert_int_equal(picox_shutdown(pair.near, SHUT_WR), 0);
	assert_int_equal(epoll_wait(epoll, &got, 1, PATIENCE), 1);
	assert_int_equal(got.events, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
	close(epoll);
	close_pair(&pair);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_receive_time, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_wait_all, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_low_mark, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_send_waits, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_both_ways, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_partial_send, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_iovecs, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_urgent, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_edges, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
