/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network of an interface: see link_watch.h. */
#include "link_watch.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <ioth.h>

#include "link_state.h"
#include "log.h"

/* A bound for who floods the interface with changes. */
#define MESSAGES 64

/* Between tries to open sockets on another interface: twice as long each time. */
#define DELAY_MIN LOOP_SEC
#define DELAY_MAX (60 * LOOP_SEC)

static void tell(struct link_watch *watch, bool is_down)
{
	if (is_down == watch->is_down)
		return;
	watch->is_down = is_down;
	if (is_down)
		log_warning("the network is lost");
	else
		log_notice("the network is there");
}

/* Is it still the interface that it was? Asked by name, so that nothing depends on which messages
 * have been read, and in which order. */
static void look(struct link_watch *watch)
{
	int ifindex = ioth_if_nametoindex(watch->stack, watch->interface);

	if (ifindex <= 0 && errno != ENODEV) { /* no memory, say: nothing is known */
		loop_timer_after(&watch->retry, DELAY_MIN);
		return;
	}
	if (ifindex <= 0) {
		if (!watch->is_gone)
			log_warning("the interface %s is gone", watch->interface);
		watch->is_gone = true;
		return;
	}
	if ((unsigned int)ifindex != watch->ifindex || watch->is_another) {
		if (watch->again(watch, (unsigned int)ifindex) < 0) {
			loop_timer_after(&watch->retry, watch->delay);
			watch->delay = watch->delay < DELAY_MAX ? 2 * watch->delay : DELAY_MAX;
			return;
		}
		loop_timer_cancel(&watch->retry);
		watch->delay = DELAY_MIN;
		watch->ifindex = (unsigned int)ifindex;
		watch->is_another = false;
		watch->is_gone = true; /* perhaps nobody has looked meanwhile */
		watch->is_down = !link_is(watch->stack, watch->interface, IFF_RUNNING);
	}
	if (watch->is_gone)
		log_notice("the interface %s is there again%s", watch->interface,
		    watch->is_down ? ", but not its network" : "");
	watch->is_gone = false;
}

static void due(struct loop_timer *timer)
{
	look((struct link_watch *)(void *)((char *)timer - offsetof(struct link_watch, retry)));
}

static void ready(struct loop_source *source, uint32_t events)
{
	struct link_watch *watch =
	    (struct link_watch *)(void *)((char *)source - offsetof(struct link_watch, source));
	enum link_change change, last = LINK_NOTHING;

	for (unsigned int i = 0; i < MESSAGES; i++) {
		change = link_read_change(source->fd, watch->ifindex);
		if (change == LINK_NOTHING)
			break;
		if (change == LINK_GONE)
			watch->is_another = true;
		if (change == LINK_UP || change == LINK_DOWN || last == LINK_NOTHING)
			last = change;
	}
	if (last == LINK_NOTHING)
		return;
	if (last == LINK_UP || last == LINK_DOWN)
		tell(watch, last == LINK_DOWN);
	look(watch);
}

void link_watch_open(struct link_watch *watch, struct loop *loop, struct ioth *stack,
    const char *interface, unsigned int ifindex, link_watch_again *again)
{
	int fd = link_changes(stack), err;

	*watch =
	    (struct link_watch){.stack = stack, .ifindex = ifindex, .again = again, .delay = DELAY_MIN};
	snprintf(watch->interface, sizeof(watch->interface), "%s", interface);
	loop_timer_init(loop, &watch->retry, due);
	if (fd < 0) {
		log_debug("changes of the link are not seen: %s", strerror(-fd));
		return;
	}
	err = loop_add(loop, &watch->source, fd, EPOLLIN, ready);
	if (err) {
		log_debug("changes of the link are not seen: %s", strerror(-err));
		ioth_close(fd);
	}
}

void link_watch_close(struct link_watch *watch)
{
	int fd = watch->source.fd;

	loop_timer_cancel(&watch->retry);
	if (!watch->source.loop)
		return;
	loop_remove(&watch->source);
	ioth_close(fd);
}
