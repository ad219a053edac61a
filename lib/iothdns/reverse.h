/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names by which addresses are asked for: in-addr.arpa (RFC 1035, 3.5) and ip6.arpa (RFC 3596,
 * 2.5). */
#ifndef IOTHDNS_REVERSE_H
#define IOTHDNS_REVERSE_H

#define REVERSE_NAME_SIZE 80

/* With a final dot: it is not searched for. `family` is AF_INET or AF_INET6. */
void reverse_name(char name[REVERSE_NAME_SIZE], int family, const void *address);

#endif
