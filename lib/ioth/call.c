/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Being inside a stack: the paths that are not taken often, and fork. See call.h. */
#include <errno.h>
#include <pthread.h>
#include "call.h"

_Thread_local struct call *call_current __attribute__((tls_model("initial-exec")));

void *call_stackdata(void)
{
	const struct call *call = call_current;

	return call && call->stack ? call->stack->data : NULL;
}

int call_enter_unknown(struct call *call, int fd)
{
	int error;

	/* The slot may be gone again before we enter it, if somebody closes what we found. */
	do {
		error = table_find(fd);
		call->slot = table_slot(fd);
	} while (!error && !slot_enter(call->slot, &call->stack, &call->generation));
	if (error) {
		call->stack = NULL;
		errno = -error;
		return -1;
	}
	call_push(call);
	return 0;
}

int call_enter_stack(struct call *call, struct ioth *stack)
{
	table_lock();
	if (!stack)
		stack = stack_default();
	call->slot = NULL;
	call->stack = stack->deleted ? NULL : stack;
	if (call->stack)
		atomic_fetch_add_explicit(&stack->inside, 1, memory_order_relaxed);
	table_unlock();
	if (!call->stack) {
		errno = EINVAL;
		return -1;
	}
	call_push(call);
	return 0;
}

void call_failed(struct call *call, int fd)
{
	int error;

	/* A plugin in a private namespace has a C library, and an errno, of its own. */
	if (call->stack->plugin.errno_location)
		errno = *call->stack->plugin.errno_location();
	/* These two come of a descriptor that was closed, or became another file, behind our back. */
	error = errno;
	if ((error == EBADF || error == ENOTSOCK) && call->slot &&
	    table_check(fd, call->slot, call->generation))
		error = EBADF;
	errno = error;
}

/* fork: the child's only thread is a copy of the one that forked. The calls that were inside are
 * forgotten, but for those of this very thread (a plugin may fork). */

static void stack_reset_calls(struct ioth *stack)
{
	atomic_store(&stack->inside, 0);
}

static void fork_child(void)
{
	table_reset_calls();
	stack_for_each(stack_reset_calls);
	for (struct call *call = call_current; call; call = call->outer) {
		if (!call->stack)
			continue;
		if (call->slot && slot_generation(atomic_load(&call->slot->state)) == call->generation)
			atomic_fetch_add(&call->slot->state, 1);
		else
			atomic_fetch_add(&call->stack->inside, 1);
	}
	table_unlock();
}

__attribute__((constructor)) static void fork_prepare(void)
{
	/* Without memory for it the library still works: a child may then find the lock taken. */
	(void)pthread_atfork(table_lock, table_unlock, fork_child);
}
