/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts that the settings name (--dns, --ntp, --serverid), by address or by name: a name is asked
 * for once, and stands for its first address. One that has none is logged and left out. Nothing
 * here waits: who wants to know is told when the last answer has come.
 */
#ifndef HOSTS_H
#define HOSTS_H

#include "names.h"

#define HOSTS_MAX 16

struct hosts;
typedef void hosts_known(struct hosts *hosts);

struct hosts {
	struct names *names; /* borrowed */
	int family;
	hosts_known *known;
	size_t count, open; /* of them: those that are being asked for */
	struct host {
		struct hosts *hosts;
		struct names_waiter waiter;
		bool has_address;
		uint8_t address[16];
		char name[DHCP_NAME_SIZE];
	} host[HOSTS_MAX];
};

/* Asks for the hosts of a list, separated by commas (NULL: none), AF_INET or AF_INET6. `known` is
 * called unless none of them has to be waited for: `open` is 0 then. May not be moved in memory;
 * what is still being asked for ends with `names`. */
void hosts_ask(
    struct hosts *hosts, struct names *names, int family, const char *list, hosts_known *known);

/* The addresses, one behind the other, of 16 or 4 bytes each; how many bytes. */
size_t hosts_addresses(const struct hosts *hosts, uint8_t bytes[HOSTS_MAX * 16]);

#endif
