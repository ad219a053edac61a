/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Output: headers, path MTU rules, checksums, copies to members on this host. */
#include "ip_internal.h"

#include <linux/if_ether.h>

#define IP_MAX 65535

/* ---- checksums ---- */

void ip_checksum_partial(struct px_pkt *pkt, const struct px_ip *src, const struct px_ip *dst,
    uint8_t protocol, uint16_t csum_offset)
{
	uint16_t sum = checksum_fold(ip_pseudo_header(src, dst, protocol, pkt->total));

	memcpy(pkt->data + csum_offset, &sum, sizeof(sum));
	pkt->csum_start = px_pkt_here(pkt);
	pkt->csum_offset = csum_offset;
	pkt->flags |= PX_PKT_CSUM_PARTIAL;
	pkt->protocol = protocol;
}

void ip_checksum_finish(struct px_pkt *pkt)
{
	size_t start;
	uint16_t sum;

	if (!(pkt->flags & PX_PKT_CSUM_PARTIAL))
		return;
	start = pkt->csum_start - px_pkt_here(pkt);
	sum = checksum_finish(px_pkt_checksum(pkt, start, pkt->total - start, 0));
	if (sum == 0 && pkt->protocol == IPPROTO_UDP)
		sum = 0xffff; /* zero means none (RFC 768) */
	memcpy(px_pkt_at(pkt, pkt->csum_start) + pkt->csum_offset, &sum, sizeof(sum));
	pkt->flags &= ~(uint32_t)PX_PKT_CSUM_PARTIAL;
}

bool ip_checksum_ok(const struct px_pkt *pkt, uint8_t protocol)
{
	uint64_t sum;

	if (pkt->flags & PX_PKT_CSUM_VALID)
		return true;
	sum = ip_pseudo_header(&pkt->src, &pkt->dst, protocol, pkt->total);
	return checksum_finish(px_pkt_checksum(pkt, 0, pkt->total, sum)) == 0;
}

/* ---- to the link ---- */

/* A copy for ourselves of what goes to a group or everybody. */
static void loop_copy(struct px_stack *stack, const struct px_pkt *pkt, const struct ip_dst *dst)
{
	struct px_pkt *copy = px_pkt_clone(pkt);

	if (!copy)
		return;
	copy->flags |= dst->type == RTN_MULTICAST ? PX_PKT_MULTICAST : PX_PKT_BROADCAST;
	copy->ethertype = px_ip_is4(&dst->dst) ? ETH_P_IP : ETH_P_IPV6;
	copy->l3 = px_pkt_here(copy);
	px_loopback(stack, copy, dst->iface);
}

int ip_transmit(struct px_stack *stack, struct px_pkt *pkt, const struct ip_dst *dst, bool loop)
{
	bool is4 = px_ip_is4(&dst->dst);

	pkt->iface = dst->iface;
	pkt->ifindex = dst->zone;
	pkt->l3 = px_pkt_here(pkt);
	pkt->src = dst->src;
	pkt->dst = dst->dst;
	PX_COUNT_IP_ADD(stack, is4, OutTransmits, px_pkt_frames(pkt));
	if (is4)
		PX_COUNT_ADD(stack, IpExtOutOctets, px_pkt_frame_bytes(pkt));
	else
		PX_COUNT_ADD(stack, Ip6OutOctets, px_pkt_frame_bytes(pkt));
	if (dst->type == RTN_MULTICAST) {
		if (is4) {
			PX_COUNT(stack, IpExtOutMcastPkts);
			PX_COUNT_ADD(stack, IpExtOutMcastOctets, pkt->total);
		} else {
			PX_COUNT(stack, Ip6OutMcastPkts);
			PX_COUNT_ADD(stack, Ip6OutMcastOctets, pkt->total);
		}
		if (loop && !px_iface_is_loopback(dst->iface) &&
		    ip_group_wanted(dst->iface, &dst->dst, &dst->src))
			loop_copy(stack, pkt, dst);
		/* Hop limit 0: not beyond this host (RFC 1112 section 6.1). */
		if (px_pkt_at(pkt, pkt->l3)[is4 ? 8 : 7] == 0) {
			px_pkt_free(pkt);
			return 0;
		}
	} else if (dst->type == RTN_BROADCAST) {
		PX_COUNT(stack, IpExtOutBcastPkts);
		PX_COUNT_ADD(stack, IpExtOutBcastOctets, pkt->total);
		if (!px_iface_is_loopback(dst->iface))
			loop_copy(stack, pkt, dst);
		pkt->flags |= PX_PKT_BROADCAST;
	}
	/* Of a super-segment, each frame gets its own. */
	if (!(dst->iface->caps & PX_LINK_CSUM_TX) && !pkt->segment)
		ip_checksum_finish(pkt);
	return dst->iface->type->output(dst->iface, pkt, &dst->via);
}

