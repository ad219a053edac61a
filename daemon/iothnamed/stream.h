/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DNS messages over TCP (RFC 1035, 4.2.2; RFC 7766): each with two bytes of length before it, cut
 * into segments at will.
 *
 * Both ends of the server use it, towards clients and towards other servers. Nothing blocks.
 * Buffers grow with what is in them and go when they are empty, so that an idle connection costs
 * next to nothing.
 */
#ifndef NAMED_STREAM_H
#define NAMED_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream {
	int fd;         /* of libioth, non-blocking */
	size_t in_max;  /* bytes of a message that are taken */
	size_t out_max; /* bytes that may wait for the other end */
	size_t skip;    /* bytes that are still to come of a message, and are not wanted */
	bool cut;       /* the message that was taken last has lost its end */
	uint8_t *in;
	size_t in_size, in_begin, in_end;
	uint8_t *out;
	size_t out_size, out_begin, out_end;
};

void stream_init(struct stream *stream, int fd, size_t in_max, size_t out_max);
void stream_fini(struct stream *stream); /* the descriptor stays open */

/* Reads once. How many bytes came; 0: the other end will send no more; -EAGAIN: nothing is there;
 * or another -errno. All messages are to be taken first. */
int stream_fill(struct stream *stream);

/* The next whole message, valid until the next call, or false. Of one that is longer than what is
 * taken it is the first in_max bytes, as soon as these are there (`cut`); the others are passed
 * over when they come. */
bool stream_next(struct stream *stream, uint8_t **bytes, size_t *len);

/* Is a message there for stream_next? */
bool stream_has_message(const struct stream *stream);

/* Bytes of a message that has not come whole. */
static inline size_t stream_unread(const struct stream *stream)
{
	return stream->in_end - stream->in_begin;
}

/* Queues a message. 0, -ENOBUFS: too many wait, or -ENOMEM. */
int stream_put(struct stream *stream, const uint8_t *bytes, size_t len);

/* Sends what is queued. 0, or -errno of the connection; what could not be sent still waits. */
int stream_flush(struct stream *stream);

static inline size_t stream_waiting(const struct stream *stream)
{
	return stream->out_end - stream->out_begin;
}

#endif
