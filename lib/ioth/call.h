/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Being inside a stack: from the entry of an ioth_ call to its return.
 *
 * Each thread writes down which stacks it is inside of (its calls may be nested: a plugin may use
 * other stacks), in a record of its own, with plain stores. Nothing that two threads share is
 * written on the data path. ioth_delstack reads all records, and deletes a stack only if it is in
 * none.
 *
 * The order that this needs, "the record is written before the slot is looked at again" against
 * "the slot is closed before the records are read", costs the rare side all: membarrier(2) makes
 * every running thread of the process pass a full barrier, so that a compiler barrier is enough
 * here. Where the kernel refuses it, calls pay for a full barrier themselves.
 *
 * The record also tells getstackdata() whose data is asked for. A call leaves by the cleanup
 * attribute, so that it does when the thread is cancelled inside the plugin, too (the library is
 * compiled with -fexceptions for that).
 */
#ifndef IOTH_CALL_H
#define IOTH_CALL_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "list.h"
#include "stack.h"
#include "table.h"

#define CALL_DEPTH 13 /* of nesting, signal handlers included; makes the record two cache lines */

/* A thread that has made calls. */
struct caller {
	struct list link; /* of all callers, under table_lock */
	/* Written by its own thread alone. A signal handler may come between any two steps: so depth
	 * grows before the entry is set, and shrinks after it is cleared. */
	unsigned int depth;
	_Atomic(struct ioth *) inside[CALL_DEPTH];
};

struct call {
	struct caller *caller; /* NULL: not inside */
	struct ioth *stack;
	struct slot *slot; /* NULL: entered by the stack itself */
	uint32_t generation;
};

/* Initial-exec: one instruction where the general model calls a function. The library's
 * thread-local block is two words, so that it fits the space that is kept for libraries loaded
 * later, too. */
extern _Thread_local struct caller *call_thread __attribute__((tls_model("initial-exec")));

/* Calls have to pass a full barrier: there is no membarrier(2). Constant after start. */
extern bool call_needs_barrier;

/* Writes down that the thread is inside of a stack, or (NULL) of none. The caller looks at the
 * depth. */
static inline void caller_push(struct caller *caller, struct ioth *stack)
{
	_Atomic(struct ioth *) *entry = &caller->inside[caller->depth++];

	atomic_signal_fence(memory_order_seq_cst);
	if (__builtin_expect(call_needs_barrier, 0))
		atomic_exchange(entry, stack);
	else
		atomic_store_explicit(entry, stack, memory_order_release);
	atomic_signal_fence(memory_order_seq_cst);
}

static inline void caller_pop(struct caller *caller)
{
	atomic_store_explicit(&caller->inside[caller->depth - 1], NULL, memory_order_release);
	atomic_signal_fence(memory_order_seq_cst);
	caller->depth--;
}

/* Enters by a descriptor if its slot is live and the thread has a record with room. */
static inline bool call_try(struct call *call, int fd)
{
	struct slot *slot = table_slot(fd);
	struct caller *caller = call_thread;
	uint32_t generation;
	struct ioth *stack;

	if (__builtin_expect(!slot || !caller || caller->depth == CALL_DEPTH, 0))
		return false;
	generation = atomic_load_explicit(&slot->generation, memory_order_acquire);
	stack = atomic_load_explicit(&slot->stack, memory_order_acquire);
	if (__builtin_expect(!slot_is_live(generation), 0))
		return false;
	caller_push(caller, stack);
	/* Still the same? Then the stack was this slot's, and whoever closes the slot from now on
	 * finds us in the record. */
	if (__builtin_expect(
	        atomic_load_explicit(&slot->generation, memory_order_acquire) != generation, 0)) {
		caller_pop(caller);
		return false;
	}
	call->caller = caller;
	call->stack = stack;
	call->slot = slot;
	call->generation = generation;
	return true;
}

/* What call_try leaves: the thread's first call, a descriptor without a live slot. */
int call_enter_slowly(struct call *call, int fd);

/* Enters the stack of a descriptor. 0, or -1 and errno: EBADF, ENOMEM (the thread's first call),
 * ELOOP (nested too deep); then the call is not inside. */
static inline int call_enter(struct call *call, int fd)
{
	if (__builtin_expect(call_try(call, fd), 1))
		return 0;
	return call_enter_slowly(call, fd);
}

/* Enters a stack by itself; NULL is the default one. 0, or -1 and errno: EINVAL, ENOMEM, ELOOP. */
int call_enter_stack(struct call *call, struct ioth *stack);

/* Marks that the thread is inside of a plugin that has no stack yet (newstack), or whose stack is
 * not to be entered any more (delstack). 0 or -errno. */
int call_enter_plugin(struct call *call, struct ioth *stack);

/* Touches no errno. */
static inline void call_leave(struct call *call)
{
	if (call->caller)
		caller_pop(call->caller);
}

#define CALL_SCOPE struct call __attribute__((cleanup(call_leave)))

/* The plugin's call has failed: brings its errno over, and looks whether the descriptor still is
 * what the table says. */
void call_failed(const struct call *call, int fd);

static inline ssize_t call_result(const struct call *call, int fd, ssize_t result)
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

/* The stack that the thread is inside of, innermost; NULL: none. */
static inline struct ioth *call_current_stack(void)
{
	struct caller *caller = call_thread;

	if (!caller || caller->depth == 0)
		return NULL;
	return atomic_load_explicit(&caller->inside[caller->depth - 1], memory_order_relaxed);
}

/* Is any thread inside of the stack? Who enters later than this call began finds its slots closed.
 * table_lock is held. */
bool call_anyone_inside(const struct ioth *stack);

/* struct ioth_functions.getstackdata */
void *call_stackdata(void);

#endif
