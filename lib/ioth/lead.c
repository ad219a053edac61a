/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stacks that the program's own event loop receives for. */
#include "call.h"

int ioth_lead(struct ioth *stack, int epoll_fd, const struct epoll_event *event)
{
	CALL_SCOPE call;
	int result;

	if (call_enter_stack(&call, stack) < 0)
		return -1;
	if (!call.stack->calls.lead || !call.stack->calls.drive)
		return call_missing();
	result = call.stack->calls.lead(epoll_fd, event);
	if (result < 0)
		call_failed(&call, -1);
	return result;
}

int ioth_drive(struct ioth *stack, int *fds, int max)
{
	CALL_SCOPE call;
	int count;

	if (call_enter_stack(&call, stack) < 0)
		return -1;
	if (!call.stack->calls.drive)
		return call_missing();
	count = call.stack->calls.drive(fds, max);
	if (count < 0)
		call_failed(&call, -1);
	return count;
}
