/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Neighbour discovery: messages with hop limit 255 and good checksums, from a router, a neighbour,
 * or nobody, to us or to groups. */
#include "ip6.h"
#include "stack_common.h"

static size_t make(uint8_t flags, const uint8_t *data, size_t size, uint8_t *frame)
{
	static const char *const sources[] = {"fe80::99", "2001:db8::9", "::", "fe80::1"};
	static const char *const targets[] = {
	    "ff02::1", "2001:db8::1", "ff02::1:ff00:1", "fe80::ff:fe00:1"};
	const char *from = sources[flags >> 1 & 3], *to = targets[flags >> 3 & 3];
	struct px_ip src = px_ip_parse(from), dst = px_ip_parse(to);
	size_t len = fuzz_ip6(flags, IPPROTO_ICMPV6, 255, from, to, data, size, frame);

	/* Types of ND, whatever stands there. */
	if (size && !(flags & 0x20))
		frame[ETHER_HEADER + IP6_HEADER] = (uint8_t)(133 + data[0] % 5);
	if (size > 1)
		frame[ETHER_HEADER + IP6_HEADER + 1] = 0;
	fuzz_checksum(frame + ETHER_HEADER + IP6_HEADER, size, 2,
	    ip_pseudo_header(&src, &dst, IPPROTO_ICMPV6, (uint32_t)size));
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_run(data, size, make);
}
