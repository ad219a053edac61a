/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Joining: frames of one burst that continue each other become one packet for the kernel.
 *
 * A flow is two addresses, two ports and a protocol. Of each flow one packet at the most is held;
 * the next frame of the flow is joined to it or sends it on its way first, so the order within a
 * flow is kept. A frame that is no whole TCP segment or UDP datagram might belong to any flow (a
 * fragment does): it sends everything on its way.
 *
 * The kernel takes a joined packet as one whose checksum was verified, and may cut it again when
 * it forwards it or (UDP) gives it to a socket. Therefore all that cutting would copy from the
 * first frame must be the same in every frame (the IPv4 id apart, see ids_fit), and all checksums
 * must be right. They are verified when a second frame arrives that fits: a frame that stays alone
 * is neither read nor changed.
 *
 * A segment with PSH ends its packet, as in the kernel's own GRO: its sender asked for it to be
 * delivered now.
 */
#include "offload.h"

#include <arpa/inet.h>
#include <linux/if_tun.h>

#include "checksum.h"
#include "offload_parse.h"

/* As VIRTIO_NET_HDR_GSO_UDP_L4. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

#define IP_PACKET_MAX 65535 /* what the length field of IPv4 can say */

struct flow {
	struct offload_headers headers; /* of the first frame */
	unsigned char *frame;           /* the first */
	uint32_t ports;                 /* both, as they lie in memory */
	size_t segment;                 /* payload of each but the last */
	uint32_t next_sequence;         /* TCP */
	uint16_t next_id;               /* IPv4 */
	bool verified;                  /* the first frame's checksums */
	struct offload_packet packet;
};

struct offload_join {
	unsigned int offloads;
	unsigned int count;                     /* flows held */
	struct flow *order[OFFLOAD_JOIN_FLOWS]; /* those held, oldest first; then those that are free */
	struct flow flows[OFFLOAD_JOIN_FLOWS];
};

size_t offload_join_size(void)
{
	return sizeof(struct offload_join);
}

void offload_join_init(struct offload_join *join, unsigned int offloads)
{
	join->offloads = offloads;
	join->count = 0;
	for (unsigned int i = 0; i < OFFLOAD_JOIN_FLOWS; i++)
		join->order[i] = &join->flows[i];
}

static void emit_alone(unsigned char *frame, size_t len, offload_emit *emit, void *arg)
{
	struct offload_packet packet;

	memset(&packet.hdr, 0, sizeof(packet.hdr));
	packet.iov[0] = (struct iovec){.iov_base = &packet.hdr, .iov_len = sizeof(packet.hdr)};
	packet.iov[1].iov_base = frame;
	packet.iov[1].iov_len = len;
	packet.iovs = 2;
	packet.frames = 1;
	packet.len = len;
	emit(arg, &packet);
}

static bool takes(const struct offload_join *join, const struct offload_headers *headers)
{
	unsigned int bit;

	if (headers->udp)
		bit = headers->ipv6 ? TUN_F_USO6 : TUN_F_USO4;
	else
		bit = headers->ipv6 ? TUN_F_TSO6 : TUN_F_TSO4;
	return (join->offloads & TUN_F_CSUM) && (join->offloads & bit);
}

static bool checksums_right(const unsigned char *frame, const struct offload_headers *headers)
{
	const unsigned char *ip = frame + headers->l3;
	size_t length = headers->end - headers->l4;

	if (!headers->ipv6 && checksum_fold(checksum_add(0, ip, headers->l4 - headers->l3)) != 0xffff)
		return false;
	uint64_t sum = offload_pseudo_sum(frame, headers) + htons((uint16_t)length);
	return checksum_fold(checksum_add(sum, frame + headers->l4, length)) == 0xffff;
}

static bool same(const unsigned char *a, const unsigned char *b, size_t from, size_t to)
{
	return memcmp(a + from, b + from, to - from) == 0;
}

/* The headers as far as IP: addresses of both layers, tags, traffic class with its ECN bits, hop
 * limit, options. The length, id and checksum of IPv4 and the length of IPv6 may differ. */
static bool same_ip(const unsigned char *a, const unsigned char *b, const struct offload_headers *h)
{
	size_t l3 = h->l3;

	if (h->ipv6)
		return same(a, b, 0, l3 + IPV6_LENGTH) && same(a, b, l3 + IPV6_NEXT, h->l4);
	return same(a, b, 0, l3 + IPV4_LENGTH) && same(a, b, l3 + IPV4_FRAGMENT, l3 + IPV4_CHECKSUM) &&
	       same(a, b, l3 + IPV4_ADDRESSES, h->l4);
}

