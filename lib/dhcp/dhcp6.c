/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DHCPv6 messages and options: see dhcp6.h. */
#include "dhcp6.h"

#include <errno.h>
#include <string.h>

bool dhcp6_next(struct wire_reader *options, uint16_t *code, struct wire_reader *value)
{
	if (wire_left(options) == 0)
		return false;
	*code = wire_u16(options);
	*value = wire_sub(options, wire_u16(options));
	return !options->error;
}

/* Are these options from beginning to end? */
static bool is_whole(struct wire_reader options)
{
	struct wire_reader value;
	uint16_t code;

	while (dhcp6_next(&options, &code, &value))
		;
	return !options.error;
}

int dhcp6_parse(struct dhcp6_message *message, const void *payload, size_t len)
{
	struct wire_reader reader = wire_reader(payload, len);

	message->type = wire_u8(&reader);
	message->xid = wire_u24(&reader);
	message->options = wire_sub(&reader, wire_left(&reader));
	return reader.error || !is_whole(message->options) ? -EBADMSG : 0;
}

bool dhcp6_find(struct wire_reader options, uint16_t code, struct wire_reader *value)
{
	uint16_t found;

	while (dhcp6_next(&options, &found, value)) {
		if (found == code)
			return true;
	}
	return false;
}

int dhcp6_get_duid(struct wire_reader options, uint16_t code, struct dhcp_duid *duid)
{
	struct wire_reader value;

	duid->len = 0;
	if (!dhcp6_find(options, code, &value))
		return -ENOENT;
	/* A type and something: RFC 8415, 11.1. */
	if (value.len < 3 || value.len > DHCP_DUID_MAX)
		return -EBADMSG;
	duid->len = value.len;
	wire_bytes(&value, duid->bytes, duid->len);
	return 0;
}

static int get_exact(
    struct wire_reader options, uint16_t code, size_t len, struct wire_reader *value)
{
	if (!dhcp6_find(options, code, value))
		return -ENOENT;
	return value->len == len ? 0 : -EBADMSG;
}

int dhcp6_get_u8(struct wire_reader options, uint16_t code, uint8_t *value)
{
	struct wire_reader reader;
	int error = get_exact(options, code, 1, &reader);

	if (!error)
		*value = wire_u8(&reader);
	return error;
}

int dhcp6_get_u16(struct wire_reader options, uint16_t code, uint16_t *value)
{
	struct wire_reader reader;
	int error = get_exact(options, code, 2, &reader);

	if (!error)
		*value = wire_u16(&reader);
	return error;
}

int dhcp6_get_u32(struct wire_reader options, uint16_t code, uint32_t *value)
{
	struct wire_reader reader;
	int error = get_exact(options, code, 4, &reader);

	if (!error)
		*value = wire_u32(&reader);
	return error;
}

int dhcp6_get_addresses(
    struct wire_reader options, uint16_t code, uint8_t (*addresses)[16], size_t max)
{
	struct wire_reader value;
	size_t count = 0;

	if (!dhcp6_find(options, code, &value))
		return -ENOENT;
	if (value.len == 0 || value.len % 16 != 0)
		return -EBADMSG;
	while (wire_left(&value) > 0 && count < max)
		wire_bytes(&value, addresses[count++], 16);
	return (int)count;
}

int dhcp6_get_names(
    struct wire_reader options, uint16_t code, char (*names)[DHCP_NAME_SIZE], size_t max)
{
	struct wire_reader value;

	if (!dhcp6_find(options, code, &value))
		return -ENOENT;
	return dhcp_name_get_list(&value, 0, names, max); /* never compressed: RFC 8415, 10 */
}

int dhcp6_get_status(struct wire_reader options)
{
	struct wire_reader value;
	int status;

	if (!dhcp6_find(options, DHCP6_STATUS_CODE, &value))
		return DHCP6_SUCCESS;
	status = wire_u16(&value);
	return value.error ? -EBADMSG : status;
}

/* The addresses of an IA; what is malformed is passed over (RFC 8415, 16). */
static void get_ia_addresses(struct wire_reader options, struct dhcp6_ia *ia)
{
	struct wire_reader value;
	uint16_t code;

	while (dhcp6_next(&options, &code, &value) && ia->count < DHCP6_ADDRESSES_MAX) {
		struct dhcp6_address *address = &ia->addresses[ia->count];
		struct wire_reader inner;

		if (code != DHCP6_IAADDR)
			continue;
		wire_bytes(&value, address->address, 16);
		address->preferred = wire_u32(&value);
		address->valid = wire_u32(&value);
		inner = wire_sub(&value, wire_left(&value));
		if (value.error || !is_whole(inner) || address->preferred > address->valid)
			continue;
		address->status = dhcp6_get_status(inner);
		ia->count++;
	}
}

