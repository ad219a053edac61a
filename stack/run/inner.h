/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our ends of the pairs by which sockets are polled (readiness.c, readiness_stream.c): how they are
 * kept, see inner.c. Each belongs to who has its stack's lock. */
#ifndef RUN_INNER_H
#define RUN_INNER_H

#include <sys/types.h>

#define INNER_NONE  (-1)
#define INNER_PLAIN 64 /* so many of a process are descriptors */

/* Takes the descriptor. Gives what the calls below want: a descriptor, or a number below INNER_NONE
 * for a file that has none any more. */
int inner_keep(int fd);
void inner_close(int inner); /* INNER_NONE: nothing */

/* As send(2) and recv(2) with MSG_DONTWAIT | MSG_NOSIGNAL, and shutdown(2), but -errno. */
ssize_t inner_send(int inner, const void *bytes, size_t len, int flags);
ssize_t inner_receive(int inner, void *bytes, size_t len);
int inner_shutdown(int inner, int how);

/* A descriptor of it for other calls; -errno. Given back by inner_return. */
int inner_borrow(int inner);
void inner_return(int inner, int fd);

#endif
