/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TCP sockets that wait: connect, accept, partial and whole transfers, time-outs, signals, closing
 * while others wait, lingering, the end of a stack and of a process; readiness while all that
 * happens. Two stacks on a network in memory. */
#include "host.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#define SERVER   "10.0.0.1"
#define CLIENT   "10.0.0.2"
#define PORT     4000
#define NOBODY   "10.0.0.99" /* has no host: a SYN is never answered */
#define PATIENCE 30000       /* ms */

static struct picox *server, *client;

static int setup(void **state)
{
	server = host_new("mem://tcp", NULL, SERVER);
	client = host_new("mem://tcp", NULL, CLIENT);
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(picox_delstack(client), 0);
	assert_int_equal(picox_delstack(server), 0);
	return 0;
}

/* ---- ends ---- */

static int open_tcp(struct picox *stack, int flags)
{
	int fd = picox_msocket(stack, AF_INET, SOCK_STREAM | flags, 0);

	assert_true(fd >= 0);
	return fd;
}

static int open_listener(int flags)
{
	struct sockaddr_in name = host_name4(SERVER, PORT);
	int fd = open_tcp(server, flags), on = 1;

	assert_int_equal(picox_setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(picox_bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(picox_listen(fd, 100), 0);
	return fd;
}

static int try_connect(int fd, const char *address)
{
	struct sockaddr_in name = host_name4(address, PORT);

	return picox_connect(fd, (struct sockaddr *)&name, sizeof(name));
}

static unsigned int polled(int fd)
{
	struct pollfd p = {
	    .fd = fd, .events = POLLIN | POLLPRI | POLLOUT | POLLERR | POLLHUP | POLLRDHUP};

	assert_true(poll(&p, 1, 0) >= 0);
	return (unsigned int)p.revents;
}

static void await(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	assert_int_equal(poll(&p, 1, PATIENCE), 1);
}

struct pair {
	int listener, near, far; /* near is the client's */
};

static struct pair open_pair(void)
{
	struct pair pair = {open_listener(0), open_tcp(client, 0), -1};

	assert_int_equal(try_connect(pair.near, SERVER), 0);
	pair.far = picox_accept(pair.listener, NULL, NULL);
	assert_true(pair.far >= 0);
	return pair;
}

static void close_pair(const struct pair *pair)
{
	const int fds[] = {pair->near, pair->far, pair->listener};

	for (size_t i = 0; i < 3; i++) {
		if (fds[i] >= 0)
			assert_int_equal(picox_close(fds[i]), 0);
	}
}

static void abort_end(int fd)
{
	const struct linger at_once = {1, 0};

	assert_int_equal(picox_setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	assert_int_equal(picox_close(fd), 0);
}

static void set_time(int fd, int name, long milliseconds)
{
	struct timeval time = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};

	assert_int_equal(picox_setsockopt(fd, SOL_SOCKET, name, &time, sizeof(time)), 0);
}

/* ---- another thread, inside a call ---- */

struct blocked {
	pthread_t thread;
	long (*run)(int fd);
	int fd;
	_Atomic bool ended;
	long result;
	int error;
};

static void *blocked_main(void *argument)
{
	struct blocked *blocked = argument;

	blocked->result = blocked->run(blocked->fd);
	blocked->error = errno;
	atomic_store(&blocked->ended, true);
	return NULL;
}

/* Somebody waits on the file of a descriptor. */
static bool is_waited_for(int fd)
{
	struct file *file = file_get(fd);
	bool waited;

	assert_non_null(file);
	runtime_lock(file->stack);
	waited = file->waiting > 0;
	runtime_unlock(file->stack);
	file_unref(file);
	return waited;
}

static void start(struct blocked *blocked, long (*run)(int fd), int fd)
{
	*blocked = (struct blocked){.run = run, .fd = fd};
	assert_int_equal(pthread_create(&blocked->thread, NULL, blocked_main, blocked), 0);
	while (!is_waited_for(fd))
		usleep(500);
}

static void finish(struct blocked *blocked, long result, int error)
{
	pthread_join(blocked->thread, NULL);
	assert_int_equal(blocked->result, result);
	if (result < 0)
		assert_int_equal(blocked->error, error);
}

static long run_recv(int fd)
{
	char byte;

	return picox_recv(fd, &byte, 1, 0);
}

static long run_recv_all(int fd)
{
	char bytes[10];

	return picox_recv(fd, bytes, sizeof(bytes), MSG_WAITALL);
}

static long run_peek_all(int fd)
{
	char bytes[10];

	return picox_recv(fd, bytes, sizeof(bytes), MSG_WAITALL | MSG_PEEK);
}

static long run_accept(int fd)
{
	return picox_accept(fd, NULL, NULL);
}

static long run_connect_nobody(int fd)
{
	return try_connect(fd, NOBODY);
}

#define MUCH (32 << 20)

static long run_send_much(int fd)
{
	char *bytes = calloc(1, MUCH);
	long result = picox_send(fd, bytes, MUCH, 0);

	free(bytes);
	return result;
}

static long run_close(int fd)
{
	return picox_close(fd);
}

/* ---- opening ---- */

static void test_connect_accept(void **state)
{
	struct sockaddr_in name, peer;
	socklen_t len = sizeof(name);
	struct pair pair = {open_listener(0), open_tcp(client, 0), -1};
	struct blocked acceptor;

	assert_int_equal(polled(pair.listener), 0);
	start(&acceptor, run_accept, pair.listener);
	assert_int_equal(try_connect(pair.near, SERVER), 0);
	pthread_join(acceptor.thread, NULL);
	pair.far = (int)acceptor.result;
	assert_true(pair.far >= 0);
	assert_int_equal(fcntl(pair.far, F_GETFD), FD_CLOEXEC);
	assert_false(fcntl(pair.far, F_GETFL) & O_NONBLOCK);
	assert_int_equal(picox_getpeername(pair.far, (struct sockaddr *)&peer, &len), 0);
	assert_int_equal(picox_getsockname(pair.near, (struct sockaddr *)&name, &len), 0);
	assert_memory_equal(&peer, &name, sizeof(name));
	assert_int_equal(polled(pair.near), POLLOUT);
	assert_int_equal(polled(pair.far), POLLOUT);
	assert_int_equal(try_connect(pair.near, SERVER), -1);
	assert_int_equal(errno, EISCONN);
	close_pair(&pair);
}

static void test_accept4(void **state)
{
	struct pair pair = {open_listener(SOCK_NONBLOCK), open_tcp(client, 0), -1};
	struct sockaddr_in6 name;
	socklen_t len = 6;

	assert_int_equal(picox_accept(pair.listener, NULL, NULL), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(try_connect(pair.near, SERVER), 0);
	await(pair.listener, POLLIN);
	assert_int_equal(picox_accept4(pair.listener, NULL, NULL, 0x12345), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(picox_accept(pair.listener, (struct sockaddr *)&name, NULL), -1);
	assert_int_equal(errno, EFAULT);
	/* The address is cut to its room; its length is the real one. */
	memset(&name, 0x5a, sizeof(name));
	pair.far =
	    picox_accept4(pair.listener, (struct sockaddr *)&name, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(pair.far >= 0);
	assert_int_equal(len, sizeof(struct sockaddr_in));
	assert_int_equal(((uint8_t *)&name)[6], 0x5a);
	assert_int_equal(name.sin6_family, AF_INET);
	assert_true(fcntl(pair.far, F_GETFL) & O_NONBLOCK);
	assert_int_equal(polled(pair.listener), 0);
	close_pair(&pair);
	assert_int_equal(picox_accept(-1, NULL, NULL), -1);
	assert_int_equal(errno, EBADF);
	pair.near = picox_msocket(client, AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(picox_accept(pair.near, NULL, NULL), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	picox_close(pair.near);
}

static void test_nonblocking_connect(void **state)
{
	struct pair pair = {open_listener(0), open_tcp(client, SOCK_NONBLOCK), -1};
	socklen_t len = sizeof(int);
	int error = -1;

	assert_int_equal(polled(pair.near), POLLOUT | POLLHUP);
	assert_int_equal(try_connect(pair.near, SERVER), -1);
	assert_int_equal(errno, EINPROGRESS);
	await(pair.near, POLLOUT);
	assert_int_equal(picox_getsockopt(pair.near, SOL_SOCKET, SO_ERROR, &error, &len), 0);
	assert_int_equal(error, 0);
	assert_int_equal(try_connect(pair.near, SERVER), 0);
	assert_int_equal(try_connect(pair.near, SERVER), -1);
	assert_int_equal(errno, EISCONN);
	pair.far = picox_accept(pair.listener, NULL, NULL);
	close_pair(&pair);
	/* To somebody who is not there. */
	pair.near = open_tcp(client, SOCK_NONBLOCK);
	assert_int_equal(try_connect(pair.near, NOBODY), -1);
	assert_int_equal(errno, EINPROGRESS);
	assert_int_equal(try_connect(pair.near, NOBODY), -1);
	assert_int_equal(errno, EALREADY);
	assert_int_equal(polled(pair.near), 0);
	picox_close(pair.near);
}

/* Refused, and tried again on the same socket. */
static void test_connect_again(void **state)
{
	int fd = open_tcp(client, 0), listener;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(try_connect(fd, SERVER), -1);
		assert_int_equal(errno, ECONNREFUSED);
		assert_int_equal(polled(fd), POLLOUT | POLLHUP);
	}
	listener = open_listener(0);
	assert_int_equal(try_connect(fd, SERVER), 0);
	assert_int_equal(polled(fd), POLLOUT);
	assert_int_equal(picox_send(fd, "x", 1, 0), 1);
	picox_close(fd);
	picox_close(listener);
}

static void test_connect_time(void **state)
{
	int fd = open_tcp(client, 0);

	set_time(fd, SO_SNDTIMEO, 20);
	assert_int_equal(try_connect(fd, NOBODY), -1);
	assert_int_equal(errno, EINPROGRESS);
	assert_int_equal(try_connect(fd, NOBODY), -1);
	assert_int_equal(errno, EALREADY);
	picox_close(fd);
	fd = open_listener(0);
	set_time(fd, SO_RCVTIMEO, 20);
	assert_int_equal(picox_accept(fd, NULL, NULL), -1);
	assert_int_equal(errno, EAGAIN);
	picox_close(fd);
}

/* ---- data ---- */

static void test_receive_time(void **state)
{
	struct pair pair = open_pair();
	char bytes[10];

	set_time(pair.near, SO_RCVTIMEO, 20);
	assert_int_equal(picox_recv(pair.near, bytes, 10, 0), -1);
	assert_int_equal(errno, EAGAIN);
	/* What there is by then. */
	assert_int_equal(picox_send(pair.far, "four", 4, 0), 4);
	assert_int_equal(picox_recv(pair.near, bytes, 10, MSG_WAITALL), 4);
	assert_int_equal(picox_recv(pair.near, bytes, 10, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	close_pair(&pair);
}

static void test_wait_all(void **state)
{
	struct pair pair = open_pair();
	struct blocked reader;

	start(&reader, run_recv_all, pair.near);
	assert_int_equal(picox_send(pair.far, "1234", 4, 0), 4);
	assert_int_equal(picox_send(pair.far, "567", 3, 0), 3);
	assert_int_equal(picox_send(pair.far, "890x", 4, 0), 4);
	finish(&reader, 10, 0);
	assert_int_equal(picox_recv(pair.near, (char[10]){0}, 10, 0), 1);
	/* Peeking waits for all, too, and leaves it. */
	assert_int_equal(picox_send(pair.far, "1234", 4, 0), 4);
	start(&reader, run_peek_all, pair.near);
	assert_int_equal(picox_send(pair.far, "567890", 6, 0), 6);
	finish(&reader, 10, 0);
	assert_int_equal(picox_recv(pair.near, (char[20]){0}, 20, 0), 10);
	/* The end comes first. */
	start(&reader, run_recv_all, pair.near);
	assert_int_equal(picox_send(pair.far, "12", 2, 0), 2);
	assert_int_equal(picox_shutdown(pair.far, SHUT_WR), 0);
	finish(&reader, 2, 0);
	assert_int_equal(run_recv_all(pair.near), 0);
	close_pair(&pair);
}

static void test_low_mark(void **state)
{
	struct pair pair = open_pair();
	struct blocked reader;
	int mark = 5;

	assert_int_equal(picox_setsockopt(pair.near, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof(mark)), 0);
	start(&reader, run_recv_all, pair.near);
	assert_int_equal(picox_send(pair.far, "1234567890", 10, 0), 10);
	finish(&reader, 10, 0);
	assert_int_equal(picox_send(pair.far, "123", 3, 0), 3);
	assert_int_equal(polled(pair.near), POLLOUT);
	assert_int_equal(picox_send(pair.far, "45", 2, 0), 2);
	await(pair.near, POLLIN);
	assert_int_equal(picox_recv(pair.near, (char[10]){0}, 10, 0), 5);
	close_pair(&pair);
}

/* A sender that waits; meanwhile others see what does not concern it. */
static void test_send_waits(void **state)
{
	struct pair pair = open_pair();
	struct blocked writer;
	char *bytes = malloc(MUCH);
	long done = 0, extra = 0;

	start(&writer, run_send_much, pair.near);
	/* Nor is there room for others, or not for long. */
	while (picox_send(pair.near, "x", 1, MSG_DONTWAIT) > 0)
		extra++;
	assert_int_equal(errno, EAGAIN);
	/* Data for the one whose writer waits. */
	assert_int_equal(picox_send(pair.far, "x", 1, 0), 1);
	await(pair.near, POLLIN);
	assert_int_equal(picox_recv(pair.near, bytes, 1, 0), 1);
	while (done < MUCH + extra) {
		long len = picox_recv(pair.far, bytes, MUCH, 0);
		assert_true(len > 0);
		done += len;
	}
	finish(&writer, MUCH, 0);
	await(pair.near, POLLOUT);
	free(bytes);
	close_pair(&pair);
}

static void test_partial_send(void **state)
{
	struct pair pair = open_pair();
	char *bytes = calloc(1, MUCH);
	struct iovec iov[3] = {{bytes, 10}, {bytes, 0}, {bytes, MUCH - 10}};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 3};
	long sent = picox_sendmsg(pair.near, &msg, MSG_DONTWAIT), more, done = 0;
	int unsent = -1;

	assert_in_range(sent, 10, MUCH - 1);
	/* Until the other end's buffer is full, too. */
	for (int idle = 0; idle < 3;) {
		more = picox_send(pair.near, bytes, 1000, MSG_DONTWAIT);
		if (more > 0) {
			sent += more;
			idle = 0;
			continue;
		}
		assert_int_equal(errno, EAGAIN);
		idle++;
		usleep(2000);
	}
	assert_int_equal(picox_ioctl(pair.near, SIOCOUTQ, &unsent), 0);
	assert_true(unsent >= 0);
	/* With a time: as far as it came. */
	set_time(pair.near, SO_SNDTIMEO, 20);
	more = picox_send(pair.near, bytes, MUCH, 0);
	assert_true(more < MUCH);
	if (more < 0)
		assert_int_equal(errno, EAGAIN);
	else
		sent += more;
	while (done < sent) {
		more = picox_recv(pair.far, bytes, MUCH, 0);
		assert_true(more > 0);
		done += more;
	}
	assert_int_equal(done, sent);
	await(pair.near, POLLOUT);
	free(bytes);
	close_pair(&pair);
}

static void test_iovecs(void **state)
{
	struct pair pair = open_pair();
	char a[3], b[1], c[20] = "";
	struct iovec out[4] = {
	    {(char[]){"abc"}, 3}, {NULL, 0}, {(char[]){"d"}, 1}, {(char[]){"efg"}, 3}};
	struct iovec in[4] = {{a, 3}, {b, 1}, {NULL, 0}, {c, 20}};

	assert_int_equal(picox_writev(pair.near, out, 4), 7);
	await(pair.far, POLLIN);
	assert_int_equal(picox_readv(pair.far, in, 4), 7);
	assert_memory_equal(a, "abc", 3);
	assert_memory_equal(b, "d", 1);
	assert_string_equal(c, "efg");
	/* Names and control messages are none. */
	struct sockaddr_in name = host_name4(NOBODY, 1);
	socklen_t len = sizeof(name);
	assert_int_equal(
	    picox_sendto(pair.near, "hi", 2, 0, (struct sockaddr *)&name, sizeof(name)), 2);
	assert_int_equal(picox_recvfrom(pair.far, c, 20, 0, (struct sockaddr *)&name, &len), 2);
	assert_int_equal(len, 0);
	close_pair(&pair);
}

static void test_urgent(void **state)
{
	struct pair pair = open_pair();
	char bytes[10] = "";
	int mark = -1;

	assert_int_equal(picox_send(pair.near, "abc", 3, MSG_OOB), 3);
	await(pair.far, POLLPRI);
	assert_int_equal(picox_recv(pair.far, bytes, 10, MSG_OOB), 1);
	assert_int_equal(bytes[0], 'c');
	assert_int_equal(picox_ioctl(pair.far, SIOCATMARK, &mark), 0);
	assert_int_equal(mark, 0);
	assert_int_equal(picox_recv(pair.far, bytes, 10, 0), 2);
	assert_int_equal(picox_ioctl(pair.far, SIOCATMARK, &mark), 0);
	assert_int_equal(mark, 1);
	assert_int_equal(polled(pair.far), POLLOUT);
	close_pair(&pair);
}

/* ---- ends ---- */

static volatile sig_atomic_t pipes;

static void on_pipe(int number)
{
	pipes++;
}

static void test_sigpipe(void **state)
{
	struct sigaction action = {.sa_handler = on_pipe}, before;
	struct pair pair = open_pair();

	sigaction(SIGPIPE, &action, &before);
	pipes = 0;
	assert_int_equal(picox_shutdown(pair.near, SHUT_WR), 0);
	assert_int_equal(picox_send(pair.near, "x", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(pipes, 0);
	assert_int_equal(picox_write(pair.near, "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(pipes, 1);
	close_pair(&pair);
	/* A reset is told first, then the pipe. */
	pair = open_pair();
	abort_end(pair.far);
	pair.far = -1;
	await(pair.near, POLLERR);
	assert_int_equal(picox_write(pair.near, "x", 1), -1);
	assert_int_equal(errno, ECONNRESET);
	assert_int_equal(pipes, 1);
	assert_int_equal(picox_write(pair.near, "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(pipes, 2);
	sigaction(SIGPIPE, &before, NULL);
	close_pair(&pair);
}

static void on_signal(int number)
{
}

/* A signal before the thread sleeps interrupts nothing: again until it has. */
static void interrupt(struct blocked *blocked)
{
	while (!atomic_load(&blocked->ended)) {
		pthread_kill(blocked->thread, SIGUSR1);
		usleep(1000);
	}
}

static void test_signals(void **state)
{
	struct sigaction action = {.sa_handler = on_signal}, before;
	struct pair pair = open_pair();
	struct blocked blocked;
	int fd;

	sigaction(SIGUSR1, &action, &before);
	start(&blocked, run_recv, pair.near);
	interrupt(&blocked);
	finish(&blocked, -1, EINTR);
	start(&blocked, run_accept, pair.listener);
	interrupt(&blocked);
	finish(&blocked, -1, EINTR);
	fd = open_tcp(client, 0);
	start(&blocked, run_connect_nobody, fd);
	interrupt(&blocked);
	finish(&blocked, -1, EINTR);
	picox_close(fd);
	/* Some was sent. */
	start(&blocked, run_send_much, pair.near);
	interrupt(&blocked);
	pthread_join(blocked.thread, NULL);
	assert_in_range(blocked.result, 1, MUCH - 1);
	/* With SA_RESTART it goes on. */
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &action, NULL);
	start(&blocked, run_recv, pair.near);
	for (int i = 0; i < 5; i++) {
		pthread_kill(blocked.thread, SIGUSR1);
		usleep(1000);
	}
	assert_false(atomic_load(&blocked.ended));
	assert_int_equal(picox_send(pair.far, "x", 1, 0), 1);
	finish(&blocked, 1, 0);
	sigaction(SIGUSR1, &before, NULL);
	close_pair(&pair);
}

/* close(2) in one thread while another is inside. */
static void test_close_while_blocked(void **state)
{
	struct pair pair = open_pair();
	struct blocked blocked;
	int fd;

	start(&blocked, run_recv, pair.near);
	assert_int_equal(picox_close(pair.near), 0);
	finish(&blocked, -1, EBADF);
	pair.near = -1;
	assert_int_equal(picox_recv(pair.far, (char[1]){0}, 1, 0), 0); /* it was a proper close */
	start(&blocked, run_accept, pair.listener);
	assert_int_equal(picox_close(pair.listener), 0);
	finish(&blocked, -1, EBADF);
	pair.listener = -1;
	close_pair(&pair);
	fd = open_tcp(client, 0);
	start(&blocked, run_connect_nobody, fd);
	assert_int_equal(picox_close(fd), 0);
	finish(&blocked, -1, EBADF);
	pair = open_pair();
	start(&blocked, run_send_much, pair.near);
	assert_int_equal(picox_close(pair.near), 0);
	pthread_join(blocked.thread, NULL);
	assert_true(blocked.result > 0 || blocked.error == EBADF);
	pair.near = -1;
	close_pair(&pair);
}

/* shutdown(2), or the peer, ends what others wait for. */
static void test_shutdown_while_blocked(void **state)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	struct pair pair = open_pair();
	struct blocked blocked;

	sigaction(SIGPIPE, &ignore, &before);
	start(&blocked, run_recv, pair.near);
	assert_int_equal(picox_shutdown(pair.near, SHUT_RD), 0);
	finish(&blocked, 0, 0);
	start(&blocked, run_recv, pair.far);
	assert_int_equal(picox_shutdown(pair.near, SHUT_WR), 0);
	finish(&blocked, 0, 0);
	start(&blocked, run_accept, pair.listener);
	assert_int_equal(picox_shutdown(pair.listener, SHUT_RDWR), 0);
	finish(&blocked, -1, EINVAL);
	close_pair(&pair);
	pair = open_pair();
	start(&blocked, run_recv, pair.near);
	abort_end(pair.far);
	pair.far = -1;
	finish(&blocked, -1, ECONNRESET);
	close_pair(&pair);
	sigaction(SIGPIPE, &before, NULL);
}

/* ---- lingering ---- */

static void test_linger(void **state)
{
	const struct linger long_time = {1, 30}, short_time = {1, 1};
	struct pair pair = open_pair();
	struct blocked closer;
	char *bytes = calloc(1, MUCH);
	long done = 0, sent, len;

	assert_int_equal(
	    picox_setsockopt(pair.near, SOL_SOCKET, SO_LINGER, &long_time, sizeof(long_time)), 0);
	sent = picox_send(pair.near, bytes, MUCH, MSG_DONTWAIT);
	assert_true(sent > 0);
	/* Waits until the reader has it all. */
	closer = (struct blocked){.run = run_close, .fd = pair.near};
	assert_int_equal(pthread_create(&closer.thread, NULL, blocked_main, &closer), 0);
	while ((len = picox_recv(pair.far, bytes, MUCH, 0)) > 0)
		done += len;
	assert_int_equal(len, 0);
	assert_int_equal(done, sent);
	finish(&closer, 0, 0);
	pair.near = -1;
	close_pair(&pair);
	/* Nobody reads: a second, then it goes on in the background. */
	pair = open_pair();
	assert_int_equal(
	    picox_setsockopt(pair.near, SOL_SOCKET, SO_LINGER, &short_time, sizeof(short_time)), 0);
	sent = picox_send(pair.near, bytes, MUCH, MSG_DONTWAIT);
	assert_int_equal(picox_close(pair.near), 0);
	assert_int_equal(picox_recv(pair.near, bytes, 1, 0), -1);
	assert_int_equal(errno, EBADF);
	for (done = 0; (len = picox_recv(pair.far, bytes, MUCH, 0)) > 0;)
		done += len;
	assert_int_equal(done, sent);
	pair.near = -1;
	close_pair(&pair);
	free(bytes);
}

static void *delete_main(void *stack)
{
	picox_delstack(stack);
	return NULL;
}

/* A stack that is deleted at once delivers what was sent. */
static void test_delstack(void **state)
{
	struct picox *brief = host_new("mem://tcp", "linger=30", "10.0.0.3");
	int listener = open_listener(0), fd = open_tcp(brief, 0), far;
	char *bytes = calloc(1, MUCH);
	const int small = 4096;
	long done = 0, sent, len;
	pthread_t thread;

	assert_int_equal(try_connect(fd, SERVER), 0);
	far = picox_accept(listener, NULL, NULL);
	sent = picox_send(fd, bytes, MUCH, MSG_DONTWAIT);
	assert_true(sent > 0);
	assert_int_equal(picox_delstack(brief), -1);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(pthread_create(&thread, NULL, delete_main, brief), 0);
	while ((len = picox_recv(far, bytes, MUCH, 0)) > 0)
		done += len;
	assert_int_equal(len, 0);
	assert_int_equal(done, sent);
	pthread_join(thread, NULL);
	picox_close(far);
	picox_close(listener);
	free(bytes);
	/* With no time for it: a reset. */
	brief = host_new("mem://tcp", "linger=0", "10.0.0.3");
	listener = open_listener(0);
	assert_int_equal(picox_setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	fd = open_tcp(brief, 0);
	assert_int_equal(try_connect(fd, SERVER), 0);
	far = picox_accept(listener, NULL, NULL);
	bytes = calloc(1, MUCH);
	assert_true(picox_send(fd, bytes, MUCH, MSG_DONTWAIT) > 0);
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(picox_delstack(brief), 0);
	/* Not the end of the stream, since that is not what came; the reset, unless it was challenged
	 * (RFC 5961) when nobody was left to answer. */
	while ((len = picox_recv(far, bytes, MUCH, MSG_DONTWAIT)) > 0)
		;
	assert_int_equal(len, -1);
	assert_true(errno == ECONNRESET || errno == EAGAIN);
	picox_close(far);
	picox_close(listener);
	free(bytes);
}

/* ---- readiness ---- */

/* Edges: one for each arrival that follows a look. */
static void test_edges(void **state)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET}, got;
	struct pair pair = open_pair();
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	char bytes[10];

	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, pair.far, &event), 0);
	assert_int_equal(epoll_wait(epoll, &got, 1, 0), 1);
	assert_int_equal(got.events, EPOLLOUT);
	assert_int_equal(epoll_wait(epoll, &got, 1, 0), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(picox_send(pair.near, "12345", 5, 0), 5);
		assert_int_equal(epoll_wait(epoll, &got, 1, PATIENCE), 1);
		assert_int_equal(got.events, EPOLLIN | EPOLLOUT);
		/* Some is left; more comes. */
		assert_int_equal(picox_recv(pair.far, bytes, 2, 0), 2);
		assert_int_equal(picox_send(pair.near, "6", 1, 0), 1);
		assert_int_equal(epoll_wait(epoll, &got, 1, PATIENCE), 1);
		assert_int_equal(got.events, EPOLLIN | EPOLLOUT);
		while (picox_recv(pair.far, bytes, 10, MSG_DONTWAIT) > 0)
			;
		assert_int_equal(epoll_wait(epoll, &got, 1, 0), 0);
	}
	assert_int_equal(picox_shutdown(pair.near, SHUT_WR), 0);
	assert_int_equal(epoll_wait(epoll, &got, 1, PATIENCE), 1);
	assert_int_equal(got.events, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
	close(epoll);
	close_pair(&pair);
}

/* Several in the queue: IN until the last is taken; a connection that comes after a look is news.
 */
static void test_listener_readiness(void **state)
{
	int listener = open_listener(SOCK_NONBLOCK), fds[3], far[3];

	for (int i = 0; i < 3; i++) {
		fds[i] = open_tcp(client, 0);
		assert_int_equal(try_connect(fds[i], SERVER), 0);
	}
	for (int i = 0; i < 3; i++) {
		await(listener, POLLIN);
		far[i] = picox_accept(listener, NULL, NULL);
		assert_true(far[i] >= 0);
	}
	assert_int_equal(polled(listener), 0);
	for (int i = 0; i < 3; i++) {
		picox_close(fds[i]);
		picox_close(far[i]);
	}
	picox_close(listener);
}

/* Duplicates by dup(2) are the same socket. */
static void test_dup(void **state)
{
	struct pair pair = open_pair();
	int twin = dup(pair.near);

	assert_int_equal(picox_send(twin, "x", 1, 0), 1);
	assert_int_equal(picox_close(pair.near), 0);
	assert_int_equal(picox_send(twin, "y", 1, 0), 1);
	assert_int_equal(picox_recv(pair.far, (char[2]){0}, 2, MSG_WAITALL), 2);
	assert_int_equal(picox_close(twin), 0);
	assert_int_equal(picox_recv(pair.far, (char[1]){0}, 1, 0), 0);
	pair.near = -1;
	close_pair(&pair);
}

/* ---- many at once ---- */

#define THREADS 4
#define ROUNDS  50

static void *echo_main(void *argument)
{
	int fd = (int)(intptr_t)argument;
	char bytes[1000];
	ssize_t len;

	while ((len = picox_recv(fd, bytes, sizeof(bytes), 0)) > 0)
		picox_send(fd, bytes, (size_t)len, MSG_NOSIGNAL);
	picox_close(fd);
	return NULL;
}

static void *server_main(void *argument)
{
	pthread_t threads[THREADS * ROUNDS];
	int listener = (int)(intptr_t)argument;

	for (int i = 0; i < THREADS * ROUNDS; i++) {
		int fd = picox_accept(listener, NULL, NULL);
		if (fd < 0)
			return (void *)(intptr_t)1;
		pthread_create(&threads[i], NULL, echo_main, (void *)(intptr_t)fd);
	}
	for (int i = 0; i < THREADS * ROUNDS; i++)
		pthread_join(threads[i], NULL);
	return NULL;
}

static void *client_main(void *argument)
{
	for (int i = 0; i < ROUNDS; i++) {
		char out[700], in[700];
		int fd = picox_msocket(client, AF_INET, SOCK_STREAM, 0);

		memset(out, i, sizeof(out));
		if (fd < 0 || try_connect(fd, SERVER) < 0)
			return (void *)(intptr_t)1;
		for (int j = 0; j < 5; j++) {
			if (picox_send(fd, out, sizeof(out), 0) != sizeof(out) ||
			    picox_recv(fd, in, sizeof(in), MSG_WAITALL) != sizeof(in) ||
			    memcmp(in, out, sizeof(in)) != 0)
				return (void *)(intptr_t)2;
		}
		picox_close(fd);
	}
	return NULL;
}

static void test_threads(void **state)
{
	int listener = open_listener(0);
	pthread_t server_thread, clients[THREADS];
	void *result;

	pthread_create(&server_thread, NULL, server_main, (void *)(intptr_t)listener);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&clients[i], NULL, client_main, NULL);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(clients[i], &result);
		assert_null(result);
	}
	pthread_join(server_thread, &result);
	assert_null(result);
	picox_close(listener);
}

/* ---- options ---- */

static void test_sysctls(void **state)
{
	static const char *const bad[] = {"timestamps=3", "timestamps=", "timestamps", "ecn=x",
	    "congestion=vegas", "congestion=", "rmem=1:2", "rmem=3:2:1", "rmem=1:2:3:4",
	    "fin_timeout=-1", "fin_timeout=99999999999999999999", "rto_min=0", "tcp_mem=1",
	    "tcp_rmem_max=5000"};
	struct picox *stack;
	char name[16];
	socklen_t len = sizeof(name);
	int fd;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(picox_newstackv(NULL, bad[i]));
		assert_int_equal(errno, EINVAL);
		assert_non_null(strstr(picox_error(), bad[i]));
	}
	stack = picox_newstackv(
	    NULL, "timestamps=0,tcp_ecn=1,congestion=reno,rto_min=100,rmem=4096:50000:60000,mem=8M");
	assert_non_null(stack);
	assert_int_equal(tcp_sysctl(stack->px)->timestamps, 0);
	assert_int_equal(tcp_sysctl(stack->px)->ecn, 1);
	assert_int_equal(tcp_sysctl(stack->px)->rto_min_us, 100000);
	assert_int_equal(tcp_sysctl(stack->px)->rmem[1], 50000);
	fd = open_tcp(stack, 0);
	assert_int_equal(picox_getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len), 0);
	assert_string_equal(name, "reno");
	picox_close(fd);
	assert_int_equal(picox_delstack(stack), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_connect_accept, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_accept4, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_nonblocking_connect, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_connect_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_connect_time, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_receive_time, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_wait_all, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_low_mark, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_send_waits, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_partial_send, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_iovecs, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_urgent, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_sigpipe, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_signals, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_close_while_blocked, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_shutdown_while_blocked, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_linger, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_delstack, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_edges, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_listener_readiness, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_dup, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
	    cmocka_unit_test(test_sysctls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
