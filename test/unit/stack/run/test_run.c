/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stacks that run, over mem:// and ptp://: datagrams, time-outs, numbers of descriptors, readiness;
 * a link that takes nothing, calls that make no sense, a process without descriptors. */
#include "host.h"
#include "reader.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void echo_once(struct picox *a, struct picox *b)
{
	int fa = host_udp4(a, "10.0.0.1", 1000), fb = host_udp4(b, "10.0.0.2", 2000);
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	char text[16];

	host_send4(fa, "10.0.0.2", 2000, "hello", 5);
	assert_int_equal(picox_recvfrom(fb, text, sizeof(text), 0, (struct sockaddr *)&from, &len), 5);
	assert_memory_equal(text, "hello", 5);
	assert_int_equal(picox_sendto(fb, text, 5, 0, (struct sockaddr *)&from, len), 5);
	assert_int_equal(picox_recv(fa, text, sizeof(text), 0), 5);
	assert_int_equal(picox_close(fa), 0);
	assert_int_equal(picox_close(fb), 0);
}

static void test_mem(void **state)
{
	struct picox *a = host_new("mem://run", NULL, "10.0.0.1");
	struct picox *b = host_new("mem://run", NULL, "10.0.0.2");

	echo_once(a, b);
	assert_int_equal(picox_delstack(a), 0);
	assert_int_equal(picox_delstack(b), 0);
}

static void test_ptp(void **state)
{
	char dir[] = "/tmp/run.XXXXXX", vnl[64];

	if (!HOST_HAS_VDEPLUG)
		skip();
	assert_non_null(mkdtemp(dir));
	snprintf(vnl, sizeof(vnl), "ptp://%s/p", dir);
	struct picox *a = host_new(vnl, NULL, "10.0.0.1");
	struct picox *b = host_new(vnl, NULL, "10.0.0.2");
	echo_once(a, b);
	assert_int_equal(picox_delstack(a), 0);
	assert_int_equal(picox_delstack(b), 0);
	rmdir(dir);
}

static void test_names(void **state)
{
	const char *vnlv[] = {"eth0:mem://names", "mem://names", NULL};
	struct picox *stack = picox_newstackv(vnlv, NULL);

	assert_non_null(stack);
	runtime_lock(stack);
	assert_string_equal(px_iface_by_index(stack->px, 2)->name, "eth0");
	assert_string_equal(px_iface_by_index(stack->px, 3)->name, "vde0");
	runtime_leave(stack);
	assert_int_equal(picox_delstack(stack), 0);
}

/* The source that connect chooses has a scope, too; a raw socket's and a UDP socket's. */
static void test_scope(void **state)
{
	struct picox *stack = host_new("mem://scope", NULL, "fe80::1");
	static const int types[] = {SOCK_RAW, SOCK_DGRAM};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct sockaddr_in6 name = {.sin6_family = AF_INET6,
		    .sin6_port = htons(7),
		    .sin6_addr.s6_addr = {0xfe, 0x80, [15] = 2},
		    .sin6_scope_id = 2};
		int fd = picox_msocket(stack, AF_INET6, types[i], i == 0 ? IPPROTO_ICMPV6 : 0);
		socklen_t len = sizeof(name);

		assert_int_equal(picox_connect(fd, (struct sockaddr *)&name, len), 0);
		assert_int_equal(picox_getsockname(fd, (struct sockaddr *)&name, &len), 0);
		assert_int_equal(name.sin6_addr.s6_addr[0], 0xfe);
		assert_int_equal(name.sin6_scope_id, 2);
		name.sin6_family = AF_UNSPEC;
		assert_int_equal(picox_connect(fd, (struct sockaddr *)&name, len), 0);
		assert_int_equal(picox_getsockname(fd, (struct sockaddr *)&name, &len), 0);
		assert_int_equal(name.sin6_addr.s6_addr[0], 0);
		assert_int_equal(name.sin6_scope_id, 0);
		assert_int_equal(picox_close(fd), 0);
	}
	assert_int_equal(picox_delstack(stack), 0);
}

