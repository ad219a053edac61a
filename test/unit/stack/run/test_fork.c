/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a forked child has of its parent's stacks: nothing that anybody else would notice. */
#include "host.h"
#include "inner.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define SOCKETS  (INNER_PLAIN + 8) /* some in the ring */
#define PATIENCE 10000             /* ms; for what comes at once */

/* A child that waits for a byte, or for its parent's end. */
struct child {
	pid_t pid;
	int pipe[2];
};

static bool begin(struct child *child)
{
	assert_int_equal(pipe2(child->pipe, O_CLOEXEC), 0);
	child->pid = fork();
	assert_true(child->pid >= 0);
	return child->pid == 0;
}

static void wait_in(const struct child *child)
{
	struct pollfd asked = {.fd = child->pipe[0], .events = POLLIN};

	close(child->pipe[1]);
	poll(&asked, 1, -1);
}

static void end(const struct child *child)
{
	int status;

	close(child->pipe[0]);
	close(child->pipe[1]);
	assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
	assert_int_equal(status, 0);
}

static bool hung_up(int fd)
{
	struct pollfd p = {.fd = fd};

	return poll(&p, 1, PATIENCE) == 1 && (p.revents & POLLHUP);
}

/* Our ends of its sockets' pairs are not kept open by the child: of a socket that is closed in the
 * parent, the child's copy hangs up. */
static void test_ends(void **state)
{
	struct picox *stack = picox_newstackv(NULL, NULL);
	struct child child;
	int fds[SOCKETS];

	assert_non_null(stack);
	for (int i = 0; i < SOCKETS; i++) {
		fds[i] = picox_msocket(stack, AF_INET, SOCK_STREAM, 0);
		assert_true(fds[i] >= 0);
		assert_int_equal(picox_listen(fds[i], 1), 0);
	}
	if (begin(&child)) {
		for (int i = 0; i < SOCKETS; i++) {
			if (!hung_up(fds[i]))
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < SOCKETS; i++)
		assert_int_equal(picox_close(fds[i]), 0);
	end(&child);
	assert_int_equal(picox_delstack(stack), 0);
}

/* A program that has closed what was not its own finds its files in the child, whatever numbers
 * they have. */
static void test_numbers(void **state)
{
	struct child child;
	int inner, fd = open("/dev/null", O_RDONLY | O_CLOEXEC), pipes[2];

	inner = inner_keep(fd);
	assert_int_equal(inner, fd);
	close(fd);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	assert_int_equal(dup2(pipes[0], fd), fd);
	if (begin(&child))
		_exit(fcntl(fd, F_GETFD) < 0);
	end(&child);
	close(pipes[1]);
	if (pipes[0] != fd)
		close(pipes[0]);
	inner_close(inner);
}

/* The network sees the parent leave though the child lives on. */
static void test_link(void **state)
{
	char dir[] = "/tmp/fork.XXXXXX", vnl[128], path[64];
	struct picox *stack;
	struct child child;
	struct stat status;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/left", dir);
	snprintf(vnl, sizeof(vnl), "=cat 3>&1 >/dev/null; mkdir %s", path);
	stack = host_new(vnl, NULL, "10.0.0.1");
	if (begin(&child)) {
		wait_in(&child);
		_exit(0);
	}
	assert_int_equal(picox_delstack(stack), 0);
	for (int i = 0; i < PATIENCE && stat(path, &status) < 0; i++)
		usleep(1000);
	assert_int_equal(rmdir(path), 0);
	end(&child);
	rmdir(dir);
}

/* The child's own stacks are whole: a ring of its own holds what there are too many of. The
 * parent's goes on. TSan: no new threads in the child of a process with threads. */
static void test_own(void **state)
{
	struct picox *stack;
	struct child child;
	int fds[SOCKETS];

	if (HOST_IS_TSAN)
		skip();
	stack = picox_newstackv(NULL, NULL);
	assert_non_null(stack);
	for (int i = 0; i < SOCKETS; i++)
		fds[i] = host_udp4(stack, "127.0.0.1", (uint16_t)(1000 + i));
	if (begin(&child)) {
		struct picox *own = picox_newstackv(NULL, NULL);
		char byte;

		for (int i = 0; own && i < SOCKETS; i++) {
			struct pollfd p = {.events = POLLIN};

			p.fd = host_udp4(own, "127.0.0.1", (uint16_t)(1000 + i));
			host_send4(p.fd, "127.0.0.1", (uint16_t)(1000 + i), "x", 1);
			if (poll(&p, 1, PATIENCE) != 1 || picox_recv(p.fd, &byte, 1, 0) != 1)
				_exit(1);
		}
		_exit(own ? 0 : 2);
	}
	end(&child);
	for (int i = 0; i < SOCKETS; i++) {
		struct pollfd p = {.fd = fds[i], .events = POLLIN};

		host_send4(fds[i], "127.0.0.1", (uint16_t)(1000 + i), "x", 1);
		assert_int_equal(poll(&p, 1, PATIENCE), 1);
		assert_int_equal(picox_close(fds[i]), 0);
	}
	assert_int_equal(picox_delstack(stack), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_link),
	    cmocka_unit_test(test_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
