/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* To the background: see daemonize.h. */
#include "daemonize.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/wait.h>

/* One that ends without a word has failed; a child that a signal ended says which. */
__attribute__((noreturn)) static void wait_for(pid_t child, int pipe)
{
	unsigned char status = EXIT_FAILURE;
	ssize_t len;
	int end;

	do {
		len = read(pipe, &status, 1);
	} while (len < 0 && errno == EINTR);
	if (len != 1 && waitpid(child, &end, 0) == child)
		status =
		    WIFEXITED(end) && WEXITSTATUS(end) ? (unsigned char)WEXITSTATUS(end) : EXIT_FAILURE;
	_exit(status);
}

int daemonize_begin(struct daemonize *daemonize)
{
	int ends[2], err;
	pid_t child;

	daemonize->pipe = -1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	fflush(NULL);
	child = fork();
	if (child < 0) {
		err = -errno;
		close(ends[0]);
		close(ends[1]);
		return err;
	}
	if (child > 0) {
		close(ends[1]);
		wait_for(child, ends[0]);
	}
	close(ends[0]);
	setsid();
	if (chdir("/") < 0) {
		err = -errno;
		close(ends[1]);
		return err;
	}
	daemonize->pipe = ends[1];
	return 0;
}

static void leave_standard_streams(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		(void)dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
}

void daemonize_end(struct daemonize *daemonize, int status)
{
	const unsigned char byte = (unsigned char)status;

	if (daemonize->pipe < 0)
		return;
	if (status == EXIT_SUCCESS)
		leave_standard_streams();
	/* If nobody reads it, nobody waits. SIGPIPE is blocked. */
	if (write(daemonize->pipe, &byte, 1) < 0)
		errno = 0;
	close(daemonize->pipe);
	daemonize->pipe = -1;
}
