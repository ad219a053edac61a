/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fragments of few datagrams: a record's first four bytes say which, where and whether more follow.
 */
#include "ip6.h"
#include "stack_common.h"

static size_t make(uint8_t flags, const uint8_t *data, size_t size, uint8_t *frame)
{
	static const char *const sources[] = {"10.0.0.9", "10.0.0.10"};
	uint8_t payload[2048 + IP6_FRAGMENT];
	uint16_t offset;
	bool more;

	if (size < 4) {
		memset(frame, 0, 4);
		return 4;
	}
	offset = (uint16_t)(data[0] | data[1] << 8);
	more = data[2] & 1;
	if (flags & 2) {
		struct ip6_fragment_header header = {.next = data[2] & 2 ? IPPROTO_UDP : data[3],
		    .offset = (uint16_t)(offset * 8),
		    .more = more,
		    .id = data[2] >> 4};
		ip6_fragment_write(payload, &header);
		memcpy(payload + IP6_FRAGMENT, data + 4, size - 4);
		return fuzz_ip6(flags, IPPROTO_FRAGMENT, 64, "2001:db8::9", "2001:db8::1", payload,
		    size - 4 + IP6_FRAGMENT, frame);
	}
	struct ip4_header header = {.protocol = data[2] & 2 ? IPPROTO_UDP : data[3],
	    .ttl = 64,
	    .id = data[2] >> 4,
	    .fragment = (uint16_t)((offset & IP4_OFFSET) | (more ? IP4_MF : 0)),
	    .total_len = (uint16_t)(IP4_HEADER + size - 4),
	    .src = px_ip_parse(sources[data[2] >> 3 & 1]),
	    .dst = px_ip_parse("10.0.0.1")};
	fuzz_ether(flags, px_ip_bytes(&header.dst), true, frame);
	ip4_write(frame + ETHER_HEADER, &header, NULL, 0);
	memcpy(frame + ETHER_HEADER + IP4_HEADER, data + 4, size - 4);
	return ETHER_HEADER + IP4_HEADER + size - 4;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_run(data, size, make);
}
