/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The neighbour cache: link-layer addresses of on-link addresses, and whether they are reachable.
 *
 * RFC 4861 section 7.3 for both families, as Linux does: ARP is the IPv4 way to ask, and its
 * replies are the solicited advertisements.
 *
 *   NONE        created, nothing known yet
 *   INCOMPLETE  being asked for by multicast (ARP: broadcast); packets wait
 *   REACHABLE   confirmed less than ReachableTime ago
 *   STALE       an address is known, not whether it is right; used as it is
 *   DELAY       used while stale: a hint from above may come within 5 s
 *   PROBE       being asked by unicast; packets go out
 *   FAILED      did not answer
 *   PERMANENT   set by the user
 *
 * REACHABLE turns STALE by the clock when somebody looks, not by a timer: an idle stack sleeps.
 *
 * Bounds, against floods: entries a stack (options.neighbours_max; the least recently used go
 * first, those that never answered before those that do), packets and bytes that wait.
 */
#ifndef LINK_NEIGHBOUR_H
#define LINK_NEIGHBOUR_H

#include "px.h"

enum neighbour_state {
	NEIGHBOUR_NONE,
	NEIGHBOUR_INCOMPLETE,
	NEIGHBOUR_REACHABLE,
	NEIGHBOUR_STALE,
	NEIGHBOUR_DELAY,
	NEIGHBOUR_PROBE,
	NEIGHBOUR_FAILED,
	NEIGHBOUR_PERMANENT,
	NEIGHBOUR_STATES
};

const char *neighbour_state_name(enum neighbour_state state);
uint16_t neighbour_state_nud(enum neighbour_state state); /* NUD_* of rtnetlink */

/* RFC 4861 section 10. */
#define NEIGHBOUR_MULTICAST_SOLICIT 3
#define NEIGHBOUR_UNICAST_SOLICIT   3
#define NEIGHBOUR_REACHABLE_MS      30000
#define NEIGHBOUR_RETRANS_MS        1000
#define NEIGHBOUR_DELAY_MS          5000

#define NEIGHBOUR_PENDING_MAX   32        /* packets that wait for one neighbour */
#define NEIGHBOUR_PENDING_BYTES (1 << 20) /* ... for all of a stack */

struct neighbour {
	struct px_tnode hash; /* must be first */
	struct list lru;      /* table->lru, least recently used first */
	struct px_iface *iface;
	struct px_ip ip;
	uint8_t mac[PX_MAC_LEN];
	enum neighbour_state state;
	bool router; /* RFC 4861's IsRouter */
	bool user;   /* made by the user: stays when its state is PERMANENT */
	unsigned int probes;
	px_time used, confirmed, updated;
	struct px_timer timer;
	struct px_pktq pending;
};

struct neighbour_table {
	struct px_table entries;
	struct list lru;
	size_t pending_bytes;
	struct neighbour *last; /* found last: the next packet is probably for him, too. May be NULL */
};

int neighbours_init(struct px_stack *stack);
void neighbours_fini(struct px_stack *stack);

struct neighbour *neighbour_find(const struct px_iface *iface, const struct px_ip *ip);

/* Finds or makes (state NONE). NULL when refused. */
struct neighbour *neighbour_get(struct px_iface *iface, const struct px_ip *ip);

/* The state as of now (REACHABLE may have run out). */
enum neighbour_state neighbour_current_state(struct neighbour *neighbour);

/* The only way from state to state: timer, waiting packets, event. */
void neighbour_set_state(struct neighbour *neighbour, enum neighbour_state state);

/* Sets the address, then the state; `mac` NULL: keeps it. Waiting packets go out if it is known. */
void neighbour_update(struct neighbour *neighbour, const uint8_t *mac, enum neighbour_state state);

/* Somebody told an address of his own (NS, RS, RA, redirect: RFC 4861 section 7.2.3): made if need
 * be; STALE if it is new or differs. */
struct neighbour *neighbour_learn(
    struct px_iface *iface, const struct px_ip *ip, const uint8_t *mac);

/* An answer arrived from there, says the transport (RFC 4861 section 7.3.1; MSG_CONFIRM). */
void neighbour_confirm(struct px_iface *iface, const struct px_ip *ip);

/* Sends a packet to a neighbour, or lets it wait; takes it. 0 or -errno. */
int neighbour_output(struct px_iface *iface, struct px_pkt *pkt, const struct px_ip *ip);

void neighbour_delete(struct neighbour *neighbour);

/* All of an interface; `all` false: those of the user stay (a link that lost its carrier). */
void neighbours_flush(struct px_iface *iface, bool all);

#endif