/* Room for a header, whatever the packet's head room. NULL when refused. */
static uint8_t *make_header(struct px_pkt *pkt, size_t len)
{
	if (px_pkt_headroom(pkt) < len + PX_PKT_HEADROOM / 4 &&
	    px_pkt_unshare(pkt, len + PX_PKT_HEADROOM) < 0)
		return NULL;
	return px_pkt_push(pkt, len);
}

/* ---- the rules of path MTU ---- */

struct size_rule {
	uint32_t mtu;
	bool df;       /* IPv4: do not fragment, anybody */
	bool fragment; /* we may */
};

static struct size_rule size_rule(const struct ip_dst *dst, const struct ip_send *send)
{
	uint32_t link_mtu = dst->iface->mtu > IP_MAX ? IP_MAX : dst->iface->mtu;
	struct size_rule rule = {.mtu = dst->mtu > IP_MAX ? IP_MAX : dst->mtu, .fragment = true};

	switch (send->pmtu) {
	case IP_PMTUDISC_WANT:
		rule.df = !dst->mtu_locked;
		break;
	case IP_PMTUDISC_DO:
		rule.df = true;
		rule.fragment = false;
		break;
	case IP_PMTUDISC_PROBE: /* without believing what we know of the path */
		rule.df = true;
		rule.fragment = false;
		rule.mtu = link_mtu;
		break;
	case IP_PMTUDISC_INTERFACE:
		rule.fragment = false;
		rule.mtu = link_mtu;
		break;
	case IP_PMTUDISC_OMIT:
		rule.mtu = link_mtu;
		break;
	default: /* IP_PMTUDISC_DONT */
		break;
	}
	if (send->dontfrag)
		rule.fragment = false;
	if (send->super)
		rule.mtu = IP_MAX;
	return rule;
}

uint32_t ip_payload_max(const struct ip_dst *dst, const struct ip_send *send)
{
	struct size_rule rule = size_rule(dst, send);
	uint32_t header = IP6_HEADER + (uint32_t)send->extensions_len;

	if (px_ip_is4(&dst->dst))
		header = IP4_HEADER + (send->options ? send->options->len : 0u);

	return rule.mtu > header ? rule.mtu - header : 0;
}

static uint8_t choose_ttl(
    const struct px_stack *stack, const struct ip_dst *dst, const struct ip_send *send)
{
	if (send->ttl >= 0)
		return (uint8_t)send->ttl;
	if (dst->type == RTN_MULTICAST)
		return 1; /* RFC 1112 section 6.1, RFC 3493 section 5.2 */
	if (dst->hop_limit)
		return dst->hop_limit;
	return px_ip_is4(&dst->dst) ? stack->options.default_ttl : stack->options.hop_limit;
}

/* ---- IPv4 ---- */

/* Unpredictable, and not soon again for the same pair of addresses (RFC 6864, RFC 7739's
 * argument): a keyed hash of the pair plus a counter shared by few pairs, which goes on by a random
 * step. */
