/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The server's IPv4 address on a network where no stack has it: ARP. An engine without I/O.
 *
 *     OFF -- start --> OURS -- somebody else has it --> LEFT
 *                       ^                                 |
 *                       |                              a minute
 *                2 s: nobody has it                       v
 *                       +----------------------------- PROBING --> LEFT
 *
 * OURS: requests are answered. When it begins all are asked, once, whether they have the address
 * (RFC 5227, 2.1.1); who says so within 2 s has it, and it is left to him. Later it is defended by
 * an announcement (2.4 b), and left if there is another conflict within 10 s. LEFT and PROBING:
 * nothing is answered. Messages of DHCP come and go in any case: they are broadcast, or known by
 * MAC address.
 */
#ifndef ADDRESS4_H
#define ADDRESS4_H

#include "arp_packet.h"
#include "engine.h"

enum address4_state { ADDRESS4_OFF, ADDRESS4_OURS, ADDRESS4_LEFT, ADDRESS4_PROBING };

struct address4 {
	/* Sends a packet to a MAC address. */
	void (*send)(void *context, const uint8_t mac[6], const uint8_t packet[ARP_PACKET_LEN]);
	void *context;
	enum address4_state state;
	uint8_t address[4], mac[6];
	engine_time doubtful_until; /* OURS: a conflict until then ends it */
	engine_time deadline;
};

void address4_init(struct address4 *own, const uint8_t address[4],
    void (*send)(void *context, const uint8_t mac[6], const uint8_t packet[ARP_PACKET_LEN]),
    void *context);

/* The network is there, or there again; and lost. */
void address4_start(struct address4 *own, engine_time now, const uint8_t mac[6]);
void address4_stop(struct address4 *own);

/* An ARP packet of another node. */
void address4_input(struct address4 *own, engine_time now, const void *packet, size_t len);

void address4_timer(struct address4 *own, engine_time now);

#endif
