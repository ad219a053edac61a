/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fuzz target: the gate before retired addresses. A record is a length of one byte and as many
 * bytes of a frame, behind a byte that says which parts of a good one are put over it. Frames to
 * the closed address from a stranger never pass but as ICMPv6 that the kernel does not answer. */
#include "gate.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t retired[16] = {0xfd, [15] = 5}, other[16] = {0xfd, [15] = 1};
static const uint8_t peer[16] = {0xfd, [15] = 2}, stranger[16] = {0xfd, [15] = 3};

static void put_over(uint8_t *frame, size_t len, uint8_t parts)
{
	static const uint8_t group[16] = {0xff, 2, [11] = 1, 0xff, [15] = 5};
	const uint8_t *const destinations[] = {retired, group, other, retired};

	if (len < 54)
		return;
	frame[12] = 0x86;
	frame[13] = 0xdd;
	frame[14] = 0x60;
	memcpy(frame + 22, parts & 1 ? peer : stranger, 16);
	memcpy(frame + 38, destinations[parts >> 1 & 3], 16);
	if (parts & 8)
		frame[20] = 58;
	if (len >= 78 && parts & 16)
		memcpy(frame + 62, retired, 16);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_flow flow = {.protocol = 6, .local_port = 80, .remote_port = 5555};
	struct gate *gate;

	if (gate_new(&gate) < 0)
		return 0;
	memcpy(flow.local, retired, 16);
	memcpy(flow.remote, peer, 16);
	if (gate_add(gate, retired, 0) < 0 || gate_add_flow(gate, &flow) < 0)
		abort();
	gate_close(gate, retired);
	while (size >= 2) {
		uint8_t parts = data[0];
		size_t len = data[1] < size - 2 ? data[1] : size - 2;
		uint8_t *frame = malloc(len ? len : 1);

		if (!frame)
			break;
		memcpy(frame, data + 2, len);
		put_over(frame, len, parts);
		/* From a stranger, whose MAC address no flow came from: its frames have not passed. */
		if (gate_lets_in(gate, frame, len) && len >= 55 && !(parts & 1) &&
		    memcmp(frame + 38, retired, 16) == 0 && frame[14] >> 4 == 6 && frame[20] != 58)
			abort();
		/* Errors do not leave, whoever they are for. */
		if (len >= 55 && frame[12] == 0x86 && frame[13] == 0xdd && frame[14] >> 4 == 6) {
			memcpy(frame + 22, retired, 16);
			if (gate_lets_out(gate, frame, len) && frame[20] == 58 && frame[54] < 128)
				abort();
		}
		free(frame);
		data += 2 + len;
		size -= 2 + len;
	}
	gate_free(gate);
	return 0;
}
