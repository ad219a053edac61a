/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The helper's protocol, and a helper that is asked what it should not be. */
#include <helper_server.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* ---- messages -------------------------------------------------------------------------------- */

static void test_message(void **state)
{
	int pair[2], sent[2], received[HELPER_DESCRIPTORS_MAX];
	char buf[8];
	unsigned int count;
	size_t len;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(pipe2(sent, O_CLOEXEC), 0);
	assert_int_equal(helper_send(pair[0], "abc", 3, sent, 2, 0), 0);
	len = sizeof(buf);
	assert_int_equal(helper_receive(pair[1], buf, &len, received, &count, MSG_CMSG_CLOEXEC), 0);
	assert_int_equal(len, 3);
	assert_memory_equal(buf, "abc", 3);
	assert_int_equal(count, 2);
	assert_int_equal(write(received[1], "x", 1), 1);
	assert_int_equal(read(sent[0], buf, 1), 1);
	assert_int_equal(fcntl(received[0], F_GETFD), FD_CLOEXEC);
	close(received[0]);
	close(received[1]);

	/* Longer than its room: an error, and its descriptor is not left open. */
	assert_int_equal(helper_send(pair[0], "0123456789", 10, sent, 1, 0), 0);
	len = sizeof(buf);
	assert_int_equal(
	    helper_receive(pair[1], buf, &len, received, &count, MSG_CMSG_CLOEXEC), -EMSGSIZE);
	assert_int_equal(count, 0);

	len = sizeof(buf);
	assert_int_equal(helper_receive(pair[1], buf, &len, received, &count, MSG_DONTWAIT), -EAGAIN);
	assert_int_equal(helper_send(pair[0], "a", 1, sent, HELPER_DESCRIPTORS_MAX + 1, 0), -EINVAL);
	close(pair[0]);
	len = sizeof(buf);
	assert_int_equal(helper_receive(pair[1], buf, &len, received, &count, 0), 0);
	assert_int_equal(len, 0);
	assert_int_equal(helper_send(pair[1], "a", 1, NULL, 0, 0), -EPIPE);
	close(pair[1]);
	close(sent[0]);
	close(sent[1]);
}

/* ---- a helper -------------------------------------------------------------------------------- */

struct peer {
	int requests, channel;
	pid_t pid;
};

static int start_helper(void **state)
{
	struct helper_inherited inherited = {
	    .user_namespace = true, .uid = geteuid(), .gid = getegid()};
	struct peer *peer = malloc(sizeof(*peer));
	struct helper_reply reply;
	int requests[2], channel[2], descriptors[HELPER_DESCRIPTORS_MAX];
	unsigned int count;
	size_t len = sizeof(reply);

	assert_non_null(peer);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, requests), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel), 0);
	inherited.requests = requests[1];
	inherited.channel = channel[1];
	inherited.program = (int)syscall(SYS_pidfd_open, getpid(), 0);
	assert_true(inherited.program >= 0);
	peer->pid = helper_clone(CLONE_NEWUSER, NULL);
	if (peer->pid == 0)
		helper_server(&inherited);
	assert_true(peer->pid > 0);
	close(requests[1]);
	close(channel[1]);
	close(inherited.program);
	peer->requests = requests[0];
	peer->channel = channel[0];
	assert_int_equal(helper_receive(peer->channel, &reply, &len, descriptors, &count, 0), 0);
	assert_int_equal(len, sizeof(reply));
	assert_int_equal(reply.result, 0);
	*state = peer;
	return 0;
}

/* However it was treated, it ends when nobody is left who could ask. */
static int end_helper(void **state)
{
	struct peer *peer = *state;
	int status;

	close(peer->requests);
	close(peer->channel);
	assert_int_equal(waitpid(peer->pid, &status, __WALL), peer->pid);
	assert_int_equal(status, 0);
	free(peer);
	return 0;
}

static int ask(int channel, const struct helper_request *request, struct helper_reply *reply)
{
	int descriptors[HELPER_DESCRIPTORS_MAX];
	unsigned int count;
	size_t len = sizeof(*reply);

	assert_int_equal(helper_send(channel, request, sizeof(*request), NULL, 0, 0), 0);
	assert_int_equal(
	    helper_receive(channel, reply, &len, descriptors, &count, MSG_CMSG_CLOEXEC), 0);
	assert_int_equal(len, sizeof(*reply));
	while (count > 0)
		close(descriptors[--count]);
	return reply->result;
}