static uint16_t ip4_next_id(
    struct px_stack *stack, const struct px_ip *src, const struct px_ip *dst, uint8_t protocol)
{
	uint32_t key[3] = {px_ip4_word(src), px_ip4_word(dst), protocol};
	uint64_t hash = siphash_2_4(&stack->random.key, key, sizeof(key));
	uint32_t *counter = &stack->ip->id_counter[(hash >> 32) % IP_ID_COUNTERS];

	*counter += 1 + px_random_below(&stack->random, 4);
	return (uint16_t)(hash + *counter);
}

/* IP_HDRINCL: what raw(7) says the kernel fills in. */
static int check_included(struct px_stack *stack, struct px_pkt *pkt, const struct ip_dst *dst)
{
	struct ip4_header header;
	uint8_t *bytes;
	uint16_t checksum = 0;
	size_t header_len;

	if (pkt->len < IP4_HEADER || px_pkt_unshare(pkt, PX_PKT_HEADROOM / 4) < 0)
		return -EINVAL;
	bytes = pkt->data;
	header_len = (size_t)(bytes[0] & 0x0f) * 4;
	if (header_len < IP4_HEADER || header_len > pkt->len)
		return -EINVAL;
	bytes[2] = (uint8_t)(pkt->total >> 8);
	bytes[3] = (uint8_t)pkt->total;
	if (!bytes[12] && !bytes[13] && !bytes[14] && !bytes[15])
		memcpy(bytes + 12, px_ip_bytes(&dst->src), 4);
	if (!bytes[4] && !bytes[5]) {
		uint16_t id = htons(ip4_next_id(stack, &dst->src, &dst->dst, bytes[9]));
		memcpy(bytes + 4, &id, sizeof(id));
	}
	memcpy(bytes + 10, &checksum, sizeof(checksum));
	checksum = checksum_finish(checksum_add(0, bytes, header_len));
	memcpy(bytes + 10, &checksum, sizeof(checksum));
	return ip4_parse(bytes, pkt->len, pkt->total, &header) == IP4_OK ? 0 : -EINVAL;
}

static int ip4_output(struct px_stack *stack, struct px_pkt *pkt, const struct ip_dst *dst,
    const struct ip_send *send)
{
	size_t options_len = send->options ? send->options->len : 0;
	struct size_rule rule = size_rule(dst, send);
	struct ip4_header header;
	uint8_t *bytes;
	size_t total;
	int err;

	PX_COUNT_ADD(stack, IpOutRequests, px_pkt_frames(pkt));
	total = pkt->total + (send->header_included ? 0 : IP4_HEADER + options_len);
	err = -EMSGSIZE;
	if (total > IP_MAX || (total > rule.mtu && !rule.fragment))
		goto fail;
	if (send->header_included) {
		err = check_included(stack, pkt, dst);
		if (err)
			goto fail;
		rule.df = pkt->data[6] & (IP4_DF >> 8);
		err = -EMSGSIZE;
		if (total > rule.mtu && rule.df)
			goto fail;
	} else {
		bool df = rule.df && total <= rule.mtu;
		header = (struct ip4_header){
		    .tos = send->tos,
		    .total_len = (uint16_t)total,
		    /* An atomic datagram needs none (RFC 6864 section 4.1). */
		    .id = df ? 0 : ip4_next_id(stack, &dst->src, &dst->dst, send->protocol),
		    .fragment = df ? IP4_DF : 0,
		    .ttl = choose_ttl(stack, dst, send),
		    .protocol = send->protocol,
		    .src = dst->src,
		    .dst = dst->dst,
		};
		err = -ENOMEM;
		bytes = make_header(pkt, IP4_HEADER + options_len);
		if (!bytes)
			goto fail;
		ip4_write(bytes, &header, send->options ? send->options->bytes : NULL, options_len);
	}
	if (total > rule.mtu)
		return ip4_fragment(stack, pkt, dst, rule.mtu);
	return ip_transmit(stack, pkt, dst, send->multicast_loop);

fail:
	PX_COUNT(stack, IpOutDiscards);
	px_pkt_free(pkt);
	return err;
}

