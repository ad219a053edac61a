/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Says when the network of a stack's interface is lost, and when it is back: once each. The sockets
 * stay then, and serve again by themselves.
 *
 * An interface that is deleted, and made again with the same name, is another one, and what is
 * bound to the old one hears nothing any more, and does not learn of it: whoever has such sockets
 * is told to open them anew.
 */
#ifndef LINK_WATCH_H
#define LINK_WATCH_H

#include <net/if.h>

#include "loop.h"

struct ioth;
struct link_watch;

/* The interface has this index now. 0, or -errno, which has been logged: to be called again. */
typedef int link_watch_again(struct link_watch *watch, unsigned int ifindex);

struct link_watch {
	struct loop_source source;
	struct loop_timer retry;
	struct ioth *stack;
	char interface[IF_NAMESIZE];
	unsigned int ifindex;
	bool is_down, is_gone;
	bool is_another; /* that of the sockets has been deleted */
	loop_time delay; /* until the next try */
	link_watch_again *again;
};

/* A stack that does not say anything of its links is not watched; that is no error. */
void link_watch_open(struct link_watch *watch, struct loop *loop, struct ioth *stack,
    const char *interface, unsigned int ifindex, link_watch_again *again);
void link_watch_close(struct link_watch *watch);

#endif
