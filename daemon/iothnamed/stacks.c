/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of the configuration make stacks: see stacks.h. */
#include "stacks.h"

#include <errno.h>
#include <string.h>
#include <ioth.h>
#include <iothconf.h>

#include "log.h"
#include "optlist.h"
#include "stack_state.h"

/* Is it the stack that socket(2) uses? */
static bool is_kernel(const struct named_stack_lines *lines)
{
	struct optlist list;
	bool kernel = true;

	if (lines->count == 0)
		return true;
	if (optlist_parse(&list, lines->lines[0]) < 0)
		return false;
	for (size_t i = 0; i < list.count; i++) {
		if (optlist_is(list.items[i].tag, "stack") && list.items[i].value)
			kernel = strcmp(list.items[i].value, "kernel") == 0;
	}
	optlist_free(&list);
	return kernel;
}

/* What failed although the call succeeded: a protocol, which may succeed later (tag thread), or a
 * static item. */
static void warn(const char *role, const char *line)
{
	if (*ioth_config_error())
		log_warning("%s stack \"%s\": %s", role, line, ioth_config_error());
}

/* The first line creates, the others configure. */
static int open_one(struct ioth **stack, const struct named_stack_lines *lines, const char *role)
{
	int err;

	*stack = NULL;
	if (lines->count == 0)
		return 0;
	*stack = ioth_newstackc(lines->lines[0]);
	if (!*stack) {
		err = -errno;
		log_error("%s stack \"%s\": %s", role, lines->lines[0],
		    *ioth_config_error() ? ioth_config_error() : strerror(-err));
		return err;
	}
	warn(role, lines->lines[0]);
	for (size_t i = 1; i < lines->count; i++) {
		if (ioth_config(*stack, lines->lines[i]) < 0) {
			err = -errno;
			log_error("%s stack \"%s\": %s", role, lines->lines[i],
			    *ioth_config_error() ? ioth_config_error() : strerror(-err));
			ioth_delstack(*stack);
			return err;
		}
		warn(role, lines->lines[i]);
	}
	return 0;
}

int named_stacks_open(struct named_stacks *stacks, const struct named_conf *conf)
{
	int err = open_one(&stacks->request, &conf->request, "request");

	if (err)
		return err;
	stacks->request_is_kernel = is_kernel(&conf->request);
	if (!stacks->request_is_kernel)
		stack_state_tell(stacks->request, "request stack", NULL, true);
	if (conf->one_stack) {
		stacks->forward = stacks->request;
		stacks->all_kernel = stacks->request_is_kernel;
		return 0;
	}
	err = open_one(&stacks->forward, &conf->forward, "forwarding");
	if (err && stacks->request)
		ioth_delstack(stacks->request);
	stacks->all_kernel = stacks->request_is_kernel && is_kernel(&conf->forward);
	if (!err && !is_kernel(&conf->forward))
		stack_state_tell(stacks->forward, "forwarding stack", NULL, true);
	return err;
}

/* One that is not the kernel's, whose networks are the system's care. */
static void watch(struct stack_watch *watch, struct loop *loop, struct ioth *stack,
    const char *role, const struct named_stack_lines *lines)
{
	if (!is_kernel(lines))
		stack_watch_open(watch, loop, stack, role, (const char *const *)lines->lines, lines->count);
}

void named_stacks_lead(
    struct named_stacks *stacks, struct loop *loop, const struct named_conf *conf)
{
	loop_stack_add(loop, &stacks->request_lead, stacks->request);
	watch(&stacks->request_watch, loop, stacks->request, "request stack", &conf->request);
	if (stacks->forward == stacks->request)
		return;
	loop_stack_add(loop, &stacks->forward_lead, stacks->forward);
	watch(&stacks->forward_watch, loop, stacks->forward, "forwarding stack", &conf->forward);
}

void named_stacks_close(struct named_stacks *stacks)
{
	stack_watch_close(&stacks->request_watch);
	stack_watch_close(&stacks->forward_watch);
	loop_stack_remove(&stacks->request_lead);
	loop_stack_remove(&stacks->forward_lead);
	if (stacks->forward && stacks->forward != stacks->request && ioth_delstack(stacks->forward) < 0)
		log_error("forwarding stack: %s", ioth_error());
	if (stacks->request && ioth_delstack(stacks->request) < 0)
		log_error("request stack: %s", ioth_error());
}

static bool same_lines(const struct named_stack_lines *a, const struct named_stack_lines *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (strcmp(a->lines[i], b->lines[i]) != 0)
			return false;
	}
	return true;
}

bool named_stacks_same(const struct named_conf *a, const struct named_conf *b)
{
	return a->one_stack == b->one_stack && same_lines(&a->request, &b->request) &&
	       same_lines(&a->forward, &b->forward);
}
