/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IPv6 headers. */
#include "ip6.h"

bool ip6_parse(struct wire_reader *reader, struct ip6_header *header)
{
	uint32_t word = wire_u32(reader);
	const uint8_t *addresses;

	header->tclass = (uint8_t)(word >> 20);
	header->flow_label = word & 0xfffff;
	header->payload_len = wire_u16(reader);
	header->next = wire_u8(reader);
	header->hop_limit = wire_u8(reader);
	addresses = wire_take(reader, 32);
	if (!addresses || word >> 28 != 6)
		return false;
	header->src = px_ip6_load(addresses);
	header->dst = px_ip6_load(addresses + 16);
	return true;
}

void ip6_write(uint8_t *bytes, const struct ip6_header *header)
{
	struct wire_writer writer = wire_writer(bytes, IP6_HEADER);

	wire_put_u32(&writer,
	    UINT32_C(6) << 28 | (uint32_t)header->tclass << 20 | (header->flow_label & 0xfffff));
	wire_put_u16(&writer, header->payload_len);
	wire_put_u8(&writer, header->next);
	wire_put_u8(&writer, header->hop_limit);
	wire_put_bytes(&writer, header->src.b, 16);
	wire_put_bytes(&writer, header->dst.b, 16);
}

bool ip6_fragment_parse(struct wire_reader *reader, struct ip6_fragment_header *fragment)
{
	uint16_t offset;

	fragment->next = wire_u8(reader);
	wire_skip(reader, 1);
	offset = wire_u16(reader);
	fragment->offset = offset & 0xfff8;
	fragment->more = offset & 1;
	fragment->id = wire_u32(reader);
	return !reader->error;
}

void ip6_fragment_write(uint8_t bytes[IP6_FRAGMENT], const struct ip6_fragment_header *fragment)
{
	struct wire_writer writer = wire_writer(bytes, IP6_FRAGMENT);

	wire_put_u8(&writer, fragment->next);
	wire_put_u8(&writer, 0);
	wire_put_u16(&writer, (uint16_t)((fragment->offset & 0xfff8) | (fragment->more ? 1 : 0)));
	wire_put_u32(&writer, fragment->id);
}

enum ip6_option_verdict ip6_options_parse(
    const uint8_t *bytes, size_t len, struct ip6_options *options, size_t *at)
{
	struct wire_reader reader = wire_reader(bytes, len);
	unsigned int padding = 0;

	memset(options, 0, sizeof(*options));
	*at = 0;
	while (wire_left(&reader)) {
		uint8_t type, option_len;
		struct wire_reader value;

		*at = reader.at;
		type = wire_u8(&reader);
		if (type == 0) { /* Pad1 */
			/* Headers are aligned to 8: more padding than 7 bytes carries something else
			 * than padding (RFC 4942 section 2.1.9.5; as Linux). */
			if (++padding > 7)
				return IP6_OPT_DROP;
			continue;
		}
		option_len = wire_u8(&reader);
		value = wire_sub(&reader, option_len);
		if (reader.error)
			return IP6_OPT_DROP;
		if (type == 1) { /* PadN */
			padding += 2u + option_len;
			if (padding > 7)
				return IP6_OPT_DROP;
			while (wire_left(&value)) {
				if (wire_u8(&value))
					return IP6_OPT_DROP;
			}
			continue;
		}
		padding = 0;
		switch (type) {
		case 5: /* router alert, RFC 2711 */
			if (option_len != 2)
				return IP6_OPT_DROP;
			options->router_alert = true;
			continue;
		case 0xc2: /* jumbo payload, RFC 2675 */
			if (option_len != 4)
				return IP6_OPT_DROP;
			options->jumbo = true;
			continue;
		default:
			break;
		}
		switch (type >> 6) { /* RFC 8200 section 4.2 */
		case 0:
			continue;
		case 1:
			return IP6_OPT_DROP;
		case 2:
			return IP6_OPT_PROBLEM;
		default:
			return IP6_OPT_PROBLEM_UNICAST;
		}
	}
	return IP6_OPT_OK;
}
