/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The advertising interface: RFC 4861, section 6.2, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>

#include "../dhcp/hex.h"
#include "nd.h"
#include "router.h"

static const uint8_t self[16] = {0xfe, 0x80, [15] = 1}, host[16] = {0xfe, 0x80, [15] = 9};
static const uint8_t unspecified[16], mac[6] = {2, 0, 0, 0, 0, 1};

#define LOG_MAX 2000

static struct world {
	struct router router;
	engine_time now;
	uint32_t dice;
	int error; /* of sending */
	unsigned int multicast, unicast, lines;
	engine_time at[LOG_MAX]; /* of each multicast */
	uint8_t last_to[16], last[ADVERT_MAX];
	char line[CONSISTENCY_TEXT];
} world;

static uint32_t world_random(void *context)
{
	return world.dice = world.dice * 1664525 + 1013904223;
}

static int world_send(
    void *context, const uint8_t *destination, const uint8_t *to_mac, const void *icmp, size_t len)
{
	if (world.error)
		return world.error;
	memcpy(world.last, icmp, len);
	if (destination) {
		world.unicast++;
		memcpy(world.last_to, destination, 16);
	} else {
		assert_true(world.multicast < LOG_MAX);
		world.at[world.multicast++] = world.now;
	}
	return 0;
}

static void world_log(void *context, int level, const char *text)
{
	if (level < 7) {
		world.lines++;
		snprintf(world.line, sizeof(world.line), "%s", text);
	}
}

static const struct router_ops ops = {world_random, world_send, world_log};

static void set(struct settings *settings, const char *tag, const char *value)
{
	char why[SETTINGS_WHY_SIZE] = "";

	if (settings_set(settings, tag, value, why) < 0)
		fail_msg("%s", why);
}

static void begin_with(const char *period)
{
	struct settings settings;

	memset(&world, 0, sizeof(world));
	world.now = 1000 * ENGINE_SECOND;
	world.dice = 4861;
	settings_init(&settings);
	set(&settings, "period", period);
	set(&settings, "lifetime", "1800");
	set(&settings, "prefix", "fc00::/64/LA/86400/14400");
	router_init(&world.router, &settings, &ops, NULL);
	router_ready(&world.router, world.now, self, mac, 1500);
}

static int end(void **state)
{
	router_fini(&world.router);
	return 0;
}

/* Goes through every deadline up to a time. */
static void pass(engine_time time)
{
	engine_time until = world.now + time;

	while (world.router.deadline <= until) {
		if (world.router.deadline > world.now)
			world.now = world.router.deadline;
		router_timer(&world.router, world.now);
	}
	world.now = until;
}

static void solicited(const uint8_t source[16], const char *hex)
{
	uint8_t message[64];
	size_t len = from_hex(hex, message, sizeof(message));

	router_solicited(&world.router, world.now, source, mac, message, len);
}

#define SOLICIT "8500000000000000"

static void assert_gaps(unsigned int from, unsigned int to, engine_time min, engine_time max)
{
	for (unsigned int i = from; i < to; i++) {
		engine_time gap = world.at[i + 1] - world.at[i];

		if (gap < min || gap > max)
			fail_msg("gap %u: %ju ms", i, (uintmax_t)gap);
	}
}

/* One at once, three intervals of at most 16 s, then between a third of the period and all of it,
 * evenly. */
static void test_intervals(void **state)
{
	engine_time sum = 0;
	unsigned int low = 0, high = 0;

	begin_with("600");
	router_timer(&world.router, world.now);
	assert_int_equal(world.multicast, 1);
	while (world.multicast < 1005)
		pass(600 * ENGINE_SECOND);
	assert_gaps(0, 3, 16 * ENGINE_SECOND, 16 * ENGINE_SECOND);
	assert_gaps(3, 1003, 198 * ENGINE_SECOND, 600 * ENGINE_SECOND);
	for (unsigned int i = 3; i < 1003; i++) {
		engine_time gap = world.at[i + 1] - world.at[i];

		sum += gap;
		low += gap < 238 * ENGINE_SECOND;  /* the lowest tenth */
		high += gap > 560 * ENGINE_SECOND; /* and the highest */
	}
	assert_in_range(sum / 1000, 390 * ENGINE_SECOND, 408 * ENGINE_SECOND);
	assert_in_range(low, 60, 140);
	assert_in_range(high, 60, 140);
	assert_int_equal(world.unicast, 0);
}

