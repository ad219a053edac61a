/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Links over ptp://, and over modules without fast path. */
#include "links.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void test_open_fails(void **state)
{
	static const char *const bad[] = {
	    "", "vde:///nonexistent/switch", "/nonexistent/switch", "ptp:///nonexistent/wire",
	    "hub:///nonexistent/hub", "nosuchmodule://", "udp://nonsense", "=", "=  ",
	    "=exit 3", /* its end is an end of file, perhaps seen only later */
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct vdelink *link = NULL;
		int rc = vdelink_open(bad[i], "test", &link);

		if (strcmp(bad[i], "=exit 3") == 0 && rc == 0) {
			wait_for_state(link, VDELINK_LOST);
			vdelink_close(link);
			continue;
		}
		if (bad[i][0] == '\0' && rc == 0) { /* the default switch of this machine */
			vdelink_close(link);
			continue;
		}
		assert_in_range(-rc, 1, 4095);
		assert_null(link);
	}
}

static void test_open_long(void **state)
{
	struct vdelink *link = NULL;
	char *vnl = malloc(65536);

	(void)state;
	assert_non_null(vnl);
	memset(vnl, 'x', 65535);
	vnl[65535] = '\0';
	memcpy(vnl, "ptp:///", 7);
	assert_in_range(-vdelink_open(vnl, "test", &link), 1, 4095);
	memcpy(vnl, "vde:///", 7);
	assert_in_range(-vdelink_open(vnl, "test", &link), 1, 4095);
	free(vnl);
}

static void test_ptp(void **state)
{
	static const size_t lengths[] = {18, 60, 1514, 9014, 65535, VDELINK_FRAME_MAX};
	struct vdelink *a = open_link("ptp://%s/wire"), *b = open_link("ptp://%s/wire");
	struct vdelink_stats stats;
	size_t len;

	(void)state;
	assert_int_equal(vdelink_frame_max(a), VDELINK_FRAME_MAX);
	for (unsigned int i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		assert_int_equal(send_numbered(a, i + 1, lengths[i]), 1);
		assert_int_equal(recv_numbered(b, &len), i + 1);
		assert_int_equal(len, lengths[i]);
		assert_int_equal(send_numbered(b, i + 1, lengths[i]), 1);
		assert_int_equal(recv_numbered(a, &len), i + 1);
		assert_int_equal(len, lengths[i]);
	}
	vdelink_get_stats(a, &stats);
	assert_int_equal(stats.tx_frames, sizeof lengths / sizeof lengths[0]);
	assert_int_equal(stats.rx_frames, sizeof lengths / sizeof lengths[0]);
	assert_int_equal(stats.rx_bytes, stats.tx_bytes);
	assert_int_equal(stats.rx_dropped + stats.tx_dropped + stats.losses, 0);
	vdelink_close(a);
	vdelink_close(b);
}

/* A frame longer than its room, or none at all, is dropped and the others keep their places. */
static void test_long_and_short_frames(void **state)
{
	struct vdelink *a = open_link("ptp://%s/wire"), *b = open_link("ptp://%s/wire");
	static unsigned char room[8][1600];
	struct iovec frames[8], piece = {.iov_base = room[7], .iov_len = 13};
	const struct vdelink_frame runt = {.piece = &piece, .pieces = 1};
	struct vdelink_stats stats;
	unsigned int number;

	(void)state;
	assert_int_equal(send_numbered(a, 1, 9014), 1);
	assert_int_equal(send_numbered(a, 2, 100), 1);
	assert_int_equal(vdelink_send(a, &runt, 1), 1);
	assert_int_equal(send_numbered(a, 3, 200), 1);
	for (int i = 0; i < 8; i++)
		frames[i] = (struct iovec){.iov_base = room[i], .iov_len = sizeof room[i]};
	assert_int_equal(vdelink_recv(b, frames, 8), 2);
	assert_int_equal(frames[0].iov_len, 100);
	memcpy(&number, (unsigned char *)frames[0].iov_base + 14, sizeof number);
	assert_int_equal(number, 2);
	assert_int_equal(frames[1].iov_len, 200);
	vdelink_get_stats(b, &stats);
	assert_int_equal(stats.rx_dropped, 2);
	assert_int_equal(stats.rx_frames, 2);
	vdelink_close(a);
	vdelink_close(b);
}

