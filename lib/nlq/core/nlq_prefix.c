/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prefix lengths and masks. */
#include <libnlq_server.h>

#include <string.h>

void nlq_prefix2mask(int family, void *mask, int prefixlen)
{
	unsigned char *byte = mask;
	int len = nlq_family2addrlen(family);

	for (int i = 0; i < len; i++) {
		int bits = prefixlen - 8 * i;

		byte[i] = bits >= 8 ? 0xff : bits <= 0 ? 0 : (unsigned char)(0xff << (8 - bits));
	}
}

int nlq_mask2prefix(int family, const void *mask)
{
	const unsigned char *byte = mask;
	int bits = 8 * nlq_family2addrlen(family);
	int prefixlen = 0;

	while (prefixlen < bits && (byte[prefixlen / 8] & 0x80 >> prefixlen % 8))
		prefixlen++;
	return prefixlen;
}
