/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The advertising interface of a router: see router.h. */
#include "router.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "nd.h"
#include "nd_packet.h"

/* RFC 4861, 10 */
#define MAX_INITIAL_RTR_ADVERTISEMENTS  3
#define MAX_INITIAL_RTR_ADVERT_INTERVAL (16 * ENGINE_SECOND)
#define MIN_DELAY_BETWEEN_RAS           (3 * ENGINE_SECOND)
#define MAX_RA_DELAY_TIME               ((engine_time)500)

#define SEND_RETRY    ENGINE_SECOND /* the link would not take it */
#define FINAL_SPACING ((engine_time)25)

static const char *const state_names[] = {"waiting", "advertising", "ceasing", "ceased"};
static_assert(sizeof(state_names) / sizeof(state_names[0]) == ROUTER_STATES, "a name each");

static const uint8_t unspecified[16];

static void set_deadline(struct router *router)
{
	router->deadline = ENGINE_NEVER;
	if (router->state == ROUTER_ADVERTISING || router->state == ROUTER_CEASING)
		router->deadline = router->multicast;
	if (router->state != ROUTER_ADVERTISING)
		return;
	for (size_t i = 0; i < router->waiting; i++)
		router->deadline = engine_min(router->deadline, router->solicitation[i].due);
}

static void set_state(struct router *router, enum router_state state)
{
	char text[64];

	if (router->state == state)
		return;
	snprintf(text, sizeof(text), "%s -> %s", state_names[router->state], state_names[state]);
	router->state = state;
	router->ops->log(router->context, LOG_DEBUG, text);
}

/* MinRtrAdvInterval and MaxRtrAdvInterval. */
static void router_interval(const struct settings *settings, engine_time *min, engine_time *max)
{
	/* "Default: 0.33 * MaxRtrAdvInterval", no less than 3 s (RFC 4861, 6.2.1). */
	*max = engine_max(settings->period * ENGINE_SECOND, MIN_DELAY_BETWEEN_RAS);
	*min = settings->min_period ? settings->min_period * ENGINE_SECOND : *max * 33 / 100;
	*min = engine_max(*min, MIN_DELAY_BETWEEN_RAS);
}

/* ---- sending --------------------------------------------------------------------------------- */

struct target {
	struct router *router;
	const uint8_t *address, *mac; /* NULL: all nodes */
};

static int send_message(void *context, const void *icmp, size_t len)
{
	const struct target *target = context;

	return target->router->ops->send(
	    target->router->context, target->address, target->mac, icmp, len);
}

static int advertise(
    struct router *router, engine_time now, const uint8_t *address, const uint8_t *mac)
{
	struct target target = {.router = router, .address = address, .mac = mac};
	const struct advert advert = {.settings = &router->settings,
	    .withdrawn = &router->withdrawn,
	    .now = now,
	    .final = router->state == ROUTER_CEASING,
	    .mac = router->has_mac ? router->mac : NULL,
	    .size = router->message_size};
	int err = advert_write(&advert, send_message, &target);

	if (err)
		router->stats.send_errors++;
	else
		router->advertised = true;
	return err;
}

/* The next unsolicited one, after one that all have heard (6.2.4: and so after a solicited one,
 * too). */
static void schedule(struct router *router, engine_time now)
{
	engine_time min, max, interval;

	router->solicited = router->crowded = false;
	router->multicast = ENGINE_NEVER;
	if (router->settings.period == 0)
		return;
	router_interval(&router->settings, &min, &max);
	interval = min + engine_below(router->ops->random, router->context, max - min + 1);
	if (router->initial > 0) {
		router->initial--;
		interval = engine_min(interval, MAX_INITIAL_RTR_ADVERT_INTERVAL);
	}
	router->multicast = now + interval;
}

static void advertise_to_all(struct router *router, engine_time now)
{
	int err = advertise(router, now, NULL, NULL);

	if (err) {
		router->multicast = now + SEND_RETRY;
		return;
	}
	router->stats.multicast++;
	router->last_multicast = now;
	router->multicast_before = true;
	schedule(router, now);
}

