/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many threads: stacks made and deleted at once, calls against close and delstack, cancellation.
 *
 * Nothing here depends on who comes first: every outcome that the manual allows is accepted, and
 * the sanitizers look for the others.
 */
#include "test.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/un.h>

#define THREADS 4

static void start(pthread_t *thread, void *(*function)(void *), void *argument)
{
	assert_ok(pthread_create(thread, NULL, function, argument));
}

/* cmocka's assertions belong to the main thread: the others count what went wrong. */
static atomic_int wrong;

#define EXPECT(condition)                                                                          \
	do {                                                                                           \
		if (!(condition)) {                                                                        \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
			wrong++;                                                                               \
		}                                                                                          \
	} while (0)

#define EXPECT_STACK(stack)                                                                        \
	do {                                                                                           \
		if (!(stack)) {                                                                            \
			fprintf(stderr, "%s:%d: no stack: %s (%m)\n", __FILE__, __LINE__, ioth_error());       \
			wrong++;                                                                               \
		}                                                                                          \
	} while (0)

/* Before each test: what another counted is not its fault. */
static int reset(void **state)
{
	wrong = 0;
	return 0;
}

/* ---- stacks made by many threads ---- */

static void *make_and_delete(void *argument)
{
	const char *name = argument;

	for (int i = 0; i < 300; i++) {
		struct ioth *stack = ioth_newstack(name);
		void *mine = NULL, *again = NULL;
		int fd[2];

		EXPECT_STACK(stack);
		if (!stack)
			break;
		fd[0] = ioth_msocket(stack, AF_UNIX, SOCK_DGRAM, 0);
		fd[1] = ioth_msocket(stack, AF_UNIX, SOCK_DGRAM, 0);
		EXPECT(fd[0] >= 0 && fd[1] >= 0);
		if (strcmp(name, "counting") == 0) {
			EXPECT(ioth_ioctl(fd[0], 1, &mine) == 1 && ioth_ioctl(fd[1], 1, &again) == 1);
			EXPECT(mine && mine == again);
		}
		EXPECT(ioth_delstack(stack) < 0 && errno == EBUSY);
		EXPECT(ioth_close(fd[0]) == 0);
		EXPECT((i % 2 ? close(fd[1]) : ioth_close(fd[1])) == 0);
		EXPECT(ioth_delstack(stack) == 0);
		EXPECT(!ioth_newstack("no_such_stack") && errno == ENOENT);
		EXPECT(strstr(ioth_error(), "no_such_stack"));
	}
	return NULL;
}

static void test_make_and_delete(void **state)
{
	static char names[2][16] = {"kernel", "counting"};
	pthread_t thread[THREADS];
	int descriptors = open_descriptors();

	for (int i = 0; i < THREADS; i++)
		start(&thread[i], make_and_delete, names[i % 2]);
	for (int i = 0; i < THREADS; i++)
		assert_ok(pthread_join(thread[i], NULL));
	assert_int_equal(wrong, 0);
	assert_int_equal(open_descriptors(), descriptors);
}

static void *make_private(void *argument)
{
	for (int i = 0; i < 20; i++) {
		struct ioth *stack = ioth_newstack("global");

		EXPECT_STACK(stack);
		if (stack)
			EXPECT(ioth_delstack(stack) == 0);
	}
	return NULL;
}

static void test_make_private(void **state)
{
	pthread_t thread[THREADS];

	if (SANITIZED)
		skip();
	for (int i = 0; i < THREADS; i++)
		start(&thread[i], make_private, NULL);
	for (int i = 0; i < THREADS; i++)
		assert_ok(pthread_join(thread[i], NULL));
	assert_int_equal(wrong, 0);
}

/* ---- calls on a descriptor while others close it and delete its stack ---- */

struct race {
	_Atomic(int) fd;
	atomic_bool stop;
};

