/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IPv6 input: the fixed header, then the chain of extension headers (RFC 8200 section 4).
 *
 * Headers are read in the order they stand; hop-by-hop options only right behind the fixed header.
 * A routing header whose segments are used up is passed over; with segments left we are asked to
 * forward, and a host does not (types 0, 2, 3 and 4 alike: RFC 5095, RFC 8200 section 4.4).
 */
#include "ip_internal.h"

#define EXTENSIONS_MAX 16 /* headers in one chain; RFC 8504 section 5.3 allows a limit */

static bool is_martian(const struct px_pkt *pkt)
{
	bool inside = (pkt->flags & PX_PKT_LOOPED) || px_iface_is_loopback(pkt->iface);

	if (px_ip_is_multicast(&pkt->src))
		return true;
	/* RFC 4291 section 2.5.3. */
	if (!inside && (px_ip_is_loopback(&pkt->src) || px_ip_is_loopback(&pkt->dst)))
		return true;
	/* Mapped addresses are this stack's IPv4 (wire/inet.h); on the wire they are an attack. */
	if (px_ip_is4(&pkt->src) || px_ip_is4(&pkt->dst))
		return true;
	/* RFC 4291 section 2.7: scope 0 is reserved, scope 1 does not leave a node. */
	if (px_ip_is_multicast(&pkt->dst)) {
		unsigned int scope = px_ip6_multicast_scope(&pkt->dst);
		return scope == 0 || (scope == 1 && !inside);
	}
	return px_ip_is_zero(&pkt->dst);
}

static uint8_t classify(struct px_stack *stack, struct px_pkt *pkt)
{
	const struct px_route *route;

	if (ip_is_local_again(stack, &pkt->dst))
		return RTN_LOCAL;
	if (px_ip_is_multicast(&pkt->dst)) {
		if (!ip_group_wanted(pkt->iface, &pkt->dst, &pkt->src))
			return 0;
		if (stack->retired && ip_retired_has_group(pkt))
			pkt->flags |= PX_PKT_RETIRED;
		return RTN_MULTICAST;
	}
	route = px_route_lookup(
	    stack, &pkt->dst, px_ip_needs_scope(&pkt->dst) ? pkt->ifindex : 0, PX_LOOKUP_LOCAL_ONLY);
	if (!route || route->type != RTN_LOCAL) {
		if (!stack->retired || !ip_retired_lets_in(stack, pkt))
			return RTN_UNICAST;
		pkt->flags |= PX_PKT_RETIRED;
		return RTN_LOCAL;
	}
	ip_remember_local(stack, &pkt->dst);
	return RTN_LOCAL;
}

/* A parameter problem; `at` points into the packet from its network header. */
static void problem(struct px_stack *stack, struct px_pkt *pkt, uint8_t code, size_t at)
{
	PX_COUNT(stack, Ip6InHdrErrors);
	icmp_send_error(stack, pkt, ICMP6_PARAMETER_PROBLEM, code, (uint32_t)at);
}

/* Hop-by-hop and destination options. `at`: offset of the header from l3. */
static bool check_options(struct px_stack *stack, struct px_pkt *pkt, const uint8_t *header,
    size_t len, size_t at, bool hop_by_hop)
{
	struct ip6_options options;
	size_t wrong;

	switch (ip6_options_parse(header + 2, len - 2, &options, &wrong)) {
	case IP6_OPT_OK:
		break;
	case IP6_OPT_DROP:
		PX_COUNT(stack, Ip6InHdrErrors);
		return false;
	case IP6_OPT_PROBLEM_UNICAST:
		if (px_ip_is_multicast(&pkt->dst)) {
			PX_COUNT(stack, Ip6InHdrErrors);
			return false;
		}
		problem(stack, pkt, ICMP6_BAD_OPTION, at + 2 + wrong);
		return false;
	case IP6_OPT_PROBLEM:
		problem(stack, pkt, ICMP6_BAD_OPTION, at + 2 + wrong);
		return false;
	}
	if (options.jumbo) {
		/* No jumbograms here (RFC 2675): as an unrecognized option. */
		problem(stack, pkt, ICMP6_BAD_OPTION, at + 2 + wrong);
		return false;
	}
	if (hop_by_hop && options.router_alert)
		pkt->flags |= PX_PKT_ROUTER_ALERT;
	return true;
}