/* The earliest time at which another multicast advertisement may be sent. */
static engine_time floor_of(const struct router *router, engine_time now)
{
	return router->multicast_before
	           ? engine_max(now, router->last_multicast + MIN_DELAY_BETWEEN_RAS)
	           : now;
}

/* As after a start: RFC 4861, 6.2.4. */
static void begin_initial(struct router *router, engine_time now)
{
	router->initial = MAX_INITIAL_RTR_ADVERTISEMENTS;
	if (router->settings.period > 0)
		router->multicast = floor_of(router, now);
	else if (!router->solicited)
		router->multicast = ENGINE_NEVER;
}

/* ---- life ------------------------------------------------------------------------------------ */

/* "MUST be either zero or between MaxRtrAdvInterval and 9000 seconds" (RFC 4861, 6.2.1; RFC 8319
 * has another maximum). It has always been possible, and does harm to nobody else. */
static void warn(const struct router *router)
{
	if (router->settings.lifetime && router->settings.lifetime < router->settings.period)
		router->ops->log(router->context, LOG_WARNING,
		    "the router lifetime is shorter than the period: hosts forget the router in between");
}

void router_init(
    struct router *router, struct settings *settings, const struct router_ops *ops, void *context)
{
	memset(router, 0, sizeof(*router));
	router->ops = ops;
	router->context = context;
	router->settings = *settings;
	settings_init(settings);
	router->multicast = router->deadline = ENGINE_NEVER;
	router->message_size = ADVERT_MAX;
	warn(router);
}

void router_fini(struct router *router)
{
	settings_fini(&router->settings);
}

void router_ready(struct router *router, engine_time now, const uint8_t address[16],
    const uint8_t *mac, unsigned int mtu)
{
	size_t size = mtu > ND_IPV6_HEADER ? mtu - ND_IPV6_HEADER : 0;

	if (router->state > ROUTER_ADVERTISING)
		return;
	memcpy(router->address, address, 16);
	router->has_mac = mac;
	if (mac)
		memcpy(router->mac, mac, 6);
	router->message_size = size < ADVERT_MIN ? ADVERT_MIN : size > ADVERT_MAX ? ADVERT_MAX : size;
	set_state(router, ROUTER_ADVERTISING);
	begin_initial(router, now);
	set_deadline(router);
}

void router_unready(struct router *router)
{
	if (router->state > ROUTER_ADVERTISING)
		return;
	router->waiting = 0; /* whoever asked has lost the link, too */
	router->solicited = router->crowded = false;
	set_state(router, ROUTER_WAITING);
	set_deadline(router);
}

void router_update(struct router *router, engine_time now, struct settings *settings)
{
	if (router->advertised)
		withdrawn_change(&router->withdrawn, now, &router->settings, settings);
	settings_fini(&router->settings);
	router->settings = *settings;
	settings_init(settings);
	warn(router);
	if (router->state == ROUTER_ADVERTISING)
		begin_initial(router, now);
	set_deadline(router);
}

void router_cease(struct router *router, engine_time now)
{
	if (router->state > ROUTER_ADVERTISING)
		return;
	if (router->state == ROUTER_ADVERTISING && router->advertised)
		router->finals = router->settings.finals;
	set_state(router, router->finals > 0 ? ROUTER_CEASING : ROUTER_CEASED);
	router->multicast = now;
	router_timer(router, now);
}

/* ---- solicitations --------------------------------------------------------------------------- */

/* RFC 4861, 6.2.6: at a random time, which the interval since the last one may put off, unless one
 * is to be sent before that anyway. */
static void want_multicast(struct router *router, engine_time now)
{
	engine_time delay, due;

	if (router->solicited)
		return;
	delay = engine_below(router->ops->random, router->context, MAX_RA_DELAY_TIME + 1);
	due = floor_of(router, now);
	/* Not at the very end of the 3 s, together with all the other routers. */
	due = engine_max(now + delay, due > now ? due + delay : due);
	router->solicited = true;
	router->multicast = engine_min(router->multicast, due);
	router->deadline = engine_min(
	    router->deadline, router->state == ROUTER_ADVERTISING ? router->multicast : ENGINE_NEVER);
}

