/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A loop that receives for a stack: see loop_stack.h. */
#include "loop_stack.h"

#include <ioth.h>

#define TOLD_MAX 32 /* sockets a turn; others poll as readable */

static void frames_came(struct loop_source *source, uint32_t events)
{
	struct loop_stack *lead = (struct loop_stack *)source;
	struct loop *loop = source->loop;
	int fds[TOLD_MAX], count = ioth_drive(lead->stack, fds, TOLD_MAX);

	/* First, since any of the functions may take the stack out of the loop. */
	if (count > 0)
		loop_later(loop, &lead->looked);
	for (int i = 0; i < count; i++)
		loop_tell(loop, fds[i], EPOLLIN);
}

static void all_looked(struct loop_job *job)
{
	struct loop_stack *lead =
	    (struct loop_stack *)(void *)((char *)job - offsetof(struct loop_stack, looked));

	(void)ioth_drive(lead->stack, NULL, 0);
}

void loop_stack_add(struct loop *loop, struct loop_stack *lead, struct ioth *stack)
{
	struct epoll_event event = {.data.ptr = &lead->source};

	*lead = (struct loop_stack){
	    .source = {.loop = loop, .fd = -1, .events = EPOLLIN, .function = frames_came},
	    .stack = stack};
	loop_job_init(&lead->looked, all_looked);
	if (!stack || ioth_lead(stack, loop->epoll_fd, &event) < 0)
		lead->source.loop = NULL;
}

void loop_stack_remove(struct loop_stack *lead)
{
	if (!lead->source.loop)
		return;
	(void)ioth_lead(lead->stack, -1, NULL);
	loop_job_cancel(&lead->looked);
	loop_remove(&lead->source);
}
