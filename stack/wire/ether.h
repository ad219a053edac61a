/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ethernet II frames, 802.1Q tags, ARP. */
#ifndef WIRE_ETHER_H
#define WIRE_ETHER_H

#include "inet.h"
#include "wire.h"

#include <linux/if_ether.h>

#define ETHER_HEADER 14
#define ETHER_TAG    4

struct ether_header {
	uint8_t dst[ETH_ALEN], src[ETH_ALEN];
	uint16_t type;
};

/* Reads the 14 bytes; false when there are fewer. */
bool ether_parse(struct wire_reader *reader, struct ether_header *header);
void ether_write(uint8_t *bytes, const uint8_t *dst, const uint8_t *src, uint16_t type);

static inline bool ether_is_broadcast(const uint8_t *mac)
{
	return (mac[0] & mac[1] & mac[2] & mac[3] & mac[4] & mac[5]) == 0xff;
}

static inline bool ether_is_group(const uint8_t *mac) /* broadcast is one */
{
	return mac[0] & 1;
}

static inline bool ether_eq(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, ETH_ALEN) == 0;
}

/* The group address of a multicast group: RFC 1112 section 6.4, RFC 2464 section 7. */
void ether_multicast(const struct px_ip *group, uint8_t mac[ETH_ALEN]);

/* ---- ARP over Ethernet for IPv4 (RFC 826) ---- */

#define ARP_LEN 28

enum { ARP_REQUEST = 1, ARP_REPLY = 2 };

struct arp_packet {
	uint16_t op;
	uint8_t sender_mac[ETH_ALEN], target_mac[ETH_ALEN];
	struct px_ip sender, target;
};

/* False: short, or not of Ethernet and IPv4. */
bool arp_parse(struct wire_reader *reader, struct arp_packet *arp);
void arp_write(uint8_t bytes[ARP_LEN], const struct arp_packet *arp);

#endif
