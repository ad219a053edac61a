/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A socket that hears what is sent to some addresses of one network, and nothing else.
 *
 * It is bound to [::], so that windows come and go without its being opened again: what is in its
 * queue stays, and so does the descriptor that the program polls. But it would be reached at all of
 * the stack's addresses, for as long as they are there. A filter of classic BPF (SO_ATTACH_FILTER),
 * which every one of our stacks has, drops what is meant for others before TCP sees it: no reset,
 * no answer.
 */
#ifndef OTIP_FILTER_H
#define OTIP_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <netinet/in.h>

#include "schedule.h"

#define OTIP_FILTER_MAX ((size_t)2 * OTIP_OPEN_MAX) /* those that open while others close */

/* Addresses, all of one /64. */
struct otip_addresses {
	size_t count;
	struct in6_addr address[OTIP_FILTER_MAX];
};

/* One more, if it is not there; beyond OTIP_FILTER_MAX it is left out. */
void otip_addresses_add(struct otip_addresses *addresses, const struct in6_addr *address);
bool otip_addresses_have(const struct otip_addresses *addresses, const struct in6_addr *address);
/* The same set? */
bool otip_addresses_equal(const struct otip_addresses *one, const struct otip_addresses *other);

/* From now on the IPv6 socket hears these alone (none: nothing). 0 or -errno. */
int otip_filter_set(int fd, const struct otip_addresses *addresses);

#endif
