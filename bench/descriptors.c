/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cost of a socket that another process opens for us.
 *
 *   descriptors plain COUNT            one byte to another process and back
 *   descriptors bare COUNT             the least that msocket can be: a socket pair, a request that
 *                                      carries its end, setns, socket(), the descriptor back
 *   descriptors library COUNT PATH     vde_msocket of the libvdestack at PATH
 *
 * Each sample is an open and a close of the descriptor it gave (plain: the round trip alone).
 * Needs a user namespace of its own: it enters one.
 */
#include "bench.h"
#include "library.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define COUNT_MAX 100000
#define WARM_UP   20

static uint64_t sample[COUNT_MAX];

/* ---- a descriptor beside one byte ---- */

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

static void send_fd(int to, int fd)
{
	char byte = 'd';
	struct iovec iov = {&byte, 1};
	union control control = {0};
	struct msghdr message = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (sendmsg(to, &message, MSG_NOSIGNAL) != 1)
		bench_die(1, "sendmsg");
}

static int receive_fd(int from) /* -1: end of file */
{
	char byte;
	struct iovec iov = {&byte, 1};
	union control control;
	struct msghdr message = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	int fd;

	ssize_t n = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
	if (n == 0)
		return -1;
	if (n < 0 || message.msg_controllen < CMSG_LEN(sizeof(int)))
		bench_die(1, "recvmsg");
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}

/* ---- the other process ---- */

static void serve_bytes(int channel)
{
	char byte;

	while (read(channel, &byte, 1) == 1)
		if (write(channel, &byte, 1) != 1)
			break;
}

static void serve_sockets(int channel)
{
	int reply;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		bench_die(BENCH_SKIP, "unshare");
	int net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (net < 0)
		bench_die(1, "/proc/self/ns/net");
	while ((reply = receive_fd(channel)) >= 0) {
		if (setns(net, CLONE_NEWNET) < 0)
			bench_die(1, "setns");
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			bench_die(1, "socket");
		send_fd(reply, fd);
		close(fd);
		close(reply);
	}
}

static int start(void (*serve)(int), pid_t *pid)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		bench_die(1, "socketpair");
	*pid = fork();
	if (*pid < 0)
		bench_die(1, "fork");
	if (*pid == 0) {
		close(pair[0]);
		serve(pair[1]);
		_exit(0);
	}
	close(pair[1]);
	return pair[0];
}

/* ---- one operation of each kind ---- */

static void plain(int channel)
{
	char byte = 'p';

	if (write(channel, &byte, 1) != 1 || read(channel, &byte, 1) != 1)
		bench_die(1, "plain");
}

static void bare(int channel)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		bench_die(1, "socketpair");
	send_fd(channel, pair[1]);
	close(pair[1]);
	int fd = receive_fd(pair[0]);
	if (fd < 0)
		bench_die(1, "no descriptor");
	close(pair[0]);
	close(fd);
}

static void measure_processes(void (*operation)(int), void (*serve)(int), size_t count)
{
	int status;
	pid_t pid;
	int channel = start(serve, &pid);

	for (size_t i = 0; i < WARM_UP + count; i++) {
		uint64_t begin = bench_now();
		operation(channel);
		sample[i < WARM_UP ? 0 : i - WARM_UP] = bench_now() - begin;
	}
	close(channel);
	waitpid(pid, &status, 0);
}

static void measure_library(const char *path, size_t count)
{
	void *library = library_open(path);
	void *(*addstack)(char *, char *) =
	    (void *(*)(char *, char *))library_symbol(library, "vde_addstack");
	void (*delstack)(void *) = (void (*)(void *))library_symbol(library, "vde_delstack");
	int (*msocket)(void *, int, int, int) =
	    (int (*)(void *, int, int, int))library_symbol(library, "vde_msocket");

	void *stack = addstack(NULL, NULL);
	if (!stack)
		bench_die(1, "vde_addstack");
	for (size_t i = 0; i < WARM_UP + count; i++) {
		uint64_t begin = bench_now();
		int fd = msocket(stack, AF_INET, SOCK_STREAM, 0);
		if (fd < 0)
			bench_die(1, "vde_msocket");
		close(fd);
		sample[i < WARM_UP ? 0 : i - WARM_UP] = bench_now() - begin;
	}
	delstack(stack);
}

int main(int argc, char *argv[])
{
	size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;

	if (count == 0 || count > COUNT_MAX) {
		fprintf(stderr, "usage: descriptors plain|bare|library COUNT [PATH]\n");
		return 1;
	}
	if (strcmp(argv[1], "plain") == 0)
		measure_processes(plain, serve_bytes, count);
	else if (strcmp(argv[1], "bare") == 0)
		measure_processes(bare, serve_sockets, count);
	else if (strcmp(argv[1], "library") == 0 && argc > 3)
		measure_library(argv[3], count);
	else
		return 1;
	bench_print_times("open", sample, count);
	return 0;
}