static void test_short_periods(void **state)
{
	begin_with("1"); /* 3 s is as often as it gets */
	pass(301 * ENGINE_SECOND);
	assert_int_equal(world.multicast, 101);
	assert_gaps(0, 100, 3 * ENGINE_SECOND, 3 * ENGINE_SECOND);
	router_fini(&world.router);
	begin_with("10");
	pass(300 * ENGINE_SECOND);
	assert_gaps(0, world.multicast - 1, 3300, 10 * ENGINE_SECOND);
	router_fini(&world.router);
	begin_with("65535"); /* RFC 8319 */
	pass(ENGINE_SECOND * 40 * 65535);
	assert_gaps(3, world.multicast - 1, 21626 * ENGINE_SECOND, 65535 * ENGINE_SECOND);
}

static void test_min_period(void **state)
{
	struct settings settings;

	begin_with("100");
	settings_init(&settings);
	set(&settings, "period", "100");
	set(&settings, "minperiod", "70");
	router_update(&world.router, world.now, &settings);
	pass(10000 * ENGINE_SECOND);
	assert_gaps(3, world.multicast - 1, 70 * ENGINE_SECOND, 100 * ENGINE_SECOND);
}

/* Without a period: who asks gets an answer, and nobody else hears anything. */
static void test_no_period(void **state)
{
	begin_with("0");
	pass(10000 * ENGINE_SECOND);
	assert_int_equal(world.multicast, 0);
	solicited(host, SOLICIT);
	pass(500);
	assert_int_equal(world.unicast, 1);
	assert_memory_equal(world.last_to, host, 16);
	solicited(unspecified, SOLICIT);
	pass(500);
	assert_int_equal(world.multicast, 1);
	pass(10000 * ENGINE_SECOND);
	assert_int_equal(world.multicast, 1);
}

/* A random time of up to half a second. */
static void test_delay(void **state)
{
	engine_time sum = 0;

	begin_with("0");
	for (unsigned int i = 0; i < 1000; i++) {
		engine_time before = world.now;

		solicited(host, SOLICIT);
		assert_true(world.router.deadline <= world.now + 500);
		sum += world.router.deadline - before;
		pass(500);
		assert_int_equal(world.unicast, i + 1);
	}
	assert_in_range(sum / 1000, 225, 275);
}

/* Multicast ones are three seconds apart, whoever asks and however often. */
static void test_floor(void **state)
{
	begin_with("1800");
	for (unsigned int i = 0; i < 60000; i++) {
		solicited(unspecified, SOLICIT);
		pass(1);
	}
	assert_in_range(world.multicast, 15, 21);
	assert_gaps(0, world.multicast - 1, 3 * ENGINE_SECOND, 4 * ENGINE_SECOND);
	/* One that is due soon anyway is the answer. */
	router_fini(&world.router);
	begin_with("10");
	pass(200 * ENGINE_SECOND);
	world.now = world.router.multicast - 1;
	solicited(unspecified, SOLICIT);
	assert_int_equal(world.router.multicast, world.now + 1);
}

/* 10,000 a second, each of another source: a bounded table, as many answered by name each time,
 * everybody by multicast within the three seconds. */
static void test_flood(void **state)
{
	uint8_t source[16] = {0xfe, 0x80};

	begin_with("600");
	pass(ENGINE_SECOND);
	for (uint32_t i = 0; i < 100000; i++) {
		memcpy(source + 8, &i, sizeof(i));
		solicited(source, SOLICIT);
		assert_true(world.router.waiting <= ROUTER_WAITING_MAX);
		if (i % 10 == 9)
			pass(1);
	}
	assert_gaps(0, world.multicast - 1, 3 * ENGINE_SECOND, 4 * ENGINE_SECOND);
	assert_in_range(world.multicast, 3, 5);
	assert_in_range(world.unicast, 2 * ROUTER_WAITING_MAX, 5 * ROUTER_WAITING_MAX);
	assert_int_equal(world.router.stats.solicitations, 100000);
}

/* Who came when all places were taken has no answer of its own, though there is a place again:
 * that to all comes. After it, there is one for each. */
static void test_crowded(void **state)
{
	uint8_t source[16] = {0xfe, 0x80};

	begin_with("0");
	solicited(unspecified, SOLICIT);
	pass(ENGINE_SECOND);
	assert_int_equal(world.multicast, 1);
	for (source[15] = 1; source[15] <= ROUTER_WAITING_MAX + 1; source[15]++)
		solicited(source, SOLICIT);
	pass(ENGINE_SECOND);
	assert_int_equal(world.unicast, ROUTER_WAITING_MAX);
	solicited(host, SOLICIT);
	assert_int_equal(world.router.waiting, 0);
	pass(3 * ENGINE_SECOND);
	assert_int_equal(world.unicast, ROUTER_WAITING_MAX);
	assert_int_equal(world.multicast, 2);
	solicited(host, SOLICIT);
	pass(ENGINE_SECOND);
	assert_int_equal(world.unicast, ROUTER_WAITING_MAX + 1);
	assert_int_equal(world.multicast, 2);
	/* Nor does it last when the link is gone. */
	for (source[15] = 1; source[15] <= ROUTER_WAITING_MAX + 1; source[15]++)
		solicited(source, SOLICIT);
	router_unready(&world.router);
	router_ready(&world.router, world.now, self, mac, 1500);
	solicited(host, SOLICIT);
	pass(ENGINE_SECOND);
	assert_int_equal(world.unicast, ROUTER_WAITING_MAX + 2);
}

