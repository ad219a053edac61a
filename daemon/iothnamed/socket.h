/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets of both roles: IPv6, IPv4 by mapped addresses. */
#ifndef NAMED_SOCKET_H
#define NAMED_SOCKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct ioth;

/* Who else may have the port (SO_REUSEPORT). */
enum named_sharing {
	NAMED_ALONE,
	NAMED_FIRST, /* nobody before, other workers from now on */
	NAMED_OTHER, /* one of those */
};

/* Opens a socket of the stack on [::]:port, for IPv4 as well. The descriptor, or -errno. */
int named_socket_open(struct ioth *stack, int type, uint16_t port, enum named_sharing sharing);

/* Does setsockopt(2) with an int. 0 or -errno. */
int named_socket_set(int fd, int level, int option, int value);

#endif
