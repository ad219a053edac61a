/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The link layer: Ethernet, ARP, the neighbour cache (of ND too), loopback. */
#ifndef LINK_LINK_H
#define LINK_LINK_H

#include "neighbour.h"
#include "px.h"

/* Attaches the layer to a stack. 0 or -errno. */
int link_attach(struct px_stack *stack);

/* Kinds of interfaces (px_iface_add). */
extern const struct px_iface_type ethernet_type;
extern const struct px_iface_type loopback_type;

/* Adds lo, index 1, up, with 127.0.0.1/8 and ::1/128. The first interface of every stack. */
int loopback_add(struct px_stack *stack);

/* ---- Ethernet ---- */

/* Puts the header before a network packet and queues the frame; takes the packet. 0 or -errno. */
int ethernet_send(
    struct px_iface *iface, struct px_pkt *pkt, const uint8_t mac[PX_MAC_LEN], uint16_t ethertype);

/* The output of interfaces with Ethernet's addresses. */
int ethernet_output(struct px_iface *iface, struct px_pkt *pkt, const struct px_ip *via);

/* ---- ARP ---- */

void arp_input(struct px_iface *iface, struct px_pkt *pkt);

/* Asks for `target`; `source` is the address to be answered to (0: probe). `mac` NULL: broadcast.
 */
void arp_solicit(struct px_iface *iface, const struct px_ip *target, const struct px_ip *source,
    const uint8_t *mac);

/* An announcement: a gratuitous request (RFC 5227 section 1.1, RFC 5944 section 4.6). */
void arp_announce(struct px_iface *iface, const struct px_ip *ip);

/* ---- address conflicts of IPv4 (acd.c) ---- */

/* An address was added or its interface came up: announce it, or probe first if so configured. */
void acd_start(struct px_address *address);

/* Looks at a received ARP packet. */
struct arp_packet;
void acd_arp_received(struct px_iface *iface, const struct arp_packet *arp);

#endif
