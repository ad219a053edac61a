/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cutting packets into fragments (RFC 791 section 3.2, RFC 8200 section 4.5).
 *
 * Bytes are copied: a fragment is small, and its memory is then its own. All fragments find room in
 * the transmit queue or none is sent: a part is of no use to the receiver.
 */
#include "ip_internal.h"

/* A fragment's packet with `payload` bytes of `from` at `offset` behind room for its header. */
static struct px_pkt *cut(
    const struct px_pkt *from, size_t header_len, size_t offset, size_t payload)
{
	struct px_pkt *pkt = px_pkt_new(from->own.mem, PX_PKT_HEADROOM + header_len, payload);

	if (!pkt)
		return NULL;
	px_pkt_read(from, offset, px_pkt_put(pkt, payload), payload);
	px_pkt_push(pkt, header_len);
	pkt->protocol = from->protocol;
	return pkt;
}

static bool has_room(const struct ip_dst *dst, size_t fragments)
{
	return px_iface_is_loopback(dst->iface) || px_iface_tx_room(dst->iface) >= fragments;
}

int ip4_fragment(struct px_stack *stack, struct px_pkt *pkt, const struct ip_dst *dst, uint32_t mtu)
{
	struct ip4_header header;
	struct ip4_options options;
	size_t step, payload, offset = 0;
	int err = -EINVAL;

	ip_checksum_finish(pkt);
	if (ip4_parse(pkt->data, pkt->len, pkt->total, &header) != IP4_OK ||
	    ip4_options_parse(pkt->data + IP4_HEADER, header.header_len - IP4_HEADER, &options) ||
	    mtu < header.header_len + 8u)
		goto fail;
	step = (mtu - header.header_len) & ~(size_t)7;
	payload = header.total_len - header.header_len;
	err = -ENOBUFS;
	if (!has_room(dst, (payload + step - 1) / step))
		goto fail;
	while (offset < payload) {
		size_t len = payload - offset < step ? payload - offset : step;
		bool last = offset + len == payload;
		struct ip4_header part = header;
		struct px_pkt *fragment = cut(pkt, header.header_len, header.header_len + offset, len);

		err = -ENOMEM;
		if (!fragment)
			goto fail;
		part.total_len = (uint16_t)(header.header_len + len);
		/* What is fragmented again keeps its offset and its "more". */
		part.fragment = (uint16_t)(((header.fragment & IP4_OFFSET) + offset / 8) |
		                           (last ? header.fragment & IP4_MF : IP4_MF));
		ip4_write(fragment->data, &part, options.bytes, options.len);
		err = ip_transmit(stack, fragment, dst, true);
		if (err)
			goto fail;
		PX_COUNT(stack, IpFragCreates);
		if (offset == 0)
			ip4_options_for_fragment(&options);
		offset += len;
	}
	PX_COUNT(stack, IpFragOKs);
	px_pkt_free(pkt);
	return 0;

fail:
	PX_COUNT(stack, IpFragFails);
	px_pkt_free(pkt);
	return err;
}

int ip6_fragment(struct px_stack *stack, struct px_pkt *pkt, const struct ip_dst *dst, uint32_t mtu,
    size_t unfragmentable, size_t next_at)
{
	struct ip6_fragment_header fragment_header = {
	    .next = pkt->data[next_at], .id = px_random32(&stack->random)};
	size_t header_len = unfragmentable + IP6_FRAGMENT, payload = pkt->total - unfragmentable;
	size_t step, offset = 0;
	int err = -EMSGSIZE;

	ip_checksum_finish(pkt);
	if (mtu < header_len + 8)
		goto fail;
	step = (mtu - header_len) & ~(size_t)7;
	err = -ENOBUFS;
	if (!has_room(dst, (payload + step - 1) / step))
		goto fail;
	while (offset < payload) {
		size_t len = payload - offset < step ? payload - offset : step;
		struct px_pkt *fragment = cut(pkt, header_len, unfragmentable + offset, len);
		size_t payload_len = header_len - IP6_HEADER + len;

		err = -ENOMEM;
		if (!fragment)
			goto fail;
		memcpy(fragment->data, pkt->data, unfragmentable);
		fragment->data[next_at] = IPPROTO_FRAGMENT;
		fragment->data[4] = (uint8_t)(payload_len >> 8);
		fragment->data[5] = (uint8_t)payload_len;
		fragment_header.offset = (uint16_t)offset;
		fragment_header.more = offset + len < payload;
		ip6_fragment_write(fragment->data + unfragmentable, &fragment_header);
		err = ip_transmit(stack, fragment, dst, true);
		if (err)
			goto fail;
		PX_COUNT(stack, Ip6FragCreates);
		offset += len;
	}
	PX_COUNT(stack, Ip6FragOKs);
	px_pkt_free(pkt);
	return 0;

fail:
	PX_COUNT(stack, Ip6FragFails);
	px_pkt_free(pkt);
	return err;
}
