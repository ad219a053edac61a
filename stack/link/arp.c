/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ARP (RFC 826), with the rules of RFC 1122 section 2.3.2 and Linux's choices: requests for any
 * address of the stack are answered on any interface (arp_ignore 0); only who talks to us, or is
 * talked to, is learned (arp_accept 0).
 */
#include "ether.h"
#include "link.h"

#include <net/if_arp.h>

/* A mapping that was just set is not changed by another answer at once (locktime): of two that
 * answer one request, the first stays for a second. Who asks us, or announces himself, is believed:
 * he may have just taken over an address (Linux: neigh_event_ns, arp_is_garp). */
#define LOCK_TIME PX_SEC

static void send_arp(struct px_iface *iface, const struct arp_packet *arp, const uint8_t *mac)
{
	static const uint8_t broadcast[PX_MAC_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct px_pkt *pkt;

	if (iface->flags & (IFF_NOARP | IFF_LOOPBACK))
		return;
	pkt = px_pkt_alloc(iface->stack, ARP_LEN);
	if (!pkt)
		return;
	arp_write(px_pkt_put(pkt, ARP_LEN), arp);
	ethernet_send(iface, pkt, mac ? mac : broadcast, ETH_P_ARP);
}

void arp_solicit(struct px_iface *iface, const struct px_ip *target, const struct px_ip *source,
    const uint8_t *mac)
{
	struct arp_packet arp = {.op = ARP_REQUEST, .sender = *source, .target = *target};

	memcpy(arp.sender_mac, iface->mac, PX_MAC_LEN);
	send_arp(iface, &arp, mac);
}

void arp_announce(struct px_iface *iface, const struct px_ip *ip)
{
	arp_solicit(iface, ip, ip, NULL);
}

static void reply(struct px_iface *iface, const struct arp_packet *request)
{
	struct arp_packet arp = {.op = ARP_REPLY, .sender = request->target, .target = request->sender};

	memcpy(arp.sender_mac, iface->mac, PX_MAC_LEN);
	memcpy(arp.target_mac, request->sender_mac, PX_MAC_LEN);
	send_arp(iface, &arp, request->sender_mac);
}

static bool is_local(const struct px_stack *stack, const struct px_ip *ip)
{
	const struct px_route *route = px_route_lookup(stack, ip, 0, PX_LOOKUP_LOCAL_ONLY);

	return route && route->type == RTN_LOCAL && !px_ip_is_loopback(ip);
}

static bool is_announcement(const struct arp_packet *arp)
{
	return px_ip_eq(&arp->sender, &arp->target) &&
	       (arp->op == ARP_REQUEST || ether_eq(arp->sender_mac, arp->target_mac));
}

static void learn(
    struct px_iface *iface, const struct px_pkt *pkt, const struct arp_packet *arp, bool for_us)
{
	struct neighbour *neighbour = neighbour_find(iface, &arp->sender);
	enum neighbour_state state = NEIGHBOUR_STALE;

	if (!neighbour && for_us && arp->op == ARP_REQUEST)
		neighbour = neighbour_get(iface, &arp->sender); /* we shall answer him soon */
	if (!neighbour || neighbour->state == NEIGHBOUR_PERMANENT)
		return;
	/* A reply sent to us alone is what we asked for: confirmed. */
	if (arp->op == ARP_REPLY && for_us && !(pkt->flags & (PX_PKT_BROADCAST | PX_PKT_MULTICAST)))
		state = NEIGHBOUR_REACHABLE;
	if (memcmp(neighbour->mac, arp->sender_mac, PX_MAC_LEN) == 0 &&
	    neighbour->state != NEIGHBOUR_NONE && neighbour->state != NEIGHBOUR_INCOMPLETE &&
	    neighbour->state != NEIGHBOUR_FAILED && state == NEIGHBOUR_STALE)
		return; /* nothing new */
	if (!(for_us && arp->op == ARP_REQUEST) && !is_announcement(arp) &&
	    memcmp(neighbour->mac, arp->sender_mac, PX_MAC_LEN) != 0 &&
	    neighbour_current_state(neighbour) == NEIGHBOUR_REACHABLE &&
	    iface->stack->now - neighbour->updated < LOCK_TIME)
		return;
	neighbour_update(neighbour, arp->sender_mac, state);
}

void arp_input(struct px_iface *iface, struct px_pkt *pkt)
{
	struct px_stack *stack = iface->stack;
	struct wire_reader reader;
	struct arp_packet arp;
	bool for_us;

	if (px_pkt_pull_linear(pkt, pkt->total < ARP_LEN ? pkt->total : ARP_LEN) < 0)
		goto drop;
	reader = wire_reader(pkt->data, pkt->len);
	if ((iface->flags & (IFF_NOARP | IFF_LOOPBACK)) || !arp_parse(&reader, &arp) ||
	    (arp.op != ARP_REQUEST && arp.op != ARP_REPLY))
		goto drop;
	/* Nobody has these addresses. The sender 0.0.0.0 is a probe (RFC 5227). */
	if (ether_is_group(arp.sender_mac) || px_ip_is_multicast(&arp.sender) ||
	    px_ip_is_limited_broadcast(&arp.sender) || px_ip_is_loopback(&arp.sender) ||
	    px_ip_is_loopback(&arp.target) || px_ip_is_multicast(&arp.target))
		goto drop;
	/* Our own frame, come back by a hub that reflects. */
	if (ether_eq(arp.sender_mac, iface->mac))
		goto drop;

	acd_arp_received(iface, &arp);
	for_us = is_local(stack, &arp.target);
	/* Who uses an address of ours has nothing to teach us (RFC 5227 is acd.c's business). */
	if (!px_ip_is_any(&arp.sender) && !is_local(stack, &arp.sender))
		learn(iface, pkt, &arp, for_us);
	if (arp.op == ARP_REQUEST && for_us)
		reply(iface, &arp);

drop:
	px_pkt_free(pkt);
}
