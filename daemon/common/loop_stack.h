/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A loop that receives for a stack in user memory: ioth_lead(3).
 *
 * Where a stack has no use for that, nothing happens, and descriptors tell of what comes as ever.
 * Apart from loop.h, since that knows nothing of stacks.
 */
#ifndef DAEMON_LOOP_STACK_H
#define DAEMON_LOOP_STACK_H

#include "loop.h"

struct ioth;

/* All zero: of no stack. */
struct loop_stack {
	struct loop_source source; /* must be first; in the loop's set by the stack's doing */
	struct loop_job looked;
	struct ioth *stack;
};

/* `stack` NULL is the kernel's. */
void loop_stack_add(struct loop *loop, struct loop_stack *lead, struct ioth *stack);

/* Does the loop receive? */
static inline bool loop_stack_leads(const struct loop_stack *lead)
{
	return lead->source.loop != NULL;
}

/* Before the stack is deleted. Harmless if it is in no loop. */
void loop_stack_remove(struct loop_stack *lead);

#endif
