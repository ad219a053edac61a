/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all hash addresses share: the name that is hashed, and where the hash goes. */
#ifndef IOTHADDR_IDENTIFIER_H
#define IOTHADDR_IDENTIFIER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes of a name without its one trailing dot. */
static inline size_t identifier_name_len(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && name[len - 1] == '.' ? len - 1 : len;
}

/* The last 8 bytes of an address, XORed with the first 8 of a digest; then the universal/local and
 * group bits of the identifier are cleared, whatever the base had there. */
static inline void identifier_apply(void *addr, const uint8_t *digest)
{
	uint8_t *byte = addr;

	for (int i = 0; i < 8; i++)
		byte[8 + i] ^= digest[i];
	byte[8] &= 0xfc;
}

#endif
