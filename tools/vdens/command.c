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
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "channel.h"
#include "terminal.h"

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

static void command_stopped(const struct command *command, const struct terminal *terminal, int sig)
{
	pid_t group = getpgid(command->pid);
	bool had_foreground = terminal_has_foreground(terminal, group);

	if (!should_follow(terminal, sig, had_foreground))
		return;
	kill(getpid(), SIGSTOP); /* all threads; until the shell's fg or bg */
	if (had_foreground && group != getpgrp() && terminal_has_foreground(terminal, getpgrp()))
		terminal_give(terminal, group);
	pidfd_send_signal(command->pidfd, SIGCONT, NULL, 0);
}

/* Looks after our child. True if it ended, *status is set then. */
static bool child_changed(
    const struct command *command, const struct terminal *terminal, int *status)
{
	pid_t pid;

	for (;;) {
		pid = waitpid(command->child, status, WNOHANG | WUNTRACED);
		if (pid == 0 || (pid < 0 && errno == EINTR))
			return false;
		if (pid < 0) {
			*status = -1;
			return true;
		}
		if (!WIFSTOPPED(*status))
			return true;
		if (command->channel < 0)
			command_stopped(command, terminal, WSTOPSIG(*status));
	}
}

/* Reads what the init process reports. True if the command ended. */
static bool init_reported(
    const struct command *command, const struct terminal *terminal, int *status)
{
	struct channel_message message;

	if (channel_receive(command->channel, &message) <= 0) {
		/* It was killed: its own end tells how. */
		while (waitpid(command->child, status, 0) < 0)
			if (errno != EINTR)
				*status = -1;
		return true;
	}
	*status = message.value;
	if (message.fd >= 0)
		close(message.fd);
	if (message.type == CHANNEL_STOPPED)
		command_stopped(command, terminal, message.value);
	return message.type == CHANNEL_ENDED;
}

static void pass_signal(const struct command *command, const struct signalfd_siginfo *info)
{
	/* si_code above zero: the kernel's, thus the terminal's (sigaction(2)). */
	if (info->ssi_code > 0 || info->ssi_signo == SIGCHLD)
		return;
	/* kill(0, ...) of the command has reached it already. */
	if (info->ssi_pid == (uint32_t)command->pid)
		return;
	pidfd_send_signal(command->pidfd, (int)info->ssi_signo, NULL, 0);
}

int command_wait(const struct command *command, int signal_fd, const struct terminal *terminal)
{
	struct pollfd watched[] = {
	    {.fd = signal_fd, .events = POLLIN},
	    {.fd = command->channel, .events = POLLIN}, /* passed over by poll(2) if -1 */
	};
	struct signalfd_siginfo info;
	int status;

	for (;;) {
		if (command->channel < 0 && child_changed(command, terminal, &status))
			return status;
		if (poll(watched, 2, -1) < 0 && errno != EINTR)
			return -1;
		if (watched[1].revents && init_reported(command, terminal, &status))
			return status;
		while (read(signal_fd, &info, sizeof(info)) == sizeof(info))
			pass_signal(command, &info);
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
