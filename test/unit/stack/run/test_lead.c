/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program's event loop that receives for its stack: what it is told, what polls as readable and
 * when, and that nobody waits for a loop that does not come.
 *
 *     server ---- two pipes, a command at either end (host.h: sanitizers permit these) ---- client
 *
 * Who is first to receive a frame, the loop or the poller, is not said: both are right, and the
 * tests try until they have seen what they want to see.
 */
#include "host.h"
#include "reader.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#define PATIENCE 60000 /* ms */
#define LINK     7     /* of an event: the link's */

static char directory[] = "/tmp/test_lead.XXXXXX";
static struct picox *server, *client;
static int from, to, set;

/* A command that carries what goes in by one FIFO, and out what the other one brings. */
static struct picox *host_of_pipes(const char *in, const char *out, const char *address)
{
	char vnl[256];

	snprintf(vnl, sizeof(vnl), "=cat <%s/%s & exec cat >%s/%s", directory, in, directory, out);
	return host_new(vnl, NULL, address);
}

static int setup(void **state)
{
	struct epoll_event event = {.data.u64 = LINK};
	char path[64];

	strcpy(directory, "/tmp/test_lead.XXXXXX");
	assert_non_null(mkdtemp(directory));
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%d", directory, i);
		assert_int_equal(mkfifo(path, 0600), 0);
	}
	server = host_of_pipes("0", "1", "10.0.0.1");
	client = host_of_pipes("1", "0", "10.0.0.2");
	to = host_udp4(server, "10.0.0.1", 7);
	from = host_udp4(client, "10.0.0.2", 9);
	set = epoll_create1(EPOLL_CLOEXEC);
	assert_true(set >= 0);
	assert_int_equal(picox_lead(server, set, &event), 0);
	return 0;
}

static int teardown(void **state)
{
	char path[64];

	assert_int_equal(close(set), 0);
	assert_int_equal(picox_close(from), 0);
	assert_int_equal(picox_close(to), 0);
	assert_int_equal(picox_delstack(client), 0);
	assert_int_equal(picox_delstack(server), 0);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%d", directory, i);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(rmdir(directory), 0);
	return 0;
}

static bool is_readable(int fd, int timeout)
{
	struct pollfd item = {.fd = fd, .events = POLLIN};

	return poll(&item, 1, timeout) == 1 && (item.revents & POLLIN);
}

/* One turn of a loop that has only the links in its set: how many sockets the stack told of. */
static int turn(int *fds, int max)
{
	struct epoll_event event;
	int count;

	/* The poller may have received what was sent. */
	do {
		count = epoll_wait(set, &event, 1, 10);
	} while (count == 0 && !is_readable(to, 0));
	if (count <= 0)
		return 0;
	assert_int_equal(event.data.u64, LINK);
	return picox_drive(server, fds, max);
}

static void take(int fd, char expected)
{
	char byte = 0;

	assert_int_equal(picox_recv(fd, &byte, 1, MSG_DONTWAIT), 1);
	assert_int_equal(byte, expected);
}

/* Sends until the loop is told of it; the byte lies in the socket then, and nothing else. */
static void send_until_told(char byte)
{
	for (;;) {
		int fd = -1;

		host_send4(from, "10.0.0.1", 7, &byte, 1);
		if (turn(&fd, 1) == 1) {
			assert_int_equal(fd, to);
			return;
		}
		/* An answer to ARP, perhaps; or the poller was first. */
		if (is_readable(to, PATIENCE))
			take(to, byte);
	}
}

static void test_told(void **state)
{
	for (int i = 0; i < 300; i++) {
		send_until_told((char)i);
		take(to, (char)i);
		assert_int_equal(picox_drive(server, NULL, 0), 0);
		assert_false(is_readable(to, 0));
	}
}

/* What was not looked at polls as readable when the loop says that it is through ... */
static void test_left_unread(void **state)
{
	for (int i = 0; i < 50; i++) {
		send_until_told('u');
		assert_int_equal(picox_drive(server, NULL, 0), 0);
		assert_true(is_readable(to, 0));
		take(to, 'u');
		assert_false(is_readable(to, 0));
	}
}

/* ... also what is left of it, after a call that took the first ... */
static void test_left_in_part(void **state)
{
	send_until_told('a');
	host_send4(to, "10.0.0.1", 7, "b", 1); /* by way of lo */
	take(to, 'a');
	assert_int_equal(picox_drive(server, NULL, 0), 0);
	assert_true(is_readable(to, 0));
	take(to, 'b');
	assert_false(is_readable(to, 0));
}

/* ... and by itself, if the loop stays away. */
static void test_stays_away(void **state)
{
	send_until_told('s');
	assert_true(is_readable(to, PATIENCE));
	take(to, 's');
	for (int i = 0; i < 20; i++) {
		host_send4(from, "10.0.0.1", 7, "t", 1);
		assert_true(is_readable(to, PATIENCE));
		take(to, 't');
	}
}

