/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cutting: one packet of the kernel becomes frames that any receiver takes.
 *
 * A packet whose header asks for nothing passes as it is. One that needs a checksum gets it where
 * csum_start and csum_offset say, whatever its protocol. One with a gso_type becomes frames of
 * gso_size bytes of payload: a fresh copy of the headers each, and a piece of the packet itself, so
 * that the payload is read once, for the checksum, and never copied.
 *
 * The sum over what all headers have in common (addresses, ports, options, ...) is made once; a
 * frame adds its length, id, sequence number and flags, and its payload.
 *
 * The kernel fills csum_start and csum_offset for every packet with a gso_type (virtio 1.2,
 * 5.1.6.2), and what they point to holds the pseudo-header's sum for the length of the whole. That
 * sum is used rather than made again, since it knows the final destination of a packet with a
 * routing header.
 */
#include "offload.h"

#include <arpa/inet.h>

#include "checksum.h"
#include "offload_parse.h"

void offload_cut_init(
    struct offload_cut *cut, const struct virtio_net_hdr *hdr, unsigned char *frame, size_t len)
{
	memset(cut, 0, sizeof(*cut));
	cut->hdr = *hdr;
	cut->frame = frame;
	cut->len = len;
}

static bool needs_checksum(const struct offload_cut *cut)
{
	return cut->hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM;
}

/* Completes the checksum that the kernel left: the field holds the pseudo-header's sum. */
static bool complete_checksum(struct offload_cut *cut)
{
	size_t start = cut->hdr.csum_start;
	size_t field = start + cut->hdr.csum_offset;

	if (start > cut->len || field + 2 > cut->len)
		return false;
	uint16_t sum = checksum_finish(checksum_add(0, cut->frame + start, cut->len - start));
	/* Zero means "none" to UDP (RFC 768); to the others both zeros are one. The kernel's own
	 * skb_checksum_help does the same. */
	store16(cut->frame + field, sum ? sum : 0xffff);
	return true;
}

/* The kernel's kind of segmentation and the packet's headers must tell the same. */
static bool kind_fits(unsigned int gso_type, const struct offload_headers *headers)
{
	switch (gso_type & ~(unsigned int)VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
		return !headers->udp && !headers->ipv6;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return !headers->udp && headers->ipv6;
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		return headers->udp;
	}
	return false;
}

/* The sum over addresses and protocol. */
static uint64_t pseudo_sum(const struct offload_cut *cut, const struct offload_headers *headers)
{
	if (!needs_checksum(cut))
		return offload_pseudo_sum(cut->frame, headers);
	/* In one's complement arithmetic, adding the complement takes the length away again. */
	uint16_t length = htons((uint16_t)(headers->end - headers->l4));
	return (uint64_t)load16(cut->frame + headers->l4 + cut->hdr.csum_offset) + (uint16_t)~length;
}

/* What the TCP or UDP headers of all frames have in common, with the pseudo-header. */
static uint64_t common_l4_sum(const struct offload_cut *cut, const struct offload_headers *headers)
{
	const unsigned char *l4 = cut->frame + headers->l4;
	uint64_t sum = pseudo_sum(cut, headers);

	if (headers->udp)
		return checksum_add(sum, l4, UDP_LENGTH);
	sum = checksum_add(sum, l4, TCP_SEQUENCE);
	sum = checksum_add(sum, l4 + TCP_ACKNOWLEDGEMENT, 4);
	sum += htons((uint16_t)(l4[TCP_OFFSET] << 8));
	sum = checksum_add(sum, l4 + TCP_WINDOW, 2);
	return checksum_add(sum, l4 + TCP_URGENT, headers->payload - headers->l4 - TCP_URGENT);
}

static uint64_t common_ip_sum(const unsigned char *ip, size_t len)
{
	uint64_t sum = load16(ip); /* version, header length, type of service */

	sum = checksum_add(sum, ip + IPV4_FRAGMENT, IPV4_CHECKSUM - IPV4_FRAGMENT);
	return checksum_add(sum, ip + IPV4_ADDRESSES, len - IPV4_ADDRESSES);
}

/* Looks at the packet for the first time. False: its header does not fit it. */
static bool look_at(struct offload_cut *cut)
{
	struct offload_headers headers;

	cut->end = cut->len; /* the whole as one frame, unless found otherwise */
	if (cut->hdr.gso_type == VIRTIO_NET_HDR_GSO_NONE)
		return !needs_checksum(cut) || complete_checksum(cut);

	if (!offload_parse(cut->frame, cut->len, &headers) || cut->hdr.gso_size == 0 ||
	    !kind_fits(cut->hdr.gso_type, &headers))
		return false;
	if (needs_checksum(cut) &&
	    (cut->hdr.csum_start != headers.l4 ||
	        cut->hdr.csum_offset != (headers.udp ? UDP_CHECKSUM : TCP_CHECKSUM)))
		return false;
	if (!needs_checksum(cut) && headers.routed)
		return false;
	/* A packet that fits one segment is not really to be cut. */
	if (headers.end - headers.payload <= cut->hdr.gso_size)
		return !needs_checksum(cut) || complete_checksum(cut);
	if (headers.payload > OFFLOAD_HEADERS_ROOM)
		return false;

	cut->ipv6 = headers.ipv6;
	cut->udp = headers.udp;
	cut->l3 = headers.l3;
	cut->l4 = headers.l4;
	cut->payload = headers.payload;
	cut->end = headers.end;
	cut->next = headers.payload;
	cut->segment = cut->hdr.gso_size;
	cut->l4_sum = common_l4_sum(cut, &headers);
	if (!cut->udp)
		cut->sequence = get32(cut->frame + cut->l4 + TCP_SEQUENCE);
	if (!cut->ipv6) {
		cut->ip_sum = common_ip_sum(cut->frame + cut->l3, cut->l4 - cut->l3);
		cut->id = get16(cut->frame + cut->l3 + IPV4_ID);
	}
	return true;
}

