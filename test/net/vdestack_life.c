/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a stack leaves behind, and what the program notices of it: nothing. */
#include "vdestack_test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

static const char *vnl;

static void assert_same_holdings(const struct holdings *before)
{
	struct holdings now = holdings();

	assert_int_equal(now.descriptors, before->descriptors);
	assert_int_equal(now.threads, before->threads);
	assert_int_equal(now.children, before->children);
}

/* ---- wait, signals --------------------------------------------------------------------------- */

static volatile sig_atomic_t chld_seen;

static void on_chld(int number)
{
	chld_seen = number;
}

static void test_wait_is_undisturbed(void **state)
{
	struct sigaction action = {.sa_handler = on_chld}, before;
	struct vdestack *stack;

	assert_int_equal(sigaction(SIGCHLD, &action, &before), 0);
	stack = stack_with_address(vnl, "10.0.0.1");
	assert_int_equal(vde_stackcmd(stack, (char *)"/bin/true"), 0);
	assert_int_equal(wait(NULL), -1);
	assert_int_equal(errno, ECHILD);
	vde_delstack(stack);
	assert_int_equal(wait(NULL), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(chld_seen, 0);
	assert_int_equal(sigaction(SIGCHLD, &before, NULL), 0);
}

/* Automatic reaping, as daemons ask for, neither loses exit states of commands nor hangs. */
static void test_ignored_sigchld(void **state)
{
	void (*before)(int) = signal(SIGCHLD, SIG_IGN);
	struct vdestack *stack = vde_addstack(NULL, NULL);

	assert_non_null(stack);
	assert_int_equal(vde_stackcmd(stack, (char *)"/bin/sh -c 'exit 7'"), 7);
	vde_delstack(stack);
	signal(SIGCHLD, before);
}

/* A program that waits for everything, clones included, may reap the helper. */
static void test_reaped_by_program(void **state)
{
	struct holdings before = holdings();
	struct vdestack *stack = vde_addstack(NULL, NULL);
	pid_t helper = child_of(getpid());

	assert_non_null(stack);
	assert_true(helper > 0);
	assert_int_equal(kill(helper, SIGKILL), 0);
	assert_int_equal(waitpid(-1, NULL, __WALL), helper);
	assert_int_equal(vde_msocket(stack, AF_INET, SOCK_DGRAM, 0), -1);
	assert_int_equal(errno, ENETDOWN);
	vde_delstack(stack);
	assert_same_holdings(&before);
}

static void test_new_helper_after_loss(void **state)
{
	struct holdings before = holdings();
	struct vdestack *lost = stack_with_address(vnl, "10.0.0.1"), *stack;

	assert_int_equal(kill(child_of(getpid()), SIGKILL), 0);
	wait_until(vde_msocket(lost, AF_INET, SOCK_DGRAM, 0) < 0);
	assert_int_equal(errno, ENETDOWN);
	stack = stack_with_address(vnl, "10.0.0.1");
	vde_delstack(lost);
	set_up(stack, NULL, NULL);
	vde_delstack(stack);
	assert_same_holdings(&before);
}

/* ---- the end of the program ------------------------------------------------------------------ */

static void by_exit(void)
{
	exit(0);
}

static void by__exit(void)
{
	_exit(0);
}

static void by_signal(void)
{
	kill(getpid(), SIGKILL);
}

/* Not deleted: that is what is tested. */
static struct vdestack *left;

/* The program: makes a stack, tells its helper, leaves a child behind, ends when told to. */
static void program(int tell, int hold, int outlive, void (*end)(void))
{
	pid_t helper, pid;
	int ready[2];
	char byte;

	left = stack_with_address(vnl, "10.0.0.1");
	helper = child_of(getpid());
	CHECK(pipe2(ready, O_CLOEXEC) == 0);
	pid = fork();
	if (pid == 0) {
		CHECK(vde_msocket(left, AF_INET, SOCK_DGRAM, 0) >= 0);
		CHECK(write(ready[1], "x", 1) == 1);
		CHECK(read(outlive, &byte, 1) == 0);
		_exit(0);
	}
	CHECK(pid > 0);
	CHECK(read(ready[0], &byte, 1) == 1);
	CHECK(write(tell, &helper, sizeof(helper)) == sizeof(helper));
	CHECK(read(hold, &byte, 1) == 1);
	end();
}

/* Its helper ends with it, although a child lives on that has all its sockets. */
static void expect_end(void (*end)(void))
{
	int tell[2], hold[2], outlive[2];
	pid_t pid, helper = 0;

	assert_int_equal(pipe2(tell, O_CLOEXEC), 0);
	assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
	assert_int_equal(pipe2(outlive, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		close(outlive[1]);
		program(tell[1], hold[0], outlive[0], end);
		_exit(1);
	}
	assert_int_equal(read(tell[0], &helper, sizeof(helper)), sizeof(helper));
	assert_true(helper > 0);
	assert_true(is_running(helper));
	assert_int_equal(write(hold[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	wait_until(!is_running(helper));
	for (int i = 0; i < 2; i++) {
		close(tell[i]);
		close(hold[i]);
		close(outlive[i]);
	}
}

static void test_end_of_program(void **state)
{
	expect_end(by_exit);
	expect_end(by__exit);
	expect_end(by_signal);
}

/* ---- descriptors ----------------------------------------------------------------------------- */

/* A pipe of the program has no hidden second end. */
static void test_helper_keeps_no_descriptor(void **state)
{
	struct vdestack *stack;
	int fd[2];
	char byte;

	assert_int_equal(pipe(fd), 0);
	stack = vde_addstack(NULL, NULL);
	assert_non_null(stack);
	close(fd[1]);
	assert_int_equal(read(fd[0], &byte, 1), 0);
	close(fd[0]);
	vde_delstack(stack);
}

/* The program closes everything, and uses the numbers for something else. */
static void test_all_descriptors_closed(void **state)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct vdestack *stack = vde_addstack(NULL, NULL), *another;
		char byte;
		int fd[2];

		CHECK(stack != NULL);
		CHECK(close_range(3, ~0U, 0) == 0);
		CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd) == 0);
		for (int i = 0; i < 20; i++)
			CHECK(dup(fd[1]) >= 0);
		CHECK(vde_msocket(stack, AF_INET, SOCK_DGRAM, 0) == -1 && errno == ENETDOWN);
		CHECK(vde_stackcmd(stack, (char *)"/bin/true") == -1 && errno == ENETDOWN);
		another = vde_addstack(NULL, NULL);
		CHECK(another != NULL);
		CHECK(vde_msocket(another, AF_INET, SOCK_DGRAM, 0) >= 0);
		vde_delstack(stack);
		CHECK(vde_msocket(another, AF_INET, SOCK_DGRAM, 0) >= 0);
		vde_delstack(another);
		CHECK(holdings().children == 0);
		/* Nothing was sent there. */
		CHECK(recv(fd[0], &byte, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN);
		_exit(0);
	}
	assert_success(pid);
}

/* The same with a network, and with files that get the library's numbers: nothing of the library's
 * is written there, its thread does not spin, and a new stack works. */
static void test_network_closed(void **state)
{
	pid_t pid = fork();

	if (pid == 0) {
		char path[] = "/tmp/vdestack_life.XXXXXX";
		struct vdestack *stack = vde_addstack((char *)vnl, NULL), *another;
		struct stat status;
		struct rusage usage;
		int fd, i;

		alarm(300);
		CHECK(stack != NULL);
		fd = mkostemp(path, O_CLOEXEC);
		CHECK(fd >= 0);
		CHECK(unlink(path) == 0);
		dup2(fd, 3);
		CHECK(close_range(4, ~0U, 0) == 0);
		poll(NULL, 0, 1000);
		for (i = 0; i < 30; i++)
			CHECK(dup(3) >= 0);
		poll(NULL, 0, 1000);
		another = vde_addstack((char *)vnl, NULL);
		CHECK(another != NULL);
		CHECK(vde_msocket(another, AF_INET, SOCK_DGRAM, 0) >= 0);
		vde_delstack(stack);
		vde_delstack(another);
		CHECK(fstat(3, &status) == 0 && status.st_size == 0);
		for (i = 4; i < 30; i++)
			CHECK(fcntl(i, F_GETFD) >= 0);
		CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
		CHECK(SANITIZED || (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec == 0 &&
		                       usage.ru_utime.tv_usec + usage.ru_stime.tv_usec < 500000));
		_exit(0);
	}
	assert_success(pid);
}

/* No number is left: an error, and everything works again when there is one. */
static void test_descriptor_limit(void **state)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct vdestack *stack = vde_addstack(NULL, NULL);
		struct rlimit limit = {.rlim_cur = 64, .rlim_max = 64};
		int fd, last = -1;

		CHECK(stack != NULL);
		CHECK(vde_msocket(stack, AF_INET, SOCK_DGRAM, 0) >= 0);
		CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
		while ((fd = vde_msocket(stack, AF_INET, SOCK_DGRAM, 0)) >= 0)
			last = fd;
		CHECK(errno == EMFILE);
		CHECK(last > 0);
		CHECK(vde_msocket(stack, AF_INET, SOCK_DGRAM, 0) == -1 && errno == EMFILE);
		CHECK(vde_addstack((char *)vnl, NULL) == NULL);
		CHECK(vde_stackcmd(stack, (char *)"/bin/true") == -1 && errno == EMFILE);
		close(last);
		CHECK(vde_msocket(stack, AF_INET, SOCK_DGRAM, 0) == last);
		vde_delstack(stack);
		CHECK(holdings().children == 0);
		_exit(0);
	}
	assert_success(pid);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static long resident(pid_t pid)
{
	char path[64], line[256];
	long size = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		sscanf(line, "VmRSS: %ld", &size);
	fclose(file);
	return size;
}

/* The helper does not keep a copy of what the program had: from the heap and from a large mapping
 * alike, and for whatever thread made the stack. */
static void *make_stack(void *argument)
{
	return vde_addstack(NULL, NULL);
}

static void test_memory_is_given_back(void **state)
{
	enum { LARGE = 64 << 20, SMALL = 100 << 10, COUNT = 300 };
	char *large, *small[COUNT];
	struct vdestack *stack;
	pthread_t thread;
	void *result;

	if (SANITIZED)
		skip();
	large = malloc(LARGE);
	assert_non_null(large);
	memset(large, 1, LARGE);
	for (int i = 0; i < COUNT; i++) {
		small[i] = malloc(SMALL);
		assert_non_null(small[i]);
		memset(small[i], 1, SMALL);
	}
	stack = vde_addstack(NULL, NULL);
	assert_non_null(stack);
	wait_until(resident(child_of(getpid())) < 8 << 10);
	assert_int_equal(vde_stackcmd(stack, (char *)"/bin/true"), 0);
	vde_delstack(stack);
	assert_int_equal(pthread_create(&thread, NULL, make_stack, NULL), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_non_null(result);
	wait_until(resident(child_of(getpid())) < 8 << 10);
	assert_int_equal(vde_stackcmd(result, (char *)"/bin/true"), 0);
	vde_delstack(result);
	free(large);
	for (int i = 0; i < COUNT; i++)
		free(small[i]);
}

/* ---- a network that does not answer ---------------------------------------------------------- */

static void remove_directory(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	assert_non_null(directory);
	while ((entry = readdir(directory)) != NULL)
		(void)unlinkat(dirfd(directory), entry->d_name, 0); /* fails for . and .. */
	closedir(directory);
	assert_int_equal(rmdir(path), 0);
}

/* It takes the connection and says nothing: the program can still be ended by a signal, and the
 * network's own threads run no handler. (The VDE library's socket stays in the file system then.)
 */
static void test_signal_while_opening(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char directory[] = "/tmp/vdestack_life.XXXXXX", network[64];
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), status;
	struct pollfd asked = {.fd = listening, .events = POLLIN};
	pid_t pid;

	assert_non_null(mkdtemp(directory));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/ctl", directory);
	snprintf(network, sizeof(network), "vde://%s", directory);
	assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listening, 1), 0);
	pid = fork();
	if (pid == 0) {
		vde_addstack(network, NULL);
		_exit(0);
	}
	assert_int_equal(poll(&asked, 1, 60000), 1);
	assert_int_equal(kill(pid, SIGTERM), 0);
	/* Until it ends; without its end the test's time-out speaks. */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	close(listening);
	remove_directory(directory);
}

