/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* own_traffic.h: what has gone through the interface of a stack, as its own counters tell it.
 *
 * ioth_getifaddrs lists interfaces as entries of the family AF_PACKET, and what ifa_data points to
 * there are the counters (struct rtnl_link_stats): those that `ip -s link` shows.
 */
#ifndef OWN_TRAFFIC_H
#define OWN_TRAFFIC_H

#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>
#include <linux/if_link.h>
#include <ioth.h>

/* One line: "NAME: received 12 frames, 1234 bytes; sent 9 frames, 876 bytes". */
static inline void own_traffic(struct ioth *stack, const char *name)
{
	struct ifaddrs *list;

	if (ioth_getifaddrs(stack, &list) < 0)
		return;
	for (const struct ifaddrs *item = list; item; item = item->ifa_next) {
		const struct rtnl_link_stats *counters = item->ifa_data;

		if (!counters || item->ifa_addr->sa_family != AF_PACKET ||
		    strcmp(item->ifa_name, "vde0") != 0)
			continue;
		printf("%s: received %u frames, %u bytes; sent %u frames, %u bytes\n", name,
		    counters->rx_packets, counters->rx_bytes, counters->tx_packets, counters->tx_bytes);
	}
	ioth_freeifaddrs(list);
}

#endif
