/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which transport serves a virtual network locator (VNL).
 *
 * The fast one bypasses vde_recv and vde_send. That is right only for modules whose two calls are a
 * plain recv and send: a module that transforms frames (tags, encryption) may hand out the data
 * descriptor of the network below it. So the module's name decides first, the socket's type second.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "transport.h"

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

int transport_open(const char *vnl, const char *description, struct transport **transport)
{
	bool ptp = has_prefix(vnl, "ptp://");
	VDECONN *conn;
	int rc = -EPROTOTYPE;

	if (vnl[0] == '=')
		return transport_command_open(vnl + 1, transport);
	if (path_too_long(vnl))
		return -ENAMETOOLONG;
	errno = 0;
	/* Neither string is written to; the interface is older than const. */
	conn = vde_open((char *)(uintptr_t)vnl, (char *)(uintptr_t)description, NULL);
	if (conn == NULL)
		return open_error(errno);
	set_cloexec(vde_datafd(conn));
	set_cloexec(vde_ctlfd(conn));
	if (ptp || has_prefix(vnl, "vde://") || plain_switch(vnl))
		rc = transport_dgram_new(conn, ptp, transport);
	if (rc == -EPROTOTYPE)
		rc = transport_plugin_new(conn, transport);
	if (rc < 0)
		vde_close(conn);
	return rc;
}
