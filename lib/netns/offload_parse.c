/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding the headers of a frame (offload_parse.h says of which). */
#include "offload_parse.h"

#include <arpa/inet.h>

#include "checksum.h"

enum {
	ETHER_TYPE = 12, /* offset */
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_8021Q = 0x8100,
	ETHERTYPE_8021AD = 0x88a8,

	OPTION_HOP_BY_HOP = 0,
	OPTION_ROUTING = 43,
	OPTION_DESTINATION = 60,
	ROUTING_SEGMENTS_LEFT = 3, /* offset */
};

/* The type of what the frame carries; 0 if it is too short or has too many tags. */
static unsigned int parse_ethernet(
    const unsigned char *frame, size_t len, struct offload_headers *headers)
{
	size_t at = ETHER_TYPE;

	for (unsigned int tags = 0; tags <= OFFLOAD_TAGS_MAX; tags++, at += 4) {
		if (len < at + 2)
			return 0;
		unsigned int type = get16(frame + at);
		if (type != ETHERTYPE_8021Q && type != ETHERTYPE_8021AD) {
			headers->l3 = at + 2;
			return type;
		}
	}
	return 0;
}

/* Both give the protocol of the payload, -1 if the packet is not as promised. */
static int parse_ipv4(const unsigned char *frame, size_t len, struct offload_headers *headers)
{
	const unsigned char *ip = frame + headers->l3;

	if (len - headers->l3 < IPV4_HEADER || ip[0] >> 4 != 4)
		return -1;
	size_t header = 4 * (size_t)(ip[0] & 15);
	size_t total = get16(ip + IPV4_LENGTH);
	if (header < IPV4_HEADER || total < header || total > len - headers->l3)
		return -1;
	/* More-fragments or an offset: the ports are elsewhere (RFC 791, 3.1). */
	if (get16(ip + IPV4_FRAGMENT) & 0x3fff)
		return -1;
	headers->l4 = headers->l3 + header;
	headers->end = headers->l3 + total;
	return ip[IPV4_TTL + 1];
}

static int parse_ipv6(const unsigned char *frame, size_t len, struct offload_headers *headers)
{
	const unsigned char *ip = frame + headers->l3;

	if (len - headers->l3 < IPV6_HEADER || ip[0] >> 4 != 6)
		return -1;
	size_t rest = get16(ip + IPV6_LENGTH);
	if (rest > len - headers->l3 - IPV6_HEADER)
		return -1;
	unsigned int next = ip[IPV6_NEXT];
	const unsigned char *at = ip + IPV6_HEADER;
	headers->end = headers->l3 + IPV6_HEADER + rest;

	for (unsigned int options = 0; options <= OFFLOAD_OPTIONS_MAX; options++) {
		if (next != OPTION_HOP_BY_HOP && next != OPTION_ROUTING && next != OPTION_DESTINATION) {
			headers->l4 = (size_t)(at - frame);
			return (int)next;
		}
		if (rest < 8)
			return -1;
		size_t option = 8 * ((size_t)at[1] + 1);
		if (option > rest)
			return -1;
		if (next == OPTION_ROUTING && at[ROUTING_SEGMENTS_LEFT] != 0)
			headers->routed = true;
		next = at[0];
		at += option;
		rest -= option;
	}
	return -1;
}

bool offload_parse(const unsigned char *frame, size_t len, struct offload_headers *headers)
{
	int protocol = -1;

	memset(headers, 0, sizeof(*headers));
	switch (parse_ethernet(frame, len, headers)) {
	case ETHERTYPE_IPV4:
		protocol = parse_ipv4(frame, len, headers);
		break;
	case ETHERTYPE_IPV6:
		headers->ipv6 = true;
		protocol = parse_ipv6(frame, len, headers);
		break;
	}

	const unsigned char *l4 = frame + headers->l4;
	size_t rest = headers->end - headers->l4;
	if (protocol == PROTOCOL_TCP && rest >= TCP_HEADER) {
		size_t header = 4 * (size_t)(l4[TCP_OFFSET] >> 4);
		headers->udp = false;
		headers->payload = headers->l4 + header;
		return header >= TCP_HEADER && header <= rest;
	}
	if (protocol == PROTOCOL_UDP && rest >= UDP_HEADER) {
		headers->udp = true;
		headers->payload = headers->l4 + UDP_HEADER;
		return get16(l4 + UDP_LENGTH) == rest;
	}
	return false;
}

uint64_t offload_pseudo_sum(const unsigned char *frame, const struct offload_headers *headers)
{
	uint64_t sum = htons(headers->udp ? PROTOCOL_UDP : PROTOCOL_TCP);

	if (headers->ipv6)
		return checksum_add(sum, frame + headers->l3 + IPV6_ADDRESSES, 32);
	return checksum_add(sum, frame + headers->l3 + IPV4_ADDRESSES, 8);
}
