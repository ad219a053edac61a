/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of ip/ share. */
#ifndef IP_INTERNAL_H
#define IP_INTERNAL_H

#include "checksum.h"
#include "icmp.h"
#include "ip.h"
#include "ip4.h"
#include "ip6.h"
#include "join.h"

#include <errno.h>

#define IP_PROTOCOLS_MAX  6
#define IP_ID_COUNTERS    64
#define ICMP_PEER_BUCKETS 64

/* Tokens, refilled by the clock: rate a second, at most burst. */
struct token_bucket {
	px_time updated; /* 0: never used: full */
	uint32_t tokens;
};

struct ip_state {
	const struct ip_protocol *protocols[IP_PROTOCOLS_MAX];
	unsigned int protocol_count;
	ip_raw_input *raw_input;
	ip_raw_error *raw_error;
	ip_ping_input *ping_input;
	ip_raw_error *ping_error;

	/* Incomplete datagrams, hashed by source (reassembly.c). */
	struct px_table reassemblies;
	struct list reassembly_lru;
	size_t reassembly_bytes;

	/* Destinations that differ from their route: path MTU, redirects (pmtu.c). */
	struct px_table exceptions;
	struct list exception_lru;

	/* ICMP errors sent (icmp.c). */
	struct token_bucket icmp_global;
	struct token_bucket *icmp_peers; /* ICMP_PEER_BUCKETS, when the first error is sent */

	/* The address of ours that the last packet was for: the next one is probably, too. It holds
	 * while the generation does. */
	struct {
		struct px_ip dst;
		uint32_t generation;
		bool known;
	} local;

	struct ip_join *join; /* from the first segment that might be joined on */

	uint32_t id_counter[IP_ID_COUNTERS]; /* output.c */
	unsigned int group_count;

	/* The source of the last packet that was let in, while `generation` lasts: ip4_input.c. */
	struct px_ip known_source;
	uint32_t known_generation;
};

/* ---- input ---- */

/* Whether this is the address of ours that the last packet was for (not one that needs a zone). */
static inline bool ip_is_local_again(const struct px_stack *stack, const struct px_ip *dst)
{
	const struct ip_state *ip = stack->ip;

	return ip->local.known && ip->local.generation == stack->generation &&
	       px_ip_eq(&ip->local.dst, dst);
}

static inline void ip_remember_local(struct px_stack *stack, const struct px_ip *dst)
{
	stack->ip->local.dst = *dst;
	stack->ip->local.generation = stack->generation;
	stack->ip->local.known = !px_ip_needs_scope(dst);
}

void ip4_receive(struct px_stack *stack, struct px_pkt *pkt);
void ip6_receive(struct px_stack *stack, struct px_pkt *pkt);

/* The bits of RFC 3168, of one packet. */
void ip_count_ecn(struct px_stack *stack, bool is4, uint8_t tos);

/* Gives a packet for this stack, at its transport header, to raw sockets and its protocol. */
void ip_deliver(struct px_stack *stack, struct px_pkt *pkt);

/* An ICMP error for a transport of ours, and for raw sockets. */
void ip_deliver_error(struct px_stack *stack, const struct ip_error *error);

/* ---- output ---- */

/* A packet with its header goes to the interface: looped copy of a group's, checksum, link. */
int ip_transmit(struct px_stack *stack, struct px_pkt *pkt, const struct ip_dst *dst, bool loop);

/* Computes a checksum that was left to the link. */
void ip_checksum_finish(struct px_pkt *pkt);

/* Cuts a packet with its header into fragments of at most `mtu` and transmits them; takes it. */
int ip4_fragment(
    struct px_stack *stack, struct px_pkt *pkt, const struct ip_dst *dst, uint32_t mtu);
int ip6_fragment(struct px_stack *stack, struct px_pkt *pkt, const struct ip_dst *dst, uint32_t mtu,
    size_t unfragmentable, size_t next_at);

void ip4_forward(struct px_stack *stack, struct px_pkt *pkt);
void ip6_forward(struct px_stack *stack, struct px_pkt *pkt);

/* ---- reassembly ---- */