static void want_unicast(
    struct router *router, engine_time now, const uint8_t source[16], const uint8_t *mac)
{
	struct router_waiting *waiting;

	for (size_t i = 0; i < router->waiting; i++) {
		if (memcmp(router->solicitation[i].address, source, 16) == 0) {
			router->stats.solicitations_merged++;
			return;
		}
	}
	waiting = &router->solicitation[router->waiting++];
	memcpy(waiting->address, source, 16);
	if (mac)
		memcpy(waiting->mac, mac, 6);
	waiting->due = now + engine_below(router->ops->random, router->context, MAX_RA_DELAY_TIME + 1);
	if (router->state == ROUTER_ADVERTISING)
		router->deadline = engine_min(router->deadline, waiting->due);
}

void router_solicited(struct router *router, engine_time now, const uint8_t source[16],
    const uint8_t *mac, const void *icmp, size_t len)
{
	bool anonymous = memcmp(source, unspecified, 16) == 0;
	struct nd_solicit solicit;

	if (router->state > ROUTER_ADVERTISING)
		return;
	/* "If the IP source address is the unspecified address, there is no source link-layer address
	 * option in the message" (RFC 4861, 6.1.1). */
	if (nd_parse_router_solicit(&solicit, icmp, len) < 0 || source[0] == 0xff ||
	    (anonymous && solicit.has_mac)) {
		router->stats.solicitations_invalid++;
		return;
	}
	router->stats.solicitations++;
	if (anonymous) {
		want_multicast(router, now);
		return;
	}
	/* "the usual case is to multicast the response" (6.2.6) */
	router->crowded = router->crowded || router->waiting == ROUTER_WAITING_MAX;
	if (router->crowded) {
		router->stats.solicitations_merged++;
		want_multicast(router, now);
	} else {
		want_unicast(router, now, source, mac);
	}
}

/* ---- other routers --------------------------------------------------------------------------- */

static void log_inconsistency(void *context, const char *text)
{
	struct router *router = context;

	router->ops->log(router->context, LOG_WARNING, text);
}

void router_heard(
    struct router *router, engine_time now, const uint8_t source[16], const void *icmp, size_t len)
{
	struct ra ra;

	if (router->state != ROUTER_ADVERTISING || memcmp(source, router->address, 16) == 0)
		return;
	if (!nd_is_link_local(source) || ra_parse(&ra, icmp, len) < 0) {
		router->stats.adverts_invalid++;
		return;
	}
	router->stats.adverts_heard++;
	if (consistency_check(
	        &router->consistency, now, &router->settings, source, &ra, log_inconsistency, router))
		router->stats.adverts_inconsistent++;
}

/* ---- time ------------------------------------------------------------------------------------ */

static void answer(struct router *router, engine_time now)
{
	for (size_t i = router->waiting; i-- > 0;) {
		struct router_waiting waiting = router->solicitation[i];

		if (waiting.due > now)
			continue;
		router->solicitation[i] = router->solicitation[--router->waiting];
		/* One that is lost is asked for again (RFC 4861, 6.3.7). */
		if (advertise(router, now, waiting.address, waiting.mac) == 0)
			router->stats.unicast++;
	}
}

static void send_final(struct router *router, engine_time now)
{
	while (router->finals > 0 && router->multicast <= now) {
		if (advertise(router, now, NULL, NULL) == 0)
			router->stats.multicast++;
		router->finals--;
		router->multicast = now + FINAL_SPACING;
	}
	if (router->finals == 0)
		set_state(router, ROUTER_CEASED);
}

void router_timer(struct router *router, engine_time now)
{
	withdrawn_expire(&router->withdrawn, now);
	if (router->state == ROUTER_ADVERTISING) {
		answer(router, now);
		if (router->multicast <= now)
			advertise_to_all(router, now);
	} else if (router->state == ROUTER_CEASING) {
		send_final(router, now);
	}
	set_deadline(router);
}