static void assert_serves(const struct peer *peer)
{
	struct helper_request request = {.op = HELPER_NEW};
	struct helper_reply reply;

	assert_int_equal(ask(peer->channel, &request, &reply), 0);
	request.op = HELPER_SOCKET;
	request.stack = reply.u.stack;
	request.u.socket.domain = AF_INET;
	request.u.socket.type = SOCK_DGRAM;
	request.u.socket.protocol = 0;
	assert_int_equal(ask(peer->channel, &request, &reply), 0);
	request.op = HELPER_DELETE;
	assert_int_equal(ask(peer->channel, &request, &reply), 0);
}

/* A new channel over the request socket. */
static int open_channel(const struct peer *peer)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(helper_send(peer->requests, "", 1, &pair[1], 1, 0), 0);
	close(pair[1]);
	return pair[0];
}

static void assert_closed(int channel)
{
	char byte;

	assert_int_equal(recv(channel, &byte, 1, 0), 0);
	close(channel);
}

static void test_serves(void **state)
{
	assert_serves(*state);
}

/* Ids of stacks that are not, are no more, or are some other descriptor of the helper's. */
static void test_unknown_stacks(void **state)
{
	const struct peer *peer = *state;
	struct helper_request request = {.op = HELPER_NEW};
	struct helper_reply reply;
	struct helper_stack old;

	assert_int_equal(ask(peer->channel, &request, &reply), 0);
	old = reply.u.stack;
	request.op = HELPER_DELETE;
	request.stack = old;
	assert_int_equal(ask(peer->channel, &request, &reply), 0);
	assert_int_equal(ask(peer->channel, &request, &reply), -ENETDOWN);
	request.op = HELPER_NEW;
	assert_int_equal(ask(peer->channel, &request, &reply), 0);
	assert_int_equal(reply.u.stack.slot, old.slot); /* the same number, yet another stack */
	request.op = HELPER_SOCKET;
	request.stack = old;
	assert_int_equal(ask(peer->channel, &request, &reply), -ENETDOWN);
	for (uint32_t slot = 0; slot < 16; slot++) {
		request.stack = (struct helper_stack){.slot = slot};
		assert_int_equal(ask(peer->channel, &request, &reply), -ENETDOWN);
	}
	request.stack = (struct helper_stack){.slot = UINT32_MAX, .generation = 1};
	assert_int_equal(ask(peer->channel, &request, &reply), -ENETDOWN);
	assert_serves(peer);
}

static void test_bad_requests(void **state)
{
	const struct peer *peer = *state;
	struct helper_request request = {.op = 12345};
	struct helper_reply reply;
	char large[2 * sizeof(request)] = {0};
	int channel;

	/* Too short, too long: the end of that channel. */
	channel = open_channel(peer);
	assert_int_equal(helper_send(channel, &request, 5, NULL, 0, 0), 0);
	assert_closed(channel);
	channel = open_channel(peer);
	assert_int_equal(helper_send(channel, large, sizeof(large), NULL, 0, 0), 0);
	assert_closed(channel);
	/* Unknown, and without what belongs to it. */
	channel = open_channel(peer);
	assert_int_equal(ask(channel, &request, &reply), -ENETDOWN);
	request.op = HELPER_NEW;
	assert_int_equal(ask(channel, &request, &reply), 0);
	request.stack = reply.u.stack;
	request.op = 12345;
	assert_int_equal(ask(channel, &request, &reply), -ENOSYS);
	request.op = HELPER_COMMAND;
	assert_int_equal(ask(channel, &request, &reply), 126);
	request.op = HELPER_PORT;
	memset(request.u.port.name, 'a', sizeof(request.u.port.name));
	request.u.port.mtu = UINT32_MAX;
	assert_true(ask(channel, &request, &reply) < 0);
	close(channel);
	assert_serves(peer);
}

static void test_bad_channels(void **state)
{
	const struct peer *peer = *state;
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC), event = eventfd(1, EFD_CLOEXEC);
	int both[2] = {file, event};

	assert_int_equal(helper_send(peer->requests, "", 1, NULL, 0, 0), 0);
	assert_int_equal(helper_send(peer->requests, "", 0, NULL, 0, 0), 0);
	assert_int_equal(helper_send(peer->requests, "long", 4, &file, 1, 0), 0);
	assert_int_equal(helper_send(peer->requests, "", 1, &file, 1, 0), 0);
	assert_int_equal(helper_send(peer->requests, "", 1, &event, 1, 0), 0);
	assert_int_equal(helper_send(peer->requests, "", 1, both, 2, 0), 0);
	assert_serves(peer);
	close(file);
	close(event);
}

