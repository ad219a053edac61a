/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file with a process id: see pidfile.h. */
#include "pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define ROUNDS 100 /* of a crowd of starters; each round somebody else has won */

/* A file beside `path` that holds our number: its descriptor, and its name in *name; or -errno. */
static int write_temporary(const char *path, char **name)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	int fd, err;

	if (asprintf(name, "%s.%d", path, (int)getpid()) < 0)
		return -ENOMEM;
	(void)unlink(*name); /* of one that crashed and had our number */
	fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0) {
		err = -errno;
		goto free_name;
	}
	errno = ENOSPC; /* of a short write */
	if (write(fd, text, (size_t)len) == len)
		return fd;
	err = -errno;
	close(fd);
	unlink(*name);
free_name:
	free(*name);
	return err < 0 ? err : -EIO;
}

/* The number in a file; 0: there is none. */
static pid_t read_pid(int fd)
{
	char text[32];
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);
	long pid;
	char *end;

	if (len <= 0)
		return 0;
	text[len] = '\0';
	pid = strtol(text, &end, 10);
	return (*end == '\n' || *end == '\0') && pid > 0 && pid == (pid_t)pid ? (pid_t)pid : 0;
}

/* Our own number is that of a process which had it before. One that has ended and that nobody
 * waits for, as may be in a container, does not live either. */
static bool is_alive(pid_t pid)
{
	struct pollfd process = {.events = POLLIN};
	bool ended;

	if (pid <= 0 || pid == getpid() || (kill(pid, 0) < 0 && errno != EPERM))
		return false;
	process.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (process.fd < 0)
		return errno != ESRCH;
	ended = poll(&process, 1, 0) > 0;
	close(process.fd);
	return !ended;
}

static bool is_at(const char *path, int fd)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 && lstat(path, &there) == 0 && ours.st_dev == there.st_dev &&
	       ours.st_ino == there.st_ino;
}

/* Removes `path` if that is a stale file. -EAGAIN: it is gone, by us or another. */
static int remove_stale(const char *path, pid_t *other)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	int err = -EAGAIN;

	if (fd < 0)
		return errno == ENOENT ? -EAGAIN : -errno;
	*other = read_pid(fd);
	/* The lock is held by another one in this very place only. */
	if (is_alive(*other) || (fstat(fd, &status) == 0 && !S_ISREG(status.st_mode)))
		err = -EEXIST;
	else if (flock(fd, LOCK_EX) < 0 || (is_at(path, fd) && unlink(path) < 0))
		err = -errno;
	close(fd);
	return err;
}

int pidfile_create(struct pidfile *pidfile, const char *path, pid_t *other)
{
	char *temporary;
	int err;

	*other = 0;
	*pidfile = (struct pidfile){0};
	pidfile->fd = write_temporary(path, &temporary);
	if (pidfile->fd < 0)
		return pidfile->fd;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		err = link(temporary, path) < 0 ? -errno : 0;
		if (err != -EEXIST)
			break;
		err = remove_stale(path, other);
		if (err != -EAGAIN)
			break;
	}
	unlink(temporary);
	free(temporary);
	if (err)
		goto close_file;
	pidfile->path = strdup(path);
	if (pidfile->path)
		return 0;
	err = -ENOMEM;
	unlink(path);
close_file:
	close(pidfile->fd);
	return err;
}

void pidfile_remove(struct pidfile *pidfile)
{
	if (!pidfile->path)
		return;
	if (is_at(pidfile->path, pidfile->fd))
		unlink(pidfile->path);
	close(pidfile->fd);
	free(pidfile->path);
	pidfile->path = NULL;
}
