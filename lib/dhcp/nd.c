/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Neighbour discovery messages that configure a host: see nd.h. */
#include "nd.h"

#include <errno.h>
#include <string.h>

enum nd_option {
	OPTION_SOURCE_MAC = 1,
	OPTION_TARGET_MAC = 2,
	OPTION_PREFIX = 3,
	OPTION_MTU = 5,
	OPTION_NONCE = 14, /* RFC 3971 */
	OPTION_ROUTE = 24, /* RFC 4191 */
	OPTION_RDNSS = 25, /* RFC 8106 */
	OPTION_DNSSL = 31, /* RFC 8106 */
	OPTION_PREF64 = 38 /* RFC 8781 */
};

/* One option: type, length in units of 8 bytes, body. False at the end or at an error. */
static bool next_option(struct wire_reader *options, uint8_t *type, struct wire_reader *body)
{
	uint8_t units;

	if (wire_left(options) == 0)
		return false;
	*type = wire_u8(options);
	units = wire_u8(options);
	if (units == 0)
		options->error = true; /* RFC 4861, 4.6; it would also never end */
	*body = wire_sub(options, units ? units * 8u - 2 : 0);
	return !options->error;
}

static void clear_host_bits(uint8_t prefix[16], unsigned int len)
{
	for (unsigned int bit = len; bit < 128; bit++)
		prefix[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

/* 2 is reserved and counts as medium: RFC 4191, 2.2. */
static int8_t preference_of(uint8_t flags)
{
	switch (flags >> 3 & 3) {
	case 1:
		return ND_PREFERENCE_HIGH;
	case 3:
		return ND_PREFERENCE_LOW;
	default:
		return ND_PREFERENCE_MEDIUM;
	}
}

static void parse_prefix(struct ra *ra, struct wire_reader body)
{
	struct ra_prefix prefix = {.len = wire_u8(&body)};

	prefix.flags = wire_u8(&body);
	prefix.valid = wire_u32(&body);
	prefix.preferred = wire_u32(&body);
	wire_skip(&body, 4);
	wire_bytes(&body, prefix.prefix, 16);
	if (body.error || prefix.len > 128 || ra->prefixes == RA_LIST_MAX)
		return;
	clear_host_bits(prefix.prefix, prefix.len);
	ra->prefix[ra->prefixes++] = prefix;
}

static void parse_route(struct ra *ra, struct wire_reader body)
{
	struct ra_route route = {.len = wire_u8(&body)};
	uint8_t flags = wire_u8(&body);

	route.lifetime = wire_u32(&body);
	/* 0, 8 or 16 bytes of prefix, as many as its length needs: RFC 4191, 2.3. "If the reserved
	 * preference is received, the option MUST be ignored." */
	if (body.error || route.len > 128 || wire_left(&body) * 8 < route.len ||
	    (flags & 0x18) == 0x10 || ra->routes == RA_LIST_MAX)
		return;
	wire_bytes(&body, route.prefix, wire_left(&body) < 16 ? wire_left(&body) : 16);
	clear_host_bits(route.prefix, route.len);
	route.preference = preference_of(flags);
	ra->route[ra->routes++] = route;
}

static void parse_rdnss(struct ra *ra, struct wire_reader body)
{
	uint32_t lifetime;

	wire_skip(&body, 2);
	lifetime = wire_u32(&body);
	while (wire_left(&body) >= 16 && ra->servers < RA_LIST_MAX) {
		struct ra_server *server = &ra->server[ra->servers++];

		server->lifetime = lifetime;
		wire_bytes(&body, server->address, 16);
	}
}

static void parse_dnssl(struct ra *ra, struct wire_reader body)
{
	uint32_t lifetime;

	wire_skip(&body, 2);
	lifetime = wire_u32(&body);
	while (wire_left(&body) > 0 && ra->domains < RA_LIST_MAX) {
		struct ra_domain *domain = &ra->domain[ra->domains];

		/* An empty name: the padding behind the list. */
		if (dhcp_name_get(&body, 0, domain->name) < 0 || domain->name[0] == '\0')
			return;
		domain->lifetime = lifetime;
		ra->domains++;
	}
}

static void parse_pref64(struct ra *ra, struct wire_reader body)
{
	static const uint8_t lens[] = {96, 64, 56, 48, 40, 32};
	uint16_t scaled = wire_u16(&body);
	struct ra_prefix *prefix;

	if (ra->nat64s == sizeof(ra->nat64) / sizeof(ra->nat64[0]) || (scaled & 7) >= sizeof(lens) ||
	    wire_left(&body) != 12)
		return;
	prefix = &ra->nat64[ra->nat64s++];
	prefix->len = lens[scaled & 7];
	prefix->valid = scaled & 0xfff8u; /* in units of 8 seconds */
	wire_bytes(&body, prefix->prefix, 12);
	clear_host_bits(prefix->prefix, prefix->len);
}

int ra_parse(struct ra *ra, const void *icmp, size_t len)
{
	struct wire_reader reader = wire_reader(icmp, len), body;
	uint8_t type = wire_u8(&reader), code = wire_u8(&reader), flags;

	memset(ra, 0, sizeof(*ra));
	wire_skip(&reader, 2); /* checksum */
	ra->hop_limit = wire_u8(&reader);
	flags = wire_u8(&reader);
	ra->lifetime = wire_u16(&reader);
	ra->reachable = wire_u32(&reader);
	ra->retrans = wire_u32(&reader);
	if (reader.error || type != ND_ROUTER_ADVERT || code != 0)
		return -EBADMSG;
	ra->managed = flags & 0x80;
	ra->other = flags & 0x40;
	ra->preference = preference_of(flags);
	while (next_option(&reader, &type, &body)) {
		switch (type) {
		case OPTION_SOURCE_MAC:
			if (body.len != 6)
				break; /* another kind of link */
			ra->has_mac = true;
			wire_bytes(&body, ra->mac, 6);
			break;
		case OPTION_PREFIX:
			parse_prefix(ra, body);
			break;
		case OPTION_MTU:
			wire_skip(&body, 2);
			ra->mtu = wire_u32(&body);
			break;
		case OPTION_ROUTE:
			parse_route(ra, body);
			break;
		case OPTION_RDNSS:
			parse_rdnss(ra, body);
			break;
		case OPTION_DNSSL:
			parse_dnssl(ra, body);
			break;
		case OPTION_PREF64:
			parse_pref64(ra, body);
			break;
		default: /* "silently ignore any options they do not recognize": RFC 4861, 4.6 */
			break;
		}
	}
	return reader.error ? -EBADMSG : 0;
}

int nd_parse_neighbour(struct nd_neighbour *message, const void *icmp, size_t len)
{
	struct wire_reader reader = wire_reader(icmp, len), body;
	uint8_t code, type;

	memset(message, 0, sizeof(*message));
	message->type = wire_u8(&reader);
	code = wire_u8(&reader);
	wire_skip(&reader, 6);
	wire_bytes(&reader, message->target, 16);
	if (reader.error || code != 0 || message->target[0] == 0xff ||
	    (message->type != ND_NEIGHBOUR_SOLICIT && message->type != ND_NEIGHBOUR_ADVERT))
		return -EBADMSG;
	while (next_option(&reader, &type, &body)) {
		if (type == OPTION_NONCE && body.len == 6) {
			message->has_nonce = true;
			wire_bytes(&body, message->nonce, 6);
		} else if (type == OPTION_SOURCE_MAC && body.len == 6 &&
		           message->type == ND_NEIGHBOUR_SOLICIT) {
			message->has_mac = true;
			wire_bytes(&body, message->mac, 6);
		}
	}
	return reader.error ? -EBADMSG : 0;
}

int nd_parse_router_solicit(struct nd_solicit *solicit, const void *icmp, size_t len)
{
	struct wire_reader reader = wire_reader(icmp, len), body;
	uint8_t type = wire_u8(&reader), code = wire_u8(&reader);

	memset(solicit, 0, sizeof(*solicit));
	wire_skip(&reader, 6); /* checksum, reserved */
	if (reader.error || type != ND_ROUTER_SOLICIT || code != 0)
		return -EBADMSG;
	while (next_option(&reader, &type, &body)) {
		if (type == OPTION_SOURCE_MAC && body.len == 6) {
			solicit->has_mac = true;
			wire_bytes(&body, solicit->mac, 6);
		}
	}
	return reader.error ? -EBADMSG : 0;
}

void nd_put_router_solicit(struct wire_writer *writer, const uint8_t *mac)
{
	wire_put_u8(writer, ND_ROUTER_SOLICIT);
	wire_put_zeros(writer, 7);
	if (mac) {
		wire_put_u8(writer, OPTION_SOURCE_MAC);
		wire_put_u8(writer, 1);
		wire_put_bytes(writer, mac, 6);
	}
}

void nd_put_dad_solicit(
    struct wire_writer *writer, const uint8_t target[16], const uint8_t nonce[6])
{
	wire_put_u8(writer, ND_NEIGHBOUR_SOLICIT);
	wire_put_zeros(writer, 7);
	wire_put_bytes(writer, target, 16);
	wire_put_u8(writer, OPTION_NONCE);
	wire_put_u8(writer, 1);
	wire_put_bytes(writer, nonce, 6);
}

void nd_put_neighbour_advert(
    struct wire_writer *writer, const uint8_t target[16], const uint8_t mac[6], uint8_t flags)
{
	wire_put_u8(writer, ND_NEIGHBOUR_ADVERT);
	wire_put_zeros(writer, 3);
	wire_put_u32(writer, (uint32_t)flags << 24);
	wire_put_bytes(writer, target, 16);
	wire_put_u8(writer, OPTION_TARGET_MAC);
	wire_put_u8(writer, 1);
	wire_put_bytes(writer, mac, 6);
}
