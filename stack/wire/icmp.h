/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ICMP (RFC 792), ICMPv6 (RFC 4443), the options of neighbour discovery (RFC 4861 section 4.6) and
 * group management: IGMP (RFC 1112, 2236, 3376), MLD (RFC 2710, 3810).
 */
#ifndef WIRE_ICMP_H
#define WIRE_ICMP_H

#include "inet.h"
#include "wire.h"

#include <linux/if_ether.h>

#define ICMP_HEADER 8

/* Types of both, by the names of the RFCs. <netinet/ip_icmp.h> and <netinet/icmp6.h> have macros of
 * their own, but not all, and not apart. */
enum icmp4_type {
	ICMP4_ECHO_REPLY = 0,
	ICMP4_UNREACHABLE = 3,
	ICMP4_SOURCE_QUENCH = 4,
	ICMP4_REDIRECT = 5,
	ICMP4_ECHO = 8,
	ICMP4_ROUTER_ADVERTISEMENT = 9,
	ICMP4_ROUTER_SOLICITATION = 10,
	ICMP4_TIME_EXCEEDED = 11,
	ICMP4_PARAMETER_PROBLEM = 12,
	ICMP4_TIMESTAMP = 13,
	ICMP4_TIMESTAMP_REPLY = 14,
	ICMP4_ADDRESS_MASK = 17,
	ICMP4_ADDRESS_MASK_REPLY = 18,
};

enum icmp4_unreachable {
	ICMP4_NET_UNREACHABLE = 0,
	ICMP4_HOST_UNREACHABLE = 1,
	ICMP4_PROTOCOL_UNREACHABLE = 2,
	ICMP4_PORT_UNREACHABLE = 3,
	ICMP4_FRAGMENTATION_NEEDED = 4,
	ICMP4_SOURCE_ROUTE_FAILED = 5,
	ICMP4_ADMINISTRATIVELY_PROHIBITED = 13,
};

enum icmp6_type_number {
	ICMP6_UNREACHABLE = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_TIME_EXCEEDED_ERROR = 3,
	ICMP6_PARAMETER_PROBLEM = 4,
	ICMP6_ECHO = 128,
	ICMP6_ECHO_ANSWER = 129,
	ICMP6_MLD_QUERY = 130,
	ICMP6_MLD_REPORT = 131,
	ICMP6_MLD_DONE = 132,
	ICMP6_ROUTER_SOLICITATION = 133,
	ICMP6_ROUTER_ADVERTISEMENT = 134,
	ICMP6_NEIGHBOUR_SOLICITATION = 135,
	ICMP6_NEIGHBOUR_ADVERTISEMENT = 136,
	ICMP6_REDIRECT = 137,
	ICMP6_MLD2_REPORT = 143,
};

enum icmp6_unreachable {
	ICMP6_NO_ROUTE = 0,
	ICMP6_PROHIBITED = 1,
	ICMP6_BEYOND_SCOPE = 2,
	ICMP6_ADDRESS_UNREACHABLE = 3,
	ICMP6_PORT_UNREACHABLE = 4,
	ICMP6_SOURCE_POLICY = 5,
	ICMP6_REJECT_ROUTE = 6,
};

enum icmp6_parameter {
	ICMP6_BAD_HEADER = 0,
	ICMP6_BAD_NEXT_HEADER = 1,
	ICMP6_BAD_OPTION = 2,
};

static inline bool icmp4_is_error(uint8_t type)
{
	switch (type) {
	case ICMP4_UNREACHABLE:
	case ICMP4_SOURCE_QUENCH:
	case ICMP4_REDIRECT:
	case ICMP4_TIME_EXCEEDED:
	case ICMP4_PARAMETER_PROBLEM:
		return true;
	default:
		return false;
	}
}

static inline bool icmp6_is_error(uint8_t type)
{
	return type < 128;
}

struct icmp_header {
	uint8_t type, code;
	uint16_t checksum;
	uint32_t rest; /* host order: id and sequence number, MTU, pointer, gateway */
};

bool icmp_parse(struct wire_reader *reader, struct icmp_header *header);
void icmp_write(uint8_t bytes[ICMP_HEADER], uint8_t type, uint8_t code, uint32_t rest);

