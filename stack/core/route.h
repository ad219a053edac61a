/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Routes: longest prefix, then metric, over both families.
 *
 * A table of prefixes hashed by (prefix, length), and a count of prefixes a length: a lookup asks
 * once for each length that exists, longest first. Stacks have few lengths; ten thousand routes
 * cost no more than ten.
 *
 * Two tables as on Linux, asked in this order: local (addresses of the stack, broadcast addresses,
 * groups) and main. Both are in the one hash, told apart by the table's number.
 *
 * A route is borrowed until the stack's `generation` changes; who keeps the result of a lookup
 * (struct px_dst in ip/) keeps the generation too.
 */
#ifndef CORE_ROUTE_H
#define CORE_ROUTE_H

#include "iface.h"
#include "table.h"

#include <linux/rtnetlink.h>

#define PX_ROUTES_MAX 65535 /* of one stack */

struct px_route {
	struct px_route *next; /* same table and prefix, larger metric */
	struct px_ip dst;
	struct px_ip gateway;   /* 0: on link */
	struct px_ip source;    /* preferred; 0: none */
	struct px_iface *iface; /* NULL: blackhole and its like */
	uint8_t prefix;         /* of 128 */
	uint8_t table;          /* RT_TABLE_LOCAL, RT_TABLE_MAIN */
	uint8_t type;           /* RTN_* */
	uint8_t scope;          /* RT_SCOPE_* */
	uint8_t protocol;       /* RTPROT_* */
	uint8_t preference;     /* RFC 4191: ICMPV6_ROUTER_PREF_* as Linux numbers them */
	uint8_t hop_limit;      /* RTAX_HOPLIMIT; 0: the interface's */
	uint8_t family;
	uint32_t metric;
	uint32_t mtu;    /* RTAX_MTU; 0: the interface's */
	uint32_t flags;  /* RTNH_F_ONLINK */
	px_time expires; /* PX_TIME_NEVER */
	/* NULL: one of the kernel's, so to say, which do not expire; they are most of them. */
	struct px_route_timer *timer;
	struct list node; /* stack->routes, for enumeration in the order of `ip route` */
};

struct px_route_timer {
	struct px_timer timer;
	struct px_route *route;
};

/* The routes of one prefix in one table. */
struct px_fib_entry {
	struct px_tnode hash;    /* must be first */
	struct px_route *routes; /* by metric; there is one at least */
};

/* How many prefixes of one length a table has. */
struct px_fib_length {
	uint8_t prefix, slot; /* local, main */
	uint16_t count;
};

struct px_fib {
	struct px_table entries;
	/* Which lengths there are, by table (local, main). */
	uint64_t present[2][3];
	struct px_fib_length *lengths;
	uint16_t length_count, length_room;
	struct list routes;
	uint32_t total;
};

/* Adds. `config` is copied; its links are ignored. flags: NLM_F_EXCL, NLM_F_REPLACE, NLM_F_APPEND
 * as rtnetlink(7). 0 or -errno: -EEXIST, -EINVAL, -ENODEV, -ENETDOWN, -EHOSTUNREACH (gateway not on
 * link), -ENOMEM, -ENOBUFS. */
int px_route_add(struct px_stack *stack, const struct px_route *config, unsigned int flags,
    struct px_route **route);
void px_route_del(struct px_stack *stack, struct px_route *route);

/* PX_TIME_NEVER: lives for ever. A router advertisement's lifetime; the route is none of
 * RTPROT_KERNEL. */
void px_route_set_expires(struct px_stack *stack, struct px_route *route, px_time expires);

/* The first route of the stack that matches what is set in `key`: dst, prefix, table, and, where
 * not zero, metric, gateway, iface, type, protocol. For deletion. */
struct px_route *px_route_find(struct px_stack *stack, const struct px_route *key);

/* All routes of an interface (it goes down or away), or those with this preferred source. */
void px_routes_flush(
    struct px_stack *stack, const struct px_iface *iface, const struct px_ip *source);

enum px_lookup {
	PX_LOOKUP_ANY_LINK = 1 << 0,   /* interfaces without carrier too */
	PX_LOOKUP_LOCAL_ONLY = 1 << 1, /* the local table alone */
	PX_LOOKUP_MAIN_ONLY = 1 << 2,
};

/* The route for `dst`, by interface `oif` if not 0 (addresses of the stack match on any interface,
 * but link-local ones). NULL: none (ENETUNREACH). */
const struct px_route *px_route_lookup(
    const struct px_stack *stack, const struct px_ip *dst, uint32_t oif, unsigned int flags);

void px_fib_init(struct px_fib *fib);
void px_fib_fini(struct px_stack *stack);

#endif
