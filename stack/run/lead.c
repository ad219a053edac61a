/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leading from outside: a program with an event loop receives for its stack itself.
 *
 * A caller that blocks in a stack leads it (wait.c). A program that sleeps in epoll(7) blocks in no
 * call: its frames are received by a poller, which shows sockets to be readable, and so wakes the
 * program: two threads, two sleeps and two wake-ups for each burst. Instead, such a program may
 * have the links in its own set (picox_lead) and, when one has something, let the stack take that
 * in (picox_drive).
 *
 * The poller stays behind. Each drive hands the links over to the program (runtime_hand_over): as
 * long as drives, or other calls that wait, come within LEAD_TIME, the poller leaves the links
 * alone; else it takes them back. So a program that is busy elsewhere keeps nobody waiting, neither
 * peers nor other threads of its own, which may block in the stack, and lead it, at any time: then
 * frames are received by who is first. Timers are the poller's as ever.
 *
 * Hidden readiness. The program is told which sockets got something. To show these by their
 * descriptors, too, would be three system calls a burst: one that shows, epoll's next one, one that
 * takes it back when the socket is empty. So a drive does not show what it tells; the sockets stay
 * on a list until they were read empty, or at most until the next drive or the poller's next look,
 * which show them. Who asks for no sockets (`max` 0) says that he has looked and is going to sleep.
 *
 * A link without descriptor (mem://) is in no set: the poller receives from it as ever.
 */
#include "lead.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>

struct lead {
	int set;
	struct epoll_event event;
	struct list hidden; /* file.hidden */
	/* During a drive. */
	int *fds;
	unsigned int room, count;
};

/* ---- links ---- */

int lead_add(const struct picox *stack, int fd)
{
	struct epoll_event event;

	if (!stack->lead)
		return 0;
	event = stack->lead->event;
	return epoll_ctl(stack->lead->set, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

void lead_remove(const struct picox *stack, int fd)
{
	/* The program may have closed its set. */
	if (stack->lead)
		(void)epoll_ctl(stack->lead->set, EPOLL_CTL_DEL, fd, NULL);
}

static void remove_all(const struct picox *stack)
{
	const struct port *port;

	list_for_each (port, &stack->ports, node) {
		int fd = port->ops->fd(port->link);

		if (fd >= 0)
			lead_remove(stack, fd);
	}
}

static int add_all(const struct picox *stack)
{
	const struct port *port;
	int err = 0;

	list_for_each (port, &stack->ports, node) {
		int fd = port->ops->fd(port->link);

		if (fd >= 0 && !err)
			err = lead_add(stack, fd);
		/* A leader slept in it, and may have left it out of its own set. */
		if (port->ops->watch)
			port->ops->watch(port->link);
	}
	return err;
}

/* ---- beginning and ending ---- */

int lead_begin(struct picox *stack, int set, const struct epoll_event *event)
{
	struct lead *lead = calloc(1, sizeof(*lead));
	int err;

	if (!lead)
		return -ENOMEM;
	lead->set = set;
	lead->event = (struct epoll_event){.events = EPOLLIN, .data = event->data};
	list_init(&lead->hidden);
	runtime_lock(stack);
	err = stack->lead ? -EBUSY : 0;
	if (!err) {
		stack->lead = lead;
		err = add_all(stack);
		if (err) {
			remove_all(stack);
			stack->lead = NULL;
		}
	}
	runtime_leave(stack);
	if (err)
		free(lead);
	return err;
}

void lead_free(struct picox *stack)
{
	if (!stack->lead)
		return;
	lead_show(stack);
	free(stack->lead);
	stack->lead = NULL;
}

int lead_end(struct picox *stack)
{
	int err = -EINVAL;

	runtime_lock(stack);
	if (stack->lead) {
		remove_all(stack);
		lead_free(stack);
		if (!stack->leader)
			runtime_arm(stack, true);
		err = 0;
	}
	runtime_leave(stack);
	return err;
}

/* ---- readiness ---- */

static bool is_hidden(const struct file *file)
{
	return !list_is_empty(&file->hidden);
}

void lead_show(struct picox *stack)
{
	struct lead *lead = stack->lead;

	while (lead && !list_is_empty(&lead->hidden)) {
		struct file *file = list_first(&lead->hidden, struct file, hidden);

		list_remove(&file->hidden);
		readiness_raise(&file->readiness, file->mask & POLLIN);
		if (file->readiness.shown & POLLNVAL)
			stack->file_died = true;
	}
}

unsigned int lead_hide(struct file *file, unsigned int mask)
{
	struct lead *lead = file->stack->lead;

	if (!lead || !(mask & POLLIN))
		return mask;
	if (lead->room == 0) {
		list_remove(&file->hidden); /* somebody else received this */
		return mask;
	}
	if (is_hidden(file))
		return mask & ~(unsigned int)POLLIN;
	/* Only that it is readable, which it was not, can be said by a number. */
	if (lead->count == lead->room || (mask & ~(unsigned int)(POLLIN | POLLOUT)) ||
	    (file->readiness.shown & (POLLIN | POLLHUP)))
		return mask;
	list_append(&lead->hidden, &file->hidden);
	lead->fds[lead->count++] = file->fd;
	return mask & ~(unsigned int)POLLIN;
}

unsigned int lead_keep_hidden(struct file *file, unsigned int mask)
{
	if (!is_hidden(file))
		return mask;
	if ((mask & ~(unsigned int)POLLOUT) == POLLIN)
		return mask & ~(unsigned int)POLLIN;
	list_remove(&file->hidden);
	return mask;
}

/* ---- driving ---- */

unsigned int lead_drive(struct picox *stack, int *fds, unsigned int max)
{
	struct lead *lead;
	unsigned int count = 0;

	runtime_lock(stack);
	lead = stack->lead;
	lead_show(stack);
	if (lead && max) {
		stack->calls++;
		if (stack->armed || !stack->watching)
			runtime_hand_over(stack);
		lead->fds = fds;
		lead->room = max;
		lead->count = 0;
		if (runtime_receive(stack, PX_BURST, true) == 0 && !stack->leader)
			runtime_forget_wakes(stack);
		runtime_settle(stack); /* here sockets are told */
		count = lead->count;
		lead->room = 0;
	}
	runtime_leave(stack);
	return count;
}
