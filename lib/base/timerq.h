/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A queue of timers: which deadline is next, and which have passed.
 *
 * The clock is the caller's, in its unit, and never runs backwards (CLOCK_MONOTONIC in a program, a
 * number in a test); the queue only compares. A loop sleeps until timerq_next_deadline and then
 * takes timerq_expired until that gives NULL.
 *
 * Timers lie in what they belong to: arming one cannot fail. They are not owned. Arming costs O(1),
 * the rest O(log n) amortised, for n armed timers.
 */
#ifndef BASE_TIMERQ_H
#define BASE_TIMERQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMERQ_NEVER UINT64_MAX

/* All zero: not armed. May not be moved in memory while armed. */
struct timerq_timer {
	uint64_t deadline;
	struct timerq_timer *child; /* the heap's links: see timerq.c */
	struct timerq_timer *next;
	struct timerq_timer *previous;
};

/* All zero: empty. */
struct timerq {
	struct timerq_timer *root;
};

static inline bool timerq_is_armed(const struct timerq_timer *timer)
{
	return timer->previous != NULL;
}

/* Arms a timer, or moves one that this queue has. TIMERQ_NEVER disarms it. */
void timerq_set(struct timerq *queue, struct timerq_timer *timer, uint64_t deadline);

/* Disarms a timer; harmless if it is not armed. */
void timerq_cancel(struct timerq *queue, struct timerq_timer *timer);

/* The earliest deadline, or TIMERQ_NEVER. */
static inline uint64_t timerq_next_deadline(const struct timerq *queue)
{
	return queue->root ? queue->root->deadline : TIMERQ_NEVER;
}

/* Disarms and returns the timer with the earliest deadline if that is not after `now`; or NULL.
 * Timers with equal deadlines come in any order. */
struct timerq_timer *timerq_expired(struct timerq *queue, uint64_t now);

/* The entry of `type` whose `member` is at `timer`. */
#define timerq_entry(timer, type, member) ((type *)(void *)((char *)(timer)-offsetof(type, member)))

#endif
