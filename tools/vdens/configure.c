/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --config: the network is configured by iothconf(1) before the command runs.
 *
 * It is a program of its own, so that vdens needs none of the libraries that it is made of. With
 * the tag thread it stays in the background as long as the command runs: it is told the number of
 * this process, which becomes the command. */
#include "configure.h"

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The one that lies beside vdens, or else the one of $PATH. */
static void execute(char *arguments[])
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - sizeof("iothconf"));
	char *slash;

	if (len > 0) {
		path[len] = '\0';
		slash = strrchr(path, '/');
		if (slash) {
			strcpy(slash + 1, "iothconf");
			execv(path, arguments);
		}
	}
	execvp("iothconf", arguments);
	warn("--config: cannot run iothconf");
	_exit(127);
}

int configure(const struct vdens_options *options)
{
	char companion[32];
	char *arguments[9] = {(char *)(uintptr_t) "iothconf", (char *)(uintptr_t) "--quiet",
	    (char *)(uintptr_t) "--background", (char *)(uintptr_t) "--while", companion};
	int n = 5, status;
	pid_t pid;

	if (!options->config)
		return 0;
	snprintf(companion, sizeof(companion), "%d", (int)getpid());
	if (options->resolvconf && !options->resolv_text) {
		arguments[n++] = (char *)(uintptr_t) "--resolvconf";
		arguments[n++] = (char *)(uintptr_t) "/etc/resolv.conf";
	}
	arguments[n] = (char *)(uintptr_t)options->config;
	pid = fork();
	if (pid == 0)
		execute(arguments);
	if (pid < 0) {
		warn("--config");
		return -errno;
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	/* 2: not all of it has succeeded, and iothconf has said so; the command may do without. */
	return WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 2) ? 0
	                                                                                   : -EINVAL;
}
