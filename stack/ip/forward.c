/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Forwarding, for those who switch it on (RFC 1812 section 5.2, RFC 8200).
 *
 * What is checked of a packet that is only passing is what a router must: hop limit, scope, MTU.
 * Redirects are not sent.
 */
#include "ip_internal.h"

static int find_route(struct px_stack *stack, const struct px_pkt *pkt, struct ip_dst *dst)
{
	struct ip_flow flow = {.src = pkt->src, .dst = pkt->dst};
	int err = ip_route(stack, &flow, dst);

	/* Only to other hosts: broadcasts and our own addresses were sorted out before. */
	return err ? err : dst->type == RTN_UNICAST ? 0 : -EHOSTUNREACH;
}

void ip4_forward(struct px_stack *stack, struct px_pkt *pkt)
{
	struct ip_dst dst;
	uint16_t checksum;
	uint32_t sum;
	uint8_t *header;

	if (px_ip_is_any(&pkt->src) || px_ip_is_link_local(&pkt->src) || px_ip_is_link_local(&pkt->dst))
		goto drop;
	if (pkt->ttl <= 1) {
		PX_COUNT(stack, IpInHdrErrors);
		icmp_send_error(stack, pkt, ICMP4_TIME_EXCEEDED, 0, 0);
		goto drop;
	}
	switch (find_route(stack, pkt, &dst)) {
	case 0:
		break;
	case -EACCES:
		icmp_send_error(stack, pkt, ICMP4_UNREACHABLE, ICMP4_ADMINISTRATIVELY_PROHIBITED, 0);
		goto drop;
	case -EINVAL: /* blackhole */
		goto drop;
	case -EHOSTUNREACH:
		icmp_send_error(stack, pkt, ICMP4_UNREACHABLE, ICMP4_HOST_UNREACHABLE, 0);
		goto drop;
	default:
		PX_COUNT(stack, IpExtInNoRoutes);
		icmp_send_error(stack, pkt, ICMP4_UNREACHABLE, ICMP4_NET_UNREACHABLE, 0);
		goto drop;
	}
	if (pkt->total > dst.mtu && (pkt->data[6] & (IP4_DF >> 8))) {
		PX_COUNT(stack, IpFragFails);
		icmp_send_error(stack, pkt, ICMP4_UNREACHABLE, ICMP4_FRAGMENTATION_NEEDED, dst.mtu);
		goto drop;
	}
	if (px_pkt_unshare(pkt, PX_PKT_HEADROOM / 4) < 0)
		goto drop;
	header = pkt->data;
	header[8]--;
	/* RFC 1141: the checksum of one smaller TTL is one larger, in one's complement. */
	memcpy(&checksum, header + 10, sizeof(checksum));
	sum = ntohs(checksum) + 0x100u;
	checksum = htons((uint16_t)(sum + (sum >> 16)));
	memcpy(header + 10, &checksum, sizeof(checksum));
	pkt->flags |= PX_PKT_FORWARDED;
	pkt->flags &= ~(uint32_t)PX_PKT_CSUM_VALID;
	PX_COUNT(stack, IpForwDatagrams);
	dst.src = pkt->src;
	if (pkt->total > dst.mtu)
		ip4_fragment(stack, pkt, &dst, dst.mtu);
	else
		ip_transmit(stack, pkt, &dst, false);
	return;

drop:
	px_pkt_free(pkt);
}

void ip6_forward(struct px_stack *stack, struct px_pkt *pkt)
{
	struct ip_dst dst;

	/* RFC 4291 section 2.5.2, RFC 4007 section 9. */
	if (px_ip_is_zero(&pkt->src) || px_ip_needs_scope(&pkt->src) || px_ip_needs_scope(&pkt->dst)) {
		PX_COUNT(stack, Ip6InAddrErrors);
		if (px_ip_needs_scope(&pkt->src) && !px_ip_needs_scope(&pkt->dst))
			icmp_send_error(stack, pkt, ICMP6_UNREACHABLE, ICMP6_BEYOND_SCOPE, 0);
		goto drop;
	}
	if (pkt->ttl <= 1) {
		PX_COUNT(stack, Ip6InHdrErrors);
		icmp_send_error(stack, pkt, ICMP6_TIME_EXCEEDED_ERROR, 0, 0);
		goto drop;
	}
	switch (find_route(stack, pkt, &dst)) {
	case 0:
		break;
	case -EACCES:
		icmp_send_error(stack, pkt, ICMP6_UNREACHABLE, ICMP6_PROHIBITED, 0);
		goto drop;
	case -EINVAL:
		goto drop;
	default:
		PX_COUNT(stack, Ip6InNoRoutes);
		icmp_send_error(stack, pkt, ICMP6_UNREACHABLE, ICMP6_NO_ROUTE, 0);
		goto drop;
	}
	if (pkt->total > dst.mtu) {
		PX_COUNT(stack, Ip6InTooBigErrors);
		icmp_send_error(stack, pkt, ICMP6_TOO_BIG, 0, dst.mtu);
		goto drop;
	}
	if (px_pkt_unshare(pkt, PX_PKT_HEADROOM / 4) < 0)
		goto drop;
	pkt->data[7]--;
	pkt->flags |= PX_PKT_FORWARDED;
	PX_COUNT(stack, Ip6OutForwDatagrams);
	dst.src = pkt->src;
	ip_transmit(stack, pkt, &dst, false);
	return;

drop:
	px_pkt_free(pkt);
}
