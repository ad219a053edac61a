/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ARP for IPv4 over Ethernet (RFC 826). Pure: bytes in, bytes out. Packets are without the Ethernet
 * header; what comes may be followed by padding. */
#ifndef DHCP_ARP_PACKET_H
#define DHCP_ARP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARP_PACKET_LEN 28

enum arp_operation { ARP_REQUEST = 1, ARP_REPLY = 2 };

struct arp_packet {
	enum arp_operation operation;
	uint8_t sender_mac[6], sender[4], target_mac[6], target[4];
};

/* Requests and replies; false: something else. */
bool arp_packet_get(const uint8_t *packet, size_t len, struct arp_packet *arp);
void arp_packet_put(uint8_t packet[ARP_PACKET_LEN], const struct arp_packet *arp);

/* RFC 5227, 2.1.1: a request from nobody. */
void arp_packet_put_probe(
    uint8_t packet[ARP_PACKET_LEN], const uint8_t mac[6], const uint8_t target[4]);

#endif
