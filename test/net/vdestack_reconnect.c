/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two stacks whose switch dies and comes back: vdestack_switch_dies.sh says when, by lines on the
 * standard input. */
#include "vdestack_test.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/socket.h>

static const char *vnl;

static void await_line(const char *expected)
{
	char line[64];

	assert_non_null(fgets(line, sizeof(line), stdin));
	line[strcspn(line, "\n")] = '\0';
	assert_string_equal(line, expected);
}

static double cpu_seconds(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void test_reconnect(void **state)
{
	struct vdestack *a = stack_with_address(vnl, "10.0.0.1");
	struct vdestack *b = stack_with_address(vnl, "10.0.0.2");
	int listening = listen_at(b, 5000);
	int client = connect_to(a, "10.0.0.2", 5000);
	int server = accept(listening, NULL, NULL);
	struct pollfd readable = {.fd = server, .events = POLLIN};
	double before;

	assert_connected(client, server);
	puts("connected");
	await_line("lost");
	before = cpu_seconds();
	assert_int_equal(write(client, "hello", 5), 5);
	/* As on a pulled cable: nothing arrives, nobody is told of an error, nothing is busy. */
	assert_int_equal(poll(&readable, 1, 2000), 0);
	assert_true(cpu_seconds() - before < 0.5);
	puts("idle");
	await_line("back");
	assert_int_equal(poll(&readable, 1, 60000), 1);
	assert_connected(server, client);
	char buf[5];
	assert_int_equal(recv(server, buf, sizeof(buf), MSG_WAITALL), 5);
	puts("resumed");
	close(client);
	close(server);
	close(listening);
	vde_delstack(a);
	vde_delstack(b);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_reconnect)};

	setvbuf(stdout, NULL, _IOLBF, 0);
	skip_without_namespaces();
	if (argc < 2)
		return 2;
	vnl = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
