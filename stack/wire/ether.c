/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ethernet and ARP headers. */
#include "ether.h"

#include <net/if_arp.h>

bool ether_parse(struct wire_reader *reader, struct ether_header *header)
{
	wire_bytes(reader, header->dst, ETH_ALEN);
	wire_bytes(reader, header->src, ETH_ALEN);
	header->type = wire_u16(reader);
	return !reader->error;
}

void ether_write(uint8_t *bytes, const uint8_t *dst, const uint8_t *src, uint16_t type)
{
	memcpy(bytes, dst, ETH_ALEN);
	memcpy(bytes + ETH_ALEN, src, ETH_ALEN);
	bytes[12] = (uint8_t)(type >> 8);
	bytes[13] = (uint8_t)type;
}

void ether_multicast(const struct px_ip *group, uint8_t mac[ETH_ALEN])
{
	if (px_ip_is4(group)) {
		mac[0] = 0x01;
		mac[1] = 0x00;
		mac[2] = 0x5e;
		mac[3] = group->b[13] & 0x7f;
		mac[4] = group->b[14];
		mac[5] = group->b[15];
	} else {
		mac[0] = mac[1] = 0x33;
		memcpy(mac + 2, group->b + 12, 4);
	}
}

bool arp_parse(struct wire_reader *reader, struct arp_packet *arp)
{
	uint16_t hardware = wire_u16(reader), protocol = wire_u16(reader);
	uint8_t hardware_len = wire_u8(reader), protocol_len = wire_u8(reader);
	const uint8_t *ip;

	if (hardware != ARPHRD_ETHER || protocol != ETH_P_IP || hardware_len != ETH_ALEN ||
	    protocol_len != 4)
		return false;
	arp->op = wire_u16(reader);
	wire_bytes(reader, arp->sender_mac, ETH_ALEN);
	ip = wire_take(reader, 4);
	arp->sender = ip ? px_ip4_load(ip) : PX_IP_NONE;
	wire_bytes(reader, arp->target_mac, ETH_ALEN);
	ip = wire_take(reader, 4);
	arp->target = ip ? px_ip4_load(ip) : PX_IP_NONE;
	return !reader->error;
}

void arp_write(uint8_t bytes[ARP_LEN], const struct arp_packet *arp)
{
	struct wire_writer writer = wire_writer(bytes, ARP_LEN);

	wire_put_u16(&writer, ARPHRD_ETHER);
	wire_put_u16(&writer, ETH_P_IP);
	wire_put_u8(&writer, ETH_ALEN);
	wire_put_u8(&writer, 4);
	wire_put_u16(&writer, arp->op);
	wire_put_bytes(&writer, arp->sender_mac, ETH_ALEN);
	wire_put_bytes(&writer, px_ip_bytes(&arp->sender), 4);
	wire_put_bytes(&writer, arp->target_mac, ETH_ALEN);
	wire_put_bytes(&writer, px_ip_bytes(&arp->target), 4);
}
