/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The control socket: requests and notifications, hostile clients, who may connect, the file's
 * life. */
#include "host.h"

#include "ctl_protocol.h"
#include "nlq_message.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

static char dir[] = "/tmp/ctl.XXXXXX";
static char path[64], option[80];

static int setup(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/ctl.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/s", dir);
	snprintf(option, sizeof(option), "ctl=%s", path);
	return 0;
}

static int teardown(void **state)
{
	unlink(path);
	return rmdir(dir); /* nothing else was left */
}

static int try_client(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0)
		return fd;
	close(fd);
	return -errno;
}

static int client(void)
{
	int fd = try_client();

	assert_true(fd >= 0);
	return fd;
}

/* A record; fails the test if none comes. 0: the connection's end. */
static ssize_t record(int fd, void *buffer, size_t size)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&wait, 1, 60000), 1);
	ssize_t len = recv(fd, buffer, size, 0);
	return len < 0 && errno == ECONNRESET ? 0 : len;
}

static void request(int fd, uint16_t type, uint16_t flags, const void *body, size_t len)
{
	NLQ_BUFFER(buffer, 512);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));

	nlq_build_message(&builder, type, NLM_F_REQUEST | flags, 7, 0);
	nlq_build_bytes(&builder, body, len);
	assert_non_null(nlq_build_finish(&builder));
	assert_int_equal(send(fd, buffer, builder.used, MSG_NOSIGNAL), builder.used);
}

static int result_of(int fd)
{
	NLQ_BUFFER(buffer, CTL_RECORD_MAX);
	ssize_t len = record(fd, buffer, sizeof(buffer));
	struct nlq_reader reader = nlq_reader(buffer, (size_t)len);
	const struct nlmsghdr *message = nlq_next_message(&reader);

	assert_non_null(message);
	assert_int_equal(message->nlmsg_type, NLMSG_ERROR);
	return nlq_message_result(message);
}

/* Types of the messages of a dump, counted. */
static unsigned int dump(
    int fd, uint16_t type, uint16_t expected, const void *body, size_t body_len)
{
	NLQ_BUFFER(buffer, CTL_RECORD_MAX);
	unsigned int count = 0;

	request(fd, type, NLM_F_DUMP, body, body_len);
	for (;;) {
		ssize_t len = record(fd, buffer, sizeof(buffer));
		struct nlq_reader reader = nlq_reader(buffer, (size_t)len);
		const struct nlmsghdr *message;

		assert_true(len > 0);
		while ((message = nlq_next_message(&reader))) {
			if (message->nlmsg_type == NLMSG_DONE)
				return count;
			assert_int_equal(message->nlmsg_type, expected);
			count++;
		}
		assert_int_equal(reader.error, 0);
	}
}

static void test_requests(void **state)
{
	struct picox *stack = host_new("mem://ctl", option, "10.0.0.1");
	const struct ifinfomsg any = {0}, down = {.ifi_index = 2, .ifi_change = IFF_UP};
	const struct ifinfomsg none = {.ifi_index = 99};
	const uint32_t groups = RTMGRP_LINK;
	NLQ_BUFFER(buffer, CTL_RECORD_MAX);
	struct stat status;
	int fd = client(), listener = client();

	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(dump(fd, RTM_GETLINK, RTM_NEWLINK, &any, sizeof(any)), 2);
	assert_true(dump(fd, CTL_COUNTERS, CTL_COUNTERS, "", 0) > 100);
	request(listener, CTL_GROUPS, NLM_F_ACK, &groups, sizeof(groups));
	assert_int_equal(result_of(listener), 0);
	request(listener, CTL_GROUPS, NLM_F_ACK, "", 0);
	assert_int_equal(result_of(listener), -EINVAL);
	/* An error, with words. */
	request(fd, RTM_NEWLINK, NLM_F_ACK, &none, sizeof(none));
	assert_int_equal(result_of(fd), -ENODEV);
	request(fd, RTM_NEWLINK, NLM_F_ACK, &down, sizeof(down));
	assert_int_equal(result_of(fd), 0);
	assert_true(record(listener, buffer, sizeof(buffer)) > 0);
	assert_int_equal(((struct nlmsghdr *)(void *)buffer)->nlmsg_type, RTM_NEWLINK);
	/* Connections do not keep a stack; they end with it. */
	assert_int_equal(picox_delstack(stack), 0);
	assert_int_equal(record(fd, buffer, sizeof(buffer)), 0);
	assert_int_equal(record(listener, buffer, sizeof(buffer)), 0);
	assert_int_equal(access(path, F_OK), -1);
	close(fd);
	close(listener);
}

