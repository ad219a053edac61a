/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "look.h"

#include <errno.h>
#include <sched.h>

struct look look_begin(struct call *call, px_time busy, px_time until)
{
	struct picox *stack = call->stack;
	struct look look = {.began = stack->px->now, .told = busy != 0};
	px_time length = busy;

	/* Who takes bulk frame by frame, as soon as each comes, has more work with it than who lets
	 * some of them gather. */
	if (!busy && call->looks < LOOKS_MAX && !stack->input_large)
		length = spin_begin(&stack->spin);
	if (length) {
		call->looks++;
		look.end = look.began + length < until ? look.began + length : until;
	}
	return look;
}

ssize_t look_around(struct picox *stack, const struct px_doze *where, struct look *look)
{
	const struct port *port = stack->slept_on;
	ssize_t result = -EAGAIN;

	look->at_once = true;
	do {
		if (port)
			result = port->ops->doze(where, false);
		look->found = result != -EAGAIN || atomic_load(&stack->news);
		if (look->found)
			break;
		look->at_once = false;
		pthread_testcancel();
		if (look->told)
			sched_yield(); /* perhaps to just the one who is going to send */
	} while (process_now() < look->end);
	return result;
}

void look_end(struct picox *stack, const struct look *look)
{
	/* What was there already says nothing of what it is worth to wait. */
	if (look->told || (look->end && look->at_once))
		return;
	if (look->end)
		spin_end(&stack->spin, look->found);
	spin_waited(&stack->spin, stack->px->now - look->began);
}
