/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Being inside a stack: from the entry of an ioth_ call to its return.
 *
 * A call is an automatic variable of its function, linked to the thread's calls further out (a
 * plugin may use other stacks), so that getstackdata() knows whose data is asked for. It leaves by
 * the cleanup attribute: also when the thread is cancelled inside the plugin (calls.c is compiled
 * with -fexceptions for that).
 */
#ifndef IOTH_CALL_H
#define IOTH_CALL_H

#include <errno.h>
#include <stdint.h>
#include "stack.h"
#include "table.h"

struct call {
	struct call *outer;
	struct ioth *stack; /* NULL: not inside */
	struct slot *slot;  /* that counts this call; NULL: stack->inside does */
	uint32_t generation;
};

/* Initial-exec: one instruction where the general model calls a function. The block is two words,
 * so that it fits the space kept for libraries loaded later, too. */
extern _Thread_local struct call *call_current __attribute__((tls_model("initial-exec")));

static inline void call_push(struct call *call)
{
	call->outer = call_current;
	call_current = call;
}

static inline void call_pop(struct call *call)
{
	call_current = call->outer;
}

/* Enters by a descriptor without a live slot. */
int call_enter_unknown(struct call *call, int fd);

/* Enters the stack of a descriptor. 0, or -1 and errno EBADF; then the call is not inside. */
static inline int call_enter(struct call *call, int fd)
{
	call->slot = table_slot(fd);
	if (__builtin_expect(
	        !call->slot || !slot_enter(call->slot, &call->stack, &call->generation), 0))
		return call_enter_unknown(call, fd);
	call_push(call);
	return 0;
}

/* Enters a stack by itself; NULL is the default one. 0, or -1 and errno EINVAL. */
int call_enter_stack(struct call *call, struct ioth *stack);

/* Touches no errno. */
static inline void call_leave(struct call *call)
{
	if (!call->stack)
		return;
	call_pop(call);
	if (!call->slot || !slot_leave(call->slot, call->generation))
		atomic_fetch_sub_explicit(&call->stack->inside, 1, memory_order_release);
}

#define CALL_SCOPE struct call __attribute__((cleanup(call_leave)))

/* The plugin's call has failed: brings its errno over, and looks whether the descriptor still is
 * what the table says. */
void call_failed(struct call *call, int fd);

static inline ssize_t call_result(struct call *call, int fd, ssize_t result)
{
	if (__builtin_expect(result < 0, 0))
		call_failed(call, fd);
	return result;
}

/* An entry that the stack does not provide. */
static inline int call_missing(void)
{
	errno = ENOSYS;
	return -1;
}

/* struct ioth_functions.getstackdata */
void *call_stackdata(void);

#endif
