/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "=command": the VDE stream on a command's standard input and output.
 *
 * Each frame is preceded by its length, two bytes, big-endian (vde_plug(1), dpipe(1)). Both pipes
 * are non-blocking on our side, so this transport needs no thread. A frame that the pipe took in
 * part is kept and finished before the next one. What was read of the pipe and not asked for is
 * shown by a descriptor of its own, since the pipe shows it no more.
 *
 * The command is not a child of the program: wait(2) and SIGCHLD are the program's own business.
 * So it is started by an intermediate process without exit signal, which leaves it to the nearest
 * reaper. It ends when its pipes do, as the commands of dpipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "transport.h"

#include "forked.h"

#define STREAM_HEADER    2
#define STREAM_FRAME_MAX 65535

struct command {
	struct transport transport;
	int in_fd, out_fd, epoll_fd;
	bool ended;

	/* Bytes read and not yet handed over; `left_fd` is readable while a whole frame is there. */
	int left_fd;
	bool left;
	size_t read_at, read_end;
	unsigned char read[4 * (STREAM_HEADER + STREAM_FRAME_MAX)];

	/* The rest of a frame that the pipe took in part. */
	size_t rest_at, rest_end;
	unsigned char rest[STREAM_HEADER + STREAM_FRAME_MAX];
};

static struct command *command_of(struct transport *transport)
{
	return (struct command *)transport;
}

/* Reads what there is. False: nothing, or the end (`ended`). */
static bool fill(struct command *command)
{
	ssize_t len;

	if (command->read_at > 0) {
		memmove(
		    command->read, command->read + command->read_at, command->read_end - command->read_at);
		command->read_end -= command->read_at;
		command->read_at = 0;
	}
	len = read(command->in_fd, command->read + command->read_end,
	    sizeof command->read - command->read_end);
	if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR))
		command->ended = true;
	if (len <= 0)
		return false;
	command->read_end += (size_t)len;
	return true;
}

/* The next whole frame in the buffer; 0 if there is none. */
static size_t next_frame(const struct command *command)
{
	const unsigned char *head = command->read + command->read_at;
	size_t have = command->read_end - command->read_at, len;

	if (have < STREAM_HEADER)
		return 0;
	len = STREAM_HEADER + ((size_t)head[0] << 8 | head[1]);
	return have < len ? 0 : len;
}

static void show_left(struct command *command)
{
	bool left = next_frame(command) != 0;
	uint64_t count = 1;

	if (left == command->left)
		return;
	if (left ? write(command->left_fd, &count, sizeof count) == sizeof count
	         : read(command->left_fd, &count, sizeof count) == sizeof count)
		command->left = left;
}

static int command_recv(struct transport *transport, struct iovec *frames, unsigned int max)
{
	struct command *command = command_of(transport);
	struct vdelink_stats *stats = transport->stats;
	unsigned int count = 0;

	while (count < max) {
		size_t len = next_frame(command);
		const unsigned char *frame = command->read + command->read_at + STREAM_HEADER;

		if (len == 0) {
			if (fill(command))
				continue;
			break;
		}
		command->read_at += len;
		len -= STREAM_HEADER;
		if (len < FRAME_MIN || len > frames[count].iov_len) {
			stats->rx_dropped++;
			continue;
		}
		memcpy(frames[count].iov_base, frame, len);
		frames[count++].iov_len = len;
		stats->rx_bytes += len;
	}
	stats->rx_frames += count;
	show_left(command);
	return command->ended && count == 0 ? -ENETDOWN : (int)count;
}

/* 1: the pipe is free for the next frame; 0: full; -errno: lost. */
static int send_rest(struct command *command)
{
	while (command->rest_at < command->rest_end) {
		ssize_t len = write(command->out_fd, command->rest + command->rest_at,
		    command->rest_end - command->rest_at);

		if (len < 0 && errno == EAGAIN)
			return 0;
		if (len < 0 && errno != EINTR)
			return -errno;
		if (len > 0)
			command->rest_at += (size_t)len;
	}
	return 1;
}

static int command_send(
    struct transport *transport, const struct vdelink_frame *frames, unsigned int count)
{
	struct command *command = command_of(transport);
	struct vdelink_stats *stats = transport->stats;
	unsigned int done = 0;
	int rc = 1;

	while (done < count && (rc = send_rest(command)) > 0) {
		const struct vdelink_frame *frame = &frames[done];
		size_t len = frame_len(frame);

		done++;
		if (len > STREAM_FRAME_MAX) {
			stats->tx_dropped++;
			continue;
		}
		/* Whole into the buffer: the copy costs less than an own path for partial writes. */
		command->rest[0] = (unsigned char)(len >> 8);
		command->rest[1] = (unsigned char)len;
		command->rest_at = 0;
		command->rest_end = STREAM_HEADER;
		for (unsigned int i = 0; i < frame->pieces; i++) {
			memcpy(command->rest + command->rest_end, frame->piece[i].iov_base,
			    frame->piece[i].iov_len);
			command->rest_end += frame->piece[i].iov_len;
		}
		stats->tx_frames++;
		stats->tx_bytes += len;
	}
	if (rc > 0)
		rc = send_rest(command);
	return rc < 0 && done == 0 ? rc : (int)done;
}

