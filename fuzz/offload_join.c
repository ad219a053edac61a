/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fuzz target: joining a burst. Input: one byte of offload bits, then frames: a length of two bytes
 * (big-endian; longer than the rest: all of the rest) and the bytes.
 *
 * Every frame must come out again: alone and unchanged, or as a piece of a packet, whose headers
 * cutting takes back and makes as many frames of as came.
 */
#include <offload.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRAMES_MAX 200

struct run {
	const uint8_t *original[FRAMES_MAX];
	unsigned char *frame[FRAMES_MAX];
	size_t len[FRAMES_MAX];
	unsigned int emitted[FRAMES_MAX];
	unsigned int count;
};

static void check(bool condition)
{
	if (!condition)
		abort();
}

/* Which frame this memory belongs to. */
static unsigned int frame_of(const struct run *run, const struct iovec *piece)
{
	const unsigned char *base = piece->iov_base;

	for (unsigned int i = 0; i < run->count; i++)
		if (base >= run->frame[i] && base + piece->iov_len <= run->frame[i] + run->len[i])
			return i;
	abort();
}

static void check_cut(struct offload_packet *packet)
{
	static struct offload_out out;
	struct offload_cut cut;
	unsigned int frames = 0;
	bool done, bad;
	unsigned char *whole = malloc(packet->len), *at = whole;

	check(whole != NULL);
	for (unsigned int i = 1; i < packet->iovs; i++) {
		memcpy(at, packet->iov[i].iov_base, packet->iov[i].iov_len);
		at += packet->iov[i].iov_len;
	}
	check(at == whole + packet->len);
	offload_cut_init(&cut, &packet->hdr, whole, packet->len);
	do {
		out.count = 0;
		out.used = 0;
		done = offload_cut_run(&cut, &out, &bad);
		check(!bad);
		frames += out.count;
	} while (!done);
	check(frames == packet->frames);
	free(whole);
}

static void collect(void *arg, struct offload_packet *packet)
{
	struct run *run = arg;

	check(packet->iovs == 1 + packet->frames && packet->frames <= OFFLOAD_JOIN_PIECES);
	for (unsigned int i = 1; i < packet->iovs; i++)
		run->emitted[frame_of(run, &packet->iov[i])]++;
	if (packet->frames == 1) {
		unsigned int i = frame_of(run, &packet->iov[1]);
		check(packet->iov[1].iov_len == run->len[i]);
		check(memcmp(run->frame[i], run->original[i], run->len[i]) == 0);
		return;
	}
	check_cut(packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run run;

	if (size < 1)
		return 0;
	struct offload_join *join = malloc(offload_join_size());
	if (!join)
		return 0;
	memset(&run, 0, sizeof(run));
	offload_join_init(join, data[0]);
	data++;
	size--;
	while (size >= 2 && run.count < FRAMES_MAX) {
		size_t len = (size_t)data[0] << 8 | data[1];
		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		unsigned int i = run.count;
		run.frame[i] = malloc(len ? len : 1);
		check(run.frame[i] != NULL);
		memcpy(run.frame[i], data, len);
		run.original[i] = data;
		run.len[i] = len;
		run.count++;
		offload_join_frame(join, run.frame[i], len, collect, &run);
		data += len;
		size -= len;
	}
	offload_join_flush(join, collect, &run);
	for (unsigned int i = 0; i < run.count; i++) {
		check(run.emitted[i] == 1);
		free(run.frame[i]);
	}
	free(join);
	return 0;
}
