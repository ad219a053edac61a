/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A set of things, of which one is drawn by lot.
 *
 * Where anybody may fill a table, somebody has to go when it is full. If that is who came first,
 * one who floods it faster than answers come puts everybody out. By lot he meets himself, mostly:
 * of a table of N, that gets F new ones a second, exp(-F T / N) are still there after T seconds,
 * however large F is.
 */
#ifndef LOTS_H
#define LOTS_H

#include <stddef.h>
#include <stdint.h>

#include "siphash.h"

#define LOTS_MAX 1024

/* Lies in what is drawn. */
struct lot {
	size_t place;
};

/* All zero: empty. */
struct lots {
	size_t count;
	uint64_t draws;
	struct lot *lot[LOTS_MAX];
};

/* There are less than LOTS_MAX. */
static inline void lots_add(struct lots *lots, struct lot *lot)
{
	lot->place = lots->count;
	lots->lot[lots->count++] = lot;
}

static inline void lots_remove(struct lots *lots, struct lot *lot)
{
	struct lot *last = lots->lot[--lots->count];

	last->place = lot->place;
	lots->lot[last->place] = last;
}

/* One of them, which stays in the set; there is one at least. Who does not know the key, a random
 * one, cannot tell which. */
static inline struct lot *lots_draw(struct lots *lots, const struct siphash_key *key)
{
	uint64_t draw = lots->draws++;

	return lots->lot[siphash_1_3(key, &draw, sizeof(draw)) % lots->count];
}

/* What a lot lies in. */
#define lot_entry(lot, type, member) ((type *)(void *)((char *)(lot)-offsetof(type, member)))

#endif
