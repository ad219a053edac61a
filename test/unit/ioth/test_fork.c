/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fork: the child has the parent's stacks and descriptors, and none of its threads. */
#include "test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* In the child an assertion cannot report: its exit status tells where it went wrong. */
#define CHILD_EXPECT(condition)                                                                    \
	do {                                                                                           \
		if (!(condition))                                                                          \
			_exit(__LINE__ % 250 + 1);                                                             \
	} while (0)

static void assert_child_well(pid_t pid)
{
	int status;

	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_both_use(void **state)
{
	struct ioth *stack = make_stack("kernel");
	int fd = ioth_msocket(stack, AF_UNIX, SOCK_DGRAM, 0);
	pid_t pid = fork();

	if (pid == 0) {
		int own = ioth_msocket(stack, AF_UNIX, SOCK_DGRAM, 0);
		struct ioth *another = ioth_newstack("counting");

		CHILD_EXPECT(own >= 0 && another);
		CHILD_EXPECT(ioth_fcntl(fd, 3 /* F_GETFL */) >= 0);
		CHILD_EXPECT(ioth_delstack(stack) < 0 && errno == EBUSY);
		CHILD_EXPECT(ioth_close(own) == 0 && ioth_close(fd) == 0);
		CHILD_EXPECT(ioth_delstack(stack) == 0 && ioth_delstack(another) == 0);
		_exit(0);
	}
	assert_child_well(pid);
	assert_fails(ioth_delstack(stack), EBUSY);
	assert_true(ioth_fcntl(fd, 3 /* F_GETFL */) >= 0);
	assert_ok(ioth_close(fd));
	assert_ok(ioth_delstack(stack));
}

/* ---- other threads are inside the library when the process forks ---- */

static atomic_bool stop;

static void *be_busy(void *argument)
{
	int fd = *(int *)argument;
	char c = 0;

	while (!stop) {
		struct ioth *stack = ioth_newstack("counting");
		int own = ioth_msocket(stack, AF_UNIX, SOCK_DGRAM, 0);

		for (int i = 0; i < 100; i++)
			ioth_write(fd, &c, 1);
		ioth_close(own);
		ioth_delstack(stack);
	}
	return NULL;
}

static void test_others_inside(void **state)
{
	struct ioth *stack = make_stack("counting");
	int fd = ioth_msocket(stack, AF_UNIX, SOCK_DGRAM, 0);
	pthread_t thread[2];

	for (int i = 0; i < 2; i++)
		assert_ok(pthread_create(&thread[i], NULL, be_busy, &fd));
	for (int i = 0; i < 50; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			/* The lock is free, and nobody is inside, whoever was. */
			alarm(300);
			CHILD_EXPECT(ioth_close(fd) == 0);
			CHILD_EXPECT(ioth_delstack(stack) == 0);
			_exit(0);
		}
		assert_child_well(pid);
	}
	stop = true;
	for (int i = 0; i < 2; i++)
		assert_ok(pthread_join(thread[i], NULL));
	assert_ok(ioth_close(fd));
	assert_ok(ioth_delstack(stack));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_both_use),
	    cmocka_unit_test(test_others_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