static void *call_for_ever(void *argument)
{
	struct race *race = argument;
	char byte = 0;

	while (!race->stop) {
		long result = ioth_write(race->fd, &byte, 1);

		/* The counting plugin's, or of a stack that has no such descriptor. */
		EXPECT(result == 1 || (result == -1 && errno == EBADF));
	}
	return NULL;
}

static void test_calls_against_delstack(void **state)
{
	struct race race = {.fd = -1};
	pthread_t thread[THREADS];

	for (int i = 0; i < THREADS; i++)
		start(&thread[i], call_for_ever, &race);
	for (int i = 0; i < 500; i++) {
		struct ioth *stack = make_stack("counting");

		race.fd = ioth_msocket(stack, AF_UNIX, SOCK_DGRAM, 0);
		assert_true(race.fd >= 0);
		if (i % 3 == 0)
			sched_yield();
		assert_ok(i % 2 ? close(race.fd) : ioth_close(race.fd));
		/* EBUSY as long as somebody is inside; nobody can enter any more. */
		while (ioth_delstack(stack) < 0)
			assert_int_equal(errno, EBUSY);
	}
	race.stop = true;
	for (int i = 0; i < THREADS; i++)
		assert_ok(pthread_join(thread[i], NULL));
	assert_int_equal(wrong, 0);
}

static void *close_once(void *argument)
{
	return ioth_close(*(int *)argument) == 0 ? argument : NULL;
}

static void test_close_against_close(void **state)
{
	struct ioth *stack = make_stack("kernel");

	for (int i = 0; i < 200; i++) {
		int fd = ioth_msocket(stack, AF_UNIX, SOCK_DGRAM, 0), closed = 0;
		pthread_t thread[THREADS];

		for (int j = 0; j < THREADS; j++)
			start(&thread[j], close_once, &fd);
		for (int j = 0; j < THREADS; j++) {
			void *result;

			assert_ok(pthread_join(thread[j], &result));
			closed += result != NULL;
		}
		assert_int_equal(closed, 1);
	}
	assert_ok(ioth_delstack(stack));
}

/* ---- blocked inside ---- */

struct blocked {
	int fd;
	atomic_int tid;
	ssize_t result;
};

static void *block(void *argument)
{
	struct blocked *blocked = argument;
	char c;

	blocked->tid = (int)syscall(SYS_gettid);
	blocked->result = ioth_recv(blocked->fd, &c, 1, 0);
	return NULL;
}

/* Waits until the thread sleeps in the kernel: its recv has begun. */
static void wait_until_blocked(struct blocked *blocked)
{
	char path[64], line[512];

	for (;;) {
		const char *status;
		FILE *file;

		sched_yield();
		if (!blocked->tid)
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)blocked->tid);
		file = fopen(path, "re");
		assert_non_null(file);
		assert_non_null(fgets(line, sizeof(line), file));
		fclose(file);
		status = strrchr(line, ')');
		/* It may also sleep for another reason on the way there: the tests stay right, they
		 * only test less then. */
		if (status && status[2] == 'S')
			return;
	}
}

static int make_pair(struct ioth *stack, int pair[2])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(address);

	pair[0] = ioth_msocket(stack, AF_UNIX, SOCK_DGRAM, 0);
	pair[1] = ioth_msocket(stack, AF_UNIX, SOCK_DGRAM, 0);
	/* Autobind: an abstract name that the kernel chooses (unix(7)). */
	if (ioth_bind(pair[0], (struct sockaddr *)&address, sizeof(sa_family_t)) < 0)
		return -1;
	if (ioth_getsockname(pair[0], (struct sockaddr *)&address, &len) < 0)
		return -1;
	return ioth_connect(pair[1], (struct sockaddr *)&address, len);
}

