/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The packets that messages travel in: see frame.h. */
#include "frame.h"

#include <string.h>
#include <netinet/in.h>

#include "checksum.h"
#include "dhcp4.h"
#include "wire.h"

#define IP4_HEADER 20
#define UDP_HEADER 8
#define TTL        64
#define FRAGMENT   0x3fff /* more fragments, and the offset */

size_t frame_put_udp4(uint8_t *packet, size_t size, const uint8_t source[4],
    const uint8_t destination[4], const void *payload, size_t len)
{
	struct wire_writer writer = wire_writer(packet, size);
	uint16_t checksum;

	wire_put_u16(&writer, 0x4500);
	wire_put_u16(&writer, (uint16_t)(IP4_HEADER + UDP_HEADER + len));
	wire_put_u32(&writer, 0); /* never a fragment: no identification is needed (RFC 6864) */
	wire_put_u8(&writer, TTL);
	wire_put_u8(&writer, IPPROTO_UDP);
	wire_put_u16(&writer, 0);
	wire_put_bytes(&writer, source, 4);
	wire_put_bytes(&writer, destination, 4);
	wire_put_u16(&writer, DHCP4_CLIENT_PORT);
	wire_put_u16(&writer, DHCP4_SERVER_PORT);
	wire_put_u16(&writer, (uint16_t)(UDP_HEADER + len));
	wire_put_u16(&writer, 0);
	wire_put_bytes(&writer, payload, len);
	if (writer.error)
		return 0;
	checksum = checksum_finish(checksum_add(0, packet, IP4_HEADER));
	memcpy(packet + 10, &checksum, 2);
	return writer.at;
}

const void *frame_get_udp4(const uint8_t *packet, size_t len, bool checked, size_t *payload_len)
{
	struct wire_reader reader = wire_reader(packet, len), udp;
	uint8_t version = wire_u8(&reader), protocol;
	size_t header = (size_t)(version & 15u) * 4, total;
	uint16_t fragment, checksum;
	uint64_t sum;

	wire_skip(&reader, 1);
	total = wire_u16(&reader);
	wire_skip(&reader, 2);
	fragment = wire_u16(&reader);
	wire_skip(&reader, 1);
	protocol = wire_u8(&reader);
	if (reader.error || version >> 4 != 4 || header < IP4_HEADER || total < header + UDP_HEADER ||
	    total > len || (fragment & FRAGMENT) || protocol != IPPROTO_UDP ||
	    checksum_fold(checksum_add(0, packet, header)) != 0xffff)
		return NULL;
	udp = wire_reader(packet + header, total - header);
	wire_skip(&udp, 2);
	if (wire_u16(&udp) != DHCP4_CLIENT_PORT)
		return NULL;
	len = wire_u16(&udp);
	checksum = wire_u16(&udp);
	if (len < UDP_HEADER || len > total - header)
		return NULL;
	sum = checksum_pseudo_ipv4(packet + 12, packet + 16, IPPROTO_UDP, (uint16_t)len);
	if (checksum != 0 && !checked &&
	    checksum_fold(checksum_add(sum, packet + header, len)) != 0xffff)
		return NULL;
	*payload_len = len - UDP_HEADER;
	return packet + header + UDP_HEADER;
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