/* Each of these writes what differs from frame to frame. */
static void put_ip(struct offload_cut *cut, unsigned char *ip, size_t len)
{
	if (cut->ipv6) {
		put16(ip + IPV6_LENGTH, (unsigned int)(len - IPV6_HEADER));
		return;
	}
	/* Ids count up: a receiver, or a box on the way, may take the frames for one again. */
	put16(ip + IPV4_LENGTH, (unsigned int)len);
	put16(ip + IPV4_ID, cut->id++);
	uint64_t sum = cut->ip_sum + load16(ip + IPV4_LENGTH) + load16(ip + IPV4_ID);
	store16(ip + IPV4_CHECKSUM, checksum_finish(sum));
}

static void put_udp(const struct offload_cut *cut, unsigned char *udp, size_t payload)
{
	put16(udp + UDP_LENGTH, (unsigned int)(UDP_HEADER + payload));
	uint64_t sum = cut->l4_sum + 2 * (uint64_t)load16(udp + UDP_LENGTH);
	sum = checksum_finish(checksum_add(sum, cut->frame + cut->next, payload));
	store16(udp + UDP_CHECKSUM, sum ? (uint16_t)sum : 0xffff);
}

static void put_tcp(const struct offload_cut *cut, unsigned char *tcp, size_t payload)
{
	uint32_t sequence = cut->sequence + (uint32_t)(cut->next - cut->payload);
	unsigned char flags = tcp[TCP_FLAGS];

	/* One answer to one congestion signal: CWR goes with the first (RFC 3168, 6.1.2). */
	if (cut->next != cut->payload)
		flags &= (unsigned char)~TCP_CWR;
	/* The end of the data is at the end of the last. */
	if (cut->next + payload != cut->end)
		flags &= (unsigned char)~(TCP_FIN | TCP_PSH);
	put32(tcp + TCP_SEQUENCE, sequence);
	tcp[TCP_FLAGS] = flags;

	uint16_t length = htons((uint16_t)(cut->payload - cut->l4 + payload));
	uint64_t sum = cut->l4_sum + length + htonl(sequence) + htons(flags);
	sum = checksum_add(sum, cut->frame + cut->next, payload);
	store16(tcp + TCP_CHECKSUM, checksum_finish(sum));
}

static void emit_segment(struct offload_cut *cut, struct offload_out *out)
{
	unsigned char *headers = out->headers + out->used;
	struct iovec *piece = out->piece[out->count];
	size_t left = cut->end - cut->next;
	size_t payload = left < cut->segment ? left : cut->segment;

	memcpy(headers, cut->frame, cut->payload);
	put_ip(cut, headers + cut->l3, cut->payload - cut->l3 + payload);
	if (cut->udp)
		put_udp(cut, headers + cut->l4, payload);
	else
		put_tcp(cut, headers + cut->l4, payload);

	piece[0] = (struct iovec){.iov_base = headers, .iov_len = cut->payload};
	piece[1] = (struct iovec){.iov_base = cut->frame + cut->next, .iov_len = payload};
	out->pieces[out->count++] = 2;
	out->used += cut->payload;
	cut->next += payload;
}

static void emit_whole(struct offload_cut *cut, struct offload_out *out)
{
	struct iovec *piece = out->piece[out->count];

	piece[0] = (struct iovec){.iov_base = cut->frame, .iov_len = cut->len};
	out->pieces[out->count++] = 1;
	cut->next = cut->end;
}

bool offload_cut_run(struct offload_cut *cut, struct offload_out *out, bool *bad)
{
	*bad = false;
	if (!cut->started) {
		cut->started = true;
		if (!look_at(cut)) {
			*bad = true;
			cut->next = cut->end;
		}
	}
	while (cut->next < cut->end) {
		if (out->count == OFFLOAD_FRAMES_MAX)
			return false;
		if (cut->segment == 0) {
			emit_whole(cut, out);
			break;
		}
		if (out->used > OFFLOAD_HEADERS_ROOM || cut->payload > OFFLOAD_HEADERS_ROOM - out->used)
			return false;
		emit_segment(cut, out);
	}
	return true;
}