static void test_close_while_blocked(void **state)
{
	struct ioth *stack = make_stack("kernel"), *other = make_stack("kernel");
	struct blocked blocked = {0};
	pthread_t thread;
	int pair[2], again;

	assert_ok(make_pair(stack, pair));
	blocked.fd = pair[0];
	start(&thread, block, &blocked);
	wait_until_blocked(&blocked);
	/* As close(2): the call goes on, the number is free. */
	assert_ok(ioth_close(pair[0]));
	again = ioth_msocket(other, AF_UNIX, SOCK_DGRAM, 0);
	assert_int_equal(ioth_send(pair[1], "x", 1, 0), 1);
	assert_ok(pthread_join(thread, NULL));
	assert_int_equal(blocked.result, 1);
	assert_ok(ioth_close(pair[1]));
	assert_ok(ioth_delstack(stack));
	assert_ok(ioth_close(again));
	assert_ok(ioth_delstack(other));
}

static void test_delstack_while_blocked(void **state)
{
	struct ioth *stack = make_stack("kernel");
	struct blocked blocked = {0};
	pthread_t thread;
	int pair[2], copy;

	assert_ok(make_pair(stack, pair));
	blocked.fd = pair[0];
	start(&thread, block, &blocked);
	wait_until_blocked(&blocked);
	copy = fcntl(pair[1], F_DUPFD_CLOEXEC, 0);
	assert_ok(close(pair[1]));
	assert_ok(close(pair[0]));
	/* No socket is open that the library knows of, but somebody is inside. */
	assert_fails(ioth_delstack(stack), EBUSY);
	assert_int_equal(write(copy, "x", 1), 1);
	assert_ok(pthread_join(thread, NULL));
	assert_int_equal(blocked.result, 1);
	assert_ok(ioth_delstack(stack));
	assert_ok(close(copy));
}

static void test_cancel(void **state)
{
	struct ioth *stack = make_stack("kernel");
	struct blocked blocked = {0};
	pthread_t thread;
	void *result;
	int pair[2];

	assert_ok(make_pair(stack, pair));
	blocked.fd = pair[0];
	start(&thread, block, &blocked);
	wait_until_blocked(&blocked);
	assert_ok(pthread_cancel(thread));
	assert_ok(pthread_join(thread, &result));
	assert_ptr_equal(result, PTHREAD_CANCELED);
	assert_ok(ioth_close(pair[0]));
	assert_ok(ioth_close(pair[1]));
	assert_ok(ioth_delstack(stack)); /* nobody is inside */
}

/* ---- a destructor that makes calls when the thread's record is gone ---- */

static pthread_key_t late_key;
static int late_fd;

static void call_late(void *argument)
{
	EXPECT(ioth_fcntl(late_fd, F_GETFL) >= 0);
}

static void *end_late(void *argument)
{
	EXPECT(ioth_fcntl(late_fd, F_GETFL) >= 0);
	pthread_setspecific(late_key, argument);
	return NULL;
}

static void test_late_calls(void **state)
{
	struct ioth *stack = make_stack("kernel");
	pthread_t thread;

	late_fd = ioth_msocket(stack, AF_UNIX, SOCK_DGRAM, 0);
	assert_ok(pthread_key_create(&late_key, call_late));
	start(&thread, end_late, &late_key);
	assert_ok(pthread_join(thread, NULL));
	assert_ok(pthread_key_delete(late_key));
	assert_int_equal(wrong, 0);
	assert_ok(ioth_close(late_fd));
	assert_ok(ioth_delstack(stack));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_make_and_delete, reset),
	    cmocka_unit_test_setup(test_make_private, reset),
	    cmocka_unit_test_setup(test_calls_against_delstack, reset),
	    cmocka_unit_test_setup(test_close_against_close, reset),
	    cmocka_unit_test_setup(test_close_while_blocked, reset),
	    cmocka_unit_test_setup(test_delstack_while_blocked, reset),
	    cmocka_unit_test_setup(test_cancel, reset),
	    cmocka_unit_test_setup(test_late_calls, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
