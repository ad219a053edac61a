/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IPv6 extension headers that a program puts before its packets (RFC 3542 sections 6 to 9).
 *
 * They are kept as they were given, one of a kind, and joined in the order of RFC 8200 section 4.1:
 * hop-by-hop, destination options before a routing header, the routing header, and, behind the
 * fragment header, the destination options for the last node.
 *
 * Routing headers are refused: type 0 is forbidden (RFC 5095), type 2 is mobility's, type 4 wants a
 * first hop that is not the destination. So the destination options before one are kept and
 * never sent, as Linux does without a routing header.
 */
#ifndef IP_EXTENSIONS_H
#define IP_EXTENSIONS_H

#include "ip.h"

#define IP6_EXTENSION_MAX 2048 /* bytes of one: its length field counts 8 bytes in 8 bits */

enum ip6_extension_slot {
	IP6_EXT_HOP_BY_HOP,
	IP6_EXT_BEFORE_ROUTING,
	IP6_EXT_DESTINATION,
	IP6_EXT_SLOTS,
};

struct ip6_extensions {
	struct {
		uint8_t *bytes; /* NULL: none */
		size_t len;
	} slot[IP6_EXT_SLOTS];
	/* Ready to be sent (ip_extensions_apply). */
	uint8_t *joined;
	size_t joined_len, fragmentable_at, last_next_at;
	uint8_t first;
};

/* Sets (`len` 0: takes away) one. -EINVAL: it is no header of this length; -ENOMEM: all stays. */
int ip6_extensions_set(struct px_stack *stack, struct ip6_extensions **extensions,
    enum ip6_extension_slot slot, const void *bytes, size_t len);
void ip6_extensions_free(struct px_stack *stack, struct ip6_extensions *extensions);

/* Tells a sending of them; they are borrowed until it is done. NULL: none. */
void ip6_extensions_apply(const struct ip6_extensions *extensions, struct ip_send *send);

#endif
