/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the two ends of a measurement run, since a wake-up on another processor costs ten times as
 * much as one on the same: "one" processor, "two", or "any", as the scheduler likes. */
#ifndef PLACE_H
#define PLACE_H

#include "bench.h"

#include <sched.h>

/* The calling thread, and those that it makes. */
static inline void place_run_on(const char *place, unsigned int side)
{
	cpu_set_t allowed, one;
	unsigned int wanted = strcmp(place, "two") == 0 ? side : 0;

	if (strcmp(place, "any") == 0)
		return;
	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		bench_die(1, "sched_getaffinity");
	for (unsigned int i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &allowed) || wanted-- > 0)
			continue;
		CPU_ZERO(&one);
		CPU_SET(i, &one);
		if (sched_setaffinity(0, sizeof(one), &one) < 0)
			bench_die(1, "sched_setaffinity");
		return;
	}
	errno = ENODEV;
	bench_die(BENCH_SKIP, "two processors");
}

#endif
