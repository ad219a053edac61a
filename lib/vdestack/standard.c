/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeping the library's descriptors off the numbers 0, 1 and 2. */
#include "standard.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define STANDARD_MAX 2

int standard_avoid(int fd)
{
	int moved, err;

	if (fd > STANDARD_MAX)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, STANDARD_MAX + 1);
	err = errno;
	close(fd);
	return moved < 0 ? -err : moved;
}

void standard_hold(struct standard_held *held)
{
	int fd;

	held->numbers = 0;
	for (;;) {
		/* The lowest number that is free. Any descriptor will do; this one is good for nothing. */
		fd = open("/", O_PATH | O_CLOEXEC);
		if (fd < 0)
			return;
		if (fd > STANDARD_MAX) {
			close(fd);
			return;
		}
		held->numbers |= 1U << fd;
	}
}

void standard_release(const struct standard_held *held)
{
	int fd, flags;

	for (fd = 0; fd <= STANDARD_MAX; fd++) {
		if ((held->numbers & (1U << fd)) == 0)
			continue;
		/* Another thread may have put its own in the place. */
		flags = fcntl(fd, F_GETFL);
		if (flags >= 0 && (flags & O_PATH) != 0)
			close(fd);
	}
}
