/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing router advertisements. */
#include "nd.h"

#include <string.h>

#define PREF64_LIFETIME_MAX 65528 /* 13 bits of 8 seconds: RFC 8781, 4 */

void ra_put_prefix(struct wire_writer *writer, const struct ra_prefix *prefix)
{
	wire_put_u8(writer, 3);
	wire_put_u8(writer, 4);
	wire_put_u8(writer, prefix->len);
	wire_put_u8(writer, prefix->flags);
	wire_put_u32(writer, prefix->valid);
	wire_put_u32(writer, prefix->preferred);
	wire_put_u32(writer, 0);
	wire_put_bytes(writer, prefix->prefix, 16);
}

void ra_put_route(struct wire_writer *writer, const struct ra_route *route)
{
	unsigned int bytes = route->len == 0 ? 0 : route->len <= 64 ? 8 : 16;

	wire_put_u8(writer, 24);
	wire_put_u8(writer, (uint8_t)(1 + bytes / 8));
	wire_put_u8(writer, route->len);
	wire_put_u8(writer, (uint8_t)((route->preference & 3) << 3));
	wire_put_u32(writer, route->lifetime);
	wire_put_bytes(writer, route->prefix, bytes);
}

/* An option whose length is known at its end: filled up to a multiple of 8 bytes. */
static size_t begin_option(struct wire_writer *writer, uint8_t type, uint32_t lifetime)
{
	size_t begun = writer->at;

	wire_put_u8(writer, type);
	wire_put_zeros(writer, 3);
	wire_put_u32(writer, lifetime);
	return begun;
}

size_t ra_begin_rdnss(struct wire_writer *writer, uint32_t lifetime)
{
	return begin_option(writer, 25, lifetime);
}

size_t ra_begin_dnssl(struct wire_writer *writer, uint32_t lifetime)
{
	return begin_option(writer, 31, lifetime);
}

void ra_end_option(struct wire_writer *writer, size_t begun)
{
	size_t len = writer->at - begun, padding = -len & 7;

	wire_put_zeros(writer, padding);
	len += padding;
	if (len / 8 > 255)
		writer->error = true;
	if (!writer->error)
		writer->data[begun + 1] = (uint8_t)(len / 8);
}

static void put_servers(struct wire_writer *writer, const struct ra *ra)
{
	for (size_t i = 0; i < ra->servers;) {
		uint32_t lifetime = ra->server[i].lifetime;
		size_t begun = ra_begin_rdnss(writer, lifetime);

		for (; i < ra->servers && ra->server[i].lifetime == lifetime; i++)
			wire_put_bytes(writer, ra->server[i].address, 16);
		ra_end_option(writer, begun);
	}
}

static void put_domains(struct wire_writer *writer, const struct ra *ra)
{
	for (size_t i = 0; i < ra->domains;) {
		uint32_t lifetime = ra->domain[i].lifetime;
		size_t begun = ra_begin_dnssl(writer, lifetime);

		for (; i < ra->domains && ra->domain[i].lifetime == lifetime; i++) {
			if (dhcp_name_put(writer, ra->domain[i].name) < 0)
				writer->error = true;
		}
		ra_end_option(writer, begun);
	}
}

void ra_put_header(struct wire_writer *writer, const struct ra_header *header)
{
	wire_put_u8(writer, ND_ROUTER_ADVERT);
	wire_put_zeros(writer, 3);
	wire_put_u8(writer, header->hop_limit);
	wire_put_u8(writer, header->flags);
	wire_put_u16(writer, header->lifetime);
	wire_put_u32(writer, header->reachable);
	wire_put_u32(writer, header->retrans);
}

void ra_put_mac(struct wire_writer *writer, const uint8_t mac[6])
{
	wire_put_u8(writer, 1);
	wire_put_u8(writer, 1);
	wire_put_bytes(writer, mac, 6);
}

void ra_put_mtu(struct wire_writer *writer, uint32_t mtu)
{
	wire_put_u8(writer, 5);
	wire_put_u8(writer, 1);
	wire_put_u16(writer, 0);
	wire_put_u32(writer, mtu);
}

void ra_put_pref64(struct wire_writer *writer, const struct ra_prefix *prefix)
{
	static const uint8_t lens[] = {96, 64, 56, 48, 40, 32}; /* RFC 8781, 4: by their codes */
	uint32_t valid =
	    prefix->valid < PREF64_LIFETIME_MAX ? (prefix->valid + 7) & ~7u : PREF64_LIFETIME_MAX;
	uint16_t code = 0;

	while (code < sizeof(lens) && lens[code] != prefix->len)
		code++;
	if (code == sizeof(lens))
		writer->error = true;
	wire_put_u8(writer, 38);
	wire_put_u8(writer, 2);
	wire_put_u16(writer, (uint16_t)(valid | code));
	wire_put_bytes(writer, prefix->prefix, 12);
}

void ra_put_captive(struct wire_writer *writer, const char *uri)
{
	size_t begun = writer->at;

	wire_put_u8(writer, 37);
	wire_put_u8(writer, 0);
	wire_put_bytes(writer, uri, strlen(uri));
	ra_end_option(writer, begun);
}

void ra_put_flags(struct wire_writer *writer, uint64_t flags)
{
	wire_put_u8(writer, 26);
	wire_put_u8(writer, 1);
	wire_put_u16(writer, (uint16_t)(flags >> 32));
	wire_put_u32(writer, (uint32_t)flags);
}

void ra_put(struct wire_writer *writer, const struct ra *ra)
{
	const struct ra_header header = {.hop_limit = ra->hop_limit,
	    .flags = (uint8_t)((ra->managed ? ND_RA_MANAGED : 0) | (ra->other ? ND_RA_OTHER : 0) |
	                       (ra->preference & 3) << 3),
	    .lifetime = ra->lifetime,
	    .reachable = ra->reachable,
	    .retrans = ra->retrans};

	ra_put_header(writer, &header);
	for (size_t i = 0; i < ra->prefixes; i++)
		ra_put_prefix(writer, &ra->prefix[i]);
	if (ra->has_mac)
		ra_put_mac(writer, ra->mac);
	if (ra->mtu)
		ra_put_mtu(writer, ra->mtu);
	for (size_t i = 0; i < ra->routes; i++)
		ra_put_route(writer, &ra->route[i]);
	put_servers(writer, ra);
	put_domains(writer, ra);
	for (size_t i = 0; i < ra->nat64s; i++)
		ra_put_pref64(writer, &ra->nat64[i]);
}
