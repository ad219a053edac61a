/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that look something up are no cancellation points: they end by their time-outs, and a
 * thread that ended amid one would take memory and sockets with it. */
#ifndef IOTHDNS_SHIELD_H
#define IOTHDNS_SHIELD_H

#include <pthread.h>

/* Returns what shield_end wants. */
static inline int shield_begin(void)
{
	int before;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	return before;
}

/* The descriptors and errno's value are as they were. */
static inline void shield_end(int before)
{
	pthread_setcancelstate(before, &before);
}

#endif
