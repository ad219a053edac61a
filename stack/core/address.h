/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of interfaces.
 *
 * core/ keeps them and the routes that belong to them (local, broadcast, prefix); what an address
 * must go through before it may be used (RFC 4862's detection of duplicates, RFC 5227's) is the
 * business of link/ and ip/, which hear of it by PX_EVENT_ADDRESS_NEW.
 *
 * Flags are Linux's IFA_F_*. The states of RFC 4862 in them: tentative IFA_F_TENTATIVE, optimistic
 * (RFC 4429) IFA_F_TENTATIVE|IFA_F_OPTIMISTIC, duplicate IFA_F_DADFAILED|IFA_F_TENTATIVE,
 * preferred none, deprecated IFA_F_DEPRECATED.
 */
#ifndef CORE_ADDRESS_H
#define CORE_ADDRESS_H

#include "iface.h"
#include "table.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#define PX_ADDRESSES_MAX 65536      /* of one stack */
#define PX_FOREVER       UINT32_MAX /* a lifetime in seconds, as in netlink */

struct px_address;

/* A detection of duplicates: RFC 5227 for IPv4 (link/), RFC 4862 for IPv6 (ip/). */
struct px_dad {
	struct px_timer timer;
	struct px_address *address;
	unsigned int probes, announcements; /* sent */
	uint8_t nonce[6];                   /* RFC 7527: to know our own probe when it comes back */
	px_time defended;                   /* last time; 0: never */
};

struct px_lifetime {
	struct px_timer timer;
	struct px_address *address;
};

struct px_address {
	struct px_tnode hash; /* stack->addresses; must be first */
	struct list node;     /* iface->addresses */
	struct px_iface *iface;
	struct px_ip ip;
	struct px_ip peer;      /* of a point-to-point link; else ip */
	struct px_ip broadcast; /* IPv4; 0: none */
	uint8_t prefix;         /* of 128 */
	uint8_t scope;          /* RT_SCOPE_* */
	uint8_t protocol;       /* IFAPROT_* */
	uint32_t flags;         /* IFA_F_* */
	uint32_t metric;        /* of the prefix route */
	char label[IFNAMSIZ];

	px_time created, updated;
	px_time preferred_until, valid_until; /* PX_TIME_NEVER */
	struct px_lifetime *lifetime;         /* NULL: it has never had an end */

	struct px_dad *dad; /* under way: owned by the layer that does it */
};

/* Begins a detection (ends one that is under way): `fire` is called at the time that dad->timer is
 * set to. NULL when refused. */
struct px_dad *px_dad_begin(
    struct px_address *address, void (*fire)(struct px_stack *stack, struct px_timer *timer));
void px_dad_end(struct px_address *address); /* none is under way: nothing */

/* What the user or a router asks for. Zero means default. */
struct px_address_config {
	struct px_ip ip, peer, broadcast;
	unsigned int prefix; /* of 128 */
	int scope;           /* -1: from the address */
	uint32_t flags;
	uint32_t metric;
	uint8_t protocol;
	const char *label;
	uint32_t preferred, valid; /* seconds; PX_FOREVER; valid 0 counts as PX_FOREVER */
};

/* Adds, with its routes. 0 or -errno: -EEXIST, -EINVAL (no unicast address, prefix), -ENOMEM,
 * -ENOBUFS (too many). `address` may be NULL. */
int px_address_add(
    struct px_iface *iface, const struct px_address_config *config, struct px_address **address);
void px_address_del(struct px_address *address);

/* New lifetimes in seconds (RFC 4862 section 5.5.3 (e), or the user); the old ones stay where
 * memory for a first end is refused. */
void px_address_set_lifetimes(struct px_address *address, uint32_t preferred, uint32_t valid);

/* What Linux changes of an address that is there (NLM_F_REPLACE): lifetimes, metric, protocol, and
 * of an IPv6 one the peer and IFA_F_NODAD, IFA_F_HOMEADDRESS, IFA_F_NOPREFIXROUTE. Tells the
 * layers. 0 or -errno, and nothing has changed. */
int px_address_modify(struct px_address *address, const struct px_address_config *config);

/* Changes flags, tells the layers. */
void px_address_set_flags(struct px_address *address, uint32_t set, uint32_t clear);

/* The address object; with `iface` only that interface's. IPv6 link-local ones exist once an
 * interface: give it. */
struct px_address *px_address_find(
    const struct px_stack *stack, const struct px_ip *ip, const struct px_iface *iface);

/* Whether packets may come to it and leave from it: not tentative (an optimistic one may). */
static inline bool px_address_usable(const struct px_address *address)
{
	return !(address->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) ||
	       (address->flags & (IFA_F_OPTIMISTIC | IFA_F_DADFAILED)) == IFA_F_OPTIMISTIC;
}

/* The routes of all addresses of an interface that came up. 0 or -errno. For px_iface_up. */
int px_addresses_iface_up(struct px_iface *iface);

/* The interface's (preferred) IPv6 link-local address; NULL while there is none. */
struct px_address *px_address_link_local(const struct px_iface *iface);

#endif
