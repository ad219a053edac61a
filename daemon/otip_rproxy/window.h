/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An address outside, and its doors: a socket for each service, where new flows begin.
 *
 * A door that cannot be opened keeps no other one shut: it is tried again, after a second, then
 * two, and so on up to WINDOW_PAUSE_MAX.
 *
 * A window that is closed lets no new flow in: connections that were made but not accepted yet, and
 * datagrams that wait, are taken, then the doors are gone. With its last flow the window is gone,
 * too. Addresses come and go elsewhere: here they are bound to. The order at the end of one:
 *
 *     window_separate   clients of datagrams get sockets: while the address can still be bound to
 *     (it is retired)   from now on nobody but its flows gets in, and nobody else is answered
 *     window_shut       so the doors close without a word to who comes in that moment
 */
#ifndef RPROXY_WINDOW_H
#define RPROXY_WINDOW_H

#include "backend.h"
#include "flows.h"
#include "service.h"

#define WINDOW_PAUSE_MAX (8 * LOOP_SEC)

struct window {
	struct list link; /* of flows->windows: open ones first */
	struct flows *flows;
	struct in6_addr address;
	struct hashtable doors; /* one for each backend */
	/* What is offered, as long as the window is open: borrowed. */
	const struct service *services;
	size_t service_count;
	struct loop_timer retry; /* of doors that are shut */
	loop_time pause;         /* before the next retry */
	uint64_t flow_count;
	bool closed;
};

struct door {
	struct loop_source source; /* its socket */
	struct hashtable_link link;
	struct window *window;
	struct backend *backend;
	struct list mappings;   /* of UDP */
	struct loop_timer rest; /* after a lack of descriptors */
	int fd;                 /* -1: it could not be opened yet */
	bool closing, wanted;
};

/* The address is the outer stack's already; a window that was closed, and still has flows, is open
 * again. `services` are borrowed until the window is closed, or has others. 0, or -errno: there is
 * no such window. */
int window_open(struct flows *flows, const struct in6_addr *address,
    const struct service services[], size_t count);

/* The services have changed: doors that are missing are opened, others closed. One that stays leads
 * to what its service says now. Each service has a port of its own. */
void window_set_services(struct window *window, const struct service services[], size_t count);

/* The address is about to be retired. No such window: nothing. */
void window_separate(struct flows *flows, const struct in6_addr *address);
/* Closes a window; by its address, if there is such a one. */
void window_close(struct window *window);
void window_shut(struct flows *flows, const struct in6_addr *address);

/* A flow begins or ends. The last one of a closed window ends it, too. */
void window_enter(struct window *window);
void window_leave(struct window *window);

/* No descriptors, for a door: it closes its eyes for a second. */
void door_rest(struct door *door);

#endif
