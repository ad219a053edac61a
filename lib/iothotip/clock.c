/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The wall clock as a descriptor: see clock.h. */
#include "clock.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>
#include <sys/timerfd.h>

#include "schedule.h"

/* The kernel's end of time (KTIME_SEC_MAX) is that of 63 bits of nanoseconds; some machines' ends
 * before. */
#define FARTHEST (sizeof(time_t) < 8 ? INT32_MAX : INT64_MAX / 1000000000 - 1)

#define FLAGS (TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)

int64_t otip_clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

int otip_clock_open(void)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int otip_clock_arm(int fd, int64_t time)
{
	struct itimerspec timer = {0};

	/* A time of 0 would disarm it. */
	if (time < 1)
		time = 1;
	if (time > FARTHEST)
		time = FARTHEST;
	timer.it_value.tv_sec = (time_t)time;
	if (timerfd_settime(fd, FLAGS, &timer, NULL) == 0)
		return 0;
	/* The clock has been set since the last time: what was asked for comes from before that. */
	timer.it_value.tv_sec = 1;
	return errno == ECANCELED && timerfd_settime(fd, FLAGS, &timer, NULL) == 0 ? 0 : -errno;
}

void otip_clock_read(int fd)
{
	uint64_t expirations;

	/* ECANCELED: the clock was set. Whoever reads looks at the clock anyway. */
	(void)!read(fd, &expirations, sizeof(expirations));
}