/* TCP but for the sequence number, the checksum and PSH; UDP but for length and checksum. Options
 * are the same, and the time stamps among them. */
static bool same_l4(const unsigned char *a, const unsigned char *b, const struct offload_headers *h)
{
	size_t l4 = h->l4;

	if (h->udp)
		return same(a, b, l4, l4 + UDP_LENGTH);
	return same(a, b, l4, l4 + TCP_SEQUENCE) &&
	       same(a, b, l4 + TCP_ACKNOWLEDGEMENT, l4 + TCP_FLAGS) &&
	       ((a[l4 + TCP_FLAGS] ^ b[l4 + TCP_FLAGS]) & ~TCP_PSH) == 0 &&
	       same(a, b, l4 + TCP_WINDOW, l4 + TCP_CHECKSUM) &&
	       same(a, b, l4 + TCP_URGENT, h->payload);
}

/* Without DF, ids tell fragments apart and must count up, as cutting makes them. With DF they mean
 * nothing and may be anything (RFC 6864, 4.1: atomic datagrams). */
static bool ids_fit(const struct flow *flow, const unsigned char *ip)
{
	return get16(ip + IPV4_ID) == flow->next_id ||
	       (get16(ip + IPV4_FRAGMENT) & IPV4_DONT_FRAGMENT) != 0;
}

/* May this frame be part of a joined packet at all? */
static bool may_join(const unsigned char *frame, const struct offload_headers *headers)
{
	const unsigned char *l4 = frame + headers->l4;

	if (headers->end == headers->payload)
		return false;
	if (headers->udp)
		return load16(l4 + UDP_CHECKSUM) != 0;
	/* ECE stays set in every segment until it is answered, so it may be in all of them. */
	return (l4[TCP_FLAGS] & ~(TCP_PSH | TCP_ECE)) == TCP_ACK;
}

/* Is it the next part of what is held? */
static bool continues(
    struct flow *flow, const unsigned char *frame, const struct offload_headers *headers)
{
	const struct offload_headers *first = &flow->headers;
	size_t payload = headers->end - headers->payload;

	if (!may_join(frame, headers))
		return false;
	if (headers->l3 != first->l3 || headers->l4 != first->l4 || headers->payload != first->payload)
		return false;
	if (payload > flow->segment || flow->packet.len - first->l3 + payload > IP_PACKET_MAX)
		return false;
	if (!headers->udp && get32(frame + headers->l4 + TCP_SEQUENCE) != flow->next_sequence)
		return false;
	if (!same_ip(flow->frame, frame, first) || !same_l4(flow->frame, frame, first))
		return false;
	if (!headers->ipv6 && !ids_fit(flow, frame + headers->l3))
		return false;
	if (!flow->verified)
		flow->verified = checksums_right(flow->frame, first);
	return flow->verified && checksums_right(frame, headers);
}

/* Makes the first frame's headers those of the whole. */
static void finish_headers(struct flow *flow)
{
	const struct offload_headers *headers = &flow->headers;
	struct virtio_net_hdr *hdr = &flow->packet.hdr;
	unsigned char *ip = flow->frame + headers->l3;
	unsigned char *l4 = flow->frame + headers->l4;
	size_t ip_length = flow->packet.len - headers->l3;
	size_t l4_length = flow->packet.len - headers->l4;

	hdr->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	hdr->hdr_len = (uint16_t)headers->payload;
	hdr->gso_size = (uint16_t)flow->segment;
	hdr->csum_start = (uint16_t)headers->l4;
	if (headers->udp) {
		hdr->gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
		hdr->csum_offset = UDP_CHECKSUM;
		put16(l4 + UDP_LENGTH, (unsigned int)l4_length);
	} else {
		hdr->gso_type = headers->ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
		hdr->csum_offset = TCP_CHECKSUM;
	}
	uint64_t sum = offload_pseudo_sum(flow->frame, headers) + htons((uint16_t)l4_length);
	store16(l4 + hdr->csum_offset, checksum_fold(sum));

	if (headers->ipv6) {
		put16(ip + IPV6_LENGTH, (unsigned int)(ip_length - IPV6_HEADER));
		return;
	}
	put16(ip + IPV4_LENGTH, (unsigned int)ip_length);
	put16(ip + IPV4_CHECKSUM, 0);
	store16(ip + IPV4_CHECKSUM, checksum_finish(checksum_add(0, ip, headers->l4 - headers->l3)));
}

