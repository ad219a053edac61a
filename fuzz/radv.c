/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A router that hears anything at any time: the engines of libiothradvd with their state.
 *
 * Input: records of a byte that chooses what happens, a byte of length, and that many bytes: a
 * solicitation, another router's advertisement, a neighbour's message, time that passes, the link
 * that comes and goes, other settings in words. After each: what is kept is within its arrays, what
 * is sent can be parsed, multicast advertisements are three seconds apart (but the final ones), and
 * a router at work has a deadline if it has something to do.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nd.h"
#include "neighbour.h"
#include "router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t self[16] = {0xfe, 0x80, [15] = 1}, mac[6] = {2, 1, 2, 3, 4, 5};
static struct router router;
static struct neighbour neighbour;
static engine_time now, last_multicast;
static uint32_t dice;
static unsigned int unicast;
static bool told; /* last_multicast is one */

static void require(bool condition)
{
	if (!condition)
		abort();
}

static uint32_t roll(void *context)
{
	return dice = dice * 1664525 + 1013904223;
}

static int send_advert(
    void *context, const uint8_t *destination, const uint8_t *to, const void *icmp, size_t len)
{
	static struct ra ra;

	require(len <= ADVERT_MAX && len % 8 == 0 && ra_parse(&ra, icmp, len) == 0);
	if (destination) {
		unicast++;
		return 0;
	}
	/* Several messages are one advertisement. */
	if (router.state == ROUTER_ADVERTISING && told && now != last_multicast)
		require(now - last_multicast >= 3 * ENGINE_SECOND);
	last_multicast = now;
	told = true;
	return 0;
}

static void log_line(void *context, int level, const char *text)
{
	require(strlen(text) < CONSISTENCY_TEXT && !strchr(text, '\n'));
}

static void send_neighbour(void *context, const uint8_t source[16], const uint8_t destination[16],
    const uint8_t to[6], const void *icmp, size_t len)
{
	struct nd_neighbour message;

	require(nd_parse_neighbour(&message, icmp, len) == 0);
}

static void changed(void *context)
{
}

static const struct router_ops router_ops = {roll, send_advert, log_line};
static const struct neighbour_ops neighbour_ops = {roll, send_neighbour, changed};

/* TAG VALUE, as in a file. */
static void update(const uint8_t *data, size_t size)
{
	static const char *const tags[] = {"period", "minperiod", "final", "hoplimit", "flags",
	    "lifetime", "reachable", "retransmit", "mtu", "raflags", "captive", "prefix", "route",
	    "rdnss", "dnssl", "pref64"};
	struct settings settings;
	char why[SETTINGS_WHY_SIZE], value[256];

	if (size < 1)
		return;
	memcpy(value, data + 1, size - 1);
	value[size - 1] = '\0';
	if (settings_copy(&settings, &router.settings) < 0)
		return;
	if (data[0] & 0x80)
		settings_fini(&settings); /* without items */
	if (settings_set(&settings, tags[data[0] % 16], value, why) == 0 &&
	    settings_check(&settings, why) == 0)
		router_update(&router, now, &settings);
	settings_fini(&settings);
}

static void hear(uint8_t what, const uint8_t *data, size_t size)
{
	uint8_t source[16] = {0xfe, 0x80}, message[300] = {0};

	if (size < 1)
		return;
	source[14] = what >> 4;
	source[15] = data[0];
	if (data[0] == 0)
		memset(source, 0, sizeof(source));
	memcpy(message + 4, data + 1, size - 1);
	switch (what % 4) {
	case 0:
		message[0] = ND_ROUTER_SOLICIT;
		router_solicited(&router, now, source, mac, message, 4 + size - 1);
		break;
	case 1:
		message[0] = ND_ROUTER_ADVERT;
		router_heard(&router, now, source, message, 4 + size - 1);
		break;
	default:
		message[0] = what % 4 == 2 ? ND_NEIGHBOUR_SOLICIT : ND_NEIGHBOUR_ADVERT;
		if (what & 0x80)
			memcpy(message + 8, neighbour.address, 16);
		neighbour_input(&neighbour, now, source, what & 0x40 ? self : (uint8_t[16]){0xff, 2}, mac,
		    message, 4 + size - 1);
	}
}

static void pass(engine_time until)
{
	now = until;
	router_timer(&router, now);
	neighbour_timer(&neighbour, now);
}

static void act(uint8_t what, const uint8_t *data, size_t size)
{
	engine_time next = engine_min(router.deadline, neighbour.deadline);

	switch (what % 16) {
	case 8:
	case 9:
		pass(next != ENGINE_NEVER && next > now ? next : now);
		break;
	case 10:
		pass(now + (size ? data[0] : 1));
		break;
	case 11:
		pass(now + (engine_time)(size ? data[0] : 1) * 100 * ENGINE_SECOND);
		break;
	case 12:
		if (what & 0x80)
			router_unready(&router);
		else
			router_ready(&router, now, self, what & 0x40 ? mac : NULL, size ? data[0] * 8u : 0);
		break;
	case 13:
	case 14:
		update(data, size);
		break;
	case 15:
		neighbour_start(&neighbour, now, mac);
		break;
	default:
		hear(what, data, size);
	}
}

static void check(void)
{
	require(router.waiting <= ROUTER_WAITING_MAX && router.withdrawn.count <= WITHDRAWN_MAX &&
	        router.consistency.count <= CONSISTENCY_ROUTERS &&
	        router.settings.count <= SETTINGS_ITEMS_MAX);
	if (router.state == ROUTER_ADVERTISING)
		require(router.deadline != ENGINE_NEVER ||
		        (router.waiting == 0 && router.settings.period == 0));
	else
		require(router.state == ROUTER_CEASING || router.deadline == ENGINE_NEVER);
	require((neighbour.state == NEIGHBOUR_TENTATIVE || neighbour.state == NEIGHBOUR_DUPLICATE) ==
	        (neighbour.deadline != ENGINE_NEVER));
	require(unicast <= ROUTER_WAITING_MAX * 16); /* an advertisement is several messages at most */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_reader reader = wire_reader(data, size);
	struct settings settings;

	settings_init(&settings);
	settings.period = wire_u8(&reader);
	dice = settings.period;
	now = 1000000;
	told = false;
	router_init(&router, &settings, &router_ops, NULL);
	router_ready(&router, now, self, mac, 1500);
	neighbour_init(&neighbour, &neighbour_ops, NULL);
	neighbour_start(&neighbour, now, mac);
	while (wire_left(&reader) > 0) {
		uint8_t what = wire_u8(&reader);
		size_t len = wire_u8(&reader), left = wire_left(&reader);
		const uint8_t *bytes = wire_take(&reader, len < left ? len : left);

		unicast = 0;
		act(what, bytes, len < left ? len : left);
		check();
	}
	router_cease(&router, now);
	for (unsigned int i = 0; i < SETTINGS_FINALS_MAX && router.deadline != ENGINE_NEVER; i++)
		pass(router.deadline);
	require(router.state == ROUTER_CEASED);
	router_fini(&router);
	return 0;
}
