/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes from here to there: see relay.h. */
#include "relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <ioth.h>

#define ROUNDS 4 /* chunks before others have their turn */

int relay_pool_init(struct relay_pool *pool, size_t chunk_size, uint64_t limit)
{
	*pool = (struct relay_pool){.chunk = malloc(chunk_size), .chunk_size = chunk_size};
	pool->limit = limit;
	return pool->chunk ? 0 : -ENOMEM;
}

void relay_pool_fini(struct relay_pool *pool)
{
	free(pool->chunk);
	*pool = (struct relay_pool){0};
}

/* Nothing is kept. 0 or -ENOMEM. */
static int keep(struct relay *relay, struct relay_pool *pool, const uint8_t *bytes, size_t len)
{
	relay->rest = malloc(len);
	if (!relay->rest)
		return -ENOMEM;
	memcpy(relay->rest, bytes, len);
	relay->begin = 0;
	relay->end = len;
	pool->kept += len;
	return 0;
}

int relay_begin_with(struct relay *relay, struct relay_pool *pool, const uint8_t *bytes, size_t len)
{
	return keep(relay, pool, bytes, len);
}

void relay_fini(struct relay *relay, struct relay_pool *pool)
{
	if (relay->rest)
		pool->kept -= relay->end;
	free(relay->rest);
	relay->rest = NULL;
}

/* Bytes that went; 0: it would block; or -errno. */
static ssize_t put(int fd, const uint8_t *bytes, size_t len)
{
	ssize_t sent;

	do
		sent = ioth_send(fd, bytes, len, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return sent;
	return errno == EAGAIN ? 0 : -errno;
}

/* The same; the memory is kept until all has gone. */
static ssize_t put_rest(struct relay *relay, struct relay_pool *pool, int to)
{
	ssize_t sent = put(to, relay->rest + relay->begin, relay->end - relay->begin);

	if (sent < 0)
		return sent;
	relay->begin += (size_t)sent;
	if (relay->begin == relay->end)
		relay_fini(relay, pool);
	return sent;
}

static int pass_end(struct relay *relay, int to, bool close_follows)
{
	relay->passed = true;
	/* ENOTCONN: it has been reset meanwhile, which the loop is about to say. */
	if (!close_follows && ioth_shutdown(to, SHUT_WR) < 0 && errno != ENOTCONN)
		return -errno;
	return 0;
}

int64_t relay_move(
    struct relay *relay, struct relay_pool *pool, int from, int to, bool close_follows)
{
	size_t room = pool->kept < pool->limit ? pool->chunk_size : RELAY_LEAST;
	ssize_t sent, received = (ssize_t)room;
	int64_t moved = 0;
	int err;

	if (relay->rest) {
		moved = put_rest(relay, pool, to);
		if (moved < 0)
			return moved;
	}
	/* Less than there was room for: that was all, or the loop will say. */
	for (unsigned int round = 0;
	     round < ROUNDS && !relay->rest && !relay->ended && received == (ssize_t)room; round++) {
		received = ioth_recv(from, pool->chunk, room, 0);
		if (received < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (received < 0)
			return -errno;
		relay->ended = received == 0;
		if (relay->ended)
			break;
		sent = put(to, pool->chunk, (size_t)received);
		if (sent < 0)
			return sent;
		moved += sent;
		if (sent < received) {
			err = keep(relay, pool, pool->chunk + sent, (size_t)(received - sent));
			if (err)
				return err;
		}
	}
	if (relay->ended && !relay->passed && !relay->rest) {
		err = pass_end(relay, to, close_follows);
		if (err)
			return err;
	}
	return moved;
}
