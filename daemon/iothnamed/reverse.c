/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of the reverse trees: see reverse.h. */
#include "reverse.h"

#include <stdio.h>
#include <string.h>

#define NIBBLES ((size_t)32)

static const uint8_t in_addr_arpa[] = "\7in-addr\4arpa";
static const uint8_t ip6_arpa[] = "\3ip6\4arpa";

void named_reverse_name(struct named_name *name, const struct in6_addr *address, unsigned int len)
{
	const uint8_t *byte = address->s6_addr;
	uint8_t wire[NAME_MAX_WIRE];
	size_t at = 0;

	if (IN6_IS_ADDR_V4MAPPED(address)) {
		for (unsigned int i = len / 8; i > 0; i--) {
			char text[4];
			int digits = snprintf(text, sizeof(text), "%u", byte[11 + i]);

			wire[at++] = (uint8_t)digits;
			memcpy(wire + at, text, (size_t)digits);
			at += (size_t)digits;
		}
		memcpy(wire + at, in_addr_arpa, sizeof(in_addr_arpa));
		at += sizeof(in_addr_arpa);
	} else {
		for (unsigned int i = len / 4; i > 0; i--) {
			unsigned int nibble = byte[(i - 1) / 2];

			wire[at++] = 1;
			wire[at++] = (uint8_t) "0123456789abcdef"[i % 2 ? nibble >> 4 : nibble & 15];
		}
		memcpy(wire + at, ip6_arpa, sizeof(ip6_arpa));
		at += sizeof(ip6_arpa);
	}
	(void)named_name_read(name, wire, at);
}

bool named_reverse_address(const struct named_name *name, struct in6_addr *address)
{
	if (name->len != 2 * NIBBLES + sizeof(ip6_arpa) ||
	    memcmp(name->wire + 2 * NIBBLES, ip6_arpa, sizeof(ip6_arpa)) != 0)
		return false;
	for (size_t i = 0; i < NIBBLES; i++) {
		uint8_t c = name->wire[2 * i + 1], *byte = &address->s6_addr[15 - i / 2];
		unsigned int nibble;

		if (name->wire[2 * i] != 1)
			return false;
		if (c >= '0' && c <= '9')
			nibble = c - '0';
		else if (c >= 'a' && c <= 'f')
			nibble = c - 'a' + 10U;
		else
			return false;
		*byte = (uint8_t)(i % 2 ? *byte | nibble << 4 : nibble);
	}
	return true;
}

bool named_is_arpa(const struct named_name *name)
{
	return name->len >= 6 && memcmp(name->wire + name->len - 6, ip6_arpa + 4, 6) == 0;
}
