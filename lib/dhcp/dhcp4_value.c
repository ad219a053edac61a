/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of DHCPv4 options: read from a gathered option, checked for their form. */
#include <errno.h>
#include <string.h>

#include "dhcp4.h"

/* Reads an option of exactly `len` bytes. */
static int get_exact(
    const struct dhcp4_message *message, uint8_t code, size_t len, struct wire_reader *reader)
{
	if (!message->present[code])
		return -ENOENT;
	*reader = dhcp4_option(message, code);
	return reader->len == len ? 0 : -EBADMSG;
}

int dhcp4_get_u8(const struct dhcp4_message *message, uint8_t code, uint8_t *value)
{
	struct wire_reader reader;
	int error = get_exact(message, code, 1, &reader);

	if (!error)
		*value = wire_u8(&reader);
	return error;
}

int dhcp4_get_u16(const struct dhcp4_message *message, uint8_t code, uint16_t *value)
{
	struct wire_reader reader;
	int error = get_exact(message, code, 2, &reader);

	if (!error)
		*value = wire_u16(&reader);
	return error;
}

int dhcp4_get_u32(const struct dhcp4_message *message, uint8_t code, uint32_t *value)
{
	struct wire_reader reader;
	int error = get_exact(message, code, 4, &reader);

	if (!error)
		*value = wire_u32(&reader);
	return error;
}

int dhcp4_get_address(const struct dhcp4_message *message, uint8_t code, uint8_t address[4])
{
	struct wire_reader reader;
	int error = get_exact(message, code, 4, &reader);

	if (!error)
		wire_bytes(&reader, address, 4);
	return error;
}

int dhcp4_get_addresses(
    const struct dhcp4_message *message, uint8_t code, uint8_t (*addresses)[4], size_t max)
{
	struct wire_reader reader = dhcp4_option(message, code);
	size_t count = 0;

	if (!message->present[code])
		return -ENOENT;
	if (reader.len == 0 || reader.len % 4 != 0)
		return -EBADMSG;
	while (wire_left(&reader) > 0 && count < max)
		wire_bytes(&reader, addresses[count++], 4);
	return (int)count;
}

int dhcp4_get_mask(const struct dhcp4_message *message, unsigned int *prefix_len)
{
	uint32_t mask, host;
	int error = dhcp4_get_u32(message, DHCP4_MASK, &mask);

	if (error)
		return error;
	host = ~mask;
	if (host & (host + 1))
		return -EBADMSG; /* ones behind a zero */
	*prefix_len = mask ? 32 - (unsigned int)__builtin_ctz(mask) : 0;
	return 0;
}

int dhcp4_get_routes(const struct dhcp4_message *message, struct dhcp4_route *routes, size_t max)
{
	struct wire_reader reader = dhcp4_option(message, DHCP4_CLASSLESS_ROUTES);
	size_t count = 0;

	if (!message->present[DHCP4_CLASSLESS_ROUTES])
		return -ENOENT;
	if (reader.len == 0)
		return -EBADMSG;
	while (wire_left(&reader) > 0 && count < max) {
		struct dhcp4_route *route = &routes[count++];

		memset(route, 0, sizeof(*route));
		route->len = wire_u8(&reader);
		if (route->len > 32)
			return -EBADMSG;
		wire_bytes(&reader, route->destination, (route->len + 7u) / 8);
		/* "MUST set to zero bits ... beyond the mask" of what it installs: RFC 3442. */
		if (route->len % 8 != 0)
			route->destination[route->len / 8] &= (uint8_t)(0xff00 >> route->len % 8);
		wire_bytes(&reader, route->router, 4);
	}
	return reader.error ? -EBADMSG : (int)count;
}

int dhcp4_get_search(const struct dhcp4_message *message, char (*names)[DHCP_NAME_SIZE], size_t max)
{
	struct wire_reader reader = dhcp4_option(message, DHCP4_SEARCH);

	if (!message->present[DHCP4_SEARCH])
		return -ENOENT;
	return dhcp_name_get_list(&reader, DHCP_NAME_COMPRESSED, names, max);
}

int dhcp4_get_fqdn(const struct dhcp4_message *message, struct dhcp_fqdn *fqdn)
{
	struct wire_reader reader = dhcp4_option(message, DHCP4_FQDN);
	size_t len;

	if (!message->present[DHCP4_FQDN])
		return -ENOENT;
	memset(fqdn, 0, sizeof(*fqdn));
	fqdn->flags = wire_u8(&reader);
	wire_skip(&reader, 2); /* two result codes, not used any more */
	if (reader.error)
		return -EBADMSG;
	if (fqdn->flags & DHCP_FQDN_E)
		return dhcp_name_get(&reader, DHCP_NAME_PARTIAL, fqdn->name);
	len = wire_left(&reader);
	return len == 0 ? 0 : dhcp_name_copy(fqdn->name, wire_take(&reader, len), len);
}

void dhcp4_put_fqdn(struct wire_writer *writer, uint8_t flags, const char *name)
{
	size_t begun;

	wire_put_u8(writer, DHCP4_FQDN);
	begun = wire_begin_u8(writer);
	wire_put_u8(writer, flags);
	wire_put_u16(writer, 0);
	if (flags & DHCP_FQDN_E) {
		if (dhcp_name_put(writer, name) < 0)
			writer->error = true;
	} else {
		wire_put_bytes(writer, name, strlen(name) + 1);
	}
	wire_end_u8(writer, begun);
}
