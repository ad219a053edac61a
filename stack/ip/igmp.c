/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IGMP messages: versions 1 (RFC 1112), 2 (RFC 2236) and 3 (RFC 3376), host side. */
#include "ip_internal.h"

static const struct ip4_options router_alert = {
    .bytes = {IP4_OPT_RA, 4, 0, 0}, .len = 4, .router_alert = true};

/* TTL 1, internetwork control, router alert (RFC 3376 section 4); from the interface's address,
 * or from 0.0.0.0 while it has none. */
static void send_igmp(struct px_iface *iface, struct px_pkt *pkt, uint32_t to)
{
	struct px_stack *stack = iface->stack;
	struct ip_send send = {
	    .protocol = IPPROTO_IGMP, .tos = 0xc0, .ttl = 1, .options = &router_alert};
	struct ip_dst dst = {
	    .iface = iface,
	    .zone = iface->index,
	    .dst = px_ip4_host(to),
	    .mtu = iface->mtu,
	    .type = RTN_MULTICAST,
	    .expires = PX_TIME_NEVER,
	};
	uint16_t sum;

	dst.via = dst.dst;
	if (!ip_source_select(stack, &dst.dst, iface, 0, &dst.src))
		dst.src = px_ip4(0);
	sum = checksum_finish(px_pkt_checksum(pkt, 0, pkt->total, 0));
	memcpy(pkt->data + 2, &sum, sizeof(sum));
	ip_output(stack, pkt, &dst, &send);
}

void igmp_report(struct px_iface *iface, const struct group_record *records, unsigned int count)
{
	size_t room = iface->mtu > IP4_HEADER + 4u ? iface->mtu - IP4_HEADER - 4u : 0;
	struct px_pkt *pkt;

	while ((pkt = group_report_packet(iface, IGMP_V3_REPORT, room, &records, &count)))
		send_igmp(iface, pkt, 0xe0000016); /* 224.0.0.22 */
}

void igmp_old_report(
    struct px_iface *iface, const struct px_ip *group, unsigned int version, bool leave)
{
	struct px_pkt *pkt = px_pkt_alloc(iface->stack, 8);
	uint8_t *bytes;

	if (!pkt)
		return;
	bytes = px_pkt_put(pkt, 8);
	memset(bytes, 0, 8);
	bytes[0] = leave ? IGMP_V2_LEAVE : version == 1 ? IGMP_V1_REPORT : IGMP_V2_REPORT;
	memcpy(bytes + 4, px_ip_bytes(group), 4);
	send_igmp(iface, pkt, leave ? 0xe0000002 : px_ip4_value(group));
}

void igmp_input(struct px_stack *stack, struct px_pkt *pkt)
{
	struct wire_reader reader;
	struct group_query query;
	struct px_ip group;

	if (pkt->total < 8 || px_pkt_linearize(pkt) < 0 || px_iface_is_loopback(pkt->iface))
		goto drop;
	if (!(pkt->flags & PX_PKT_CSUM_VALID) &&
	    checksum_finish(px_pkt_checksum(pkt, 0, pkt->total, 0)) != 0)
		goto drop;
	reader = wire_reader(pkt->data, pkt->len);
	switch (pkt->data[0]) {
	case IGMP_QUERY:
		/* From this link (RFC 3376 section 9.1): not routed. */
		if (pkt->ttl == 1 && igmp_query_parse(&reader, pkt->len, &query) &&
		    (px_ip_is_any(&query.group) || px_ip_is_multicast(&query.group)))
			group_query_received(pkt->iface, true, &query);
		break;
	case IGMP_V1_REPORT:
	case IGMP_V2_REPORT:
		group = px_ip4_load(pkt->data + 4);
		if (px_ip_eq(&group, &pkt->dst) && !(pkt->flags & PX_PKT_LOOPED))
			group_report_heard(pkt->iface, &group);
		break;
	default: /* others are for routers */
		break;
	}

drop:
	px_pkt_free(pkt);
}
