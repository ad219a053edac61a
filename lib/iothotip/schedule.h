/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which windows of one-time addresses are open, and when that changes next.
 *
 * Time is cut into periods: window k is the clock interval [k p, (k+1) p), in seconds since 1970,
 * and has an address of its own. Clocks differ and the news of an address takes a while, so a
 * server accepts new work on it from `preactive` seconds before its window until `postactive`
 * seconds after:
 *
 *     opens   k p - preactive          with the defaults, k = 53125000:  1699999992
 *     begins  k p                                                        1700000000
 *     ends    (k+1) p                                                    1700000032
 *     closes  (k+1) p + postactive                                       1700000040
 *
 * So one or two windows are open at a time; three or more where preactive + postactive exceed the
 * period. All follows from the clock alone, whatever was before: a clock that is stepped, forward,
 * back, or by an hour, or a start in the middle of a window, need no thought.
 *
 * A period of 0 has one window, number 0, which is always open, and whose address does not depend
 * on the time. Window 0 of any other period has that address, too (iothaddr_hash takes 0 for "no
 * time"): in practice of a period longer than half a century.
 *
 * No I/O, no state.
 */
#ifndef OTIP_SCHEDULE_H
#define OTIP_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#define OTIP_PERIOD     32 /* seconds: what everybody uses unless told otherwise */
#define OTIP_PREACTIVE  8
#define OTIP_POSTACTIVE 8

#define OTIP_SECONDS_MAX INT32_MAX /* of each of the three: a signed int holds it everywhere */
#define OTIP_OPEN_MAX    64        /* windows that may be open at a time */

#define OTIP_NEVER INT64_MAX /* a time */

struct otip_schedule {
	uint32_t period, preactive, postactive; /* seconds */
};

/* Windows `first` to `last`, at least one, are open until the time `next_change` (OTIP_NEVER). */
struct otip_windows {
	int64_t first, last;
	int64_t next_change;
};

/* 0, or -EINVAL: a number above OTIP_SECONDS_MAX, or more than OTIP_OPEN_MAX windows could be open
 * at a time. The other calls take schedules that pass. */
int otip_schedule_check(const struct otip_schedule *schedule);

/* `now`: seconds since 1970, by the wall clock. */
struct otip_windows otip_schedule_at(const struct otip_schedule *schedule, int64_t now);

static inline bool otip_windows_have(const struct otip_windows *windows, int64_t window)
{
	return windows->first <= window && window <= windows->last;
}

/* When a window opens (closes): the first second of which it is (is no more) open. */
int64_t otip_schedule_opens(const struct otip_schedule *schedule, int64_t window);
int64_t otip_schedule_closes(const struct otip_schedule *schedule, int64_t window);

#endif
