/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many threads on one stack, over links of each kind. */
#include "host.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/stat.h>

#define THREADS 4
#define ROUNDS  200

static void *echo_client(void *argument)
{
	struct picox *stack = ((void **)argument)[0];
	int fd = picox_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	char text[8] = "";

	for (int i = 0; i < ROUNDS; i++) {
		host_send4(fd, "10.0.0.2", 7, &i, sizeof(i));
		if (picox_recv(fd, text, sizeof(text), 0) != sizeof(i) || memcmp(text, &i, sizeof(i)) != 0)
			break;
		if (i == ROUNDS - 1)
			((void **)argument)[1] = stack;
	}
	picox_close(fd);
	return NULL;
}

static void *echo_server(void *argument)
{
	int fd = *(int *)argument;
	struct sockaddr_in from;
	char text[64];
	ssize_t got;

	for (;;) {
		socklen_t len = sizeof(from);
		got = picox_recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&from, &len);
		if (got <= 0)
			return NULL;
		picox_sendto(fd, text, (size_t)got, 0, (struct sockaddr *)&from, len);
	}
}

static void run_threads_on(const char *vnl_a, const char *vnl_b, const char *options)
{
	struct picox *a = host_new(vnl_a, options, "10.0.0.1");
	struct picox *b = host_new(vnl_b, options, "10.0.0.2");
	int fd = host_udp4(b, "10.0.0.2", 7);
	pthread_t clients[THREADS], servers[2];
	void *argument[THREADS][2] = {0};

	for (int i = 0; i < 2; i++)
		pthread_create(&servers[i], NULL, echo_server, &fd);
	for (int i = 0; i < THREADS; i++) {
		argument[i][0] = a;
		pthread_create(&clients[i], NULL, echo_client, argument[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(clients[i], NULL);
		assert_ptr_equal(argument[i][1], a);
	}
	host_send4(fd, "10.0.0.2", 7, "", 0);
	host_send4(fd, "10.0.0.2", 7, "", 0);
	pthread_join(servers[0], NULL);
	pthread_join(servers[1], NULL);
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(picox_delstack(a), 0);
	assert_int_equal(picox_delstack(b), 0);
}

static void run_threads(const char *vnl, const char *options)
{
	run_threads_on(vnl, vnl, options);
}

/* A link with a descriptor, that sanitizers permit: two commands and two pipes. */
static void run_threads_by_command(const char *options)
{
	char dir[] = "/tmp/run.XXXXXX", vnl[2][160], name[2][64];

	assert_non_null(mkdtemp(dir));
	for (int i = 0; i < 2; i++) {
		snprintf(name[i], sizeof(name[i]), "%s/%d", dir, i);
		assert_int_equal(mkfifo(name[i], 0600), 0);
	}
	for (int i = 0; i < 2; i++)
		snprintf(
		    vnl[i], sizeof(vnl[i]), "=exec 3<&0; cat <&3 >%s & exec cat %s", name[i], name[!i]);
	run_threads_on(vnl[0], vnl[1], options);
	unlink(name[0]);
	unlink(name[1]);
	rmdir(dir);
}

static void test_threads_command(void **state)
{
	run_threads_by_command(NULL);
}

static void test_threads_command_busy(void **state)
{
	run_threads_by_command("busy_poll=50");
}

static void test_threads_mem(void **state)
{
	run_threads("mem://threads", NULL);
}

static void test_threads_busy(void **state)
{
	run_threads("mem://threads", "busy_poll=50");
}

static void test_threads_ptp(void **state)
{
	char dir[] = "/tmp/run.XXXXXX", vnl[64];

	if (!HOST_HAS_VDEPLUG)
		skip();
	assert_non_null(mkdtemp(dir));
	snprintf(vnl, sizeof(vnl), "ptp://%s/p", dir);
	run_threads(vnl, NULL);
	rmdir(dir);
}

/* Threads of ours; a new one gives itself its name. */
static unsigned int pollers(void)
{
	DIR *tasks = opendir("/proc/self/task");
	const struct dirent *entry;
	unsigned int count = 0;

	assert_non_null(tasks);
	while ((entry = readdir(tasks))) {
		char path[300], name[16] = "";
		FILE *file;

		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		count += fgets(name, sizeof(name), file) && strcmp(name, "picox\n") == 0;
		fclose(file);
	}
	closedir(tasks);
	return count;
}

static void await_pollers(unsigned int count)
{
	for (int i = 0; i < 5000 && pollers() != count; i++)
		usleep(1000);
	assert_int_equal(pollers(), count);
}

/* As many as the stack that asked for most; no more than stacks; none without. */
static void test_pollers(void **state)
{
	struct picox *stacks[6];

	for (unsigned int i = 0; i < 6; i++) {
		stacks[i] = picox_newstackv(NULL, i == 2 ? "pollers=4" : "pollers=1");
		assert_non_null(stacks[i]);
		await_pollers(i < 2 ? 1 : i == 2 ? 2 : i == 3 ? 3 : 4);
	}
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(picox_delstack(stacks[i]), 0);
	await_pollers(0);
	stacks[0] = picox_newstackv(NULL, "pollers=1");
	stacks[1] = picox_newstackv(NULL, "pollers=1");
	assert_true(stacks[0] && stacks[1]);
	await_pollers(1);
	assert_int_equal(picox_delstack(stacks[0]), 0);
	assert_int_equal(picox_delstack(stacks[1]), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_threads_mem),
	    cmocka_unit_test(test_threads_busy),
	    cmocka_unit_test(test_threads_ptp),
	    cmocka_unit_test(test_threads_command),
	    cmocka_unit_test(test_threads_command_busy),
	    cmocka_unit_test(test_pollers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
