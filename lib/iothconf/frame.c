/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The packets that messages travel in: see frame.h. */
#include "frame.h"

#include <string.h>

#include "dhcp4.h"
#include "udp_packet.h"

#define TTL 64

size_t frame_put_udp4(uint8_t *packet, size_t size, const uint8_t source[4],
    const uint8_t destination[4], const void *payload, size_t len)
{
	/* Never a fragment: no identification is needed (RFC 6864). */
	struct udp_packet udp = {.source_port = DHCP4_CLIENT_PORT,
	    .destination_port = DHCP4_SERVER_PORT,
	    .ttl = TTL,
	    .payload = payload,
	    .len = len};

	memcpy(udp.source, source, 4);
	memcpy(udp.destination, destination, 4);
	return udp_packet_put4(packet, size, &udp);
}

const void *frame_get_udp4(const uint8_t *packet, size_t len, bool checked, size_t *payload_len)
{
	struct udp_packet udp;

	if (!udp_packet_get4(&udp, packet, len, checked) || udp.destination_port != DHCP4_CLIENT_PORT)
		return NULL;
	*payload_len = udp.len;
	return udp.payload;
}
