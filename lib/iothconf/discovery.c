/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Router discovery: see discovery.h. */
#include "discovery.h"

#include <string.h>

#define SOLICITATIONS     3 /* MAX_RTR_SOLICITATIONS and so on: RFC 4861, 10 */
#define SOLICIT_INTERVAL  (4 * ENGINE_SECOND)
#define SOLICIT_LAST_WAIT (1 * ENGINE_SECOND)
#define SOLICIT_DELAY     (1 * ENGINE_SECOND)
#define TWO_HOURS         (7200 * ENGINE_SECOND)
#define MTU_MIN           1280 /* RFC 8200, 5 */

void discovery_init(
    struct discovery *discovery, bool delay, const struct discovery_ops *ops, void *context)
{
	memset(discovery, 0, sizeof(*discovery));
	discovery->delay = delay;
	discovery->ops = ops;
	discovery->context = context;
	discovery->solicit_at = discovery->deadline = ENGINE_NEVER;
}

/* ---- deadlines ---- */

/* Drops the entries of an array that have ended; the others move up. The name of the array is that
 * of its count without the s. */
#define DROP_ENDED(discovery, list, count, end)                                                    \
	for (size_t i = (discovery)->count; i-- > 0;) {                                                \
		if ((discovery)->list[i].end > now)                                                        \
			continue;                                                                              \
		(discovery)->count--;                                                                      \
		memmove(&(discovery)->list[i], &(discovery)->list[i + 1],                                  \
		    ((discovery)->count - i) * sizeof((discovery)->list[0]));                              \
		dropped = true;                                                                            \
	}

static bool drop_ended(struct discovery *discovery, engine_time now)
{
	bool dropped = false;

	for (size_t i = 0; i < discovery->prefixes; i++) {
		struct discovery_prefix *prefix = &discovery->prefix[i];

		if (prefix->on_link && prefix->on_link_until <= now) {
			prefix->on_link = false;
			dropped = true;
		}
		if (prefix->autonomous && prefix->valid <= now) {
			prefix->autonomous = false;
			dropped = true;
		}
		/* A prefix that is neither serves nothing: `valid` is what the line below looks at. */
		if (!prefix->on_link && !prefix->autonomous)
			prefix->valid = 0;
		else if (prefix->valid <= now)
			prefix->valid = prefix->on_link_until;
	}
	DROP_ENDED(discovery, router, routers, until)
	DROP_ENDED(discovery, prefix, prefixes, valid)
	DROP_ENDED(discovery, route, routes, until)
	DROP_ENDED(discovery, server, servers, until)
	DROP_ENDED(discovery, domain, domains, until)
	return dropped;
}

static void set_deadline(struct discovery *discovery)
{
	engine_time next = discovery->solicit_at;

	for (size_t i = 0; i < discovery->routers; i++)
		next = engine_min(next, discovery->router[i].until);
	for (size_t i = 0; i < discovery->prefixes; i++) {
		const struct discovery_prefix *prefix = &discovery->prefix[i];

		if (prefix->on_link)
			next = engine_min(next, prefix->on_link_until);
		if (prefix->autonomous)
			next = engine_min(next, prefix->valid);
	}
	for (size_t i = 0; i < discovery->routes; i++)
		next = engine_min(next, discovery->route[i].until);
	for (size_t i = 0; i < discovery->servers; i++)
		next = engine_min(next, discovery->server[i].until);
	for (size_t i = 0; i < discovery->domains; i++)
		next = engine_min(next, discovery->domain[i].until);
	discovery->deadline = next;
}

/* ---- soliciting ---- */

static void solicit(struct discovery *discovery, engine_time now)
{
	if (discovery->sends == SOLICITATIONS) {
		discovery->solicit_at = ENGINE_NEVER;
		discovery->ops->event(discovery->context, DISCOVERY_EVENT_FAILED);
		return;
	}
	discovery->sends++;
	discovery->ops->solicit(discovery->context);
	discovery->solicit_at =
	    now + (discovery->sends == SOLICITATIONS ? SOLICIT_LAST_WAIT : SOLICIT_INTERVAL);
}

