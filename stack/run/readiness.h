/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The descriptor that the program polls: see readiness.c. */
#ifndef RUN_READINESS_H
#define RUN_READINESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct readiness {
	int inner; /* our end of the pair: inner.h */
	/* POLLIN, POLLOUT, POLLERR, POLLRDHUP, POLLHUP; POLLNVAL: the program's end was closed. */
	unsigned int shown;
	unsigned int tokens; /* datagrams that make POLLIN, in the program's end */
	bool armed;          /* the datagram that makes POLLERR possible lies in our end */
	/* Of a TCP socket (readiness_stream.c); `shown` has POLLPRI, too, and `tokens` are bytes. */
	bool stream;
	bool small;  /* SO_SNDBUF of the program's end is the least */
	bool looked; /* a call saw POLLIN: what comes now is news */
};

/* Makes the descriptor, close-on-exec, blocking or not, and shows POLLOUT. The descriptor, or
 * -errno. */
int readiness_open(struct readiness *readiness, bool nonblocking);

/* Closes our end. */
void readiness_close(struct readiness *readiness);

/* Shows what has come, as far as that can be done without the program's descriptor: POLLIN,
 * POLLERR, POLLOUT. For those who received a frame. */
void readiness_raise(struct readiness *readiness, unsigned int mask);

/* Shows exactly `mask` (those five bits); `fd` is the program's descriptor. For calls of the
 * program. Returns whether the descriptor means another object now: its inode has changed. */
bool readiness_show(struct readiness *readiness, int fd, unsigned int mask);

#endif
