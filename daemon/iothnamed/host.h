/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts whose address the configuration needs and does not say: the base of hash addresses, the
 * network of reverse names. They are looked up again and again, not once.
 *
 * Who does the I/O asks which host is due, looks it up (AAAA, else A, mapped) on the forwarding
 * stack, and says what came of it. A host that cannot be found keeps the address it had, and is due
 * again soon. Any thread may read addresses meanwhile; one thread does the rest.
 */
#ifndef NAMED_HOST_H
#define NAMED_HOST_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "name.h"

#define NAMED_HOST_RETRY 30 /* seconds after a failure */

struct named_host {
	struct named_name name;
	char *text;   /* of the name, for the resolver and the log */
	bool asked;   /* a look-up is under way */
	uint64_t due; /* nanoseconds; 0: at once */
	/* The address, in two halves, as readers see it: what was read between two equal, even versions
	 * is one address. Version 0: not known yet. */
	atomic_uint version;
	_Atomic uint64_t half[2];
};

struct named_hosts {
	size_t count;
	struct named_host **hosts;
	uint64_t refresh; /* nanoseconds */
};

/* The address, or false: it has none yet. */
bool named_host_address(const struct named_host *host, struct in6_addr *address);

/* A host to be looked up now, which is marked so, or NULL. */
struct named_host *named_hosts_next(struct named_hosts *hosts, uint64_t now);

/* When there will be one; UINT64_MAX: never, as far as is known. */
uint64_t named_hosts_deadline(const struct named_hosts *hosts);

/* The look-up's end. `address` NULL: nothing was found. `ttl` in seconds, 0: not known. */
void named_host_found(struct named_hosts *hosts, struct named_host *host,
    const struct in6_addr *address, uint32_t ttl, uint64_t now);

/* For the configuration's reader: the host of this name, an old one or a new one; NULL: no memory.
 */
struct named_host *named_hosts_add(struct named_hosts *hosts, const struct named_name *name);
void named_hosts_free(struct named_hosts *hosts);

#endif
