/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads whose sockets belong outside of any stack. */
#include "outside.h"

#include <sys/prctl.h>

#define OUTSIDE_SLACK 50021UL /* ns; a prime, nobody's round number */

unsigned long outside_enter(void)
{
	int before = prctl(PR_GET_TIMERSLACK, 0UL, 0UL, 0UL, 0UL);

	prctl(PR_SET_TIMERSLACK, OUTSIDE_SLACK, 0UL, 0UL, 0UL);
	/* 0, "the default", is all that can be restored where the value does not fit an int. */
	return before < 0 ? 0 : (unsigned long)before;
}

void outside_leave(unsigned long before)
{
	prctl(PR_SET_TIMERSLACK, before, 0UL, 0UL, 0UL);
}

bool outside_is(void)
{
	return prctl(PR_GET_TIMERSLACK, 0UL, 0UL, 0UL, 0UL) == (int)OUTSIDE_SLACK;
}
