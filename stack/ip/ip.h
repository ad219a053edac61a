/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network layer: IPv4 (RFC 791, 1122), IPv6 (RFC 8200), their ICMPs, neighbour discovery,
 * groups.
 *
 * Both families go through one set of calls, since an address says which it is (wire/inet.h).
 *
 * Transports register an input and an error function. A packet reaches them with its linear part at
 * the transport header; src, dst, protocol, ttl, tos, l3 and l4 are set, lengths and the header
 * chain are checked. To send, they ask for a route (ip_route: which interface, next hop, source,
 * path MTU), build their segment, and call ip_output.
 */
#ifndef IP_IP_H
#define IP_IP_H

#include "link.h"
#include "px.h"

/* Attaches to a stack that has the link layer. 0 or -errno. */
int ip_attach(struct px_stack *stack);

/* ---- transports ---- */

/* An ICMP error about a packet that this stack sent. */
struct ip_error {
	uint8_t type, code;    /* of ICMP or ICMPv6 */
	int error;             /* a positive errno value: what Linux tells the socket */
	bool fatal;            /* reported to a socket that did not ask (RFC 1122 section 4.2.3.9) */
	uint32_t info;         /* MTU, or pointer */
	struct px_ip offender; /* who sent the error */
	struct px_ip src, dst; /* of the packet that it is about: src is ours */
	uint8_t protocol;
	const uint8_t *transport; /* what it quotes of the transport header */
	size_t transport_len;
	struct px_iface *iface;
	struct px_pkt *pkt; /* the ICMP message, for error queues; borrowed */
};

struct ip_protocol {
	uint8_t number; /* IPPROTO_* */
	bool ip4, ip6;
	void (*input)(struct px_stack *stack, struct px_pkt *pkt); /* takes it */
	void (*error)(struct px_stack *stack, const struct ip_error *error);
	/* Counts (ip_retired_flow_begins) each flow with this local address. False: no memory. */
	bool (*hold_flows)(struct px_stack *stack, const struct px_ip *local);
};

int ip_protocol_register(struct px_stack *stack, const struct ip_protocol *protocol);

/* For raw sockets: sees (borrows) each packet for this stack before its protocol does; returns
 * whether somebody took a copy. */
typedef bool ip_raw_input(struct px_stack *stack, struct px_pkt *pkt);
typedef void ip_raw_error(struct px_stack *stack, const struct ip_error *error);
void ip_set_raw(struct px_stack *stack, ip_raw_input *input, ip_raw_error *error);

/* For those who ask for echoes: `input` sees (borrows) echo replies of either family at their ICMP
 * header, verified; `error` every error. */
typedef void ip_ping_input(struct px_stack *stack, const struct px_pkt *pkt);
void ip_set_ping(struct px_stack *stack, ip_ping_input *input, ip_raw_error *error);

/* ---- routes ---- */

struct ip_flow {
	struct px_ip src; /* 0: to be chosen */
	struct px_ip dst;
	uint32_t oif;         /* 0: any */
	uint32_t preferences; /* IPV6_PREFER_SRC_* (RFC 5014) */
};

/* Where packets of a flow go. Holds until the stack's generation changes: see ip_dst_valid. */
struct ip_dst {
	struct px_iface *iface; /* lo for our own addresses */
	uint32_t generation;
	uint32_t zone; /* the interface that the addresses belong to (RFC 4007) */
	struct px_ip src, dst, via;
	uint32_t mtu;      /* of the path */
	uint8_t type;      /* RTN_UNICAST, RTN_LOCAL, RTN_BROADCAST, RTN_MULTICAST */
	uint8_t hop_limit; /* of the route or interface; 0: the stack's default */
	bool mtu_locked;   /* too small to believe: no DF */
	px_time expires;   /* when a learned MTU is to be forgotten; PX_TIME_NEVER */
};

/* 0, or -ENETUNREACH, -EHOSTUNREACH, -EACCES, -EINVAL, -EADDRNOTAVAIL. */
int ip_route(struct px_stack *stack, const struct ip_flow *flow, struct ip_dst *dst);

static inline bool ip_dst_valid(const struct px_stack *stack, const struct ip_dst *dst)
{
	return dst->iface && dst->generation == stack->generation && stack->now < dst->expires;
}

/* The source that RFC 6724 (IPv4: Linux's rules) chooses for `dst` by `iface`. */
bool ip_source_select(struct px_stack *stack, const struct px_ip *dst, const struct px_iface *iface,
    uint32_t preferences, struct px_ip *source);
/* The same, the next hop being known (rule 5.5); NULL: it is not. */
bool ip_source_select_via(struct px_stack *stack, const struct px_ip *dst,
    const struct px_iface *iface, const struct px_ip *via, uint32_t preferences,
    struct px_ip *source);

/* Whether a socket may be bound to it: an address of ours in a usable state (with `oif` that
 * interface's, where the address needs a zone), a broadcast address, or a group. RTN_*, or 0. */
uint8_t ip_local_type(const struct px_stack *stack, const struct px_ip *ip, uint32_t oif);

/* ---- retired addresses (retired.c) ---- */

/* Deletes an IPv6 address, but not for the flows that use it: TCP connections in any state and
 * connected UDP ends go on until they end. Their peers, and the neighbours between, can reach it;
 * for everybody else it is as an address that was never used. 0, -EOPNOTSUPP (not IPv6, or of the
 * link's or the node's scope), or -ENOMEM, and then it is as it was. */
int ip_retire(struct px_address *address);
bool ip_may_be_retired(const struct px_ip *ip); /* whether or not there is such an address */

/* For a transport: a flow enters its tables, or leaves them. False: no memory to keep its address
 * with. */