/* RFC 7112: the first fragment holds all headers, the transport's included. */
static bool chain_is_whole(const struct px_pkt *pkt, uint8_t next)
{
	size_t at = 0;
	uint8_t header[2];

	for (unsigned int i = 0; i < EXTENSIONS_MAX && ip6_is_extension(next); i++) {
		if (next == IPPROTO_FRAGMENT)
			break;
		if (px_pkt_read(pkt, at, header, 2) < 2)
			return false;
		next = header[0];
		at += ((size_t)header[1] + 1) * 8;
	}
	switch (next) {
	case IPPROTO_TCP:
		return pkt->total >= at + 20;
	case IPPROTO_UDP:
	case IPPROTO_ICMPV6:
		return pkt->total >= at + 8;
	case IPPROTO_NONE:
		return pkt->total >= at;
	default:
		return pkt->total > at;
	}
}

enum chain_result { CHAIN_DONE, CHAIN_DROP, CHAIN_TAKEN, CHAIN_AGAIN };

/* A fragment header at the packet's front. `next_at`: of the field that named it. */
static enum chain_result fragment_header(
    struct px_stack *stack, struct px_pkt **pkt_io, uint8_t *next, uint32_t *next_at)
{
	struct px_pkt *pkt = *pkt_io;
	struct wire_reader reader;
	struct ip6_fragment_header header;
	uint32_t at = px_pkt_here(pkt) - pkt->l3;
	struct fragment fragment;

	if (pkt->total >= IP6_FRAGMENT && px_pkt_pull_linear(pkt, IP6_FRAGMENT) < 0)
		return CHAIN_DROP;
	reader = wire_reader(pkt->data, pkt->len);
	if (!ip6_fragment_parse(&reader, &header)) {
		PX_COUNT(stack, Ip6InTruncatedPkts);
		return CHAIN_DROP;
	}
	px_pkt_pull(pkt, IP6_FRAGMENT);
	if (header.offset == 0 && !header.more) { /* atomic: on its own, at once (RFC 6946) */
		pkt->flags |= PX_PKT_ATOMIC_FRAGMENT;
		*next = header.next;
		*next_at = at;
		return CHAIN_AGAIN;
	}
	fragment = (struct fragment){
	    .offset = header.offset,
	    .len = pkt->total,
	    .more = header.more,
	    .id = header.id,
	    .ecn = pkt->tos & 3,
	    .next = header.next,
	    .next_at = *next_at,
	    .unfragmentable = at,
	};
	if (header.more && (fragment.len & 7)) { /* RFC 8200 section 4.5 */
		PX_COUNT(stack, Ip6ReasmFails);
		problem(stack, pkt, ICMP6_BAD_HEADER, 4);
		return CHAIN_DROP;
	}
	if (fragment.offset + fragment.len + at - IP6_HEADER > 65535) {
		PX_COUNT(stack, Ip6ReasmFails);
		problem(stack, pkt, ICMP6_BAD_HEADER, at + 2);
		return CHAIN_DROP;
	}
	if (fragment.len == 0)
		return CHAIN_DROP;
	if (header.offset == 0 && !chain_is_whole(pkt, header.next)) {
		PX_COUNT(stack, Ip6ReasmFails);
		problem(stack, pkt, 3, 0); /* RFC 7112 section 5 */
		return CHAIN_DROP;
	}
	*pkt_io = ip_reassemble(stack, pkt, &fragment);
	return *pkt_io ? CHAIN_DONE : CHAIN_TAKEN;
}

static void keep_header(struct px_pkt *pkt, const struct ip6_header *header)
{
	pkt->src = header->src;
	pkt->dst = header->dst;
	pkt->ttl = header->hop_limit;
	pkt->tos = header->tclass;
	pkt->flow_label = header->flow_label;
}

/* Whole again: from the start, without the fragment header. What stood before it was looked at with
 * the first fragment; it is harmless to do so again. */
static bool start_again(struct px_pkt *pkt, uint8_t *next)
{
	struct wire_reader reader = wire_reader(pkt->data, pkt->len);
	struct ip6_header header;

	if (!ip6_parse(&reader, &header))
		return false;
	keep_header(pkt, &header);
	pkt->l3 = px_pkt_here(pkt);
	px_pkt_pull(pkt, IP6_HEADER);
	*next = header.next;
	return true;
}

