/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file of a control socket: of a stack in user space, or of a daemon. */
#ifndef CTL_SOCKET_H
#define CTL_SOCKET_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

struct ctl_socket {
	struct sockaddr_un name; /* a full path */
	dev_t device;
	ino_t inode;
	uid_t owner;
};

/* Makes the socket, of type SOCK_STREAM or SOCK_SEQPACKET, and listens. The descriptor, which does
 * not block, or -errno. */
int ctl_socket_open(const char *path, int type, struct ctl_socket *socket);

/* Removes the file, if it is still this one. */
void ctl_socket_unlink(const struct ctl_socket *socket);

/* Whether the process at the other end may give orders: the same user's, or root's. */
bool ctl_socket_permits(const struct ctl_socket *socket, int connection);

#endif
