/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stacks talk: over a network, after a fork, from many threads, as the default.
 *
 *     stack A (10.0.0.1)  vde0 --- VNL of argv[1] --- vde0  stack B (10.0.0.2)
 */
#include "vdestack_test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static const char *vnl;

static void test_two_stacks(void **state)
{
	struct vdestack *a = stack_with_address(vnl, "10.0.0.1");
	struct vdestack *b = stack_with_address(vnl, "10.0.0.2");
	int listening = listen_at(b, 5000);
	int client = connect_to(a, "10.0.0.2", 5000);
	int server = accept(listening, NULL, NULL);

	assert_connected(client, server);
	assert_connected(server, client);
	close(client);
	close(server);
	close(listening);
	vde_delstack(a);
	vde_delstack(b);
}

/* What went through a page of a network of 1500 bytes: the relay's cutting and joining. */
static void test_bulk(void **state)
{
	enum { SIZE = 4 << 20 };
	struct vdestack *a = stack_with_address(vnl, "10.0.0.1");
	struct vdestack *b = stack_with_address(vnl, "10.0.0.2");
	int listening = listen_at(b, 5000);
	int client = connect_to(a, "10.0.0.2", 5000);
	int server = accept(listening, NULL, NULL);
	unsigned char *sent = malloc(SIZE), *seen = malloc(SIZE);
	pid_t pid;

	assert_non_null(sent);
	assert_non_null(seen);
	for (size_t i = 0; i < SIZE; i++)
		sent[i] = (unsigned char)(i * 2654435761U >> 24);
	pid = fork();
	if (pid == 0) {
		for (size_t n = 0; n < SIZE;) {
			ssize_t len = write(client, sent + n, SIZE - n);

			CHECK(len > 0);
			n += (size_t)len;
		}
		_exit(0);
	}
	assert_int_equal(recv(server, seen, SIZE, MSG_WAITALL), SIZE);
	assert_memory_equal(sent, seen, SIZE);
	assert_success(pid);
	free(sent);
	free(seen);
	close(client);
	close(server);
	close(listening);
	vde_delstack(a);
	vde_delstack(b);
}

/* Parent and child both use the sockets that were there and open new ones; the child's children,
 * too. */
static void test_fork(void **state)
{
	struct vdestack *a = stack_with_address(vnl, "10.0.0.1");
	struct vdestack *b = stack_with_address(vnl, "10.0.0.2");
	int listening = listen_at(b, 5000);
	int client = connect_to(a, "10.0.0.2", 5000);
	int server = accept(listening, NULL, NULL), other;
	pid_t pid = fork();

	if (pid == 0) {
		int fd = connect_to(a, "10.0.0.2", 5000);

		CHECK(write(client, "old", 3) == 3);
		CHECK(write(fd, "new", 3) == 3);
		pid = fork();
		if (pid == 0) {
			CHECK(vde_msocket(b, AF_INET6, SOCK_DGRAM, 0) >= 0);
			_exit(0);
		}
		assert_success(pid);
		/* Only the child's view is freed. */
		vde_delstack(a);
		vde_delstack(b);
		_exit(0);
	}
	for (int i = 0; i < 100; i++) { /* at the same time as the child */
		int fd = vde_msocket(a, AF_INET, SOCK_DGRAM, 0);

		assert_true(fd >= 0);
		close(fd);
	}
	other = accept(listening, NULL, NULL);
	char buf[4] = {0};
	assert_int_equal(recv(server, buf, 3, MSG_WAITALL), 3);
	assert_string_equal(buf, "old");
	assert_int_equal(recv(other, buf, 3, MSG_WAITALL), 3);
	assert_string_equal(buf, "new");
	assert_success(pid);
	close(other);
	assert_connected(client, server);
	close(client);
	close(server);
	close(listening);
	vde_delstack(a);
	vde_delstack(b);
}

