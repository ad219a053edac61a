/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stacks that the configuration asks for: one for clients, one for other servers. */
#ifndef NAMED_STACKS_H
#define NAMED_STACKS_H

#include <stdbool.h>

#include "conf.h"
#include "loop_stack.h"
#include "stack_watch.h"

struct ioth;

struct named_stacks {
	struct ioth *request, *forward; /* NULL: the kernel's, as it is */
	bool request_is_kernel;         /* its sockets are the kernel's own */
	bool all_kernel;
	struct loop_stack request_lead, forward_lead;
	struct stack_watch request_watch, forward_watch;
};

/* Creates and configures them; what fails is logged. 0 or -errno. */
int named_stacks_open(struct named_stacks *stacks, const struct named_conf *conf);
void named_stacks_close(struct named_stacks *stacks);

/* The loop receives for them, and looks after them, from now on, until they are closed. */
void named_stacks_lead(
    struct named_stacks *stacks, struct loop *loop, const struct named_conf *conf);

/* Would these two configurations make the same stacks? */
bool named_stacks_same(const struct named_conf *a, const struct named_conf *b);

#endif
