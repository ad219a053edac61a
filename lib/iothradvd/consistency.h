/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "Routers SHOULD inspect valid Router Advertisements sent by other routers and verify that the
 * routers are advertising consistent information" (RFC 4861, 6.2.7; RFC 8781, 5.2 adds NAT64).
 *
 * What differs is said once for each router and thing, and again when it has been right in between.
 * Who floods a link with advertisements of a thousand routers fills neither memory nor log: 16
 * routers are remembered, and a minute has ten lines.
 */
#ifndef CONSISTENCY_H
#define CONSISTENCY_H

#include "engine.h"
#include "nd.h"
#include "settings.h"

#define CONSISTENCY_ROUTERS 16
#define CONSISTENCY_LINES   10
#define CONSISTENCY_TEXT    160

enum inconsistency {
	DIFFERENT_HOP_LIMIT,
	DIFFERENT_MANAGED,
	DIFFERENT_OTHER,
	DIFFERENT_REACHABLE,
	DIFFERENT_RETRANS,
	DIFFERENT_MTU,
	DIFFERENT_VALID,
	DIFFERENT_PREFERRED,
	DIFFERENT_PREF64,
	INCONSISTENCIES,
};

struct consistency {
	size_t count;
	struct consistency_router {
		uint8_t address[16];
		unsigned int said; /* a bit each */
		engine_time heard;
	} router[CONSISTENCY_ROUTERS];
	engine_time minute; /* when this one began */
	unsigned int lines;
};

/* Gets each line. */
typedef void consistency_function(void *context, const char *text);

/* Compares; returns the things that differ, a bit each. */
unsigned int consistency_check(struct consistency *consistency, engine_time now,
    const struct settings *settings, const uint8_t router[16], const struct ra *ra,
    consistency_function *function, void *context);

#endif
