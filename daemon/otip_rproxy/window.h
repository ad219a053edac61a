/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An address outside, and its doors: a socket for each service, where new flows begin.
 *
 * A window that is closed lets no new flow in: connections that were made but not accepted yet, and
 * datagrams that wait, are taken, then the doors are gone. With its last flow the window is gone,
 * too. Addresses come and go elsewhere: here they are bound to.
 */
#ifndef RPROXY_WINDOW_H
#define RPROXY_WINDOW_H

#include "flows.h"
#include "service.h"

struct window {
	struct list link; /* of flows->windows: open ones first */
	struct flows *flows;
	struct in6_addr address;
	struct list doors;
	uint64_t flow_count;
	bool closed;
};

struct door {
	struct loop_source source; /* its socket */
	struct list link;
	struct window *window;
	struct service service;
	struct loop_timer retry; /* after a lack of descriptors */
	int fd;
	bool closing;
};

/* The address is the outer stack's already; a window that was closed, and still has flows, is open
 * again. 0, or -errno: what could not be opened is logged, and the window is closed. */
int window_open(struct flows *flows, const struct in6_addr *address,
    const struct service services[], size_t count);

/* The services have changed: doors that are missing are opened, others closed. */
void window_set_services(struct window *window, const struct service services[], size_t count);

/* Closes a window; by its address, if there is such a one. */
void window_close(struct window *window);
void window_shut(struct flows *flows, const struct in6_addr *address);

/* A flow begins or ends. The last one of a closed window ends it, too. */
void window_enter(struct window *window);
void window_leave(struct window *window);

/* No descriptors, for a door: it closes its eyes for a second. */
void door_rest(struct door *door);

#endif
