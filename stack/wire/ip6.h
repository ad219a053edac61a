/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IPv6 headers and extension headers (RFC 8200). */
#ifndef WIRE_IP6_H
#define WIRE_IP6_H

#include "inet.h"
#include "wire.h"

#define IP6_HEADER      40
#define IP6_FRAGMENT    8
#define IP6_MIN_MTU     1280
#define IP6_NEXT_OFFSET 6 /* of the next header field in the fixed header */

struct ip6_header {
	uint8_t tclass, next, hop_limit;
	uint32_t flow_label;
	uint16_t payload_len;
	struct px_ip src, dst;
};

/* Reads the fixed header; false: not IPv6, or short. */
bool ip6_parse(struct wire_reader *reader, struct ip6_header *header);
void ip6_write(uint8_t *bytes, const struct ip6_header *header);

static inline bool ip6_is_extension(uint8_t next)
{
	switch (next) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_DSTOPTS:
		return true;
	default:
		return false;
	}
}

struct ip6_fragment_header {
	uint8_t next;
	uint16_t offset; /* bytes */
	bool more;
	uint32_t id;
};
bool ip6_fragment_parse(struct wire_reader *reader, struct ip6_fragment_header *fragment);
void ip6_fragment_write(uint8_t bytes[IP6_FRAGMENT], const struct ip6_fragment_header *fragment);

/* What a hop-by-hop or destination options header says. */
struct ip6_options {
	bool router_alert;
	bool jumbo;
};

enum ip6_option_verdict {
	IP6_OPT_OK,
	IP6_OPT_DROP,    /* malformed, or action 01 */
	IP6_OPT_PROBLEM, /* action 10: parameter problem code 2 at *at, whatever the destination */
	IP6_OPT_PROBLEM_UNICAST, /* action 11: the same, unless the destination is a group */
};

/* Walks the options (the header without its first two bytes). `*at`: offset of the option that
 * decided, within these bytes. */
enum ip6_option_verdict ip6_options_parse(
    const uint8_t *bytes, size_t len, struct ip6_options *options, size_t *at);

#endif
