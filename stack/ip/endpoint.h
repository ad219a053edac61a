/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the ends of all protocols have in common: addresses, options, queues, errors.
 *
 * A UDP, TCP or raw end begins with one; the socket layer sees ends through it. Addresses are in
 * the one representation (wire/inet.h); `family` says what the socket is: AF_INET deals in mapped
 * addresses only, AF_INET6 in both unless `v6only`. A local or remote address of zero is "any".
 *
 * Received packets wait as they came, without a copy, counted by what memory they keep (truesize)
 * against rcvbuf, as Linux counts.
 */
#ifndef IP_ENDPOINT_H
#define IP_ENDPOINT_H

#include "extensions.h"
#include "ip.h"
#include "ip4.h"

enum endpoint_event {
	ENDPOINT_READABLE = 1 << 0,
	ENDPOINT_WRITABLE = 1 << 1,
	ENDPOINT_ERROR = 1 << 2, /* so_error, or something on the error queue */
	ENDPOINT_HANGUP = 1 << 3,
};

enum endpoint_shutdown { ENDPOINT_SHUT_RD = 1, ENDPOINT_SHUT_WR = 2 };

/* IP level options, of both families. Boolean ones are bits of `flags`. */
enum endpoint_flag {
	ENDPOINT_RECV_PKTINFO4 = 1 << 0,
	ENDPOINT_RECV_TTL = 1 << 1,
	ENDPOINT_RECV_TOS = 1 << 2,
	ENDPOINT_RECV_OPTIONS = 1 << 3,
	ENDPOINT_RECV_PKTINFO6 = 1 << 4,
	ENDPOINT_RECV_HOPLIMIT = 1 << 5,
	ENDPOINT_RECV_TCLASS = 1 << 6,
	ENDPOINT_RECV_ORIGDSTADDR = 1 << 7,
	ENDPOINT_RECVERR4 = 1 << 8,
	ENDPOINT_RECVERR6 = 1 << 9,
	ENDPOINT_FREEBIND = 1 << 10,
	ENDPOINT_TRANSPARENT = 1 << 11,
	ENDPOINT_MULTICAST_ALL4 = 1 << 12,
	ENDPOINT_MULTICAST_ALL6 = 1 << 13,
	ENDPOINT_MULTICAST_LOOP4 = 1 << 14,
	ENDPOINT_MULTICAST_LOOP6 = 1 << 15,
	ENDPOINT_DONTFRAG = 1 << 16,
	ENDPOINT_HDRINCL = 1 << 17,
	ENDPOINT_RECV_RTHDR = 1 << 18,
	ENDPOINT_RECV_PATHMTU = 1 << 19,
	ENDPOINT_RECV_FLOWINFO = 1 << 20,
	ENDPOINT_FLOWINFO_SEND = 1 << 21,
	ENDPOINT_RECV_FRAGSIZE = 1 << 22,
	/* SOL_SOCKET */
	ENDPOINT_REUSEADDR = 1 << 23,
	ENDPOINT_REUSEPORT = 1 << 24,
	ENDPOINT_BROADCAST = 1 << 25,
	ENDPOINT_TIMESTAMP = 1 << 26,
	ENDPOINT_TIMESTAMPNS = 1 << 27,
	ENDPOINT_RXQ_OVFL = 1 << 28,
	ENDPOINT_NO_CHECK = 1 << 29,
	ENDPOINT_DONTROUTE = 1 << 30,
};

/* What IPV6_RECVPATHMTU tells. */
struct endpoint_path_mtu {
	struct px_ip dst;
	uint32_t zone, mtu;
	uint16_t port;
};

struct endpoint {
	struct px_stack *stack;
	int family;
	uint8_t protocol;
	bool v6only;
	bool connected;
	bool port_given; /* bound by the user: kept when a connection is dissolved */
	bool local_given;
	uint8_t shutdown; /* enum endpoint_shutdown */
	/* What a reader is told of the headers: IP_RETOPTS, IPV6_RECVHOPOPTS and its like. */
	bool recv_retopts, recv_hop_options, recv_dst_options, recv_routing;
	uint8_t min_ttl, min_hop_count; /* IP_MINTTL, IPV6_MINHOPCOUNT (RFC 5082); 0: any */

	struct px_ip local, remote;
	uint16_t lport, rport;
	uint32_t local_zone, remote_zone; /* of link-local addresses */
	uint32_t bound_ifindex;           /* SO_BINDTODEVICE */
	struct ip_dst dst;                /* of `remote`, while it holds */

	uint32_t flags; /* enum endpoint_flag */
	uint8_t tos, tclass;
	int16_t ttl, hop_limit, multicast_ttl, multicast_hops; /* -1: default */
	uint8_t pmtu4, pmtu6;                                  /* IP_PMTUDISC_* */
	uint32_t multicast_if4, multicast_if6;
	struct px_ip multicast_source4; /* IP_MULTICAST_IF by address */
	uint32_t unicast_if4, unicast_if6;
	uint32_t flow_label, preferences;
	uint32_t rcvbuf, sndbuf;
	struct ip4_options *options;       /* IP_OPTIONS; NULL */
	struct ip6_extensions *extensions; /* IPV6_HOPOPTS and its like; NULL */
	struct list memberships;           /* ip_membership.node */

	struct px_pktq rx;
	size_t rx_truesize;
	uint32_t drops;
	int error;                          /* positive errno, told once */
	struct px_pktq errors;              /* IP_RECVERR: see struct endpoint_error */
	struct endpoint_path_mtu *path_mtu; /* NULL: nothing to tell */