/* Who asks three times in the time of the delay gets one answer. */
static void test_merged(void **state)
{
	begin_with("0");
	solicited(host, SOLICIT);
	solicited(host, SOLICIT);
	solicited(host, SOLICIT);
	pass(ENGINE_SECOND);
	assert_int_equal(world.unicast, 1);
	assert_int_equal(world.router.stats.solicitations_merged, 2);
}

/* RFC 4861, 6.1.1 */
static void test_invalid(void **state)
{
	static const uint8_t group[16] = {0xff, 2, [15] = 1};
	static const char *const bad[] = {"", "85", "85000000000000", "8501000000000000",
	    "85000000000000000100000000000000", "85000000000000000102020000000001",
	    "850000000000000001"};

	begin_with("0");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		solicited(host, bad[i]);
	solicited(unspecified, "85000000000000000101020000000001");
	solicited(group, SOLICIT);
	pass(10 * ENGINE_SECOND);
	assert_int_equal(world.unicast + world.multicast, 0);
	assert_int_equal(world.router.stats.solicitations_invalid, sizeof(bad) / sizeof(bad[0]) + 2);
	solicited(host, "85000000000000000101020000000001");
	solicited(host, "850000000000000063010000000000000e01000000000000"); /* unknown ones */
	pass(ENGINE_SECOND);
	assert_int_equal(world.unicast, 1);
}

static void test_cease(void **state)
{
	begin_with("600");
	pass(100);
	assert_int_equal(world.multicast, 1);
	assert_int_equal(world.last[6] << 8 | world.last[7], 1800);
	router_cease(&world.router, world.now); /* at once: the three seconds do not count */
	assert_int_equal(world.multicast, 2);
	assert_int_equal(world.last[6] << 8 | world.last[7], 0);
	assert_int_equal(world.router.state, ROUTER_CEASED);
	assert_true(world.router.deadline == ENGINE_NEVER);
	solicited(host, SOLICIT);
	pass(100 * ENGINE_SECOND);
	assert_int_equal(world.multicast + world.unicast, 2);
	/* Three of them within 100 ms. */
	router_fini(&world.router);
	begin_with("600");
	world.router.settings.finals = 3;
	pass(0);
	router_cease(&world.router, world.now);
	pass(100);
	assert_int_equal(world.multicast, 4);
	assert_int_equal(world.router.state, ROUTER_CEASED);
	/* None: not wanted; or nobody has ever heard of us. */
	router_fini(&world.router);
	begin_with("600");
	world.router.settings.finals = 0;
	pass(0);
	router_cease(&world.router, world.now);
	assert_int_equal(world.multicast, 1);
	assert_int_equal(world.router.state, ROUTER_CEASED);
	router_fini(&world.router);
	begin_with("0");
	router_cease(&world.router, world.now);
	assert_int_equal(world.multicast, 0);
	assert_int_equal(world.router.state, ROUTER_CEASED);
}

/* A network that would not take the final ones is no reason to stay. */
static void test_cease_unheard(void **state)
{
	begin_with("600");
	world.router.settings.finals = 3;
	pass(0);
	world.error = -ENETDOWN;
	router_cease(&world.router, world.now);
	pass(100);
	assert_int_equal(world.router.state, ROUTER_CEASED);
}

/* Hosts hear of an update as after a start, and of what is no more. */
static void test_update(void **state)
{
	struct settings settings;
	struct ra ra;

	begin_with("600");
	pass(10000 * ENGINE_SECOND);
	settings_init(&settings);
	set(&settings, "period", "600");
	set(&settings, "prefix", "fc01::/64/LA");
	world.multicast = 0;
	router_update(&world.router, world.now, &settings);
	pass(3 * ENGINE_SECOND);
	assert_int_equal(world.multicast, 1);
	assert_int_equal(ra_parse(&ra, world.last, 16 + 32 + 32 + 8), 0);
	assert_int_equal(ra.lifetime, 0);
	assert_int_equal(ra.prefixes, 2);
	assert_int_equal(ra.prefix[0].prefix[1], 1);
	assert_int_equal(ra.prefix[1].preferred, 0);
	assert_in_range(ra.prefix[1].valid, 7190, 7200);
	pass(100 * ENGINE_SECOND);
	assert_gaps(0, 3, 16 * ENGINE_SECOND, 16 * ENGINE_SECOND);
	/* Twice in a second: the three seconds count. */
	settings_init(&settings);
	set(&settings, "period", "600");
	router_update(&world.router, world.now, &settings);
	pass(0);
	settings_init(&settings);
	set(&settings, "period", "600");
	router_update(&world.router, world.now, &settings);
	world.multicast = 0;
	pass(2999);
	assert_int_equal(world.multicast, 0);
	pass(1);
	assert_int_equal(world.multicast, 1);
}

