/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Links to a vde_switch that ends and comes back. */
#include "links.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

/* The switch is a child of the test. Its console is a pipe that stays open and empty. */
static pid_t switch_pid = -1;
static int console = -1;

static void switch_start(void)
{
	int pipe_fd[2];
	char place[64];

	assert_int_equal(pipe(pipe_fd), 0);
	snprintf(place, sizeof place, "%s/switch", directory);
	switch_pid = fork();
	assert_int_not_equal(switch_pid, -1);
	if (switch_pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(pipe_fd[0], 0);
		close(pipe_fd[0]);
		close(pipe_fd[1]);
		if (freopen("/dev/null", "w", stdout) == NULL)
			_exit(127);
		execlp("vde_switch", "vde_switch", "-s", place, (char *)NULL);
		_exit(127);
	}
	close(pipe_fd[0]);
	console = pipe_fd[1];
}

static void switch_stop(int signal_number)
{
	int status;

	assert_int_equal(kill(switch_pid, signal_number), 0);
	assert_int_equal(waitpid(switch_pid, &status, 0), switch_pid);
	switch_pid = -1;
	close(console);
}

static struct vdelink *open_when_there(void)
{
	struct vdelink *link = NULL;
	char vnl[64];

	snprintf(vnl, sizeof vnl, "vde://%s/switch", directory);
	for (int i = 0; vdelink_open(vnl, "test", &link) < 0; i++) {
		assert_in_range(i, 0, 3000);
		poll(NULL, 0, 10);
	}
	return link;
}

static void test_switch(void **state)
{
	struct vdelink *a, *b;
	size_t len;

	(void)state;
	switch_start();
	a = open_when_there();
	b = open_when_there();
	for (unsigned int i = 1; i <= 50; i++) {
		assert_int_equal(send_numbered(a, i, 18 + i * 30), 1);
		assert_int_equal(recv_numbered(b, &len), i);
		assert_int_equal(len, 18 + i * 30);
	}
	vdelink_close(a);
	vdelink_close(b);
	switch_stop(SIGTERM);
}

/* Of this process. */
static int threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	int count = -2; /* . and .. */

	assert_non_null(tasks);
	while (readdir(tasks) != NULL)
		count++;
	closedir(tasks);
	return count;
}

static void lose_and_reopen(int signal_number)
{
	struct vdelink *a, *b;
	struct vdelink_stats stats;

	switch_start();
	a = open_when_there();
	b = open_when_there();
	vdelink_set_direct(b);
	send_until_received(a, b);
	for (int i = 0; i < 2; i++) {
		int fd = vdelink_fd(a);

		switch_stop(signal_number);
		wait_for_state(a, VDELINK_LOST);
		wait_for_state(b, VDELINK_LOST);
		assert_int_equal(vdelink_direct_fd(b), -1);
		/* Frames are dropped; nobody waits. */
		for (unsigned int j = 0; j < 1000; j++)
			assert_int_equal(send_numbered(a, 9, 1514), 1);
		/* Some attempts fail. */
		for (int j = 0; j < 2; j++) {
			wait_for_state(a, VDELINK_REOPENING);
			wait_for_state(a, VDELINK_LOST);
		}
		switch_start();
		wait_for_state(a, VDELINK_UP);
		wait_for_state(b, VDELINK_UP);
		assert_int_equal(vdelink_fd(a), fd);
		assert_int_not_equal(vdelink_direct_fd(b), -1);
		send_until_received(a, b);
	}
	vdelink_get_stats(a, &stats);
	assert_int_equal(stats.losses, 2);
	assert_int_equal(stats.reopenings, 2);
	assert_in_range(stats.tx_dropped, 2000, 2100);
	vdelink_close(a);
	vdelink_close(b);
	switch_stop(SIGTERM);
}

static void test_terminated(void **state)
{
	(void)state;
	lose_and_reopen(SIGTERM);
}

static void test_killed(void **state)
{
	(void)state;
	lose_and_reopen(SIGKILL);
}

/* A switch that is about to answer. */
static void test_close_while_reopening(void **state)
{
	struct vdelink *link;

	(void)state;
	switch_start();
	link = open_when_there();
	switch_stop(SIGTERM);
	wait_for_state(link, VDELINK_LOST);
	switch_start();
	wait_for_state(link, VDELINK_REOPENING);
	vdelink_close(link);
	switch_stop(SIGTERM);
}

/* One that takes connections and never answers (it was stopped): the thread stays inside of
 * vde_open, and closing leaves it there. Then the switch ends: so does the thread. */
static void test_close_while_stuck(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct vdelink *link;
	char place[64];
	int listening, before = threads(); /* a sanitizer may have one of its own */

	(void)state;
	switch_start();
	link = open_when_there();
	switch_stop(SIGKILL);
	snprintf(place, sizeof place, "%s/switch", directory);
	snprintf(address.sun_path, sizeof address.sun_path, "%s/ctl", place);
	(void)mkdir(place, 0700);
	unlink(address.sun_path);
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(listening, 1), 0);
	wait_for_state(link, VDELINK_LOST);
	wait_for_state(link, VDELINK_REOPENING);
	assert_int_equal(poll(&(struct pollfd){.fd = listening, .events = POLLIN}, 1, PATIENCE_MS), 1);
	assert_int_equal(vdelink_state(link), VDELINK_REOPENING);
	vdelink_close(link);
	close(listening);
	for (int i = 0; threads() > before; i++) {
		assert_in_range(i, 0, 3000);
		poll(NULL, 0, 10);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, links_setup, links_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(switch),
		TEST(terminated),
		TEST(killed),
		TEST(close_while_reopening),
		TEST(close_while_stuck),
	};

	signal(SIGPIPE, SIG_IGN);
	if (system("command -v vde_switch >/dev/null") != 0) {
		puts("SKIP: no vde_switch");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
