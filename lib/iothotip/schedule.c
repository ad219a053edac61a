/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Windows from the clock: see schedule.h. Products and sums of numbers that fit 31 bits with a time
 * of today, or of any day up to the year 10^11, fit 64. */
#include "schedule.h"

#include <errno.h>

/* Rounded down, below 0 too: time before 1970 is a clock that nobody has set. */
static int64_t floor_div(int64_t number, int64_t divisor)
{
	int64_t quotient = number / divisor;

	return number % divisor < 0 ? quotient - 1 : quotient;
}

int otip_schedule_check(const struct otip_schedule *schedule)
{
	uint64_t together = (uint64_t)schedule->preactive + schedule->postactive;

	if (schedule->period > OTIP_SECONDS_MAX || schedule->preactive > OTIP_SECONDS_MAX ||
	    schedule->postactive > OTIP_SECONDS_MAX)
		return -EINVAL;
	/* A window is open for period + together seconds, and one opens every period: that many, or one
	 * more, at a time. */
	if (schedule->period && together / schedule->period + 2 > OTIP_OPEN_MAX)
		return -EINVAL;
	return 0;
}

int64_t otip_schedule_opens(const struct otip_schedule *schedule, int64_t window)
{
	return schedule->period ? window * schedule->period - schedule->preactive : INT64_MIN;
}

int64_t otip_schedule_closes(const struct otip_schedule *schedule, int64_t window)
{
	return schedule->period ? (window + 1) * schedule->period + schedule->postactive : OTIP_NEVER;
}

struct otip_windows otip_schedule_at(const struct otip_schedule *schedule, int64_t now)
{
	struct otip_windows windows = {.next_change = OTIP_NEVER};
	int64_t opens, closes;

	if (!schedule->period)
		return windows;
	/* Open is k with  k p - a <= now < (k+1) p + b. */
	windows.first = floor_div(now - schedule->postactive, schedule->period);
	windows.last = floor_div(now + schedule->preactive, schedule->period);
	opens = otip_schedule_opens(schedule, windows.last + 1);
	closes = otip_schedule_closes(schedule, windows.first);
	windows.next_change = opens < closes ? opens : closes;
	return windows;
}
