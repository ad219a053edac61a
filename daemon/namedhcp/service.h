/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What both servers are made of, around their engines: a place, a resolver, names, a transport. */
#ifndef SERVICE_H
#define SERVICE_H

#include "config_option.h"
#include "daemon.h"
#include "dns.h"
#include "names.h"
#include "place.h"
#include "settings.h"
#include "transport.h"

struct service {
	struct daemon *daemon;
	struct settings *settings; /* owned */
	struct place place;
	struct dns dns;
	struct names names;
	struct transport *transport; /* owned; opened by the server */
	uint8_t mac[6];
};

/* Opens all but the transport. Both return 0 or -errno, which has been logged; the settings are
 * taken with 0. */
int service_open(struct service *service, struct daemon *daemon, struct settings *settings);
/* Settings for the same place: another resolver, answers are forgotten. */
int service_reload(struct service *service, struct settings *settings);
/* After the engine. */
void service_close(struct service *service);

/* The MAC address: --macaddr, or the interface's. */
int service_find_mac(struct service *service);

/* Appends an option of addresses, IPv6 or IPv4, to `count` of them: a list of addresses and names,
 * which are asked for. How many options there are then. */
size_t service_add_addresses(const struct service *service,
    struct config_option option[CONFIG_OPTIONS_MAX], size_t count, uint16_t code, int family,
    const char *text);

/* The counters that both have. */
void service_print_stats(const struct service *service, const char *program, FILE *out);

/* Is everything on the kernel's stack? */
bool service_is_kernel(const struct service *service);

#endif
