/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IPv4 headers, and the pseudo-header of both families. */
#include "ip4.h"

#include "checksum.h"

enum ip4_parse_result ip4_parse(
    const uint8_t *bytes, size_t linear, size_t len, struct ip4_header *header)
{
	struct wire_reader reader = wire_reader(bytes, linear);
	uint8_t version = wire_u8(&reader);

	header->header_len = (uint8_t)((version & 0x0f) * 4);
	header->tos = wire_u8(&reader);
	header->total_len = wire_u16(&reader);
	header->id = wire_u16(&reader);
	header->fragment = wire_u16(&reader);
	header->ttl = wire_u8(&reader);
	header->protocol = wire_u8(&reader);
	header->checksum = wire_u16(&reader);
	if (wire_left(&reader) < 8)
		return IP4_BAD;
	header->src = px_ip4_load(wire_take(&reader, 4));
	header->dst = px_ip4_load(wire_take(&reader, 4));
	if (version >> 4 != 4 || header->header_len < IP4_HEADER || header->header_len > linear)
		return IP4_BAD;
	if (checksum_finish(checksum_add(0, bytes, header->header_len)) != 0)
		return IP4_BAD_CHECKSUM;
	if (header->total_len < header->header_len)
		return IP4_BAD;
	if (header->total_len > len)
		return IP4_TRUNCATED;
	return IP4_OK;
}

void ip4_write(
    uint8_t *bytes, const struct ip4_header *header, const uint8_t *options, size_t options_len)
{
	size_t header_len = IP4_HEADER + options_len;
	struct wire_writer writer = wire_writer(bytes, header_len);
	uint16_t checksum;

	wire_put_u8(&writer, (uint8_t)(0x40 | header_len / 4));
	wire_put_u8(&writer, header->tos);
	wire_put_u16(&writer, header->total_len);
	wire_put_u16(&writer, header->id);
	wire_put_u16(&writer, header->fragment);
	wire_put_u8(&writer, header->ttl);
	wire_put_u8(&writer, header->protocol);
	wire_put_u16(&writer, 0);
	wire_put_bytes(&writer, px_ip_bytes(&header->src), 4);
	wire_put_bytes(&writer, px_ip_bytes(&header->dst), 4);
	if (options_len)
		wire_put_bytes(&writer, options, options_len);
	checksum = checksum_finish(checksum_add(0, bytes, header_len));
	memcpy(bytes + 10, &checksum, sizeof(checksum));
}

/* A route or timestamp option: length and pointer in order. Offsets as ip4_options_parse returns.
 */
static unsigned int check_pointer(const uint8_t *option, size_t at, unsigned int unit)
{
	uint8_t len = option[1], pointer = option[2];

	if (len < 3)
		return (unsigned int)at + 2;
	if (pointer < 4)
		return (unsigned int)at + 3;
	/* Room left must be whole (RFC 1122 3.2.1.8); a full option has pointer > len. */
	if (pointer <= len && (unsigned int)pointer + unit - 1 > len)
		return (unsigned int)at + 3;
	return 0;
}

static unsigned int check_timestamp(const uint8_t *option, size_t at)
{
	unsigned int unit, flag;

	if (option[1] < 4)
		return (unsigned int)at + 2;
	if (option[2] < 5)
		return (unsigned int)at + 3;
	flag = option[3] & 0x0f;
	unit = flag == 0 ? 4 : 8;
	if (flag != 0 && flag != 1 && flag != 3)
		return (unsigned int)at + 4;
	if (option[2] <= option[1] && option[2] + unit - 1 > option[1])
		return (unsigned int)at + 3;
	return 0;
}

