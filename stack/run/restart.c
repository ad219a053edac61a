/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* EINTR or not: signal(7), "Interruption of system calls and library functions by signal handlers".
 *
 * The kernel restarts a blocked recv(2) if the handler was installed with SA_RESTART, and cannot
 * tell us which handler ran. Most programs install all of their handlers one way; so those that
 * could have run are asked. If they differ, the call returns EINTR: a program that wants to be
 * interrupted and is not hangs, one that is interrupted in vain has been told by POSIX to expect
 * it.
 */
#include "runtime.h"

#include <signal.h>

bool signals_restart(void)
{
	sigset_t blocked;

	if (pthread_sigmask(SIG_SETMASK, NULL, &blocked) != 0)
		return false;
	for (int number = 1; number <= SIGRTMAX; number++) {
		struct sigaction action;

		if (sigismember(&blocked, number) == 1 || sigaction(number, NULL, &action) < 0)
			continue;
		if (!(action.sa_flags & SA_SIGINFO) &&
		    (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN))
			continue;
		if (!(action.sa_flags & SA_RESTART))
			return false;
	}
	return true;
}
