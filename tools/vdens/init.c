/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --pid: the first process of a PID namespace.
 *
 * It runs the command as its child, reaps every process that lost its parent, and reports what
 * happens to the command to vdens outside: a shell that runs as process 1 itself would be immune
 * to the signals it does not handle (pid_namespaces(7)). When it ends, the kernel ends all that is
 * left in the namespace; it ends with the command, or with vdens (PR_SET_PDEATHSIG).
 *
 * Signals for the command do not pass through here: vdens sends them by the command's pidfd.
 */
#include "init.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "process.h"

#define SETUP_FAILED 1

_Noreturn static void run_command(const struct inside *inside, const sigset_t *mask)
{
	struct channel_message message = {.type = CHANNEL_STARTED, .fd = pidfd_open(getpid(), 0)};

	if (message.fd < 0) {
		warn("cannot open a pidfd");
		_exit(SETUP_FAILED);
	}
	if (channel_send(inside->channel, &message) < 0)
		_exit(SETUP_FAILED);
	sigprocmask(SIG_SETMASK, mask, NULL);
	inside_exec(inside);
	_exit(SETUP_FAILED);
}

void init_main(const struct inside *inside)
{
	sigset_t all, mask;
	pid_t command, pid;
	int status;

	/* The terminal's signals are the command's; and nobody in here may disturb this process. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) {
		warn("cannot mount /proc for the PID namespace");
		_exit(SETUP_FAILED);
	}
	inside_await_go(inside);
	command = fork();
	if (command == 0)
		run_command(inside, &mask);
	if (command < 0) {
		warn("cannot create a process");
		_exit(SETUP_FAILED);
	}
	process_drop_descriptors(inside->channel);
	for (;;) {
		pid = waitpid(-1, &status, WUNTRACED | WCONTINUED);
		if (pid == command) {
			inside_tell(inside, CHANNEL_STATUS, status);
			if (WIFEXITED(status) || WIFSIGNALED(status))
				_exit(EXIT_SUCCESS);
		} else if (pid < 0 && errno != EINTR) {
			_exit(SETUP_FAILED);
		}
	}
}
