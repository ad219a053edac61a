/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "links.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

char directory[32];
static pid_t owner; /* of the directory */

/* A test that took too long leaves nothing. The shell takes the place of this process, so that only
 * an async-signal-safe function is called. */
static void clean_up(int signal_number)
{
	if (getpid() != owner) /* a child that has not become a switch yet */
		_exit(99);
	execl("/bin/sh", "sh", "-c", "rm -rf \"$0\"; exit 99", directory, (char *)NULL);
	_exit(99);
}

int links_setup(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/ioth_links.XXXXXX");
	if (mkdtemp(directory) == NULL)
		return -1;
	owner = getpid();
	signal(SIGTERM, clean_up);
	return 0;
}

int links_teardown(void **state)
{
	char command[64];

	(void)state;
	signal(SIGTERM, SIG_DFL);
	snprintf(command, sizeof command, "rm -rf %s", directory);
	return system(command);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000ULL + (uint64_t)time.tv_nsec;
}

struct vdelink *open_link(const char *format)
{
	struct vdelink *link = NULL;
	char *vnl = NULL;
	const char *place = strstr(format, "%s");

	if (place == NULL)
		assert_int_not_equal(asprintf(&vnl, "%s", format), -1);
	else
		assert_int_not_equal(
		    asprintf(&vnl, "%.*s%s%s", (int)(place - format), format, directory, place + 2), -1);
	assert_int_equal(vdelink_open(vnl, "test", &link), 0);
	assert_int_equal(vdelink_state(link), VDELINK_UP);
	free(vnl);
	return link;
}

/* Broadcast, so that switches pass it on; the number; bytes that depend on it. */
static void make_frame(unsigned char *frame, unsigned int number, size_t len)
{
	static const unsigned char source_and_type[] = {2, 0xfe, 0xed, 0, 0, 1, 0x88, 0xb5};

	memset(frame, 0xff, 6);
	memcpy(frame + 6, source_and_type, sizeof source_and_type);
	for (size_t i = 14; i < len; i++)
		frame[i] = (unsigned char)(i * 31 + number);
	if (len >= 14 + sizeof number)
		memcpy(frame + 14, &number, sizeof number);
}

unsigned int send_numbered(struct vdelink *link, unsigned int number, size_t len)
{
	static unsigned char frame[VDELINK_FRAME_MAX + 1];
	/* In two pieces, as a cut segment has. */
	struct iovec pieces[2] = {
	    {.iov_base = frame, .iov_len = 14}, {.iov_base = frame + 14, .iov_len = len - 14}};
	const struct vdelink_frame one = {.piece = pieces, .pieces = 2};

	make_frame(frame, number, len);
	return vdelink_send(link, &one, 1);
}

unsigned int try_recv_numbered(struct vdelink *link, size_t *len)
{
	static unsigned char got[VDELINK_FRAME_MAX], expected[VDELINK_FRAME_MAX];
	struct iovec frame = {.iov_base = got, .iov_len = sizeof got};
	unsigned int number;

	while (vdelink_recv(link, &frame, 1) == 1) {
		size_t got_len = frame.iov_len;

		frame.iov_len = sizeof got;
		if (got_len < 14 + sizeof number || memcmp(got + 6, "\x02\xfe\xed\0\0\1", 6) != 0)
			continue;
		memcpy(&number, got + 14, sizeof number);
		make_frame(expected, number, got_len);
		assert_memory_equal(got, expected, got_len);
		if (len != NULL)
			*len = got_len;
		return number;
	}
	return 0;
}

bool serve(struct vdelink *link, int ms)
{
	struct pollfd polled = {.fd = vdelink_fd(link), .events = POLLIN};
	uint64_t deadline = vdelink_deadline(link), time = now();
	int ready;

	if (deadline != UINT64_MAX) {
		uint64_t left = deadline > time ? (deadline - time) / 1000000 + 1 : 0;

		if (left < (uint64_t)ms)
			ms = (int)left;
	}
	ready = poll(&polled, 1, ms);
	assert_int_not_equal(ready, -1);
	vdelink_poll(link, now());
	return ready > 0;
}

unsigned int recv_numbered(struct vdelink *link, size_t *len)
{
	uint64_t until = now() + PATIENCE_MS * 1000000ULL;
	unsigned int number;

	while ((number = try_recv_numbered(link, len)) == 0) {
		assert_true(now() < until);
		serve(link, PATIENCE_MS);
	}
	return number;
}

void wait_for_state(struct vdelink *link, enum vdelink_state state)
{
	uint64_t until = now() + PATIENCE_MS * 1000000ULL;

	while (vdelink_state(link) != state) {
		assert_true(now() < until);
		try_recv_numbered(link, NULL); /* this, too, sees that a network is lost */
		if (vdelink_state(link) != state)
			serve(link, PATIENCE_MS);
	}
}

void send_until_received(struct vdelink *from, struct vdelink *to)
{
	uint64_t until = now() + PATIENCE_MS * 1000000ULL;

	do {
		assert_true(now() < until);
		send_numbered(from, 1, 100);
		serve(from, 1);
		serve(to, 10);
	} while (try_recv_numbered(to, NULL) != 1);
	while (try_recv_numbered(to, NULL) != 0)
		;
}

void fill_and_empty(struct vdelink *a, struct vdelink *b)
{
	unsigned int sent = 0, received = 0;

	while (send_numbered(a, sent + 1, 1514) == 1)
		assert_in_range(++sent, 1, 100000);
	assert_int_not_equal(sent, 0);
	while (a != b && serve(a, 0))
		; /* what was left from opening */
	vdelink_want_write(a, true);
	while (received < sent) {
		assert_int_equal(recv_numbered(b, NULL), received + 1);
		received++;
	}
	assert_true(serve(a, PATIENCE_MS));
	assert_int_equal(send_numbered(a, sent + 1, 1514), 1);
	vdelink_want_write(a, false);
	assert_int_equal(recv_numbered(b, NULL), sent + 1);
	/* One event that nobody wanted may be left; then it is silent. */
	for (int i = 0; serve(a, 0); i++)
		assert_in_range(i, 0, 5);
}
