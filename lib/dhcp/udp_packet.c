/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UDP in packets: see udp_packet.h. */
#include "udp_packet.h"

#include <string.h>
#include <linux/if_packet.h>
#include <netinet/in.h>

#include "checksum.h"
#include "wire.h"

#define IP4_HEADER  20
#define IP6_HEADER  40
#define UDP_HEADER  8
#define UDP_FIELD   6      /* where the checksum is */
#define FRAGMENT    0x3fff /* more fragments, and the offset */
#define IP6_VERSION 0x60000000
#define IP6_FLOW    0x0fffffff

static void put_udp(struct wire_writer *writer, const struct udp_packet *udp)
{
	wire_put_u16(writer, udp->source_port);
	wire_put_u16(writer, udp->destination_port);
	wire_put_u16(writer, (uint16_t)(UDP_HEADER + udp->len));
	wire_put_u16(writer, 0);
	wire_put_bytes(writer, udp->payload, udp->len);
}

size_t udp_packet_put4(uint8_t *packet, size_t size, const struct udp_packet *udp)
{
	struct wire_writer writer = wire_writer(packet, size);
	uint16_t checksum;

	if (udp->len > UINT16_MAX - IP4_HEADER - UDP_HEADER)
		return 0;
	wire_put_u16(&writer, 0x4500);
	wire_put_u16(&writer, (uint16_t)(IP4_HEADER + UDP_HEADER + udp->len));
	wire_put_u16(&writer, udp->id);
	wire_put_u16(&writer, 0);
	wire_put_u8(&writer, udp->ttl);
	wire_put_u8(&writer, IPPROTO_UDP);
	wire_put_u16(&writer, 0);
	wire_put_bytes(&writer, udp->source, 4);
	wire_put_bytes(&writer, udp->destination, 4);
	put_udp(&writer, udp);
	if (writer.error)
		return 0;
	checksum = checksum_finish(checksum_add(0, packet, IP4_HEADER));
	memcpy(packet + 10, &checksum, 2);
	return writer.at;
}

size_t udp_packet_put6(uint8_t *packet, size_t size, const struct udp_packet *udp)
{
	struct wire_writer writer = wire_writer(packet, size);
	size_t len = UDP_HEADER + udp->len;
	uint16_t checksum;
	uint64_t sum;

	if (len > UINT16_MAX)
		return 0;
	wire_put_u32(&writer, IP6_VERSION | (udp->flow & IP6_FLOW));
	wire_put_u16(&writer, (uint16_t)len);
	wire_put_u8(&writer, IPPROTO_UDP);
	wire_put_u8(&writer, udp->ttl);
	wire_put_bytes(&writer, udp->source, 16);
	wire_put_bytes(&writer, udp->destination, 16);
	put_udp(&writer, udp);
	if (writer.error)
		return 0;
	sum = checksum_pseudo_ipv6(udp->source, udp->destination, IPPROTO_UDP, (uint32_t)len);
	checksum = checksum_finish(checksum_add(sum, packet + IP6_HEADER, len));
	if (checksum == 0)
		checksum = 0xffff; /* "if that computation yields zero": RFC 8200, 8.1 */
	memcpy(packet + IP6_HEADER + UDP_FIELD, &checksum, 2);
	return writer.at;
}

/* `datagram` is what lies behind the network header; UDP says for itself how long it is. */
static bool get_udp(struct udp_packet *udp, struct wire_reader datagram, uint16_t *checksum)
{
	size_t size = datagram.len, len;

	udp->source_port = wire_u16(&datagram);
	udp->destination_port = wire_u16(&datagram);
	len = wire_u16(&datagram);
	*checksum = wire_u16(&datagram);
	if (datagram.error || len < UDP_HEADER || len > size)
		return false;
	udp->payload = datagram.data + UDP_HEADER;
	udp->len = len - UDP_HEADER;
	return true;
}

static bool is_right(const struct udp_packet *udp, uint64_t pseudo)
{
	return checksum_fold(checksum_add(pseudo, udp->payload - UDP_HEADER, UDP_HEADER + udp->len)) ==
	       0xffff;
}

bool udp_packet_get4(struct udp_packet *udp, const uint8_t *packet, size_t len, bool checked)
{
	struct wire_reader reader = wire_reader(packet, len);
	uint8_t version = wire_u8(&reader), protocol;
	size_t header = (size_t)(version & 15u) * 4, total;
	uint16_t fragment, checksum;

	memset(udp, 0, sizeof(*udp));
	wire_skip(&reader, 1);
	total = wire_u16(&reader);
	udp->id = wire_u16(&reader);
	fragment = wire_u16(&reader);
	udp->ttl = wire_u8(&reader);
	protocol = wire_u8(&reader);
	wire_skip(&reader, 2);
	wire_bytes(&reader, udp->source, 4);
	wire_bytes(&reader, udp->destination, 4);
	if (reader.error || version >> 4 != 4 || header < IP4_HEADER || total < header + UDP_HEADER ||
	    total > len || (fragment & FRAGMENT) || protocol != IPPROTO_UDP ||
	    checksum_fold(checksum_add(0, packet, header)) != 0xffff)
		return false;
	if (!get_udp(udp, wire_reader(packet + header, total - header), &checksum))
		return false;
	return checksum == 0 || checked ||
	       is_right(udp, checksum_pseudo_ipv4(udp->source, udp->destination, IPPROTO_UDP,
	                         (uint16_t)(UDP_HEADER + udp->len)));
}

bool udp_packet_get6(struct udp_packet *udp, const uint8_t *packet, size_t len, bool checked)
{
	struct wire_reader reader = wire_reader(packet, len);
	uint32_t first = wire_u32(&reader);
	size_t payload = wire_u16(&reader);
	uint8_t next = wire_u8(&reader);
	uint16_t checksum;

	memset(udp, 0, sizeof(*udp));
	udp->flow = first & IP6_FLOW;
	udp->ttl = wire_u8(&reader);
	wire_bytes(&reader, udp->source, 16);
	wire_bytes(&reader, udp->destination, 16);
	if (reader.error || first >> 28 != 6 || next != IPPROTO_UDP || payload > wire_left(&reader) ||
	    !get_udp(udp, wire_reader(packet + IP6_HEADER, payload), &checksum))
		return false;
	/* "receivers must discard UDP packets containing a zero checksum": RFC 8200, 8.1. */
	return checked ||
	       (checksum != 0 && is_right(udp, checksum_pseudo_ipv6(udp->source, udp->destination,
	                                           IPPROTO_UDP, (uint32_t)(UDP_HEADER + udp->len))));
}

bool udp_packet_is_checked(struct msghdr *message)
{
	for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control;
	     control = CMSG_NXTHDR(message, control)) {
		struct tpacket_auxdata data;

		if (control->cmsg_level != SOL_PACKET || control->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&data, CMSG_DATA(control), sizeof(data));
		return data.tp_status & (TP_STATUS_CSUMNOTREADY | TP_STATUS_CSUM_VALID);
	}
	return false;
}
