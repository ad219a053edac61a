/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IPv4 input: checks, options, whose packet it is (RFC 1122 section 3.2.1, RFC 1812 section 5.3).
 */
#include "ip_internal.h"

/* Addresses that no packet from outside may have (RFC 1122 section 3.2.1.3, RFC 1812 5.3.7). */
static bool is_martian(const struct px_pkt *pkt, const struct ip4_header *header)
{
	bool inside = (pkt->flags & PX_PKT_LOOPED) || px_iface_is_loopback(pkt->iface);

	if (px_ip_is_multicast(&header->src) || px_ip_is_limited_broadcast(&header->src))
		return true;
	if (px_ip_is_reserved4(&header->src) && !px_ip_is_any(&header->src))
		return true;
	/* 0.0.0.0: a host that looks for its address talks to everybody or to a group. */
	if (px_ip_is_any(&header->src) && !px_ip_is_multicast(&header->dst) &&
	    !px_ip_is_limited_broadcast(&header->dst))
		return true;
	if (!inside && (px_ip_is_loopback(&header->src) || px_ip_is_loopback(&header->dst)))
		return true;
	return px_ip_is_reserved4(&header->dst);
}

/* From outside, and yet from an address of this host, or from a broadcast address here (RFC 1122
 * section 3.2.1.3 (d) to (f); Linux's martian source): an answer would go to many, or in a circle.
 * Packets come in rows of one source, which is looked up once. */
static bool is_own_source(struct px_stack *stack, const struct px_pkt *pkt)
{
	struct ip_state *ip = stack->ip;

	if ((pkt->flags & PX_PKT_LOOPED) || px_iface_is_loopback(pkt->iface) ||
	    (ip->known_generation == stack->generation && px_ip_eq(&ip->known_source, &pkt->src)))
		return false;
	if (px_route_lookup(stack, &pkt->src, 0, PX_LOOKUP_LOCAL_ONLY))
		return true;
	ip->known_source = pkt->src;
	ip->known_generation = stack->generation;
	return false;
}

/* Whose it is: RTN_LOCAL, RTN_BROADCAST, RTN_MULTICAST, RTN_UNICAST (another's), or 0 (nobody's).
 */
static uint8_t classify(struct px_stack *stack, const struct px_pkt *pkt)
{
	const struct px_route *route;

	if (ip_is_local_again(stack, &pkt->dst))
		return RTN_LOCAL;
	if (px_ip_is_limited_broadcast(&pkt->dst))
		return RTN_BROADCAST;
	if (px_ip_is_multicast(&pkt->dst))
		return ip_group_wanted(pkt->iface, &pkt->dst, &pkt->src) ? RTN_MULTICAST : 0;
	route = px_route_lookup(stack, &pkt->dst, 0, PX_LOOKUP_LOCAL_ONLY);
	if (!route)
		return RTN_UNICAST;
	/* A directed broadcast is one on its own link (RFC 1812 section 5.3.5.2). */
	if (route->type == RTN_BROADCAST && route->iface != pkt->iface &&
	    !px_iface_is_loopback(pkt->iface))
		return 0;
	if (route->type == RTN_LOCAL)
		ip_remember_local(stack, &pkt->dst);
	return route->type;
}

/* Linux's default: packets with a source route are dropped (accept_source_route 0); other options
 * pass when they are well-formed. */
static bool check_options(
    struct px_stack *stack, struct px_pkt *pkt, const struct ip4_header *header)
{
	struct ip4_options options;
	unsigned int wrong;

	wrong = ip4_options_parse(
	    px_pkt_at(pkt, pkt->l3) + IP4_HEADER, header->header_len - IP4_HEADER, &options);
	if (wrong) {
		PX_COUNT(stack, IpInHdrErrors);
		icmp_send_error(
		    stack, pkt, ICMP4_PARAMETER_PROBLEM, 0, (uint32_t)(IP4_HEADER + wrong - 1) << 24);
		return false;
	}
	if (options.source_route) {
		PX_COUNT(stack, IpInHdrErrors);
		return false;
	}
	if (options.router_alert)
		pkt->flags |= PX_PKT_ROUTER_ALERT;
	return true;
}

static void keep_header(struct px_pkt *pkt, const struct ip4_header *header)
{
	pkt->src = header->src;
	pkt->dst = header->dst;
	pkt->ttl = header->ttl;
	pkt->tos = header->tos;
	pkt->protocol = header->protocol;
}