/* ---- IPv6 ---- */

/* RFC 6437: the packets of a flow share a label that says nothing else. */
static uint32_t flow_label(const struct px_stack *stack, const struct px_pkt *pkt,
    const struct ip_dst *dst, uint8_t protocol)
{
	uint8_t key[37] = {0};

	if (protocol != IPPROTO_UDP && protocol != IPPROTO_TCP)
		return 0;
	memcpy(key, dst->src.b, 16);
	memcpy(key + 16, dst->dst.b, 16);
	key[32] = protocol;
	px_pkt_read(pkt, 0, key + 33, 4); /* the ports */
	return (uint32_t)siphash_2_4(&stack->random.key, key, sizeof(key)) & 0xfffff;
}

static int ip6_output(struct px_stack *stack, struct px_pkt *pkt, const struct ip_dst *dst,
    const struct ip_send *send)
{
	struct size_rule rule = size_rule(dst, send);
	struct ip6_header header;
	size_t payload, unfragmentable = IP6_HEADER, next_at = IP6_NEXT_OFFSET;
	uint8_t *bytes;
	int err;

	PX_COUNT_ADD(stack, Ip6OutRequests, px_pkt_frames(pkt));
	payload = pkt->total + send->extensions_len - (send->header_included ? IP6_HEADER : 0);
	err = -EMSGSIZE;
	if (payload > IP_MAX || (payload + IP6_HEADER > rule.mtu && !rule.fragment))
		goto fail;
	if (send->header_included) {
		err = -EINVAL;
		if (pkt->len < IP6_HEADER || payload + IP6_HEADER > rule.mtu)
			goto fail;
		return ip_transmit(stack, pkt, dst, send->multicast_loop);
	}
	header = (struct ip6_header){
	    .tclass = send->tos,
	    .flow_label =
	        send->flow_label ? send->flow_label : flow_label(stack, pkt, dst, send->protocol),
	    .payload_len = (uint16_t)payload,
	    .next = send->extensions_len ? send->first_extension : send->protocol,
	    .hop_limit = choose_ttl(stack, dst, send),
	    .src = dst->src,
	    .dst = dst->dst,
	};
	err = -ENOMEM;
	bytes = make_header(pkt, IP6_HEADER + send->extensions_len);
	if (!bytes)
		goto fail;
	ip6_write(bytes, &header);
	if (send->extensions_len) {
		memcpy(bytes + IP6_HEADER, send->extensions, send->extensions_len);
		bytes[IP6_HEADER + send->last_next_at] = send->protocol;
		unfragmentable += send->fragmentable_at;
	}
	if (pkt->total > rule.mtu) {
		/* The field that names what comes behind the unfragmentable part. */
		if (unfragmentable > IP6_HEADER) {
			size_t at = IP6_HEADER;
			while (at + ((size_t)bytes[at + 1] + 1) * 8 < unfragmentable)
				at += ((size_t)bytes[at + 1] + 1) * 8;
			next_at = at;
		}
		return ip6_fragment(stack, pkt, dst, rule.mtu, unfragmentable, next_at);
	}
	return ip_transmit(stack, pkt, dst, send->multicast_loop);

fail:
	PX_COUNT(stack, Ip6OutDiscards);
	px_pkt_free(pkt);
	return err;
}

int ip_output(struct px_stack *stack, struct px_pkt *pkt, const struct ip_dst *dst,
    const struct ip_send *send)
{
	return px_ip_is4(&dst->dst) ? ip4_output(stack, pkt, dst, send)
	                            : ip6_output(stack, pkt, dst, send);
}
