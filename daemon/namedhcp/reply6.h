/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answer to a DHCPv6 message: what an address, or that there is none, means for it. Pure. */
#ifndef REPLY6_H
#define REPLY6_H

#include "config.h"
#include "dhcp6.h"
#include "names.h"
#include "request6.h"

struct config6 {
	struct config common; /* options 23, 24, 31 */
	struct dhcp_duid duid;
	int preference;     /* RFC 8415, 21.8; -1: the option is not sent */
	bool all_addresses; /* of a name, in its first IA_NA; otherwise one each */
};

/* Has the server to ask for the client's name before it can answer? */
bool reply6_needs_name(const struct request6 *request);

/* Writes the answer. `answer`: what is known about the name; NULL: nothing, because it has not been
 * asked for, or the DNS has failed. Returns the length; 0: there is no answer, or no room for it.
 */
size_t reply6_write(uint8_t *buffer, size_t size, const struct config6 *config,
    const struct request6 *request, const struct names_answer *answer);

#endif
