/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of the reverse trees: in-addr.arpa (RFC 1035, 3.5) and ip6.arpa (RFC 3596, 2.5). */
#ifndef NAMED_REVERSE_H
#define NAMED_REVERSE_H

#include <netinet/in.h>
#include <stdbool.h>

#include "name.h"

/* The name that stands for the first `len` bits of an address, rounded down to what a name can
 * say: whole bytes of IPv4 (a mapped address; `len` of 32), nibbles of IPv6. */
void named_reverse_name(struct named_name *name, const struct in6_addr *address, unsigned int len);

/* The IPv6 address that a name of 32 nibbles under ip6.arpa stands for; false: it is not one. */
bool named_reverse_address(const struct named_name *name, struct in6_addr *address);

/* Is this a name under arpa? */
bool named_is_arpa(const struct named_name *name);

#endif
