/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The control socket: clients that come, write, shut their half and go, in any order, while the
 * loop turns. Afterwards a request is still answered.
 *
 * A byte says what happens: which of four clients, and whether it connects, writes the next bytes
 * (their number follows), ends its half, reads or leaves. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "control.h"

#define CLIENTS 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sockaddr_un name = {.sun_family = AF_UNIX};
static struct loop loop;
static struct control *control;

static int run_echo(void *context, const char *argument, FILE *answer)
{
	/* One line of printable or other bytes, but no line's end and no NUL. */
	if (strlen(argument) >= CONTROL_REQUEST_MAX || strchr(argument, '\n'))
		abort();
	fprintf(answer, "%s\n", argument);
	return 0;
}

static int run_long(void *context, const char *argument, FILE *answer)
{
	/* More than a socket takes at once, and in one piece: an input may ask for it a thousand times,
	 * and the time is to be spent on connections. */
	static char text[300000];

	memset(text, '.', sizeof(text));
	fwrite(text, 1, sizeof(text), answer);
	return 0;
}

static const struct control_verb verbs[] = {
    {"e", "WORD", "says WORD", run_echo},
    {"l", NULL, "says a lot", run_long},
};

static void finish(void)
{
	control_close(control);
	loop_fini(&loop);
}

static void begin(void)
{
	static const struct control_verbs parts[CONTROL_PARTS] = {{verbs, 2}};

	snprintf(name.sun_path, sizeof(name.sun_path), "/tmp/fuzz_control.%d", (int)getpid());
	if (loop_init(&loop) < 0 || control_open(&control, &loop, name.sun_path, parts, NULL) < 0)
		abort();
	atexit(finish);
}

static void turn(void)
{
	if (loop_turn(&loop, 0) < 0)
		abort();
}

static int dial(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		abort();
	while (connect(fd, (const struct sockaddr *)&name, sizeof(name)) < 0) {
		if (errno != EAGAIN) /* so many have connected without a turn */
			abort();
		turn();
	}
	return fd;
}

/* A line, and the beginning of its answer. */
static void assert_served(void)
{
	char answer[16] = "";
	int fd = dial();

	if (write(fd, "e x\n", 4) != 4)
		abort();
	for (unsigned int i = 0; i < 100 && recv(fd, answer, 5, MSG_PEEK) < 5; i++)
		turn();
	if (strcmp(answer, "ok\nx\n") != 0)
		abort();
	close(fd);
	turn();
}

static size_t act(int *fd, unsigned int what, const uint8_t *data, size_t size)
{
	char buffer[4096];
	size_t len = size > 0 && data[0] < size ? data[0] : 0;

	if (*fd < 0) {
		*fd = dial();
		return 0;
	}
	switch (what % 4) {
	case 0:
		if (len > 0)
			(void)!send(*fd, data + 1, len, MSG_NOSIGNAL);
		return len + (size > 0);
	case 1:
		(void)shutdown(*fd, SHUT_WR);
		return 0;
	case 2:
		(void)!recv(*fd, buffer, sizeof(buffer), 0);
		return 0;
	default:
		close(*fd);
		*fd = -1;
		return 0;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd[CLIENTS] = {-1, -1, -1, -1};

	if (!control)
		begin();
	while (size > 0) {
		unsigned int byte = *data++;
		size_t used = act(&fd[byte % CLIENTS], byte / CLIENTS, data, --size);

		data += used;
		size -= used;
		if (byte & 0x80)
			turn();
	}
	turn();
	for (unsigned int i = 0; i < CLIENTS; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
	}
	turn();
	assert_served();
	return 0;
}
