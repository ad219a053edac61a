/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The protocol of sd_notify(3), without libsystemd: see notify.h. */
#include "notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "loop.h"

#define LINES_MAX 1024

int notify_send(const char *lines)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t address_len;
	size_t len;
	int fd, result;

	if (!name || !*name)
		return 0;
	len = strlen(name);
	if (name[0] != '/' && name[0] != '@')
		return -EAFNOSUPPORT;
	if (len >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, name, len);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	/* The name of an abstract socket ends with its length, not with a NUL: unix(7). */
	address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '/'));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	result = sendto(fd, lines, strlen(lines), MSG_NOSIGNAL | MSG_DONTWAIT,
	             (const struct sockaddr *)&address, address_len) < 0
	             ? -errno
	             : 1;
	close(fd);
	return result;
}

void notify_ready(const char *status)
{
	char lines[LINES_MAX];

	snprintf(lines, sizeof(lines), "READY=1\n%s%s%s", status ? "STATUS=" : "", status ? status : "",
	    status ? "\n" : "");
	(void)notify_send(lines);
}

void notify_reloading(void)
{
	char lines[LINES_MAX];

	snprintf(lines, sizeof(lines), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\n",
	    loop_clock() / LOOP_USEC);
	(void)notify_send(lines);
}

void notify_stopping(void)
{
	(void)notify_send("STOPPING=1\n");
}