static struct px_pkt *reassemble(
    struct px_stack *stack, struct px_pkt *pkt, struct ip4_header *header)
{
	struct fragment fragment = {
	    .offset = (header->fragment & IP4_OFFSET) * 8u,
	    .len = header->total_len - header->header_len,
	    .more = header->fragment & IP4_MF,
	    .id = header->id,
	    .protocol = header->protocol,
	    .ecn = header->tos & 3,
	    .unfragmentable = header->header_len,
	};

	/* A fragment that is not the last one is a multiple of 8 bytes; none reaches beyond the
	 * largest datagram. */
	if (fragment.len == 0 || (fragment.more && (fragment.len & 7)) ||
	    fragment.offset + fragment.len + header->header_len > 65535) {
		PX_COUNT(stack, IpReasmReqds);
		PX_COUNT(stack, IpReasmFails);
		px_pkt_free(pkt);
		return NULL;
	}
	px_pkt_pull(pkt, header->header_len);
	pkt = ip_reassemble(stack, pkt, &fragment);
	if (!pkt)
		return NULL;
	if (ip4_parse(pkt->data, pkt->len, pkt->total, header) != IP4_OK) {
		px_pkt_free(pkt);
		return NULL;
	}
	keep_header(pkt, header);
	return pkt;
}

/* False: malformed, and counted. */
static bool parse(struct px_stack *stack, const struct px_pkt *pkt, struct ip4_header *header)
{
	switch (ip4_parse(pkt->data, pkt->len, pkt->total, header)) {
	case IP4_OK:
		return true;
	case IP4_BAD:
		PX_COUNT(stack, IpInHdrErrors);
		break;
	case IP4_BAD_CHECKSUM:
		PX_COUNT(stack, IpExtInCsumErrors);
		PX_COUNT(stack, IpInHdrErrors);
		break;
	case IP4_TRUNCATED:
		PX_COUNT(stack, IpExtInTruncatedPkts);
		break;
	}
	return false;
}

static void count_for_many(struct px_stack *stack, const struct px_pkt *pkt)
{
	if (px_ip_is_multicast(&pkt->dst)) {
		PX_COUNT(stack, IpExtInMcastPkts);
		PX_COUNT_ADD(stack, IpExtInMcastOctets, pkt->total);
	} else if (pkt->flags & PX_PKT_BROADCAST) {
		PX_COUNT(stack, IpExtInBcastPkts);
		PX_COUNT_ADD(stack, IpExtInBcastOctets, pkt->total);
	}
}

void ip4_receive(struct px_stack *stack, struct px_pkt *pkt)
{
	struct ip4_header header;

	PX_COUNT(stack, IpInReceives);
	PX_COUNT_ADD(stack, IpExtInOctets, pkt->total);
	if (px_pkt_pull_linear(pkt, pkt->total < IP4_HEADER_MAX ? pkt->total : IP4_HEADER_MAX) < 0)
		goto discard;
	pkt->l3 = px_pkt_here(pkt);
	if (!parse(stack, pkt, &header))
		goto drop;
	px_pkt_trim(pkt, header.total_len); /* Ethernet pads */
	ip_count_ecn(stack, true, header.tos);
	keep_header(pkt, &header);
	if (is_martian(pkt, &header) || is_own_source(stack, pkt)) {
		PX_COUNT(stack, IpInAddrErrors);
		goto drop;
	}
	count_for_many(stack, pkt);
	if (header.header_len > IP4_HEADER && !check_options(stack, pkt, &header))
		goto drop;

	switch (classify(stack, pkt)) {
	case RTN_LOCAL:
		/* RFC 1122 section 3.3.6: unicast in a link broadcast is somebody's mistake or attack. */
		if (pkt->flags & (PX_PKT_BROADCAST | PX_PKT_MULTICAST))
			goto discard;
		break;
	case RTN_BROADCAST:
		pkt->flags |= PX_PKT_BROADCAST;
		break;
	case RTN_MULTICAST:
		pkt->flags |= PX_PKT_MULTICAST;
		break;
	case RTN_UNICAST:
		if (stack->options.ip_forward && !(pkt->flags & (PX_PKT_BROADCAST | PX_PKT_MULTICAST))) {
			ip4_forward(stack, pkt);
			return;
		}
		PX_COUNT(stack, IpInAddrErrors);
		goto drop;
	default:
		goto discard;
	}
	if (ip4_is_fragment(&header)) {
		pkt = reassemble(stack, pkt, &header);
		if (!pkt)
			return;
	}
	px_pkt_pull(pkt, header.header_len);
	pkt->l4 = px_pkt_here(pkt);
	ip_deliver(stack, pkt);
	return;

discard:
	PX_COUNT(stack, IpInDiscards);
drop:
	px_pkt_free(pkt);
}
