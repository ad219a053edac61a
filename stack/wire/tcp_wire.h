/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TCP headers and their options (RFC 9293 section 3.1, RFC 7323, RFC 2018): bytes to a struct and
 * back.
 *
 * Options come from anybody. Unknown ones are passed over by their length; one whose length is
 * below 2 or leads beyond the header ends the reading, and what stood before it counts, as Linux
 * has it (RFC 9293 MUST-6, MUST-7: no crash, no loop). A known option of a wrong size is unknown.
 */
#ifndef WIRE_TCP_WIRE_H
#define WIRE_TCP_WIRE_H

#include "wire.h"

#define TCP_HEADER          20
#define TCP_HEADER_MAX      60
#define TCP_OPTIONS_ROOM    40
#define TCP_CHECKSUM_OFFSET 16
#define TCP_WSCALE_LIMIT    14 /* RFC 7323 section 2.3 */
#define TCP_SACK_BLOCKS     4

/* What a timestamp option costs each segment, padding included. */
#define TCP_TIMESTAMP_ROOM 12

enum tcp_flag {
	TCP_FIN = 1 << 0,
	TCP_SYN = 1 << 1,
	TCP_RST = 1 << 2,
	TCP_PSH = 1 << 3,
	TCP_ACK = 1 << 4,
	TCP_URG = 1 << 5,
	TCP_ECE = 1 << 6, /* RFC 3168 */
	TCP_CWR = 1 << 7,
};

/* One block: received are left .. right - 1. As it stands: not checked against anything. */
struct tcp_sack {
	uint32_t left, right;
};

struct tcp_header_options {
	uint16_t mss;   /* 0: not there (nor is an MSS of 0). In a SYN only, like the next two. */
	uint8_t wscale; /* at most TCP_WSCALE_LIMIT */
	bool has_wscale;
	bool sack_permitted;
	bool has_timestamp;
	uint8_t sacks; /* number of blocks */
	uint32_t tsval, tsecr;
	struct tcp_sack sack[TCP_SACK_BLOCKS];
};

struct tcp_header {
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint8_t len;   /* of header and options */
	uint8_t flags; /* enum tcp_flag */
	uint16_t window, checksum, urgent;
	struct tcp_header_options options;
};

/* Leaves the reader behind the options, at the data. False: too short, or a data offset below 5 or
 * beyond the end. */
bool tcp_parse(struct wire_reader *reader, struct tcp_header *header);

/* How many bytes, a multiple of 4, these options take. */
size_t tcp_options_size(const struct tcp_header_options *options);

/* How many SACK blocks fit beside the other options of a segment. */
static inline unsigned int tcp_sacks_fit(bool has_timestamp)
{
	return has_timestamp ? 3 : 4;
}

/* Writes header and options, checksum 0; `len` is not looked at. SACK blocks beyond the room are
 * left out. Returns the length. */
size_t tcp_write(uint8_t bytes[TCP_HEADER_MAX], const struct tcp_header *header);

#endif
