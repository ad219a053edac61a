/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The advertising interface of a router (RFC 4861, section 6.2) as an engine without I/O: one
 * struct an interface. It is told what came and what time it is, says what to send through a table
 * of functions, and has a next deadline.
 *
 *                   router_ready                 router_cease
 *     WAITING  -------------------> ADVERTISING --------------> CEASING -----> CEASED
 *        ^                              |        final ones       |
 *        +------------------------------+                         +-- the last one is sent
 *                 router_unready
 *
 * WAITING: there is no address to send from (the link is down, duplicates are being looked for).
 * Solicitations are taken down. ADVERTISING: a multicast advertisement when `multicast` comes, a
 * unicast one when that of a solicitation comes. CEASING: final advertisements. CEASED: nothing.
 *
 * Timing. Unsolicited: a random time between MinRtrAdvInterval and MaxRtrAdvInterval, at most 16 s
 * the first three times, after it became ready, and after an update (6.2.4). A solicitation is
 * answered by unicast to its source after a random time of up to half a second; one without a
 * source by multicast (6.2.6). Multicast ones are 3 s apart at least, whoever asks for them. At
 * most 64 solicitations wait at a time, one for each source; who comes when they are full, and from
 * then on until it is sent, is answered by multicast, with everybody else. So a flood costs neither
 * memory nor the network, and 64 neighbours at most are looked for in three seconds.
 */
#ifndef ROUTER_H
#define ROUTER_H

#include "advert.h"
#include "consistency.h"
#include "engine.h"
#include "settings.h"
#include "withdrawn.h"

#define ROUTER_WAITING_MAX 64

struct router_ops {
	engine_random *random;
	/* To `destination` and its MAC address (where the link is Ethernet that we speak ourselves), or
	 * NULL: to all nodes. 0, or -errno: it has not been sent. */
	int (*send)(void *context, const uint8_t *destination, const uint8_t *mac, const void *icmp,
	    size_t len);
	/* Levels are syslog's. */
	void (*log)(void *context, int level, const char *text);
};

enum router_state {
	ROUTER_WAITING,
	ROUTER_ADVERTISING,
	ROUTER_CEASING,
	ROUTER_CEASED,
	ROUTER_STATES,
};

struct router_stats {
	uint64_t solicitations, solicitations_invalid, solicitations_merged;
	uint64_t multicast, unicast, send_errors;
	uint64_t adverts_heard, adverts_invalid, adverts_inconsistent;
};

struct router {
	const struct router_ops *ops;
	void *context;
	enum router_state state;
	struct settings settings;
	struct withdrawn withdrawn;
	struct consistency consistency;
	uint8_t address[16];
	bool has_mac;
	uint8_t mac[6];
	size_t message_size;

	engine_time multicast; /* the next one */
	engine_time last_multicast;
	bool multicast_before; /* there has been one */
	bool solicited;        /* the next one answers somebody */
	bool crowded;          /* ... and everybody who asks before it: there was no place left */
	bool advertised;       /* anybody has been told anything: it will be taken back */
	unsigned int initial;  /* of the first intervals that are left */
	unsigned int finals;

	size_t waiting;
	struct router_waiting {
		uint8_t address[16], mac[6];
		engine_time due;
	} solicitation[ROUTER_WAITING_MAX];

	engine_time deadline;
	struct router_stats stats;
};

/* Takes the settings over. */
void router_init(
    struct router *router, struct settings *settings, const struct router_ops *ops, void *context);
void router_fini(struct router *router);

/* There is an address; `mac` NULL: the link has no such addresses. `mtu` is the link's. Called
 * again, with another address say, it begins anew. */
void router_ready(struct router *router, engine_time now, const uint8_t address[16],
    const uint8_t *mac, unsigned int mtu);
void router_unready(struct router *router);

/* Takes other settings over: what is in them no more is withdrawn, hosts are told soon. */
void router_update(struct router *router, engine_time now, struct settings *settings);

/* A router solicitation or advertisement, whose hop limit and checksum have been looked at. `mac`
 * is what the frame came from; NULL: the stack knows. */
void router_solicited(struct router *router, engine_time now, const uint8_t source[16],
    const uint8_t *mac, const void *icmp, size_t len);
void router_heard(
    struct router *router, engine_time now, const uint8_t source[16], const void *icmp, size_t len);

void router_timer(struct router *router, engine_time now);

/* The router ceases to be one: final advertisements (6.2.5). */
void router_cease(struct router *router, engine_time now);

#endif
