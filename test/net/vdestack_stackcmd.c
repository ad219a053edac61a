/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vde_stackcmd: what a command gets, and what comes back. */
#include "vdestack_test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/wait.h>

static struct vdestack *stack;

static int run(const char *commands)
{
	errno = 0;
	return vde_stackcmd(stack, (char *)commands);
}

/* The output of the commands, which must succeed. Standard output is a pipe for them, as it is at
 * the time of the call. */
static void expect_output(const char *commands, const char *expected)
{
	char seen[4096];
	int pipe_fd[2], saved = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	int status;
	ssize_t len;

	fflush(stdout);
	assert_int_equal(pipe2(pipe_fd, O_CLOEXEC), 0);
	assert_int_equal(dup2(pipe_fd[1], STDOUT_FILENO), STDOUT_FILENO);
	close(pipe_fd[1]);
	status = run(commands);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	assert_int_equal(status, 0);
	len = read(pipe_fd[0], seen, sizeof(seen) - 1);
	assert_true(len >= 0);
	seen[len] = '\0';
	close(pipe_fd[0]);
	assert_string_equal(seen, expected);
}

static void test_exit_status(void **state)
{
	assert_int_equal(run("/bin/true"), 0);
	assert_int_equal(run("/bin/false"), 1);
	assert_int_equal(run("/bin/sh -c 'exit 42'"), 42);
	assert_int_equal(run("/bin/sh -c 'exit 255'"), 255);
	assert_int_equal(run("/bin/sh -c 'kill -KILL $$'"), 128 + SIGKILL);
	assert_int_equal(run("/bin/sh -c 'kill -TERM $$'"), 128 + SIGTERM);
	assert_int_equal(run("/nonexistent"), 127);
	assert_int_equal(run("true"), 127);
	assert_int_equal(run("''"), 127);
	assert_int_equal(run("/etc/passwd"), 126);
	assert_int_equal(run("/"), 126);
	assert_int_equal(run(""), 0);
	assert_int_equal(run(" ; ;"), 0);
}

