/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A socket in the loop: see socket_source.h. */
#include "socket_source.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <ioth.h>

#include "log.h"

#define BURST 64 /* messages at a time */

static void fail(struct socket_source *source, int err)
{
	if (!source->failed)
		log_warning("receiving: %s", strerror(err));
	source->failed = true;
	(void)loop_want(&source->source, 0);
	/* EPOLLERR and EPOLLHUP come whether they are wanted or not. */
	loop_remove(&source->source);
	loop_timer_after(&source->pause, LOOP_SEC);
}

static void ready(struct loop_source *in_loop, uint32_t events)
{
	struct socket_source *source =
	    (struct socket_source *)(void *)((char *)in_loop - offsetof(struct socket_source, source));

	for (unsigned int i = 0; i < BURST; i++) {
		ssize_t got = source->receive(source);

		if (got >= 0) {
			source->failed = false;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			fail(source, errno);
		else if (events & (EPOLLERR | EPOLLHUP) && !(events & EPOLLIN))
			fail(source, ENETDOWN);
		return;
	}
}

static void again(struct loop_timer *timer)
{
	struct socket_source *source =
	    (struct socket_source *)(void *)((char *)timer - offsetof(struct socket_source, pause));

	if (loop_add(source->loop, &source->source, source->fd, EPOLLIN, ready) < 0)
		loop_timer_after(&source->pause, LOOP_SEC);
}

int socket_source_open(
    struct socket_source *source, struct loop *loop, int fd, socket_receive *receive)
{
	int err;

	*source = (struct socket_source){.loop = loop, .fd = fd, .receive = receive};
	loop_timer_init(loop, &source->pause, again);
	err = loop_add(loop, &source->source, fd, EPOLLIN, ready);
	if (err)
		source->fd = -1;
	return err;
}

void socket_source_close(struct socket_source *source)
{
	if (source->fd < 0)
		return;
	loop_timer_cancel(&source->pause);
	loop_remove(&source->source);
	ioth_close(source->fd);
	source->fd = -1;
}
