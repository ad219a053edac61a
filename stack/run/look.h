/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A leader that looks for a moment before it sleeps: because it was told to (busy polling), or
 * because that is worth it (spin.c). */
#ifndef RUN_LOOK_H
#define RUN_LOOK_H

#include "runtime.h"

/* So often in a call at most: a signal interrupts who sleeps, not who looks. */
#define LOOKS_MAX 8

struct look {
	px_time began, end; /* `end` 0: not at all */
	bool told;
	bool found, at_once; /* something; that was there already */
};

/* The lock is held. Looks for `busy` nanoseconds, not after `until`; 0: if it is worth it. */
struct look look_begin(struct call *call, px_time busy, px_time until);

/* Without the lock: looks for news, and into the link that the caller is going to doze in, if there
 * is one. What that gave, or -EAGAIN. A cancellation point. */
ssize_t look_around(struct picox *stack, const struct px_doze *where, struct look *look);

/* It has looked, or slept, or both. The lock is held. */
void look_end(struct picox *stack, const struct look *look);

#endif
