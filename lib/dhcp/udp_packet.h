/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UDP in IPv4 and IPv6 packets, for who has no stack on the network, or sends before there is an
 * address. Pure: bytes in, bytes out.
 *
 * Packets begin with the network header, as packet(7) has them on a SOCK_DGRAM socket. What comes
 * may be followed by padding.
 */
#ifndef DHCP_UDP_PACKET_H
#define DHCP_UDP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct udp_packet {
	uint8_t source[16], destination[16]; /* IPv4: the first 4 bytes */
	uint16_t source_port, destination_port;
	uint8_t ttl;   /* or hop limit */
	uint16_t id;   /* IPv4's identification */
	uint32_t flow; /* IPv6's traffic class and flow label */
	const uint8_t *payload;
	size_t len;
};

/* The length, or 0: it does not fit. IPv4's UDP checksum is 0, which is none (RFC 768). */
size_t udp_packet_put4(uint8_t *packet, size_t size, const struct udp_packet *udp);
size_t udp_packet_put6(uint8_t *packet, size_t size, const struct udp_packet *udp);

/* False: something else, a fragment, or wrong in length or checksum. IPv4 may have options; IPv6
 * may have no extension header. The payload lies in the packet. `checked`: the checksum of UDP need
 * not be looked at (the sender, on this machine, has left it to the interface). */
bool udp_packet_get4(struct udp_packet *udp, const uint8_t *packet, size_t len, bool checked);
bool udp_packet_get6(struct udp_packet *udp, const uint8_t *packet, size_t len, bool checked);

/* Whether it is so: PACKET_AUXDATA (packet(7)) of a message that a packet socket received. */
bool udp_packet_is_checked(struct msghdr *message);

#endif
