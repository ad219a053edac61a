/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Router discovery (RFC 4861, 6.3) as an engine without I/O: solicits, and keeps what
 * advertisements say, each item until its lifetime ends: default routers and their preference (RFC
 * 4191), prefixes, more specific routes, recursive DNS servers and search domains (RFC 8106), the
 * MTU.
 *
 * Prefixes that make addresses follow the rule of two hours (RFC 4862, 5.5.3): an advertisement
 * cannot bring the rest of a valid lifetime below that, so that a forged one ends no connection.
 *
 * What comes has been checked by the caller to be a neighbour discovery message at all: hop limit
 * 255, a link-local source, the checksum. Of each kind RA_LIST_MAX items are kept; what is more has
 * to wait until one ends.
 */
#ifndef DISCOVERY_H
#define DISCOVERY_H

#include <stdbool.h>
#include <stddef.h>

#include "engine.h"
#include "nd.h"

#define DISCOVERY_ROUTERS 8

struct discovery_router {
	uint8_t address[16]; /* link-local */
	engine_time until;   /* as a default router; the past: it is none */
	int8_t preference;
};

struct discovery_prefix {
	uint8_t prefix[16];
	uint8_t len;
	bool on_link, autonomous;
	engine_time on_link_until, valid, preferred;
};

struct discovery_route {
	uint8_t prefix[16];
	uint8_t len;
	uint8_t router[16];
	int8_t preference;
	engine_time until;
};

struct discovery_server {
	uint8_t address[16];
	uint8_t router[16]; /* a link-local server is reached on the link only: no more to know */
	engine_time until;
};

struct discovery_domain {
	char name[DHCP_NAME_SIZE];
	engine_time until;
};

enum discovery_event {
	DISCOVERY_EVENT_CHANGED, /* something new, gone, or renewed */
	DISCOVERY_EVENT_FAILED,  /* nobody has answered three solicitations */
};

struct discovery_ops {
	engine_random *random;
	void (*solicit)(void *context);
	void (*event)(void *context, enum discovery_event event);
};

struct discovery {
	const struct discovery_ops *ops;
	void *context;
	bool delay; /* 0 to 1 s before the first solicitation: RFC 4861, 6.3.7 */
	bool running, answered;
	unsigned int sends;
	engine_time solicit_at; /* ENGINE_NEVER: no more */
	engine_time deadline;

	bool managed, other; /* of the last advertisement */
	uint32_t mtu;        /* 0: none was advertised */
	size_t routers, prefixes, routes, servers, domains;
	struct discovery_router router[DISCOVERY_ROUTERS];
	struct discovery_prefix prefix[RA_LIST_MAX];
	struct discovery_route route[RA_LIST_MAX];
	struct discovery_server server[RA_LIST_MAX];
	struct discovery_domain domain[RA_LIST_MAX];
};

void discovery_init(
    struct discovery *discovery, bool delay, const struct discovery_ops *ops, void *context);
/* Solicits; also when the link is back. What is known stays. */
void discovery_start(struct discovery *discovery, engine_time now);
/* `router` is the source of the advertisement. */
void discovery_input(
    struct discovery *discovery, engine_time now, const uint8_t router[16], const struct ra *ra);
void discovery_timer(struct discovery *discovery, engine_time now);

/* The default router to use: of those with the highest preference the one that was heard first;
 * NULL: none. */
const struct discovery_router *discovery_best_router(
    const struct discovery *discovery, engine_time now);

#endif