/* A child outlives the stack of its parent: it is told so. A child makes stacks of its own. */
static void test_fork_and_delete(void **state)
{
	struct vdestack *a = stack_with_address(vnl, "10.0.0.1");
	int opened[2], deleted[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(opened, O_CLOEXEC), 0);
	assert_int_equal(pipe2(deleted, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		struct vdestack *own;

		close(deleted[1]);
		CHECK(vde_msocket(a, AF_INET, SOCK_DGRAM, 0) >= 0);
		CHECK(write(opened[1], "x", 1) == 1);
		CHECK(read(deleted[0], &byte, 1) == 0);
		CHECK(vde_msocket(a, AF_INET, SOCK_DGRAM, 0) == -1 && errno == ENETDOWN);
		CHECK((own = vde_addstack(NULL, NULL)) != NULL);
		CHECK(vde_msocket(own, AF_INET, SOCK_DGRAM, 0) >= 0);
		CHECK(vde_msocket(a, AF_INET, SOCK_DGRAM, 0) == -1 && errno == ENETDOWN);
		vde_delstack(a);
		CHECK(vde_msocket(own, AF_INET, SOCK_DGRAM, 0) >= 0);
		vde_delstack(own);
		CHECK(holdings().children == 0);
		_exit(0);
	}
	assert_int_equal(read(opened[0], &byte, 1), 1);
	vde_delstack(a);
	close(opened[0]);
	close(opened[1]);
	close(deleted[0]);
	close(deleted[1]);
	assert_success(pid);
}

/* ---- threads --------------------------------------------------------------------------------- */

static void *thread_body(void *argument)
{
	char address[32];
	struct vdestack *stack;

	snprintf(address, sizeof(address), "10.0.0.%d", 10 + *(int *)argument);
	for (int i = 0; i < 5; i++) {
		stack = stack_with_address(vnl, address);
		for (int j = 0; j < 50; j++) {
			int domain = j % 2 == 0 ? AF_INET : AF_INET6, seen;
			socklen_t len = sizeof(seen);
			int fd = vde_msocket(stack, domain, SOCK_DGRAM, 0);

			assert_true(fd >= 0);
			assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &seen, &len), 0);
			assert_int_equal(seen, domain); /* the answer was this thread's */
			close(fd);
		}
		vde_delstack(stack);
	}
	return NULL;
}

