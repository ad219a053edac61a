/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing router advertisements. */
#include "nd.h"

static void put_prefix(struct wire_writer *writer, const struct ra_prefix *prefix)
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

static void put_route(struct wire_writer *writer, const struct ra_route *route)
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

static void end_option(struct wire_writer *writer, size_t begun)
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
		size_t begun = begin_option(writer, 25, lifetime);

		for (; i < ra->servers && ra->server[i].lifetime == lifetime; i++)
			wire_put_bytes(writer, ra->server[i].address, 16);
		end_option(writer, begun);
	}
}

static void put_domains(struct wire_writer *writer, const struct ra *ra)
{
	for (size_t i = 0; i < ra->domains;) {
		uint32_t lifetime = ra->domain[i].lifetime;
		size_t begun = begin_option(writer, 31, lifetime);

		for (; i < ra->domains && ra->domain[i].lifetime == lifetime; i++) {
			if (dhcp_name_put(writer, ra->domain[i].name) < 0)
				writer->error = true;
		}
		end_option(writer, begun);
	}
}

void ra_put(struct wire_writer *writer, const struct ra *ra)
{
	wire_put_u8(writer, ND_ROUTER_ADVERT);
	wire_put_zeros(writer, 3);
	wire_put_u8(writer, ra->hop_limit);
	wire_put_u8(writer,
	    (uint8_t)((ra->managed ? 0x80 : 0) | (ra->other ? 0x40 : 0) | (ra->preference & 3) << 3));
	wire_put_u16(writer, ra->lifetime);
	wire_put_u32(writer, ra->reachable);
	wire_put_u32(writer, ra->retrans);
	for (size_t i = 0; i < ra->prefixes; i++)
		put_prefix(writer, &ra->prefix[i]);
	if (ra->has_mac) {
		wire_put_u8(writer, 1);
		wire_put_u8(writer, 1);
		wire_put_bytes(writer, ra->mac, 6);
	}
	if (ra->mtu) {
		wire_put_u8(writer, 5);
		wire_put_u8(writer, 1);
		wire_put_u16(writer, 0);
		wire_put_u32(writer, ra->mtu);
	}
	for (size_t i = 0; i < ra->routes; i++)
		put_route(writer, &ra->route[i]);
	put_servers(writer, ra);
	put_domains(writer, ra);
}
