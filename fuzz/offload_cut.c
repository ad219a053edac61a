/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fuzz target: cutting a packet. Input: a virtio_net_hdr of 10 bytes, then the frame.
 *
 * Beyond staying inside its memory, a cut must lose and invent nothing: the second pieces of all
 * frames are the packet's payload from end to end, and all frames but the last are equally long.
 */
#include <offload.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct offload_out out;
	struct virtio_net_hdr hdr;
	struct offload_cut cut;
	bool done, bad;

	if (size < sizeof(hdr))
		return 0;
	memcpy(&hdr, data, sizeof(hdr));
	size_t len = size - sizeof(hdr);
	unsigned char *frame = malloc(len ? len : 1);
	if (!frame)
		return 0;
	memcpy(frame, data + sizeof(hdr), len);

	const unsigned char *next = NULL;
	size_t headers = 0, emitted = 0;
	bool last = false;
	offload_cut_init(&cut, &hdr, frame, len);
	do {
		out.count = 0;
		out.used = 0;
		done = offload_cut_run(&cut, &out, &bad);
		check(done || out.count > 0);
		check(!bad || out.count == 0);
		for (unsigned int i = 0; i < out.count; i++, emitted++) {
			const struct iovec *piece = out.piece[i];
			check(!last);
			if (out.pieces[i] == 1) {
				check(emitted == 0 && piece[0].iov_base == frame && piece[0].iov_len == len);
				last = true;
				continue;
			}
			if (emitted == 0) {
				headers = piece[0].iov_len;
				next = frame + headers;
			}
			check(piece[0].iov_len == headers && piece[1].iov_base == next);
			check(piece[1].iov_len > 0 && piece[1].iov_len <= hdr.gso_size);
			last = piece[1].iov_len < hdr.gso_size;
			next += piece[1].iov_len;
			check(next <= frame + len);
			/* Read it all. */
			static unsigned char copy[1 << 17];
			check(headers + piece[1].iov_len <= sizeof(copy));
			memcpy(copy, piece[0].iov_base, headers);
			memcpy(copy + headers, piece[1].iov_base, piece[1].iov_len);
		}
	} while (!done);
	check(bad || len == 0 || emitted > 0);
	free(frame);
	return 0;
}
