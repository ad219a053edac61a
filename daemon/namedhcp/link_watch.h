/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Says when the network of a stack's interface is lost, and when it is back: once each. The sockets
 * stay, and serve again by themselves. */
#ifndef LINK_WATCH_H
#define LINK_WATCH_H

#include "loop.h"

struct ioth;

struct link_watch {
	struct loop_source source;
	unsigned int ifindex;
	bool is_down;
};

/* A stack that does not say anything of its links is not watched; that is no error. */
void link_watch_open(
    struct link_watch *watch, struct loop *loop, struct ioth *stack, unsigned int ifindex);
void link_watch_close(struct link_watch *watch);

#endif
