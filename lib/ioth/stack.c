/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making and deleting stacks; the default stack.
 *
 * A stack is made without the library's lock, since a plugin may take seconds for it, and becomes
 * visible when it is complete. It is deleted in two steps: under the lock it is found to be unused
 * and taken off the list, then its plugin deletes it, without the lock.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include "call.h"
#include "error.h"
#include "native.h"
#include "stack.h"
#include "watch.h"

/* The default stack until another is set, and what it falls back to. Never deleted. */
static struct ioth native = {.calls = NATIVE_CALLS};

static struct ioth *default_stack = &native; /* under table_lock, as the list */
static struct list stacks = LIST_INIT(stacks);

struct ioth *stack_default(void)
{
	return default_stack;
}

struct ioth *stack_owner(int fd)
{
	void *(*asked)(int) = NULL;
	void *data = NULL;
	struct ioth *stack;

	list_for_each (stack, &stacks, link) {
		if (!stack->plugin.owner)
			continue;
		/* One answer for all stacks of a plugin. */
		if (stack->plugin.owner != asked) {
			asked = stack->plugin.owner;
			data = asked(fd);
		}
		if (data && stack->data == data)
			return stack;
	}
	return NULL;
}

void ioth_set_defstack(struct ioth *stack)
{
	table_lock();
	default_stack = stack ? stack : &native;
	table_unlock();
}

struct ioth *ioth_get_defstack(void)
{
	struct ioth *stack;

	table_lock();
	stack = default_stack;
	table_unlock();
	return stack;
}

/* A stack of the kernel's, in the namespace where the program runs. */
static int native_fill(struct ioth *stack, const char *vnlv[])
{
	static const struct stack_calls calls = NATIVE_CALLS;

	for (; *vnlv; vnlv++) {
		if (**vnlv) {
			error_set("the native stack has the system's interfaces and takes no VNL");
			return -EINVAL;
		}
	}
	stack->calls = calls;
	return 0;
}

static int plugin_stack_fill(struct ioth *stack, const char *name, const char *vnlv[])
{
	/* Inside newstack there is no stack yet, whatever call of another one it is nested in. */
	struct call call;
	const char *options;
	int error;

	error = plugin_name(name, stack->plugin.name, &options);
	if (error)
		return error;
	error = plugin_load(&stack->plugin);
	if (error)
		return error;
	stack->calls.table.getstackdata = call_stackdata;
	error = call_enter_plugin(&call, NULL);
	if (!error) {
		stack->data = plugin_newstack(&stack->plugin, vnlv, options, &stack->calls.table);
		error = stack->data ? 0 : -errno;
	}
	call_leave(&call);
	if (error) {
		errno = -error;
		plugin_newstack_failed(&stack->plugin);
		plugin_unload(&stack->plugin);
		return error;
	}
	plugin_fill(&stack->plugin, &stack->calls);
	return 0;
}

static struct ioth *stack_new(const char *name, const char *vnlv[])
{
	struct ioth *stack;
	int error;

	error_clear();
	stack = calloc(1, sizeof(*stack));
	if (!stack) {
		error = -ENOMEM;
		error_set("no memory");
		goto fail;
	}
	if (!name || !*name)
		error = native_fill(stack, vnlv);
	else
		error = plugin_stack_fill(stack, name, vnlv);
	if (error)
		goto free_stack;
	table_lock();
	list_append(&stacks, &stack->link);
	table_unlock();
	ioth_log(LOG_INFO, "stack %s made", stack->plugin.handle ? stack->plugin.name : "(native)");
	return stack;

free_stack:
	free(stack);
fail:
	ioth_log(LOG_ERR, "no stack: %s", ioth_error());
	errno = -error;
	return NULL;
}

struct ioth *ioth_newstackv(const char *stack, const char *vnlv[])
{
	const char *none[] = {NULL};

	return stack_new(stack, vnlv ? vnlv : none);
}

