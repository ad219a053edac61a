/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The packets of neighbour discovery: see nd_packet.h. */
#include "nd_packet.h"

#include <string.h>
#include <netinet/in.h>

#include "checksum.h"
#include "wire.h"

#define HOP_LIMIT   255
#define ICMP6_FIELD 2 /* where the checksum is */

size_t nd_packet_put(uint8_t *packet, size_t size, const uint8_t source[16],
    const uint8_t destination[16], const void *icmp, size_t len)
{
	struct wire_writer writer = wire_writer(packet, size);
	uint16_t checksum;
	uint64_t sum;

	wire_put_u32(&writer, 0x60000000);
	wire_put_u16(&writer, (uint16_t)len);
	wire_put_u8(&writer, IPPROTO_ICMPV6);
	wire_put_u8(&writer, HOP_LIMIT);
	wire_put_bytes(&writer, source, 16);
	wire_put_bytes(&writer, destination, 16);
	wire_put_bytes(&writer, icmp, len);
	if (writer.error || len < ICMP6_FIELD + 2)
		return 0;
	memset(packet + ND_IPV6_HEADER + ICMP6_FIELD, 0, 2);
	sum = checksum_pseudo_ipv6(source, destination, IPPROTO_ICMPV6, (uint32_t)len);
	checksum = checksum_finish(checksum_add(sum, packet + ND_IPV6_HEADER, len));
	memcpy(packet + ND_IPV6_HEADER + ICMP6_FIELD, &checksum, 2);
	return writer.at;
}

const void *nd_packet_get(const uint8_t *packet, size_t len, bool checked, size_t *icmp_len)
{
	struct wire_reader reader = wire_reader(packet, len);
	uint8_t version = wire_u8(&reader), next, hops;
	uint64_t sum;
	size_t payload;

	wire_skip(&reader, 3);
	payload = wire_u16(&reader);
	next = wire_u8(&reader);
	hops = wire_u8(&reader);
	wire_skip(&reader, 32);
	if (reader.error || version >> 4 != 6 || next != IPPROTO_ICMPV6 || hops != HOP_LIMIT ||
	    payload < 4 || payload > wire_left(&reader))
		return NULL;
	sum = checksum_pseudo_ipv6(packet + 8, packet + 24, IPPROTO_ICMPV6, (uint32_t)payload);
	if (!checked && checksum_fold(checksum_add(sum, packet + ND_IPV6_HEADER, payload)) != 0xffff)
		return NULL;
	*icmp_len = payload;
	return packet + ND_IPV6_HEADER;
}

void nd_solicited_node(uint8_t group[16], const uint8_t address[16])
{
	static const uint8_t prefix[13] = {0xff, 0x02, [11] = 1, 0xff};

	memcpy(group, prefix, sizeof(prefix));
	memcpy(group + 13, address + 13, 3);
}

void nd_group_mac(uint8_t mac[6], const uint8_t group[16])
{
	mac[0] = mac[1] = 0x33;
	memcpy(mac + 2, group + 12, 4);
}

void nd_link_local(uint8_t address[16], const uint8_t mac[6])
{
	static const uint8_t prefix[8] = {0xfe, 0x80};

	memcpy(address, prefix, sizeof(prefix));
	memcpy(address + 8, mac, 3);
	address[8] ^= 2; /* universal/local */
	address[11] = 0xff;
	address[12] = 0xfe;
	memcpy(address + 13, mac + 3, 3);
}
