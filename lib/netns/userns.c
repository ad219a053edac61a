/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Entering a user namespace, which is what lets an ordinary user make network namespaces.
 *
 * An unprivileged process may write exactly one line into each id map, naming its own effective id
 * on the outside, and gid_map only after setgroups was denied for the namespace
 * (user_namespaces(7), "Defining user and group ID mappings"). Root gets the same map: what runs
 * inside then owns what the user owns, and nothing else.
 *
 * The files are /proc/self's: a process that the kernel holds for not dumpable (it changed its ids
 * since the last execve) does not own them and gets -EACCES. Such a program makes its namespaces
 * before it drops its privileges.
 */
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

/* The kernel takes a map in one write(2) at offset 0, so there is no loop. */
static int write_file(const char *path, const char *text, size_t len)
{
	ssize_t written;
	int fd, err = 0;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	written = write(fd, text, len);
	if (written < 0)
		err = -errno;
	else if ((size_t)written != len)
		err = -EIO;
	close(fd);
	return err;
}

/* snprintf may allocate or take the locale's lock: not for a process cloned among threads. */
static char *put_decimal(char *out, unsigned long value)
{
	char digits[24];
	size_t n = 0;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	while (n > 0)
		*out++ = digits[--n];
	return out;
}

/* "inside outside 1": one id, mapped. */
static int write_map(const char *path, unsigned long inside, unsigned long outside)
{
	char line[64];
	char *end = line;

	end = put_decimal(end, inside);
	*end++ = ' ';
	end = put_decimal(end, outside);
	*end++ = ' ';
	*end++ = '1';
	*end++ = '\n';
	return write_file(path, line, (size_t)(end - line));
}

int netns_map_ids(uid_t uid, gid_t gid, bool as_root)
{
	static const char deny[] = "deny";
	int err;

	err = write_file("/proc/self/setgroups", deny, strlen(deny));
	if (err == -ENOENT) /* before Linux 3.19 there was nothing to deny */
		err = 0;
	if (err == 0)
		err = write_map("/proc/self/uid_map", as_root ? 0 : uid, uid);
	if (err == 0)
		err = write_map("/proc/self/gid_map", as_root ? 0 : gid, gid);
	return err;
}

int netns_enter_user(int flags, uid_t uid, gid_t gid, bool as_root)
{
	if (unshare(CLONE_NEWUSER | flags) < 0)
		return -errno;
	return netns_map_ids(uid, gid, as_root);
}
