/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IPv4 packets with DHCP messages in them, for both transports that see packets. */
#ifndef PACKET4_H
#define PACKET4_H

#include "peer.h"
#include "udp_packet.h"

/* Whom a packet is from, by a frame with this source. */
struct peer packet4_peer(const struct udp_packet *udp, const uint8_t mac[6]);

/* Writes the packet of an answer. Returns its length; 0: there is no room. */
size_t packet4_put(uint8_t *packet, size_t size, const uint8_t server[4], const struct peer *peer,
    const void *payload, size_t len);

#endif
