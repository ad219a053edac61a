/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stacks that run, over mem:// and ptp://: calls that block, time-outs, signals, closing, forking,
 * cancelling, threads. */
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

static void test_options(void **state)
{
	static const char *const bad[] = {"unknown", "mem", "mem=", "mem=1", "mem=12X", "linger=x",
	    "busy_poll=-1", "ctl=", "mem=16MM", "accept_ra=2", "forwarding=", "arp_probe=yes"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(picox_newstackv(NULL, bad[i]));
		assert_int_equal(errno, EINVAL);
		assert_non_null(strstr(picox_error(), bad[i]));
	}
	struct picox *stack = picox_newstackv(NULL, "mem=16M,,linger=0,busy_poll=10");
	assert_non_null(stack);
	assert_false(stack->px->options.ip_forward || stack->px->options.accept_ra);
	assert_int_equal(picox_delstack(stack), 0);
	stack = picox_newstackv(NULL, "forwarding=1,accept_ra=1,arp_probe=1,optimistic_dad=0");
	assert_non_null(stack);
	assert_true(stack->px->options.ip_forward && stack->px->options.ip6_forwarding);
	assert_true(stack->px->options.accept_ra && stack->px->options.arp_probe);
	assert_false(stack->px->options.optimistic_dad);
	assert_int_equal(picox_delstack(stack), 0);
	if (HOST_HAS_VDEPLUG)
		assert_null(picox_newstack((char *)(uintptr_t) "/nowhere/there"));
	assert_int_equal(picox_delstack(NULL), -1);
	assert_int_equal(errno, EINVAL);
}

/* The words say what the number leaves open. */
static void test_vnls(void **state)
{
	static const struct {
		const char *vnlv[3];
		int err;
		const char *words;
	} bad[] = {
	    {{"mem://"}, EINVAL, "mem://: mem://NAME or "},
	    {{"mem://a/b"}, EINVAL, "mem://NAME/uplink=VNL"},
	    {{"mem://a", "eth0:mem://a/uplink=vde:///x"}, EINVAL, "one uplink for a network"},
	    {{"sixteencharacter:mem://a"}, ENAMETOOLONG, "not the name of an interface"},
	    {{"a%d:mem://a"}, EINVAL, "not the name of an interface"},
	    {{":mem://a"}, EINVAL, "not the name of an interface"},
	    {{"a:mem://a", "a:mem://b"}, EEXIST, "a:mem://b: there is an interface"},
	    {{"lo:mem://a"}, EEXIST, "there is an interface"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(picox_newstackv(bad[i].vnlv, NULL));
		assert_int_equal(errno, bad[i].err);
		assert_non_null(strstr(picox_error(), bad[i].words));
	}
}

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
	wait_blocked(stack, 1);
	pthread_kill(reader.thread, SIGUSR1);
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
	assert_true(fd == copy || other == copy || true);
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

/* ---- many threads on one stack ---- */

#define THREADS 4
#define ROUNDS  200

static void *echo_client(void *argument)
{
	struct picox *stack = ((void **)argument)[0];
	int fd = picox_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	char text[8] = "";

	for (int i = 0; i < ROUNDS; i++) {
		host_send4(fd, "10.0.0.2", 7, &i, sizeof(i));
		if (picox_recv(fd, text, sizeof(text), 0) != sizeof(i) || memcmp(text, &i, sizeof(i)) != 0)
			break;
		if (i == ROUNDS - 1)
			((void **)argument)[1] = stack;
	}
	picox_close(fd);
	return NULL;
}

static void *echo_server(void *argument)
{
	int fd = *(int *)argument;
	struct sockaddr_in from;
	char text[64];
	ssize_t got;

	for (;;) {
		socklen_t len = sizeof(from);
		got = picox_recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&from, &len);
		if (got <= 0)
			return NULL;
		picox_sendto(fd, text, (size_t)got, 0, (struct sockaddr *)&from, len);
	}
}

static void run_threads_on(const char *vnl_a, const char *vnl_b, const char *options)
{
	struct picox *a = host_new(vnl_a, options, "10.0.0.1");
	struct picox *b = host_new(vnl_b, options, "10.0.0.2");
	int fd = host_udp4(b, "10.0.0.2", 7);
	pthread_t clients[THREADS], servers[2];
	void *argument[THREADS][2] = {0};

	for (int i = 0; i < 2; i++)
		pthread_create(&servers[i], NULL, echo_server, &fd);
	for (int i = 0; i < THREADS; i++) {
		argument[i][0] = a;
		pthread_create(&clients[i], NULL, echo_client, argument[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(clients[i], NULL);
		assert_ptr_equal(argument[i][1], a);
	}
	host_send4(fd, "10.0.0.2", 7, "", 0);
	host_send4(fd, "10.0.0.2", 7, "", 0);
	pthread_join(servers[0], NULL);
	pthread_join(servers[1], NULL);
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(picox_delstack(a), 0);
	assert_int_equal(picox_delstack(b), 0);
}

static void run_threads(const char *vnl, const char *options)
{
	run_threads_on(vnl, vnl, options);
}

/* A link with a descriptor, that sanitizers permit: two commands and two pipes. */
static void run_threads_by_command(const char *options)
{
	char dir[] = "/tmp/run.XXXXXX", vnl[2][160], name[2][64];

	assert_non_null(mkdtemp(dir));
	for (int i = 0; i < 2; i++) {
		snprintf(name[i], sizeof(name[i]), "%s/%d", dir, i);
		assert_int_equal(mkfifo(name[i], 0600), 0);
	}
	for (int i = 0; i < 2; i++)
		snprintf(
		    vnl[i], sizeof(vnl[i]), "=exec 3<&0; cat <&3 >%s & exec cat %s", name[i], name[!i]);
	run_threads_on(vnl[0], vnl[1], options);
	unlink(name[0]);
	unlink(name[1]);
	rmdir(dir);
}

static void test_threads_command(void **state)
{
	run_threads_by_command(NULL);
}

static void test_threads_command_busy(void **state)
{
	run_threads_by_command("busy_poll=50");
}

static void test_threads_mem(void **state)
{
	run_threads("mem://threads", NULL);
}

static void test_threads_busy(void **state)
{
	run_threads("mem://threads", "busy_poll=50");
}

static void test_threads_ptp(void **state)
{
	char dir[] = "/tmp/run.XXXXXX", vnl[64];

	if (!HOST_HAS_VDEPLUG)
		skip();
	assert_non_null(mkdtemp(dir));
	snprintf(vnl, sizeof(vnl), "ptp://%s/p", dir);
	run_threads(vnl, NULL);
	rmdir(dir);
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
	    cmocka_unit_test(test_options),
	    cmocka_unit_test(test_vnls),
	    cmocka_unit_test(test_mem),
	    cmocka_unit_test(test_ptp),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_scope),
	    cmocka_unit_test(test_time_outs),
	    cmocka_unit_test(test_poll),
	    cmocka_unit_test(test_close_while_blocked),
	    cmocka_unit_test(test_cancel),
	    cmocka_unit_test(test_cancel_delete),
	    cmocka_unit_test(test_signals),
	    cmocka_unit_test(test_fork),
	    cmocka_unit_test(test_late_delete),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_back_pressure),
	    cmocka_unit_test(test_hostile),
	    cmocka_unit_test(test_no_descriptors),
	    cmocka_unit_test(test_threads_mem),
	    cmocka_unit_test(test_threads_busy),
	    cmocka_unit_test(test_threads_ptp),
	    cmocka_unit_test(test_threads_command),
	    cmocka_unit_test(test_threads_command_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
