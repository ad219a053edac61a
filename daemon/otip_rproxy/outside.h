/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The outer interface, and whether it has the addresses of all windows.
 *
 * An interface that goes down loses its addresses (Linux's do), and so may one that is made again
 * or that somebody else configures. The stack tells of changes; then we look, when the turn ends,
 * and again OUTSIDE_PAUSE later if it tells more; a stack that tells nothing is looked at every
 * OUTSIDE_POLL. What is missing is added: addresses of open windows, and, for their flows alone,
 * those of windows that are over. Sockets stay as they are: connections go on where they were.
 */
#ifndef RPROXY_OUTSIDE_H
#define RPROXY_OUTSIDE_H

#include <net/if.h>

#include "flows.h"
#include "place.h"

#define OUTSIDE_PAUSE LOOP_SEC
#define OUTSIDE_POLL  (5 * LOOP_SEC)

struct outside {
	struct otip_place place;
	char interface[IFNAMSIZ];
	struct flows *flows; /* NULL: there is nothing to look for yet */
	struct loop_source news;
	struct loop_timer timer;
	struct loop_job job;
	loop_time next; /* no look before that */
	int error;      /* that was told last */
};

/* Brings the interface up. 0 or -errno, logged. */
int outside_open(struct outside *outside, struct ioth *stack, const char *interface);

/* Looks after the addresses of these windows from now on. 0 or -errno, logged. */
int outside_watch(struct outside *outside, struct loop *loop, struct flows *flows);

/* Harmless if nothing is watched. */
void outside_unwatch(struct outside *outside);

#endif
