/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domain names inside of DHCP and router advertisements (RFC 1035, 3.1): names to wire form and
 * back.
 *
 * A name that comes from a network ends up in a resolv.conf or in a query: as text it has letters,
 * digits, hyphens and underscores only, so that it cannot be anything but one name there. Names
 * with other bytes are refused.
 */
#ifndef DHCP_NAME_H
#define DHCP_NAME_H

#include <stdbool.h>

#include "wire.h"

#define DHCP_NAME_SIZE 254 /* bytes of the longest text, 253, and its NUL */

enum {
	DHCP_NAME_COMPRESSED = 1, /* pointers to earlier bytes of the same reader: RFC 3397 */
	DHCP_NAME_PARTIAL = 2,    /* the end of the bytes may end the name: RFC 4702, 3.1 */
};

/* Is this text a name, with or without its final dot? */
bool dhcp_name_is_valid(const char *text);

/* Copies a name that need not end with NUL, without a final dot or NUL. 0, or -EBADMSG: it is not
 * a valid one. */
int dhcp_name_copy(char text[DHCP_NAME_SIZE], const void *name, size_t len);

/* Writes a name with its root label. 0, or -EINVAL: not a valid name, -EMSGSIZE: no room (the
 * writer has an error then). */
int dhcp_name_put(struct wire_writer *writer, const char *name);

/* Reads one name; "" is the root. 0 or -EBADMSG. */
int dhcp_name_get(struct wire_reader *reader, unsigned int flags, char text[DHCP_NAME_SIZE]);

/* Reads the names that fill a reader, up to `max` of them, an empty one ending the list (RFC 8106,
 * 5.2: padding). Returns their number, or -EBADMSG. */
int dhcp_name_get_list(
    struct wire_reader *reader, unsigned int flags, char (*names)[DHCP_NAME_SIZE], size_t max);

#endif
