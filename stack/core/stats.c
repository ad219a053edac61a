/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of the counters; their upper halves. */
#include "stats.h"

#include "mem.h"

const char *px_counter_name(unsigned int counter)
{
	static const char *const names[] = {
#define PX_COUNTER_NAME(name) #name,
	    PX_COUNTERS(PX_COUNTER_NAME)
#undef PX_COUNTER_NAME
	};

	return counter < PX_COUNTER_COUNT ? names[counter] : NULL;
}

void px_stats_carry(struct px_stats *stats, struct px_mem *mem, enum px_counter counter)
{
	if (!stats->high)
		stats->high = px_zalloc(mem, PX_COUNTER_COUNT * sizeof(*stats->high));
	if (stats->high)
		stats->high[counter]++;
}

void px_stats_fini(struct px_stats *stats, struct px_mem *mem)
{
	px_free(mem, stats->high, PX_COUNTER_COUNT * sizeof(*stats->high));
	stats->high = NULL;
}
