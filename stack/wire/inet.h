/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An Internet address, of either family, in one type.
 *
 * IPv4 addresses are kept as IPv4-mapped IPv6 addresses (::ffff:a.b.c.d, RFC 4291 section
 * 2.5.5.2). So the routing table, the neighbour cache, interface addresses and the sockets' tables
 * each exist once, dual-stack sockets need no special case, and a prefix length is one number
 * (an IPv4 /24 is a /120 here; 96 is the offset). The price: a packet whose IPv6 header carries a
 * mapped address must not enter (ip/ip6_input.c drops it).
 *
 * Bytes are in network order. Packets are not aligned: addresses are copied in and out.
 */
#ifndef WIRE_INET_H
#define WIRE_INET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

struct px_ip {
	union {
		uint8_t b[16];
		uint32_t w[4];
		uint64_t q[2];
	};
};

/* No address; of IPv6, also the unspecified one. */
#define PX_IP_NONE ((struct px_ip){{{0}}})

#define PX_IP_BITS    128
#define PX_IP4_OFFSET 96 /* an IPv4 prefix length and this make one of struct px_ip */

static inline struct px_ip px_ip4(uint32_t network_order)
{
	return (struct px_ip){.w = {0, 0, htonl(0xffff), network_order}};
}

static inline struct px_ip px_ip4_host(uint32_t host_order)
{
	return px_ip4(htonl(host_order));
}

/* From the bytes of a packet or of a user's structure. */
static inline struct px_ip px_ip4_load(const void *bytes)
{
	uint32_t word;
	memcpy(&word, bytes, sizeof(word));
	return px_ip4(word);
}

static inline struct px_ip px_ip6_load(const void *bytes)
{
	struct px_ip ip;
	memcpy(ip.b, bytes, sizeof(ip.b));
	return ip;
}

static inline uint32_t px_ip4_word(const struct px_ip *ip) /* network order */
{
	return ip->w[3];
}

static inline uint32_t px_ip4_value(const struct px_ip *ip) /* host order */
{
	return ntohl(ip->w[3]);
}

static inline bool px_ip_is4(const struct px_ip *ip)
{
	return ip->q[0] == 0 && ip->w[2] == htonl(0xffff);
}

static inline int px_ip_family(const struct px_ip *ip)
{
	return px_ip_is4(ip) ? AF_INET : AF_INET6;
}

static inline size_t px_ip_len(const struct px_ip *ip)
{
	return px_ip_is4(ip) ? 4 : 16;
}

/* The bytes as they stand on the wire: px_ip_len() of them. */
static inline const uint8_t *px_ip_bytes(const struct px_ip *ip)
{
	return px_ip_is4(ip) ? ip->b + 12 : ip->b;
}

static inline bool px_ip_eq(const struct px_ip *a, const struct px_ip *b)
{
	return a->q[0] == b->q[0] && a->q[1] == b->q[1];
}

/* ::, which is also "no address" where the family is open. */
static inline bool px_ip_is_zero(const struct px_ip *ip)
{
	return (ip->q[0] | ip->q[1]) == 0;
}

/* The unspecified address of either family. */
static inline bool px_ip_is_any(const struct px_ip *ip)
{
	return ip->q[0] == 0 && (ip->q[1] == 0 || (ip->w[2] == htonl(0xffff) && ip->w[3] == 0));
}

static inline bool px_ip_is_loopback(const struct px_ip *ip)
{
	if (px_ip_is4(ip))
		return ip->b[12] == 127;
	return ip->q[0] == 0 && ip->w[2] == 0 && ip->w[3] == htonl(1);
}

static inline bool px_ip_is_multicast(const struct px_ip *ip)
{
	return px_ip_is4(ip) ? (ip->b[12] & 0xf0) == 0xe0 : ip->b[0] == 0xff;
}

static inline bool px_ip_is_link_local(const struct px_ip *ip)
{
	if (px_ip_is4(ip))
		return ip->b[12] == 169 && ip->b[13] == 254;
	return ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

static inline bool px_ip_is_limited_broadcast(const struct px_ip *ip)
{
	return px_ip_is4(ip) && ip->w[3] == 0xffffffff;
}

/* 240.0.0.0/4 but the limited broadcast (RFC 1112 section 4), and 0.0.0.0/8 (RFC 1122 3.2.1.3). */
static inline bool px_ip_is_reserved4(const struct px_ip *ip)
{
	return px_ip_is4(ip) && (ip->b[12] == 0 || (ip->b[12] >= 240 && ip->w[3] != 0xffffffff));
}

/* The scope of a multicast IPv6 address (RFC 4291 section 2.7). */
static inline unsigned int px_ip6_multicast_scope(const struct px_ip *ip)
{
	return ip->b[1] & 0x0f;
}

/* Addresses that mean nothing without an interface: link-local unicast, and multicast of
 * interface-local and link-local scope (RFC 4007). */
static inline bool px_ip_needs_scope(const struct px_ip *ip)
{
	if (px_ip_is4(ip))
		return false;
	if (ip->b[0] == 0xff)
		return px_ip6_multicast_scope(ip) <= 2;
	return px_ip_is_link_local(ip);
}

/* Whether the first `bits` (of 128) are the same. */
bool px_ip_prefix_eq(const struct px_ip *a, const struct px_ip *b, unsigned int bits);

/* `ip` with everything after the first `bits` zeroed. */
struct px_ip px_ip_mask(const struct px_ip *ip, unsigned int bits);

/* How many leading bits are the same (RFC 6724 section 2.2). */
unsigned int px_ip_common_bits(const struct px_ip *a, const struct px_ip *b);

/* ff02::1:ffXX:XXXX (RFC 4291 section 2.7.1). */
struct px_ip px_ip6_solicited_node(const struct px_ip *target);

/* Text, for messages and tests; `size` at least INET6_ADDRSTRLEN. */
const char *px_ip_text(const struct px_ip *ip, char *text, size_t size);

/* From text; "" when it is no address. For tests and constants. */
struct px_ip px_ip_parse(const char *text);

#endif
