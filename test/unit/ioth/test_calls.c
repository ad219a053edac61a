/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every call, on every stack that has the kernel's sockets below: the native one, the plugins
 * kernel and vdestack, the two in private namespaces, and one where libioth makes most calls from a
 * few.
 */
#include "test.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static struct ioth *stack;
static const char *stack_name;

/* A TCP listener on loopback, its address, and a client's socket connected to it. */
struct connection {
	struct sockaddr_in address;
	int listener, client, server;
};

static int open_listener(struct sockaddr_in *address)
{
	socklen_t len = sizeof(*address);
	int fd = ioth_msocket(stack, AF_INET, SOCK_STREAM, 0);

	memset(address, 0, sizeof(*address));
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_ok(ioth_bind(fd, (struct sockaddr *)address, sizeof(*address)));
	assert_ok(ioth_listen(fd, 5));
	assert_ok(ioth_getsockname(fd, (struct sockaddr *)address, &len));
	assert_int_not_equal(address->sin_port, 0);
	return fd;
}

static void open_connection(struct connection *connection)
{
	connection->listener = open_listener(&connection->address);
	connection->client = ioth_msocket(stack, AF_INET, SOCK_STREAM, 0);
	assert_ok(ioth_connect(
	    connection->client, (struct sockaddr *)&connection->address, sizeof(connection->address)));
	connection->server = ioth_accept(connection->listener, NULL, NULL);
	assert_true(connection->server >= 0);
}

static void close_connection(struct connection *connection)
{
	assert_ok(ioth_close(connection->client));
	assert_ok(ioth_close(connection->server));
	assert_ok(ioth_close(connection->listener));
}

static void test_stream(void **state)
{
	struct connection c;
	char buffer[16], text[] = "abcde";
	struct iovec out[2] = {{text, 2}, {text + 2, 3}};
	struct iovec in[2] = {{buffer, 1}, {buffer + 1, 9}};

	open_connection(&c);
	assert_int_equal(ioth_write(c.client, "hello", 5), 5);
	assert_int_equal(ioth_read(c.server, buffer, sizeof(buffer)), 5);
	assert_memory_equal(buffer, "hello", 5);
	assert_int_equal(ioth_send(c.server, "world!", 6, MSG_NOSIGNAL), 6);
	assert_int_equal(ioth_recv(c.client, buffer, 2, MSG_PEEK), 2);
	assert_int_equal(ioth_recv(c.client, buffer, sizeof(buffer), 0), 6);
	assert_memory_equal(buffer, "world!", 6);
	assert_int_equal(ioth_writev(c.client, out, 2), 5);
	assert_int_equal(ioth_readv(c.server, in, 2), 5);
	assert_memory_equal(buffer, "abcde", 5);
	assert_int_equal(ioth_read(c.server, buffer, 0), 0);
	close_connection(&c);
}

static void test_bad_vectors(void **state)
{
	struct connection c;
	char byte;
	struct iovec one = {&byte, 1};

	open_connection(&c);
	assert_fails(ioth_readv(c.server, &one, -1), EINVAL);
	assert_fails(ioth_writev(c.server, &one, -1), EINVAL);
	assert_fails(ioth_readv(c.server, &one, IOV_MAX + 1), EINVAL);
	assert_int_equal(ioth_readv(c.server, &one, 0), 0);
	close_connection(&c);
}

static void test_names(void **state)
{
	struct sockaddr_in name;
	socklen_t len = sizeof(name);
	struct connection c;

	open_connection(&c);
	assert_ok(ioth_getsockname(c.server, (struct sockaddr *)&name, &len));
	assert_int_equal(len, sizeof(name));
	assert_int_equal(name.sin_port, c.address.sin_port);
	if (strcmp(stack_name, "minimal") != 0) {
		assert_ok(ioth_getpeername(c.client, (struct sockaddr *)&name, &len));
		assert_int_equal(name.sin_port, c.address.sin_port);
	} else {
		assert_fails(ioth_getpeername(c.client, (struct sockaddr *)&name, &len), ENOSYS);
	}
	close_connection(&c);
}

