/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IPv4 headers (RFC 791) and their options. */
#ifndef WIRE_IP4_H
#define WIRE_IP4_H

#include "inet.h"
#include "wire.h"

#define IP4_HEADER     20
#define IP4_HEADER_MAX 60

#define IP4_DF     0x4000
#define IP4_MF     0x2000
#define IP4_OFFSET 0x1fff

struct ip4_header {
	uint8_t header_len; /* bytes, 20 .. 60 */
	uint8_t tos, ttl, protocol;
	uint16_t total_len, id;
	uint16_t fragment; /* DF, MF and the offset in units of 8 bytes */
	uint16_t checksum; /* as it stands */
	struct px_ip src, dst;
};

static inline bool ip4_is_fragment(const struct ip4_header *header)
{
	return header->fragment & (IP4_MF | IP4_OFFSET);
}

enum ip4_parse_result {
	IP4_OK,
	IP4_BAD,       /* not IPv4, impossible lengths */
	IP4_TRUNCATED, /* total_len exceeds the bytes */
	IP4_BAD_CHECKSUM,
};

/* Reads and checks the fixed header of a packet whose first `linear` of `len` bytes are at `bytes`.
 * Options are not looked at, but lie within `linear` when IP4_OK. */
enum ip4_parse_result ip4_parse(
    const uint8_t *bytes, size_t linear, size_t len, struct ip4_header *header);

/* Writes the header with `options` (a multiple of 4 bytes, at most 40) and its checksum. */
void ip4_write(
    uint8_t *bytes, const struct ip4_header *header, const uint8_t *options, size_t options_len);

/* Options (RFC 791 section 3.1, RFC 1812 section 4.2.2.1, 5.3.13; RFC 2113). */
enum {
	IP4_OPT_END = 0,
	IP4_OPT_NOP = 1,
	IP4_OPT_RR = 7,
	IP4_OPT_TS = 68,
	IP4_OPT_SEC = 130,
	IP4_OPT_LSRR = 131,
	IP4_OPT_CIPSO = 134,
	IP4_OPT_SSRR = 137,
	IP4_OPT_RA = 148
};
#define IP4_OPT_COPIED 0x80

struct ip4_options {
	uint8_t bytes[40];
	uint8_t len;
	/* Offset of each within bytes + 1; 0: none. */
	uint8_t rr, ts, source_route;
	bool strict, router_alert;
};

/* Checks the options of a received header, or of a user's setsockopt. Returns 0, or 1 + the offset
 * within the options of the byte that is wrong (the pointer of a parameter problem). */
unsigned int ip4_options_parse(const uint8_t *bytes, size_t len, struct ip4_options *options);

/* Keeps what later fragments carry (the copied flag), others become no-operation. */
void ip4_options_for_fragment(struct ip4_options *options);

/* What a host adds to the route and timestamp options of an echo request before it sends them back
 * (RFC 1122 section 3.2.2.6). Source routes are not sent back: become no-operation. */
void ip4_options_for_reply(
    struct ip4_options *options, const struct px_ip *ours, uint32_t timestamp);

/* Adds to a running checksum what stands before a transport's checksummed data. */
uint64_t ip_pseudo_header(
    const struct px_ip *src, const struct px_ip *dst, uint8_t protocol, uint32_t len);

#endif
