/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ICMP, neighbour discovery, IGMP and MLD. */
#include "icmp.h"

bool icmp_parse(struct wire_reader *reader, struct icmp_header *header)
{
	header->type = wire_u8(reader);
	header->code = wire_u8(reader);
	header->checksum = wire_u16(reader);
	header->rest = wire_u32(reader);
	return !reader->error;
}

void icmp_write(uint8_t bytes[ICMP_HEADER], uint8_t type, uint8_t code, uint32_t rest)
{
	struct wire_writer writer = wire_writer(bytes, ICMP_HEADER);

	wire_put_u8(&writer, type);
	wire_put_u8(&writer, code);
	wire_put_u16(&writer, 0);
	wire_put_u32(&writer, rest);
}

/* ---- neighbour discovery ---- */

static void parse_prefix(struct wire_reader *option, struct nd_options *options)
{
	struct nd_prefix *prefix = &options->prefix[options->prefixes];
	const uint8_t *address;
	uint8_t flags;

	prefix->len = wire_u8(option);
	flags = wire_u8(option);
	prefix->on_link = flags & 0x80;
	prefix->autonomous = flags & 0x40;
	prefix->valid = wire_u32(option);
	prefix->preferred = wire_u32(option);
	wire_skip(option, 4);
	address = wire_take(option, 16);
	if (!address || prefix->len > PX_IP_BITS)
		return;
	prefix->prefix = px_ip6_load(address);
	prefix->prefix = px_ip_mask(&prefix->prefix, prefix->len);
	options->prefixes++;
}

/* RFC 4191 section 2.3: the prefix has as many bytes as the option's length leaves. */
static void parse_route(struct wire_reader *option, size_t len, struct nd_options *options)
{
	struct nd_route *route = &options->route[options->routes];

	route->len = wire_u8(option);
	route->preference = (wire_u8(option) >> 3) & 3;
	route->lifetime = wire_u32(option);
	route->prefix = PX_IP_NONE;
	len -= 8;
	if (option->error || len > 16 || route->len > len * 8)
		return;
	wire_bytes(option, route->prefix.b, len);
	route->prefix = px_ip_mask(&route->prefix, route->len);
	options->routes++;
}

bool nd_options_parse(struct wire_reader *reader, struct nd_options *options)
{
	options->has_source_mac = options->has_target_mac = options->has_mtu = options->has_nonce =
	    false;
	options->prefixes = options->routes = 0;
	while (wire_left(reader)) {
		uint8_t type = wire_u8(reader);
		size_t len = (size_t)wire_u8(reader) * 8;
		struct wire_reader option;

		if (reader->error || len == 0)
			return false;
		option = wire_sub(reader, len - 2);
		if (reader->error)
			return false;
		switch (type) {
		case ND_OPT_SOURCE_MAC:
			if (len == 8 && !options->has_source_mac) {
				options->has_source_mac = true;
				wire_bytes(&option, options->source_mac, ETH_ALEN);
			}
			break;
		case ND_OPT_TARGET_MAC:
			if (len == 8 && !options->has_target_mac) {
				options->has_target_mac = true;
				wire_bytes(&option, options->target_mac, ETH_ALEN);
			}
			break;
		case ND_OPT_PREFIX:
			if (len == 32 && options->prefixes < ND_PREFIXES_MAX)
				parse_prefix(&option, options);
			break;
		case ND_OPT_MTU_OPTION:
			if (len == 8) {
				options->has_mtu = true;
				wire_skip(&option, 2);
				options->mtu = wire_u32(&option);
			}
			break;
		case ND_OPT_NONCE:
			if (len == 8) {
				options->has_nonce = true;
				wire_bytes(&option, options->nonce, sizeof(options->nonce));
			}
			break;
		case ND_OPT_ROUTE:
			if (len <= 24 && options->routes < ND_ROUTES_MAX)
				parse_route(&option, len, options);
			break;
		default:
			break;
		}
	}
	return !reader->error;
}

bool nd_router_advertisement_parse(struct wire_reader *reader, struct nd_router_advertisement *ra)
{
	uint8_t flags;

	ra->hop_limit = wire_u8(reader);
	flags = wire_u8(reader);
	ra->managed = flags & 0x80;
	ra->other = flags & 0x40;
	ra->preference = (flags >> 3) & 3;
	ra->lifetime = wire_u16(reader);
	ra->reachable = wire_u32(reader);
	ra->retrans = wire_u32(reader);
	return !reader->error;
}

void nd_put_mac(struct wire_writer *writer, enum nd_option_type type, const uint8_t mac[ETH_ALEN])
{
	wire_put_u8(writer, (uint8_t)type);
	wire_put_u8(writer, 1);
	wire_put_bytes(writer, mac, ETH_ALEN);
}

/* ---- IGMP and MLD ---- */

uint32_t group_decode8(uint8_t code)
{
	if (code < 128)
		return code;
	return (uint32_t)((code & 0x0f) | 0x10) << (((code >> 4) & 7) + 3);
}

uint32_t group_decode16(uint16_t code)
{
	if (code < 32768)
		return code;
	return (uint32_t)((code & 0x0fff) | 0x1000) << (((code >> 12) & 7) + 3);
}

static bool read_sources(struct wire_reader *reader, size_t address_len, struct group_query *query)
{
	uint8_t flags = wire_u8(reader);

	query->robustness = flags & 7;
	query->interval = group_decode8(wire_u8(reader));
	query->source_count = wire_u16(reader);
	query->sources = wire_take(reader, query->source_count * address_len);
	return !reader->error;
}

bool igmp_query_parse(struct wire_reader *reader, size_t len, struct group_query *query)
{
	uint8_t code;
	const uint8_t *group;

	memset(query, 0, sizeof(*query));
	wire_skip(reader, 1);
	code = wire_u8(reader);
	wire_skip(reader, 2);
	group = wire_take(reader, 4);
	if (!group)
		return false;
	query->group = px_ip4_load(group);
	if (len == 8) { /* RFC 3376 section 7.1 */
		query->version = code ? 2 : 1;
		query->max_response_ms = code ? code * 100u : 10000;
		return true;
	}
	if (len < 12)
		return false;
	query->version = 3;
	query->max_response_ms = group_decode8(code) * 100ull;
	return read_sources(reader, 4, query);
}

bool mld_query_parse(
    struct wire_reader *reader, size_t len, uint32_t rest, struct group_query *query)
{
	uint16_t code = (uint16_t)(rest >> 16);
	const uint8_t *group = wire_take(reader, 16);

	memset(query, 0, sizeof(*query));
	if (!group)
		return false;
	query->group = px_ip6_load(group);
	if (len == 24) { /* RFC 3810 section 8.1 */
		query->version = 1;
		query->max_response_ms = code;
		return true;
	}
	if (len < 28)
		return false;
	query->version = 2;
	query->max_response_ms = group_decode16(code);
	return read_sources(reader, 16, query);
}