static void command_want_write(struct transport *transport, bool want)
{
	struct command *command = command_of(transport);
	struct epoll_event event = {
	    .events = want ? (uint32_t)EPOLLOUT : 0, .data.u32 = TRANSPORT_DATA};

	epoll_ctl(command->epoll_fd, EPOLL_CTL_MOD, command->out_fd, &event);
}

static int command_event(struct transport *transport, uint32_t events, bool control)
{
	struct command *command = command_of(transport);
	int rc;

	(void)control;
	if ((events & EPOLLERR) != 0) /* of the pipe to the command: it reads no more */
		return -ENETDOWN;
	rc = send_rest(command);
	return rc < 0 ? rc : 0;
}

static int command_watch(struct transport *transport, int epoll_fd)
{
	struct command *command = command_of(transport);
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = TRANSPORT_DATA};

	command->epoll_fd = epoll_fd;
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, command->in_fd, &event) < 0 ||
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, command->left_fd, &event) < 0)
		return -errno;
	event.events = 0;
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, command->out_fd, &event) < 0)
		return -errno;
	return 0;
}

static void command_unwatch(struct transport *transport)
{
	struct command *command = command_of(transport);

	epoll_ctl(command->epoll_fd, EPOLL_CTL_DEL, command->in_fd, NULL);
	epoll_ctl(command->epoll_fd, EPOLL_CTL_DEL, command->out_fd, NULL);
	epoll_ctl(command->epoll_fd, EPOLL_CTL_DEL, command->left_fd, NULL);
}

static void command_close(struct transport *transport)
{
	struct command *command = command_of(transport);

	forked_remove(command->in_fd);
	forked_remove(command->out_fd);
	close(command->in_fd);
	close(command->out_fd);
	close(command->left_fd);
	free(command);
}

static const struct transport_ops command_ops = {
    .recv = command_recv,
    .send = command_send,
    .watch = command_watch,
    .unwatch = command_unwatch,
    .want_write = command_want_write,
    .event = command_event,
    .close = command_close,
};

/* fork, past the C library: no atfork handlers, and the exit signal that is wanted. */
static pid_t clone_process(int exit_signal)
{
	return (pid_t)syscall(SYS_clone, (unsigned long)exit_signal, NULL, NULL, NULL, NULL);
}

/* In the new process; async-signal-safe only, the program may have threads. */
static _Noreturn void command_exec(const char *line, int in_fd, int out_fd)
{
	struct sigaction fresh = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int signal_number = 1; signal_number < NSIG; signal_number++)
		sigaction(signal_number, &fresh, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Above 2, so that neither dup2 overwrites the other's source or keeps CLOEXEC. */
	in_fd = fcntl(in_fd, F_DUPFD_CLOEXEC, 3);
	out_fd = fcntl(out_fd, F_DUPFD_CLOEXEC, 3);
	if (in_fd >= 0 && out_fd >= 0 && dup2(in_fd, 0) == 0 && dup2(out_fd, 1) == 1)
		execl("/bin/sh", "sh", "-c", line, (char *)NULL);
	_exit(127);
}

static int command_start(const char *line, int in_fd, int out_fd)
{
	int status;
	pid_t pid = clone_process(0);

	if (pid == 0) {
		pid = clone_process(SIGCHLD);
		if (pid == 0)
			command_exec(line, in_fd, out_fd);
		_exit(pid < 0);
	}
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			return 0; /* ECHILD: the program waits for everything, __WALL included */
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EAGAIN;
}

int transport_command_open(const char *line, struct transport **transport)
{
	struct command *command;
	int to_command[2], from_command[2], rc;

	if (line[strspn(line, " \t")] == '\0')
		return -EINVAL;
	command = calloc(1, sizeof *command);
	if (command == NULL)
		return -ENOMEM;
	command->left_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (command->left_fd < 0) {
		rc = -errno;
		goto fail_free;
	}
	if (pipe2(to_command, O_CLOEXEC) < 0) {
		rc = -errno;
		goto fail_left;
	}
	if (pipe2(from_command, O_CLOEXEC) < 0) {
		rc = -errno;
		goto fail_to;
	}
	rc = command_start(line, to_command[0], from_command[1]);
	if (rc < 0)
		goto fail_from;
	close(to_command[0]);
	close(from_command[1]);
	/* Our ends only: O_NONBLOCK is a property of the open file, which each end has its own of. */
	fcntl(to_command[1], F_SETFL, O_WRONLY | O_NONBLOCK);
	fcntl(from_command[0], F_SETFL, O_RDONLY | O_NONBLOCK);
	command->transport.ops = &command_ops;
	command->transport.frame_max = STREAM_FRAME_MAX;
	command->in_fd = from_command[0];
	command->out_fd = to_command[1];
	forked_add(command->in_fd);
	forked_add(command->out_fd);
	*transport = &command->transport;
	return 0;
fail_from:
	close(from_command[0]);
	close(from_command[1]);
fail_to:
	close(to_command[0]);
	close(to_command[1]);
fail_left:
	close(command->left_fd);
fail_free:
	free(command);
	return rc;
}
