/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of the counters. */
#include "stats.h"

const char *px_counter_name(unsigned int counter)
{
	static const char *const names[] = {
#define PX_COUNTER_NAME(name) #name,
	    PX_COUNTERS(PX_COUNTER_NAME)
#undef PX_COUNTER_NAME
	};

	return counter < PX_COUNTER_COUNT ? names[counter] : NULL;
}
