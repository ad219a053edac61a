/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loopback interface. What is sent comes back at the end of the burst (px_run). */
#include "ether.h"
#include "link.h"

#include <errno.h>
#include <net/if_arp.h>

/* Taps see an Ethernet header of zeros, as on Linux, once for each direction. */
static void show(struct px_iface *iface, struct px_pkt *pkt)
{
	static const uint8_t zero[PX_MAC_LEN];
	struct px_stack *stack = iface->stack;
	uint8_t *header = px_pkt_push(pkt, ETHER_HEADER);

	if (!header)
		return;
	ether_write(header, zero, zero, pkt->ethertype);
	pkt->l2 = px_pkt_here(pkt);
	pkt->iface = iface;
	pkt->flags |= PX_PKT_OUTGOING;
	px_tap_show(stack, pkt);
	pkt->flags &= ~(uint32_t)PX_PKT_OUTGOING;
	px_tap_show(stack, pkt);
	px_pkt_pull(pkt, ETHER_HEADER);
}

static int loopback_output(struct px_iface *iface, struct px_pkt *pkt, const struct px_ip *via)
{
	pkt->ethertype = px_ip_is4(via) ? ETH_P_IP : ETH_P_IPV6;
	pkt->l3 = px_pkt_here(pkt);
	pkt->flags &= ~(uint32_t)(PX_PKT_BROADCAST | PX_PKT_MULTICAST | PX_PKT_OTHERHOST);
	if (px_tapped(iface->stack))
		show(iface, pkt);
	iface->stats.tx_packets++;
	iface->stats.tx_bytes += pkt->total;
	px_loopback(iface->stack, pkt, iface);
	return 0;
}

static void loopback_input(struct px_iface *iface, struct px_pkt *pkt)
{
	/* No link: nothing arrives by px_input. */
	iface->stats.rx_dropped++;
	px_pkt_free(pkt);
}

const struct px_iface_type loopback_type = {
    .arphrd = ARPHRD_LOOPBACK,
    .address_len = ETH_ALEN,
    .header_len = ETHER_HEADER,
    .flags = IFF_LOOPBACK,
    .mtu = 65536,
    .mtu_min = 68,
    .mtu_max = 65536,
    .input = loopback_input,
    .output = loopback_output,
};

int loopback_add(struct px_stack *stack)
{
	static const uint8_t zero[PX_MAC_LEN];
	struct px_address_config ip4 = {
	    .ip = px_ip4_host(INADDR_LOOPBACK), .prefix = PX_IP4_OFFSET + 8, .scope = RT_SCOPE_HOST};
	struct px_address_config ip6 = {.ip = {.b = {[15] = 1}},
	    .prefix = 128,
	    .scope = RT_SCOPE_HOST,
	    .protocol = IFAPROT_KERNEL_LO};
	struct px_iface *lo;
	int err;

	err = px_iface_add(stack, &loopback_type, "lo", 1, zero, &lo);
	if (err)
		return err;
	lo->caps = PX_LINK_CSUM_TX | PX_LINK_CSUM_RX | PX_LINK_JUMBO;
	err = px_address_add(lo, &ip4, NULL);
	if (!err)
		err = px_address_add(lo, &ip6, NULL);
	if (!err)
		err = px_iface_up(lo);
	if (err)
		px_iface_del(lo);
	return err;
}
