/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What other routers advertise: see consistency.h. */
#include "consistency.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>

#define MINUTE (60 * ENGINE_SECOND)

static const char *const things[] = {"hop limit", "M flag", "O flag", "reachable time",
    "retransmission timer", "MTU", "valid lifetime of a prefix", "preferred lifetime of a prefix",
    "NAT64 prefix"};
static_assert(sizeof(things) / sizeof(things[0]) == INCONSISTENCIES, "a name each");

/* What differs, and how: the last pair of each. */
struct difference {
	unsigned int bits;
	uint32_t theirs[INCONSISTENCIES], ours[INCONSISTENCIES];
};

static void compare(
    struct difference *difference, enum inconsistency thing, uint32_t theirs, uint32_t ours)
{
	if (theirs == ours)
		return;
	difference->bits |= 1u << thing;
	difference->theirs[thing] = theirs;
	difference->ours[thing] = ours;
}

/* "except for the unspecified value of zero" */
static void compare_specified(
    struct difference *difference, enum inconsistency thing, uint32_t theirs, uint32_t ours)
{
	if (theirs && ours)
		compare(difference, thing, theirs, ours);
}

/* A prefix that we advertise, too. Lifetimes that run down are not ours to compare with: who
 * deprecates a prefix means it. */
static void compare_prefix(
    struct difference *difference, const struct settings *settings, const struct ra_prefix *prefix)
{
	for (size_t i = 0; i < settings->count; i++) {
		const struct item *item = &settings->item[i];

		if (item->kind != ITEM_PREFIX || item->len != prefix->len ||
		    memcmp(item->address, prefix->prefix, 16) != 0 || prefix->preferred == 0)
			continue;
		compare(difference, DIFFERENT_VALID, prefix->valid, item->lifetime);
		compare(difference, DIFFERENT_PREFERRED, prefix->preferred, item->preferred);
	}
}

/* Both have NAT64 prefixes: then the same ones. */
static void compare_pref64(
    struct difference *difference, const struct settings *settings, const struct ra *ra)
{
	bool have = false;

	for (size_t j = 0; j < settings->count; j++)
		have = have || settings->item[j].kind == ITEM_PREF64;
	for (size_t i = 0; have && i < ra->nat64s; i++) {
		bool same = ra->nat64[i].valid == 0;

		for (size_t j = 0; j < settings->count; j++) {
			const struct item *item = &settings->item[j];

			same = same || (item->kind == ITEM_PREF64 && item->len == ra->nat64[i].len &&
			                   memcmp(item->address, ra->nat64[i].prefix, 16) == 0);
		}
		if (!same)
			compare(difference, DIFFERENT_PREF64, 1, 0);
	}
}

static void compare_all(
    struct difference *difference, const struct settings *settings, const struct ra *ra)
{
	compare_specified(difference, DIFFERENT_HOP_LIMIT, ra->hop_limit, settings->hop_limit);
	compare(difference, DIFFERENT_MANAGED, ra->managed, (settings->flags & ND_RA_MANAGED) != 0);
	compare(difference, DIFFERENT_OTHER, ra->other, (settings->flags & ND_RA_OTHER) != 0);
	compare_specified(difference, DIFFERENT_REACHABLE, ra->reachable, settings->reachable);
	compare_specified(difference, DIFFERENT_RETRANS, ra->retrans, settings->retrans);
	compare_specified(difference, DIFFERENT_MTU, ra->mtu, settings->mtu);
	for (size_t i = 0; i < ra->prefixes; i++)
		compare_prefix(difference, settings, &ra->prefix[i]);
	compare_pref64(difference, settings, ra);
}

/* The record of a router; a new one takes the place of the one not heard for longest. */
static struct consistency_router *router_of(
    struct consistency *consistency, const uint8_t address[16])
{
	struct consistency_router *router = &consistency->router[0];

	for (size_t i = 0; i < consistency->count; i++) {
		if (memcmp(consistency->router[i].address, address, 16) == 0)
			return &consistency->router[i];
		if (consistency->router[i].heard < router->heard)
			router = &consistency->router[i];
	}
	if (consistency->count < CONSISTENCY_ROUTERS)
		router = &consistency->router[consistency->count++];
	memset(router, 0, sizeof(*router));
	memcpy(router->address, address, 16);
	return router;
}

unsigned int consistency_check(struct consistency *consistency, engine_time now,
    const struct settings *settings, const uint8_t router[16], const struct ra *ra,
    consistency_function *function, void *context)
{
	struct consistency_router *record = router_of(consistency, router);
	struct difference difference = {0};

	record->heard = now;
	compare_all(&difference, settings, ra);
	record->said &= difference.bits;
	if (now - consistency->minute >= MINUTE) {
		consistency->minute = now;
		consistency->lines = 0;
	}
	for (unsigned int thing = 0; thing < INCONSISTENCIES; thing++) {
		char address[INET6_ADDRSTRLEN], text[CONSISTENCY_TEXT];

		if (!(difference.bits & ~record->said & 1u << thing) ||
		    consistency->lines == CONSISTENCY_LINES)
			continue;
		record->said |= 1u << thing;
		consistency->lines++;
		inet_ntop(AF_INET6, router, address, sizeof(address));
		if (thing == DIFFERENT_PREF64)
			snprintf(text, sizeof(text), "router %s advertises another %s", address, things[thing]);
		else
			snprintf(text, sizeof(text), "router %s advertises another %s: %u, here it is %u",
			    address, things[thing], difference.theirs[thing], difference.ours[thing]);
		function(context, text);
	}
	return difference.bits;
}
