/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IPv6 packets: extension headers in any order, lengths, UDP behind them. */
#include "ip6.h"
#include "stack_common.h"

static size_t make(uint8_t flags, const uint8_t *data, size_t size, uint8_t *frame)
{
	uint8_t *packet = frame + ETHER_HEADER;

	memcpy(packet, data, size);
	if (size < IP6_HEADER) {
		memset(frame, 0, ETHER_HEADER);
		return size;
	}
	fuzz_ether(flags, packet + 24, false, frame);
	if (flags & 2) {
		packet[4] = (uint8_t)((size - IP6_HEADER) >> 8);
		packet[5] = (uint8_t)(size - IP6_HEADER);
	}
	return ETHER_HEADER + size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_run(data, size, make);
}
