/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which transport serves a virtual network locator (VNL).
 *
 * The fast one bypasses vde_recv and vde_send. That is right only for modules whose two calls are a
 * plain recv and send: a module that transforms frames (tags, encryption) may hand out the data
 * descriptor of the network below it. So the module's name decides first, the socket's type second.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "transport.h"

#include "forked.h"

static bool has_prefix(const char *string, const char *prefix)
{
	return strncmp(string, prefix, strlen(prefix)) == 0;
}

/* A VNL without module stands for vde://, or is a file that contains a VNL (libvdeplug(3)). */
static bool plain_switch(const char *vnl)
{
	size_t len = strcspn(vnl, "[");
	char *path = strndup(vnl, len);
	struct stat st;
	bool is;

	if (path == NULL)
		return false;
	is = strstr(vnl, "://") == NULL && (stat(path, &st) < 0 || !S_ISREG(st.st_mode));
	free(path);
	return is;
}

/* vde_open leaves errno as its last system call did, 0 included. */
static int open_error(int error)
{
	switch (error) {
	case 0:
	case EAGAIN:
	case EINTR:
	case ENOTTY:
	case ESPIPE:
		return -EINVAL;
	default:
		return -error;
	}
}

static void set_cloexec(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* libvdeplug cuts a path that does not fit a socket's address, and opens something else. The
 * longest name that a module makes of it is PATH/.PID-NUMBER. */
#define PATH_ROOM (sizeof(((struct sockaddr_un *)NULL)->sun_path) - sizeof "/.4194304-00000")

static bool path_too_long(const char *vnl)
{
	static const char *const modules[] = {"vde://", "ptp://", "hub://", "switch://"};
	const char *path = strstr(vnl, "://") == NULL ? vnl : NULL;

	for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++)
		if (has_prefix(vnl, modules[i]))
			path = vnl + strlen(modules[i]);
	return path != NULL && strcspn(path, "[") > PATH_ROOM;
}

/* ptp://PATH: the first to open is PATH, the second PATH+. If a second was killed, the first is
 * still connected to its dead socket, and refuses our connection with EPERM until it has something
 * to send. Taking the dead name away tells it (peer_watch.h), as the kernel does not. */
#define PTP_ATTEMPTS   100
#define PTP_ATTEMPT_NS 10000000

static bool ptp_remove_dead(const char *vnl)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = vnl + strlen("ptp://");
	bool dead;
	int fd;

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	/* path_too_long has seen to it that this fits. */
	snprintf(address.sun_path, sizeof address.sun_path, "%.*s+", (int)strcspn(path, "["), path);
	/* ENOENT: it has gone in order, and the first is about to notice. */
	dead = connect(fd, (struct sockaddr *)&address, sizeof address) < 0 &&
	       (errno == ENOENT || (errno == ECONNREFUSED && unlink(address.sun_path) == 0));
	close(fd);
	return dead;
}

/* Opening meets somebody else's leaving: the end of a cable, or a switch, takes away a name that
 * was the leaving one's, and is ours by now. Then the network is there, and ours is not: ENOENT. */
#define OPEN_ATTEMPTS   20
#define OPEN_ATTEMPT_NS 10000000

static bool is_there(const char *vnl)
{
	bool ptp = has_prefix(vnl, "ptp://");
	char name[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	const char *path = vnl + strlen("vde://");

	if (!ptp && !has_prefix(vnl, "vde://"))
		return false;
	snprintf(name, sizeof name, "%.*s%s", (int)strcspn(path, "["), path, ptp ? "" : "/ctl");
	return access(name, F_OK) == 0;
}

static VDECONN *open_conn(const char *vnl, const char *description)
{
	VDECONN *conn;

	errno = 0;
	/* Neither string is written to; the interface is older than const. */
	conn = vde_open((char *)(uintptr_t)vnl, (char *)(uintptr_t)description, NULL);
	for (int i = 0; conn == NULL && errno == ENOENT && i < OPEN_ATTEMPTS; i++) {
		if (!is_there(vnl)) {
			errno = ENOENT;
			break;
		}
		nanosleep(&(struct timespec){.tv_nsec = OPEN_ATTEMPT_NS}, NULL);
		errno = 0;
		conn = vde_open((char *)(uintptr_t)vnl, (char *)(uintptr_t)description, NULL);
	}
	if (conn != NULL || errno != EPERM || !has_prefix(vnl, "ptp://") || !ptp_remove_dead(vnl))
		return conn;
	for (int i = 0; conn == NULL && i < PTP_ATTEMPTS; i++) {
		nanosleep(&(struct timespec){.tv_nsec = PTP_ATTEMPT_NS}, NULL);
		conn = vde_open((char *)(uintptr_t)vnl, (char *)(uintptr_t)description, NULL);
	}
	errno = EPERM;
	return conn;
}

void transport_close_conn(VDECONN *conn)
{
	forked_remove(vde_datafd(conn));
	forked_remove(vde_ctlfd(conn));
	vde_close(conn);
}

int transport_open(const char *vnl, const char *description, struct transport **transport)
{
	bool ptp = has_prefix(vnl, "ptp://");
	VDECONN *conn;
	int rc = -EPROTOTYPE;

	if (vnl[0] == '=')
		return transport_command_open(vnl + 1, transport);
	if (path_too_long(vnl))
		return -ENAMETOOLONG;
	conn = open_conn(vnl, description);
	if (conn == NULL)
		return open_error(errno);
	set_cloexec(vde_datafd(conn));
	set_cloexec(vde_ctlfd(conn));
	forked_add(vde_datafd(conn));
	forked_add(vde_ctlfd(conn));
	if (ptp || has_prefix(vnl, "vde://") || plain_switch(vnl))
		rc = transport_dgram_new(conn, ptp, transport);
	if (rc == -EPROTOTYPE)
		rc = transport_plugin_new(conn, transport);
	if (rc < 0)
		transport_close_conn(conn);
	return rc;
}