struct fragment {
	uint32_t offset, len; /* of the payload, which is what the packet consists of */
	bool more;
	uint32_t id;
	uint8_t protocol; /* IPv4: of the header. IPv6: 0 (RFC 8200 section 4.5) */
	uint8_t ecn;
	uint8_t next;            /* IPv6: the fragment header's next header */
	uint32_t next_at;        /* IPv6: offset from l3 of the field that named the fragment header */
	uint32_t unfragmentable; /* bytes of headers before the fragment header (IPv4: the header) */
};

/* Takes a fragment; gives the whole packet, at its network header, or NULL. */
struct px_pkt *ip_reassemble(
    struct px_stack *stack, struct px_pkt *pkt, const struct fragment *fragment);
void ip_reassembly_flush(struct px_stack *stack, const struct px_iface *iface); /* NULL: all */

/* ---- ICMP ---- */

void icmp4_input(struct px_stack *stack, struct px_pkt *pkt);
void icmp6_input(struct px_stack *stack, struct px_pkt *pkt);
void icmp6_error(struct px_stack *stack, const struct ip_error *error);

/* Sends an ICMPv6 message of ours with its checksum: body from the type on. */
int icmp6_send(struct px_stack *stack, struct px_iface *iface, struct px_pkt *pkt,
    const struct px_ip *src, const struct px_ip *dst, int hop_limit);
void icmp6_count_out(struct px_stack *stack, uint8_t type);

/* ---- path MTU ---- */

struct ip_exception {
	struct px_tnode hash; /* must be first */
	struct list lru;
	struct px_ip dst;
	uint32_t oif;
	uint32_t mtu; /* 0: none */
	bool mtu_locked;
	px_time mtu_expires;
	struct px_ip gateway; /* of a redirect; 0: none */
};

const struct ip_exception *ip_exception_find(
    struct px_stack *stack, const struct px_ip *dst, uint32_t oif);
/* A redirect was believed: packets for `dst` go by `gateway` (which may be dst itself). */
void ip_redirect(struct px_iface *iface, const struct px_ip *dst, const struct px_ip *gateway);
void ip_exceptions_flush(struct px_stack *stack);

/* ---- neighbour discovery ---- */

struct nd_message {
	struct icmp_header header;
	struct px_iface *iface;
	const uint8_t *body; /* behind the 8 bytes of the ICMPv6 header */
	size_t len;
};
void nd_input(struct px_stack *stack, struct px_pkt *pkt, const struct nd_message *message);
void nd_solicit(struct px_iface *iface, const struct px_ip *target, const struct px_ip *source,
    const uint8_t *mac);
/* Tells all neighbours of an address (RFC 4861 section 7.2.6). */
void nd_announce(const struct px_address *address);
void nd_router_input(struct px_stack *stack, struct px_pkt *pkt, const struct nd_message *message);
void nd_redirect_input(
    struct px_stack *stack, struct px_pkt *pkt, const struct nd_message *message);
void nd_router_init(struct px_iface *iface);
void nd_router_start(struct px_iface *iface); /* solicit, if so configured; again: from the start */
void nd_router_stop(struct px_iface *iface);
void nd_router_fini(struct px_iface *iface);
/* Whether `router` advertises the prefix of this address of `iface` (RFC 6724 rule 5.5). */
bool nd_prefix_is_from(
    const struct px_iface *iface, const struct px_ip *ip, const struct px_ip *router);

void dad_start(struct px_address *address);
/* Somebody else's NS or NA for an address of ours. True: it was tentative, and the message was
 * the detection's business. */
bool dad_solicited(struct px_address *address, const uint8_t *nonce);
bool dad_advertised(struct px_address *address);

/* ---- retired addresses ---- */

/* These only while stack->retired. */
bool ip_retired_has(const struct px_stack *stack, const struct px_ip *ip);
/* A packet whose destination is no address of ours: is it for a flow of one that was? */
bool ip_retired_lets_in(struct px_stack *stack, const struct px_pkt *pkt);
/* Whether a packet's group is one that only a retired address is in, for its solicitations. */
bool ip_retired_has_group(const struct px_pkt *pkt);
/* Whether a neighbour solicitation is to be answered; `mac`: its source's, or NULL. */
bool ip_retired_solicited(
    const struct px_pkt *solicitation, const struct px_ip *target, const uint8_t *mac);

