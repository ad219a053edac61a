/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors that we send: when they may be sent, and how many.
 *
 * Never about an ICMP error, a packet to a group or broadcast (but ICMPv6 "too big" and
 * unrecognized options), a later fragment, or from an address that is not one host's
 * (RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e)).
 *
 * Rate: a token bucket for the stack and one for each of a few buckets of destinations, with
 * Linux's defaults (icmp_msgs_per_sec 1000, burst 50; icmp_ratelimit one a second, burst 6), RFC
 * 1812 section 4.3.2.8, RFC 4443 section 2.4 (f). Packets to ourselves are not limited. The path
 * MTU is told each time that the stack's bucket allows: who does not hear it sends in vain until
 * its time-out, and it is answered no more than once for each packet that did not fit.
 */
#include "ip_internal.h"

#define GLOBAL_RATE  1000
#define GLOBAL_BURST 50
#define PEER_RATE    1
#define PEER_BURST   6

#define ICMP4_MAX 576  /* RFC 1812 section 4.3.2.3 */
#define ICMP6_MAX 1280 /* RFC 4443 section 2.4 (c) */

static bool token_bucket_take(
    struct token_bucket *bucket, px_time now, uint32_t rate, uint32_t burst)
{
	px_time step = PX_SEC / rate;

	if (!bucket->updated || now - bucket->updated >= burst * step) {
		bucket->tokens = burst;
		bucket->updated = now;
	} else {
		uint32_t fresh = (uint32_t)((now - bucket->updated) / step);
		bucket->tokens = bucket->tokens + fresh > burst ? burst : bucket->tokens + fresh;
		bucket->updated += fresh * step;
	}
	if (!bucket->tokens)
		return false;
	bucket->tokens--;
	return true;
}

static bool tells_path_mtu(bool is4, uint8_t type, uint8_t code)
{
	return is4 ? type == ICMP4_UNREACHABLE && code == ICMP4_FRAGMENTATION_NEEDED
	           : type == ICMP6_TOO_BIG;
}

static bool peer_allows(struct px_stack *stack, const struct ip_dst *dst)
{
	struct ip_state *ip = stack->ip;
	uint64_t hash;

	if (!ip->icmp_peers) {
		ip->icmp_peers = px_zalloc(stack->mem, ICMP_PEER_BUCKETS * sizeof(*ip->icmp_peers));
		if (!ip->icmp_peers)
			return false;
	}
	hash = siphash_1_3(&stack->random.hash_key, dst->dst.b, sizeof(dst->dst.b));
	if (!token_bucket_take(
	        &ip->icmp_peers[hash % ICMP_PEER_BUCKETS], stack->now, PEER_RATE, PEER_BURST)) {
		if (px_ip_is4(&dst->dst))
			PX_COUNT(stack, IcmpOutRateLimitHost);
		else
			PX_COUNT(stack, Icmp6OutRateLimitHost);
		return false;
	}
	return true;
}

static bool rate_allows(
    struct px_stack *stack, const struct ip_dst *dst, uint8_t type, uint8_t code)
{
	if (dst->type == RTN_LOCAL)
		return true;
	if (!tells_path_mtu(px_ip_is4(&dst->dst), type, code) && !peer_allows(stack, dst))
		return false;
	if (!token_bucket_take(&stack->ip->icmp_global, stack->now, GLOBAL_RATE, GLOBAL_BURST)) {
		PX_COUNT(stack, IcmpOutRateLimitGlobal);
		return false;
	}
	return true;
}

/* The original packet from its network header on, wherever the linear part has moved. */
static size_t original_len(const struct px_pkt *pkt)
{
	return px_pkt_here(pkt) - pkt->l3 + pkt->total;
}

static size_t original_read(const struct px_pkt *pkt, size_t offset, uint8_t *bytes, size_t len)
{
	size_t pulled = px_pkt_here(pkt) - pkt->l3, n = 0;

	if (offset < pulled) {
		n = pulled - offset < len ? pulled - offset : len;
		memcpy(bytes, px_pkt_at(pkt, pkt->l3) + offset, n);
		offset += n;
	}
	return n + px_pkt_read(pkt, offset - pulled, bytes + n, len - n);
}

/* Whether an error about this IPv4 packet is allowed. */
static bool allowed4(const struct px_pkt *pkt)
{
	uint8_t header[IP4_HEADER], type;
	size_t header_len;

	if (original_read(pkt, 0, header, sizeof(header)) < sizeof(header))
		return false;
	if ((pkt->flags & (PX_PKT_BROADCAST | PX_PKT_MULTICAST)) || px_ip_is_multicast(&pkt->dst) ||
	    px_ip_is_limited_broadcast(&pkt->dst))
		return false;
	if (px_ip_is_any(&pkt->src) || px_ip_is_multicast(&pkt->src) ||
	    px_ip_is_limited_broadcast(&pkt->src) || px_ip_is_reserved4(&pkt->src))
		return false;
	if ((header[6] << 8 | header[7]) & IP4_OFFSET)
		return false;
	if (header[9] == IPPROTO_ICMP) {
		header_len = (size_t)(header[0] & 0x0f) * 4;
		if (original_read(pkt, header_len, &type, 1) < 1 || icmp4_is_error(type))
			return false;
	}
	return true;
}

