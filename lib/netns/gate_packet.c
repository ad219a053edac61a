/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames with IPv6 packets, as far as the gate has to read them: see gate_packet.h. */
#include "gate_packet.h"

#include <linux/if_ether.h>
#include <netinet/in.h>

#define EXTENSIONS_MAX  16
#define TCP_SEQUENCE_AT 4
#define TCP_FLAGS_AT    13
#define TCP_SYN         0x02
#define TCP_RST         0x04
#define TCP_ACK         0x10

/* Linux takes what has tags of the VLAN 0 (priorities alone: IEEE 802.1Q) as if there were none. */
static unsigned int ethertype(struct wire_reader *reader)
{
	unsigned int type = wire_u16(reader);

	while (type == ETH_P_8021Q || type == ETH_P_8021AD) {
		wire_skip(reader, 2);
		type = wire_u16(reader);
	}
	return type;
}

bool gate_packet_parse(struct gate_packet *packet, const uint8_t *frame, size_t len)
{
	struct wire_reader reader = wire_reader(frame, len);
	const uint8_t *extension;

	wire_skip(&reader, GATE_MAC_LEN);
	packet->mac = wire_take(&reader, GATE_MAC_LEN);
	if (ethertype(&reader) != ETH_P_IPV6 || wire_u8(&reader) >> 4 != 6)
		return false;
	wire_skip(&reader, 5); /* class, flow label, length */
	packet->next = wire_u8(&reader);
	wire_skip(&reader, 1);
	packet->src = wire_take(&reader, 16);
	packet->dst = wire_take(&reader, 16);
	packet->extended = packet->fragment = false;
	packet->first = true;
	if (reader.error)
		return false;
	for (unsigned int i = 0; i < EXTENSIONS_MAX && packet->first; i++) {
		if (packet->next != IPPROTO_HOPOPTS && packet->next != IPPROTO_ROUTING &&
		    packet->next != IPPROTO_DSTOPTS && packet->next != IPPROTO_FRAGMENT)
			break;
		extension = wire_take(&reader, 8);
		if (!extension)
			break;
		if (packet->next == IPPROTO_FRAGMENT) {
			packet->fragment = true;
			packet->first = ((extension[2] << 8 | extension[3]) & 0xfff8) == 0;
		} else {
			packet->extended = true;
			wire_skip(&reader, (size_t)extension[1] * 8);
		}
		packet->next = extension[0];
	}
	packet->transport = reader;
	return true;
}

bool gate_packet_begins_connection(const struct gate_packet *packet)
{
	struct wire_reader reader = packet->transport;

	if (packet->next != IPPROTO_TCP || !packet->first)
		return false;
	wire_skip(&reader, TCP_FLAGS_AT);
	return (wire_u8(&reader) & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

const uint8_t *gate_packet_solicited(const struct gate_packet *packet)
{
	struct wire_reader reader = packet->transport;

	if (packet->next != IPPROTO_ICMPV6 || !packet->first || wire_u8(&reader) != GATE_ICMP6_NS)
		return NULL;
	wire_skip(&reader, 7);
	return wire_take(&reader, 16);
}

bool gate_packet_is_icmp_error(const struct gate_packet *packet)
{
	struct wire_reader reader = packet->transport;

	return packet->next == IPPROTO_ICMPV6 && packet->first &&
	       wire_u8(&reader) < GATE_ICMP6_INFORMATIONAL && !reader.error;
}

enum gate_refusal gate_packet_refuses(const struct gate_packet *packet)
{
	struct wire_reader reader = packet->transport;
	uint32_t sequence;
	uint8_t flags;

	if (packet->next != IPPROTO_TCP || !packet->first)
		return GATE_REFUSES_NOTHING;
	wire_skip(&reader, TCP_SEQUENCE_AT);
	sequence = wire_u32(&reader);
	wire_skip(&reader, TCP_FLAGS_AT - TCP_SEQUENCE_AT - 4);
	flags = wire_u8(&reader);
	if (reader.error || !(flags & TCP_RST))
		return GATE_REFUSES_NOTHING;
	if (!(flags & TCP_ACK))
		return GATE_REFUSES_SEGMENT;
	return sequence == 0 ? GATE_REFUSES_SYN : GATE_REFUSES_NOTHING;
}