static void test_threads(void **state)
{
	enum { THREADS = 8 };
	pthread_t thread[THREADS];
	int number[THREADS];

	for (int i = 0; i < THREADS; i++) {
		number[i] = i;
		assert_int_equal(pthread_create(&thread[i], NULL, thread_body, &number[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
}

/* ---- sockets --------------------------------------------------------------------------------- */

static void test_socket_arguments(void **state)
{
	struct vdestack *stack = vde_addstack(NULL, NULL);
	int fd;

	assert_non_null(stack);
	fd = vde_msocket(stack, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	close(fd);
	fd = vde_msocket(stack, AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	close(fd);
	fd = vde_msocket(stack, AF_PACKET, SOCK_RAW, 0);
	assert_true(fd >= 0);
	close(fd);
	errno = 0;
	assert_int_equal(vde_msocket(stack, 12345, SOCK_STREAM, 0), -1);
	assert_int_equal(errno, EAFNOSUPPORT);
	assert_int_equal(vde_msocket(stack, AF_INET, SOCK_STREAM, 12345), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(vde_msocket(stack, AF_INET, SOCK_STREAM, IPPROTO_UDP), -1);
	assert_int_equal(errno, EPROTONOSUPPORT);
	assert_int_equal(vde_msocket(NULL, AF_INET, SOCK_STREAM, 0), -1);
	assert_int_equal(errno, EINVAL);
	vde_delstack(stack);
	vde_delstack(NULL);
}

static bool is_in(struct vdestack *stack, int fd)
{
	int reference = vde_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	uint64_t a = 0, b = 0;
	socklen_t len = sizeof(a);

	assert_int_equal(getsockopt(reference, SOL_SOCKET, SO_NETNS_COOKIE, &a, &len), 0);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &b, &len), 0);
	close(reference);
	return a == b;
}

static void *open_in_thread(void *stack)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool in = is_in(stack, fd);

	close(fd);
	return in ? stack : NULL;
}

static void test_default_stack(void **state)
{
	struct vdestack *a = vde_addstack(NULL, NULL);
	struct vdestack *b;
	pthread_t thread;
	void *result;
	int fd;

	assert_non_null(a);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_false(is_in(a, fd));
	close(fd);
	vde_default_stack(a);
	fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_true(is_in(a, fd));
	close(fd);
	assert_int_equal(socket(12345, SOCK_STREAM, 0), -1);
	assert_int_equal(errno, EAFNOSUPPORT);
	assert_int_equal(pthread_create(&thread, NULL, open_in_thread, a), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_ptr_equal(result, a);
	/* The cable of another stack does not run through the default one. */
	b = stack_with_address(vnl, "10.0.0.2");
	vde_default_stack(b);
	vde_delstack(a);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_true(is_in(b, fd));
	vde_delstack(b);
	close(fd);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_true(fd >= 0);
	close(fd);
}

/* ---- bad input ------------------------------------------------------------------------------- */

static void expect_failure(const char *network, const char *ifname, int err)
{
	errno = 0;
	assert_null(vde_addstack((char *)network, (char *)ifname));
	assert_int_equal(errno, err);
}

static void test_bad_input(void **state)
{
	struct holdings before, after;
	char *name = malloc(65537);

	assert_non_null(name);
	memset(name, 'a', 65536);
	name[65536] = '\0';
	before = holdings();
	expect_failure("vde:///nonexistent/network", NULL, ENOENT);
	expect_failure("nomodule://x", NULL, EPROTONOSUPPORT);
	expect_failure(vnl, name, ENAMETOOLONG);
	expect_failure(vnl, "abcdefghijklmnop", ENAMETOOLONG);
	expect_failure(vnl, "", EINVAL);
	expect_failure(vnl, "a/b", EINVAL);
	expect_failure(vnl, "vde%d", EINVAL);
	expect_failure(vnl, "lo", EEXIST);
	after = holdings();
	assert_int_equal(after.descriptors, before.descriptors);
	assert_int_equal(after.threads, before.threads);
	assert_int_equal(after.children, before.children);
	free(name);
}

static unsigned int index_of(struct vdestack *stack, const char *name)
{
	struct ifreq ifr = {0};
	int fd = vde_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	int err;

	strcpy(ifr.ifr_name, name);
	err = ioctl(fd, SIOCGIFINDEX, &ifr);
	close(fd);
	return err < 0 ? 0 : (unsigned int)ifr.ifr_ifindex;
}

static void test_names(void **state)
{
	char prefixed[4096];
	struct vdestack *stack;

	stack = vde_addstack((char *)vnl, NULL);
	assert_non_null(stack);
	assert_int_equal(index_of(stack, "lo"), 1);
	assert_int_equal(index_of(stack, "vde0"), 2);
	vde_delstack(stack);
	snprintf(prefixed, sizeof(prefixed), "eth0:%s", vnl);
	stack = vde_addstack(prefixed, NULL);
	assert_non_null(stack);
	assert_int_equal(index_of(stack, "eth0"), 2);
	assert_int_equal(index_of(stack, "vde0"), 0);
	vde_delstack(stack);
	stack = vde_addstack(prefixed, (char *)"abcdefghijklmno");
	assert_non_null(stack);
	assert_int_equal(index_of(stack, "abcdefghijklmno"), 2);
	vde_delstack(stack);
	stack = vde_addstack((char *)"", NULL);
	assert_non_null(stack);
	assert_int_equal(index_of(stack, "lo"), 1);
	assert_int_equal(index_of(stack, "vde0"), 0);
	vde_delstack(stack);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_two_stacks),
	    cmocka_unit_test(test_bulk),
	    cmocka_unit_test(test_fork),
	    cmocka_unit_test(test_fork_and_delete),
	    cmocka_unit_test(test_threads),
	    cmocka_unit_test(test_socket_arguments),
	    cmocka_unit_test(test_default_stack),
	    cmocka_unit_test(test_bad_input),
	    cmocka_unit_test(test_names),
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	skip_without_namespaces();
	vnl = argc > 1 ? argv[1] : NULL;
	if (vnl == NULL) {
		puts("usage: vdestack_traffic VNL [TEST]");
		return 2;
	}
	if (argc > 2)
		cmocka_set_test_filter(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
