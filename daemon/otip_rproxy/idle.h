/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Flows in the order in which they were quiet, and one timer for all of them: to note that a flow
 * is active costs two pointers, however many there are. */
#ifndef RPROXY_IDLE_H
#define RPROXY_IDLE_H

#include "loop.h"

struct idle_entry {
	struct list link; /* in no list: not watched */
	loop_time since;
};

struct idle;
/* It takes the entry out, or touches it. */
typedef void idle_function(struct idle *idle, struct idle_entry *entry);

struct idle {
	struct loop *loop;
	struct loop_timer timer;
	struct list entries; /* the one that was quiet for longest first */
	loop_time limit;     /* 0: none */
	idle_function *function;
};

void idle_init(struct idle *idle, struct loop *loop, loop_time limit, idle_function *function);
void idle_fini(struct idle *idle); /* its entries are forgotten */
void idle_set_limit(struct idle *idle, loop_time limit);

/* Watches an entry, from now on, or notes that it is active. */
void idle_touch(struct idle *idle, struct idle_entry *entry);
void idle_forget(struct idle_entry *entry); /* harmless if it is not watched */

/* An entry that is zero, or NULL. */
struct idle_entry *idle_oldest(const struct idle *idle);

#endif