/* Another thread that blocks in the stack gets its own, whether the loop comes or not. */
static void test_blocked_reader(void **state)
{
	struct reader reader;

	for (int i = 0; i < 200; i++) {
		int fd;

		start(&reader, to);
		if (i % 2)
			wait_blocked(server, 1);
		host_send4(from, "10.0.0.1", 7, "r", 1);
		while (i % 4 < 2 && !atomic_load(&reader.ended)) {
			struct epoll_event event;

			if (epoll_wait(set, &event, 1, 1) == 1)
				assert_in_range(picox_drive(server, &fd, 1), 0, 1);
			assert_int_equal(picox_drive(server, NULL, 0), 0);
		}
		pthread_join(reader.thread, NULL);
		assert_int_equal(reader.result, 1);
	}
}

/* More sockets than there is room to tell of poll as ever; a stream's bytes are told of, too. */
static void test_many(void **state)
{
	struct sockaddr_in name = host_name4("10.0.0.1", 80);
	int listener = picox_msocket(server, AF_INET, SOCK_STREAM, 0), end[2], connection;
	int other = host_udp4(server, "10.0.0.1", 8), fds[2];
	bool told = false;

	assert_int_equal(picox_bind(listener, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(picox_listen(listener, 5), 0);
	end[0] = picox_msocket(client, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(picox_connect(end[0], (struct sockaddr *)&name, sizeof(name)), 0);
	assert_true(is_readable(listener, PATIENCE));
	connection = picox_accept(listener, NULL, NULL);
	assert_true(connection >= 0);
	while (!told) {
		struct epoll_event event;
		int count = 0;

		host_send4(from, "10.0.0.1", 8, "o", 1);
		assert_int_equal(picox_send(end[0], "c", 1, 0), 1);
		while (count == 0 && !is_readable(connection, 0)) {
			if (epoll_wait(set, &event, 1, 10) == 1)
				count = picox_drive(server, fds, 1);
		}
		if (count == 1 && fds[0] == connection)
			told = true;
		assert_int_equal(picox_drive(server, NULL, 0), 0);
		assert_true(is_readable(connection, PATIENCE));
		assert_true(is_readable(other, PATIENCE));
		take(connection, 'c');
		take(other, 'o');
	}
	assert_int_equal(picox_close(connection), 0);
	assert_int_equal(picox_close(listener), 0);
	assert_int_equal(picox_close(end[0]), 0);
	assert_int_equal(picox_close(other), 0);
}

/* The number that is told is the last one used; a socket that was told of may be closed unread. */
static void test_closed(void **state)
{
	int duplicate = dup(to), fd = -1;

	assert_true(duplicate >= 0);
	send_until_told('d');
	take(duplicate, 'd');
	for (;;) {
		host_send4(from, "10.0.0.1", 7, "e", 1);
		if (turn(&fd, 1) == 1)
			break;
		assert_true(is_readable(duplicate, PATIENCE));
		take(duplicate, 'e');
	}
	assert_int_equal(fd, duplicate);
	assert_int_equal(picox_close(duplicate), 0);
	assert_int_equal(picox_close(to), 0);
	assert_int_equal(picox_drive(server, NULL, 0), 0);
	to = host_udp4(server, "10.0.0.1", 7);
}

static void test_errors(void **state)
{
	struct epoll_event event = {.data.u64 = LINK};
	int fd;

	assert_int_equal(picox_lead(server, set, &event), -1);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(picox_lead(client, -1, NULL), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(picox_lead(client, to, &event), -1);
	assert_int_equal(errno, EINVAL); /* no set */
	assert_int_equal(picox_lead(client, -1, &event), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(picox_lead(NULL, set, &event), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(picox_drive(NULL, &fd, 1), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(picox_drive(server, &fd, -1), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(picox_drive(server, NULL, 1), -1);
	assert_int_equal(errno, EFAULT);
	assert_int_equal(picox_drive(client, &fd, 1), 0);
	/* Ended, and begun again. */
	assert_int_equal(picox_lead(server, -1, NULL), 0);
	host_send4(from, "10.0.0.1", 7, "x", 1);
	assert_true(is_readable(to, PATIENCE));
	take(to, 'x');
	assert_int_equal(epoll_wait(set, &event, 1, 0), 0);
	assert_int_equal(picox_lead(server, set, &(struct epoll_event){.data.u64 = LINK}), 0);
	send_until_told('y');
	/* While something is hidden. */
	assert_int_equal(picox_lead(server, -1, NULL), 0);
	assert_true(is_readable(to, 0));
	take(to, 'y');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_told, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_left_unread, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_left_in_part, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_stays_away, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_blocked_reader, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_many, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_closed, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