	/* A filter (SO_ATTACH_FILTER): how many bytes of the packet, from `offset` of its linear part
	 * on, are kept; 0 drops it. */
	uint32_t (*filter)(const void *program, const struct px_pkt *pkt);
	const void *program;

	void (*event)(struct endpoint *endpoint, unsigned int events);
	void *socket; /* the socket layer's */
};

/* What an error queue's packet says, in its cb; the packet's src is the offender, dst and dport the
 * destination of what failed, its data what was quoted of it. */
struct endpoint_error {
	uint32_t error;
	uint8_t origin, type, code, pad; /* SO_EE_ORIGIN_* */
	uint32_t info, data;
};

void endpoint_init(struct endpoint *endpoint, struct px_stack *stack, int family, uint8_t protocol);
/* Leaves groups, frees queues and options. */
void endpoint_fini(struct endpoint *endpoint);

static inline void endpoint_notify(struct endpoint *endpoint, unsigned int events)
{
	if (endpoint->event)
		endpoint->event(endpoint, events);
}

/* Whether packets of this family are its. */
static inline bool endpoint_takes(const struct endpoint *endpoint, bool is4)
{
	return endpoint->family == AF_INET ? is4 : !is4 || !endpoint->v6only;
}

/* How well it matches a packet's addresses: 0 not at all, more is better. Ports are compared by the
 * caller. `ifindex` is where the packet is. */
unsigned int endpoint_score(const struct endpoint *endpoint, const struct px_ip *local,
    const struct px_ip *remote, uint32_t ifindex);

/* Whether this end wants a group's packet (its own memberships, IP_MULTICAST_ALL). */
bool endpoint_wants_group(const struct endpoint *endpoint, const struct px_ip *group,
    const struct px_ip *source, uint32_t ifindex);

/* Checks an address to bind to: -EADDRNOTAVAIL, -EINVAL (a link-local one without interface). */
int endpoint_check_local(const struct endpoint *endpoint, const struct px_ip *ip, uint32_t zone);
/* The address that was checked: it is the endpoint's, and was given. */
void endpoint_set_local(struct endpoint *endpoint, const struct px_ip *ip, uint32_t zone);

/* Whether it came from near enough (RFC 5082) and passes the filter, which may shorten it. */
bool endpoint_accepts(const struct endpoint *endpoint, struct px_pkt *pkt);

/* Queues a received packet as rcvbuf allows; takes it. 0 or -ENOBUFS (full: counted in drops). */
int endpoint_queue(struct endpoint *endpoint, struct px_pkt *pkt);

/* Both: -EPERM when it is not accepted. */
int endpoint_receive(struct endpoint *endpoint, struct px_pkt *pkt);

/* Exchanges the last packet of the queue for one that holds the same. */
void endpoint_replace_last(struct endpoint *endpoint, struct px_pkt *pkt);

/* The first of a queue. `peek`: it stays, and a clone is given (NULL when refused). */
struct px_pkt *endpoint_take(struct endpoint *endpoint, bool peek);
struct px_pkt *endpoint_take_error(struct endpoint *endpoint);

/* An error that came by ICMP: to the error queue if asked for, and to so_error where Linux does.
 * `quoted` is what the queue gets. */
void endpoint_icmp_error(struct endpoint *endpoint, const struct ip_error *error,
    const uint8_t *quoted, size_t quoted_len, uint16_t dport);
void endpoint_local_error(
    struct endpoint *endpoint, int error, const struct px_ip *dst, uint16_t dport, uint32_t info);
void endpoint_set_error(struct endpoint *endpoint, int error);
int endpoint_get_error(struct endpoint *endpoint); /* and forgets it */

/* Keeps word of a path MTU for a reader who asked (IPV6_RECVPATHMTU, RFC 3542 section 11.3), the
 * last one; and forgets it. */
void endpoint_path_mtu(struct endpoint *endpoint, const struct ip_dst *dst, uint16_t dport);
void endpoint_path_mtu_told(struct endpoint *endpoint);

/* What one sending may say for itself (control messages), over the end's options. */
struct endpoint_send {
	struct px_ip dst;
	uint16_t dport;
	bool has_dst;
	uint32_t zone;    /* of dst, or 0 */
	struct px_ip src; /* 0: the end's */
	uint32_t oif;     /* 0: the end's */
	int ttl, tos;     /* -1: the end's */
	int dontfrag;
	uint32_t flow_label;
	uint16_t segment; /* UDP_SEGMENT; 0: the end's */
	bool has_options;
	struct ip4_options options;        /* IP_RETOPTS; else the end's */
	struct ip6_extensions *extensions; /* its own (endpoint_send_free); NULL: the end's */
	bool confirm, dontroute;
};
#define ENDPOINT_SEND_INIT                                                                         \
	{                                                                                              \
		.ttl = -1, .tos = -1, .dontfrag = -1                                                       \
	}

void endpoint_send_free(struct endpoint *endpoint, struct endpoint_send *send);

/* Finds the way for a sending: the cached one when it holds. Fills in `ip`. 0 or -errno. */
int endpoint_route(struct endpoint *endpoint, const struct endpoint_send *send, struct ip_dst *dst,
    struct ip_send *ip);

/* The peer of an end of datagrams, found by `dst`, and the source that goes with it unless one was
 * given; and none any more. */
void endpoint_connect(struct endpoint *endpoint, const struct ip_dst *dst, uint16_t port);
void endpoint_disconnect(struct endpoint *endpoint);

#endif
