/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that block, and what ends them: closing, cancelling, signals, the end of the process; and
 * what a forked child has. */
#include "host.h"
#include "reader.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/wait.h>

static void test_close_while_blocked(void **state)
{
	struct picox *stack = host_new("mem://close", NULL, "10.0.0.1");
	int fd = host_udp4(stack, "10.0.0.1", 7);
	struct reader one, two;

	start(&one, fd);
	start(&two, fd);
	wait_blocked(stack, 2);
	assert_int_equal(picox_close(fd), 0);
	pthread_join(one.thread, NULL);
	pthread_join(two.thread, NULL);
	assert_int_equal(one.result, -1);
	assert_int_equal(one.error, EBADF);
	assert_int_equal(two.error, EBADF);
	assert_int_equal(picox_delstack(stack), 0);
}

/* TSan puts off the cancellation of a thread that is in syscall(2), ASan loses its stack. */
static void test_cancel(void **state)
{
	struct reader leader, follower, last;
	struct picox *stack;
	void *result;
	int fd;

	if (HOST_IS_TSAN || HOST_IS_ASAN)
		skip();
	stack = host_new("mem://cancel", NULL, "10.0.0.1");
	fd = host_udp4(stack, "10.0.0.1", 7);

	start(&leader, fd);
	wait_blocked(stack, 1);
	start(&follower, fd);
	wait_blocked(stack, 2);
	start(&last, fd);
	wait_blocked(stack, 3);
	pthread_cancel(leader.thread);
	pthread_join(leader.thread, &result);
	assert_ptr_equal(result, PTHREAD_CANCELED);
	pthread_cancel(last.thread);
	pthread_join(last.thread, &result);
	assert_ptr_equal(result, PTHREAD_CANCELED);
	host_send4(fd, "10.0.0.1", 7, "x", 1);
	pthread_join(follower.thread, NULL);
	assert_int_equal(follower.result, 1);
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(picox_delstack(stack), 0);
}

/* Not a cancellation point: what is deleted is deleted whole. */
static void *delete (void *argument)
{
	struct picox **stack = argument;

	if (picox_delstack(*stack) == 0)
		*stack = NULL;
	return NULL;
}

static void set_up(struct picox *stack, bool up)
{
	runtime_lock(stack);
	if (up)
		assert_int_equal(px_iface_up(px_iface_by_index(stack->px, 2)), 0);
	else
		px_iface_down(px_iface_by_index(stack->px, 2));
	runtime_leave(stack);
}

static void test_cancel_delete(void **state)
{
	struct sockaddr_in name = host_name4("10.0.0.2", 7);
	struct picox *stack, *deleted, *peer;
	pthread_t thread;
	int fd, listener;

	if (HOST_IS_TSAN || HOST_IS_ASAN)
		skip();
	stack = deleted = host_new("mem://delete", "linger=60", "10.0.0.1");
	peer = host_new("mem://delete", NULL, "10.0.0.2");
	listener = picox_msocket(peer, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(picox_bind(listener, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(picox_listen(listener, 1), 0);
	fd = picox_msocket(stack, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(picox_connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	set_up(peer, false);
	assert_int_equal(picox_send(fd, "x", 1, 0), 1);
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(pthread_create(&thread, NULL, delete, &deleted), 0);
	wait_blocked(stack, 1);
	pthread_cancel(thread);
	set_up(peer, true);
	assert_int_equal(picox_close(listener), 0);
	pthread_join(thread, NULL);
	assert_null(deleted);
	assert_int_equal(picox_delstack(peer), 0);
}

static _Atomic int handled;

static void handler(int number)
{
	handled++;
}

/* The same with signals. */
static void test_signals(void **state)
{
	struct sigaction action = {.sa_handler = handler};
	struct reader reader;
	struct picox *stack;
	int fd;

	if (HOST_IS_TSAN)
		skip();
	stack = host_new("mem://signals", NULL, "10.0.0.1");
	fd = host_udp4(stack, "10.0.0.1", 7);
	sigaction(SIGUSR1, &action, NULL);
	start(&reader, fd);
	/* A signal before the thread sleeps, though it is about to, interrupts nothing. */
	while (!atomic_load(&reader.ended)) {
		pthread_kill(reader.thread, SIGUSR1);
		usleep(1000);
	}
	pthread_join(reader.thread, NULL);
	assert_int_equal(reader.result, -1);
	assert_int_equal(reader.error, EINTR);

	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &action, NULL);
	start(&reader, fd);
	wait_blocked(stack, 1);
	handled = 0;
	pthread_kill(reader.thread, SIGUSR1);
	while (!handled)
		sched_yield();
	host_send4(fd, "10.0.0.1", 7, "x", 1);
	pthread_join(reader.thread, NULL);
	assert_int_equal(reader.result, 1);
	signal(SIGUSR1, SIG_DFL);
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(picox_delstack(stack), 0);
}

/* TSan: no new threads in the child of a process with threads. */
static void test_fork(void **state)
{
	struct picox *stack;
	int fd, status;
	pid_t pid;
	char byte;

	if (HOST_IS_TSAN)
		skip();
	stack = host_new("mem://fork", NULL, "10.0.0.1");
	fd = host_udp4(stack, "10.0.0.1", 7);
	pid = fork();
	if (pid == 0) {
		struct picox *own;
		int fds;

		if (picox_recv(fd, &byte, 1, MSG_DONTWAIT) != -1 || errno != EBADF)
			_exit(1);
		if (picox_msocket(stack, AF_INET, SOCK_DGRAM, 0) != -1 || picox_delstack(stack) != 0)
			_exit(2);
		own = picox_newstack((char *)(uintptr_t) "mem://fork");
		if (!own || (fds = picox_msocket(own, AF_INET, SOCK_DGRAM, 0)) < 0)
			_exit(3);
		if (picox_close(fds) != 0 || picox_delstack(own) != 0)
			_exit(4);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	host_send4(fd, "10.0.0.1", 7, "x", 1);
	assert_int_equal(picox_recv(fd, &byte, 1, 0), 1);
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(picox_delstack(stack), 0);
}

/* Destructors of the program run after ours, and may delete what it kept. */
static struct picox *kept;

__attribute__((destructor(101))) static void delete_late(void)
{
	if (kept && picox_delstack(kept) != 0)
		_exit(5);
}

static void test_late_delete(void **state)
{
	int status;
	pid_t pid;

	if (HOST_IS_TSAN || HOST_IS_ASAN) /* of the parent's leaks nothing is to be told */
		skip();
	pid = fork();
	if (pid == 0) {
		kept = picox_newstack((char *)(uintptr_t) "mem://late");
		exit(kept ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_close_while_blocked),
	    cmocka_unit_test(test_cancel),
	    cmocka_unit_test(test_cancel_delete),
	    cmocka_unit_test(test_signals),
	    cmocka_unit_test(test_fork),
	    cmocka_unit_test(test_late_delete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
