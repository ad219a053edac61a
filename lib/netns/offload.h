/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a network card would do for the kernel, in software: cutting large segments into frames with
 * correct checksums (TSO, USO), and joining in-order segments of a flow (GRO). Pure functions over
 * memory: no I/O, no allocation, no clock; every byte of their input may be hostile.
 *
 * IPv4 and IPv6 (with extension headers passed over), TCP and UDP, under any 802.1Q/802.1ad tags.
 * What is not understood passes unchanged.
 */
#ifndef OFFLOAD_H
#define OFFLOAD_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <sys/uio.h>
#include <linux/virtio_net.h>

#define OFFLOAD_HEADERS_MAX 192 /* room for the copied headers of one frame */
#define OFFLOAD_FRAMES_MAX 128  /* frames that one call emits at the most */

/* Frames to send: for each, a copy of the headers and a piece of the payload in the input. */
struct offload_out {
	struct iovec piece[OFFLOAD_FRAMES_MAX][2];
	unsigned char pieces[OFFLOAD_FRAMES_MAX]; /* 1 or 2 */
	unsigned int count;
	unsigned char headers[OFFLOAD_FRAMES_MAX][OFFLOAD_HEADERS_MAX];
};

/* A cutter goes through one packet of the kernel; a packet that makes more than OFFLOAD_FRAMES_MAX
 * frames is cut in several calls. */
struct offload_cut {
	unsigned char *frame; /* borrowed until the last call; its checksum fields may be written */
	size_t len;
	struct virtio_net_hdr hdr;
	size_t offset; /* payload already emitted */
	/* what the first call found out: private */
	size_t headers_len;
	unsigned int segment, l3, l4;
	bool ipv6, udp, started;
};

void offload_cut_init(struct offload_cut *cut, const struct virtio_net_hdr *hdr,
	unsigned char *frame, size_t len);

/* Appends frames to `out` while there is room. Returns true when the packet is used up; false:
 * send what is in `out`, empty it, call again. A packet whose header does not fit its bytes is
 * dropped (true, nothing appended, *bad set). */
bool offload_cut_run(struct offload_cut *cut, struct offload_out *out, bool *bad);

/* A joiner collects frames that came from the network in one burst and gives packets for the
 * kernel. Only segments that a receiver could not tell from a retransmission of the whole by the
 * sender are joined: same flow, same headers but length, id, sequence and checksum, next sequence
 * number, full-sized but the last, flags ACK (and PSH at the end), valid checksums. The order of
 * packets within a flow is kept. */
#define OFFLOAD_JOIN_FLOWS 16
#define OFFLOAD_JOIN_PIECES 64

struct offload_packet {
	struct virtio_net_hdr hdr; /* little-endian is not used: native order, as legacy virtio */
	struct iovec piece[OFFLOAD_JOIN_PIECES]; /* the first holds the (rewritten) headers */
	unsigned int pieces;
	unsigned int frames; /* how many were joined */
	size_t len;
};

struct offload_join;
size_t offload_join_size(void);
void offload_join_init(struct offload_join *join, unsigned int offloads /* TUN_F_* */);

/* Calls `emit` for each packet that is complete: either because `frame` cannot be joined to what is
 * held, or on flush. Frames are borrowed and written to (headers) until they were emitted. */
typedef void offload_emit(void *arg, struct offload_packet *packet);
void offload_join_frame(struct offload_join *join, unsigned char *frame, size_t len,
	offload_emit *emit, void *arg);
void offload_join_flush(struct offload_join *join, offload_emit *emit, void *arg);

#endif
