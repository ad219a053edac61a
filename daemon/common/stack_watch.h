/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks after a stack that a daemon has made: whether its networks are there, and the static
 * addresses that it was to have.
 *
 * A network that is lost, and one that is back, is told once each. A static address that the stack
 * has refused at the start (another node has it, or may have said so for a moment) is asked for
 * again each minute, and when a network comes back. libiothconf waits for the answer then, for a
 * second or more: in a thread, so that the loop goes on.
 */
#ifndef DAEMON_STACK_WATCH_H
#define DAEMON_STACK_WATCH_H

#include <pthread.h>
#include <stdio.h>

#include "loop.h"

#define STACK_WATCH_TRY   (60 * LOOP_SEC)
#define STACK_WATCH_PAUSE LOOP_SEC /* between looks: a stack may tell much */

struct ioth;

/* All zero: of no stack. */
struct stack_watch {
	struct ioth *stack;
	const char *role;
	struct list missing; /* struct static_item */
	uint64_t lost;       /* networks, by the index of their interface */
	bool is_open, tries;
	struct loop_source news, tried;
	struct loop_timer look, again;
	loop_time next; /* no look before that */
	pthread_t thread;
};

/* `lines` are the strings of iothconf(7) that made and configured the stack; they are not needed
 * afterwards. What cannot be watched is logged, no more. */
void stack_watch_open(struct stack_watch *watch, struct loop *loop, struct ioth *stack,
    const char *role, const char *const lines[], size_t count);

/* Before the stack is deleted; waits for a try that is under way. Harmless if it is not open. */
void stack_watch_close(struct stack_watch *watch);

/* One line or more, "ROLE: what is amiss", or "ROLE: well"; nothing if it is not open. */
void stack_watch_print(const struct stack_watch *watch, FILE *out);

/* Two gauges of all of them, PROGRAM_networks_lost and PROGRAM_addresses_missing. */
void stack_watches_print_stats(
    const struct stack_watch *const watches[], size_t count, const char *program, FILE *out);

#endif
