/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two stacks on a network in memory, TCP sockets between them, and threads that are inside a call:
 * what the tests of TCP sockets share. */
#ifndef TEST_STREAM_PAIR_H
#define TEST_STREAM_PAIR_H

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
#define PATIENCE 60000       /* ms */

static struct picox *server, *client;

static inline int setup(void **state)
{
	server = host_new("mem://tcp", NULL, SERVER);
	client = host_new("mem://tcp", NULL, CLIENT);
	return 0;
}

static inline int teardown(void **state)
{
	assert_int_equal(picox_delstack(client), 0);
	assert_int_equal(picox_delstack(server), 0);
	return 0;
}

/* ---- ends ---- */

static inline int open_tcp(struct picox *stack, int flags)
{
	int fd = picox_msocket(stack, AF_INET, SOCK_STREAM | flags, 0);

	assert_true(fd >= 0);
	return fd;
}

static inline int open_listener(int flags)
{
	struct sockaddr_in name = host_name4(SERVER, PORT);
	int fd = open_tcp(server, flags), on = 1;

	assert_int_equal(picox_setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(picox_bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(picox_listen(fd, 100), 0);
	return fd;
}

static inline int try_connect(int fd, const char *address)
{
	struct sockaddr_in name = host_name4(address, PORT);

	return picox_connect(fd, (struct sockaddr *)&name, sizeof(name));
}

static inline unsigned int polled(int fd)
{
	struct pollfd p = {
	    .fd = fd, .events = POLLIN | POLLPRI | POLLOUT | POLLERR | POLLHUP | POLLRDHUP};

	assert_true(poll(&p, 1, 0) >= 0);
	return (unsigned int)p.revents;
}

static inline void await(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	assert_int_equal(poll(&p, 1, PATIENCE), 1);
}

struct pair {
	int listener, near, far; /* near is the client's */
};

static inline struct pair open_pair(void)
{
	struct pair pair = {open_listener(0), open_tcp(client, 0), -1};

	assert_int_equal(try_connect(pair.near, SERVER), 0);
	pair.far = picox_accept(pair.listener, NULL, NULL);
	assert_true(pair.far >= 0);
	return pair;
}

static inline void close_pair(const struct pair *pair)
{
	const int fds[] = {pair->near, pair->far, pair->listener};

	for (size_t i = 0; i < 3; i++) {
		if (fds[i] >= 0)
			assert_int_equal(picox_close(fds[i]), 0);
	}
}

static inline void abort_end(int fd)
{
	const struct linger at_once = {1, 0};

	assert_int_equal(picox_setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	assert_int_equal(picox_close(fd), 0);
}

static inline void set_time(int fd, int name, long milliseconds)
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

static inline void *blocked_main(void *argument)
{
	struct blocked *blocked = argument;

	blocked->result = blocked->run(blocked->fd);
	blocked->error = errno;
	atomic_store(&blocked->ended, true);
	return NULL;
}

/* Somebody waits on the file of a descriptor. */
static inline bool is_waited_for(int fd)
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

static inline void start(struct blocked *blocked, long (*run)(int fd), int fd)
{
	*blocked = (struct blocked){.run = run, .fd = fd};
	assert_int_equal(pthread_create(&blocked->thread, NULL, blocked_main, blocked), 0);
	while (!is_waited_for(fd))
		usleep(500);
}

static inline void finish(struct blocked *blocked, long result, int error)
{
	pthread_join(blocked->thread, NULL);
	assert_int_equal(blocked->result, result);
	if (result < 0)
		assert_int_equal(blocked->error, error);
}

static inline long run_recv(int fd)
{
	char byte;

	return picox_recv(fd, &byte, 1, 0);
}

static inline long run_recv_all(int fd)
{
	char bytes[10];

	return picox_recv(fd, bytes, sizeof(bytes), MSG_WAITALL);
}

static inline long run_peek_all(int fd)
{
	char bytes[10];

	return picox_recv(fd, bytes, sizeof(bytes), MSG_WAITALL | MSG_PEEK);
}

static inline long run_accept(int fd)
{
	return picox_accept(fd, NULL, NULL);
}

static inline long run_connect_nobody(int fd)
{
	return try_connect(fd, NOBODY);
}

#define MUCH (32 << 20)

static inline long run_send_much(int fd)
{
	char *bytes = calloc(1, MUCH);
	long result = picox_send(fd, bytes, MUCH, 0);

	free(bytes);
	return result;
}

static inline long run_close(int fd)
{
	return picox_close(fd);
}

#endif
