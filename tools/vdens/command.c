/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command as vdens outside knows it: signals for it, its stops and its end.
 *
 * Whoever runs vdens shall see the command and nothing else:
 *
 * - Signals that a process sends to vdens are passed on. Those that the terminal makes are not: the
 *   command gets them itself, as a member of the same process group or of one of its own.
 * - When the command stops (SIGTSTP and its kin, or "suspend" of a shell), vdens stops too, frames
 *   and all, so that a shell with job control takes the terminal; its SIGCONT is passed on. Without
 *   such a shell nobody waits for that, and vdens goes on working for whoever continues the
 * command.
 * - The exit status is the command's. If a signal ended it, vdens ends by the same signal (without
 *   another core file), which a shell shows as 128 plus its number.
 */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "channel.h"
#include "terminal.h"

struct waiting {
	const struct command *command;
	const struct terminal *terminal;
	int status;         /* the command's end */
	bool resumed;       /* we stopped, and have not seen the SIGCONT that ended it */
	bool continued;     /* the command went on since, by whatever signal */
	bool owes_continue; /* that SIGCONT is passed on if the command does not go on by itself */
};

/* How long a signal of the shell to the process group may be on its way to the command. */
#define CONTINUE_MS 200

int command_take_signals(void)
{
	/* Those of a fault in this very process keep their meaning. */
	static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};
	sigset_t set;
	size_t i;
	int fd;

	sigfillset(&set);
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		sigdelset(&set, own[i]);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	sigprocmask(SIG_SETMASK, &set, NULL);
	return fd;
}

/* Does a shell wait to see us stop? */
static bool should_follow(const struct terminal *terminal, int sig, bool had_foreground)
{
	if (!terminal_parent_controls_jobs())
		return false;
	/* SIGSTOP comes from "suspend" if the terminal has nobody else, but it may also be sent by
	 * someone who means the command alone, and will continue it alone. */
	return sig != SIGSTOP || had_foreground || terminal_has_foreground(terminal, getpgrp());
}

/* Stops this process, all threads, until the shell's fg or bg; by the same signal, which the shell
 * shows. */
static void stop_by(int sig)
{
	sigset_t set, before;

	if (sig == SIGSTOP) {
		raise(sig);
		return;
	}
	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &set, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Is it stopped at this moment? A report may be late: while this process was stopped too, the shell
 * has continued both. */
static bool is_stopped(const struct command *command)
{
	char path[32], stat[512];
	const char *state;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)command->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true; /* no /proc: the report must do */
	len = read(fd, stat, sizeof(stat) - 1);
	close(fd);
	stat[len > 0 ? len : 0] = '\0';
	state = strrchr(stat, ')'); /* the name in front of it may hold anything: proc(5) */
	return !state || (strlen(state) > 2 && strchr("Tt", state[2]));
}

static void follow_stop(struct waiting *waiting, int sig)
{
	const struct terminal *terminal = waiting->terminal;
	pid_t group = getpgid(waiting->command->pid);
	bool had_foreground = terminal_has_foreground(terminal, group);

	if (!should_follow(terminal, sig, had_foreground) || !is_stopped(waiting->command))
		return;
	waiting->continued = false;
	stop_by(sig);
	waiting->resumed = true;
	if (had_foreground && group != getpgrp() && terminal_has_foreground(terminal, getpgrp()))
		terminal_give(terminal, group);
}

/* True if this wait status of the command is its end. */
static bool command_changed(struct waiting *waiting, int status)
{
	if (!WIFCONTINUED(status) && !WIFSTOPPED(status)) {
		waiting->status = status;
		return true;
	}
	/* If it stopped again, it was continued in between. */
	waiting->continued = true;
	waiting->owes_continue = false;
	if (WIFSTOPPED(status))
		follow_stop(waiting, WSTOPSIG(status));
	return false;
}

/* Looks after the command where it is our child. True if it ended. */
static bool child_changed(struct waiting *waiting)
{
	pid_t pid;
	int status;

	for (;;) {
		pid = waitpid(waiting->command->child, &status, WNOHANG | WUNTRACED | WCONTINUED);
		if (pid == 0 || (pid < 0 && errno == EINTR))
			return false;
		if (pid < 0)
			return true; /* lost */
		if (command_changed(waiting, status))
			return true;
	}
}

/* Reads what the init process reports. True if the command ended. */
static bool init_reported(struct waiting *waiting)
{
	const struct command *command = waiting->command;
	struct channel_message message;
	int status;

	if (channel_receive(command->channel, &message) > 0) {
		if (message.fd >= 0)
			close(message.fd);
		return message.type == CHANNEL_STATUS && command_changed(waiting, message.value);
	}
	/* It was killed, and all in its namespace with it. */
	while (waitpid(command->child, &status, 0) < 0)
		if (errno != EINTR)
			return true;
	waiting->status = status;
	return true;
}

static void pass_signal(struct waiting *waiting, const struct signalfd_siginfo *info)
{
	const struct command *command = waiting->command;

	/* si_code above zero: the kernel's, thus the terminal's (sigaction(2)). */
	if (info->ssi_code > 0 || info->ssi_signo == SIGCHLD)
		return;
	/* kill(0, ...) of the command has reached it already. */
	if (info->ssi_pid == (uint32_t)command->pid)
		return;
	if (info->ssi_signo == SIGCONT && waiting->resumed) {
		waiting->resumed = false;
		/* A shell's fg continues the whole process group. Passed on as well, and late, the signal
		 * would undo the next Ctrl-Z. */
		if (getpgid(command->pid) == getpgrp()) {
			waiting->owes_continue = !waiting->continued;
			return;
		}
	}
	pidfd_send_signal(command->pidfd, (int)info->ssi_signo, NULL, 0);
}

int command_wait(const struct command *command, int signal_fd, const struct terminal *terminal)
{
	struct waiting waiting = {.command = command, .terminal = terminal, .status = -1};
	struct pollfd watched[] = {
	    {.fd = signal_fd, .events = POLLIN},
	    {.fd = command->channel, .events = POLLIN}, /* passed over by poll(2) if -1 */
	};
	struct signalfd_siginfo info;
	int ready;

	for (;;) {
		if (command->channel < 0 && child_changed(&waiting))
			return waiting.status;
		ready = poll(watched, 2, waiting.owes_continue ? CONTINUE_MS : -1);
		if (ready < 0 && errno != EINTR)
			return -1;
		if (ready == 0) {
			waiting.owes_continue = false;
			pidfd_send_signal(command->pidfd, SIGCONT, NULL, 0);
		}
		if (ready <= 0)
			continue;
		if (watched[1].revents) {
			if (init_reported(&waiting))
				return waiting.status;
			continue; /* all the reports before any signal */
		}
		while (read(signal_fd, &info, sizeof(info)) == sizeof(info))
			pass_signal(&waiting, &info);
	}
}

int command_pass_status(int wait_status)
{
	sigset_t set;
	int sig;

	if (wait_status == -1)
		return 1;
	if (WIFEXITED(wait_status))
		return WEXITSTATUS(wait_status);
	sig = WTERMSIG(wait_status);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	return 128 + sig; /* where that signal ends nobody: process 1 of a container */
}
