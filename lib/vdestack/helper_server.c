/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The helper process: owner of the user namespace and of all network namespaces of a program's
 * stacks.
 *
 * A program cannot enter a user namespace when it has threads (unshare(2)), and does not want to
 * leave its own network namespace. So a process is made in a new one, and hands out sockets and
 * interfaces. It is the program's child, but not one that wait(2) tells of (its exit signal is 0),
 * and shares no memory with it. It must not end up in an execve, which sets the exit signal back to
 * SIGCHLD, nor in a call that may allocate or lock: helper_server.h.
 *
 * It ends with the program: told by a pidfd, since PR_SET_PDEATHSIG tells of the end of a thread.
 *
 * It holds one descriptor a stack, the network namespace, and is a member of the namespace that was
 * asked for last: entering costs as much as opening a socket. Nothing else keeps a namespace alive
 * but the sockets and interfaces that were handed out.
 */
#include "helper_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "accept_ra.h"
#include "outside.h"

/* Descriptors beyond this number are refused as namespaces; the table of them is touched only where
 * it is used. */
#define SLOTS_MAX (1U << 20)

struct server {
	int epoll, requests, program;
	struct helper_program before;
	uint32_t *generation; /* of the stack whose namespace is descriptor n; 0: there is none */
	uint32_t slots;       /* no stack has a descriptor of this number or beyond */
	uint32_t last_generation;
	int current; /* the namespace the process is in; -1: the program's own */
};

/* What an event is about, in epoll_data: a kind and two descriptors. */
enum watch {
	WATCH_PROGRAM,
	WATCH_REQUESTS,
	WATCH_CHANNEL,
	WATCH_COMMAND, /* fd: the command's pidfd; channel: who waits for it */
};
#define WATCH_FD_BITS 28

static uint64_t watch_data(enum watch watch, int fd, int channel)
{
	return (uint64_t)watch << (2 * WATCH_FD_BITS) | (uint64_t)channel << WATCH_FD_BITS |
	       (uint64_t)fd;
}

static int watch(const struct server *server, enum watch watch, int fd, int channel)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = watch_data(watch, fd, channel)};

	return epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

/* A command that runs may still have a copy of the descriptor, so closing it would not be enough to
 * have it forgotten (epoll(7), "Questions and answers", 6). */
static void unwatch(const struct server *server, int fd)
{
	epoll_ctl(server->epoll, EPOLL_CTL_DEL, fd, NULL);
}

/* ---- stacks ---------------------------------------------------------------------------------- */

static bool stack_exists(const struct server *server, struct helper_stack stack)
{
	return stack.slot < server->slots && stack.generation != 0 &&
	       server->generation[stack.slot] == stack.generation;
}

static int stack_enter(struct server *server, struct helper_stack stack)
{
	if (!stack_exists(server, stack))
		return -ENETDOWN;
	if (server->current == (int)stack.slot)
		return 0;
	if (setns((int)stack.slot, CLONE_NEWNET) < 0)
		return -errno;
	server->current = (int)stack.slot;
	return 0;
}

static int stack_new(struct server *server, struct helper_stack *stack)
{
	int fd = netns_new();

	if (fd < 0) {
		/* It may be in a new namespace all the same, whose descriptor it could not get. */
		server->current = -1;
		return fd;
	}
	server->current = fd;
	if ((uint32_t)fd >= SLOTS_MAX) {
		server->current = -1;
		close(fd);
		return -EMFILE;
	}
	if (++server->last_generation == 0)
		++server->last_generation;
	server->generation[fd] = server->last_generation;
	if ((uint32_t)fd >= server->slots)
		server->slots = (uint32_t)fd + 1;
	stack->slot = (uint32_t)fd;
	stack->generation = server->last_generation;
	return 0;
}

static int stack_delete(struct server *server, struct helper_stack stack)
{
	uint32_t slot;

	if (!stack_exists(server, stack))
		return -ENETDOWN;
	server->generation[stack.slot] = 0;
	/* A namespace that has a member lives: move to any other. Without one, the helper is about
	 * to be told to quit. */
	if (server->current == (int)stack.slot) {
		for (slot = 0; slot < server->slots; slot++)
			if (server->generation[slot] != 0 &&
			    stack_enter(server, (struct helper_stack){slot, server->generation[slot]}) == 0)
				break;
		if (server->current == (int)stack.slot)
			server->current = -1;
	}
	close((int)stack.slot);
	return 0;
}

/* ---- requests -------------------------------------------------------------------------------- */

/* Serves what needs no waiting; returns the descriptor to send along, or -1. */
static int serve(
    struct server *server, const struct helper_request *request, struct helper_reply *reply)
{
	int fd = -1;

