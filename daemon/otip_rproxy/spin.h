/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A moment without sleep after something has moved: an answer often comes within microseconds, and
 * to fall asleep and be woken, on another processor, costs more than to look again. One client with
 * some datagrams under way gets twice as many through so, and each costs half.
 *
 * Where looking was in vain it is not done for the next 2, 4, 8 ... times, 256 at most, so that
 * traffic with pauses pays next to nothing for it.
 */
#ifndef RPROXY_SPIN_H
#define RPROXY_SPIN_H

#include "loop.h"

#define SPIN_TIME (30 * LOOP_USEC)

struct spin {
	struct loop *loop;
	struct loop_job job;
	loop_time moved;      /* when something did, last */
	unsigned int vain;    /* times in a row */
	unsigned int to_skip; /* occasions that are let pass */
	bool looking;
};

void spin_init(struct spin *spin, struct loop *loop);
void spin_fini(struct spin *spin);

/* Something has moved in this turn. */
void spin_note(struct spin *spin);

#endif