struct ioth *ioth_newstacki(const char *stack, const char *vnl)
{
	const char *vnlv[] = {vnl, NULL};

	return stack_new(stack, vnlv);
}

/* The header has a macro of this name, for calls with one argument. */
struct ioth *(ioth_newstack)(const char *stack, const char *vnl)
{
	return ioth_newstacki(stack, vnl);
}

struct ioth *ioth_newstackl(const char *stack, const char *vnl, ...)
{
	struct ioth *made;
	const char **vnlv;
	size_t count = 0;
	va_list list;

	va_start(list, vnl);
	for (const char *item = vnl; item; item = va_arg(list, const char *))
		count++;
	va_end(list);
	vnlv = calloc(count + 1, sizeof(*vnlv)); /* and the NULL at the end */
	if (!vnlv) {
		error_set("no memory");
		errno = ENOMEM;
		return NULL;
	}
	va_start(list, vnl);
	for (size_t i = 0; i < count; i++)
		vnlv[i] = i == 0 ? vnl : va_arg(list, const char *);
	va_end(list);
	made = stack_new(stack, vnlv);
	free(vnlv);
	return made;
}

/* Is there such a stack? Nothing else can be asked about a pointer that may be none any more. */
static bool stack_exists(const struct ioth *stack)
{
	const struct ioth *item;

	list_for_each (item, &stacks, link) {
		if (item == stack)
			return true;
	}
	return false;
}

/* Takes the stack off the list if nobody uses it. `was_default` is for putting it back. */
static int stack_retire(struct ioth *stack, bool *was_default)
{
	int error;

	table_lock();
	error = stack_exists(stack) ? table_forget_stack(stack) : -EINVAL;
	if (!error) {
		stack->deleted = true;
		list_remove(&stack->link);
		*was_default = default_stack == stack;
		if (*was_default)
			default_stack = &native;
	}
	table_unlock();
	return error;
}

static void stack_restore(struct ioth *stack, bool was_default)
{
	table_lock();
	stack->deleted = false;
	list_append(&stacks, &stack->link);
	if (was_default && default_stack == &native)
		default_stack = stack;
	table_unlock();
}

/* The plugin's delstack, with its data at hand for getstackdata(). */
static int plugin_delstack(struct ioth *stack)
{
	struct call call;
	int error;

	if (!stack->calls.table.delstack)
		return 0;
	error = call_enter_plugin(&call, stack);
	if (!error && stack->calls.table.delstack(stack->data) < 0) {
		call_failed(&call, -1);
		error = errno ? -errno : -EBUSY;
	}
	call_leave(&call);
	return error;
}

int ioth_delstack(struct ioth *stack)
{
	bool was_default;
	int error;

	error_clear();
	if (!stack || stack == &native) {
		error_set(stack ? "the native stack itself cannot be deleted" : "no stack was given");
		error = -EINVAL;
		goto fail;
	}
	watch_tell(stack, IOTH_DELSTACK_BEGINS);
	error = stack_retire(stack, &was_default);
	if (error) {
		watch_tell(stack, IOTH_DELSTACK_KEPT);
		error_set(error == -EBUSY ? "sockets of the stack are open, or calls are inside"
		                          : "there is no such stack");
		goto fail;
	}
	error = plugin_delstack(stack);
	if (error) {
		errno = -error;
		error_set("%s: the plugin does not delete its stack: %m",
		    stack->plugin.path ? stack->plugin.path : "(native)");
		stack_restore(stack, was_default);
		watch_tell(stack, IOTH_DELSTACK_KEPT);
		goto fail;
	}
	ioth_log(LOG_INFO, "stack %s deleted", stack->plugin.handle ? stack->plugin.name : "(native)");
	plugin_unload(&stack->plugin);
	watch_tell(stack, IOTH_DELSTACK_DONE);
	free(stack);
	return 0;

fail:
	ioth_log(LOG_NOTICE, "stack not deleted: %s", ioth_error());
	errno = -error;
	return -1;
}