/* And these always. Whether an ICMPv6 message that was received is for us. */
bool ip_retired_hears(const struct px_pkt *pkt, uint8_t icmp6_type);
void ip_retired_address_new(const struct px_address *address); /* again: it is an ordinary one */
void ip_retired_iface_up(struct px_iface *iface);
void ip_retired_iface_del(struct px_iface *iface);

/* ---- groups ---- */

struct group_iface {
	struct list groups;         /* ip_group.node */
	px_time v1_until, v2_until; /* older queriers present */
	struct px_timer general;    /* answer to a general query */
};

struct ip_group {
	struct list node; /* group_iface.groups */
	struct px_iface *iface;
	struct px_ip address;
	struct list members;
	unsigned int users; /* of the stack itself: solicited-node groups */
	bool last_reporter; /* IGMPv2, MLDv1 */

	/* What was last told to the routers: the interface's state (RFC 3376 section 3.2). */
	bool exclude;
	unsigned int source_count;
	struct px_ip *sources;

	/* Changes still to be told again. */
	unsigned int mode_reports, source_reports; /* how many times */
	unsigned int allow_count, block_count;
	struct px_ip *allow, *block;
	struct px_timer change;

	/* Answer to a query for this group; with sources if only those are asked for. */
	struct px_timer answer;
	unsigned int asked_count;
	struct px_ip *asked;
};

struct group_iface *group_iface(const struct px_iface *iface, bool is4);
void group_iface_init(struct group_iface *groups);
void group_iface_up(struct px_iface *iface);
void group_iface_down(struct px_iface *iface);
void group_iface_fini(struct px_iface *iface);

/* The stack's own membership. */
int group_use(struct px_iface *iface, const struct px_ip *group);
void group_unuse(struct px_iface *iface, const struct px_ip *group);

void group_query_received(struct px_iface *iface, bool is4, const struct group_query *query);
void group_report_heard(struct px_iface *iface, const struct px_ip *group); /* IGMPv1/2, MLDv1 */

/* Encoders (igmp.c, mld.c). */
struct group_record {
	enum group_record_type type;
	struct px_ip group;
	unsigned int count;
	const struct px_ip *sources;
};
/* A report of as many of the records as fit `room` bytes, type and count filled in: those that it
 * tells are gone from the list. NULL: none left, none fits, or no memory. IGMPv3's and MLDv2's
 * differ in the length of an address alone (RFC 3376 section 4.2, RFC 3810 section 5.2). */
struct px_pkt *group_report_packet(struct px_iface *iface, uint8_t type, size_t room,
    const struct group_record **records, unsigned int *count);
void igmp_input(struct px_stack *stack, struct px_pkt *pkt);
void igmp_report(struct px_iface *iface, const struct group_record *records, unsigned int count);
void igmp_old_report(
    struct px_iface *iface, const struct px_ip *group, unsigned int version, bool leave);
void mld_input(struct px_stack *stack, struct px_pkt *pkt, const struct nd_message *message);
void mld_report(struct px_iface *iface, const struct group_record *records, unsigned int count);
void mld_old_report(struct px_iface *iface, const struct px_ip *group, bool done);

/* ---- interfaces ---- */

struct ip4_iface {
	struct group_iface groups;
};

/* A prefix of 64 bits that a router advertised for addresses. */
struct nd_advertised {
	struct px_ip router, prefix;
	px_time until;
};
#define ND_ADVERTISED_MAX 16 /* remembered of an interface; the first to end goes first */

struct ip6_iface {
	struct ip6_config config;
	struct nd_advertised *advertised; /* ND_ADVERTISED_MAX, from the first one on */
	struct px_iface *iface;
	struct group_iface groups;
	struct px_timer solicit; /* router solicitations */
	px_time solicit_interval;
	unsigned int solicitations;
	uint32_t ra_mtu; /* 0: none */
	bool running;    /* IPv6 is on: up, MTU at least 1280 */
};

/* The MTU for IPv6 on a link (RFC 4861: an advertised one may be smaller). */
static inline uint32_t ip6_link_mtu(const struct px_iface *iface)
{
	return iface->ip6 && iface->ip6->ra_mtu && iface->ip6->ra_mtu < iface->mtu ? iface->ip6->ra_mtu
	                                                                           : iface->mtu;
}

#endif
