/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A service, as long as a door or a flow is its: what is known of its port outside, and of the
 * server inside, longer than a window lasts. So it is told once that a port cannot be opened, or
 * that a server does not answer, and not with each window or connection.
 */
#ifndef RPROXY_BACKEND_H
#define RPROXY_BACKEND_H

#include "complaint.h"
#include "hashtable.h"
#include "service.h"

struct flows;

struct backend {
	struct hashtable_link link; /* of flows->backends, by type and port */
	struct flows *flows;
	struct service service;          /* as it was configured last */
	uint64_t references;             /* doors and flows */
	uint64_t doors_open, doors_shut; /* those that have a socket, and those that have none */
	struct complaint doors, server;
};

/* The backend of a service, which is what it says from now on, for all who have it; to be put back.
 * NULL: no memory. */
struct backend *backend_get(struct flows *flows, const struct service *service);
struct backend *backend_ref(struct backend *backend);
void backend_put(struct backend *backend);

/* The server was reached (0), or not: -errno. What is a lack of ours is not about the server. */
void backend_server_is(struct backend *backend, int error);
bool backend_is_our_lack(int error);

#endif
