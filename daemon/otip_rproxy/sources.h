/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many flows each source has: so that one client does not take all places. Who has an IPv6
 * network has all its addresses, so a source is a prefix of an address: `prefix` bits of IPv6, 64
 * where nothing else is said, and a whole address of IPv4 (in its mapped form, RFC 4291, 2.5.5.2).
 * Sources are in the table as long as they have a flow. */
#ifndef RPROXY_SOURCES_H
#define RPROXY_SOURCES_H

#include <netinet/in.h>

#include "hashtable.h"

struct source;

struct sources {
	struct hashtable table;
	uint64_t limit;      /* 0: none */
	unsigned int prefix; /* bits, 0 to 128 */
};

int sources_init(struct sources *sources); /* without a limit; 0 or -errno */
void sources_fini(struct sources *sources);

/* For flows to come; those that there are count where they began. */
void sources_set_limit(struct sources *sources, uint64_t limit, unsigned int prefix);

/* Another flow of an address: 0 and its source, borrowed until it leaves; -EUSERS: that has as many
 * as it may have; or -ENOMEM. */
int sources_enter(struct sources *sources, const struct in6_addr *address, struct source **source);

/* For each that was let in. */
void sources_leave(struct sources *sources, struct source *source);

#endif