static void test_time_outs(void **state)
{
	struct picox *stack = picox_newstack(NULL);
	struct timeval limit = {.tv_usec = 20000};
	int fd = picox_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	char byte;

	assert_true(fd >= 0);
	assert_int_equal(picox_recv(fd, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(picox_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	px_time start = process_now();
	assert_int_equal(picox_recv(fd, &byte, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_true(process_now() - start >= 20 * PX_MSEC);
	/* Plain fcntl(2). */
	limit.tv_usec = 0;
	assert_int_equal(picox_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(picox_recv(fd, &byte, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(picox_delstack(stack), -1);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(picox_close(fd), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(picox_delstack(stack), 0);
}

static void test_numbers(void **state)
{
	struct picox *stack = host_new("mem://numbers", NULL, "10.0.0.1");
	int fd = host_udp4(stack, "10.0.0.1", 7), copy = dup(fd), other;
	char byte;

	/* A duplicate is the same socket. */
	host_send4(copy, "10.0.0.1", 7, "x", 1);
	assert_int_equal(picox_recv(copy, &byte, 1, 0), 1);
	assert_int_equal(picox_close(fd), 0);
	host_send4(copy, "10.0.0.1", 7, "x", 1);
	assert_int_equal(picox_recv(copy, &byte, 1, 0), 1);
	/* Closed behind our back, its number given to the next. */
	close(copy);
	fd = picox_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	other = picox_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(picox_close(other), 0);
	close(fd); /* found at the end */
	assert_int_equal(picox_delstack(stack), 0);
}

/* ---- a link that takes nothing ---- */

static void test_back_pressure(void **state)
{
	/* Its standard input is read once the pipe says so; descriptor 3 keeps the link up. */
	char dir[] = "/tmp/run.XXXXXX", vnl[128], pipe[64], data[1400] = "";
	struct sockaddr_in group = host_name4("224.0.1.1", 9);
	struct timeval limit = {.tv_usec = 10000};
	struct picox *stack;
	struct pollfd p = {.events = POLLOUT};
	int fd, sent = 0, go;

	assert_non_null(mkdtemp(dir));
	snprintf(pipe, sizeof(pipe), "%s/go", dir);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	snprintf(vnl, sizeof(vnl), "=exec 3>&1; read line <%s; exec cat >/dev/null", pipe);
	stack = host_new(vnl, "linger=0", "10.0.0.1");
	fd = p.fd = host_udp4(stack, "10.0.0.1", 9);
	while (picox_sendto(
	           fd, data, sizeof(data), MSG_DONTWAIT, (struct sockaddr *)&group, sizeof(group)) > 0)
		assert_true(++sent < 10000);
	assert_int_equal(errno, EAGAIN);
	assert_true(sent >= PX_TX_LIMIT);
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_int_equal(picox_setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)), 0);
	assert_int_equal(
	    picox_sendto(fd, data, sizeof(data), 0, (struct sockaddr *)&group, sizeof(group)), -1);
	assert_int_equal(errno, EAGAIN);
	go = open(pipe, O_WRONLY | O_CLOEXEC);
	assert_int_equal(write(go, "\n", 1), 1);
	close(go);
	assert_int_equal(poll(&p, 1, 60000), 1);
	assert_int_equal(p.revents, POLLOUT);
	assert_int_equal(
	    picox_sendto(fd, data, sizeof(data), 0, (struct sockaddr *)&group, sizeof(group)), 1400);
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(picox_delstack(stack), 0);
	unlink(pipe);
	rmdir(dir);
}

/* ---- what a program should not do ---- */

static void test_hostile(void **state)
{
	struct picox *stack = host_new("mem://hostile", NULL, "10.0.0.1");
	int fd = host_udp4(stack, "10.0.0.1", 7), value;
	struct sockaddr_in name = host_name4("10.0.0.1", 7);
	struct iovec iov = {&value, SIZE_MAX};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	socklen_t len = sizeof(value);

#define FAILS(call, error)                                                                         \
	do {                                                                                           \
		assert_int_equal((call), -1);                                                              \
		assert_int_equal(errno, (error));                                                          \
	} while (0)
	assert_int_equal(picox_ioctl(fd, FIONCLEX, NULL), 0);
	assert_int_equal(picox_fcntl(fd, F_GETFD, 0), 0);
	assert_int_equal(picox_ioctl(fd, FIOCLEX, NULL), 0);
	assert_int_equal(picox_fcntl(fd, F_GETFD, 0), FD_CLOEXEC);
	FAILS(picox_ioctl(STDIN_FILENO, FIOCLEX, NULL), EBADF);
	FAILS(picox_bind(fd, NULL, 16), EFAULT);
	FAILS(picox_bind(fd, (struct sockaddr *)&name, 1), EINVAL);
	FAILS(picox_connect(fd, (struct sockaddr *)&name, SOCK_DGRAM), EINVAL);
	FAILS(picox_connect(fd, (struct sockaddr *)&name, UINT32_MAX), EINVAL);
	FAILS(picox_send(fd, NULL, 1, 0), EFAULT);
	FAILS(picox_sendto(fd, "x", 1, 0, NULL, 0), EDESTADDRREQ);
	FAILS(picox_sendto(fd, "x", SIZE_MAX, 0, (struct sockaddr *)&name, sizeof(name)), EINVAL);
	FAILS(picox_sendto(fd, "x", 1, 0, (struct sockaddr *)&name, 3), EINVAL);
	FAILS(picox_sendmsg(fd, NULL, 0), EFAULT);
	FAILS(picox_sendmsg(fd, &msg, 0), EINVAL);
	FAILS(picox_recvmsg(fd, NULL, 0), EFAULT);
	FAILS(picox_recv(fd, NULL, 1, MSG_DONTWAIT), EFAULT);
	FAILS(picox_recv(fd, &value, SIZE_MAX, MSG_DONTWAIT), EAGAIN);
	FAILS(picox_writev(fd, NULL, -1), EINVAL);
	FAILS(picox_readv(fd, NULL, 2), EFAULT);
	FAILS(picox_getsockname(fd, NULL, &len), EFAULT);
	FAILS(picox_getsockname(fd, (struct sockaddr *)&name, NULL), EFAULT);
	FAILS(picox_getsockopt(fd, SOL_SOCKET, SO_TYPE, NULL, &len), EFAULT);
	FAILS(picox_getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, NULL), EFAULT);
	FAILS(picox_setsockopt(fd, SOL_SOCKET, SO_RCVBUF, NULL, 4), EFAULT);
	FAILS(picox_setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, UINT32_MAX), EINVAL);
	FAILS(picox_ioctl(fd, FIONREAD, NULL), EFAULT);
	FAILS(picox_ioctl(fd, 0x12345, &value), ENOTTY);
	FAILS(picox_fcntl(fd, 9999, 0), EINVAL);
	FAILS(picox_listen(fd, 1), EOPNOTSUPP);
	FAILS(picox_accept(fd, NULL, NULL), EOPNOTSUPP);
	FAILS(picox_msocket(NULL, AF_INET, SOCK_DGRAM, 0), EINVAL);
	FAILS(picox_msocket(stack, AF_UNIX, SOCK_DGRAM, 0), EAFNOSUPPORT);
	FAILS(picox_recv(-1, &value, 1, 0), EBADF);
	FAILS(picox_recv(0, &value, 1, 0), EBADF);
	FAILS(picox_recv(INT32_MAX, &value, 1, 0), EBADF);
	FAILS(picox_close(1), EBADF);
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(picox_delstack(stack), 0);
}

static unsigned int open_descriptors(void)
{
	unsigned int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* Descriptors run out at each step in turn: an error, or it works; nothing is left open. */
static void test_no_descriptors(void **state)
{
	const struct timeval limit = {.tv_usec = 1000};
	unsigned int before = open_descriptors();
	struct rlimit was, few;
	bool whole = false;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	few = was;
	for (unsigned int more = 0; !whole && more < 60; more++) {
		const char *vnlv[] = {"=exec cat", "mem://few", NULL};
		struct picox *stack;
		char byte;
		int fd;

		few.rlim_cur = before + more;
		setrlimit(RLIMIT_NOFILE, &few);
		stack = picox_newstackv(vnlv, NULL);
		if (!stack) {
			assert_true(open_descriptors() == before);
			continue;
		}
		fd = picox_msocket(stack, AF_INET, SOCK_DGRAM, 0);
		if (fd >= 0) {
			picox_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
			assert_int_equal(picox_recv(fd, &byte, 1, 0), -1);
			assert_int_equal(errno, EAGAIN);
			whole = stack->event_fd >= 0;
			assert_int_equal(picox_close(fd), 0);
		} else {
			assert_int_equal(errno, EMFILE);
		}
		assert_int_equal(picox_delstack(stack), 0);
		assert_int_equal(open_descriptors(), before);
	}
	setrlimit(RLIMIT_NOFILE, &was);
	assert_true(whole);
}

/* ---- poll ---- */

static void test_poll(void **state)
{
	struct picox *a = host_new("mem://poll", NULL, "10.0.0.1");
	struct picox *b = host_new("mem://poll", NULL, "10.0.0.2");
	int fa = host_udp4(a, "10.0.0.1", 1000), fb = host_udp4(b, "10.0.0.2", 2000);
	struct pollfd poll_b = {.fd = fb, .events = POLLIN};
	char byte;

	for (int i = 0; i < 100; i++) {
		host_send4(fa, "10.0.0.2", 2000, "x", 1);
		host_send4(fa, "10.0.0.2", 2000, "y", 1);
		assert_int_equal(poll(&poll_b, 1, 60000), 1);
		assert_int_equal(picox_recv(fb, &byte, 1, 0), 1);
		/* The poller may not have taken the second one yet. */
		assert_int_equal(poll(&poll_b, 1, 60000), 1);
		assert_int_equal(picox_recv(fb, &byte, 1, MSG_DONTWAIT), 1);
		assert_int_equal(poll(&poll_b, 1, 0), 0);
	}
	assert_int_equal(picox_close(fa), 0);
	assert_int_equal(picox_close(fb), 0);
	assert_int_equal(picox_delstack(a), 0);
	assert_int_equal(picox_delstack(b), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mem),
	    cmocka_unit_test(test_ptp),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_scope),
	    cmocka_unit_test(test_time_outs),
	    cmocka_unit_test(test_poll),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_back_pressure),
	    cmocka_unit_test(test_hostile),
	    cmocka_unit_test(test_no_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
