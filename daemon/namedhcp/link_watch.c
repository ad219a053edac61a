/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network of an interface: see link_watch.h. */
#include "link_watch.h"

#include <stddef.h>
#include <string.h>
#include <ioth.h>

#include "link_state.h"
#include "log.h"

/* A bound for who floods the interface with changes. */
#define MESSAGES 64

static void ready(struct loop_source *source, uint32_t events)
{
	struct link_watch *watch =
	    (struct link_watch *)(void *)((char *)source - offsetof(struct link_watch, source));
	enum link_change change, last = LINK_NOTHING;

	for (unsigned int i = 0; i < MESSAGES; i++) {
		change = link_read_change(source->fd, watch->ifindex);
		if (change == LINK_NOTHING)
			break;
		if (change != LINK_SOMETHING)
			last = change;
	}
	if (last == LINK_NOTHING || (last == LINK_DOWN) == watch->is_down)
		return;
	watch->is_down = last == LINK_DOWN;
	if (watch->is_down)
		log_warning("the network is lost");
	else
		log_notice("the network is there");
}

void link_watch_open(
    struct link_watch *watch, struct loop *loop, struct ioth *stack, unsigned int ifindex)
{
	int fd = link_changes(stack), err;

	*watch = (struct link_watch){.ifindex = ifindex};
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

	if (!watch->source.loop)
		return;
	loop_remove(&watch->source);
	ioth_close(fd);
}
