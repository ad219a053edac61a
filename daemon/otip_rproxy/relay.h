/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One direction of a relayed connection: the bytes that one socket gives go into another.
 *
 * Bytes are received into one buffer that all connections share, and sent at once. What the other
 * socket does not take is kept, in memory of its own, and until it has gone nothing more is
 * received: so TCP tells the sender to wait. A direction that flows keeps nothing, and costs
 * nothing.
 *
 * Receiving less at a time when much is kept already bounds what all of them keep: at most a
 * relay_pool's `limit` and then RELAY_LEAST for each.
 *
 * The end of one side is passed on once all before it has been, as shutdown(2) does it.
 */
#ifndef RPROXY_RELAY_H
#define RPROXY_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RELAY_LEAST 4096 /* bytes received at a time when others keep much */

/* What all relays of a loop share. */
struct relay_pool {
	uint8_t *chunk; /* owned */
	size_t chunk_size;
	uint64_t kept, limit; /* bytes */
};

struct relay {
	bool ended;    /* the one side has sent its end */
	bool passed;   /* the other side has got it */
	uint8_t *rest; /* owned; NULL: nothing is kept */
	size_t begin, end;
};

/* `chunk_size` is RELAY_LEAST at least. 0 or -ENOMEM. */
int relay_pool_init(struct relay_pool *pool, size_t chunk_size, uint64_t limit);
void relay_pool_fini(struct relay_pool *pool);

/* Bytes that go before all others, when nothing is kept yet. 0 or -ENOMEM. */
int relay_begin_with(
    struct relay *relay, struct relay_pool *pool, const uint8_t *bytes, size_t len);

/* Moves what can be moved now, from a descriptor to another, both without blocking; in one turn no
 * more than is fair. The number of bytes that the other side took, or -errno. `close_follows`: when
 * the end is passed on both are going to be closed, which says the same. */
int64_t relay_move(
    struct relay *relay, struct relay_pool *pool, int from, int to, bool close_follows);

/* Forgets what is kept. */
void relay_fini(struct relay *relay, struct relay_pool *pool);

static inline bool relay_is_waiting(const struct relay *relay)
{
	return relay->rest;
}

#endif