static void test_ptp_full(void **state)
{
	struct vdelink *a = open_link("ptp://%s/wire"), *b = open_link("ptp://%s/wire");

	(void)state;
	fill_and_empty(a, b);
	fill_and_empty(b, a);
	vdelink_close(a);
	vdelink_close(b);
}

struct closing {
	struct vdelink *link;
	_Atomic bool ended;
};

static void *close_link(void *argument)
{
	struct closing *closing = argument;

	vdelink_close(closing->link);
	atomic_store(&closing->ended, true);
	return NULL;
}

/* Who sends to an end that is gone loses what had come from there: the end that leaves waits for
 * its last frame to be read. (Not for ever, so that one try of several may be too slow.) */
static void test_ptp_last_frame(void **state)
{
	unsigned int got = 0;

	(void)state;
	for (int tries = 0; got == 0 && tries < 20; tries++) {
		struct vdelink *a = open_link("ptp://%s/wire"), *b = open_link("ptp://%s/wire");
		struct closing closing = {.link = a};
		pthread_t thread;

		send_until_received(a, b);
		send_until_received(b, a);
		while (try_recv_numbered(b, NULL) != 0)
			;
		send_numbered(a, 7, 100);
		assert_int_equal(pthread_create(&thread, NULL, close_link, &closing), 0);
		for (int ms = 0; ms < 50 && !atomic_load(&closing.ended); ms++)
			poll(NULL, 0, 1);
		send_numbered(b, 8, 100);
		got = try_recv_numbered(b, NULL);
		assert_int_equal(pthread_join(thread, NULL), 0);
		vdelink_close(b);
	}
	assert_int_equal(got, 7);
}

static void test_ptp_peer_comes_and_goes(void **state)
{
	struct vdelink *a = open_link("ptp://%s/wire"), *b;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(send_numbered(a, 9, 100), 1); /* to nobody */
		assert_int_equal(vdelink_state(a), VDELINK_UP);
		b = open_link("ptp://%s/wire");
		send_until_received(a, b);
		send_until_received(b, a);
		vdelink_close(b);
	}
	vdelink_close(a);
	/* And the other end, which is the one that the second to open has. */
	a = open_link("ptp://%s/wire");
	b = open_link("ptp://%s/wire");
	send_until_received(b, a);
	vdelink_close(a);
	assert_int_equal(send_numbered(b, 9, 100), 1);
	a = open_link("ptp://%s/wire");
	send_until_received(b, a);
	send_until_received(a, b);
	vdelink_close(a);
	vdelink_close(b);
}

/* The peer's end is opened again, after a good end or a sudden one, and is the first to speak: to a
 * socket that the kernel has as connected to the old peer's. `kept` has the name that the first
 * (or the second) to open gets. */
static pid_t peer_start(bool speaks_first, bool killed)
{
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		struct vdelink *peer = open_link("ptp://%s/wire");

		if (speaks_first) {
			while (try_recv_numbered(peer, NULL) != 1) {
				send_numbered(peer, 2, 100);
				serve(peer, 20);
			}
		} else if (recv_numbered(peer, NULL) != 1 || send_numbered(peer, 2, 100) != 1) {
			_exit(1);
		}
		if (!killed)
			vdelink_close(peer);
		_exit(0);
	}
	return pid;
}