static void test_options(void **state)
{
	struct connection c;
	int value = 1;
	socklen_t len = sizeof(value);

	if (strcmp(stack_name, "minimal") == 0)
		skip();
	open_connection(&c);
	assert_ok(ioth_setsockopt(c.client, SOL_SOCKET, SO_KEEPALIVE, &value, len));
	value = 0;
	assert_ok(ioth_getsockopt(c.client, SOL_SOCKET, SO_KEEPALIVE, &value, &len));
	assert_int_equal(value, 1);
	assert_fails(ioth_setsockopt(c.client, SOL_SOCKET, SO_KEEPALIVE, &value, 1), EINVAL);
	assert_int_equal(ioth_write(c.client, "1234567", 7), 7);
	assert_int_equal(poll(&(struct pollfd){.fd = c.server, .events = POLLIN}, 1, -1), 1);
	assert_ok(ioth_ioctl(c.server, FIONREAD, &value));
	assert_int_equal(value, 7);
	assert_ok(ioth_shutdown(c.client, SHUT_WR));
	assert_fails(ioth_send(c.client, "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_fails(ioth_connect(c.client, (struct sockaddr *)&c.address, sizeof(c.address)), EISCONN);
	close_connection(&c);
}

static void test_datagrams(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = ioth_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	socklen_t len = sizeof(address), from_len;
	struct sockaddr_in from;
	char buffer[8], text[] = "three";
	struct iovec iov = {text, 5};
	struct msghdr msg = {
	    .msg_name = &address, .msg_namelen = len, .msg_iov = &iov, .msg_iovlen = 1};

	assert_ok(ioth_bind(fd, (struct sockaddr *)&address, len));
	assert_ok(ioth_getsockname(fd, (struct sockaddr *)&address, &len));
	assert_int_equal(ioth_sendto(fd, "one", 3, 0, (struct sockaddr *)&address, len), 3);
	assert_int_equal(ioth_sendto(fd, NULL, 0, 0, (struct sockaddr *)&address, len), 0);
	assert_int_equal(ioth_sendmsg(fd, &msg, 0), 5);

	from_len = sizeof(from);
	assert_int_equal(
	    ioth_recvfrom(fd, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &from_len), 3);
	assert_int_equal(from_len, sizeof(from));
	assert_int_equal(from.sin_port, address.sin_port);
	/* read of nothing leaves the datagram where it is. */
	assert_int_equal(ioth_read(fd, buffer, 0), 0);
	assert_int_equal(ioth_recvfrom(fd, buffer, sizeof(buffer), 0, NULL, NULL), 0);
	iov.iov_base = buffer;
	iov.iov_len = 2;
	assert_int_equal(ioth_recvmsg(fd, &msg, 0), 2);
	assert_true(msg.msg_flags & MSG_TRUNC);
	assert_fails(ioth_recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT), EAGAIN);
	assert_fails(ioth_recvfrom(fd, buffer, 1, MSG_DONTWAIT, (struct sockaddr *)&from, NULL),
	    strcmp(stack_name, "minimal") == 0 ? EFAULT : EAGAIN);
	assert_ok(ioth_close(fd));
}

static void test_many_datagrams(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = ioth_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	socklen_t len = sizeof(address);
	char text[4] = "abcd", buffer[4] = "";
	struct iovec out[4], in[4];
	struct mmsghdr send[4] = {0}, receive[4] = {0};
	struct timespec timeout = {.tv_sec = 100}, negative = {.tv_nsec = -1};

	assert_ok(ioth_bind(fd, (struct sockaddr *)&address, len));
	assert_ok(ioth_getsockname(fd, (struct sockaddr *)&address, &len));
	for (int i = 0; i < 4; i++) {
		out[i] = (struct iovec){&text[i], 1};
		in[i] = (struct iovec){&buffer[i], 1};
		send[i].msg_hdr = (struct msghdr){
		    .msg_name = &address, .msg_namelen = len, .msg_iov = &out[i], .msg_iovlen = 1};
		receive[i].msg_hdr = (struct msghdr){.msg_iov = &in[i], .msg_iovlen = 1};
	}
	assert_int_equal(ioth_sendmmsg(fd, send, 4, 0), 4);
	assert_int_equal(send[3].msg_len, 1);
	assert_int_equal(ioth_recvmmsg(fd, receive, 3, 0, &timeout), 3);
	assert_int_equal(receive[2].msg_len, 1);
	assert_memory_equal(buffer, "abc", 3);
	assert_in_range(timeout.tv_sec, 1, 100);
	/* One is left; the others are not waited for. */
	assert_int_equal(ioth_recvmmsg(fd, receive, 4, MSG_WAITFORONE, NULL), 1);
	assert_int_equal(buffer[0], 'd');
	/* An error is told only if it is the first thing to happen. */
	assert_fails(ioth_recvmmsg(fd, receive, 4, MSG_DONTWAIT, NULL), EAGAIN);
	send[1].msg_hdr.msg_iovlen = (size_t)-1;
	assert_int_equal(ioth_sendmmsg(fd, send, 4, 0), 1);
	assert_fails(ioth_sendmmsg(fd, send + 1, 3, 0), EMSGSIZE);
	assert_int_equal(ioth_recvmmsg(fd, receive, 4, MSG_DONTWAIT, NULL), 1);
	assert_fails(ioth_recvmmsg(fd, receive, 4, 0, &negative), EINVAL);
	assert_int_equal(ioth_recvmmsg(fd, receive, 0, MSG_DONTWAIT, NULL), 0);
	assert_int_equal(ioth_sendmmsg(fd, NULL, 0, 0), 0);
	assert_fails(ioth_sendmmsg(fd, NULL, 1, 0), EFAULT);
	assert_fails(ioth_recvmmsg(fd, NULL, 1, MSG_DONTWAIT, NULL), EFAULT);
	assert_ok(ioth_close(fd));
}

static void assert_flags(int fd, int nonblock, int cloexec)
{
	assert_int_equal(!!(fcntl(fd, F_GETFL) & O_NONBLOCK), nonblock);
	assert_int_equal(!!(fcntl(fd, F_GETFD) & FD_CLOEXEC), cloexec);
}

static void test_flags(void **state)
{
	struct sockaddr_in address;
	int listener = open_listener(&address);

	for (int i = 0; i < 4; i++) {
		int flags = (i & 1 ? SOCK_NONBLOCK : 0) | (i & 2 ? SOCK_CLOEXEC : 0);
		int client = ioth_msocket(stack, AF_INET, SOCK_STREAM | flags, 0);
		int server, error = 0;

		assert_true(client >= 0);
		assert_flags(client, i & 1, i >> 1);
		if (ioth_connect(client, (struct sockaddr *)&address, sizeof(address)) < 0)
			error = errno;
		assert_true(error == 0 || error == EINPROGRESS);
		server = ioth_accept4(listener, NULL, NULL, flags);
		assert_true(server >= 0);
		assert_flags(server, i & 1, i >> 1);
		assert_ok(ioth_close(client));
		assert_ok(ioth_close(server));
	}
	assert_fails(ioth_accept4(listener, NULL, NULL, 1), EINVAL);
	assert_ok(ioth_fcntl(listener, F_SETFL, O_NONBLOCK));
	assert_int_equal(ioth_fcntl(listener, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	assert_fails(ioth_accept(listener, NULL, NULL), EAGAIN);
	assert_fails(ioth_accept4(listener, NULL, NULL, SOCK_CLOEXEC), EAGAIN);
	assert_ok(ioth_close(listener));
}

static void test_no_socket(void **state)
{
	assert_fails(ioth_msocket(stack, 12345, SOCK_STREAM, 0), EAFNOSUPPORT);
	assert_fails(ioth_msocket(stack, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 12345), EINVAL);
	assert_fails(ioth_msocket(stack, AF_INET, 0xfff000, 0), EINVAL);
}

/* All calls on a descriptor that is not ours. */
static void assert_unknown(int fd)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof(address);
	struct mmsghdr mmsg = {0};
	struct msghdr msg = {0};
	char byte = 0;
	struct iovec iov = {&byte, 1};

	assert_fails(ioth_bind(fd, (struct sockaddr *)&address, len), EBADF);
	assert_fails(ioth_connect(fd, (struct sockaddr *)&address, len), EBADF);
	assert_fails(ioth_listen(fd, 1), EBADF);
	assert_fails(ioth_accept(fd, NULL, NULL), EBADF);
	assert_fails(ioth_accept4(fd, NULL, NULL, 0), EBADF);
	assert_fails(ioth_getsockname(fd, (struct sockaddr *)&address, &len), EBADF);
	assert_fails(ioth_getpeername(fd, (struct sockaddr *)&address, &len), EBADF);
	assert_fails(ioth_setsockopt(fd, SOL_SOCKET, SO_DEBUG, &byte, 1), EBADF);
	assert_fails(ioth_getsockopt(fd, SOL_SOCKET, SO_DEBUG, &byte, &len), EBADF);
	assert_fails(ioth_shutdown(fd, SHUT_RD), EBADF);
	assert_fails(ioth_ioctl(fd, FIONREAD, &len), EBADF);
	assert_fails(ioth_fcntl(fd, F_GETFL), EBADF);
	assert_fails(ioth_fcntl(fd, F_DUPFD, 0), EBADF);
	assert_fails(ioth_read(fd, &byte, 1), EBADF);
	assert_fails(ioth_readv(fd, &iov, 1), EBADF);
	assert_fails(ioth_recv(fd, &byte, 1, 0), EBADF);
	assert_fails(ioth_recvfrom(fd, &byte, 1, 0, NULL, NULL), EBADF);
	assert_fails(ioth_recvmsg(fd, &msg, 0), EBADF);
	assert_fails(ioth_recvmmsg(fd, &mmsg, 1, 0, NULL), EBADF);
	assert_fails(ioth_write(fd, &byte, 1), EBADF);
	assert_fails(ioth_writev(fd, &iov, 1), EBADF);
	assert_fails(ioth_send(fd, &byte, 1, 0), EBADF);
	assert_fails(ioth_sendto(fd, &byte, 1, 0, NULL, 0), EBADF);
	assert_fails(ioth_sendmsg(fd, &msg, 0), EBADF);
	assert_fails(ioth_sendmmsg(fd, &mmsg, 1, 0), EBADF);
	assert_fails(ioth_close(fd), EBADF);
}

static void test_unknown(void **state)
{
	int fd = ioth_msocket(stack, AF_INET, SOCK_STREAM, 0), foreign[2], file;

	assert_ok(ioth_close(fd));
	assert_unknown(fd);
	assert_unknown(-1);
	assert_unknown(INT_MIN);
	assert_unknown(INT_MAX);
	assert_unknown(1000000);
	assert_ok(socketpair(AF_UNIX, SOCK_STREAM, 0, foreign));
	assert_unknown(foreign[0]);
	file = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_unknown(file);
	/* And they are left alone. */
	assert_int_equal(write(foreign[0], "x", 1), 1);
	assert_ok(close(foreign[0]));
	assert_ok(close(foreign[1]));
	assert_ok(close(file));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_stream),
	    cmocka_unit_test(test_bad_vectors),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_options),
	    cmocka_unit_test(test_datagrams),
	    cmocka_unit_test(test_many_datagrams),
	    cmocka_unit_test(test_flags),
	    cmocka_unit_test(test_no_socket),
	    cmocka_unit_test(test_unknown),
	};
	int failed = 0;

	stack_name = "minimal";
	stack = ioth_newstack(stack_name);
	if (!stack) {
		fprintf(stderr, "%s: %s\n", stack_name, ioth_error());
		return 1;
	}
	failed += cmocka_run_group_tests(tests, NULL, NULL) + (ioth_delstack(stack) < 0);
	for (int i = 0; i < KERNEL_STACKS; i++) {
		stack_name = kernel_stacks[i];
		stack = make_kernel_stack(stack_name);
		if (!stack)
			continue;
		failed += cmocka_run_group_tests(tests, NULL, NULL);
		/* Every test has closed what it opened. */
		if (ioth_delstack(stack) < 0) {
			perror("delstack");
			failed++;
		}
	}
	return failed;
}
