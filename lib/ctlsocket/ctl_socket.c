/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the control socket lies, and who may connect.
 *
 * The file has mode 0600 from the moment that it exists: bind(2) gives it the mode of the socket's
 * inode, without those bits that umask takes. A socket at PATH that nobody listens to was left by a
 * process that crashed, and is replaced; anything else that is found there stays. (Two programs
 * that replace the same one at the same time may both succeed; the later one is found.)
 */
#include "ctl_socket.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define BACKLOG 16

/* The program may change its directory before the file is removed. */
static int full_path(const char *path, struct sockaddr_un *name)
{
	char directory[PATH_MAX] = "";
	int len;

	name->sun_family = AF_UNIX;
	if (path[0] != '/' && !getcwd(directory, sizeof(directory) - 1))
		return -errno;
	len = snprintf(
	    name->sun_path, sizeof(name->sun_path), "%s%s%s", directory, directory[0] ? "/" : "", path);
	return len < 0 || (size_t)len >= sizeof(name->sun_path) ? -ENAMETOOLONG : 0;
}

/* 0: what is there was left behind. */
static int check_stale(const struct sockaddr_un *name, int type)
{
	struct stat status;
	int fd, err = 0;

	if (lstat(name->sun_path, &status) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* EPROTOTYPE: a socket of another type, and somebody listens. */
	if (connect(fd, (const struct sockaddr *)name, sizeof(*name)) == 0 || errno != ECONNREFUSED)
		err = -EADDRINUSE;
	close(fd);
	return err;
}

static int bind_name(int fd, int type, const struct sockaddr_un *name)
{
	int err;

	if (bind(fd, (const struct sockaddr *)name, sizeof(*name)) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return -errno;
	err = check_stale(name, type);
	if (err)
		return err;
	if (unlink(name->sun_path) < 0 && errno != ENOENT)
		return -errno;
	return bind(fd, (const struct sockaddr *)name, sizeof(*name)) < 0 ? -errno : 0;
}

int ctl_socket_open(const char *path, int type, struct ctl_socket *result)
{
	struct stat status;
	int fd, err;

	*result = (struct ctl_socket){.owner = geteuid()};
	err = full_path(path, &result->name);
	if (err)
		return err;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	err = fchmod(fd, 0600) < 0 ? -errno : bind_name(fd, type, &result->name);
	if (err)
		goto close_socket;
	if (lstat(result->name.sun_path, &status) < 0) {
		err = -errno;
		goto close_socket;
	}
	result->device = status.st_dev;
	result->inode = status.st_ino;
	if (listen(fd, BACKLOG) == 0)
		return fd;
	err = -errno;
	ctl_socket_unlink(result);
close_socket:
	close(fd);
	return err;
}

void ctl_socket_unlink(const struct ctl_socket *socket)
{
	struct stat status;

	if (lstat(socket->name.sun_path, &status) == 0 && status.st_dev == socket->device &&
	    status.st_ino == socket->inode)
		unlink(socket->name.sun_path);
}

bool ctl_socket_permits(const struct ctl_socket *socket, int connection)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == socket->owner || peer.uid == 0);
}
