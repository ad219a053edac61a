/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What both servers are made of, around their engines: a place, a resolver, names, a transport. */
#ifndef SERVICE_H
#define SERVICE_H

#include "daemon.h"
#include "dns.h"
#include "names.h"
#include "place.h"
#include "server.h"
#include "settings.h"
#include "transport.h"

struct change;

struct service {
	struct daemon *daemon;
	struct settings *settings; /* owned: those in use */
	struct place place;
	struct dns dns;
	struct names names;
	struct server *server;       /* the engine; set by the program, which has it */
	struct transport *transport; /* owned; opened by the program */
	uint8_t mac[6];
	struct change *change; /* owned: a reload that asks for hosts; NULL: none */
};

/* Opens a service, which is all zero, but for settings, resolver, engine and transport. 0 or
 * -errno, which has been logged. */
int service_open(struct service *service, struct daemon *daemon, const struct settings *settings);
/* After the engine. */
void service_close(struct service *service);

/* The MAC address: --macaddr, or the interface's. 0 or -errno, which has been logged. */
int service_find_mac(struct service *service, const struct settings *settings);

/* Warns of stacks that nobody reaches, or that reach nobody. */
void service_tell_stacks(const struct service *service, const struct settings *settings);

/* Is everything on the kernel's stack? */
bool service_is_kernel(const struct service *service);

#endif
