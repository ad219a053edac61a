/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IGMP and MLD: queries and reports of all versions with good checksums. */
#include "ip6.h"
#include "stack_common.h"

static size_t make(uint8_t flags, const uint8_t *data, size_t size, uint8_t *frame)
{
	static const uint8_t alert[8] = {IPPROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0};
	struct px_ip src = px_ip_parse("fe80::99"), dst = px_ip_parse("ff02::1");
	uint8_t payload[2048 + 8];
	size_t len;

	if (flags & 2) {
		memcpy(payload, alert, sizeof(alert));
		memcpy(payload + sizeof(alert), data, size);
		if (size)
			payload[8] = (uint8_t)(data[0] % 5 == 4 ? 143 : 130 + data[0] % 5);
		fuzz_checksum(
		    payload + 8, size, 2, ip_pseudo_header(&src, &dst, IPPROTO_ICMPV6, (uint32_t)size));
		return fuzz_ip6(0, IPPROTO_HOPOPTS, 1, "fe80::99", "ff02::1", payload, size + 8, frame);
	}
	len = fuzz_ip4(0, IPPROTO_IGMP, 1, flags & 4 ? "239.1.1.1" : "224.0.0.1", data, size, frame);
	fuzz_checksum(frame + ETHER_HEADER + IP4_HEADER, size, 2, 0);
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_run(data, size, make);
}
