/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* picox as a plugin of libioth: stacks, sockets, errors. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <ioth.h>

static void test_plugin(void **state)
{
	struct ioth *stack = ioth_newstack("picox", "mem://plugin");
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(name);
	struct pollfd p = {.events = POLLIN};
	char text[8];
	int fd;

	if (!stack)
		print_message("%s\n", ioth_error());
	assert_non_null(stack);
	fd = p.fd = ioth_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(ioth_bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(ioth_getsockname(fd, (struct sockaddr *)&name, &len), 0);
	assert_int_equal(ioth_sendto(fd, "hello", 5, 0, (struct sockaddr *)&name, len), 5);
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_int_equal(ioth_read(fd, text, sizeof(text)), 5);
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_int_equal(ioth_delstack(stack), -1);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(ioth_close(fd), 0);
	assert_int_equal(ioth_delstack(stack), 0);
}

/* An event loop that receives for its stack, which the native one has no use for. */
static void test_lead(void **state)
{
	struct ioth *stack = ioth_newstack("picox", "mem://plugin"), *native = ioth_newstack(NULL);
	struct epoll_event event = {.data.u64 = 1};
	int set = epoll_create1(EPOLL_CLOEXEC), fd;

	assert_non_null(stack);
	assert_non_null(native);
	assert_int_equal(ioth_lead(stack, set, &event), 0);
	assert_int_equal(ioth_lead(stack, set, &event), -1);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(ioth_drive(stack, &fd, 1), 0);
	assert_int_equal(ioth_drive(stack, &fd, -1), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(ioth_lead(stack, -1, NULL), 0);
	assert_int_equal(ioth_lead(stack, -1, NULL), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(ioth_lead(native, set, &event), -1);
	assert_int_equal(errno, ENOSYS);
	assert_int_equal(ioth_drive(native, &fd, 1), -1);
	assert_int_equal(errno, ENOSYS);
	assert_int_equal(ioth_delstack(native), 0);
	assert_int_equal(ioth_delstack(stack), 0);
	assert_int_equal(close(set), 0);
}

static void test_errors(void **state)
{
	assert_null(ioth_newstack("picox,nonsense=1", NULL));
	assert_int_equal(errno, EINVAL);
	assert_non_null(strstr(ioth_error(), "nonsense"));
}

/* The kernel's object behind a number changes when a connect fails; it stays the same socket. */
static void test_renewed(void **state)
{
	struct ioth *stack = ioth_newstack("picox", "");
	struct sockaddr_in name = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(1)};
	struct stat before, after;
	int fd, older, newer, type;
	socklen_t len = sizeof(type);

	assert_non_null(stack);
	fd = ioth_msocket(stack, AF_INET, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	older = dup(fd);
	assert_int_equal(fstat(fd, &before), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ioth_connect(fd, (struct sockaddr *)&name, sizeof(name)), -1);
		assert_int_equal(errno, ECONNREFUSED);
	}
	assert_int_equal(fstat(fd, &after), 0);
	assert_int_not_equal(before.st_ino, after.st_ino);
	newer = dup(fd);
	assert_int_equal(ioth_getsockopt(newer, SOL_SOCKET, SO_TYPE, &type, &len), 0);
	assert_int_equal(ioth_getsockopt(older, SOL_SOCKET, SO_TYPE, &type, &len), 0);
	assert_int_equal(type, SOCK_STREAM);
	assert_int_equal(ioth_delstack(stack), -1);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(ioth_close(fd), 0);
	assert_int_equal(ioth_close(fd), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(ioth_close(newer), 0);
	assert_int_equal(ioth_close(older), 0);
	assert_int_equal(ioth_delstack(stack), 0);
}

/* A copy that nobody has used before the original was closed is no socket any more, nor one whose
 * close has no end. */
static void test_copy(void **state)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(7)};
	struct ioth *stack = ioth_newstack("picox", "");
	int fd = ioth_msocket(stack, AF_INET6, SOCK_STREAM, 0), copy;

	assert_int_equal(ioth_bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
	assert_int_equal(ioth_listen(fd, 5), 0);
	copy = dup(fd);
	assert_int_equal(ioth_close(fd), 0);
	assert_int_equal(ioth_close(copy), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(close(copy), 0);
	assert_int_equal(ioth_delstack(stack), 0);
}

/* One that the stack itself has made keeps the socket. */
static void test_duplicate(void **state)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(7)};
	socklen_t len = sizeof(any);
	struct ioth *stack = ioth_newstack("picox", "");
	int fd = ioth_msocket(stack, AF_INET6, SOCK_STREAM, 0), copy;

	assert_int_equal(ioth_bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
	assert_int_equal(ioth_listen(fd, 5), 0);
	copy = ioth_fcntl(fd, F_DUPFD_CLOEXEC, 0);
	assert_int_equal(ioth_close(fd), 0);
	assert_int_equal(ioth_getsockname(copy, (struct sockaddr *)&any, &len), 0);
	assert_int_equal(any.sin6_port, htons(7));
	assert_int_equal(ioth_close(copy), 0);
	assert_int_equal(fcntl(copy, F_GETFD), -1);
	assert_int_equal(ioth_delstack(stack), 0);
}

/* Closed, and given to something else, behind our back. */
static void test_stale(void **state)
{
	struct ioth *stack = ioth_newstack("picox", "");
	int fd = ioth_msocket(stack, AF_INET, SOCK_STREAM, 0), other;

	assert_true(fd >= 0);
	other = dup2(STDERR_FILENO, fd);
	assert_int_equal(other, fd);
	assert_int_equal(ioth_close(fd), -1);
	assert_int_equal(errno, EBADF);
	assert_true(fcntl(other, F_GETFD) >= 0);
	assert_int_equal(close(other), 0);
	assert_int_equal(ioth_delstack(stack), 0);
}

/* The parent's sockets are no sockets in a child, which may delete its parent's stacks. */
static void test_child(void **state)
{
	struct ioth *stack = ioth_newstack("picox", "mem://plugin");
	int fd = ioth_msocket(stack, AF_INET, SOCK_DGRAM, 0), status;
	pid_t child;

	assert_true(fd >= 0);
	child = fork();
	if (child == 0) {
		char byte;

		if (ioth_recv(fd, &byte, 1, MSG_DONTWAIT) != -1 || errno != EBADF)
			_exit(1);
		if (ioth_close(fd) != -1 || errno != EBADF)
			_exit(2);
		if (ioth_delstack(stack) != 0)
			_exit(3);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(ioth_delstack(stack), -1);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(ioth_close(fd), 0);
	assert_int_equal(ioth_delstack(stack), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plugin),
	    cmocka_unit_test(test_lead),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_renewed),
	    cmocka_unit_test(test_copy),
	    cmocka_unit_test(test_duplicate),
	    cmocka_unit_test(test_stale),
	    cmocka_unit_test(test_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