void discovery_start(struct discovery *discovery, engine_time now)
{
	discovery->running = true;
	discovery->sends = 0;
	discovery->solicit_at = now;
	if (discovery->delay)
		discovery->solicit_at +=
		    engine_below(discovery->ops->random, discovery->context, SOLICIT_DELAY);
	set_deadline(discovery);
	discovery_timer(discovery, now);
}

void discovery_timer(struct discovery *discovery, engine_time now)
{
	bool changed;

	if (now < discovery->deadline || !discovery->running)
		return;
	changed = drop_ended(discovery, now);
	if (now >= discovery->solicit_at)
		solicit(discovery, now);
	set_deadline(discovery);
	if (changed)
		discovery->ops->event(discovery->context, DISCOVERY_EVENT_CHANGED);
}

/* ---- what an advertisement says ---- */

static void note_router(
    struct discovery *discovery, engine_time now, const uint8_t address[16], const struct ra *ra)
{
	struct discovery_router *router = NULL;

	for (size_t i = 0; i < discovery->routers; i++) {
		if (memcmp(discovery->router[i].address, address, 16) == 0)
			router = &discovery->router[i];
	}
	if (!router) {
		if (ra->lifetime == 0 || discovery->routers == DISCOVERY_ROUTERS)
			return;
		router = &discovery->router[discovery->routers++];
		memcpy(router->address, address, 16);
	}
	router->until = now + ra->lifetime * ENGINE_SECOND; /* 0: drop_ended takes it away */
	router->preference = ra->preference;
}