/* Emits the flow at this place of the order and frees it. */
static void emit_flow(struct offload_join *join, unsigned int place, offload_emit *emit, void *arg)
{
	struct flow *flow = join->order[place];

	join->count--;
	for (unsigned int i = place; i < join->count; i++)
		join->order[i] = join->order[i + 1];
	join->order[join->count] = flow;

	if (flow->packet.frames > 1)
		finish_headers(flow);
	emit(arg, &flow->packet);
}

void offload_join_flush(struct offload_join *join, offload_emit *emit, void *arg)
{
	while (join->count > 0)
		emit_flow(join, 0, emit, arg);
}

static uint32_t ports_of(const unsigned char *frame, const struct offload_headers *headers)
{
	uint32_t ports;

	memcpy(&ports, frame + headers->l4, sizeof(ports));
	return ports;
}

static bool same_flow(
    const struct flow *flow, const unsigned char *frame, const struct offload_headers *headers)
{
	const struct offload_headers *first = &flow->headers;

	if (ports_of(frame, headers) != flow->ports || headers->udp != first->udp ||
	    headers->ipv6 != first->ipv6)
		return false;
	const unsigned char *a = flow->frame + first->l3, *b = frame + headers->l3;
	return headers->ipv6 ? same(a, b, IPV6_ADDRESSES, IPV6_ADDRESSES + 32)
	                     : same(a, b, IPV4_ADDRESSES, IPV4_ADDRESSES + 8);
}

static void hold(struct offload_join *join, unsigned char *frame, size_t len,
    const struct offload_headers *headers)
{
	struct flow *flow = join->order[join->count++];
	struct offload_packet *packet = &flow->packet;

	flow->headers = *headers;
	flow->frame = frame;
	flow->ports = ports_of(frame, headers);
	flow->segment = headers->end - headers->payload;
	flow->verified = false;
	if (!headers->udp)
		flow->next_sequence = get32(frame + headers->l4 + TCP_SEQUENCE) + (uint32_t)flow->segment;
	if (!headers->ipv6)
		flow->next_id = (uint16_t)(get16(frame + headers->l3 + IPV4_ID) + 1);

	memset(&packet->hdr, 0, sizeof(packet->hdr));
	packet->iov[0] = (struct iovec){.iov_base = &packet->hdr, .iov_len = sizeof(packet->hdr)};
	packet->iov[1].iov_base = frame;
	packet->iov[1].iov_len = len;
	packet->iovs = 2;
	packet->frames = 1;
	packet->len = len;
}

/* Returns false when nothing can follow. */
static bool append(struct flow *flow, unsigned char *frame, const struct offload_headers *headers)
{
	struct offload_packet *packet = &flow->packet;
	size_t payload = headers->end - headers->payload;
	bool pushed = false;

	packet->iov[packet->iovs].iov_base = frame + headers->payload;
	packet->iov[packet->iovs].iov_len = payload;
	packet->iovs++;
	packet->frames++;
	packet->len += payload;
	flow->next_sequence += (uint32_t)payload;
	flow->next_id++;
	if (!headers->udp && (frame[headers->l4 + TCP_FLAGS] & TCP_PSH)) {
		flow->frame[headers->l4 + TCP_FLAGS] |= TCP_PSH;
		pushed = true;
	}
	return !pushed && payload == flow->segment && packet->frames < OFFLOAD_JOIN_PIECES;
}

void offload_join_frame(
    struct offload_join *join, unsigned char *frame, size_t len, offload_emit *emit, void *arg)
{
	struct offload_headers headers;

	if (!offload_parse(frame, len, &headers) || headers.routed) {
		offload_join_flush(join, emit, arg);
		emit_alone(frame, len, emit, arg);
		return;
	}
	if (!takes(join, &headers)) {
		/* Nothing of such a flow is ever held. */
		emit_alone(frame, len, emit, arg);
		return;
	}
	for (unsigned int place = 0; place < join->count; place++) {
		struct flow *flow = join->order[place];
		if (!same_flow(flow, frame, &headers))
			continue;
		if (continues(flow, frame, &headers)) {
			if (!append(flow, frame, &headers))
				emit_flow(join, place, emit, arg);
			return;
		}
		emit_flow(join, place, emit, arg);
		break;
	}

	/* A padded frame is short: nothing continues it, and its padding stays its own. */
	bool pushed = !headers.udp && (frame[headers.l4 + TCP_FLAGS] & TCP_PSH);
	if (pushed || headers.end != len || !may_join(frame, &headers)) {
		emit_alone(frame, len, emit, arg);
		return;
	}
	if (join->count == OFFLOAD_JOIN_FLOWS)
		emit_flow(join, 0, emit, arg);
	hold(join, frame, len, &headers);
}
