/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Being inside a stack: the threads' records, and the paths that are not taken often. See call.h.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include "call.h"

_Thread_local struct caller *call_thread __attribute__((tls_model("initial-exec")));
bool call_needs_barrier;

static struct list callers = LIST_INIT(callers); /* under table_lock */

static pthread_key_t key; /* frees the record when its thread ends */
static int key_error;

static void caller_free(void *argument)
{
	struct caller *caller = argument;

	table_lock();
	list_remove(&caller->link);
	table_unlock();
	/* Another library's destructor may still make calls: they get a new record, and the C library
	 * calls us again. */
	call_thread = NULL;
	free(caller);
}

/* The thread's record. 0 or -ENOMEM. */
static int caller_get(struct caller **caller)
{
	*caller = call_thread;
	if (*caller)
		return 0;
	if (key_error)
		return -ENOMEM;
	*caller = aligned_alloc(64, (sizeof(**caller) + 63) / 64 * 64);
	if (!*caller)
		return -ENOMEM;
	(*caller)->depth = 0;
	for (size_t i = 0; i < CALL_DEPTH; i++)
		atomic_init(&(*caller)->inside[i], NULL);
	if (pthread_setspecific(key, *caller) != 0) {
		free(*caller);
		return -ENOMEM;
	}
	table_lock();
	list_append(&callers, &(*caller)->link);
	table_unlock();
	call_thread = *caller;
	return 0;
}

/* A record with room for one more. */
static int caller_get_room(struct caller **caller)
{
	int error = caller_get(caller);

	if (!error && (*caller)->depth == CALL_DEPTH)
		error = -ELOOP;
	return error;
}

int call_enter_slowly(struct call *call, int fd)
{
	struct caller *caller;
	int error = caller_get_room(&caller);

	/* What is found may be gone again before it is entered, if somebody closes it. */
	while (!error && !call_try(call, fd))
		error = table_find(fd);
	if (error) {
		call->caller = NULL;
		errno = -error;
		return -1;
	}
	return 0;
}

int call_enter_stack(struct call *call, struct ioth *stack)
{
	int error = caller_get_room(&call->caller);

	call->slot = NULL;
	if (error)
		goto fail;
	table_lock();
	call->stack = stack ? stack : stack_default();
	if (call->stack->deleted)
		error = -EINVAL;
	else
		caller_push(call->caller, call->stack);
	table_unlock();
	if (error)
		goto fail;
	return 0;

fail:
	call->caller = NULL;
	errno = -error;
	return -1;
}

int call_enter_plugin(struct call *call, struct ioth *stack)
{
	int error = caller_get_room(&call->caller);

	if (error) {
		call->caller = NULL;
		return error;
	}
	call->stack = stack;
	call->slot = NULL;
	caller_push(call->caller, stack);
	return 0;
}

void call_failed(const struct call *call, int fd)
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

void *call_stackdata(void)
{
	struct ioth *stack = call_current_stack();

	return stack ? stack->data : NULL;
}

static int membarrier(int command)
{
	return (int)syscall(SYS_membarrier, command, 0, 0);
}

bool call_anyone_inside(const struct ioth *stack)
{
	struct caller *caller;

	if (!call_needs_barrier)
		membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
	list_for_each (caller, &callers, link) {
		for (size_t i = 0; i < CALL_DEPTH; i++) {
			if (atomic_load(&caller->inside[i]) == stack)
				return true;
		}
	}
	return false;
}

static void fork_prepare(void)
{
	plugin_lock();
	table_lock();
}

static void fork_parent(void)
{
	table_unlock();
	plugin_unlock();
}

/* The child's only thread is a copy of the one that forked, and keeps its record (a plugin may
 * fork). The others' are of threads that are not there. */
static void fork_child(void)
{
	struct caller *caller;

	list_for_each_safe (caller, &callers, link) {
		if (caller == call_thread)
			continue;
		list_remove(&caller->link);
		free(caller);
	}
	table_unlock();
	plugin_lock_reset();
}

__attribute__((constructor)) static void start(void)
{
	/* A child of fork inherits the registration (it is the memory map's). */
	call_needs_barrier = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) < 0;
	key_error = pthread_key_create(&key, caller_free);
	/* Without memory for it the library still works; a child may then find the lock taken. */
	(void)pthread_atfork(fork_prepare, fork_parent, fork_child);
}