bool ip_retired_flow_begins(
    struct px_stack *stack, const struct px_ip *local, const struct px_ip *remote);
void ip_retired_flow_ends(
    struct px_stack *stack, const struct px_ip *local, const struct px_ip *remote);

/* Nobody is retired, nobody pays. */
static inline void ip_flow_begins(
    struct px_stack *stack, const struct px_ip *local, const struct px_ip *remote)
{
	if (stack->retired)
		(void)ip_retired_flow_begins(stack, local, remote);
}

static inline void ip_flow_ends(
    struct px_stack *stack, const struct px_ip *local, const struct px_ip *remote)
{
	if (stack->retired)
		ip_retired_flow_ends(stack, local, remote);
}

/* ---- output ---- */

struct ip_send {
	uint8_t protocol;
	uint8_t tos;
	int ttl; /* -1: default; for a group 1 */
	uint32_t flow_label;
	uint8_t pmtu;         /* IP_PMTUDISC_*, both families alike */
	bool dontfrag;        /* IPV6_DONTFRAG */
	bool multicast_loop;  /* members on this host get it too */
	bool super;           /* TCP segments in one packet, whatever the MTU (px_pkt.segment) */
	bool header_included; /* the packet has its network header (IP_HDRINCL) */
	const struct ip4_options *options;
	/* IPv6 extension headers in order, ready but for the last next header field, which names
	 * the transport; `fragmentable_at`: those from there on are repeated in no fragment. */
	const uint8_t *extensions;
	size_t extensions_len;
	size_t fragmentable_at;
	uint8_t first_extension; /* its number */
	size_t last_next_at;     /* offset of that last next header field */
};

/* Sends a transport's packet (header and payload); takes it. 0 or -errno: -EMSGSIZE, -ENOBUFS,
 * -ENETDOWN, -ENOMEM. */
int ip_output(struct px_stack *stack, struct px_pkt *pkt, const struct ip_dst *dst,
    const struct ip_send *send);

/* What fits one packet to `dst` under this mode: its MTU minus the network header. */
uint32_t ip_payload_max(const struct ip_dst *dst, const struct ip_send *send);

/* Leaves the transport checksum to the link: csum_offset says where it stands in the header at
 * the start of the packet. ip_output completes it where the link cannot. */
void ip_checksum_partial(struct px_pkt *pkt, const struct px_ip *src, const struct px_ip *dst,
    uint8_t protocol, uint16_t csum_offset);

/* Verifies a received transport checksum, over the whole packet. */
bool ip_checksum_ok(const struct px_pkt *pkt, uint8_t protocol);

/* ---- path MTU (pmtu.c) ---- */

/* A transport believes an error (RFC 5927: it has checked what is quoted). */
void ip_pmtu_update(struct px_stack *stack, const struct ip_error *error);

/* ---- ICMP ---- */

/* Sends an error about a received packet, if the rules and the rate allow; borrows it. The family
 * is the packet's: types and codes are of ICMP or of ICMPv6. */
void icmp_send_error(
    struct px_stack *stack, struct px_pkt *pkt, uint8_t type, uint8_t code, uint32_t info);

/* Port unreachable, in the packet's family. */
void icmp_port_unreachable(struct px_stack *stack, struct px_pkt *pkt);

/* ---- groups (group.c) ---- */

struct ip_group;

/* One socket's interest in a group on an interface. */
struct ip_membership {
	struct list node;       /* the socket's */
	struct list group_node; /* ip_group.members */
	struct ip_group *group;
	uint32_t ifindex;
	struct px_ip address; /* the group */
	bool exclude;         /* sources: all but these; else only these */
	unsigned int source_count;
	struct px_ip *sources;
};

#define IP_GROUP_SOURCES_MAX 64   /* igmp_max_msf of Linux is 10, mld_max_msf 64 */
#define IP_GROUPS_MAX        4096 /* of one stack */

/* Joins, for all sources but those given (exclude), or only for those. 0 or -errno: -EINVAL,
 * -ENOBUFS, -ENOMEM. */
int ip_group_join(struct px_stack *stack, struct px_iface *iface, const struct px_ip *group,
    bool exclude, const struct px_ip *sources, unsigned int count,
    struct ip_membership **membership);
/* Changes the filter; `sources` are copied. */
int ip_group_filter(struct px_stack *stack, struct ip_membership *membership, bool exclude,
    const struct px_ip *sources, unsigned int count);
void ip_group_leave(struct px_stack *stack, struct ip_membership *membership);

/* Whether a packet from `source` to the group is wanted on this interface by anybody, or by this
 * member. */
bool ip_group_wanted(
    const struct px_iface *iface, const struct px_ip *group, const struct px_ip *source);
bool ip_membership_wants(const struct ip_membership *membership, const struct px_ip *source);

/* ---- what an interface has of this layer ---- */

/* Milliseconds and counts as Linux's sysctls (net.ipv6.conf.*). */
struct ip6_config {
	bool accept_ra; /* default off: iothconf does it */
	bool autoconf, accept_ra_defrtr, accept_ra_pinfo, accept_ra_mtu, accept_ra_rtr_pref;
	uint8_t accept_ra_rt_info_max_plen; /* RFC 4191: longer prefixes are passed over */
	bool accept_redirects;
	bool optimistic_dad; /* RFC 4429 */
	bool addr_gen_none;  /* no link-local address by itself */
	bool disable;        /* disable_ipv6 */
	uint8_t dad_transmits;
	uint8_t router_solicitations;
	uint8_t hop_limit; /* from advertisements; 0: the stack's */
};

struct ip6_config *ip6_iface_config(struct px_iface *iface);

/* Applies a change of accept_ra: starts or stops soliciting. */
void ip6_iface_reconfigure(struct px_iface *iface);

#endif
