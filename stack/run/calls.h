/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the public calls share. */
#ifndef RUN_CALLS_H
#define RUN_CALLS_H

#include "runtime.h"

#include <errno.h>
#include <picoxnet.h>

#define PICOX_PUBLIC __attribute__((visibility("default")))

/* 0 or more, or -errno, as the public edge has it. */
static inline int result_int(int result)
{
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}

static inline ssize_t result_size(ssize_t result)
{
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

/* calls_netdevice.c: `argument` is the user's. 0 or -errno. */
bool netdevice_knows(unsigned long cmd);
int netdevice_ioctl(int fd, unsigned long cmd, void *argument);

#endif
