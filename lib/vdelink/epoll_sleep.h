/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* epoll_pwait2(2), or, where a filter or a tool does not let it through (Valgrind), epoll_wait(2):
 * that rounds up to milliseconds, so who needs more looks at the clock again, as he must anyway. */
#ifndef VDELINK_EPOLL_SLEEP_H
#define VDELINK_EPOLL_SLEEP_H

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <time.h>
#include <sys/epoll.h>

/* `timeout` NULL: for ever. A cancellation point. */
static inline int epoll_sleep(
    int epoll_fd, struct epoll_event *events, int max, const struct timespec *timeout)
{
	int count = epoll_pwait2(epoll_fd, events, max, timeout, NULL), milliseconds = -1;

	if (count >= 0 || (errno != ENOSYS && errno != EPERM))
		return count;
	if (timeout && timeout->tv_sec < INT_MAX / 1000 - 1)
		milliseconds = (int)timeout->tv_sec * 1000 + (int)((timeout->tv_nsec + 999999) / 1000000);
	else if (timeout)
		milliseconds = INT_MAX;
	return epoll_wait(epoll_fd, events, max, milliseconds);
}

#endif
