/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the protocol engines share. An engine does no I/O and knows no clock: it is told what came
 * and what time it is, says what to send through a table of functions, and has a next deadline. So
 * its tests own the clock, the network and the dice, and days of a lease take milliseconds.
 *
 * Time is in milliseconds of a clock that never runs backwards and goes on while the machine sleeps
 * (CLOCK_BOOTTIME); wall-clock time plays no part. The functions of a table may not call the
 * engine.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include <stdint.h>

typedef uint64_t engine_time;

#define ENGINE_NEVER   UINT64_MAX
#define ENGINE_SECOND  ((engine_time)1000)
#define ENGINE_FOREVER UINT32_MAX /* a lifetime in seconds, as all the protocols write it */

/* 32 bits that nobody can foresee. */
typedef uint32_t engine_random(void *context);

/* When something that lasts `seconds` from now on ends. */
static inline engine_time engine_after(engine_time now, uint32_t seconds)
{
	return seconds == ENGINE_FOREVER ? ENGINE_NEVER : now + seconds * ENGINE_SECOND;
}

/* Seconds left until a time, rounded down. */
static inline uint32_t engine_left(engine_time now, engine_time end)
{
	engine_time left;

	if (end == ENGINE_NEVER)
		return ENGINE_FOREVER;
	left = end > now ? (end - now) / ENGINE_SECOND : 0;
	return left < ENGINE_FOREVER ? (uint32_t)left : ENGINE_FOREVER - 1;
}

static inline engine_time engine_min(engine_time one, engine_time other)
{
	return one < other ? one : other;
}

static inline engine_time engine_max(engine_time one, engine_time other)
{
	return one > other ? one : other;
}

/* A random time below `limit` (> 0). */
static inline engine_time engine_below(engine_random *random, void *context, engine_time limit)
{
	return (engine_time)random(context) * limit >> 32;
}

#endif