static bool is_link_local(const uint8_t address[16])
{
	return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

static struct discovery_prefix *find_prefix(
    struct discovery *discovery, const struct ra_prefix *advertised)
{
	for (size_t i = 0; i < discovery->prefixes; i++) {
		if (discovery->prefix[i].len == advertised->len &&
		    memcmp(discovery->prefix[i].prefix, advertised->prefix, 16) == 0)
			return &discovery->prefix[i];
	}
	return NULL;
}

/* The valid lifetime of an address that is there already: RFC 4862, 5.5.3, e. */
static engine_time two_hours(engine_time now, engine_time valid, uint32_t advertised)
{
	engine_time end = engine_after(now, advertised);

	if (end > now + TWO_HOURS || end > valid)
		return end;
	return engine_min(valid, now + TWO_HOURS);
}

static void note_prefix(
    struct discovery *discovery, engine_time now, const struct ra_prefix *advertised)
{
	bool on_link = advertised->flags & ND_PREFIX_ON_LINK;
	bool autonomous = advertised->flags & ND_PREFIX_AUTONOMOUS;
	struct discovery_prefix *prefix = find_prefix(discovery, advertised);

	/* RFC 4861, 6.3.4 and RFC 4862, 5.5.3: the link-local prefix is ignored, and one whose
	 * preferred lifetime is the longer one makes no address. A group's is no prefix at all. */
	if (is_link_local(advertised->prefix) || advertised->prefix[0] == 0xff)
		return;
	if (advertised->preferred > advertised->valid)
		autonomous = false;
	if (!prefix) {
		if (advertised->valid == 0 || discovery->prefixes == RA_LIST_MAX)
			return;
		prefix = &discovery->prefix[discovery->prefixes++];
		memset(prefix, 0, sizeof(*prefix));
		memcpy(prefix->prefix, advertised->prefix, 16);
		prefix->len = advertised->len;
		prefix->valid = prefix->preferred = engine_after(now, advertised->valid);
	}
	if (on_link) { /* a clear flag says nothing: RFC 4861, 4.6.2 */
		prefix->on_link = true;
		prefix->on_link_until = engine_after(now, advertised->valid);
	}
	if (autonomous) {
		prefix->valid = prefix->autonomous ? two_hours(now, prefix->valid, advertised->valid)
		                                   : engine_after(now, advertised->valid);
		prefix->preferred = engine_after(now, advertised->preferred);
		prefix->autonomous = true;
	} else if (!prefix->autonomous) {
		prefix->valid = engine_after(now, advertised->valid);
	}
}

static void note_route(struct discovery *discovery, engine_time now, const uint8_t router[16],
    const struct ra_route *advertised)
{
	struct discovery_route *route = NULL;

	for (size_t i = 0; i < discovery->routes; i++) {
		if (discovery->route[i].len == advertised->len &&
		    memcmp(discovery->route[i].prefix, advertised->prefix, 16) == 0 &&
		    memcmp(discovery->route[i].router, router, 16) == 0)
			route = &discovery->route[i];
	}
	if (!route) {
		if (advertised->lifetime == 0 || discovery->routes == RA_LIST_MAX)
			return;
		route = &discovery->route[discovery->routes++];
		memcpy(route->prefix, advertised->prefix, 16);
		route->len = advertised->len;
		memcpy(route->router, router, 16);
	}
	route->until = engine_after(now, advertised->lifetime);
	route->preference = advertised->preference;
}

static void note_server(struct discovery *discovery, engine_time now, const uint8_t router[16],
    const struct ra_server *advertised)
{
	struct discovery_server *server = NULL;

	for (size_t i = 0; i < discovery->servers; i++) {
		if (memcmp(discovery->server[i].address, advertised->address, 16) == 0)
			server = &discovery->server[i];
	}
	if (!server) {
		if (advertised->lifetime == 0 || discovery->servers == RA_LIST_MAX)
			return;
		server = &discovery->server[discovery->servers++];
		memcpy(server->address, advertised->address, 16);
		memcpy(server->router, router, 16);
	}
	server->until = engine_after(now, advertised->lifetime);
}

static void note_domain(
    struct discovery *discovery, engine_time now, const struct ra_domain *advertised)
{
	struct discovery_domain *domain = NULL;

	for (size_t i = 0; i < discovery->domains; i++) {
		if (strcmp(discovery->domain[i].name, advertised->name) == 0)
			domain = &discovery->domain[i];
	}
	if (!domain) {
		if (advertised->lifetime == 0 || discovery->domains == RA_LIST_MAX)
			return;
		domain = &discovery->domain[discovery->domains++];
		memcpy(domain->name, advertised->name, sizeof(domain->name));
	}
	domain->until = engine_after(now, advertised->lifetime);
}

void discovery_input(
    struct discovery *discovery, engine_time now, const uint8_t router[16], const struct ra *ra)
{
	if (!discovery->running || !is_link_local(router))
		return;
	discovery->answered = true;
	/* "SHOULD NOT send further": one answer will do (RFC 4861, 6.3.7). */
	if (discovery->sends > 0)
		discovery->solicit_at = ENGINE_NEVER;
	discovery->managed = ra->managed;
	discovery->other = ra->other;
	if (ra->mtu >= MTU_MIN)
		discovery->mtu = ra->mtu;
	drop_ended(discovery, now); /* makes room */
	note_router(discovery, now, router, ra);
	for (size_t i = 0; i < ra->prefixes; i++)
		note_prefix(discovery, now, &ra->prefix[i]);
	for (size_t i = 0; i < ra->routes; i++)
		note_route(discovery, now, router, &ra->route[i]);
	for (size_t i = 0; i < ra->servers; i++)
		note_server(discovery, now, router, &ra->server[i]);
	for (size_t i = 0; i < ra->domains; i++)
		note_domain(discovery, now, &ra->domain[i]);
	drop_ended(discovery, now); /* what was advertised with lifetime 0 */
	set_deadline(discovery);
	discovery->ops->event(discovery->context, DISCOVERY_EVENT_CHANGED);
}

const struct discovery_router *discovery_best_router(
    const struct discovery *discovery, engine_time now)
{
	const struct discovery_router *best = NULL;

	for (size_t i = 0; i < discovery->routers; i++) {
		const struct discovery_router *router = &discovery->router[i];

		if (router->until > now && (!best || router->preference > best->preference))
			best = router;
	}
	return best;
}
