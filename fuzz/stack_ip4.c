/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IPv4 packets with a good header checksum: options, fragments, lengths, UDP behind them. */
#include "ip6.h"
#include "stack_common.h"

static size_t make(uint8_t flags, const uint8_t *data, size_t size, uint8_t *frame)
{
	uint8_t *packet = frame + ETHER_HEADER;
	size_t header_len;

	memcpy(packet, data, size);
	if (size < IP4_HEADER) {
		memset(frame, 0, ETHER_HEADER);
		return size;
	}
	fuzz_ether(flags, packet + 16, true, frame);
	header_len = (size_t)(packet[0] & 0x0f) * 4;
	if (header_len >= IP4_HEADER && header_len <= size)
		fuzz_checksum(packet, header_len, 10, 0);
	if (flags & 2) { /* the length that it has */
		packet[2] = (uint8_t)(size >> 8);
		packet[3] = (uint8_t)size;
		if (header_len >= IP4_HEADER && header_len <= size)
			fuzz_checksum(packet, header_len, 10, 0);
	}
	return ETHER_HEADER + size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_run(data, size, make);
}
