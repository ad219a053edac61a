/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packets of DHCPv4: see packet4.h. */
#include "packet4.h"

#include <string.h>

#include "dhcp4.h"

#define TTL 64

struct peer packet4_peer(const struct udp_packet *udp, const uint8_t mac[6])
{
	struct peer peer = {.port = udp->source_port, .ttl = udp->ttl, .ip_id = udp->id};

	memcpy(peer.mac, mac, 6);
	memcpy(peer.address, udp->source, 4);
	return peer;
}

size_t packet4_put(uint8_t *packet, size_t size, const uint8_t server[4], const struct peer *peer,
    const void *payload, size_t len)
{
	struct udp_packet udp = {.source_port = DHCP4_SERVER_PORT,
	    .destination_port = peer->port,
	    .ttl = peer->ttl ? peer->ttl : TTL,
	    .id = peer->ip_id,
	    .payload = payload,
	    .len = len};

	memcpy(udp.source, server, 4);
	memcpy(udp.destination, peer->address, 4);
	return udp_packet_put4(packet, size, &udp);
}
