/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who wants to know that a stack is deleted: libraries that keep something for each stack. */
#include "watch.h"

#include <errno.h>
#include <stddef.h>
#include "table.h"

#define WATCHERS 8

/* Under table_lock; an entry that is set stays, so that it may be called without the lock. */
static struct {
	ioth_delstack_function *function;
	void *argument;
} watchers[WATCHERS];
static size_t count;

int ioth_atdelstack(ioth_delstack_function *function, void *argument)
{
	int error = 0;

	table_lock();
	if (!function)
		error = EINVAL;
	else if (count == WATCHERS)
		error = ENOSPC;
	else {
		watchers[count].argument = argument;
		watchers[count++].function = function;
	}
	table_unlock();
	if (!error)
		return 0;
	errno = error;
	return -1;
}

void watch_tell(struct ioth *stack, enum ioth_delstack_step step)
{
	size_t known;

	table_lock();
	known = count;
	table_unlock();
	for (size_t i = 0; i < known; i++)
		watchers[i].function(stack, step, watchers[i].argument);
}
