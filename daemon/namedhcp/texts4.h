/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What TXT records say about a client's network: "mask=255.255.255.0,router=192.168.1.254". Pure.
 *
 * The first string of each record of the client's name is an option list (optlist.h), with the tags
 * mask, router, broadcast, dns, domname, ntp. Values are addresses, several of them in quotes
 * (router='192.168.1.1,192.168.1.2'), or names, which have to be asked for. A tag that is not
 * known, and a value that is neither, are passed over; of a tag that occurs twice the first one
 * counts.
 */
#ifndef TEXTS4_H
#define TEXTS4_H

#include "dhcp_name.h"

#define TEXTS4_ADDRESSES 8 /* of a tag */
#define TEXTS4_NAMES     8 /* in all */

struct texts4 {
	size_t count;
	struct texts4_option {
		uint8_t code; /* of DHCPv4's options */
		size_t count;
		uint8_t address[TEXTS4_ADDRESSES][4];
		bool is_open[TEXTS4_ADDRESSES]; /* not known (yet) */
		char domain[DHCP_NAME_SIZE];    /* of domname */
	} option[6];

	size_t names;
	struct texts4_name {
		size_t option, address; /* where its address goes */
		char name[DHCP_NAME_SIZE];
	} name[TEXTS4_NAMES];
};

/* `lines` are the strings, a line each. 0 or -ENOMEM. */
int texts4_read(struct texts4 *texts, const char *lines);

/* The option of a code, or NULL. */
const struct texts4_option *texts4_find(const struct texts4 *texts, uint8_t code);

/* Its bytes, without addresses that are not known. Returns the length; 0: nothing is left. */
size_t texts4_bytes(const struct texts4_option *option, uint8_t bytes[DHCP_NAME_SIZE]);

#endif