static void test_garbage(void **state)
{
	struct picox *stack = picox_newstackv(NULL, option);
	const struct ifinfomsg any = {0};
	static char huge[CTL_RECORD_MAX + 1];
	NLQ_BUFFER(buffer, CTL_RECORD_MAX);
	int fd = client(), good = client();

	assert_non_null(stack);
	/* Half messages, lengths that lie, noise: passed over. */
	for (unsigned int len = 1; len < 64; len++) {
		memset(huge, (int)(len * 37), len);
		assert_int_equal(send(fd, huge, len, MSG_NOSIGNAL), len);
	}
	assert_int_equal(dump(fd, RTM_GETLINK, RTM_NEWLINK, &any, sizeof(any)), 1);
	/* More than any request. */
	assert_int_equal(send(fd, huge, sizeof(huge), MSG_NOSIGNAL), sizeof(huge));
	assert_int_equal(record(fd, buffer, sizeof(buffer)), 0);
	assert_int_equal(dump(good, RTM_GETLINK, RTM_NEWLINK, &any, sizeof(any)), 1);
	close(fd);
	close(good);
	assert_int_equal(picox_delstack(stack), 0);
}

/* It asks and never reads; it listens and never reads; the stack goes on, its memory does not. */
static void test_never_reading(void **state)
{
	struct picox *stack = host_new("mem://ctl", option, "10.0.0.1");
	const struct ifinfomsg any = {0};
	const uint32_t groups = RTMGRP_LINK;
	int asks = client(), listens = client(), good = client();
	NLQ_BUFFER(buffer, CTL_RECORD_MAX);
	bool overrun = false;

	request(listens, CTL_GROUPS, 0, &groups, sizeof(groups));
	for (unsigned int i = 0; i < 100000; i++) {
		const struct {
			struct nlmsghdr header;
			struct ifinfomsg body;
		} get = {{sizeof(get), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, i, 0}, any};

		if (send(asks, &get, sizeof(get), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			break;
	}
	assert_int_equal(errno, EAGAIN); /* its requests wait in the kernel */
	for (unsigned int i = 0; i < 2000; i++) {
		const struct ifinfomsg flip = {
		    .ifi_index = 2, .ifi_flags = i & 1 ? IFF_UP : 0, .ifi_change = IFF_UP};
		request(good, RTM_NEWLINK, NLM_F_ACK, &flip, sizeof(flip));
		assert_int_equal(result_of(good), 0);
	}
	runtime_lock(stack);
	assert_true(px_mem_used(stack->px->mem) < 2 << 20);
	runtime_leave(stack);
	/* Who was lost to is told when it reads. */
	while (!overrun) {
		assert_true(record(listens, buffer, sizeof(buffer)) > 0);
		overrun = ((struct nlmsghdr *)(void *)buffer)->nlmsg_type == NLMSG_OVERRUN;
	}
	close(asks);
	close(listens);
	close(good);
	assert_int_equal(picox_delstack(stack), 0);
}

static void test_many(void **state)
{
	struct picox *stack = picox_newstackv(NULL, option);
	const struct ifinfomsg any = {0};
	int fds[64], refused = 0;

	assert_non_null(stack);
	for (int i = 0; i < 64; i++)
		fds[i] = client();
	/* All have been looked at when the last one has its answer. */
	for (int i = 0; i < 64; i++) {
		NLQ_BUFFER(buffer, CTL_RECORD_MAX);
		struct nlmsghdr *message = (struct nlmsghdr *)(void *)buffer;
		const struct {
			struct nlmsghdr header;
			struct ifinfomsg body;
		} get = {{sizeof(get), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0}, any};

		if (send(fds[i], &get, sizeof(get), MSG_NOSIGNAL) < 0)
			assert_int_equal(errno, EPIPE);
		assert_true(record(fds[i], buffer, sizeof(buffer)) > 0);
		if (message->nlmsg_type == NLMSG_ERROR) {
			assert_int_equal(nlq_message_result(message), -EUSERS);
			refused++;
		}
	}
	assert_int_equal(refused, 32);
	for (int i = 0; i < 64; i++)
		close(fds[i]);
	/* There is room again, and a thousand more come and go. */
	for (int i = 0; i < 1000; i++)
		close(client());
	for (int fd = client();; fd = client()) {
		NLQ_BUFFER(buffer, CTL_RECORD_MAX);
		struct nlmsghdr *message = (struct nlmsghdr *)(void *)buffer;

		request(fd, RTM_GETLINK, NLM_F_DUMP, &any, sizeof(any));
		assert_true(record(fd, buffer, sizeof(buffer)) > 0);
		close(fd);
		if (message->nlmsg_type == RTM_NEWLINK)
			break;
	}
	assert_int_equal(picox_delstack(stack), 0);
}

/* What lies at the path: somebody who listens, something else, a socket that was left behind. */
static void test_path(void **state)
{
	struct picox *stack = picox_newstackv(NULL, option);
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	char longer[200];
	FILE *file;
	int fd;

	assert_non_null(stack);
	assert_null(picox_newstackv(NULL, option));
	assert_int_equal(errno, EADDRINUSE);
	assert_non_null(strstr(picox_error(), path));
	assert_int_equal(picox_delstack(stack), 0);

	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	assert_null(picox_newstackv(NULL, option));
	assert_int_equal(errno, EEXIST);
	unlink(path);

	fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	close(fd);
	stack = picox_newstackv(NULL, option);
	assert_non_null(stack);
	close(client());
	/* Another's file in its place is not removed. */
	unlink(path);
	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	assert_int_equal(picox_delstack(stack), 0);
	assert_int_equal(unlink(path), 0);

	memset(longer, 'x', sizeof(longer) - 1);
	memcpy(longer, "ctl=/", 5);
	longer[sizeof(longer) - 1] = '\0';
	assert_null(picox_newstackv(NULL, longer));
	assert_int_equal(errno, ENAMETOOLONG);
	assert_null(picox_newstackv(NULL, "ctl=/nonexistent/dir/s"));
	assert_int_equal(errno, ENOENT);
}

/* The child removes nothing and answers nothing; the parent's goes on. */
static void test_fork(void **state)
{
	struct picox *stack = picox_newstackv(NULL, option);
	const struct ifinfomsg any = {0};
	int fd = client(), status;
	pid_t pid;

	assert_non_null(stack);
	assert_int_equal(dump(fd, RTM_GETLINK, RTM_NEWLINK, &any, sizeof(any)), 1);
	pid = fork();
	if (pid == 0) {
		int ok = picox_delstack(stack) == 0 && access(path, F_OK) == 0;
		host_exit_child(!ok);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(dump(fd, RTM_GETLINK, RTM_NEWLINK, &any, sizeof(any)), 1);
	close(fd);
	assert_int_equal(picox_delstack(stack), 0);
}

/* exit(3) removes the socket. */
static void test_exit(void **state)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct picox *stack = picox_newstackv(NULL, option);

		if (!stack || access(path, F_OK) < 0)
			_exit(1);
		exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(access(path, F_OK), -1);
}

struct talker {
	struct picox *stack;
	_Atomic bool stop;
};

/* Datagrams to itself, blocking, as a leader. */
static void *talk(void *argument)
{
	struct talker *talker = argument;
	int to = host_udp4(talker->stack, "127.0.0.1", 1000);
	int from = picox_msocket(talker->stack, AF_INET, SOCK_DGRAM, 0);
	char text[8];

	while (!talker->stop) {
		host_send4(from, "127.0.0.1", 1000, "hello", 5);
		if (picox_recv(to, text, sizeof(text), 0) != 5)
			break;
	}
	picox_close(to);
	picox_close(from);
	return NULL;
}

/* Requests, listeners and a record while the program's own threads are inside the stack. */
static void test_busy(void **state)
{
	char both[160], capture[64];
	NLQ_BUFFER(buffer, CTL_RECORD_MAX);
	int fd, listeners[3];
	const uint32_t groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE;
	struct talker talker = {0};
	pthread_t thread;

	snprintf(capture, sizeof(capture), "%s/pcap", dir);
	snprintf(both, sizeof(both), "%s,pcap=%s", option, capture);
	talker.stack = host_new("mem://ctl", both, "10.0.0.1");
	assert_int_equal(pthread_create(&thread, NULL, talk, &talker), 0);
	fd = client();
	for (int i = 0; i < 3; i++) {
		listeners[i] = client();
		request(listeners[i], CTL_GROUPS, NLM_F_ACK, &groups, sizeof(groups));
		assert_int_equal(result_of(listeners[i]), 0);
	}
	for (unsigned int i = 0; i < 200; i++) {
		const struct ifinfomsg flip = {
		    .ifi_index = 2, .ifi_flags = i & 1 ? IFF_UP : 0, .ifi_change = IFF_UP};

		request(fd, RTM_NEWLINK, NLM_F_ACK, &flip, sizeof(flip));
		assert_int_equal(result_of(fd), 0);
		assert_true(dump(fd, CTL_COUNTERS, CTL_COUNTERS, "", 0) > 100);
		assert_true(record(listeners[0], buffer, sizeof(buffer)) > 0);
		if (i == 100)
			close(listeners[1]);
	}
	talker.stop = true;
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(picox_delstack(talker.stack), 0);
	close(fd);
	close(listeners[0]);
	close(listeners[2]);
	unlink(capture);
}

/* Out of descriptors, connections wait; those that are go on. */
static void test_descriptors(void **state)
{
	struct picox *stack = picox_newstackv(NULL, option);
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), spare[64], used = 0;
	const struct ifinfomsg any = {0};
	struct rlimit before, few;
	int other = client();

	assert_non_null(stack);
	/* Accepted. */
	assert_int_equal(dump(other, RTM_GETLINK, RTM_NEWLINK, &any, sizeof(any)), 1);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = (rlim_t)other + 30;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	while (used < 64 && (spare[used] = dup(fd)) >= 0)
		used++;
	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	/* Behind the one that cannot be accepted. */
	assert_int_equal(dump(other, RTM_GETLINK, RTM_NEWLINK, &any, sizeof(any)), 1);
	while (used)
		close(spare[--used]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(dump(fd, RTM_GETLINK, RTM_NEWLINK, &any, sizeof(any)), 1);
	close(fd);
	close(other);
	assert_int_equal(picox_delstack(stack), 0);
}

static unsigned int threads(void)
{
	unsigned int count = 0;
	DIR *tasks = opendir("/proc/self/task");

	assert_non_null(tasks);
	while (readdir(tasks))
		count++;
	closedir(tasks);
	return count;
}

/* The socket is run by the stack's poller. */
static void test_no_thread(void **state)
{
	struct picox *stack = picox_newstackv(NULL, NULL);
	unsigned int without;

	assert_non_null(stack);
	without = threads();
	assert_int_equal(picox_delstack(stack), 0);
	stack = picox_newstackv(NULL, option);
	assert_non_null(stack);
	assert_int_equal(threads(), without);
	assert_int_equal(picox_delstack(stack), 0);
}

static void test_other_user(void **state)
{
	struct picox *stack;
	int status;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	stack = picox_newstackv(NULL, option);
	assert_non_null(stack);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(chmod(path, 0666), 0); /* the credentials alone keep them out */
	pid = fork();
	if (pid == 0) {
		char buffer[256];
		const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)buffer;
		int fd;

		if (setgid(65534) < 0 || setuid(65534) < 0)
			_exit(2);
		fd = try_client();
		if (fd < 0 || recv(fd, buffer, sizeof(buffer), 0) <= 0)
			_exit(3);
		_exit(nlq_message_result(message) == -EPERM ? 0 : 4);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(picox_delstack(stack), 0);
}

/* To open a network takes long: other clients go on; who asked gets the answer when there is one.
 */
static void test_slow_link(void **state)
{
	static const struct ifinfomsg any;
	NLQ_BUFFER(buffer, 512);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	int listener, waiting, gone, other;
	char vnl[64], ctl[40];
	struct picox *stack;
	size_t info;

	if (!HOST_HAS_VDEPLUG)
		skip();
	stack = picox_newstackv(NULL, option);
	listener = host_silent_switch(dir);
	waiting = client();
	gone = client();
	other = client();
	struct pollfd arrived = {.fd = listener, .events = POLLIN};
	snprintf(vnl, sizeof(vnl), "vde://%s", dir);
	nlq_build_message(&builder, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE, 7, 0);
	nlq_build_bytes(&builder, &any, sizeof(any));
	info = nlq_build_nest(&builder, IFLA_LINKINFO);
	nlq_build_attr_string(&builder, IFLA_INFO_KIND, "vde");
	nlq_build_attr_string(&builder, IFLA_INFO_DATA, vnl);
	nlq_build_nest_end(&builder, info);
	assert_non_null(nlq_build_finish(&builder));
	assert_true(send(waiting, buffer, builder.used, 0) > 0);
	assert_true(send(gone, buffer, builder.used, 0) > 0);
	assert_int_equal(poll(&arrived, 1, 60000), 1);
	close(gone); /* does not wait for it */
	assert_int_equal(dump(other, RTM_GETLINK, RTM_NEWLINK, &any, sizeof(any)), 1);
	close(listener);
	assert_true(result_of(waiting) < 0);
	assert_int_equal(dump(waiting, RTM_GETLINK, RTM_NEWLINK, &any, sizeof(any)), 1);
	close(waiting);
	close(other);
	assert_int_equal(picox_delstack(stack), 0);
	snprintf(ctl, sizeof(ctl), "%s/ctl", dir);
	unlink(ctl);
}

static void test_link(void **state)
{
	static const struct ifinfomsg any;
	NLQ_BUFFER(buffer, 512);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	struct picox *stack = picox_newstackv(NULL, option);
	const struct ifinfomsg made = {.ifi_index = 2};
	int fd = client();
	size_t info;

	nlq_build_message(&builder, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE, 7, 0);
	nlq_build_bytes(&builder, &any, sizeof(any));
	info = nlq_build_nest(&builder, IFLA_LINKINFO);
	nlq_build_attr_string(&builder, IFLA_INFO_KIND, "vde");
	nlq_build_attr_string(&builder, IFLA_INFO_DATA, "mem://ctl");
	nlq_build_nest_end(&builder, info);
	assert_non_null(nlq_build_finish(&builder));
	for (int i = 0; i < 3; i++) {
		assert_true(send(fd, buffer, builder.used, 0) > 0);
		assert_int_equal(result_of(fd), 0);
		assert_int_equal(dump(fd, RTM_GETLINK, RTM_NEWLINK, &any, sizeof(any)), 2 + i);
	}
	request(fd, RTM_DELLINK, NLM_F_ACK, &made, sizeof(made));
	assert_int_equal(result_of(fd), 0);
	assert_int_equal(dump(fd, RTM_GETLINK, RTM_NEWLINK, &any, sizeof(any)), 3);
	/* The stack ends while one is being made. */
	assert_true(send(fd, buffer, builder.used, 0) > 0);
	assert_int_equal(picox_delstack(stack), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_requests, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_never_reading, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_many, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_link, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_slow_link, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_path, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_fork, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_exit, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_busy, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_descriptors, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_thread, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_other_user, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