/* The transport behind the extension headers: walks what is there. */
static bool is_icmp6_error(const struct px_pkt *pkt)
{
	uint8_t next, bytes[8];
	size_t at = IP6_HEADER;
	bool fragment = false;

	if (original_read(pkt, IP6_NEXT_OFFSET, &next, 1) < 1)
		return true;
	for (unsigned int i = 0; i < 16 && ip6_is_extension(next); i++) {
		if (original_read(pkt, at, bytes, 8) < 8)
			return false;
		if (next == IPPROTO_FRAGMENT) {
			if ((bytes[2] << 8 | bytes[3]) & 0xfff8)
				return true; /* a later fragment: what it is of is not known */
			fragment = true;
		}
		at += next == IPPROTO_FRAGMENT ? 8 : ((size_t)bytes[1] + 1) * 8;
		next = bytes[0];
	}
	if (next != IPPROTO_ICMPV6)
		return false;
	/* A first fragment without the type is answered: RFC 7112 section 5 wants it. */
	if (original_read(pkt, at, bytes, 1) < 1)
		return !fragment;
	return icmp6_is_error(bytes[0]) || bytes[0] == ICMP6_REDIRECT;
}

static bool allowed6(const struct px_pkt *pkt, uint8_t type, uint8_t code)
{
	bool to_group =
	    px_ip_is_multicast(&pkt->dst) || (pkt->flags & (PX_PKT_BROADCAST | PX_PKT_MULTICAST));

	if (to_group && type != ICMP6_TOO_BIG &&
	    !(type == ICMP6_PARAMETER_PROBLEM && code == ICMP6_BAD_OPTION))
		return false;
	if (px_ip_is_zero(&pkt->src) || px_ip_is_multicast(&pkt->src))
		return false;
	return !is_icmp6_error(pkt);
}

static void count_out4(struct px_stack *stack, uint8_t type)
{
	PX_COUNT(stack, IcmpOutMsgs);
	switch (type) {
	case ICMP4_UNREACHABLE:
		PX_COUNT(stack, IcmpOutDestUnreachs);
		break;
	case ICMP4_TIME_EXCEEDED:
		PX_COUNT(stack, IcmpOutTimeExcds);
		break;
	case ICMP4_PARAMETER_PROBLEM:
		PX_COUNT(stack, IcmpOutParmProbs);
		break;
	default:
		break;
	}
}

void icmp_send_error(
    struct px_stack *stack, struct px_pkt *pkt, uint8_t type, uint8_t code, uint32_t info)
{
	bool is4 = px_ip_is4(&pkt->src);
	struct ip_send send = {.protocol = is4 ? IPPROTO_ICMP : IPPROTO_ICMPV6,
	    .tos = is4 ? 0xc0 : 0, /* internetwork control: RFC 1812 section 4.3.2.5 */
	    .ttl = -1};
	struct ip_flow flow = {.dst = pkt->src};
	struct px_pkt *error;
	struct ip_dst dst;
	size_t room, quoted;
	uint8_t *bytes;
	uint16_t sum;

	if (pkt->flags & PX_PKT_RETIRED)
		return; /* from an address that is no more, nothing */
	if (is4 ? !allowed4(pkt) : !allowed6(pkt, type, code))
		return;
	if (px_ip_needs_scope(&pkt->src))
		flow.oif = pkt->ifindex;
	/* From the address that it was sent to, if that is ours (RFC 4443 section 2.2 (a)). */
	if (ip_local_type(stack, &pkt->dst, pkt->ifindex) == RTN_LOCAL)
		flow.src = pkt->dst;
	if (ip_route(stack, &flow, &dst) < 0 || (dst.type != RTN_UNICAST && dst.type != RTN_LOCAL) ||
	    px_ip_is_any(&dst.src))
		return;
	if (!rate_allows(stack, &dst, type, code))
		return;
	room = (is4 ? ICMP4_MAX - IP4_HEADER : ICMP6_MAX - IP6_HEADER) - ICMP_HEADER;
	quoted = original_len(pkt) < room ? original_len(pkt) : room;
	error = px_pkt_alloc(stack, ICMP_HEADER + quoted);
	if (!error)
		return;
	bytes = px_pkt_put(error, ICMP_HEADER + quoted);
	icmp_write(bytes, type, code, info);
	original_read(pkt, 0, bytes + ICMP_HEADER, quoted);
	if (is4) {
		sum = checksum_finish(checksum_add(0, bytes, ICMP_HEADER + quoted));
		memcpy(bytes + 2, &sum, sizeof(sum));
		count_out4(stack, type);
	} else {
		ip_checksum_partial(error, &dst.src, &dst.dst, IPPROTO_ICMPV6, 2);
		icmp6_count_out(stack, type);
	}
	ip_output(stack, error, &dst, &send);
}

void icmp_port_unreachable(struct px_stack *stack, struct px_pkt *pkt)
{
	if (px_ip_is4(&pkt->src))
		icmp_send_error(stack, pkt, ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, 0);
	else
		icmp_send_error(stack, pkt, ICMP6_UNREACHABLE, ICMP6_PORT_UNREACHABLE, 0);
}
