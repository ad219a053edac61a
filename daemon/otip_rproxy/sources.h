/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many flows each source address has: so that one client does not take all places. Addresses
 * are in the table as long as they have a flow. */
#ifndef RPROXY_SOURCES_H
#define RPROXY_SOURCES_H

#include <netinet/in.h>

#include "hashtable.h"

struct sources {
	struct hashtable table;
	uint64_t limit; /* 0: none */
};

int sources_init(struct sources *sources, uint64_t limit); /* 0 or -errno */
void sources_fini(struct sources *sources);

/* Another flow of an address. 0, -EUSERS: it has as many as it may have, or -ENOMEM. */
int sources_enter(struct sources *sources, const struct in6_addr *address);

/* For each that was let in. */
void sources_leave(struct sources *sources, const struct in6_addr *address);

#endif