/* Who asks and does not listen, or is gone, holds up nobody. */
static void test_bad_listeners(void **state)
{
	const struct peer *peer = *state;
	struct helper_request request = {.op = HELPER_DELETE};
	int channel = open_channel(peer), i;

	for (i = 0; i < 100000; i++)
		if (helper_send(channel, &request, sizeof(request), NULL, 0, MSG_DONTWAIT) < 0)
			break;
	assert_serves(peer);
	close(channel);
	for (i = 0; i < 100; i++) {
		channel = open_channel(peer);
		assert_int_equal(helper_send(channel, &request, sizeof(request), NULL, 0, 0), 0);
		close(channel);
	}
	assert_serves(peer);
}

/* Commands whose block lies about its contents. */
static void test_bad_blocks(void **state)
{
	static const uint32_t blocks[][8] = {
	    {0},
	    {32, 1, 0, 0},
	    {32, 1, 0, 1},
	    {32, 1, 0, UINT32_MAX},
	    {32, UINT32_MAX, 0, 1},
	    {32, 1, UINT32_MAX, 1},
	    {32, 2, 1, 1, 1},
	    {UINT32_MAX, 1, 0, 1},
	    {32, 5, 0, 1, 1, 1, 1, 1},
	    {32, 1, 0, 1, 0x41414141, 0x41414141, 0x41414141, 0x41414141},
	};
	const struct peer *peer = *state;
	struct helper_request request = {.op = HELPER_NEW};
	struct helper_reply reply;
	int descriptors[HELPER_COMMAND_STANDARD], received[HELPER_DESCRIPTORS_MAX];

	assert_int_equal(ask(peer->channel, &request, &reply), 0);
	request.op = HELPER_COMMAND;
	request.stack = reply.u.stack;
	request.u.command.standard = 7; /* of which none is sent */
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		char path[] = "/tmp/test_helper.XXXXXX";
		int file = mkostemp(path, O_CLOEXEC);
		unsigned int count;
		size_t len = sizeof(reply);

		assert_true(file >= 0);
		unlink(path);
		assert_int_equal(write(file, blocks[i], sizeof(blocks[i])), sizeof(blocks[i]));
		descriptors[HELPER_COMMAND_BLOCK] = file;
		descriptors[HELPER_COMMAND_DIRECTORY] = open("/", O_PATH | O_CLOEXEC);
		assert_int_equal(helper_send(peer->channel, &request, sizeof(request), descriptors,
		                     HELPER_COMMAND_STANDARD, 0),
		    0);
		assert_int_equal(
		    helper_receive(peer->channel, &reply, &len, received, &count, MSG_CMSG_CLOEXEC), 0);
		assert_int_equal(reply.result, 126);
		close(file);
		close(descriptors[HELPER_COMMAND_DIRECTORY]);
	}
	assert_serves(peer);
}

static void test_quit(void **state)
{
	const struct peer *peer = *state;
	struct helper_request request = {.op = HELPER_QUIT};
	char byte;

	assert_int_equal(helper_send(peer->channel, &request, sizeof(request), NULL, 0, 0), 0);
	assert_int_equal(recv(peer->channel, &byte, 1, 0), 0);
}

static void skip_without_namespaces(void)
{
	pid_t pid = helper_clone(CLONE_NEWUSER | CLONE_NEWNET | SIGCHLD, NULL);

	if (pid == 0)
		_exit(0);
	if (pid < 0) {
		puts("SKIP: user namespaces are not allowed here");
		exit(77);
	}
	waitpid(pid, NULL, 0);
}

#define WITH_HELPER(function) cmocka_unit_test_setup_teardown(function, start_helper, end_helper)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_message),
	    WITH_HELPER(test_serves),
	    WITH_HELPER(test_unknown_stacks),
	    WITH_HELPER(test_bad_requests),
	    WITH_HELPER(test_bad_channels),
	    WITH_HELPER(test_bad_listeners),
	    WITH_HELPER(test_bad_blocks),
	    WITH_HELPER(test_quit),
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	skip_without_namespaces();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
