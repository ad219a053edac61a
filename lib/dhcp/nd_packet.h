/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The IPv6 packets that neighbour discovery travels in, and its addresses. Pure: bytes in, bytes
 * out.
 *
 * Packets begin with the IPv6 header, as packet(7) has them on a SOCK_DGRAM socket. What comes may
 * be followed by padding.
 */
#ifndef DHCP_ND_PACKET_H
#define DHCP_ND_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ND_IPV6_HEADER 40

/* With hop limit 255; the checksum field of the ICMPv6 message is filled in. Returns the length, or
 * 0: it does not fit. */
size_t nd_packet_put(uint8_t *packet, size_t size, const uint8_t source[16],
    const uint8_t destination[16], const void *icmp, size_t len);

/* The ICMPv6 message of a packet that may be neighbour discovery (RFC 4861, 6.1 and 7.1: hop limit
 * 255, checksum; no extension header, so no fragment, RFC 6980), or NULL. `checked`: the checksum
 * need not be looked at (the sender, on this machine, has left it to the interface). */
const void *nd_packet_get(const uint8_t *packet, size_t len, bool checked, size_t *icmp_len);

/* Of a packet that nd_packet_get has taken. */
static inline const uint8_t *nd_packet_source(const uint8_t *packet)
{
	return packet + 8;
}

static inline const uint8_t *nd_packet_destination(const uint8_t *packet)
{
	return packet + 24;
}

/* The group of an address's neighbour solicitations (RFC 4291, 2.7.1), and the MAC address of an
 * IPv6 group (RFC 2464, 7). */
void nd_solicited_node(uint8_t group[16], const uint8_t address[16]);
void nd_group_mac(uint8_t mac[6], const uint8_t group[16]);

/* fe80::/64 and the EUI-64 of a MAC address: RFC 4862, 5.3; RFC 4291, appendix A. */
void nd_link_local(uint8_t address[16], const uint8_t mac[6]);

static inline bool nd_is_link_local(const uint8_t address[16])
{
	return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

#endif
