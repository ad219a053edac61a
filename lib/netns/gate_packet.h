/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the gate (gate.h) has to know of a packet. */
#ifndef GATE_PACKET_H
#define GATE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

#define GATE_MAC_LEN             6
#define GATE_ICMP6_NS            135
#define GATE_ICMP6_NA            136
#define GATE_ICMP6_REDIRECT      137
#define GATE_ICMP6_INFORMATIONAL 128 /* lower types are errors: RFC 4443 section 2.1 */

/* Borrowed from the frame. */
struct gate_packet {
	const uint8_t *mac; /* of the sender */
	const uint8_t *src, *dst;
	uint8_t next; /* the transport */
	bool extended;
	bool fragment, first; /* the first of them, or no fragment */
	struct wire_reader transport;
};

/* Fixed header and extension headers (RFC 8200 section 4). False: no IPv6, or not whole. */
bool gate_packet_parse(struct gate_packet *packet, const uint8_t *frame, size_t len);

bool gate_packet_begins_connection(const struct gate_packet *packet);
/* The target of a neighbour solicitation; NULL: it is none. */
const uint8_t *gate_packet_solicited(const struct gate_packet *packet);
bool gate_packet_is_icmp_error(const struct gate_packet *packet);

/* A TCP reset that answers a segment, and not one by which a connection is given up: those have an
 * acknowledgement, and a sequence number of the connection's (RFC 9293 section 3.10.7.1). */
enum gate_refusal { GATE_REFUSES_NOTHING, GATE_REFUSES_SYN, GATE_REFUSES_SEGMENT };
enum gate_refusal gate_packet_refuses(const struct gate_packet *packet);

#endif
