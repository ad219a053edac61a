/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DHCP unique identifiers (RFC 8415, 11). */
#include <string.h>

#include "dhcp6.h"

#define HARDWARE_ETHERNET 1

enum { DUID_LLT = 1, DUID_LL = 3, DUID_UUID = 4 };

struct dhcp_duid dhcp_duid_llt(const uint8_t mac[6], uint32_t seconds_since_2000)
{
	struct dhcp_duid duid = {0};
	struct wire_writer writer = wire_writer(duid.bytes, sizeof(duid.bytes));

	wire_put_u16(&writer, DUID_LLT);
	wire_put_u16(&writer, HARDWARE_ETHERNET);
	wire_put_u32(&writer, seconds_since_2000);
	wire_put_bytes(&writer, mac, 6);
	duid.len = writer.at;
	return duid;
}

struct dhcp_duid dhcp_duid_ll(const uint8_t mac[6])
{
	struct dhcp_duid duid = {0};
	struct wire_writer writer = wire_writer(duid.bytes, sizeof(duid.bytes));

	wire_put_u16(&writer, DUID_LL);
	wire_put_u16(&writer, HARDWARE_ETHERNET);
	wire_put_bytes(&writer, mac, 6);
	duid.len = writer.at;
	return duid;
}

bool dhcp_duid_equal(const struct dhcp_duid *one, const struct dhcp_duid *other)
{
	return one->len == other->len && memcmp(one->bytes, other->bytes, one->len) == 0;
}
