/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Echo servers: see live_servers.h. */
#include "live_servers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <ioth.h>

uint16_t servers_port;
size_t servers_connections;

struct echo {
	struct loop_source source;
};

static struct loop *loop;
static struct ioth *stack;
static struct loop_source listening, datagrams;

/* One that does not take what it has sent is not read from either, until it ends. */
static void echo(struct loop_source *source, uint32_t events)
{
	static char bytes[1 << 16];
	ssize_t len = ioth_recv(source->fd, bytes, sizeof(bytes), 0), sent = 0;
	int fd = source->fd;

	if (len > 0)
		sent = ioth_send(fd, bytes, (size_t)len, MSG_NOSIGNAL);
	if (len > 0 && sent == len)
		return;
	if (len > 0 && (sent >= 0 || errno == EAGAIN)) {
		(void)loop_want(source, 0);
		return;
	}
	if (len < 0 && errno == EAGAIN)
		return;
	loop_remove(source);
	ioth_close(fd);
	free(source);
	servers_connections--;
}

static void welcome(struct loop_source *source, uint32_t events)
{
	int fd = ioth_accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct echo *one;

	if (fd < 0)
		return;
	one = calloc(1, sizeof(*one));
	assert_non_null(one);
	assert_int_equal(loop_add(loop, &one->source, fd, EPOLLIN, echo), 0);
	servers_connections++;
}

static void echo_datagram(struct loop_source *source, uint32_t events)
{
	struct sockaddr_in6 from;
	socklen_t from_len = sizeof(from);
	char bytes[64];
	ssize_t len =
	    ioth_recvfrom(source->fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &from_len);

	if (len >= 0)
		(void)ioth_sendto(
		    source->fd, bytes, (size_t)len, 0, (struct sockaddr *)&from, sizeof(from));
}

static int bound(int type, uint16_t port)
{
	struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = ioth_msocket(stack, AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (!stack)
		name.sin6_addr = in6addr_loopback;
	if (ioth_bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0) {
		ioth_close(fd);
		return -1;
	}
	return fd;
}

/* One port for both, whichever is free. */
void servers_start(struct loop *their_loop, struct ioth *their_stack)
{
	struct sockaddr_in6 name;
	socklen_t len = sizeof(name);
	int fd, other;

	loop = their_loop;
	stack = their_stack;
	do {
		fd = bound(SOCK_STREAM, 0);
		assert_int_equal(ioth_getsockname(fd, (struct sockaddr *)&name, &len), 0);
		servers_port = ntohs(name.sin6_port);
		other = bound(SOCK_DGRAM, servers_port);
		if (other < 0)
			ioth_close(fd);
	} while (other < 0);
	assert_int_equal(ioth_listen(fd, 100), 0);
	assert_int_equal(loop_add(loop, &listening, fd, EPOLLIN, welcome), 0);
	assert_int_equal(loop_add(loop, &datagrams, other, EPOLLIN, echo_datagram), 0);
}

static void stop_server(struct loop_source *source)
{
	int fd = source->fd;

	loop_remove(source);
	ioth_close(fd);
}

void servers_stop(void)
{
	stop_server(&listening);
	stop_server(&datagrams);
}
