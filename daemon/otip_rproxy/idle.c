/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who was quiet for how long: see idle.h. */
#include "idle.h"

/* The timer is armed for an entry that was the oldest once: it may come too early, never late. */
static void expired(struct loop_timer *timer)
{
	struct idle *idle = timerq_entry(timer, struct idle, timer);
	loop_time now = loop_now(idle->loop);
	struct idle_entry *entry;

	while ((entry = idle_oldest(idle)) && entry->since + idle->limit <= now)
		idle->function(idle, entry);
	if (entry)
		loop_timer_at(&idle->timer, entry->since + idle->limit);
}

void idle_init(struct idle *idle, struct loop *loop, loop_time limit, idle_function *function)
{
	*idle = (struct idle){.loop = loop, .limit = limit, .function = function};
	list_init(&idle->entries);
	loop_timer_init(loop, &idle->timer, expired);
}

void idle_fini(struct idle *idle)
{
	loop_timer_cancel(&idle->timer);
	while (!list_is_empty(&idle->entries))
		list_remove(idle->entries.next);
}

void idle_set_limit(struct idle *idle, loop_time limit)
{
	const struct idle_entry *oldest = idle_oldest(idle);

	idle->limit = limit;
	loop_timer_cancel(&idle->timer);
	if (limit > 0 && oldest)
		loop_timer_at(&idle->timer, oldest->since + limit);
}

void idle_touch(struct idle *idle, struct idle_entry *entry)
{
	entry->since = loop_now(idle->loop);
	if (entry->link.next)
		list_remove(&entry->link);
	list_append(&idle->entries, &entry->link);
	if (idle->limit > 0 && !timerq_is_armed(&idle->timer.timer))
		loop_timer_at(&idle->timer, entry->since + idle->limit);
}

void idle_forget(struct idle_entry *entry)
{
	if (entry->link.next)
		list_remove(&entry->link);
}

struct idle_entry *idle_oldest(const struct idle *idle)
{
	return list_first(&idle->entries, struct idle_entry, link);
}
