/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes and the descriptors that they keep. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/sched.h>

pid_t process_clone(uint64_t flags)
{
	struct clone_args args = {
	    .flags = flags,
	    /* with CLONE_PARENT the signal is the one the caller itself ends with: clone(2) */
	    .exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
	};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid < 0 && errno == ENOSYS && flags == 0) /* some containers know no clone3 */
		pid = fork();
	return pid < 0 ? -errno : (pid_t)pid;
}

void process_drop_descriptors(int keep)
{
	int null = open("/dev/null", O_RDWR);

	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		/* Started without stderr, no socket of ours may come to stand in its place. */
		if (fcntl(STDERR_FILENO, F_GETFD) < 0)
			dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO)
			close(null);
	}
	if (keep > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, (unsigned int)keep - 1, 0);
	close_range((unsigned int)keep + 1, UINT_MAX, 0);
}