/* One header after the other, up to the transport's. */
static void process_chain(struct px_stack *stack, struct px_pkt *pkt, uint8_t next)
{
	uint32_t next_at = IP6_NEXT_OFFSET;

	for (unsigned int i = 0; i < EXTENSIONS_MAX && ip6_is_extension(next); i++) {
		uint32_t at = px_pkt_here(pkt) - pkt->l3;
		size_t len;

		if (next == IPPROTO_HOPOPTS && at != IP6_HEADER) {
			problem(stack, pkt, ICMP6_BAD_NEXT_HEADER, next_at);
			goto drop;
		}
		if (next == IPPROTO_FRAGMENT) {
			switch (fragment_header(stack, &pkt, &next, &next_at)) {
			case CHAIN_AGAIN:
				continue;
			case CHAIN_DONE:
				if (!start_again(pkt, &next))
					goto drop;
				next_at = IP6_NEXT_OFFSET;
				continue;
			case CHAIN_TAKEN:
				return;
			case CHAIN_DROP:
				goto drop;
			}
		}
		if (pkt->total < 8)
			goto truncated;
		if (px_pkt_pull_linear(pkt, 8) < 0)
			goto discard;
		len = ((size_t)pkt->data[1] + 1) * 8;
		if (len > pkt->total)
			goto truncated;
		if (px_pkt_pull_linear(pkt, len) < 0)
			goto discard;
		if (next == IPPROTO_ROUTING) {
			if (pkt->data[3] != 0) { /* segments left */
				problem(stack, pkt, ICMP6_BAD_HEADER, at + 2);
				goto drop;
			}
		} else if (!check_options(stack, pkt, pkt->data, len, at, next == IPPROTO_HOPOPTS)) {
			goto drop;
		}
		next = pkt->data[0];
		next_at = at;
		px_pkt_pull(pkt, len);
	}
	if (ip6_is_extension(next))
		goto discard; /* more than EXTENSIONS_MAX */
	pkt->l4 = px_pkt_here(pkt);
	pkt->protocol = next;
	pkt->ip6_nexthdr_offset = (uint8_t)(next_at < 255 ? next_at : 255);
	ip_deliver(stack, pkt);
	return;

truncated:
	PX_COUNT(stack, Ip6InTruncatedPkts);
	goto drop;
discard:
	PX_COUNT(stack, Ip6InDiscards);
drop:
	px_pkt_free(pkt);
}

void ip6_receive(struct px_stack *stack, struct px_pkt *pkt)
{
	struct ip6_header header;
	struct wire_reader reader;

	PX_COUNT(stack, Ip6InReceives);
	PX_COUNT_ADD(stack, Ip6InOctets, pkt->total);
	if (!px_iface_is_loopback(pkt->iface) && (!pkt->iface->ip6 || !pkt->iface->ip6->running))
		goto discard;
	if (px_pkt_pull_linear(pkt, pkt->total < IP6_HEADER ? pkt->total : IP6_HEADER) < 0)
		goto discard;
	pkt->l3 = px_pkt_here(pkt);
	reader = wire_reader(pkt->data, pkt->len);
	if (!ip6_parse(&reader, &header)) {
		PX_COUNT(stack, Ip6InHdrErrors);
		goto drop;
	}
	if (header.payload_len > pkt->total - IP6_HEADER) {
		PX_COUNT(stack, Ip6InTruncatedPkts);
		goto drop;
	}
	px_pkt_trim(pkt, IP6_HEADER + (size_t)header.payload_len);
	ip_count_ecn(stack, false, header.tclass);
	keep_header(pkt, &header);
	pkt->protocol = header.next;
	if (is_martian(pkt)) {
		PX_COUNT(stack, Ip6InAddrErrors);
		goto drop;
	}
	if (px_ip_is_multicast(&pkt->dst)) {
		PX_COUNT(stack, Ip6InMcastPkts);
		PX_COUNT_ADD(stack, Ip6InMcastOctets, pkt->total);
	}
	switch (classify(stack, pkt)) {
	case RTN_LOCAL:
		break;
	case RTN_MULTICAST:
		pkt->flags |= PX_PKT_MULTICAST;
		break;
	case RTN_UNICAST:
		if (stack->options.ip6_forwarding &&
		    !(pkt->flags & (PX_PKT_BROADCAST | PX_PKT_MULTICAST))) {
			ip6_forward(stack, pkt);
			return;
		}
		PX_COUNT(stack, Ip6InAddrErrors);
		goto drop;
	default:
		goto discard;
	}
	px_pkt_pull(pkt, IP6_HEADER);
	process_chain(stack, pkt, header.next);
	return;

discard:
	PX_COUNT(stack, Ip6InDiscards);
drop:
	px_pkt_free(pkt);
}
