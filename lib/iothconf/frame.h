/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The packets that the engines' messages travel in where a UDP socket cannot help: IPv4 and UDP
 * before there is an address. (ARP's: arp_packet.h; neighbour discovery's: nd_packet.h.) Pure:
 * bytes in, bytes out.
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

#endif