static void test_bad_input(void **state)
{
	assert_int_equal(run("/bin/echo 'no end"), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(run(NULL), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(vde_stackcmd(NULL, (char *)"/bin/true"), -1);
	assert_int_equal(errno, EINVAL);
}

static void test_sequence(void **state)
{
	expect_output("/bin/echo one;/bin/echo two ; /bin/echo three;", "one\ntwo\nthree\n");
	assert_int_equal(run("/bin/true;/bin/sh -c 'exit 5';/bin/sh -c 'exit 6'"), 5);
}

static void test_quoting(void **state)
{
	expect_output("/bin/echo 'a  b' \"c;  d\" e\\;f '' \"\\\"g\\\"\" $HOME *",
	    "a  b c;  d e;f  \"g\" $HOME *\n");
}

static void test_environment(void **state)
{
	assert_int_equal(setenv("VDESTACK_TEST", "first", 1), 0);
	expect_output("/bin/sh -c 'echo $VDESTACK_TEST'", "first\n");
	assert_int_equal(setenv("VDESTACK_TEST", "now; later", 1), 0);
	expect_output("/bin/sh -c 'echo $VDESTACK_TEST'", "now; later\n");
	assert_int_equal(unsetenv("VDESTACK_TEST"), 0);
	expect_output("/bin/sh -c 'echo ${VDESTACK_TEST-unset}'", "unset\n");
}

static void test_large_environment(void **state)
{
	char value[100001];

	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	setenv("VDESTACK_A", value, 1);
	setenv("VDESTACK_B", value, 1);
	setenv("VDESTACK_C", value, 1);
	expect_output("/bin/sh -c 'echo ${#VDESTACK_A} ${#VDESTACK_C}'", "100000 100000\n");
	unsetenv("VDESTACK_A");
	unsetenv("VDESTACK_B");
	unsetenv("VDESTACK_C");
}

static void test_working_directory(void **state)
{
	int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(chdir("/proc"), 0);
	expect_output("/bin/pwd", "/proc\n");
	assert_int_equal(chdir("/"), 0);
	expect_output("/bin/pwd", "/\n");
	assert_int_equal(fchdir(before), 0);
	close(before);
}

/* Nothing but 0, 1 and 2, wherever they lead now; ls itself opens the directory as 3. */
static void test_descriptors(void **state)
{
	int saved, input[2];

	expect_output("/bin/ls /proc/self/fd", "0\n1\n2\n3\n");
	assert_int_equal(pipe2(input, O_CLOEXEC), 0);
	saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	dup2(input[0], STDIN_FILENO);
	close(input[0]);
	assert_int_equal(write(input[1], "line\n", 5), 5);
	close(input[1]);
	expect_output("/bin/cat", "line\n");
	close(STDIN_FILENO);
	assert_int_equal(run("/bin/sh -c 'test ! -e /proc/self/fd/0'"), 0);
	if (saved >= 0) {
		dup2(saved, STDIN_FILENO);
		close(saved);
	}
}

/* A program without standard input, output and error: none of the library's own descriptors, of
 * which a stack on a network has many, stands in their place, nor goes to a command. */
static void test_no_standard_descriptors(void **state)
{
	pid_t pid = fork();

	if (pid == 0) {
		int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
		struct vdestack *other;

		alarm(300); /* a cat that reads from the cable does not end */
		close(0);
		close(1);
		close(2);
		other = vde_addstack((char *)"null://", NULL);
		for (int fd = 0; fd <= 2; fd++)
			if (fcntl(fd, F_GETFD) >= 0)
				dprintf(saved, "descriptor %d is open\n", fd), _exit(1);
		if (other == NULL || vde_stackcmd(other, (char *)"/bin/cat") != 1)
			_exit(2);
		if (vde_stackcmd(other, (char *)"/bin/sh -c 'test ! -e /proc/self/fd/2'") != 0)
			_exit(3);
		/* One that the program opens goes where the system says: to the lowest number. */
		if (vde_msocket(other, AF_INET, SOCK_DGRAM, 0) != 0)
			_exit(4);
		vde_delstack(other);
		_exit(0);
	}
	assert_success(pid);
}

static void test_signal_mask(void **state)
{
	sigset_t set, before;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	assert_int_equal(pthread_sigmask(SIG_SETMASK, &set, &before), 0);
	expect_output("/bin/grep SigBlk /proc/self/status", "SigBlk:\t0000000000000200\n");
	assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
}

static void test_namespace_and_capabilities(void **state)
{
	char ids[64];

	/* NET_BIND_SERVICE, NET_BROADCAST, NET_ADMIN, NET_RAW */
	expect_output("/bin/sh -c 'grep -qx \"CapAmb:\t0000000000003c00\" /proc/self/status'", "");
	expect_output("/bin/sh -c 'grep -c : /proc/net/dev'", "1\n");
	snprintf(ids, sizeof(ids), "%d\n%d\n", (int)geteuid(), (int)getegid());
	expect_output("/usr/bin/id -u;/usr/bin/id -g", ids);
}

/* ---- others meanwhile ------------------------------------------------------------------------ */

static void *run_until_released(void *result)
{
	*(int *)result = run("/bin/sh -c 'read line; exit 9'");
	return NULL;
}

/* A command that waits for its input holds up nobody. */
static void test_others_are_served(void **state)
{
	int input[2], saved, result = -1;
	struct vdestack *other;
	pthread_t thread;
	pid_t pid;

	assert_int_equal(pipe2(input, O_CLOEXEC), 0);
	saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	dup2(input[0], STDIN_FILENO);
	close(input[0]);
	assert_int_equal(pthread_create(&thread, NULL, run_until_released, &result), 0);
	wait_until(child_of(child_of(getpid())) > 0);
	other = vde_addstack(NULL, NULL);
	assert_non_null(other);
	for (int i = 0; i < 50; i++) {
		int fd = vde_msocket(i % 2 == 0 ? stack : other, AF_INET, SOCK_DGRAM, 0);

		assert_true(fd >= 0);
		close(fd);
	}
	assert_int_equal(vde_stackcmd(other, (char *)"/bin/sh -c 'exit 3'"), 3);
	vde_delstack(other);
	pid = fork();
	if (pid == 0)
		_exit(vde_stackcmd(stack, (char *)"/bin/true"));
	assert_success(pid);
	assert_int_equal(write(input[1], "\n", 1), 1);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(result, 9);
	close(input[1]);
	if (saved >= 0) {
		dup2(saved, STDIN_FILENO);
		close(saved);
	}
}

/* Who asked for a command and died hears nothing, and does no harm. */
static void test_asker_dies(void **state)
{
	int input[2];
	pid_t pid, between, helper = child_of(getpid());

	assert_int_equal(pipe2(input, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		dup2(input[0], STDIN_FILENO);
		run("/bin/cat");
		_exit(1);
	}
	close(input[0]);
	wait_until((between = child_of(helper)) > 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(run("/bin/true"), 0);
	close(input[1]);
	wait_until(child_of(helper) == 0);
	assert_int_equal(run("/bin/true"), 0);
}

/* The program is killed while it waits: the command ends with the helper. */
static void test_program_is_killed(void **state)
{
	int input[2], tell[2];
	pid_t pid, helper, between, command;

	assert_int_equal(pipe2(input, O_CLOEXEC), 0);
	assert_int_equal(pipe2(tell, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		struct vdestack *own = vde_addstack(NULL, NULL);

		helper = child_of(getpid());
		CHECK(own != NULL && helper > 0);
		CHECK(write(tell[1], &helper, sizeof(helper)) == sizeof(helper));
		dup2(input[0], STDIN_FILENO);
		vde_stackcmd(own, (char *)"/bin/cat");
		_exit(1);
	}
	assert_int_equal(read(tell[0], &helper, sizeof(helper)), sizeof(helper));
	wait_until((between = child_of(helper)) > 0);
	wait_until((command = child_of(between)) > 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	wait_until(!is_running(helper));
	wait_until(!is_running(between));
	wait_until(!is_running(command));
	for (int i = 0; i < 2; i++) {
		close(input[i]);
		close(tell[i]);
	}
}

static int make_stack(void **state)
{
	stack = vde_addstack(NULL, NULL);
	return stack == NULL ? -1 : 0;
}

static int delete_stack(void **state)
{
	vde_delstack(stack);
	return child_of(getpid()) == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_exit_status),
	    cmocka_unit_test(test_bad_input),
	    cmocka_unit_test(test_sequence),
	    cmocka_unit_test(test_quoting),
	    cmocka_unit_test(test_environment),
	    cmocka_unit_test(test_large_environment),
	    cmocka_unit_test(test_working_directory),
	    cmocka_unit_test(test_descriptors),
	    cmocka_unit_test(test_no_standard_descriptors),
	    cmocka_unit_test(test_signal_mask),
	    cmocka_unit_test(test_namespace_and_capabilities),
	    cmocka_unit_test(test_others_are_served),
	    cmocka_unit_test(test_asker_dies),
	    cmocka_unit_test(test_program_is_killed),
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	skip_without_namespaces();
	return cmocka_run_group_tests(tests, make_stack, delete_stack);
}