/* ---- ten thousand ---------------------------------------------------------------------------- */

static void create_and_delete(int count, const char *network)
{
	struct vdestack *stack;

	for (int i = 0; i < count; i++) {
		stack = vde_addstack((char *)network, NULL);
		if (stack == NULL)
			fail_msg("stack %d: %s", i, strerror(errno));
		vde_delstack(stack);
	}
}

/* With another stack that stays, and without: one helper for all, and one each. */
static void test_many(void **state)
{
	const char *text = getenv("VDESTACK_TEST_COUNT");
	int count = text != NULL ? atoi(text) : 10000;
	struct vdestack *stays;
	struct holdings before, after;

	create_and_delete(10, vnl); /* what the C library and the VDE library keep once */
	before = holdings();
	create_and_delete(count / 50, vnl);
	create_and_delete(count / 20, NULL);
	assert_same_holdings(&before);
	stays = vde_addstack(NULL, NULL);
	assert_non_null(stays);
	create_and_delete(count / 50, vnl);
	create_and_delete(count, NULL);
	vde_delstack(stays);
	wait_until(holdings().children == before.children);
	assert_same_holdings(&before);
	after = holdings();
	if (!SANITIZED && after.memory > before.memory + 4096)
		fail_msg("resident memory grew from %ld to %ld kB", before.memory, after.memory);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_wait_is_undisturbed),
	    cmocka_unit_test(test_ignored_sigchld),
	    cmocka_unit_test(test_reaped_by_program),
	    cmocka_unit_test(test_new_helper_after_loss),
	    cmocka_unit_test(test_end_of_program),
	    cmocka_unit_test(test_helper_keeps_no_descriptor),
	    cmocka_unit_test(test_all_descriptors_closed),
	    cmocka_unit_test(test_network_closed),
	    cmocka_unit_test(test_descriptor_limit),
	    cmocka_unit_test(test_memory_is_given_back),
	    cmocka_unit_test(test_signal_while_opening),
	    cmocka_unit_test(test_many),
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	skip_without_namespaces();
	vnl = argc > 1 ? argv[1] : NULL;
	if (vnl == NULL) {
		puts("usage: vdestack_life VNL [TEST]");
		return 2;
	}
	if (argc > 2)
		cmocka_set_test_filter(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
