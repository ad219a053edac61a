/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The wall clock as a descriptor: readable at a time that was asked for, and whenever somebody has
 * set the clock (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET), so that nobody has to look every
 * second. */
#ifndef OTIP_CLOCK_H
#define OTIP_CLOCK_H

#include <stdint.h>

/* Seconds since 1970, rounded down. */
int64_t otip_clock_now(void);

/* A descriptor, close-on-exec and non-blocking, or -errno. */
int otip_clock_open(void);
/* Readable from `time` on (OTIP_NEVER: only when the clock is set). 0 or -errno. */
int otip_clock_arm(int fd, int64_t time);
/* Takes the readiness away; arm it again afterwards. */
void otip_clock_read(int fd);

#endif