/* ---- neighbour discovery ---- */

enum nd_option_type {
	ND_OPT_SOURCE_MAC = 1,
	ND_OPT_TARGET_MAC = 2,
	ND_OPT_PREFIX = 3,
	ND_OPT_REDIRECTED = 4,
	ND_OPT_MTU_OPTION = 5,
	ND_OPT_NONCE = 14,        /* RFC 7527 */
	ND_OPT_ROUTE = 24,        /* RFC 4191 */
	ND_OPT_RDNSS_OPTION = 25, /* RFC 8106 */
	ND_OPT_DNSSL_OPTION = 31,
};

struct nd_prefix {
	struct px_ip prefix;
	uint8_t len; /* bits */
	bool on_link, autonomous;
	uint32_t valid, preferred; /* seconds */
};

struct nd_route {
	struct px_ip prefix;
	uint8_t len;
	uint8_t preference; /* 2 bits as they stand */
	uint32_t lifetime;
};

#define ND_PREFIXES_MAX 16 /* of one advertisement; more are passed over */
#define ND_ROUTES_MAX   17 /* RFC 4191's small routers; as above */

struct nd_options {
	bool has_source_mac, has_target_mac, has_mtu, has_nonce;
	uint8_t source_mac[ETH_ALEN], target_mac[ETH_ALEN];
	uint8_t nonce[6];
	uint32_t mtu;
	unsigned int prefixes, routes;
	struct nd_prefix prefix[ND_PREFIXES_MAX];
	struct nd_route route[ND_ROUTES_MAX];
};

/* Reads to the end. False: an option of length zero or beyond the end (RFC 4861 section 4.6: the
 * packet is discarded). Options of unknown type, and of known type in a wrong size, are passed
 * over. */
bool nd_options_parse(struct wire_reader *reader, struct nd_options *options);

struct nd_router_advertisement {
	uint8_t hop_limit;
	bool managed, other;
	uint8_t preference;          /* RFC 4191, 2 bits as they stand */
	uint16_t lifetime;           /* seconds */
	uint32_t reachable, retrans; /* milliseconds; 0: unspecified */
};
bool nd_router_advertisement_parse(struct wire_reader *reader, struct nd_router_advertisement *ra);

void nd_put_mac(struct wire_writer *writer, enum nd_option_type type, const uint8_t mac[ETH_ALEN]);

/* ---- IGMP and MLD ---- */

enum igmp_type {
	IGMP_QUERY = 0x11,
	IGMP_V1_REPORT = 0x12,
	IGMP_V2_REPORT = 0x16,
	IGMP_V2_LEAVE = 0x17,
	IGMP_V3_REPORT = 0x22,
};

enum group_record_type {
	GROUP_IS_INCLUDE = 1,
	GROUP_IS_EXCLUDE = 2,
	GROUP_TO_INCLUDE = 3,
	GROUP_TO_EXCLUDE = 4,
	GROUP_ALLOW_NEW = 5,
	GROUP_BLOCK_OLD = 6,
};

/* A query of either protocol and any version. */
struct group_query {
	unsigned int version; /* IGMP 1, 2, 3; MLD 1, 2 */
	struct px_ip group;   /* any: general */
	uint64_t max_response_ms;
	unsigned int robustness; /* 0: not given */
	unsigned int interval;   /* seconds; 0: not given */
	const uint8_t *sources;  /* 4 or 16 bytes each, in place */
	unsigned int source_count;
};

/* `reader` stands at the type (IGMP) or behind type and code (MLD: `rest` is the ICMPv6 header's);
 * `len` of the whole message tells the versions apart. */
bool igmp_query_parse(struct wire_reader *reader, size_t len, struct group_query *query);
bool mld_query_parse(
    struct wire_reader *reader, size_t len, uint32_t rest, struct group_query *query);

/* Codes above 127 are floating-point (RFC 3376 section 4.1.1, 4.1.7); for MLD 16 bits, from 32768.
 */
uint32_t group_decode8(uint8_t code);
uint32_t group_decode16(uint16_t code);

#endif
