/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ethernet II, with 802.1Q tags.
 *
 * A tag of VLAN 0 is a priority only (IEEE 802.1Q section 6.7): the frame is taken as untagged,
 * unless there is an interface for it. Frames of other VLANs are their interfaces' (vlan.h); of
 * those that have none, packet sockets' alone.
 * IEEE 802.3 length fields (below 0x600) are not IP: likewise.
 */
#include "cut.h"
#include "ether.h"
#include "link.h"
#include "vlan.h"

#include <errno.h>
#include <net/if_arp.h>

#define MIN_TYPE 0x600

static void set_destination_flags(
    const struct px_iface *iface, struct px_pkt *pkt, const uint8_t *dst)
{
	if (ether_is_broadcast(dst))
		pkt->flags |= PX_PKT_BROADCAST;
	else if (ether_is_group(dst))
		pkt->flags |= PX_PKT_MULTICAST;
	else if (!ether_eq(dst, iface->mac))
		pkt->flags |= PX_PKT_OTHERHOST;
}

/* Ethernet's header and one tag. */
static bool parse(struct px_iface *iface, struct px_pkt *pkt, struct ether_header *header)
{
	struct wire_reader reader;

	if (px_pkt_pull_linear(pkt, pkt->total < 128 ? pkt->total : 128) < 0)
		return false;
	reader = wire_reader(pkt->data, pkt->len);
	if (!ether_parse(&reader, header))
		return false;
	set_destination_flags(iface, pkt, header->dst);
	if (pkt->flags & PX_PKT_MULTICAST)
		iface->stats.rx_multicast++;
	pkt->l2 = px_pkt_here(pkt);
	pkt->ethertype = header->type;
	pkt->l3 = pkt->l2 + ETHER_HEADER;
	if (header->type == ETH_P_8021Q) {
		pkt->vlan_tci = wire_u16(&reader);
		pkt->ethertype = wire_u16(&reader);
		if (reader.error)
			return false;
		pkt->flags |= PX_PKT_VLAN;
		pkt->l3 += ETHER_TAG;
	}
	return true;
}

static void ethernet_input(struct px_iface *iface, struct px_pkt *pkt)
{
	struct px_stack *stack = iface->stack;
	struct px_iface *upper = NULL;
	struct ether_header header;

	if (!parse(iface, pkt, &header))
		goto error;
	if (px_tapped(stack))
		px_tap_show(stack, pkt);
	if ((pkt->flags & PX_PKT_VLAN) && !list_is_empty(&iface->uppers))
		upper = vlan_receive(iface, pkt);
	if (upper)
		iface = upper;
	else if ((pkt->flags & PX_PKT_VLAN) && (pkt->vlan_tci & VLAN_ID_MASK))
		goto nohandler;
	if (pkt->ethertype < MIN_TYPE)
		goto nohandler;
	/* A group address is no source (IEEE 802.3 section 3.2.5); promiscuity is for the tap. */
	if ((pkt->flags & PX_PKT_OTHERHOST) || ether_is_group(header.src)) {
		iface->stats.rx_dropped++;
		goto drop;
	}
	px_pkt_pull(pkt, pkt->l3 - pkt->l2);
	switch (pkt->ethertype) {
	case ETH_P_IP:
		if (!stack->ip4_input)
			goto nohandler;
		stack->ip4_input(stack, pkt);
		return;
	case ETH_P_IPV6:
		if (!stack->ip6_input)
			goto nohandler;
		stack->ip6_input(stack, pkt);
		return;
	case ETH_P_ARP:
		arp_input(iface, pkt);
		return;
	default:
		goto nohandler;
	}

error:
	iface->stats.rx_errors++;
	goto drop;
nohandler:
	iface->stats.rx_nohandler++;
drop:
	px_pkt_free(pkt);
}

/* The frames of a super-segment one by one. What does not find room any more, or memory, is lost on
 * the way: an error would say that nothing was sent. */
static int transmit_apart(struct px_iface *iface, struct px_pkt *frame)
{
	struct px_pktq frames = {0};
	uint32_t count = px_pkt_frames(frame);
	struct px_pkt *pkt;
	int err = -ENOMEM;

	cut_apart(iface->stack, frame, &frames);
	iface->stats.tx_dropped += count - frames.count;
	while ((pkt = px_pktq_take(&frames))) {
		int failed = px_iface_transmit(iface, pkt);

		err = err ? failed : 0;
	}
	return err;
}

int ethernet_send(
    struct px_iface *iface, struct px_pkt *pkt, const uint8_t mac[PX_MAC_LEN], uint16_t ethertype)
{
	/* Bytes before `data` are this packet's even where it shares the rest (a looped copy of a
	 * multicast packet): no one else looks there. */
	uint8_t *header = px_pkt_push(pkt, ETHER_HEADER);

	if (!header) {
		int err = px_pkt_unshare(pkt, PX_PKT_HEADROOM);
		header = err ? NULL : px_pkt_push(pkt, ETHER_HEADER);
		if (!header) {
			iface->stats.tx_dropped++;
			px_pkt_free(pkt);
			return -ENOMEM;
		}
	}
	ether_write(header, mac, iface->mac, ethertype);
	pkt->ethertype = ethertype;
	pkt->l2 = px_pkt_here(pkt);
	pkt->l3 = pkt->l2 + ETHER_HEADER;
	if (pkt->segment && (!(iface->caps & PX_LINK_CUT) || px_tapped(iface->stack)))
		return transmit_apart(iface, pkt);
	return px_iface_transmit(iface, pkt);
}

int ethernet_output(struct px_iface *iface, struct px_pkt *pkt, const struct px_ip *via)
{
	static const uint8_t broadcast[PX_MAC_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	uint16_t ethertype = px_ip_is4(via) ? ETH_P_IP : ETH_P_IPV6;
	uint8_t group[PX_MAC_LEN];

	if (pkt->flags & PX_PKT_BROADCAST)
		return ethernet_send(iface, pkt, broadcast, ethertype);
	if (px_ip_is_multicast(via)) {
		ether_multicast(via, group);
		return ethernet_send(iface, pkt, group, ethertype);
	}
	if (iface->flags & IFF_NOARP)
		return ethernet_send(iface, pkt, iface->mac, ethertype);
	return neighbour_output(iface, pkt, via);
}

const struct px_iface_type ethernet_type = {
    .arphrd = ARPHRD_ETHER,
    .address_len = ETH_ALEN,
    .header_len = ETHER_HEADER,
    .flags = IFF_BROADCAST | IFF_MULTICAST,
    .mtu = 1500,
    .mtu_min = 68, /* RFC 791; IPv6 is switched off below 1280 */
    .mtu_max = 65535,
    .input = ethernet_input,
    .output = ethernet_output,
    .cuts = true,
};
