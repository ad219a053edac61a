/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prefixes and text of Internet addresses. */
#include "inet.h"

#include <stdio.h>

bool px_ip_prefix_eq(const struct px_ip *a, const struct px_ip *b, unsigned int bits)
{
	return px_ip_common_bits(a, b) >= bits;
}

struct px_ip px_ip_mask(const struct px_ip *ip, unsigned int bits)
{
	struct px_ip masked = *ip;

	for (unsigned int i = 0; i < 4; i++) {
		unsigned int start = i * 32;
		if (bits >= start + 32)
			continue;
		if (bits <= start)
			masked.w[i] = 0;
		else
			masked.w[i] &= htonl(~(uint32_t)0 << (start + 32 - bits));
	}
	return masked;
}

unsigned int px_ip_common_bits(const struct px_ip *a, const struct px_ip *b)
{
	for (unsigned int i = 0; i < 4; i++) {
		uint32_t difference = ntohl(a->w[i] ^ b->w[i]);
		if (difference)
			return i * 32 + (unsigned int)__builtin_clz(difference);
	}
	return PX_IP_BITS;
}

struct px_ip px_ip6_solicited_node(const struct px_ip *target)
{
	return (struct px_ip){.b = {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0xff, target->b[13],
	                          target->b[14], target->b[15]}};
}

const char *px_ip_text(const struct px_ip *ip, char *text, size_t size)
{
	if (!inet_ntop(px_ip_family(ip), px_ip_bytes(ip), text, (socklen_t)size) && size)
		text[0] = 0;
	return text;
}

struct px_ip px_ip_parse(const char *text)
{
	struct px_ip ip;
	uint32_t word;

	if (inet_pton(AF_INET, text, &word) == 1)
		return px_ip4(word);
	if (inet_pton(AF_INET6, text, &ip) == 1)
		return ip;
	return (struct px_ip){0};
}
