/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>
#include <unistd.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "peer_watch.h"

int peer_watch_open(void)
{
	return inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
}

void peer_watch_arm(int watch_fd, int socket_fd)
{
	/* One byte more than the kernel fills in: the name may come without a terminator. */
	union {
		struct sockaddr_un address;
		char bytes[sizeof(struct sockaddr_un) + 1];
	} peer = {.bytes = {0}};
	socklen_t len = sizeof peer.address;

	if (watch_fd < 0 || getpeername(socket_fd, (struct sockaddr *)&peer.address, &len) < 0)
		return;
	if (len <= offsetof(struct sockaddr_un, sun_path) || peer.address.sun_path[0] != '/')
		return; /* without name, abstract, or of another directory's time */
	/* IN_ATTRIB: the number of links. IN_DELETE_SELF comes only when nobody has the inode open. */
	inotify_add_watch(
	    watch_fd, peer.bytes + offsetof(struct sockaddr_un, sun_path), IN_ATTRIB | IN_DELETE_SELF);
}

void peer_watch_read(int watch_fd)
{
	char events[1024];

	while (read(watch_fd, events, sizeof events) > 0)
		;
}
