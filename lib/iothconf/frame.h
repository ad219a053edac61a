/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The packets that the engines' messages travel in where a UDP socket cannot help: IPv4 and UDP
 * before there is an address, ICMPv6 for neighbour discovery, ARP. Pure: bytes in, bytes out.
 *
 * Packets begin with the network header, as packet(7) has them on a SOCK_DGRAM socket. What comes
 * may be followed by padding.
 */
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX 2048 /* larger ones are none of ours */

/* 0: it does not fit. The UDP checksum is 0, as upstream's (RFC 768: none). */
size_t frame_put_udp4(uint8_t *packet, size_t size, const uint8_t source[4],
    const uint8_t destination[4], const void *payload, size_t len);
/* The payload of a UDP packet to port 68, or NULL. `checked`: the checksum need not be looked at
 * (the sender, on this machine, has left it to the interface). */
const void *frame_get_udp4(const uint8_t *packet, size_t len, bool checked, size_t *payload_len);

/* With hop limit 255; the checksum field of the ICMPv6 message is filled in. */
size_t frame_put_icmp6(uint8_t *packet, size_t size, const uint8_t source[16],
    const uint8_t destination[16], const void *icmp, size_t len);
/* The ICMPv6 message of a packet that may be neighbour discovery (RFC 4861, 6.1 and 7.1: hop limit
 * 255, checksum; no extension header, so no fragment, RFC 6980), or NULL. */
const void *frame_get_icmp6(const uint8_t *packet, size_t len, bool checked, size_t *icmp_len);
static inline const uint8_t *frame_source6(const uint8_t *packet)
{
	return packet + 8;
}

#define FRAME_ARP_LEN 28
void frame_put_arp_probe(
    uint8_t packet[FRAME_ARP_LEN], const uint8_t mac[6], const uint8_t target[4]);

struct frame_arp {
	uint8_t sender_mac[6], sender[4], target[4];
};
/* Requests and replies for IPv4 over Ethernet; false: something else. */
bool frame_get_arp(const uint8_t *packet, size_t len, struct frame_arp *arp);

/* The group of an address's neighbour solicitations (RFC 4291, 2.7.1), and the MAC address of an
 * IPv6 group (RFC 2464, 7). */
void frame_solicited_node(uint8_t group[16], const uint8_t address[16]);
void frame_group_mac(uint8_t mac[6], const uint8_t group[16]);

#endif
