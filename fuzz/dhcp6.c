/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DHCPv6 messages: each parsed, each value asked for. */
#include <stdint.h>
#include <stdlib.h>

#include "dhcp6.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char names[4][DHCP_NAME_SIZE];
	struct dhcp6_message message;
	struct wire_reader value, walk;
	uint8_t addresses[4][16], byte;
	struct dhcp_duid duid;
	struct dhcp6_ia ia;
	uint16_t code, half;
	uint32_t number;
	int count;

	if (dhcp6_parse(&message, data, size) < 0)
		return 0;
	walk = message.options;
	while (dhcp6_next(&walk, &code, &value)) {
		struct wire_reader found;

		require(dhcp6_find(message.options, code, &found));
		(void)dhcp6_get_u8(message.options, code, &byte);
		(void)dhcp6_get_u16(message.options, code, &half);
		(void)dhcp6_get_u32(message.options, code, &number);
		if (dhcp6_get_duid(message.options, code, &duid) == 0)
			require(duid.len >= 3 && duid.len <= DHCP_DUID_MAX);
		require(dhcp6_get_addresses(message.options, code, addresses, 4) <= 4);
		count = dhcp6_get_names(message.options, code, names, 4);
		for (int i = 0; i < count; i++)
			require(dhcp_name_is_valid(names[i]));
		if (code == DHCP6_IA_NA && dhcp6_get_ia(message.options, wire_u32(&value), &ia) == 0) {
			require(ia.count <= DHCP6_ADDRESSES_MAX);
			for (size_t i = 0; i < ia.count; i++)
				require(ia.addresses[i].preferred <= ia.addresses[i].valid);
		}
	}
	require(!walk.error); /* dhcp6_parse has seen them all */
	(void)dhcp6_get_status(message.options);
	return 0;
}
