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

/* Linux 6.2; Debian 12's headers are older than the kernels that the program may meet. */
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

#define OFFLOAD_FRAMES_MAX   128   /* frames that one call emits at the most */
#define OFFLOAD_HEADERS_ROOM 16384 /* for the copied headers of all of them */

/* Frames to send: for each, a copy of the headers and a piece of the payload in the input. Headers
 * are packed one after the other, so that the usual 54 to 86 bytes cost no more cache lines than
 * they must and a chain of extension headers finds room too. Set count and used to 0 before the
 * first call and after sending. */
struct offload_out {
	unsigned int count;
	size_t used;                              /* of `headers` */
	unsigned char pieces[OFFLOAD_FRAMES_MAX]; /* 1 or 2 */
	struct iovec piece[OFFLOAD_FRAMES_MAX][2];
	unsigned char headers[OFFLOAD_HEADERS_ROOM];
};

/* A cutter goes through one packet of the kernel; a packet that makes more than OFFLOAD_FRAMES_MAX
 * frames is cut in several calls. */
struct offload_cut {
	unsigned char *frame; /* borrowed until the last call; its checksum field may be written */
	size_t len;
	struct virtio_net_hdr hdr;
	/* What the first call found out: private. */
	bool started, ipv6, udp;
	size_t l3, l4, payload;  /* offsets of the headers and of what they carry */
	size_t end;              /* of the payload */
	size_t next;             /* first byte that no frame has carried yet */
	size_t segment;          /* payload of each frame but the last */
	uint32_t sequence;       /* TCP: of the first frame */
	uint16_t id;             /* IPv4: of the next frame */
	uint64_t ip_sum, l4_sum; /* checksums of what the headers of all frames have in common */
};

/* `hdr` is in native byte order, as the kernel hands it over without IFF_VNET_LE. */
void offload_cut_init(
    struct offload_cut *cut, const struct virtio_net_hdr *hdr, unsigned char *frame, size_t len);

/* Appends frames to `out` while there is room. Returns true when the packet is used up; false:
 * send what is in `out`, empty it, call again. A packet whose header does not fit its bytes is
 * dropped (true, nothing appended, *bad set). */
bool offload_cut_run(struct offload_cut *cut, struct offload_out *out, bool *bad);

/* A joiner collects frames that came from the network in one burst and gives packets for the
 * kernel. Only segments that a receiver could not tell from a retransmission of the whole by the
 * sender are joined: same flow, same headers but length, id, sequence and checksum, next sequence
 * number, full-sized but the last, flags ACK (and PSH at the end), valid checksums. The order of
 * packets within a flow is kept. */
#define OFFLOAD_JOIN_FLOWS  16
#define OFFLOAD_JOIN_PIECES 64 /* as UDP_MAX_SEGMENTS: kernels before 6.9 refuse more datagrams */

/* Ready for writev: iov[0] is `hdr`, iov[1] begins with the (rewritten) headers. */
struct offload_packet {
	struct virtio_net_hdr hdr; /* native byte order */
	struct iovec iov[1 + OFFLOAD_JOIN_PIECES];
	unsigned int iovs;   /* used in iov, iov[0] included */
	unsigned int frames; /* how many were joined */
	size_t len;          /* of the frame, without hdr */
};

/* The caller gives the memory: offload_join_size() bytes, aligned as malloc's. `offloads` are the
 * TUN_F_* bits of the port: what it does not take is not joined; without TUN_F_CSUM nothing is. */
struct offload_join;
size_t offload_join_size(void);
void offload_join_init(struct offload_join *join, unsigned int offloads);

/* Calls `emit` for each packet that is complete: either because `frame` cannot be joined to what is
 * held, or on flush. Frames are borrowed and written to (headers) until they were emitted; a frame
 * that stays alone is emitted unchanged, its virtio_net_hdr all zeros. The packet is valid during
 * the call of `emit` only, and may be written to. */
typedef void offload_emit(void *arg, struct offload_packet *packet);
void offload_join_frame(
    struct offload_join *join, unsigned char *frame, size_t len, offload_emit *emit, void *arg);
void offload_join_flush(struct offload_join *join, offload_emit *emit, void *arg);

#endif