	if (request->op == HELPER_NEW) {
		reply->result = stack_new(server, &reply->u.stack);
		return -1;
	}
	if (request->op == HELPER_DELETE) {
		reply->result = stack_delete(server, request->stack);
		return -1;
	}
	reply->result = stack_enter(server, request->stack);
	if (reply->result < 0)
		return -1;
	if (request->op == HELPER_SOCKET) {
		/* Not socket(): this library exports that name for the default stack. */
		fd = (int)syscall(SYS_socket, request->u.socket.domain,
		    request->u.socket.type | SOCK_CLOEXEC, request->u.socket.protocol);
		reply->result = fd < 0 ? -errno : 0;
	} else if (request->op == HELPER_ACCEPT_RA) {
		reply->result = accept_ra_set(request->u.accept_ra.ifindex, request->u.accept_ra.accept);
	} else if (request->op == HELPER_PORT) {
		char name[IFNAMSIZ];

		memcpy(name, request->u.port.name, sizeof(name));
		name[sizeof(name) - 1] = '\0';
		reply->result =
		    netns_port_open(name, request->u.port.mtu, request->u.port.flags, &reply->u.port);
		if (reply->result == 0)
			fd = reply->u.port.fd;
	} else {
		reply->result = -ENOSYS;
	}
	return fd;
}

static void channel_close(const struct server *server, int channel)
{
	unwatch(server, channel);
	close(channel);
}

/* There is room for an answer: the channel carries one exchange at a time. Who did not keep to that
 * gets no answer, and the helper does not wait. */
static void channel_answer(
    const struct server *server, int channel, const struct helper_reply *reply, int fd)
{
	struct helper_reply failure = {0};
	int err;

	err = helper_send(channel, reply, sizeof(*reply), &fd, fd >= 0, MSG_DONTWAIT);
	if (err == -ETOOMANYREFS) { /* descriptors in flight: unix(7) */
		failure.result = err;
		err = helper_send(channel, &failure, sizeof(failure), NULL, 0, MSG_DONTWAIT);
	}
	if (err < 0)
		channel_close(server, channel);
}

/* Starts a command; the channel is answered, and listened to again, when it has ended. */
static int command_start(struct server *server, int channel, const struct helper_request *request,
    const int *descriptors, unsigned int count)
{
	int pidfd, err;

	err = stack_enter(server, request->stack);
	if (err < 0)
		return err;
	pidfd = helper_run(request, descriptors, count, &server->before);
	if (pidfd < 0)
		return pidfd;
	unwatch(server, channel);
	err = watch(server, WATCH_COMMAND, pidfd, channel);
	if (err < 0) {
		syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
		syscall(SYS_waitid, P_PIDFD, pidfd, NULL, WEXITED, NULL);
		close(pidfd);
		if (watch(server, WATCH_CHANNEL, channel, 0) < 0)
			close(channel);
	}
	return err;
}

static void command_ended(const struct server *server, int pidfd, int channel)
{
	struct helper_reply reply = {0};
	siginfo_t info = {0};

	if (syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED, NULL) < 0)
		reply.result = -errno;
	else
		reply.result = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	unwatch(server, pidfd);
	close(pidfd);
	if (watch(server, WATCH_CHANNEL, channel, 0) < 0)
		close(channel);
	else
		channel_answer(server, channel, &reply, -1);
}

