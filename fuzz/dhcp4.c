/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DHCPv4 messages: each parsed, each value asked for, what was understood written again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dhcp4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void ask_all(const struct dhcp4_message *message)
{
	uint8_t addresses[8][4], byte;
	struct dhcp4_route routes[8];
	char names[8][DHCP_NAME_SIZE];
	struct dhcp_fqdn fqdn;
	unsigned int len;
	uint16_t half;
	uint32_t number;
	int count;

	for (int code = 0; code < 256; code++) {
		struct wire_reader reader = dhcp4_option(message, (uint8_t)code);

		require(message->present[code] || reader.len == 0);
		require((size_t)message->option[code].at + reader.len <= sizeof(message->data));
		(void)dhcp4_get_u8(message, (uint8_t)code, &byte);
		(void)dhcp4_get_u16(message, (uint8_t)code, &half);
		(void)dhcp4_get_u32(message, (uint8_t)code, &number);
		require(dhcp4_get_addresses(message, (uint8_t)code, addresses, 8) <= 8);
	}
	if (dhcp4_get_mask(message, &len) == 0)
		require(len <= 32);
	require(dhcp4_get_routes(message, routes, 8) <= 8);
	count = dhcp4_get_search(message, names, 8);
	for (int i = 0; i < count; i++)
		require(dhcp_name_is_valid(names[i]));
	if (dhcp4_get_fqdn(message, &fqdn) == 0)
		require(fqdn.name[0] == '\0' || dhcp_name_is_valid(fqdn.name));
}

/* Gathered options that are written and parsed again are the same. */
static void write_again(const struct dhcp4_message *message)
{
	static uint8_t buffer[8192];
	static struct dhcp4_message again;
	struct wire_writer writer = wire_writer(buffer, sizeof(buffer));

	dhcp4_put_header(&writer, &message->header);
	for (int code = 1; code < DHCP4_END; code++) {
		struct wire_reader reader = dhcp4_option(message, (uint8_t)code);

		if (message->present[code] && code != DHCP4_OVERLOAD)
			dhcp4_put(&writer, (uint8_t)code, reader.data, reader.len);
	}
	dhcp4_put_end(&writer);
	require(!writer.error);
	if (dhcp4_parse(&again, buffer, writer.at) < 0) {
		/* More than it takes, now that the pieces have headers of their own again. */
		require(writer.at > DHCP4_OPTIONS_MAX);
		return;
	}
	require(memcmp(&again.header, &message->header, sizeof(again.header)) == 0);
	for (int code = 1; code < DHCP4_END; code++) {
		struct wire_reader one = dhcp4_option(message, (uint8_t)code);
		struct wire_reader other = dhcp4_option(&again, (uint8_t)code);

		require(code == DHCP4_OVERLOAD ||
		        (one.len == other.len && memcmp(one.data, other.data, one.len) == 0));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dhcp4_message message;

	if (dhcp4_parse(&message, data, size) < 0)
		return 0;
	ask_all(&message);
	write_again(&message);
	return 0;
}
