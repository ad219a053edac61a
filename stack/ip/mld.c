/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MLD messages: versions 1 (RFC 2710) and 2 (RFC 3810), host side. */
#include "ip_internal.h"

/* A usable link-local address, or :: while there is none (RFC 3810 section 5.2.13). */
static struct px_ip report_source(const struct px_iface *iface)
{
	const struct px_address *address = px_address_link_local(iface);

	return address && !(address->flags & IFA_F_TENTATIVE) ? address->ip : PX_IP_NONE;
}

void mld_report(struct px_iface *iface, const struct group_record *records, unsigned int count)
{
	static const struct px_ip routers = {.b = {0xff, 0x02, [15] = 0x16}};
	struct px_ip source = report_source(iface);
	size_t room = iface->mtu - IP6_HEADER - 8u; /* the router alert's header */
	struct px_pkt *pkt;

	while ((pkt = group_report_packet(iface, ICMP6_MLD2_REPORT, room, &records, &count)))
		icmp6_send(iface->stack, iface, pkt, &source, &routers, 1);
}

void mld_old_report(struct px_iface *iface, const struct px_ip *group, bool done)
{
	static const struct px_ip all_routers = {.b = {0xff, 0x02, [15] = 2}};
	struct px_ip source = report_source(iface);
	struct px_pkt *pkt = px_pkt_alloc(iface->stack, 24);
	uint8_t *bytes;

	if (!pkt)
		return;
	bytes = px_pkt_put(pkt, 24);
	memset(bytes, 0, 8);
	bytes[0] = done ? ICMP6_MLD_DONE : ICMP6_MLD_REPORT;
	memcpy(bytes + 8, group->b, 16);
	icmp6_send(iface->stack, iface, pkt, &source, done ? &all_routers : group, 1);
}

void mld_input(struct px_stack *stack, struct px_pkt *pkt, const struct nd_message *message)
{
	struct wire_reader reader = wire_reader(message->body, message->len);
	struct group_query query;
	struct px_ip group;

	/* RFC 3810 section 6.2: from this link, with the router alert. */
	if (!px_ip_is_link_local(&pkt->src) || pkt->ttl != 1 || px_iface_is_loopback(message->iface))
		return;
	switch (message->header.type) {
	case ICMP6_MLD_QUERY:
		if ((pkt->flags & PX_PKT_ROUTER_ALERT) &&
		    mld_query_parse(&reader, message->len + ICMP_HEADER, message->header.rest, &query) &&
		    (px_ip_is_any(&query.group) || px_ip_is_multicast(&query.group)))
			group_query_received(message->iface, false, &query);
		break;
	case ICMP6_MLD_REPORT:
		if (message->len < 16)
			break;
		group = px_ip6_load(message->body);
		if (px_ip_is_multicast(&group))
			group_report_heard(message->iface, &group);
		break;
	default:
		break;
	}
}
