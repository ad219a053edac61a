/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VLAN interfaces.
 *
 * One has addresses, neighbours and groups of its own, and no transmit queue: its frames get a tag
 * and wait in that of the interface below. As on Linux it starts with that one's MAC address, MTU
 * and carrier, goes down and up with it, and away with it; a tag inside of a tag is not supported.
 */
#include "vlan.h"

#include "ether.h"
#include "link.h"

#include <errno.h>
#include <net/if_arp.h>

static struct px_iface *find(const struct px_iface *lower, uint16_t id)
{
	struct px_iface *iface;

	list_for_each (iface, &lower->uppers, upper_node) {
		if (iface->vlan_id == id)
			return iface;
	}
	return NULL;
}

int vlan_add(
    struct px_iface *lower, uint16_t id, const char *name, uint32_t index, struct px_iface **result)
{
	struct px_iface_config config = {.type = &vlan_type,
	    .name = name,
	    .index = index,
	    .mac = lower->mac,
	    .lower = lower,
	    .vlan_id = id};

	if (id >= VLAN_ID_MASK) /* 4095 is reserved */
		return -ERANGE;
	if (lower->type != &ethernet_type)
		return -EOPNOTSUPP;
	if (find(lower, id))
		return -EEXIST;
	return px_iface_add_config(lower->stack, &config, result);
}

/* ---- input ---- */

/* Removes the tag from the bytes, for those who look at frames. */
static bool untag(struct px_pkt *pkt)
{
	uint8_t *frame;

	if (px_pkt_unshare(pkt, 0) < 0)
		return false;
	frame = px_pkt_at(pkt, pkt->l2);
	memmove(frame + ETHER_TAG, frame, 2 * (size_t)ETH_ALEN);
	px_pkt_pull(pkt, ETHER_TAG);
	pkt->l2 += ETHER_TAG;
	return true;
}

struct px_iface *vlan_receive(struct px_iface *lower, struct px_pkt *pkt)
{
	struct px_iface *iface = find(lower, pkt->vlan_tci & VLAN_ID_MASK);
	const uint8_t *dst;

	if (!iface || !px_iface_is_up(iface))
		return NULL;
	iface->stats.rx_packets++;
	iface->stats.rx_bytes += pkt->total - ETHER_TAG;
	if (pkt->flags & PX_PKT_MULTICAST)
		iface->stats.rx_multicast++;
	pkt->iface = iface;
	pkt->ifindex = iface->index;
	/* It may have another MAC address than the one below. */
	dst = px_pkt_at(pkt, pkt->l2);
	pkt->flags &= ~(uint32_t)(PX_PKT_OTHERHOST | PX_PKT_VLAN);
	pkt->vlan_tci = 0;
	if (!ether_is_group(dst) && !ether_eq(dst, iface->mac))
		pkt->flags |= PX_PKT_OTHERHOST;
	if (px_tapped(iface->stack) && untag(pkt))
		px_tap_show(iface->stack, pkt);
	return iface;
}

/* ---- output ---- */

static int vlan_transmit(struct px_iface *iface, struct px_pkt *frame)
{
	uint16_t tag[2] = {htons(ETH_P_8021Q), htons(iface->vlan_id)};
	size_t total = frame->total;
	uint8_t *bytes = NULL;
	int err;

	if (px_pkt_unshare(frame, ETHER_TAG) == 0)
		bytes = px_pkt_push(frame, ETHER_TAG);
	if (!bytes) {
		iface->stats.tx_dropped++;
		px_pkt_free(frame);
		return -ENOMEM;
	}
	memmove(bytes, bytes + ETHER_TAG, 2 * (size_t)ETH_ALEN);
	memcpy(bytes + 2 * (size_t)ETH_ALEN, tag, sizeof(tag));
	frame->l2 = px_pkt_here(frame);
	frame->flags |= PX_PKT_VLAN;
	frame->vlan_tci = iface->vlan_id;
	err = px_iface_transmit(iface->lower, frame);
	if (err) {
		iface->stats.tx_dropped++;
	} else {
		iface->stats.tx_packets++;
		iface->stats.tx_bytes += total;
	}
	return err;
}

static void vlan_input(struct px_iface *iface, struct px_pkt *pkt)
{
	/* No link: what it gets comes from the interface below (vlan_receive). */
	iface->stats.rx_dropped++;
	px_pkt_free(pkt);
}

const struct px_iface_type vlan_type = {
    .arphrd = ARPHRD_ETHER,
    .address_len = ETH_ALEN,
    .header_len = ETHER_HEADER,
    .flags = IFF_BROADCAST | IFF_MULTICAST,
    .mtu = 1500,
    .mtu_min = 68,
    .mtu_max = 65535,
    .input = vlan_input,
    .output = ethernet_output,
    .transmit = vlan_transmit,
    .cuts = true,
};

/* ---- what happens below ---- */

void vlan_lower_event(struct px_iface *lower, enum px_event event)
{
	struct px_iface *iface;

	list_for_each (iface, &lower->uppers, upper_node) {
		switch (event) {
		case PX_EVENT_IFACE_UP:
			/* Without memory for its routes it stays down, as by hand. */
			(void)px_iface_up(iface);
			break;
		case PX_EVENT_IFACE_DOWN:
			px_iface_down(iface);
			break;
		case PX_EVENT_IFACE_CARRIER:
			px_iface_set_carrier(iface, lower->carrier);
			break;
		case PX_EVENT_IFACE_CHANGE:
			if (iface->mtu > lower->mtu)
				(void)px_iface_set_mtu(iface, lower->mtu);
			break;
		default:
			break;
		}
	}
}
