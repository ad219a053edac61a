/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packets for the tests of the offload functions, built byte by byte and as naively as possible:
 * they are the reference, and share nothing with what they test. */
#ifndef TEST_PACKETS_H
#define TEST_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PACKET_MAX 70000

struct packet {
	bool ipv6, udp;
	unsigned int tags;        /* 802.1Q, the outer one 802.1ad */
	unsigned int ip_options;  /* bytes: multiple of 4 (IPv4), of 8 (IPv6 extension headers) */
	unsigned int tcp_options; /* bytes, multiple of 4 */
	uint8_t tos, hops, flags;
	uint16_t id, fragment, source, destination, window, urgent;
	uint32_t sequence, acknowledgement;
	size_t payload;        /* bytes */
	size_t payload_offset; /* the payload is a piece, from here, of one endless text */
	bool partial;        /* leave the checksum to the network card: only the pseudo-header's sum */
	size_t l3, l4, data; /* filled by packet_build: offsets */
};

static const struct packet packet_default = {
    .hops = 64,
    .flags = 0x10,
    .id = 0xfffe,
    .fragment = 0x4000,
    .source = 40000,
    .destination = 5201,
    .window = 502,
    .sequence = 0xfffffc00u,
    .acknowledgement = 0x01020304u,
};

static inline void bytes16(unsigned char *p, unsigned int v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
}

static inline void bytes32(unsigned char *p, uint32_t v)
{
	bytes16(p, v >> 16);
	bytes16(p + 2, v & 0xffff);
}

static inline unsigned char packet_text(size_t offset)
{
	return (unsigned char)(offset * 2654435761u >> 13);
}

/* One's complement addition, as RFC 1071 defines it. */
static inline unsigned int naive_sum(unsigned int sum, const unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		sum += i % 2 ? p[i] : (unsigned int)p[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

/* Builds the frame; returns its length. */
static inline size_t packet_build(unsigned char *frame, struct packet *packet)
{
	unsigned char *p = frame;

	memcpy(p, "\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01", 12);
	p += 12;
	for (unsigned int tag = 0; tag < packet->tags; tag++, p += 4) {
		bytes16(p, tag == 0 && packet->tags > 1 ? 0x88a8 : 0x8100);
		bytes16(p + 2, 0x2005 + tag);
	}
	bytes16(p, packet->ipv6 ? 0x86dd : 0x0800);
	p += 2;

	unsigned char *ip = p;
	unsigned char protocol = packet->udp ? 17 : 6;
	size_t l4_header = packet->udp ? 8 : 20 + packet->tcp_options;
	size_t l4_length = l4_header + packet->payload;
	unsigned int pseudo = 0;
	packet->l3 = (size_t)(ip - frame);
	if (packet->ipv6) {
		bytes32(ip, 0x60000000u | (uint32_t)packet->tos << 20 | 0x12345);
		bytes16(ip + 4, (unsigned int)(packet->ip_options + l4_length));
		ip[7] = packet->hops;
		memcpy(ip + 8, "\xfc\0\0\0\0\0\0\0\0\0\0\0\0\1\0\1\xfc\0\0\0\0\0\0\0\0\0\0\0\0\1\0\2", 32);
		pseudo = naive_sum(pseudo, ip + 8, 32);
		unsigned char *next = ip + 6;
		p = ip + 40;
		/* A hop-by-hop header, then destination options to the length asked for. */
		for (unsigned int done = 0; done < packet->ip_options; p += 8, done += 8) {
			*next = done == 0 ? 0 : 60;
			memcpy(p, "\0\0\1\4\0\0\0\0", 8); /* PadN */
			next = p;
		}
		*next = protocol;
	} else {
		size_t header = 20 + packet->ip_options;
		ip[0] = (unsigned char)(0x40 | header / 4);
		ip[1] = packet->tos;
		bytes16(ip + 2, (unsigned int)(header + l4_length));
		bytes16(ip + 4, packet->id);
		bytes16(ip + 6, packet->fragment);
		ip[8] = packet->hops;
		ip[9] = protocol;
		bytes16(ip + 10, 0);
		memcpy(ip + 12, "\x0a\0\0\1\x0a\0\0\2", 8);
		memset(ip + 20, 1, packet->ip_options); /* no operation */
		pseudo = naive_sum(pseudo, ip + 12, 8);
		bytes16(ip + 10, ~naive_sum(0, ip, header) & 0xffff);
		p = ip + header;
	}
	pseudo += protocol;
	pseudo += (unsigned int)l4_length;
	pseudo = (pseudo & 0xffff) + (pseudo >> 16);

	unsigned char *l4 = p;
	unsigned char *checksum = l4 + (packet->udp ? 6 : 16);
	packet->l4 = (size_t)(l4 - frame);
	bytes16(l4, packet->source);
	bytes16(l4 + 2, packet->destination);
	if (packet->udp) {
		bytes16(l4 + 4, (unsigned int)l4_length);
	} else {
		bytes32(l4 + 4, packet->sequence);
		bytes32(l4 + 8, packet->acknowledgement);
		l4[12] = (unsigned char)(l4_header / 4 << 4);
		l4[13] = packet->flags;
		bytes16(l4 + 14, packet->window);
		bytes16(l4 + 18, packet->urgent);
		memset(l4 + 20, 1, packet->tcp_options);
	}
	p = l4 + l4_header;
	packet->data = (size_t)(p - frame);
	for (size_t i = 0; i < packet->payload; i++)
		p[i] = packet_text(packet->payload_offset + i);
	p += packet->payload;

	bytes16(checksum, 0);
	if (packet->partial) {
		bytes16(checksum, pseudo);
	} else {
		unsigned int sum = ~naive_sum(pseudo, l4, (size_t)(p - l4)) & 0xffff;
		bytes16(checksum, packet->udp && sum == 0 ? 0xffff : sum);
	}
	return (size_t)(p - frame);
}

/* The n-th frame that a network card makes of `whole` with this segment size; 0 past the last. */
static inline size_t packet_segment(
    unsigned char *frame, const struct packet *whole, size_t segment, unsigned int n)
{
	struct packet part = *whole;
	size_t offset = n * segment;

	if (offset >= whole->payload)
		return 0;
	part.partial = false;
	part.payload = whole->payload - offset < segment ? whole->payload - offset : segment;
	part.payload_offset += offset;
	part.sequence += (uint32_t)offset;
	part.id = (uint16_t)(part.id + n);
	if (n > 0)
		part.flags &= 0x7f; /* CWR */
	if (offset + part.payload < whole->payload)
		part.flags &= 0xf6; /* FIN, PSH */
	return packet_build(frame, &part);
}

#endif
