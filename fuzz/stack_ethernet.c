/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any frames at all: Ethernet, 802.1Q, ARP, and whatever the mutations make of them. */
#include "ip6.h"
#include "stack_common.h"

static size_t make(uint8_t flags, const uint8_t *data, size_t size, uint8_t *frame)
{
	memcpy(frame, data, size);
	return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_run(data, size, make);
}
