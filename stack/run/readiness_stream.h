/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The descriptor of a TCP socket: see readiness_stream.c. Called by readiness.c, but for those that
 * make and pair. */
#ifndef RUN_READINESS_STREAM_H
#define RUN_READINESS_STREAM_H

#include "readiness.h"

/* Of a fresh socket: shows POLLOUT | POLLHUP. The descriptor, or -errno. */
int readiness_open_stream(struct readiness *readiness, bool nonblocking);

/* Of an accepted connection: shows POLLOUT. The descriptor, or -errno. */
int readiness_open_connected(struct readiness *readiness, bool nonblocking);

/* Before the socket connects or listens: after this any mask can be shown. *renewed: the descriptor
 * means another object now (its inode changed). 0 or -errno. */
int readiness_pair(struct readiness *readiness, int fd, bool *renewed);

/* A stack holds what pairing shares in the process. */
void readiness_hold(void);
void readiness_release(void);

/* As readiness_close, readiness_raise and readiness_show. */
void stream_close(struct readiness *readiness);
void stream_raise(struct readiness *readiness, unsigned int mask);
bool stream_show(struct readiness *readiness, int fd, unsigned int mask);

#endif
