/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Datagrams to one-time addresses, and answers from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <ioth.h>

#include "stacks.h"
#include "world.h"

static struct iothotip *otip;
static int fd;

static void begin_service(const char *more)
{
	wall = NOW;
	otip = world_service(more);
	fd = iothotip_listen(otip, SOCK_DGRAM | SOCK_CLOEXEC, PORT, 0);
	assert_true(fd >= 0);
}

static void end_service(void)
{
	assert_int_equal(iothotip_close(otip, fd), 0);
	iothotip_stop(otip);
}

/* A client's socket, which hears its peer alone. */
static int new_client(const struct in6_addr *address)
{
	struct sockaddr_in6 name = {
	    .sin6_family = AF_INET6, .sin6_addr = *address, .sin6_port = htons(PORT)};
	int sock = ioth_msocket(client, AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(sock >= 0);
	assert_int_equal(ioth_connect(sock, (struct sockaddr *)&name, sizeof(name)), 0);
	return sock;
}

static void say(int sock, const char *text)
{
	assert_int_equal(ioth_send(sock, text, strlen(text), 0), strlen(text));
}

/* What comes next, to which address. */
static void hear(const char *text, struct sockaddr_in6 *from, const struct in6_addr *self)
{
	socklen_t len = sizeof(*from);
	struct in6_addr to;
	char buffer[100];
	ssize_t got;

	assert_true(world_readable(fd, PATIENCE));
	got =
	    iothotip_recvfrom(otip, fd, buffer, sizeof(buffer), 0, (struct sockaddr *)from, &len, &to);
	assert_int_equal(got, strlen(text));
	assert_memory_equal(buffer, text, strlen(text));
	assert_memory_equal(&to, self, sizeof(to));
	assert_int_equal(len, sizeof(*from));
}

static void answer(const struct sockaddr_in6 *to, const struct in6_addr *self, int sock)
{
	char buffer[10];

	assert_int_equal(
	    iothotip_sendto(otip, fd, "yes", 3, 0, (const struct sockaddr *)to, sizeof(*to), self), 3);
	assert_true(world_readable(sock, PATIENCE));
	/* From the address it had been sent to, or a connected socket would not hear it. */
	assert_int_equal(ioth_recv(sock, buffer, sizeof(buffer), 0), 3);
}

static void exchange(int sock, const struct in6_addr *self)
{
	struct sockaddr_in6 from;

	say(sock, "question");
	hear("question", &from, self);
	answer(&from, self, sock);
}

static uint64_t count(size_t offset)
{
	struct iothotip_stats stats;

	assert_int_equal(iothotip_get_stats(otip, &stats, sizeof(stats)), 0);
	return *(const uint64_t *)(const void *)((const char *)&stats + offset);
}
#define COUNT(name) count(offsetof(struct iothotip_stats, name))

static void test_answers(void **state)
{
	struct in6_addr one = world_address(NOW / 32 - 1), other = world_address(NOW / 32);
	int at_one, at_other;

	begin_service("");
	at_one = new_client(&one);
	at_other = new_client(&other);
	for (int i = 0; i < 10; i++) {
		exchange(at_one, &one);
		exchange(at_other, &other);
	}
	assert_int_equal(COUNT(udpclients), 2);
	ioth_close(at_one);
	ioth_close(at_other);
	end_service();
}

/* A client goes on when the window has closed, and a stranger is not heard there; the client is
 * forgotten when it is quiet. */
static void test_outlives(void **state)
{
	struct in6_addr self = world_address(NOW / 32), next = world_address(NOW / 32 + 1);
	size_t before, with_friend = 0;
	int friend, stranger, other;
	char byte;

	begin_service("");
	before = stacks_descriptors();
	friend = new_client(&self);
	exchange(friend, &self);
	for (int i = 1; i < 200; i++) {
		world_at(otip, NOW + i);
		if (i % 7 == 0)
			exchange(friend, &self);
		if (i == 50)
			with_friend = stacks_descriptors();
	}
	assert_int_equal(stacks_descriptors(), with_friend);
	next = world_address((NOW + 199) / 32);
	stranger = new_client(&self);
	say(stranger, "let me in");
	other = new_client(&next);
	exchange(other, &next);
	exchange(friend, &self);
	assert_int_equal(iothotip_recvfrom(otip, fd, &byte, 1, MSG_DONTWAIT, NULL, NULL, NULL), -1);
	assert_int_equal(errno, EAGAIN);
	assert_false(world_readable(stranger, 0));
	/* It is quiet for 8 seconds. */
	ioth_close(friend);
	ioth_close(stranger);
	ioth_close(other);
	for (int i = 0; i < 12; i++)
		world_at(otip, wall + 1);
	assert_int_equal(stacks_descriptors(), before);
	assert_int_equal(COUNT(retired), 0);
	end_service();
}

/* Answers to who is not there. */
static void test_refusals(void **state)
{
	struct in6_addr self = world_address(NOW / 32), gone = world_address(NOW / 32 - 100);
	struct sockaddr_in6 from, four = {.sin6_family = AF_INET};
	int sock;
	char byte;

	begin_service("");
	sock = new_client(&self);
	say(sock, "a");
	hear("a", &from, &self);
	assert_int_equal(
	    iothotip_sendto(otip, fd, "b", 1, 0, (struct sockaddr *)&from, sizeof(from), &gone), -1);
	assert_int_equal(errno, EADDRNOTAVAIL);
	assert_int_equal(
	    iothotip_sendto(otip, fd, "b", 1, 0, (struct sockaddr *)&from, sizeof(from), NULL), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(
	    iothotip_sendto(otip, fd, "b", 1, 0, (struct sockaddr *)&four, sizeof(four), &self), -1);
	assert_int_equal(errno, EAFNOSUPPORT);
	assert_int_equal(
	    iothotip_sendto(otip, sock, "b", 1, 0, (struct sockaddr *)&from, sizeof(from), &self), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(iothotip_recvfrom(otip, sock, &byte, 1, MSG_DONTWAIT, NULL, NULL, NULL), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(iothotip_recvfrom(NULL, fd, &byte, 1, MSG_DONTWAIT, NULL, NULL, NULL), -1);
	/* One that is longer than the buffer, one without bytes, one that is looked at first. */
	say(sock, "long");
	assert_true(world_readable(fd, PATIENCE));
	assert_int_equal(iothotip_recvfrom(otip, fd, &byte, 1, MSG_PEEK, NULL, NULL, NULL), 1);
	assert_int_equal(iothotip_recvfrom(otip, fd, &byte, 1, MSG_TRUNC, NULL, NULL, NULL), 4);
	say(sock, "");
	assert_true(world_readable(fd, PATIENCE));
	assert_int_equal(iothotip_recvfrom(otip, fd, &byte, 1, 0, NULL, NULL, NULL), 0);
	ioth_close(sock);
	end_service();
}

/* More clients than are known at a time: all are answered, and the quietest is a stranger again. */
static void test_crowd(void **state)
{
	struct in6_addr self = world_address(NOW / 32);
	int socks[10];

	begin_service(",udpclients=4");
	for (int i = 0; i < 10; i++) {
		socks[i] = new_client(&self);
		exchange(socks[i], &self);
	}
	assert_int_equal(COUNT(udpclients), 4);
	for (int i = 0; i < 10; i++)
		ioth_close(socks[i]);
	end_service();
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_outlives),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_crowd),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
