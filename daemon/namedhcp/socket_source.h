/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A socket of a stack in the loop. One that fails is left alone for a second, so that an interface
 * which has gone costs nothing but a line in the log. */
#ifndef SOCKET_SOURCE_H
#define SOCKET_SOURCE_H

#include <sys/types.h>

#include "loop.h"

struct socket_source;

/* Reads one message. What recvmsg(2) returned. */
typedef ssize_t socket_receive(struct socket_source *source);

struct socket_source {
	struct loop *loop;
	struct loop_source source;
	struct loop_timer pause;
	socket_receive *receive;
	int fd;
	bool failed;
};

/* Takes the descriptor, which is an ioth one and does not block, if it returns 0; or -errno. */
int socket_source_open(
    struct socket_source *source, struct loop *loop, int fd, socket_receive *receive);
/* Harmless for one that is closed, and has been open. */
void socket_source_close(struct socket_source *source);

#endif
