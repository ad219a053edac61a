/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A leader that sleeps in its link's own set: who and what ends its sleep.
 *
 * The link is a command's pipe, which sanitizers permit (host.h), and whose command says nothing.
 */
#include "host.h"
#include "reader.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define SILENT "=exec cat 3>&1 >/dev/null"

static void wait_asleep_on_link(struct picox *stack)
{
	bool asleep = false;

	while (!asleep) {
		runtime_lock(stack);
		asleep = stack->leader && stack->leader->asleep &&
		         atomic_load(&stack->driver) == DRIVER_DESCRIPTORS;
		runtime_unlock(stack);
		sched_yield();
	}
}

static void test_close(void **state)
{
	struct picox *stack = host_new(SILENT, NULL, "10.0.0.1");
	int fd = host_udp4(stack, "10.0.0.1", 7);
	struct reader leader, follower;

	start(&leader, fd);
	wait_asleep_on_link(stack);
	start(&follower, fd);
	wait_blocked(stack, 2);
	assert_int_equal(picox_close(fd), 0);
	pthread_join(leader.thread, NULL);
	pthread_join(follower.thread, NULL);
	assert_int_equal(leader.error, EBADF);
	assert_int_equal(follower.error, EBADF);
	assert_int_equal(picox_delstack(stack), 0);
}

/* By way of lo, from another thread; again and again, since a leader may be awake already. */
static void test_woken(void **state)
{
	struct picox *stack = host_new(SILENT, NULL, "10.0.0.1");
	int fd = host_udp4(stack, "10.0.0.1", 7), from = host_udp4(stack, "10.0.0.1", 8);
	struct reader leader;

	for (int i = 0; i < 200; i++) {
		start(&leader, fd);
		if (i % 2)
			wait_asleep_on_link(stack);
		host_send4(from, "10.0.0.1", 7, "x", 1);
		pthread_join(leader.thread, NULL);
		assert_int_equal(leader.result, 1);
	}
	assert_int_equal(picox_delstack(stack), -1);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(picox_close(from), 0);
	assert_int_equal(picox_delstack(stack), 0);
}

static void test_time_out(void **state)
{
	struct picox *stack = host_new(SILENT, NULL, "10.0.0.1");
	int fd = host_udp4(stack, "10.0.0.1", 7);
	struct timeval limit = {.tv_usec = 20000};
	px_time begun = process_now();
	char byte;

	assert_int_equal(picox_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	assert_int_equal(picox_recv(fd, &byte, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_true(process_now() - begun >= 20 * PX_MSEC);
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(picox_delstack(stack), 0);
}

/* test_run.c has the reasons for the skipping. */
static void test_cancelled(void **state)
{
	struct reader leader, follower;
	struct picox *stack;
	void *result;
	int fd;

	if (HOST_IS_TSAN || HOST_IS_ASAN)
		skip();
	stack = host_new(SILENT, NULL, "10.0.0.1");
	fd = host_udp4(stack, "10.0.0.1", 7);
	start(&leader, fd);
	wait_asleep_on_link(stack);
	start(&follower, fd);
	wait_blocked(stack, 2);
	pthread_cancel(leader.thread);
	pthread_join(leader.thread, &result);
	assert_ptr_equal(result, PTHREAD_CANCELED);
	host_send4(fd, "10.0.0.1", 7, "x", 1);
	pthread_join(follower.thread, NULL);
	assert_int_equal(follower.result, 1);
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(picox_delstack(stack), 0);
}

struct sender {
	int fd;
	ssize_t result;
	int error;
};

static void *send_and_end(void *argument)
{
	struct sockaddr_in name = host_name4("10.0.0.255", 9);
	struct sender *sender = argument;

	pthread_cancel(pthread_self());
	/* Sending on the link is no cancellation point, since it is done under the lock. */
	sender->result = picox_sendto(sender->fd, "x", 1, 0, (struct sockaddr *)&name, sizeof(name));
	sender->error = errno;
	pthread_testcancel();
	return NULL;
}

static void test_cancelled_sender(void **state)
{
	struct sender sender = {.result = -2};
	struct picox *stack;
	int one = 1;
	pthread_t thread;
	void *result;

	if (HOST_IS_TSAN || HOST_IS_ASAN)
		skip();
	stack = host_new(SILENT, NULL, "10.0.0.1");
	sender.fd = host_udp4(stack, "10.0.0.1", 7);
	assert_int_equal(picox_setsockopt(sender.fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one)), 0);
	assert_int_equal(pthread_create(&thread, NULL, send_and_end, &sender), 0);
	pthread_join(thread, &result);
	assert_ptr_equal(result, PTHREAD_CANCELED);
	if (sender.result < 0)
		print_message("%s\n", strerror(sender.error));
	assert_int_equal(sender.result, 1);
	assert_int_equal(picox_close(sender.fd), 0);
	assert_int_equal(picox_delstack(stack), 0);
}

/* A stack knows the time when it is entered, not that of its last frame; and the day's. */
static void test_clocks(void **state)
{
	struct picox *stack = host_new("mem://clocks", NULL, "10.0.0.1");
	px_time before = process_now();
	int64_t day;

	runtime_lock(stack);
	assert_true(stack->px->now >= before);
	day = (int64_t)stack->px->now + stack->px->realtime_offset;
	runtime_unlock(stack);
	/* Generously, should the clock step just now. */
	assert_true(day / (int64_t)PX_SEC >= (int64_t)time(NULL) - 3600);
	assert_true(day / (int64_t)PX_SEC <= (int64_t)time(NULL) + 3600);
	assert_int_equal(picox_delstack(stack), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_close),
	    cmocka_unit_test(test_woken),
	    cmocka_unit_test(test_time_out),
	    cmocka_unit_test(test_cancelled),
	    cmocka_unit_test(test_cancelled_sender),
	    cmocka_unit_test(test_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
