/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a message came from, which is where its answer goes. The engines only hand it on; of its
 * fields the transport that received the message fills those that it needs. */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <stdint.h>

struct peer {
	uint8_t mac[6];      /* of the frame: VNL mode */
	uint8_t address[16]; /* IPv6, or IPv4 in the first 4 bytes */
	uint16_t port;
	bool is_unicast; /* DHCPv6: it was sent to the server's own address */
	uint32_t scope;  /* the interface's index: stack mode */
	uint32_t flow;   /* IPv6's traffic class and flow label, copied into the reply's header */
	uint8_t ttl;     /* IPv4's, and its identification; likewise */
	uint16_t ip_id;
};

#endif
