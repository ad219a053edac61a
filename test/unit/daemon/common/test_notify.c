/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the service manager gets, at a path and at an abstract name. */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <cmocka.h>

#include "loop.h"
#include "notify.h"

static int listen_at(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	size_t len = strlen(name);

	assert_true(fd >= 0);
	memcpy(address.sun_path, name, len);
	if (*name == '@')
		address.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
	                     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
	    0);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static const char *next(int fd)
{
	static char text[1024];
	ssize_t len = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[len > 0 ? len : 0] = '\0';
	return text;
}

static void exchange(const char *name)
{
	loop_time before = loop_clock() / LOOP_USEC;
	int fd = listen_at(name);
	uint64_t when = 0;

	notify_ready(NULL);
	assert_string_equal(next(fd), "READY=1\n");
	notify_ready("all is well");
	assert_string_equal(next(fd), "READY=1\nSTATUS=all is well\n");
	notify_reloading();
	assert_int_equal(sscanf(next(fd), "RELOADING=1\nMONOTONIC_USEC=%" SCNu64 "\n", &when), 1);
	assert_in_range(when, before, loop_clock() / LOOP_USEC);
	notify_stopping();
	assert_string_equal(next(fd), "STOPPING=1\n");
	close(fd);
	assert_true(notify_send("x") < 0); /* nobody listens, and nobody waits */
}

static void test_path(void **state)
{
	char directory[] = "/tmp/test_notify.XXXXXX", name[64];

	assert_non_null(mkdtemp(directory));
	snprintf(name, sizeof(name), "%s/socket", directory);
	exchange(name);
	unlink(name);
	rmdir(directory);
}

static void test_abstract(void **state)
{
	char name[64];

	snprintf(name, sizeof(name), "@test_notify/%d", (int)getpid());
	exchange(name);
}

static void test_none(void **state)
{
	char name[200];

	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify_send("x"), 0);
	setenv("NOTIFY_SOCKET", "", 1);
	assert_int_equal(notify_send("x"), 0);
	setenv("NOTIFY_SOCKET", "vsock:2:1", 1);
	assert_int_equal(notify_send("x"), -EAFNOSUPPORT);
	memset(name, '/', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(notify_send("x"), -ENAMETOOLONG);
	setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
	assert_int_equal(notify_send("x"), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_path),
	    cmocka_unit_test(test_abstract),
	    cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
