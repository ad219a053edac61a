/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DHCPv4 messages: header and options. The values of options are in dhcp4_value.c. */
#include "dhcp4.h"

#include <errno.h>
#include <string.h>

#define COOKIE         0x63825363 /* RFC 2131, 3 */
#define SNAME_LEN      64
#define FILE_LEN       128
#define OVERLOAD_FILE  1 /* RFC 2132, 9.3 */
#define OVERLOAD_SNAME 2

/* Goes through one field of options. Without `store` it only adds up their lengths; with it the
 * bytes are put behind those that each option has already. 0 or -EBADMSG. */
static int gather(struct dhcp4_message *message, struct wire_reader field, bool store)
{
	while (wire_left(&field) > 0) {
		uint8_t code = wire_u8(&field);
		const uint8_t *bytes;
		uint8_t len;

		if (code == DHCP4_PAD)
			continue;
		if (code == DHCP4_END)
			return 0;
		len = wire_u8(&field);
		bytes = wire_take(&field, len);
		if (!bytes)
			return -EBADMSG;
		message->present[code] = true;
		if (store)
			memcpy(
			    message->data + message->option[code].at + message->option[code].len, bytes, len);
		message->option[code].len = (uint16_t)(message->option[code].len + len);
	}
	return 0;
}

/* Turns the lengths into places. Together they are not longer than the fields, which the caller
 * has compared with DHCP4_OPTIONS_MAX. */
static void place(struct dhcp4_message *message)
{
	uint16_t at = 0;

	for (int code = 0; code < 256; code++) {
		message->option[code].at = at;
		at = (uint16_t)(at + message->option[code].len);
		message->option[code].len = 0;
	}
}

/* Which of the fixed fields hold options, too. It is looked for in the options alone: the field
 * that it names cannot say so itself. */
static int find_overload(struct wire_reader options, uint8_t *overload)
{
	*overload = 0;
	while (wire_left(&options) > 0) {
		uint8_t code = wire_u8(&options);
		struct wire_reader value;

		if (code == DHCP4_PAD)
			continue;
		if (code == DHCP4_END)
			return 0;
		value = wire_sub(&options, wire_u8(&options));
		if (code == DHCP4_OVERLOAD)
			*overload = wire_u8(&value) & 3;
	}
	return options.error ? -EBADMSG : 0;
}

static void read_header(struct wire_reader *reader, struct dhcp4_header *header)
{
	header->op = wire_u8(reader);
	header->htype = wire_u8(reader);
	header->hlen = wire_u8(reader);
	header->hops = wire_u8(reader);
	header->xid = wire_u32(reader);
	header->secs = wire_u16(reader);
	header->flags = wire_u16(reader);
	wire_bytes(reader, header->ciaddr, 4);
	wire_bytes(reader, header->yiaddr, 4);
	wire_bytes(reader, header->siaddr, 4);
	wire_bytes(reader, header->giaddr, 4);
	wire_bytes(reader, header->chaddr, sizeof(header->chaddr));
}

int dhcp4_parse(struct dhcp4_message *message, const void *payload, size_t len)
{
	struct wire_reader reader = wire_reader(payload, len);
	struct wire_reader sname, file, options;
	uint8_t overload;

	memset(message, 0, sizeof(*message));
	read_header(&reader, &message->header);
	sname = wire_sub(&reader, SNAME_LEN);
	file = wire_sub(&reader, FILE_LEN);
	if (wire_u32(&reader) != COOKIE || reader.error || message->header.hlen > 16)
		return -EBADMSG;
	options = wire_sub(&reader, wire_left(&reader));
	if (wire_left(&options) + SNAME_LEN + FILE_LEN > DHCP4_OPTIONS_MAX)
		return -EBADMSG;
	if (find_overload(options, &overload) < 0)
		return -EBADMSG;
	/* The order of the fields in which pieces are put together: RFC 3396, 5. */
	for (int store = 0; store < 2; store++) {
		if (gather(message, options, store) < 0 ||
		    ((overload & OVERLOAD_FILE) && gather(message, file, store) < 0) ||
		    ((overload & OVERLOAD_SNAME) && gather(message, sname, store) < 0))
			return -EBADMSG;
		if (!store)
			place(message);
	}
	if (dhcp4_get_u8(message, DHCP4_MESSAGE_TYPE, &message->type) == -EBADMSG)
		return -EBADMSG;
	return 0;
}

struct wire_reader dhcp4_option(const struct dhcp4_message *message, uint8_t code)
{
	return wire_reader(message->data + message->option[code].at, message->option[code].len);
}

void dhcp4_put_header(struct wire_writer *writer, const struct dhcp4_header *header)
{
	wire_put_u8(writer, header->op);
	wire_put_u8(writer, header->htype);
	wire_put_u8(writer, header->hlen);
	wire_put_u8(writer, header->hops);
	wire_put_u32(writer, header->xid);
	wire_put_u16(writer, header->secs);
	wire_put_u16(writer, header->flags);
	wire_put_bytes(writer, header->ciaddr, 4);
	wire_put_bytes(writer, header->yiaddr, 4);
	wire_put_bytes(writer, header->siaddr, 4);
	wire_put_bytes(writer, header->giaddr, 4);
	wire_put_bytes(writer, header->chaddr, sizeof(header->chaddr));
	wire_put_zeros(writer, SNAME_LEN + FILE_LEN);
	wire_put_u32(writer, COOKIE);
}

void dhcp4_put(struct wire_writer *writer, uint8_t code, const void *data, size_t len)
{
	struct wire_reader reader = wire_reader(data, len); /* also of nothing: NULL and 0 */

	do {
		size_t piece = wire_left(&reader) > 255 ? 255 : wire_left(&reader);

		wire_put_u8(writer, code);
		wire_put_u8(writer, (uint8_t)piece);
		wire_put_bytes(writer, wire_take(&reader, piece), piece);
	} while (wire_left(&reader) > 0);
}

void dhcp4_put_u8(struct wire_writer *writer, uint8_t code, uint8_t value)
{
	dhcp4_put(writer, code, &value, 1);
}

void dhcp4_put_u16(struct wire_writer *writer, uint8_t code, uint16_t value)
{
	wire_put_u8(writer, code);
	wire_put_u8(writer, 2);
	wire_put_u16(writer, value);
}

void dhcp4_put_u32(struct wire_writer *writer, uint8_t code, uint32_t value)
{
	wire_put_u8(writer, code);
	wire_put_u8(writer, 4);
	wire_put_u32(writer, value);
}

void dhcp4_put_end(struct wire_writer *writer)
{
	wire_put_u8(writer, DHCP4_END);
}
