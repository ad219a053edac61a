/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The packets that messages travel in: see frame.h. */
#include "frame.h"

#include <string.h>

#include "dhcp4.h"
#include "udp_packet.h"
#include "wire.h"

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

void frame_put_arp_probe(
    uint8_t packet[FRAME_ARP_LEN], const uint8_t mac[6], const uint8_t target[4])
{
	struct wire_writer writer = wire_writer(packet, FRAME_ARP_LEN);

	wire_put_u16(&writer, 1);      /* Ethernet */
	wire_put_u16(&writer, 0x0800); /* IPv4 */
	wire_put_u16(&writer, 0x0604); /* lengths */
	wire_put_u16(&writer, 1);      /* request */
	wire_put_bytes(&writer, mac, 6);
	wire_put_zeros(&writer, 4 + 6);
	wire_put_bytes(&writer, target, 4);
}

bool frame_get_arp(const uint8_t *packet, size_t len, struct frame_arp *arp)
{
	struct wire_reader reader = wire_reader(packet, len);
	uint16_t hardware = wire_u16(&reader), protocol = wire_u16(&reader);
	uint16_t lengths = wire_u16(&reader), operation = wire_u16(&reader);

	wire_bytes(&reader, arp->sender_mac, 6);
	wire_bytes(&reader, arp->sender, 4);
	wire_skip(&reader, 6);
	wire_bytes(&reader, arp->target, 4);
	return !reader.error && hardware == 1 && protocol == 0x0800 && lengths == 0x0604 &&
	       (operation == 1 || operation == 2);
}
