/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packet buffers.
 *
 * A packet is a linear part with head room, where headers are read and written, and after it up to
 * PX_PKT_SLICES slices of reference-counted blocks, where a payload lies that somebody else keeps
 * too (TCP's send queue) or that did not fit. A link sends it as an iovec; nothing is joined.
 *
 * A super-segment is several TCP segments in one packet. On its way out (`segment`) it has their
 * headers, and nothing else, in the linear part, with the checksum left open: it is cut into frames
 * by the link (link/cut.h). On its way in (`joined`) it is a chain of packets, as they came, that
 * IP hands on as one (ip/join.h).
 *
 * The packet, its block and the block's bytes are one allocation. A clone has its own description
 * and shares the bytes. Bytes are written only while they are not shared (px_pkt_unshare).
 *
 * Reference counts are atomic, because the last reference to received data is dropped by a reader
 * without the stack's lock, but a count of one, the common case, costs a plain load. Everything
 * else in a packet belongs to whoever holds it.
 */
#ifndef CORE_PKT_H
#define CORE_PKT_H

#include "inet.h"
#include "mem.h"

#include <stdatomic.h>
#include <sys/uio.h>

#define PX_PKT_SLICES   6
#define PX_PKT_HEADROOM 128 /* Ethernet, 802.1Q, IPv6, TCP with options: 14 + 4 + 40 + 60 */
#define PX_PKT_MAX      (65535 + 64) /* the largest IP packet in a frame */

struct px_iface;

struct px_block {
	_Atomic uint32_t refs;
	uint32_t room; /* bytes at data */
	uint8_t *data;
	size_t size; /* of the allocation, for the budget */
	struct px_mem *mem;
	/* NULL: back to `mem`. Else memory of somebody else (a ring shared with another process). */
	void (*release)(struct px_block *block);
};

/* A block with room for `room` bytes behind it; one reference. NULL when refused. */
struct px_block *px_block_new(struct px_mem *mem, size_t room);
struct px_block *px_block_ref(struct px_block *block);
void px_block_unref(struct px_block *block);

static inline bool px_block_shared(const struct px_block *block)
{
	return atomic_load_explicit(&block->refs, memory_order_acquire) != 1;
}

struct px_slice {
	struct px_block *block;
	uint32_t offset, len;
};

enum px_pkt_flag {
	PX_PKT_CSUM_VALID = 1 << 0,   /* in: the transport checksum need not be verified */
	PX_PKT_CSUM_PARTIAL = 1 << 1, /* out: see csum_start */
	PX_PKT_BROADCAST = 1 << 2,    /* in: by the link's destination address */
	PX_PKT_MULTICAST = 1 << 3,
	PX_PKT_OTHERHOST = 1 << 4,
	PX_PKT_OUTGOING = 1 << 5, /* a copy of what was sent, for packet sockets */
	PX_PKT_LOOPED = 1 << 6,   /* never left the stack */
	PX_PKT_FORWARDED = 1 << 7,
	PX_PKT_REASSEMBLED = 1 << 8,
	PX_PKT_VLAN = 1 << 9, /* vlan_tci is valid (tag was removed from the bytes) */
	PX_PKT_ATOMIC_FRAGMENT = 1 << 10,
	PX_PKT_ROUTER_ALERT = 1 << 11,
	PX_PKT_ERROR_IN = 1 << 12, /* on an error queue: an error, not data */
	PX_PKT_CE = 1 << 13,       /* a fragment carried Congestion Experienced */
	PX_PKT_RETIRED = 1 << 14,  /* in: for a flow of an address that is no more (ip/retired.c) */
};

struct px_pkt {
	struct px_block own; /* must be first: this very memory */

	struct px_pkt *next;   /* the one queue it is in */
	struct px_pkt *joined; /* behind it in its stream, by `next`; NULL: none */
	struct px_block *block;
	uint8_t *data; /* linear part */
	uint32_t len;
	uint32_t total; /* linear part and slices */
	uint32_t flags; /* enum px_pkt_flag */
	uint16_t slices;
	uint16_t vlan_tci;

	/* Where and when. The interface is borrowed: valid during input or output; what is kept
	 * (a socket's queue) goes by the index. */
	struct px_iface *iface;
	uint32_t ifindex;
	uint16_t segment;  /* bytes of data in each frame but the last; 0: it is one frame */
	uint16_t segments; /* frames that it stands for; 0: one */
	uint64_t time;     /* monotonic; when it came in */

	/* What the layers found, as offsets from block->data. */
	uint32_t l2, l3, l4;
	uint16_t ethertype;
	/* Checksum to be filled in when the link needs it: over the packet from csum_start (offset
	 * from the start of the packet's linear part at the time of the network header's push, kept
	 * as an offset from block->data), stored csum_offset bytes further, where the sum of the
	 * pseudo-header already stands. */
	uint16_t csum_offset;
	uint32_t csum_start;

	/* Of the network header. */
	struct px_ip src, dst;
	uint16_t sport, dport; /* host order */
	uint8_t protocol, ttl, tos;
	uint8_t ip6_nexthdr_offset; /* of the field that named the transport, in the IPv6 headers */
	uint32_t flow_label;

	/* Room for the layer that holds the packet. */
	union {
		uint64_t word[2];
		void *pointer[2];
	} cb;

	struct px_slice slice[PX_PKT_SLICES]; /* last: those that are not in use are not cleared */
};

/* A packet with `headroom` free bytes before and `room` after its (empty) linear part. */
struct px_pkt *px_pkt_new(struct px_mem *mem, size_t headroom, size_t room);

/* Packets of a burst in one allocation, as px_pkt_new makes them with `room[i]` each: for those
 * that are freed by another thread, where an allocator's lock would be fought for at each. It is
 * given back with the last of them, and counted whole until then. Returns whether it was not
 * refused. */
bool px_pkt_new_burst(struct px_mem *mem, size_t headroom, const size_t *room, unsigned int count,
    struct px_pkt **pkts);

void px_pkt_free(struct px_pkt *pkt); /* NULL is allowed; what is joined to it goes with it */

/* It and those behind it by `next`. */
static inline void px_pkt_free_chain(struct px_pkt *pkt)
{
	while (pkt) {
		struct px_pkt *next = pkt->next;

		px_pkt_free(pkt);
		pkt = next;
	}
}

/* Shares all bytes; NULL when refused. */
struct px_pkt *px_pkt_clone(const struct px_pkt *pkt);

/* A copy in bytes of its own, linear, with `headroom` before it. NULL when refused. */
struct px_pkt *px_pkt_copy(const struct px_pkt *pkt, size_t headroom);

/* Makes the linear part this packet's alone, with at least `headroom` before it. 0 or -ENOMEM. */
int px_pkt_unshare(struct px_pkt *pkt, size_t headroom);

/* Moves everything into the linear part (or just the first `len` bytes: px_pkt_pull_linear). */
int px_pkt_linearize(struct px_pkt *pkt);
int px_pkt_pull_linear(struct px_pkt *pkt, size_t len); /* -EBADMSG when it has not as many */

/* Takes off what is joined to it. */
static inline struct px_pkt *px_pkt_unjoin(struct px_pkt *pkt)
{
	struct px_pkt *chain = pkt->joined;

	pkt->joined = NULL;
	pkt->segments = 0;
	return chain;
}

/* Frames, and bytes in them, that it stands for. */
static inline uint32_t px_pkt_frames(const struct px_pkt *pkt)
{
	return pkt->segments ? pkt->segments : 1u;
}

static inline uint32_t px_pkt_frame_bytes(const struct px_pkt *pkt)
{
	return pkt->segment ? pkt->total + (px_pkt_frames(pkt) - 1) * pkt->len : pkt->total;
}

/* What this packet keeps from the budget. */
size_t px_pkt_truesize(const struct px_pkt *pkt);

/* A packet that is to be kept and wastes most of its memory is exchanged for a small copy; where
 * that is refused, stays. */
struct px_pkt *px_pkt_compact(struct px_pkt *pkt);
/* What it keeps from the budget after that. */
size_t px_pkt_kept_size(const struct px_pkt *pkt);

static inline size_t px_pkt_headroom(const struct px_pkt *pkt)
{
	return (size_t)(pkt->data - pkt->block->data);
}

static inline size_t px_pkt_tailroom(const struct px_pkt *pkt)
{
	return pkt->block->room - px_pkt_headroom(pkt) - pkt->len;
}

/* The offset of the linear part, for l2, l3, l4. */
static inline uint32_t px_pkt_here(const struct px_pkt *pkt)
{
	return (uint32_t)(pkt->data - pkt->block->data);
}

static inline uint8_t *px_pkt_at(const struct px_pkt *pkt, uint32_t offset)
{
	return pkt->block->data + offset;
}

/* `n` bytes more at the front; NULL without head room. */
static inline uint8_t *px_pkt_push(struct px_pkt *pkt, size_t n)
{
	if (px_pkt_headroom(pkt) < n)
		return NULL;
	pkt->data -= n;
	pkt->len += (uint32_t)n;
	pkt->total += (uint32_t)n;
	return pkt->data;
}

/* Takes `n` bytes from the front of the linear part; false when it has not as many. */
static inline bool px_pkt_pull(struct px_pkt *pkt, size_t n)
{
	if (pkt->len < n)
		return false;
	pkt->data += n;
	pkt->len -= (uint32_t)n;
	pkt->total -= (uint32_t)n;
	return true;
}

/* `n` bytes more at the end of the linear part; NULL without room, or where slices follow. */
static inline uint8_t *px_pkt_put(struct px_pkt *pkt, size_t n)
{
	uint8_t *tail = pkt->data + pkt->len;

	if (pkt->slices || px_pkt_tailroom(pkt) < n)
		return NULL;
	pkt->len += (uint32_t)n;
	pkt->total += (uint32_t)n;
	return tail;
}

/* Cuts the packet to `total` bytes. */
void px_pkt_trim(struct px_pkt *pkt, size_t total);

/* Takes `n` bytes (at most total) from the front, slices included. */
void px_pkt_skip(struct px_pkt *pkt, size_t n);

/* Takes `n` bytes from the front of the slices; the linear part stays. */
void px_pkt_skip_slices(struct px_pkt *pkt, size_t n);

/* Appends a slice and takes a reference to its block; -ENOBUFS when there are too many. */
int px_pkt_add_slice(struct px_pkt *pkt, struct px_block *block, uint32_t offset, uint32_t len);

/* Copies `len` bytes from `offset` on; returns how many there were. */
size_t px_pkt_read(const struct px_pkt *pkt, size_t offset, void *bytes, size_t len);

/* Describes the bytes from `offset` on; returns the number of pieces, at most PX_PKT_SLICES + 1. */
unsigned int px_pkt_iov(const struct px_pkt *pkt, size_t offset, struct iovec *iov);

/* Adds up to `len` bytes of the pieces to a running Internet checksum (base/checksum.h); those of
 * odd length are handled. */
uint64_t px_iov_checksum(const struct iovec *iov, unsigned int count, size_t len, uint64_t sum);

/* The same of the bytes offset .. offset + len - 1. */
uint64_t px_pkt_checksum(const struct px_pkt *pkt, size_t offset, size_t len, uint64_t sum);

/* A queue. */
struct px_pktq {
	struct px_pkt *first, *last;
	uint32_t count;
	uint32_t bytes; /* sum of total: a queue is far smaller than 4 GiB */
};

void px_pktq_append(struct px_pktq *queue, struct px_pkt *pkt);
void px_pktq_prepend(struct px_pktq *queue, struct px_pkt *pkt);
struct px_pkt *px_pktq_take(struct px_pktq *queue); /* NULL when empty */
void px_pktq_clear(struct px_pktq *queue);

#endif
