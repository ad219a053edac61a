/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Timers of one stack: one queue, no ticks.
 *
 * Re-arming is lazy, because what is re-armed most (a retransmission timer, at each segment) is
 * re-armed to later: the deadline changes, the place in the queue does not, and when that place
 * comes up the timer goes back to where it belongs. So px_timer_next may be earlier than anything
 * that is to be done; never later.
 */
#ifndef CORE_TIMER_H
#define CORE_TIMER_H

#include "timerq.h"

#include <stdbool.h>
#include <stdint.h>

/* Monotonic time in nanoseconds. */
typedef uint64_t px_time;

#define PX_TIME_NEVER UINT64_MAX
#define PX_MSEC       UINT64_C(1000000)
#define PX_SEC        UINT64_C(1000000000)

struct px_stack;
struct px_timer;

/* What is to be done; the timer is stopped and may be set again or its memory freed in there. */
typedef void px_timer_fn(struct px_stack *stack, struct px_timer *timer);

struct px_timer {
	struct timerq_timer entry;
	px_time deadline; /* PX_TIME_NEVER: stopped */
	px_timer_fn *fn;
};

static inline void px_timer_init(struct px_timer *timer, px_timer_fn *fn)
{
	*timer = (struct px_timer){.deadline = PX_TIME_NEVER, .fn = fn};
}

static inline bool px_timer_pending(const struct px_timer *timer)
{
	return timer->deadline != PX_TIME_NEVER;
}

void px_timer_set(struct px_stack *stack, struct px_timer *timer, px_time deadline);
void px_timer_after(struct px_stack *stack, struct px_timer *timer, px_time delay);
void px_timer_stop(struct px_stack *stack, struct px_timer *timer);

/* Runs what is due; returns how many ran. */
unsigned int px_timers_run(struct px_stack *stack);

/* When px_timers_run is wanted again, at the latest. */
px_time px_timer_next(const struct px_stack *stack);

#endif
