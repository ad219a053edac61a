/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Neighbour discovery messages that configure a host (RFC 4861): router advertisements with the
 * options of RFC 4191, 5175, 8106, 8781 and 8910, router solicitations, and the two messages of
 * duplicate address detection (RFC 4862, 5.4), for both sides. ICMPv6 messages without the IPv6
 * header; the caller checks hop limit, source and checksum, and fills the latter in.
 */
#ifndef DHCP_ND_H
#define DHCP_ND_H

#include <stdbool.h>

#include "dhcp_name.h"
#include "wire.h"

#define ND_FOREVER UINT32_MAX

enum {
	ND_ROUTER_SOLICIT = 133,
	ND_ROUTER_ADVERT = 134,
	ND_NEIGHBOUR_SOLICIT = 135,
	ND_NEIGHBOUR_ADVERT = 136,
};

enum { ND_PREFIX_ON_LINK = 0x80, ND_PREFIX_AUTONOMOUS = 0x40 };

/* Router preference, two bits, signed: RFC 4191, 2.1. */
enum { ND_PREFERENCE_LOW = -1, ND_PREFERENCE_MEDIUM = 0, ND_PREFERENCE_HIGH = 1 };

#define RA_LIST_MAX 16 /* of each kind of option; more are passed over */

struct ra_prefix {
	uint8_t prefix[16]; /* bits behind the length are zero */
	uint8_t len;
	uint8_t flags;             /* ND_PREFIX_* */
	uint32_t valid, preferred; /* seconds */
};

struct ra_route {
	uint8_t prefix[16];
	uint8_t len;
	int8_t preference;
	uint32_t lifetime;
};

struct ra_server {
	uint8_t address[16];
	uint32_t lifetime;
};

struct ra_domain {
	char name[DHCP_NAME_SIZE];
	uint32_t lifetime;
};

struct ra {
	uint8_t hop_limit; /* 0: unspecified */
	bool managed, other;
	int8_t preference;
	uint16_t lifetime;           /* seconds; 0: no default router */
	uint32_t reachable, retrans; /* milliseconds; 0: unspecified */
	uint32_t mtu;                /* 0: none */
	bool has_mac;
	uint8_t mac[6];
	size_t prefixes, routes, servers, domains, nat64s;
	struct ra_prefix prefix[RA_LIST_MAX];
	struct ra_route route[RA_LIST_MAX];
	struct ra_server server[RA_LIST_MAX];
	struct ra_domain domain[RA_LIST_MAX];
	struct ra_prefix nat64[2]; /* PREF64, RFC 8781: prefix, len, valid */
};

/* 0 or -EBADMSG: not an advertisement, code not 0, an option of length 0 or not inside the message
 * (RFC 4861, 6.1.2: all of it is dropped then). An option whose own form is wrong is passed over.
 */
int ra_parse(struct ra *ra, const void *icmp, size_t len);

/* Writes an advertisement: options in the order prefixes, MAC, MTU, routes, RDNSS, DNSSL, PREF64.
 * Servers (and domains) that follow each other with the same lifetime share an option. The checksum
 * is 0.
 */
void ra_put(struct wire_writer *writer, const struct ra *ra);

/* The pieces of an advertisement, for who puts it together: a header, and options. A router says
 * what it likes in `flags`; in an ra they are taken apart. */
enum { ND_RA_MANAGED = 0x80, ND_RA_OTHER = 0x40, ND_RA_PREFERENCE = 0x18 };

struct ra_header {
	uint8_t hop_limit, flags;
	uint16_t lifetime;
	uint32_t reachable, retrans;
};

void ra_put_header(struct wire_writer *writer, const struct ra_header *header);
void ra_put_prefix(struct wire_writer *writer, const struct ra_prefix *prefix);
void ra_put_mac(struct wire_writer *writer, const uint8_t mac[6]);
void ra_put_mtu(struct wire_writer *writer, uint32_t mtu);
void ra_put_route(struct wire_writer *writer, const struct ra_route *route);
/* `valid` is rounded up to a multiple of 8, and 65528 at the most (RFC 8781, 4). An error for a
 * length that there is no code for: not 96, 64, 56, 48, 40 or 32. */
void ra_put_pref64(struct wire_writer *writer, const struct ra_prefix *prefix);
/* The option of RFC 8910; the text is filled up with NULs. */
void ra_put_captive(struct wire_writer *writer, const char *uri);
/* The 48 bits of RFC 5175. */
void ra_put_flags(struct wire_writer *writer, uint64_t flags);
/* RDNSS (addresses) and DNSSL (names, by dhcp_name_put) follow what begins them; the end fills up.
 */
size_t ra_begin_rdnss(struct wire_writer *writer, uint32_t lifetime);
size_t ra_begin_dnssl(struct wire_writer *writer, uint32_t lifetime);
void ra_end_option(struct wire_writer *writer, size_t begun);

struct nd_solicit {
	bool has_mac; /* the source's */
	uint8_t mac[6];
};

/* 0 or -EBADMSG: not a router solicitation, code not 0, an option of length 0 or not inside the
 * message (RFC 4861, 6.1.1). */
int nd_parse_router_solicit(struct nd_solicit *solicit, const void *icmp, size_t len);

/* A solicitation; `mac` NULL: without the source link-layer address, as it has to be where the
 * source is unspecified (RFC 4861, 4.1). The checksum is 0. */
void nd_put_router_solicit(struct wire_writer *writer, const uint8_t *mac);

/* The solicitation of duplicate address detection, with a nonce (RFC 7527). The checksum is 0. */
void nd_put_dad_solicit(
    struct wire_writer *writer, const uint8_t target[16], const uint8_t nonce[6]);

enum { ND_ADVERT_ROUTER = 0x80, ND_ADVERT_SOLICITED = 0x40, ND_ADVERT_OVERRIDE = 0x20 };

/* A neighbour advertisement with the target's MAC address; `flags` of ND_ADVERT_*. The checksum is
 * 0. */
void nd_put_neighbour_advert(
    struct wire_writer *writer, const uint8_t target[16], const uint8_t mac[6], uint8_t flags);

/* What of a neighbour solicitation or advertisement matters to duplicate address detection, and to
 * the target that answers. */
struct nd_neighbour {
	uint8_t type;
	uint8_t target[16];
	bool has_nonce;
	uint8_t nonce[6];
	bool has_mac; /* of a solicitation: the source's */
	uint8_t mac[6];
};

/* 0 or -EBADMSG. */
int nd_parse_neighbour(struct nd_neighbour *message, const void *icmp, size_t len);

#endif
