/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The controlling terminal: whose turn it is.
 *
 * The command stays in our process group, so that for the shell both are one job and the terminal's
 * signals reach the command directly. An interactive shell as the command makes itself a process
 * group of its own and takes the foreground; when it ends in an orderly way it gives it back, but
 * when it is killed, or in a PID namespace where our process group has no number, it cannot.
 */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

void terminal_init(struct terminal *terminal)
{
	terminal->fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	terminal->had_foreground = terminal_has_foreground(terminal, getpgrp());
}

bool terminal_has_foreground(const struct terminal *terminal, pid_t group)
{
	return terminal->fd >= 0 && group > 0 && tcgetpgrp(terminal->fd) == group;
}

void terminal_give(const struct terminal *terminal, pid_t group)
{
	if (terminal->fd >= 0 && group > 0)
		tcsetpgrp(terminal->fd, group);
}

void terminal_recover(const struct terminal *terminal)
{
	pid_t group;

	if (terminal->fd < 0 || !terminal->had_foreground)
		return;
	group = tcgetpgrp(terminal->fd);
	if (group > 0 && group != getpgrp() && kill(-group, 0) < 0 && errno == ESRCH)
		terminal_give(terminal, getpgrp());
}

bool terminal_parent_controls_jobs(void)
{
	pid_t parent = getppid();

	/* A job has a process group other than the shell's, in the same session. */
	return parent > 0 && getsid(parent) == getsid(0) && getpgid(parent) != getpgrp();
}
