/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When to let queries gather before the next look at the network.
 *
 * On a stack in user memory a turn of the loop (finding out that there are frames, a call that
 * receives them, one that sends the answers) costs as much as the query that it is for. A network
 * that brings frames one by one as fast as they are answered makes many such turns, each for a few
 * queries. So while very many come the loop rests between its turns, for a time that is nothing
 * beside that of their other way: as network cards hold their interrupts back. No I/O, no clock.
 *
 * It is a bet. Where few clients ask, each of whom waits for an answer before it asks again, no
 * more queries come for the resting, but fewer; then there is none for a while, twice as long each
 * time. Each stretch of time in which as many have come as without it makes that while shorter
 * again.
 */
#ifndef NAMED_GATHER_H
#define NAMED_GATHER_H

#include <stdbool.h>
#include <stdint.h>

#define GATHER_MICROSECOND 1000ULL
#define GATHER_REST        (100 * GATHER_MICROSECOND)
#define GATHER_ENOUGH      64 /* queries of a turn, which needs no rest: more may be there */
#define GATHER_STRETCH     (1000 * GATHER_MICROSECOND)
#define GATHER_MANY        30 /* queries of a stretch: six of a rest */
#define GATHER_PAUSE_FIRST (10 * GATHER_STRETCH)
#define GATHER_PAUSE_MAX   (1000 * GATHER_STRETCH)

/* All zero is a beginning. */
struct gather {
	bool resting;
	uint64_t since;    /* beginning of the stretch */
	uint32_t queries;  /* in it */
	uint64_t expected; /* in a stretch: those of the last one without rests */
	uint64_t pause;    /* after a bet that is lost */
	uint64_t paused;   /* until then */
};

/* At the end of a turn that began at `now` (nanoseconds) and had so many queries. Returns for how
 * long to rest; 0: not. */
uint64_t gather_turn(struct gather *gather, uint64_t now, unsigned int queries);

#endif
