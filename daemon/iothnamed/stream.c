/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages over TCP: see stream.h. */
#include "stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <ioth.h>

#define PREFIX 2    /* bytes of a length */
#define FIRST  1024 /* bytes of a first buffer */

void stream_init(struct stream *stream, int fd, size_t in_max, size_t out_max)
{
	*stream = (struct stream){.fd = fd, .in_max = in_max, .out_max = out_max};
}

void stream_fini(struct stream *stream)
{
	free(stream->in);
	free(stream->out);
	*stream = (struct stream){.fd = -1};
}

/* What is in use goes to the front, then there is room for `size` bytes in all. 0 or -ENOMEM. */
static int make_room(uint8_t **buffer, size_t *buffer_size, size_t *begin, size_t *end, size_t size)
{
	uint8_t *larger;

	if (*begin > 0) {
		memmove(*buffer, *buffer + *begin, *end - *begin);
		*end -= *begin;
		*begin = 0;
	}
	if (size <= *buffer_size)
		return 0;
	if (size < FIRST)
		size = FIRST;
	larger = realloc(*buffer, size);
	if (!larger)
		return -ENOMEM;
	*buffer = larger;
	*buffer_size = size;
	return 0;
}

static void release(uint8_t **buffer, size_t *size, size_t *begin, size_t *end)
{
	free(*buffer);
	*buffer = NULL;
	*size = 0;
	*begin = 0;
	*end = 0;
}

/* ---- in -------------------------------------------------------------------------------------- */

/* Bytes of the message that begins the buffer, its length included; PREFIX: not known yet. */
static size_t announced(const struct stream *stream)
{
	const uint8_t *at = stream->in + stream->in_begin;

	return stream_unread(stream) < PREFIX ? PREFIX : PREFIX + ((size_t)at[0] << 8 | at[1]);
}

/* Those of them that are taken. */
static size_t taken(const struct stream *stream)
{
	size_t size = announced(stream), most = PREFIX + stream->in_max;

	return size < most ? size : most;
}

bool stream_has_message(const struct stream *stream)
{
	return stream_unread(stream) >= PREFIX && stream_unread(stream) >= taken(stream);
}

/* Reads once what nobody wants. As stream_fill. */
static int skip(struct stream *stream)
{
	uint8_t unwanted[4096];
	size_t size = stream->skip < sizeof(unwanted) ? stream->skip : sizeof(unwanted);
	ssize_t len = ioth_recv(stream->fd, unwanted, size, 0);

	if (len > 0)
		stream->skip -= (size_t)len;
	if (len < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	return (int)len;
}

int stream_fill(struct stream *stream)
{
	size_t size = stream_unread(stream) > 0 ? taken(stream) : FIRST;
	ssize_t len;
	int err;

	if (stream->skip > 0)
		return skip(stream);
	err = make_room(&stream->in, &stream->in_size, &stream->in_begin, &stream->in_end, size);
	if (err)
		return err;
	len = ioth_recv(stream->fd, stream->in + stream->in_end, stream->in_size - stream->in_end, 0);
	if (len > 0) {
		stream->in_end += (size_t)len;
		return (int)len;
	}
	err = len < 0 ? -errno : 0;
	if (stream_unread(stream) == 0)
		release(&stream->in, &stream->in_size, &stream->in_begin, &stream->in_end);
	return err == -EINTR ? -EAGAIN : err;
}

bool stream_next(struct stream *stream, uint8_t **bytes, size_t *len)
{
	size_t size, here;

	if (stream_unread(stream) == 0)
		release(&stream->in, &stream->in_size, &stream->in_begin, &stream->in_end);
	if (!stream_has_message(stream))
		return false;
	size = taken(stream);
	stream->skip = announced(stream) - size;
	stream->cut = stream->skip > 0;
	*bytes = stream->in + stream->in_begin + PREFIX;
	*len = size - PREFIX;
	stream->in_begin += size;
	here = stream_unread(stream) < stream->skip ? stream_unread(stream) : stream->skip;
	stream->in_begin += here;
	stream->skip -= here;
	return true;
}

/* ---- out ------------------------------------------------------------------------------------- */

int stream_put(struct stream *stream, const uint8_t *bytes, size_t len)
{
	size_t size = stream_waiting(stream) + PREFIX + len;
	int err;

	if (size > stream->out_max)
		return -ENOBUFS;
	if (stream->out_end + PREFIX + len > stream->out_size) {
		err = make_room(&stream->out, &stream->out_size, &stream->out_begin, &stream->out_end,
		    size > stream->out_size ? 2 * size : size);
		if (err)
			return err;
	}
	stream->out[stream->out_end++] = (uint8_t)(len >> 8);
	stream->out[stream->out_end++] = (uint8_t)len;
	memcpy(stream->out + stream->out_end, bytes, len);
	stream->out_end += len;
	return 0;
}

int stream_flush(struct stream *stream)
{
	while (stream_waiting(stream) > 0) {
		ssize_t len = ioth_send(
		    stream->fd, stream->out + stream->out_begin, stream_waiting(stream), MSG_NOSIGNAL);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return errno == EAGAIN ? 0 : -errno;
		stream->out_begin += (size_t)len;
	}
	release(&stream->out, &stream->out_size, &stream->out_begin, &stream->out_end);
	return 0;
}
