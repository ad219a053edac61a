/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding the headers of a frame: shared by the cutter and the joiner.
 *
 * What both can handle is narrow, and this is where it is said: an Ethernet frame under up to
 * OFFLOAD_TAGS_MAX VLAN tags, a whole (not fragmented) IPv4 or IPv6 packet, in it one TCP segment
 * or UDP datagram that fills the packet. Bytes after the packet are the padding of a short frame.
 * Jumbograms (RFC 2675: payload length 0) are not: the kernel makes none for a device that did not
 * ask for them.
 */
#ifndef OFFLOAD_PARSE_H
#define OFFLOAD_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define OFFLOAD_TAGS_MAX    4  /* 802.1Q and 802.1ad, one inside the other */
#define OFFLOAD_OPTIONS_MAX 16 /* extension headers: bounds the work that one frame can ask for */

enum {
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
};

/* Offsets inside the headers. */
enum {
	IPV4_TOS = 1,
	IPV4_LENGTH = 2,
	IPV4_ID = 4,
	IPV4_FRAGMENT = 6,
	IPV4_TTL = 8,
	IPV4_CHECKSUM = 10,
	IPV4_ADDRESSES = 12,
	IPV4_HEADER = 20,

	IPV6_LENGTH = 4,
	IPV6_NEXT = 6,
	IPV6_ADDRESSES = 8,
	IPV6_HEADER = 40,

	TCP_SEQUENCE = 4,
	TCP_ACKNOWLEDGEMENT = 8,
	TCP_OFFSET = 12,
	TCP_FLAGS = 13,
	TCP_WINDOW = 14,
	TCP_CHECKSUM = 16,
	TCP_URGENT = 18,
	TCP_HEADER = 20,

	UDP_LENGTH = 4,
	UDP_CHECKSUM = 6,
	UDP_HEADER = 8,
};

#define IPV4_DONT_FRAGMENT 0x4000

/* RFC 9293, 3.1; RFC 3168 for the last two. */
enum {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
	TCP_ECE = 0x40,
	TCP_CWR = 0x80,
};

struct offload_headers {
	size_t l3, l4;  /* where the IP header and the TCP or UDP header begin */
	size_t payload; /* where their payload begins */
	size_t end;     /* of the IP packet */
	bool ipv6;
	bool udp;
	bool routed; /* a routing header has segments left: the last destination is elsewhere */
};

/* False: not such a frame. True: all offsets are inside the frame, l3 <= l4 <= payload <= end. */
bool offload_parse(const unsigned char *frame, size_t len, struct offload_headers *headers);

/* The sum over the pseudo-header's addresses and protocol (RFC 9293, 3.1; RFC 8200, 8.1), without
 * its length; not for a routed packet. */
uint64_t offload_pseudo_sum(const unsigned char *frame, const struct offload_headers *headers);

static inline uint16_t get16(const unsigned char *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get32(const unsigned char *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline void put16(unsigned char *p, unsigned int value)
{
	p[0] = (unsigned char)(value >> 8);
	p[1] = (unsigned char)value;
}

static inline void put32(unsigned char *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value);
}

/* 16 bits as they lie in memory, which is what the checksum functions work on. */
static inline uint16_t load16(const unsigned char *p)
{
	uint16_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static inline void store16(unsigned char *p, uint16_t value)
{
	memcpy(p, &value, sizeof(value));
}

#endif
