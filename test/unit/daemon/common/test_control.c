/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The control socket: requests, mistakes, and clients that mean no good. The test turns the loop.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <cmocka.h>

#include "control.h"

#define LONG_ANSWER (4u << 20)

static struct loop loop;
static struct control *control;
static char directory[] = "/tmp/test_control.XXXXXX";
static char path[64];

static int run_echo(void *context, const char *argument, FILE *answer)
{
	assert_ptr_equal(context, &loop);
	fprintf(answer, "<%s>\n", argument);
	return 0;
}

static int run_fail(void *context, const char *argument, FILE *answer)
{
	return -EBUSY;
}

static int run_explain(void *context, const char *argument, FILE *answer)
{
	fputs("this is why\n", answer);
	return -EINVAL;
}

static int run_long(void *context, const char *argument, FILE *answer)
{
	for (unsigned int i = 0; i < LONG_ANSWER / 16; i++)
		fputs("sixteen letters\n", answer);
	return 0;
}

static const struct control_verb own[] = {
    {"echo", "WORD", "says WORD", run_echo},
    {"fail", NULL, "fails", run_fail},
};
static const struct control_verb shared[] = {
    {"explain", NULL, "fails, and says why", run_explain},
    {"long", NULL, "says a lot", run_long},
};
static const struct control_verbs parts[CONTROL_PARTS] = {{own, 2}, {shared, 2}};

static int begin(void **state)
{
	if (!mkdtemp(strcpy(directory, "/tmp/test_control.XXXXXX")) || loop_init(&loop) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/ctl", directory);
	return control_open(&control, &loop, path, parts, &loop);
}

static int end(void **state)
{
	control_close(control);
	loop_fini(&loop);
	return rmdir(directory); /* the socket is gone */
}

static int dial(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void turn(void)
{
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(loop_turn(&loop, 0), 0);
}

/* All that comes until the end of the stream; then closes. */
static char *read_all(int fd, size_t *len)
{
	static char answer[LONG_ANSWER + 16];

	*len = 0;
	for (;;) {
		ssize_t n = read(fd, answer + *len, sizeof(answer) - 1 - *len);

		if (n == 0)
			break;
		if (n < 0)
			assert_int_equal(errno, EAGAIN);
		*len += n > 0 ? (size_t)n : 0;
		assert_int_equal(loop_turn(&loop, 0), 0);
	}
	answer[*len] = '\0';
	close(fd);
	return answer;
}

static const char *ask(const char *request)
{
	int fd = dial();
	size_t len;

	assert_int_equal(write(fd, request, strlen(request)), strlen(request));
	return read_all(fd, &len);
}

static void test_requests(void **state)
{
	struct stat status;

	assert_string_equal(ask("echo  one \n"), "ok\n<one>\n");
	assert_string_equal(ask("echo one two\n"), "error: 'echo' has one argument: WORD\n");
	assert_string_equal(ask("echo x\r\n"), "ok\n<x>\n");
	assert_string_equal(ask("fail\n"), "error: Device or resource busy\n");
	assert_string_equal(ask("explain\nmore\n"), "error: this is why\n");
	assert_string_equal(ask("explain why\n"), "error: 'explain' has no argument\n");
	assert_string_equal(ask("echo\n"), "error: 'echo' needs an argument: WORD\n");
	assert_string_equal(
	    ask("x y\n"), "error: unknown request 'x'; 'help' lists those that there are\n");
	assert_string_equal(
	    ask("\n"), "error: unknown request ''; 'help' lists those that there are\n");
	assert_string_equal(ask("help\n"), "ok\necho WORD\tsays WORD\nfail\tfails\n"
	                                   "explain\tfails, and says why\nlong\tsays a lot\n");
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
}

/* A request byte by byte; an answer that does not fit into the socket's buffer. */
static void test_pieces(void **state)
{
	const char *request = "echo slowly\n";
	int fd = dial();
	size_t len;

	for (const char *byte = request; *byte; byte++) {
		assert_int_equal(write(fd, byte, 1), 1);
		turn();
	}
	assert_string_equal(read_all(fd, &len), "ok\n<slowly>\n");
	fd = dial();
	assert_int_equal(write(fd, "long\n", 5), 5);
	turn();
	read_all(fd, &len);
	assert_int_equal(len, 3 + LONG_ANSWER);
}

static void assert_cut_off(int fd)
{
	char byte;
	ssize_t len = read(fd, &byte, 1);

	assert_true(len == 0 || (len < 0 && errno == ECONNRESET));
	close(fd);
}

static void test_endless_request(void **state)
{
	char request[CONTROL_REQUEST_MAX + 1];
	int fd = dial();

	memset(request, 'x', sizeof(request));
	assert_int_equal(write(fd, request, sizeof(request)), sizeof(request));
	turn();
	assert_cut_off(fd);
}

/* Those who come and go without a word, or leave before their answer. */
static void test_leavers(void **state)
{
	for (unsigned int i = 0; i < 3 * CONTROL_CLIENTS; i++) {
		int fd = dial();

		if (i % 3 == 1)
			assert_int_equal(write(fd, "long\n", 5), 5);
		if (i % 3 == 2)
			assert_int_equal(write(fd, "ech", 3), 3);
		if (i % 2)
			turn();
		close(fd);
		turn();
	}
	assert_string_equal(ask("echo still\n"), "ok\n<still>\n");
}

/* More silent clients than places: the oldest go, and others are served. */
static void test_crowd(void **state)
{
	int silent[CONTROL_CLIENTS + 3];
	char byte;

	for (size_t i = 0; i < CONTROL_CLIENTS + 3; i++) {
		silent[i] = dial();
		turn();
	}
	assert_string_equal(ask("echo served\n"), "ok\n<served>\n");
	for (size_t i = 0; i < CONTROL_CLIENTS + 3; i++) {
		if (i < 4) {
			assert_cut_off(silent[i]);
			continue;
		}
		assert_int_equal(read(silent[i], &byte, 1), -1);
		assert_int_equal(errno, EAGAIN);
		close(silent[i]);
	}
}

/* One that sends nothing, one that reads nothing. The clock is the loop's, set forward. */
static void test_patience(void **state)
{
	int silent = dial(), deaf = dial();
	struct timerq_timer *timer;

	assert_int_equal(write(deaf, "long\n", 5), 5);
	turn();
	while ((timer = timerq_expired(&loop.timers, loop_clock() + 2 * CONTROL_PATIENCE)))
		timerq_entry(timer, struct loop_timer, timer)
		    ->function(timerq_entry(timer, struct loop_timer, timer));
	assert_cut_off(silent);
	while (read(deaf, (char[4096]){0}, 4096) > 0)
		;
	assert_cut_off(deaf);
}

static void test_second(void **state)
{
	struct control *second;

	assert_int_equal(control_open(&second, &loop, path, parts, &loop), -EADDRINUSE);
	assert_string_equal(ask("echo first\n"), "ok\n<first>\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_requests),
	    TEST(test_pieces),
	    TEST(test_endless_request),
	    TEST(test_leavers),
	    TEST(test_crowd),
	    TEST(test_patience),
	    TEST(test_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
