/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A place in the user's iovecs, from which bytes are taken or to which they are given, piece by
 * piece. Called without the stack's lock. */
#ifndef SOCKET_IOV_H
#define SOCKET_IOV_H

#include "pkt.h"

struct iov_cursor {
	const struct iovec *iov;
	size_t count;
	size_t at; /* in the first */
};

static inline struct iov_cursor iov_cursor(const struct iovec *iov, size_t count)
{
	return (struct iov_cursor){iov, count, 0};
}

/* The next `len` bytes, which must be there, to the end of a packet that has room for them. */
void iov_fill(struct iov_cursor *cursor, struct px_pkt *pkt, size_t len);

/* Stores the bytes of a chain, as many as fit, and frees it. */
void iov_store(struct iov_cursor *cursor, struct px_pkt *chain);

#endif