static void channel_readable(struct server *server, int channel)
{
	struct helper_request request;
	struct helper_reply reply;
	int descriptors[HELPER_DESCRIPTORS_MAX];
	size_t len = sizeof(request);
	unsigned int count;
	int fd = -1, err;

	err = helper_receive(
	    channel, &request, &len, descriptors, &count, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (err == -EAGAIN)
		return;
	memset(&reply, 0, sizeof(reply));
	if (err == -EMFILE) {
		reply.result = -ENFILE; /* the helper has no room, not the caller */
		channel_answer(server, channel, &reply, -1);
		return;
	}
	if (err < 0 || len != sizeof(request)) {
		channel_close(server, channel);
	} else if (request.op == HELPER_QUIT) {
		helper_exit(0);
	} else if (request.op == HELPER_COMMAND) {
		reply.result = command_start(server, channel, &request, descriptors, count);
		if (reply.result < 0)
			channel_answer(server, channel, &reply, -1);
	} else {
		fd = serve(server, &request, &reply);
		channel_answer(server, channel, &reply, fd);
		if (fd >= 0)
			close(fd);
	}
	while (err == 0 && count > 0)
		close(descriptors[--count]);
}

/* An empty message looks like the end of file. */
static bool hung_up(int fd)
{
	struct pollfd pollfd = {.fd = fd};

	return poll(&pollfd, 1, 0) == 1 && (pollfd.revents & POLLHUP) != 0;
}

/* A new channel, or the end: nobody is left who could ask. */
static void requests_readable(struct server *server)
{
	int descriptors[HELPER_DESCRIPTORS_MAX];
	unsigned int count, i;
	char byte;
	size_t len = sizeof(byte);
	int err;

	err = helper_receive(
	    server->requests, &byte, &len, descriptors, &count, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (err == -EAGAIN || err == -EMSGSIZE || err == -EMFILE)
		return;
	if (err < 0 || (len == 0 && hung_up(server->requests)))
		helper_exit(0);
	for (i = 0; i < count; i++)
		if (i > 0 || watch(server, WATCH_CHANNEL, descriptors[i], 0) < 0)
			close(descriptors[i]);
}

/* ---- life ------------------------------------------------------------------------------------ */

static int close_between(int first, int last)
{
	if (first > last)
		return 0;
	return syscall(SYS_close_range, (unsigned int)first, (unsigned int)last, 0U) < 0 ? -errno : 0;
}

/* Closes all but three descriptors: a pipe of the program must not be kept open here. It takes no
 * free number, as there may be none. */
static int keep_only(int a, int b, int c)
{
	int low = a < b ? a : b, high = a < b ? b : a, middle;
	int err, fd;

	middle = c < low ? low : c > high ? high : c;
	low = c < low ? c : low;
	high = c > high ? c : high;
	err = close_between(0, low - 1);
	if (err == 0)
		err = close_between(low + 1, middle - 1);
	if (err == 0)
		err = close_between(middle + 1, high - 1);
	if (err == 0)
		err = close_between(high + 1, ~0U >> 1);
	/* No descriptor of use gets one of the three numbers that a command expects to have a
	 * meaning. */
	for (fd = 0; err == 0 && fd <= 2; fd++)
		if (fd != low && fd != middle && fd != high && dup3(low, fd, O_CLOEXEC) < 0)
			err = -errno;
	return err;
}

static int server_start(struct server *server, const struct helper_inherited *inherited)
{
	struct rlimit files;
	unsigned long no_action[8] = {0}; /* the kernel's struct sigaction: SIG_DFL, no flags */
	int err;

	server->requests = inherited->requests;
	server->program = inherited->program;
	server->current = -1;
	server->before.timer_slack = outside_enter();
	err = keep_only(inherited->requests, inherited->program, inherited->channel);
	if (err < 0)
		return err;
	prctl(PR_SET_NAME, "vdestack", 0UL, 0UL, 0UL);
	/* SIG_IGN would let the exit status of commands be lost. */
	syscall(SYS_rt_sigaction, SIGCHLD, no_action, NULL, sizeof(uint64_t));
	if (prlimit(0, RLIMIT_NOFILE, NULL, &server->before.files) == 0) {
		files.rlim_cur = files.rlim_max = server->before.files.rlim_max;
		prlimit(0, RLIMIT_NOFILE, &files, NULL);
	}
	server->generation = mmap(NULL, SLOTS_MAX * sizeof(server->generation[0]),
	    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (server->generation == MAP_FAILED)
		return -errno;
	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (server->epoll < 0)
		return -errno;
	err = watch(server, WATCH_PROGRAM, server->program, 0);
	if (err == 0)
		err = watch(server, WATCH_REQUESTS, server->requests, 0);
	if (err == 0)
		err = watch(server, WATCH_CHANNEL, inherited->channel, 0);
	if (err == 0 && inherited->user_namespace)
		err = netns_map_ids(inherited->uid, inherited->gid, false);
	return err;
}

_Noreturn void helper_server(const struct helper_inherited *inherited)
{
	struct server server = {0};
	struct helper_reply reply = {0};
	struct epoll_event event[16];

	reply.result = server_start(&server, inherited);
	helper_send(inherited->channel, &reply, sizeof(reply), NULL, 0, MSG_DONTWAIT);
	if (reply.result < 0)
		helper_exit(1);
	helper_release_memory();
	for (;;) {
		int i, n = epoll_wait(server.epoll, event, sizeof(event) / sizeof(event[0]), -1);

		if (n < 0 && errno != EINTR)
			helper_exit(1);
		for (i = 0; i < n; i++) {
			uint64_t data = event[i].data.u64;
			int fd = (int)(data & ((1U << WATCH_FD_BITS) - 1));
			int channel = (int)(data >> WATCH_FD_BITS & ((1U << WATCH_FD_BITS) - 1));

			switch ((enum watch)(data >> (2 * WATCH_FD_BITS))) {
			case WATCH_PROGRAM:
				helper_exit(0);
			case WATCH_REQUESTS:
				requests_readable(&server);
				break;
			case WATCH_CHANNEL:
				channel_readable(&server, fd);
				break;
			case WATCH_COMMAND:
				command_ended(&server, fd, channel);
				break;
			}
		}
	}
}
