/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The addresses of a node, in the order in which getaddrinfo gives them. */
#ifndef IOTHDNS_HOSTS_H
#define IOTHDNS_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <iothdns.h>

struct host_address {
	int family;
	uint8_t bytes[16];
	uint32_t scope;
};

struct host_list {
	struct host_address *items; /* allocated */
	size_t count;
	size_t size;
	bool no_memory;
	char canonical[IOTHDNS_MAXNAME]; /* "": not known */
};

void host_list_add(struct host_list *list, int family, const void *bytes, uint32_t scope);

/* IPv4 addresses become IPv6 ones (RFC 4291, 2.5.5.2). */
void host_list_map(struct host_list *list);

/* What the hosts file and the name servers know of a name. `family` is AF_UNSPEC, AF_INET or
 * AF_INET6; `mapped`: IPv4 addresses are wanted if there are none of IPv6, and are mapped; `all`:
 * in any case. 0 with at least one address, or an EAI_ value. */
int hosts_resolve(struct iothdns *dns, const char *name, int family, bool mapped, bool all,
    struct host_list *list);

/* Puts the addresses in the order of RFC 6724, section 6, as they are seen from a stack. 0 or
 * EAI_MEMORY. */
struct ioth;
int hosts_sort(struct ioth *stack, struct host_list *list);

#endif
