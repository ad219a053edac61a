/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ICMP and ICMPv6 with good checksums: echoes, and errors that quote packets. */
#include "ip6.h"
#include "stack_common.h"

static size_t make(uint8_t flags, const uint8_t *data, size_t size, uint8_t *frame)
{
	struct px_ip src = px_ip_parse("2001:db8::9"), dst = px_ip_parse("2001:db8::1");
	size_t len;

	if (flags & 2) {
		len = fuzz_ip6(flags, IPPROTO_ICMPV6, 64, "2001:db8::9", "2001:db8::1", data, size, frame);
		fuzz_checksum(frame + ETHER_HEADER + IP6_HEADER, size, 2,
		    ip_pseudo_header(&src, &dst, IPPROTO_ICMPV6, (uint32_t)size));
		return len;
	}
	len = fuzz_ip4(flags, IPPROTO_ICMP, 64, "10.0.0.1", data, size, frame);
	fuzz_checksum(frame + ETHER_HEADER + IP4_HEADER, size, 2, 0);
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_run(data, size, make);
}