/* The link goes and is back: a beginning, but the three seconds count. A question asked before
 * there was an address is answered when there is one. */
static void test_link(void **state)
{
	begin_with("600");
	pass(0);
	router_unready(&world.router);
	assert_true(world.router.deadline == ENGINE_NEVER);
	solicited(host, SOLICIT);
	pass(1000);
	assert_int_equal(world.unicast, 0);
	router_ready(&world.router, world.now, self, mac, 1500);
	pass(0);
	assert_int_equal(world.unicast, 1);
	assert_int_equal(world.multicast, 1);
	pass(2000);
	assert_int_equal(world.multicast, 2);
	assert_gaps(0, 1, 3000, 3000);
}

/* What the link would not take is tried again, and does not count as said. */
static void test_send_errors(void **state)
{
	begin_with("600");
	world.error = -EADDRNOTAVAIL;
	pass(4500);
	assert_int_equal(world.multicast, 0);
	assert_int_equal(world.router.stats.send_errors, 5);
	world.error = 0;
	pass(500);
	assert_int_equal(world.multicast, 1);
	pass(48 * ENGINE_SECOND);
	assert_int_equal(world.multicast, 4);
	assert_gaps(0, 3, 16 * ENGINE_SECOND, 16 * ENGINE_SECOND);
}

static void heard(const uint8_t source[16], const struct ra *ra)
{
	uint8_t message[2000];
	struct wire_writer writer = wire_writer(message, sizeof(message));

	ra_put(&writer, ra);
	router_heard(&world.router, world.now, source, message, writer.at);
}

/* RFC 4861, 6.2.7: each thing once. */
static void test_consistency(void **state)
{
	uint8_t other[16] = {0xfe, 0x80, [15] = 2};
	struct ra ra = {.prefixes = 1,
	    .prefix = {
	        {.prefix = {0xfc}, .len = 64, .flags = 0x40, .valid = 86400, .preferred = 14400}}};
	const uint8_t routed[16] = {0xfc, [15] = 2};

	begin_with("600");
	heard(self, &ra); /* ourselves */
	assert_int_equal(world.router.stats.adverts_heard, 0);
	heard(routed, &ra);
	assert_int_equal(world.router.stats.adverts_invalid, 1);
	heard(other, &ra);
	assert_int_equal(world.lines, 0);
	ra.hop_limit = 64; /* ours is unspecified */
	heard(other, &ra);
	assert_int_equal(world.lines, 0);
	ra.prefix[0].valid = 1;
	heard(other, &ra);
	heard(other, &ra);
	assert_int_equal(world.lines, 1);
	assert_string_equal(world.line,
	    "router fe80::2 advertises another valid lifetime of a prefix: 1, here it is 86400");
	ra.managed = true;
	heard(other, &ra);
	assert_int_equal(world.lines, 2);
	ra.managed = false;
	heard(other, &ra);
	ra.managed = true;
	heard(other, &ra);
	assert_int_equal(world.lines, 3);
	assert_int_equal(world.router.stats.adverts_inconsistent, 5);
	/* A thousand routers: ten lines a minute. */
	for (unsigned int i = 0; i < 1000; i++) {
		other[14] = (uint8_t)i;
		other[13] = (uint8_t)(i >> 8);
		heard(other, &ra);
	}
	assert_int_equal(world.lines, CONSISTENCY_LINES);
	world.now += 60 * ENGINE_SECOND;
	heard(other, &ra);
	assert_int_equal(world.lines, CONSISTENCY_LINES + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_intervals, end),
	    cmocka_unit_test_teardown(test_short_periods, end),
	    cmocka_unit_test_teardown(test_min_period, end),
	    cmocka_unit_test_teardown(test_no_period, end),
	    cmocka_unit_test_teardown(test_delay, end),
	    cmocka_unit_test_teardown(test_floor, end),
	    cmocka_unit_test_teardown(test_flood, end),
	    cmocka_unit_test_teardown(test_crowded, end),
	    cmocka_unit_test_teardown(test_merged, end),
	    cmocka_unit_test_teardown(test_invalid, end),
	    cmocka_unit_test_teardown(test_cease, end),
	    cmocka_unit_test_teardown(test_cease_unheard, end),
	    cmocka_unit_test_teardown(test_update, end),
	    cmocka_unit_test_teardown(test_link, end),
	    cmocka_unit_test_teardown(test_send_errors, end),
	    cmocka_unit_test_teardown(test_consistency, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
