/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the linker puts in place of others: see live_linked.h. */
#include "live_linked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/eventfd.h>
#include <ioth.h>

#include "clock.h"
#include "schedule.h"

struct ioth *live_stacks[2];
size_t live_stack_count;
int64_t live_wall;
uint64_t live_passed; /* seconds that the test has let pass */
int64_t live_armed[LIVE_CLOCKS];
bool live_is_clock[LIVE_CLOCKS];

int64_t __wrap_otip_clock_now(void);
int __wrap_otip_clock_open(void);
int __wrap_otip_clock_arm(int fd, int64_t time);
int __real_close(int fd);
int __wrap_close(int fd);
int __real_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
struct ioth *__real_ioth_newstackc(const char *text);
struct ioth *__wrap_ioth_newstackc(const char *text);

int64_t __wrap_otip_clock_now(void)
{
	return live_wall;
}

int __wrap_otip_clock_open(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	assert_in_range(fd, 0, LIVE_CLOCKS - 1);
	live_is_clock[fd] = true;
	live_armed[fd] = OTIP_NEVER;
	return fd;
}

int __wrap_otip_clock_arm(int fd, int64_t time)
{
	assert_true(live_is_clock[fd]);
	live_armed[fd] = time;
	return 0;
}

int __wrap_close(int fd)
{
	if (fd >= 0 && fd < LIVE_CLOCKS)
		live_is_clock[fd] = false;
	return __real_close(fd);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
	int result = __real_clock_gettime(clock, time);

	if (clock == CLOCK_MONOTONIC)
		time->tv_sec += (time_t)live_passed;
	return result;
}

struct ioth *__wrap_ioth_newstackc(const char *text)
{
	struct ioth *stack = __real_ioth_newstackc(text);

	if (stack && live_stack_count < 2)
		live_stacks[live_stack_count++] = stack;
	return stack;
}