static void peer_ended(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void peer_returns(bool kept_first, bool killed)
{
	struct vdelink *kept = NULL;
	char name[64];
	pid_t pid;

	if (kept_first)
		kept = open_link("ptp://%s/wire");
	pid = peer_start(false, killed);
	if (!kept_first) {
		snprintf(name, sizeof name, "%s/wire", directory);
		while (access(name, F_OK) < 0)
			poll(NULL, 0, 1);
		kept = open_link("ptp://%s/wire");
	}
	do {
		send_numbered(kept, 1, 100);
		serve(kept, 20);
	} while (try_recv_numbered(kept, NULL) != 2);
	peer_ended(pid);
	pid = peer_start(true, false);
	assert_int_equal(recv_numbered(kept, NULL), 2);
	assert_int_equal(send_numbered(kept, 1, 100), 1);
	peer_ended(pid);
	vdelink_close(kept);
}

static void test_ptp_peer_returns(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		peer_returns((i & 1) != 0, (i & 2) != 0);
}

/* As the relay uses it: the socket is polled by its owner. */
static void test_ptp_direct(void **state)
{
	struct vdelink *a = open_link("ptp://%s/wire"), *b = open_link("ptp://%s/wire");

	(void)state;
	vdelink_set_direct(b);
	assert_int_not_equal(vdelink_direct_fd(b), -1);
	assert_int_equal(vdelink_direct_fd(a), -1);
	while (serve(b, 0))
		;
	assert_int_equal(send_numbered(a, 1, 100), 1);
	assert_false(serve(b, 0));
	assert_int_equal(try_recv_numbered(b, NULL), 1);
	vdelink_close(a);
	vdelink_close(b);
}

/* As an owner sleeps who has no other link. */
static void test_wait(void **state)
{
	struct vdelink *a = open_link("ptp://%s/wire"), *b = open_link("ptp://%s/wire");
	const struct timespec at_once = {0}, patience = {.tv_sec = PATIENCE_MS / 1000};
	int wake_fd = eventfd(0, EFD_CLOEXEC);
	uint64_t one = 1;

	(void)state;
	while (serve(b, 0))
		;
	assert_int_equal(vdelink_set_wake(b, wake_fd), 0);
	assert_int_equal(vdelink_wait(b, &at_once), 0);
	assert_int_equal(write(wake_fd, &one, sizeof one), sizeof one);
	assert_int_equal(vdelink_wait(b, &patience), VDELINK_WOKEN);
	/* Whoever polls the link otherwise leaves it to its owner. */
	vdelink_poll(b, 0);
	assert_int_equal(vdelink_wait(b, &patience), VDELINK_WOKEN);
	assert_int_equal(read(wake_fd, &one, sizeof one), sizeof one);
	assert_int_equal(send_numbered(a, 1, 100), 1);
	assert_int_equal(vdelink_wait(b, &patience), VDELINK_FRAMES);
	assert_int_equal(recv_numbered(b, NULL), 1);
	assert_int_equal(vdelink_wait(b, &at_once), 0);
	vdelink_close(a);
	vdelink_close(b);
	close(wake_fd);
}

/* As an owner sleeps who expects an answer: in recv. */
static void test_doze(void **state)
{
	struct vdelink *a = open_link("ptp://%s/wire"), *b = open_link("ptp://%s/wire");
	unsigned char room[2000];
	struct iovec frame = {room, sizeof room};
	ssize_t result;
	int fd;

	(void)state;
	while (serve(b, 0))
		;
	fd = vdelink_doze_begin(b);
	assert_int_not_equal(fd, -1);
	assert_int_equal(vdelink_doze(fd, &frame, true), -EAGAIN); /* in the end */
	assert_false(vdelink_doze_end(b, &frame, -EAGAIN));
	assert_int_equal(vdelink_doze_begin(b), fd);
	assert_int_equal(send_numbered(a, 1, 100), 1);
	assert_int_equal(vdelink_doze(fd, &frame, true), 100);
	assert_true(vdelink_doze_end(b, &frame, 100));
	assert_int_equal(frame.iov_len, 100);
	/* It shows nothing, nor hides anything. */
	assert_int_equal(send_numbered(a, 2, 100), 1);
	assert_false(serve(b, 0));
	vdelink_watch(b);
	assert_true(serve(b, PATIENCE_MS));
	assert_int_equal(recv_numbered(b, NULL), 2);
	/* Longer than its room: dropped. */
	assert_int_equal(vdelink_doze_begin(b), fd);
	assert_int_equal(send_numbered(a, 3, 1000), 1);
	frame = (struct iovec){room, 500};
	assert_int_equal(vdelink_doze(fd, &frame, true), 1000);
	assert_false(vdelink_doze_end(b, &frame, 1000));
	/* The peer goes, with a good-bye or without, and another one comes. */
	assert_int_equal(vdelink_doze_begin(b), fd);
	vdelink_close(a);
	result = vdelink_doze(fd, &frame, true);
	assert_true(result <= 0);
	assert_false(vdelink_doze_end(b, &frame, result));
	vdelink_watch(b);
	a = open_link("ptp://%s/wire");
	send_until_received(a, b);
	/* Sending to a full peer does not wait, though receiving does. */
	assert_int_equal(vdelink_doze_begin(b), fd);
	assert_false(vdelink_doze_end(b, &frame, -EINTR));
	for (unsigned int i = 1; send_numbered(b, i, 1000); i++)
		assert_in_range(i, 1, 100000);
	vdelink_close(a);
	assert_in_range(send_numbered(b, 1, 100), 0, 1);
	vdelink_close(b);
}

/* The hub's client, in a process of its own: the hub answers its vde_open while it is served. It
 * answers each number by itself; the first may come several times. */
static _Noreturn void hub_client(void)
{
	struct vdelink *client = open_link("vde://%s/hub");
	unsigned int number, last = 0;
	size_t len;

	while (last < 100) {
		number = recv_numbered(client, &len);
		if (number != last && number != last + 1)
			_exit(1);
		last = number;
		if (len != 50 + number || send_numbered(client, number, 60 + number) != 1)
			_exit(1);
	}
	vdelink_close(client);
	_exit(0);
}

/* hub://: a module that does more than sending and receiving, used through its calls. */
static void test_hub(void **state)
{
	struct vdelink *hub = open_link("hub://%s/hub");
	unsigned int number = 0;
	size_t len;
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0)
		hub_client();
	/* Until the client is there. */
	while (number == 0) {
		assert_int_equal(send_numbered(hub, 1, 51), 1);
		serve(hub, 20);
		number = try_recv_numbered(hub, &len);
	}
	for (unsigned int i = 2; i <= 100; i++) {
		assert_int_equal(send_numbered(hub, i, 50 + i), 1);
		do
			number = recv_numbered(hub, &len);
		while (number == 1);
		assert_int_equal(number, i);
		assert_int_equal(len, 60 + i);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	vdelink_close(hub);
}

static void test_null(void **state)
{
	struct vdelink *link = open_link("null://");

	(void)state;
	for (unsigned int i = 1; i <= 1000; i++)
		while (send_numbered(link, i, 1514) != 1) {
			vdelink_want_write(link, true);
			serve(link, PATIENCE_MS);
		}
	assert_int_equal(try_recv_numbered(link, NULL), 0);
	vdelink_close(link);
}

/* A module that blocks in vde_send and vde_close: the queue fills, and closing does not wait for
 * ever. */
static void test_blocking_module(void **state)
{
	struct vdelink *link;
	unsigned int sent = 0;
	char fifo[64];
	int fd;

	(void)state;
	/* A command that does not read what we send, and ends when we want. */
	snprintf(fifo, sizeof fifo, "%s/fifo", directory);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	fd = open(fifo, O_RDWR | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	link = open_link("cmd://cat %s/fifo");
	for (int waits = 0; waits < 3; waits++) {
		while (send_numbered(link, sent + 1, 9014) == 1)
			assert_in_range(++sent, 1, 10000);
		vdelink_want_write(link, true);
		serve(link, 100); /* the sender may still be on its way to blocking */
	}
	vdelink_close(link);
	/* Which leaves the sender with the command, whose end ends it, too. libvdeplug made it a child
	 * of this process, and waits for it itself. */
	close(fd);
	while (wait(NULL) > 0)
		;
}

/* A relative name means the directory of the time of opening. */
static void test_relative_name(void **state)
{
	struct vdelink *a, *b;
	int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_not_equal(here, -1);
	assert_int_equal(chdir(directory), 0);
	a = open_link("ptp://./wire");
	assert_int_equal(fchdir(here), 0);
	close(here);
	b = open_link("ptp://%s/wire");
	send_until_received(a, b);
	vdelink_close(a);
	vdelink_close(b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, links_setup, links_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(open_fails),
	    TEST(open_long),
	    TEST(ptp),
	    TEST(long_and_short_frames),
	    TEST(ptp_full),
	    TEST(ptp_last_frame),
	    TEST(ptp_peer_comes_and_goes),
	    TEST(ptp_peer_returns),
	    TEST(ptp_direct),
	    TEST(wait),
	    TEST(doze),
	    TEST(hub),
	    TEST(null),
	    TEST(blocking_module),
	    TEST(relative_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