int dhcp6_read_ia(struct wire_reader value, struct dhcp6_ia *ia)
{
	struct wire_reader inner;

	memset(ia, 0, sizeof(*ia));
	ia->iaid = wire_u32(&value);
	ia->t1 = wire_u32(&value);
	ia->t2 = wire_u32(&value);
	inner = wire_sub(&value, wire_left(&value));
	/* "T1 > T2, with both greater than 0: invalid": RFC 8415, 21.4. */
	if (value.error || !is_whole(inner) || (ia->t1 > ia->t2 && ia->t2 > 0))
		return -EBADMSG;
	ia->status = dhcp6_get_status(inner);
	get_ia_addresses(inner, ia);
	return ia->status < 0 ? -EBADMSG : 0;
}

int dhcp6_get_ia(struct wire_reader options, uint32_t iaid, struct dhcp6_ia *ia)
{
	struct wire_reader value;
	uint16_t code;

	while (dhcp6_next(&options, &code, &value)) {
		struct wire_reader head = value;

		if (code != DHCP6_IA_NA)
			continue;
		if (wire_u32(&head) != iaid && wire_left(&head) >= 8)
			continue; /* another one */
		return dhcp6_read_ia(value, ia);
	}
	return -ENOENT;
}

int dhcp6_relay_parse(struct dhcp6_relay *relay, const void *payload, size_t len)
{
	struct wire_reader reader = wire_reader(payload, len);

	relay->type = wire_u8(&reader);
	relay->hops = wire_u8(&reader);
	wire_bytes(&reader, relay->link, 16);
	wire_bytes(&reader, relay->peer, 16);
	relay->options = wire_sub(&reader, wire_left(&reader));
	if (reader.error || (relay->type != DHCP6_RELAY_FORWARD && relay->type != DHCP6_RELAY_REPLY))
		return -EBADMSG;
	return is_whole(relay->options) ? 0 : -EBADMSG;
}

/* ---- writing ---- */

void dhcp6_put_header(struct wire_writer *writer, uint8_t type, uint32_t xid)
{
	wire_put_u8(writer, type);
	wire_put_u24(writer, xid & 0xffffff);
}

size_t dhcp6_begin(struct wire_writer *writer, uint16_t code)
{
	wire_put_u16(writer, code);
	return wire_begin_u16(writer);
}

void dhcp6_put(struct wire_writer *writer, uint16_t code, const void *data, size_t len)
{
	size_t begun = dhcp6_begin(writer, code);

	wire_put_bytes(writer, data, len);
	wire_end_u16(writer, begun);
}

void dhcp6_put_u16(struct wire_writer *writer, uint16_t code, uint16_t value)
{
	size_t begun = dhcp6_begin(writer, code);

	wire_put_u16(writer, value);
	wire_end_u16(writer, begun);
}

void dhcp6_put_duid(struct wire_writer *writer, uint16_t code, const struct dhcp_duid *duid)
{
	dhcp6_put(writer, code, duid->bytes, duid->len);
}

void dhcp6_put_fqdn(struct wire_writer *writer, uint8_t flags, const char *name)
{
	size_t begun = dhcp6_begin(writer, DHCP6_FQDN);

	wire_put_u8(writer, flags);
	if (dhcp_name_put(writer, name) < 0)
		writer->error = true;
	wire_end_u16(writer, begun);
}

void dhcp6_put_address(
    struct wire_writer *writer, const uint8_t address[16], uint32_t preferred, uint32_t valid)
{
	size_t begun = dhcp6_begin(writer, DHCP6_IAADDR);

	wire_put_bytes(writer, address, 16);
	wire_put_u32(writer, preferred);
	wire_put_u32(writer, valid);
	wire_end_u16(writer, begun);
}

void dhcp6_put_status(struct wire_writer *writer, uint16_t status, const char *text)
{
	size_t begun = dhcp6_begin(writer, DHCP6_STATUS_CODE);

	wire_put_u16(writer, status);
	wire_put_bytes(writer, text, strlen(text));
	wire_end_u16(writer, begun);
}

void dhcp6_relay_put_header(struct wire_writer *writer, const struct dhcp6_relay *relay)
{
	wire_put_u8(writer, relay->type);
	wire_put_u8(writer, relay->hops);
	wire_put_bytes(writer, relay->link, 16);
	wire_put_bytes(writer, relay->peer, 16);
}
