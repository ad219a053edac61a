/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Timers over base/timerq, re-armed lazily. */
#include "px.h"

void px_timer_set(struct px_stack *stack, struct px_timer *timer, px_time deadline)
{
	timer->deadline = deadline;
	if (deadline == PX_TIME_NEVER)
		timerq_cancel(&stack->timers, &timer->entry);
	else if (!timerq_is_armed(&timer->entry) || deadline < timer->entry.deadline)
		timerq_set(&stack->timers, &timer->entry, deadline);
}

void px_timer_after(struct px_stack *stack, struct px_timer *timer, px_time delay)
{
	px_timer_set(stack, timer, stack->now + delay);
}

void px_timer_stop(struct px_stack *stack, struct px_timer *timer)
{
	px_timer_set(stack, timer, PX_TIME_NEVER);
}

unsigned int px_timers_run(struct px_stack *stack)
{
	struct timerq_timer *entry;
	unsigned int ran = 0;

	while ((entry = timerq_expired(&stack->timers, stack->now))) {
		struct px_timer *timer = timerq_entry(entry, struct px_timer, entry);

		if (timer->deadline > stack->now) {
			timerq_set(&stack->timers, entry, timer->deadline);
			continue;
		}
		timer->deadline = PX_TIME_NEVER;
		timer->fn(stack, timer);
		ran++;
	}
	return ran;
}

px_time px_timer_next(const struct px_stack *stack)
{
	return timerq_next_deadline(&stack->timers);
}
