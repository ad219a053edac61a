/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Segments that no connection sends: of requests, of TIME-WAIT, and RST to what belongs to nothing.
 */
#include "tcp_internal.h"

int tcp_reply(struct px_stack *stack, const struct tcp_flow *flow, uint32_t oif, uint8_t tos,
    int ttl, struct tcp_header *header)
{
	struct ip_flow way = {.src = flow->local, .dst = flow->remote};
	struct ip_send ip = {.protocol = IPPROTO_TCP, .tos = tos, .ttl = ttl, .pmtu = IP_PMTUDISC_WANT};
	uint8_t bytes[TCP_HEADER_MAX];
	struct px_pkt *pkt;
	struct ip_dst dst;
	size_t len;
	int err;

	if (px_ip_needs_scope(&flow->remote) || px_ip_needs_scope(&flow->local))
		way.oif = oif;
	err = ip_route(stack, &way, &dst);
	if (err)
		return err;
	if (dst.type != RTN_UNICAST && dst.type != RTN_LOCAL)
		return -EHOSTUNREACH;
	pkt = px_pkt_alloc(stack, TCP_HEADER_MAX);
	if (!pkt)
		return -ENOMEM;
	header->sport = flow->lport;
	header->dport = flow->rport;
	len = tcp_write(bytes, header);
	memcpy(px_pkt_put(pkt, len), bytes, len);
	ip_checksum_partial(pkt, &dst.src, &dst.dst, IPPROTO_TCP, TCP_CHECKSUM_OFFSET);
	PX_COUNT(stack, TcpOutSegs);
	if (header->flags & TCP_RST)
		PX_COUNT(stack, TcpOutRsts);
	return ip_output(stack, pkt, &dst, &ip);
}

/* Section 3.10.7.1: with ACK, <SEQ=SEG.ACK><CTL=RST>; else
 * <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>. Never as an answer to a RST, and never to a source
 * that could be many. */
void tcp_reply_reset(struct px_stack *stack, const struct tcp_arrival *arrival)
{
	const struct px_pkt *pkt = arrival->pkt;
	struct tcp_flow flow = {.local = pkt->dst,
	    .remote = pkt->src,
	    .lport = arrival->header.dport,
	    .rport = arrival->header.sport};
	struct tcp_header header = {0};

	if (arrival->header.flags & TCP_RST)
		return;
	if (arrival->header.flags & TCP_ACK) {
		header.seq = arrival->header.ack;
		header.flags = TCP_RST;
	} else {
		header.ack = arrival->end;
		header.flags = TCP_RST | TCP_ACK;
	}
	if (!(pkt->flags & PX_PKT_RETIRED) &&
	    ip_local_type(stack, &pkt->dst, pkt->ifindex) != RTN_LOCAL)
		return;
	tcp_reply(stack, &flow, pkt->ifindex, 0, -1, &header);
}
