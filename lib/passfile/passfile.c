/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Passwords in files: see passfile.h. */
#include "passfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#define LINE_SIZE (PASSFILE_MAX + 2) /* CR and LF */

static int refuse(char why[PASSFILE_WHY_SIZE], const char *reason, int error)
{
	snprintf(why, PASSFILE_WHY_SIZE, "%s", reason);
	return error;
}

static int refuse_call(char why[PASSFILE_WHY_SIZE])
{
	int error = errno;

	return refuse(why, strerror(error), -error);
}

/* Byte by byte: what follows the line in a pipe is somebody else's. Returns how many bytes there
 * are before the LF, or before the end of the file; LINE_SIZE: as many, or more; or -errno. */
static ssize_t read_line(int fd, char line[LINE_SIZE], bool *ended)
{
	ssize_t len = 0, got;

	*ended = false;
	while (len < LINE_SIZE) {
		got = read(fd, line + len, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		*ended = got > 0 && line[len] == '\n';
		if (got == 0 || *ended)
			break;
		len++;
	}
	return len;
}

int passfile_read_from(int fd, char **password, char why[PASSFILE_WHY_SIZE])
{
	char *line = calloc(1, LINE_SIZE + 1);
	bool ended;
	ssize_t len;
	int error = 0;

	if (!line)
		return refuse(why, strerror(ENOMEM), -ENOMEM);
	len = read_line(fd, line, &ended);
	if (len < 0) {
		error = refuse(why, strerror((int)-len), (int)len);
		goto fail;
	}
	if (len == 0 && !ended)
		error = refuse(why, "it is empty", -EINVAL);
	line[len] = '\0';
	if (len > 0 && line[len - 1] == '\r')
		line[--len] = '\0';
	if (!error && len > PASSFILE_MAX) {
		snprintf(why, PASSFILE_WHY_SIZE, "more than %d bytes are no password", PASSFILE_MAX);
		error = -EINVAL;
	}
	if (!error && strlen(line) < (size_t)len)
		error = refuse(why, "a byte of the password is 0", -EINVAL);
	if (error)
		goto fail;
	*password = line;
	return 0;

fail:
	explicit_bzero(line, LINE_SIZE);
	free(line);
	return error;
}

/* A group other than the reader's own has been chosen, as has one that he needs because the file is
 * somebody else's: root's, for a daemon (also of the credentials of systemd, whose access list
 * shows there: acl(5), CORRESPONDENCE BETWEEN ACL ENTRIES AND FILE PERMISSION BITS). */
static bool is_exposed(const struct stat *status)
{
	bool own = status->st_uid == geteuid() && status->st_gid == getegid();

	return status->st_mode & S_IROTH || (own && status->st_mode & S_IRGRP);
}

int passfile_read(const char *path, char **password, bool *exposed, char why[PASSFILE_WHY_SIZE])
{
	struct stat status;
	/* Without waiting for whoever writes to a FIFO, or becoming a terminal's process. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int error;

	/* Of a daemon that has become somebody else one would not think of that. */
	if (fd < 0 && errno == EACCES) {
		snprintf(why, PASSFILE_WHY_SIZE, "%s (to user %u)", strerror(EACCES), geteuid());
		return -EACCES;
	}
	if (fd < 0)
		return refuse_call(why);
	if (fstat(fd, &status) < 0)
		error = refuse_call(why);
	else if (S_ISDIR(status.st_mode))
		error = refuse(why, strerror(EISDIR), -EISDIR);
	else if (!S_ISREG(status.st_mode))
		error = refuse(why, "it is no regular file", -EINVAL);
	else
		error = passfile_read_from(fd, password, why);
	if (!error && exposed)
		*exposed = is_exposed(&status);
	close(fd);
	return error;
}

void passfile_free(char *password)
{
	if (password)
		explicit_bzero(password, strlen(password));
	free(password);
}
