/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether one who is about to sleep should look for a moment first: spin.c. */
#ifndef RUN_SPIN_H
#define RUN_SPIN_H

#include "timer.h"

#include <stdbool.h>
#include <stdint.h>

/* Of a stack, under its lock. */
struct spin {
	uint32_t limit;       /* ns that one looks at most; 0: never */
	uint32_t typical;     /* ns that a wait took lately, on average */
	uint16_t pause, left; /* so many sleep after one who looked in vain; still to come of them */
};

/* `processors`: of the machine. */
void spin_init(struct spin *spin, uint32_t microseconds, unsigned int processors);

/* For how many nanoseconds one who waits now looks; 0: he sleeps at once. */
px_time spin_begin(struct spin *spin);

/* Whether something came while he looked. */
void spin_end(struct spin *spin, bool found);

/* How long he waited in the end, looking and sleeping. */
void spin_waited(struct spin *spin, px_time duration);

#endif
