/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ARP: see arp_packet.h. */
#include "arp_packet.h"

#include <string.h>

#include "wire.h"

#define HARDWARE_ETHERNET 1
#define PROTOCOL_IPV4     0x0800
#define LENGTHS           0x0604 /* of the addresses of both */

void arp_packet_put(uint8_t packet[ARP_PACKET_LEN], const struct arp_packet *arp)
{
	struct wire_writer writer = wire_writer(packet, ARP_PACKET_LEN);

	wire_put_u16(&writer, HARDWARE_ETHERNET);
	wire_put_u16(&writer, PROTOCOL_IPV4);
	wire_put_u16(&writer, LENGTHS);
	wire_put_u16(&writer, (uint16_t)arp->operation);
	wire_put_bytes(&writer, arp->sender_mac, 6);
	wire_put_bytes(&writer, arp->sender, 4);
	wire_put_bytes(&writer, arp->target_mac, 6);
	wire_put_bytes(&writer, arp->target, 4);
}

void arp_packet_put_probe(
    uint8_t packet[ARP_PACKET_LEN], const uint8_t mac[6], const uint8_t target[4])
{
	struct arp_packet arp = {.operation = ARP_REQUEST};

	memcpy(arp.sender_mac, mac, 6);
	memcpy(arp.target, target, 4);
	arp_packet_put(packet, &arp);
}

bool arp_packet_get(const uint8_t *packet, size_t len, struct arp_packet *arp)
{
	struct wire_reader reader = wire_reader(packet, len);
	uint16_t hardware = wire_u16(&reader), protocol = wire_u16(&reader);
	uint16_t lengths = wire_u16(&reader);

	arp->operation = wire_u16(&reader);
	wire_bytes(&reader, arp->sender_mac, 6);
	wire_bytes(&reader, arp->sender, 4);
	wire_bytes(&reader, arp->target_mac, 6);
	wire_bytes(&reader, arp->target, 4);
	return !reader.error && hardware == HARDWARE_ETHERNET && protocol == PROTOCOL_IPV4 &&
	       lengths == LENGTHS && (arp->operation == ARP_REQUEST || arp->operation == ARP_REPLY);
}
