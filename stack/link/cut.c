/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cutting: see cut.h. What a frame's headers share with the packet's is copied, the rest is
 * written: where the fields are is RFC 791 section 3.1, RFC 8200 section 3 and RFC 9293
 * section 3.1. */
#include "cut.h"

#include "checksum.h"
#include "ip4.h"
#include "ip6.h"
#include "tcp_wire.h"

#include <linux/if_ether.h>

#define IP4_LENGTH   2
#define IP4_CHECKSUM 10
#define IP6_LENGTH   4
#define TCP_SEQUENCE 4
#define TCP_FLAGS    13

static void put16(uint8_t *bytes, size_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static void put_checksum(uint8_t *bytes, uint64_t sum)
{
	uint16_t value = checksum_finish(sum);

	memcpy(bytes, &value, sizeof(value));
}

static uint32_t sequence_of(const uint8_t *tcp)
{
	struct wire_reader reader = wire_reader(tcp + TCP_SEQUENCE, 4);

	return wire_u32(&reader);
}

static void put_sequence(uint8_t *tcp, uint32_t sequence)
{
	put16(tcp + TCP_SEQUENCE, sequence >> 16);
	put16(tcp + TCP_SEQUENCE + 2, sequence & 0xffff);
}

/* Offsets in the linear part. */
static size_t network_at(const struct px_pkt *pkt)
{
	return pkt->l3 - px_pkt_here(pkt);
}

static size_t transport_at(const struct px_pkt *pkt)
{
	return pkt->csum_start - px_pkt_here(pkt);
}

/* ---- the data ---- */

void cut_begin(struct cut *cut, const struct px_pkt *frame)
{
	*cut = (struct cut){.pkt = frame};
}

/* Those of the next frame, by reference; returns how many pieces. */
static unsigned int next_data(
    struct cut *cut, uint32_t len, struct px_block **block, struct iovec *piece)
{
	unsigned int count = 0;

	cut->done += len;
	while (len) {
		const struct px_slice *slice = &cut->pkt->slice[cut->slice];
		uint32_t n = slice->len - cut->offset < len ? slice->len - cut->offset : len;

		piece[count].iov_base = slice->block->data + slice->offset + cut->offset;
		piece[count].iov_len = n;
		block[count++] = slice->block;
		len -= n;
		cut->offset += n;
		if (cut->offset == slice->len) {
			cut->slice++;
			cut->offset = 0;
		}
	}
	return count;
}

/* ---- the headers ---- */

static void finish_network(const struct px_pkt *pkt, uint8_t *header, size_t len)
{
	uint8_t *ip = header + network_at(pkt);

	if (!px_ip_is4(&pkt->dst)) {
		put16(ip + IP6_LENGTH, len + transport_at(pkt) - network_at(pkt) - IP6_HEADER);
		return;
	}
	/* Its id stays: an atomic datagram's means nothing (RFC 6864 section 4.1). */
	put16(ip + IP4_LENGTH, len + transport_at(pkt) - network_at(pkt));
	memset(ip + IP4_CHECKSUM, 0, 2);
	put_checksum(ip + IP4_CHECKSUM, checksum_add(0, ip, transport_at(pkt) - network_at(pkt)));
}

/* `done`: bytes of data before this frame's; `len`: of this transport header and its data. */
static void finish_transport(const struct cut *cut, uint8_t *header, uint32_t done, uint32_t len,
    const struct iovec *piece, unsigned int pieces)
{
	const struct px_pkt *pkt = cut->pkt;
	size_t at = transport_at(pkt);
	uint8_t *tcp = header + at;
	uint64_t sum;

	put_sequence(tcp, sequence_of(tcp) + done);
	if (done)
		tcp[TCP_FLAGS] &= (uint8_t)~TCP_CWR;
	if (!cut_ended(cut))
		tcp[TCP_FLAGS] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	memset(tcp + TCP_CHECKSUM_OFFSET, 0, 2);
	sum = ip_pseudo_header(&pkt->src, &pkt->dst, IPPROTO_TCP, len);
	sum = checksum_add(sum, tcp, pkt->len - at);
	put_checksum(tcp + TCP_CHECKSUM_OFFSET, px_iov_checksum(piece, pieces, SIZE_MAX, sum));
}

/* The next frame: headers written, data described. */
static unsigned int next_frame(
    struct cut *cut, uint8_t *header, struct px_block **block, struct iovec *piece)
{
	const struct px_pkt *pkt = cut->pkt;
	uint32_t done = cut->done, left = pkt->total - pkt->len - done;
	uint32_t len = left < pkt->segment ? left : pkt->segment;
	uint32_t transport = pkt->len - (uint32_t)transport_at(pkt) + len;
	unsigned int pieces = next_data(cut, len, block, piece);

	memcpy(header, pkt->data, pkt->len);
	finish_network(pkt, header, transport);
	finish_transport(cut, header, done, transport, piece, pieces);
	return pieces;
}

unsigned int cut_next(
    struct cut *cut, uint8_t header[CUT_HEADER_MAX], struct iovec piece[CUT_PIECES_MAX])
{
	struct px_block *unused[PX_PKT_SLICES];

	if (cut_ended(cut))
		return 0;
	piece[0] = (struct iovec){header, cut->pkt->len};
	return 1 + next_frame(cut, header, unused, piece + 1);
}

/* ---- packets ---- */

void cut_advance(struct px_pkt *frame, unsigned int count)
{
	uint32_t bytes = count * frame->segment;
	uint8_t *tcp = frame->data + transport_at(frame);

	if (!count)
		return;
	put_sequence(tcp, sequence_of(tcp) + bytes);
	tcp[TCP_FLAGS] &= (uint8_t)~TCP_CWR;
	px_pkt_skip_slices(frame, bytes);
	frame->segments = (uint16_t)(frame->segments - count);
}

static struct px_pkt *next_packet(struct px_stack *stack, struct cut *cut)
{
	const struct px_pkt *from = cut->pkt;
	struct px_pkt *pkt = px_pkt_new(stack->mem, CUT_HEADER_MAX, from->len);
	struct px_block *block[PX_PKT_SLICES];
	struct iovec piece[PX_PKT_SLICES];
	unsigned int pieces;

	if (!pkt)
		return NULL;
	pieces = next_frame(cut, px_pkt_put(pkt, from->len), block, piece);
	for (unsigned int i = 0; i < pieces; i++)
		px_pkt_add_slice(pkt, block[i],
		    (uint32_t)((const uint8_t *)piece[i].iov_base - block[i]->data),
		    (uint32_t)piece[i].iov_len);
	pkt->flags = from->flags & ~(uint32_t)PX_PKT_CSUM_PARTIAL;
	pkt->ifindex = from->ifindex;
	pkt->ethertype = from->ethertype;
	pkt->src = from->src;
	pkt->dst = from->dst;
	pkt->protocol = from->protocol;
	pkt->l2 = px_pkt_here(pkt) + from->l2 - px_pkt_here(from);
	pkt->l3 = px_pkt_here(pkt) + (uint32_t)network_at(from);
	return pkt;
}

void cut_apart(struct px_stack *stack, struct px_pkt *frame, struct px_pktq *frames)
{
	struct px_pkt *pkt;
	struct cut cut;

	cut_begin(&cut, frame);
	while (!cut_ended(&cut) && (pkt = next_packet(stack, &cut)))
		px_pktq_append(frames, pkt);
	px_pkt_free(frame);
}