unsigned int ip4_options_parse(const uint8_t *bytes, size_t len, struct ip4_options *options)
{
	size_t at = 0;

	memset(options, 0, sizeof(*options));
	if (len > sizeof(options->bytes))
		return 1;
	memcpy(options->bytes, bytes, len);
	options->len = (uint8_t)len;
	while (at < len) {
		const uint8_t *option = bytes + at;
		unsigned int wrong = 0;
		uint8_t option_len;

		if (option[0] == IP4_OPT_END)
			break;
		if (option[0] == IP4_OPT_NOP) {
			at++;
			continue;
		}
		if (len - at < 2)
			return (unsigned int)at + 1;
		option_len = option[1];
		if (option_len < 2 || option_len > len - at)
			return (unsigned int)at + 2;
		switch (option[0]) {
		case IP4_OPT_LSRR:
		case IP4_OPT_SSRR:
			if (options->source_route)
				return (unsigned int)at + 1; /* RFC 1122 3.2.1.8 (c): at most one */
			wrong = option_len < 3 ? (unsigned int)at + 2 : check_pointer(option, at, 4);
			options->source_route = (uint8_t)(at + 1);
			options->strict = option[0] == IP4_OPT_SSRR;
			break;
		case IP4_OPT_RR:
			if (options->rr)
				return (unsigned int)at + 1;
			wrong = option_len < 3 ? (unsigned int)at + 2 : check_pointer(option, at, 4);
			options->rr = (uint8_t)(at + 1);
			break;
		case IP4_OPT_TS:
			if (options->ts)
				return (unsigned int)at + 1;
			wrong = option_len < 4 ? (unsigned int)at + 2 : check_timestamp(option, at);
			options->ts = (uint8_t)(at + 1);
			break;
		case IP4_OPT_RA:
			if (option_len != 4)
				return (unsigned int)at + 2;
			options->router_alert = option[2] == 0 && option[3] == 0;
			break;
		default: /* RFC 1122 3.2.1.8: unknown options are passed over */
			break;
		}
		if (wrong)
			return wrong;
		at += option_len;
	}
	return 0;
}

void ip4_options_for_fragment(struct ip4_options *options)
{
	size_t at = 0;

	while (at < options->len) {
		uint8_t *option = options->bytes + at;
		uint8_t option_len;

		if (option[0] == IP4_OPT_END)
			return;
		if (option[0] == IP4_OPT_NOP) {
			at++;
			continue;
		}
		option_len = option[1]; /* checked when it was parsed */
		if (!(option[0] & IP4_OPT_COPIED))
			memset(option, IP4_OPT_NOP, option_len);
		at += option_len;
	}
}

static void add_timestamp(uint8_t *option, const struct px_ip *ours, uint32_t timestamp)
{
	uint8_t pointer = option[2], flag = option[3] & 0x0f;
	unsigned int unit = flag == 0 ? 4 : 8;
	uint32_t value = htonl(timestamp);

	if (pointer + unit - 1 > option[1]) { /* full: count the overflow */
		if (option[3] < 0xf0)
			option[3] = (uint8_t)(option[3] + 0x10);
		return;
	}
	if (flag == 3 && memcmp(option + pointer - 1, px_ip_bytes(ours), 4) != 0)
		return; /* asks another host */
	if (flag == 1)
		memcpy(option + pointer - 1, px_ip_bytes(ours), 4);
	memcpy(option + pointer - 1 + unit - 4, &value, sizeof(value));
	option[2] = (uint8_t)(pointer + unit);
}

void ip4_options_for_reply(
    struct ip4_options *options, const struct px_ip *ours, uint32_t timestamp)
{
	if (options->rr) {
		uint8_t *option = options->bytes + options->rr - 1;
		if (option[2] + 3u <= option[1]) {
			memcpy(option + option[2] - 1, px_ip_bytes(ours), 4);
			option[2] = (uint8_t)(option[2] + 4);
		}
	}
	if (options->ts)
		add_timestamp(options->bytes + options->ts - 1, ours, timestamp);
	if (options->source_route) {
		uint8_t *option = options->bytes + options->source_route - 1;
		memset(option, IP4_OPT_NOP, option[1]);
	}
}

uint64_t ip_pseudo_header(
    const struct px_ip *src, const struct px_ip *dst, uint8_t protocol, uint32_t len)
{
	uint64_t sum;

	if (px_ip_is4(src)) {
		sum = (uint64_t)px_ip4_word(src) + px_ip4_word(dst);
	} else {
		sum = checksum_add(0, src->b, sizeof(src->b));
		sum = checksum_add(sum, dst->b, sizeof(dst->b));
	}
	/* Numbers, where checksum_add wants memory order. Above 65535 the length is two words
	 * (RFC 8200 section 8.1). */
	return sum + htons(protocol) + htons((uint16_t)(len >> 16)) + htons((uint16_t)len);
}
