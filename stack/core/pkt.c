/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packet buffers. */
#include "pkt.h"

#include "checksum.h"

#include <errno.h>
#include <string.h>

/* ---- blocks ---- */

static void block_init(
    struct px_block *block, struct px_mem *mem, uint8_t *data, size_t room, size_t size)
{
	atomic_init(&block->refs, 1);
	block->room = (uint32_t)room;
	block->data = data;
	block->size = size;
	block->mem = mem;
	block->release = NULL;
}

struct px_block *px_block_new(struct px_mem *mem, size_t room)
{
	size_t size = sizeof(struct px_block) + room;
	struct px_block *block;

	if (room > UINT32_MAX / 2)
		return NULL;
	block = px_alloc(mem, size);
	if (block)
		block_init(block, mem, (uint8_t *)(block + 1), room, size);
	return block;
}

struct px_block *px_block_ref(struct px_block *block)
{
	atomic_fetch_add_explicit(&block->refs, 1, memory_order_relaxed);
	return block;
}

void px_block_unref(struct px_block *block)
{
	/* Nobody can take a reference who has none: one means that it is ours alone. */
	if (px_block_shared(block) &&
	    atomic_fetch_sub_explicit(&block->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (block->release)
		block->release(block);
	else
		px_free(block->mem, block, block->size);
}

/* ---- packets ---- */

static void pkt_init(
    struct px_pkt *pkt, struct px_mem *mem, size_t headroom, size_t room, size_t size)
{
	memset(pkt, 0, offsetof(struct px_pkt, slice));
	block_init(&pkt->own, mem, (uint8_t *)(pkt + 1), headroom + room, size);
	pkt->block = &pkt->own;
	pkt->data = pkt->own.data + headroom;
}

struct px_pkt *px_pkt_new(struct px_mem *mem, size_t headroom, size_t room)
{
	size_t size = sizeof(struct px_pkt) + headroom + room;
	struct px_pkt *pkt;

	if (headroom > UINT16_MAX || room > UINT32_MAX / 2)
		return NULL;
	pkt = px_alloc(mem, size);
	if (pkt)
		pkt_init(pkt, mem, headroom, room, size);
	return pkt;
}

/* What the packets of a burst share; each has a pointer to it before its own memory. */
struct burst {
	_Atomic uint32_t refs;
	size_t size;
	struct px_mem *mem;
};
#define ALIGNMENT sizeof(max_align_t)

static size_t aligned(size_t size)
{
	return (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
}

static void leave_burst(struct px_block *block)
{
	struct burst *burst = *(struct burst **)(void *)((uint8_t *)block - ALIGNMENT);

	if (atomic_fetch_sub_explicit(&burst->refs, 1, memory_order_acq_rel) == 1)
		px_free(burst->mem, burst, burst->size);
}

bool px_pkt_new_burst(struct px_mem *mem, size_t headroom, const size_t *room, unsigned int count,
    struct px_pkt **pkts)
{
	const size_t fixed = ALIGNMENT + sizeof(struct px_pkt) + headroom;
	size_t size = aligned(sizeof(struct burst));
	struct burst *burst;
	uint8_t *at;

	for (unsigned int i = 0; i < count; i++)
		size += aligned(fixed + room[i]);
	burst = px_alloc(mem, size);
	if (!burst)
		return false;
	atomic_init(&burst->refs, count);
	burst->size = size;
	burst->mem = mem;
	at = (uint8_t *)burst + aligned(sizeof(*burst));
	for (unsigned int i = 0; i < count; i++) {
		struct px_pkt *pkt = (struct px_pkt *)(void *)(at + ALIGNMENT);

		*(struct burst **)(void *)at = burst;
		pkt_init(pkt, mem, headroom, room[i], aligned(fixed + room[i]));
		pkt->own.release = leave_burst;
		pkts[i] = pkt;
		at += aligned(fixed + room[i]);
	}
	return true;
}

static void drop_slices(struct px_pkt *pkt)
{
	for (unsigned int i = 0; i < pkt->slices; i++)
		px_block_unref(pkt->slice[i].block);
	pkt->slices = 0;
}

void px_pkt_free(struct px_pkt *pkt)
{
	if (!pkt)
		return;
	if (pkt->joined)
		px_pkt_free_chain(px_pkt_unjoin(pkt)); /* they have none */
	drop_slices(pkt);
	if (pkt->block != &pkt->own)
		px_block_unref(pkt->block);
	px_block_unref(&pkt->own);
}

/* Everything that describes a packet, but its memory and its place in a queue. */
static void copy_description(struct px_pkt *to, const struct px_pkt *from)
{
	to->total = from->total;
	to->flags = from->flags;
	to->vlan_tci = from->vlan_tci;
	to->iface = from->iface;
	to->ifindex = from->ifindex;
	to->time = from->time;
	to->l2 = from->l2;
	to->l3 = from->l3;
	to->l4 = from->l4;
	to->ethertype = from->ethertype;
	to->csum_offset = from->csum_offset;
	to->csum_start = from->csum_start;
	to->src = from->src;
	to->dst = from->dst;
	to->sport = from->sport;
	to->dport = from->dport;
	to->protocol = from->protocol;
	to->ttl = from->ttl;
	to->tos = from->tos;
	to->ip6_nexthdr_offset = from->ip6_nexthdr_offset;
	to->flow_label = from->flow_label;
	to->cb = from->cb;
}

struct px_pkt *px_pkt_clone(const struct px_pkt *pkt)
{
	struct px_pkt *clone = px_pkt_new(pkt->own.mem, 0, 0);

	if (!clone)
		return NULL;
	copy_description(clone, pkt);
	clone->block = px_block_ref(pkt->block);
	clone->data = pkt->data;
	clone->len = pkt->len;
	clone->segment = pkt->segment;
	clone->segments = pkt->segment ? pkt->segments : 0; /* what is joined is not shared */
	clone->slices = pkt->slices;
	for (unsigned int i = 0; i < pkt->slices; i++) {
		clone->slice[i] = pkt->slice[i];
		px_block_ref(pkt->slice[i].block);
	}
	return clone;
}

/* The layers' offsets, when the linear part moves to another place. */
static void shift_offsets(struct px_pkt *pkt, int64_t shift)
{
	uint32_t *offsets[] = {&pkt->l2, &pkt->l3, &pkt->l4, &pkt->csum_start};

	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		if (*offsets[i]) /* 0: not known */
			*offsets[i] = (uint32_t)(*offsets[i] + shift);
	}
}

/* Bytes of pulled headers that a copy must bring along, so that l2, l3 and l4 stay valid. */
static size_t pulled_bytes(const struct px_pkt *pkt)
{
	uint32_t here = px_pkt_here(pkt), first = here;

	if (pkt->l4 && pkt->l4 < first)
		first = pkt->l4;
	if (pkt->l3 && pkt->l3 < first)
		first = pkt->l3;
	if (pkt->l2 && pkt->l2 < first)
		first = pkt->l2;
	return here - first;
}

struct px_pkt *px_pkt_copy(const struct px_pkt *pkt, size_t headroom)
{
	size_t pulled = pulled_bytes(pkt);
	struct px_pkt *copy = px_pkt_new(pkt->own.mem, headroom + pulled, pkt->total);

	if (!copy)
		return NULL;
	copy_description(copy, pkt);
	copy->len = copy->total;
	memcpy(copy->data - pulled, pkt->data - pulled, pulled);
	px_pkt_read(pkt, 0, copy->data, pkt->total);
	shift_offsets(copy, (int64_t)px_pkt_here(copy) - px_pkt_here(pkt));
	return copy;
}

void px_pkt_skip_slices(struct px_pkt *pkt, size_t n)
{
	unsigned int dropped = 0;

	for (; n && dropped < pkt->slices; dropped++) {
		struct px_slice *slice = &pkt->slice[dropped];
		if (slice->len > n) {
			slice->offset += (uint32_t)n;
			slice->len -= (uint32_t)n;
			pkt->total -= (uint32_t)n;
			break;
		}
		n -= slice->len;
		pkt->total -= slice->len;
		px_block_unref(slice->block);
	}
	pkt->slices = (uint16_t)(pkt->slices - dropped);
	memmove(pkt->slice, pkt->slice + dropped, pkt->slices * sizeof(pkt->slice[0]));
}

/* Gives the packet a new linear part of its first `len` bytes. */
static int replace_linear(struct px_pkt *pkt, size_t headroom, size_t len)
{
	size_t pulled = pulled_bytes(pkt);
	struct px_block *block;
	uint8_t *data;

	block = px_block_new(pkt->own.mem, headroom + pulled + len);
	if (!block)
		return -ENOMEM;
	data = block->data + headroom + pulled;
	memcpy(data - pulled, pkt->data - pulled, pulled);
	px_pkt_read(pkt, 0, data, len);
	shift_offsets(pkt, (int64_t)(data - block->data) - px_pkt_here(pkt));

	/* What was taken from the slices leaves them. */
	px_pkt_skip_slices(pkt, len - pkt->len);
	pkt->total += (uint32_t)(len - pkt->len);
	if (pkt->block != &pkt->own)
		px_block_unref(pkt->block);
	pkt->block = block;
	pkt->data = data;
	pkt->len = (uint32_t)len;
	return 0;
}

int px_pkt_unshare(struct px_pkt *pkt, size_t headroom)
{
	if (!px_block_shared(pkt->block) && px_pkt_headroom(pkt) >= headroom)
		return 0;
	return replace_linear(pkt, headroom, pkt->len);
}

int px_pkt_pull_linear(struct px_pkt *pkt, size_t len)
{
	if (len <= pkt->len)
		return 0;
	if (len > pkt->total)
		return -EBADMSG;
	return replace_linear(pkt, px_pkt_headroom(pkt), len);
}

int px_pkt_linearize(struct px_pkt *pkt)
{
	return px_pkt_pull_linear(pkt, pkt->total);
}

size_t px_pkt_truesize(const struct px_pkt *pkt)
{
	size_t size = pkt->own.size;

	if (pkt->block != &pkt->own)
		size += pkt->block->size;
	for (unsigned int i = 0; i < pkt->slices; i++)
		size += pkt->slice[i].block->size;
	return size;
}

/* Of a copy that has no room to spare. */
static size_t least_size(const struct px_pkt *pkt)
{
	return sizeof(*pkt) + pulled_bytes(pkt) + pkt->total;
}

static bool is_wasteful(const struct px_pkt *pkt)
{
	return px_pkt_truesize(pkt) > 2 * least_size(pkt) + 256;
}

size_t px_pkt_kept_size(const struct px_pkt *pkt)
{
	return is_wasteful(pkt) ? least_size(pkt) : px_pkt_truesize(pkt);
}

struct px_pkt *px_pkt_compact(struct px_pkt *pkt)
{
	struct px_pkt *copy;

	if (!is_wasteful(pkt))
		return pkt;
	copy = px_pkt_copy(pkt, 0);
	if (!copy)
		return pkt;
	px_pkt_free(pkt);
	return copy;
}

void px_pkt_trim(struct px_pkt *pkt, size_t total)
{
	size_t rest;

	if (total >= pkt->total)
		return;
	pkt->total = (uint32_t)total;
	if (total <= pkt->len) {
		pkt->len = (uint32_t)total;
		drop_slices(pkt);
		return;
	}
	rest = total - pkt->len;
	for (unsigned int i = 0; i < pkt->slices; i++) {
		struct px_slice *slice = &pkt->slice[i];
		if (rest >= slice->len) {
			rest -= slice->len;
			continue;
		}
		slice->len = (uint32_t)rest;
		for (unsigned int j = rest ? i + 1 : i; j < pkt->slices; j++)
			px_block_unref(pkt->slice[j].block);
		pkt->slices = (uint16_t)(rest ? i + 1 : i);
		return;
	}
}

void px_pkt_skip(struct px_pkt *pkt, size_t n)
{
	size_t linear = n < pkt->len ? n : pkt->len;

	pkt->data += linear;
	pkt->len -= (uint32_t)linear;
	pkt->total -= (uint32_t)linear;
	px_pkt_skip_slices(pkt, n - linear);
}

int px_pkt_add_slice(struct px_pkt *pkt, struct px_block *block, uint32_t offset, uint32_t len)
{
	struct px_slice *last = pkt->slices ? &pkt->slice[pkt->slices - 1] : NULL;

	if (len == 0)
		return 0;
	if (last && last->block == block && last->offset + last->len == offset) {
		last->len += len;
	} else {
		if (pkt->slices == PX_PKT_SLICES)
			return -ENOBUFS;
		pkt->slice[pkt->slices++] = (struct px_slice){px_block_ref(block), offset, len};
	}
	pkt->total += len;
	return 0;
}

unsigned int px_pkt_iov(const struct px_pkt *pkt, size_t offset, struct iovec *iov)
{
	unsigned int count = 0;

	if (offset < pkt->len)
		iov[count++] = (struct iovec){pkt->data + offset, pkt->len - offset};
	offset = offset > pkt->len ? offset - pkt->len : 0;
	for (unsigned int i = 0; i < pkt->slices; i++) {
		const struct px_slice *slice = &pkt->slice[i];
		if (offset >= slice->len) {
			offset -= slice->len;
			continue;
		}
		iov[count++] =
		    (struct iovec){slice->block->data + slice->offset + offset, slice->len - offset};
		offset = 0;
	}
	return count;
}

size_t px_pkt_read(const struct px_pkt *pkt, size_t offset, void *bytes, size_t len)
{
	struct iovec iov[PX_PKT_SLICES + 1];
	unsigned int count = px_pkt_iov(pkt, offset, iov);
	size_t done = 0;

	for (unsigned int i = 0; i < count && done < len; i++) {
		size_t n = iov[i].iov_len < len - done ? iov[i].iov_len : len - done;
		memcpy((uint8_t *)bytes + done, iov[i].iov_base, n);
		done += n;
	}
	return done;
}

uint64_t px_iov_checksum(const struct iovec *iov, unsigned int count, size_t len, uint64_t sum)
{
	bool odd = false;

	for (unsigned int i = 0; i < count && len; i++) {
		size_t n = iov[i].iov_len < len ? iov[i].iov_len : len;
		uint64_t piece = checksum_add(0, iov[i].iov_base, n);
		if (odd) {
			/* It starts at an odd byte: its sum is that of the bytes exchanged (RFC 1071
			 * section 2, (B)). */
			uint16_t folded = checksum_fold(piece);
			piece = (uint16_t)(folded << 8 | folded >> 8);
		}
		sum += checksum_fold(piece);
		odd ^= n & 1;
		len -= n;
	}
	return sum;
}

uint64_t px_pkt_checksum(const struct px_pkt *pkt, size_t offset, size_t len, uint64_t sum)
{
	struct iovec iov[PX_PKT_SLICES + 1];

	if (offset + len <= pkt->len) /* the common case */
		return checksum_add(sum, pkt->data + offset, len);
	return px_iov_checksum(iov, px_pkt_iov(pkt, offset, iov), len, sum);
}

/* ---- queues ---- */

void px_pktq_append(struct px_pktq *queue, struct px_pkt *pkt)
{
	pkt->next = NULL;
	if (queue->last)
		queue->last->next = pkt;
	else
		queue->first = pkt;
	queue->last = pkt;
	queue->count++;
	queue->bytes += pkt->total;
}

void px_pktq_prepend(struct px_pktq *queue, struct px_pkt *pkt)
{
	pkt->next = queue->first;
	queue->first = pkt;
	if (!queue->last)
		queue->last = pkt;
	queue->count++;
	queue->bytes += pkt->total;
}

struct px_pkt *px_pktq_take(struct px_pktq *queue)
{
	struct px_pkt *pkt = queue->first;

	if (!pkt)
		return NULL;
	queue->first = pkt->next;
	if (!queue->first)
		queue->last = NULL;
	queue->count--;
	queue->bytes -= pkt->total;
	pkt->next = NULL;
	return pkt;
}

void px_pktq_clear(struct px_pktq *queue)
{
	struct px_pkt *pkt;

	while ((pkt = px_pktq_take(queue)))
		px_pkt_free(pkt);
}
