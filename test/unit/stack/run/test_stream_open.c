/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TCP sockets that are opened: connect, accept, time-outs, many at once from many threads; the
 * readiness of listeners; sysctls as options of a stack. */
#include "stream_pair.h"

#include <sys/resource.h>

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

/* Dissolved, and connected again: nothing of the first connection is told of the second. */
static void test_dissolved(void **state)
{
	const struct sockaddr none = {.sa_family = AF_UNSPEC};
	struct pair pair = open_pair();

	assert_int_equal(picox_connect(pair.near, &none, sizeof(none)), 0);
	await(pair.far, POLLERR);
	picox_close(pair.far);
	assert_int_equal(try_connect(pair.near, SERVER), 0);
	pair.far = picox_accept(pair.listener, NULL, NULL);
	assert_int_equal(polled(pair.near), POLLOUT);
	assert_int_equal(picox_send(pair.near, "x", 1, 0), 1);
	await(pair.far, POLLIN);
	close_pair(&pair);
}

/* ---- no descriptors left ---- */

/* As many as there may be; the limit is put back. */
static int use_up(int *fds, int max)
{
	int count = 0;

	while (count < max && (fds[count] = dup(0)) >= 0)
		count++;
	return count;
}

static void test_no_descriptors(void **state)
{
	struct rlimit before, few;
	int listener = open_listener(SOCK_NONBLOCK), near = open_tcp(client, 0), fds[256], count, far;
	int late = open_tcp(client, SOCK_NONBLOCK);

	assert_int_equal(try_connect(near, SERVER), 0);
	await(listener, POLLIN);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 128;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	count = use_up(fds, 256);
	/* The connection stays where it is. */
	assert_int_equal(picox_accept(listener, NULL, NULL), -1);
	assert_int_equal(errno, EMFILE);
	assert_int_equal(polled(listener), POLLIN);
	assert_int_equal(picox_msocket(client, AF_INET, SOCK_STREAM, 0), -1);
	assert_int_equal(errno, EMFILE);
	/* The descriptor could not show how it goes: there is no connection, and it is fresh. */
	assert_int_equal(try_connect(late, SERVER), -1);
	assert_int_equal(errno, EMFILE);
	while (count)
		close(fds[--count]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(try_connect(late, SERVER), -1);
	assert_int_equal(errno, EINPROGRESS);
	await(late, POLLOUT);
	far = picox_accept(listener, NULL, NULL);
	assert_true(far >= 0);
	assert_int_equal(picox_send(near, "x", 1, 0), 1);
	await(far, POLLIN);
	assert_int_equal(picox_recv(far, (char[1]){0}, 1, 0), 1);
	picox_close(far);
	picox_close(near);
	picox_close(late);
	picox_close(listener);
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

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_connect_accept, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_accept4, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_nonblocking_connect, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_connect_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_connect_time, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_listener_readiness, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_dissolved, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_descriptors, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
