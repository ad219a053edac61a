/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Router discovery: solicitations, lifetimes, the rule of two hours, several routers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "discovery.h"

#define HOUR (3600 * ENGINE_SECOND)

static const uint8_t r1[16] = {0xfe, 0x80, [15] = 1}, r2[16] = {0xfe, 0x80, [15] = 2};

static struct world {
	struct discovery discovery;
	engine_time now;
	unsigned int solicited, changed, failed;
} world;

static struct ra ra; /* large: not on the stack */

static uint32_t world_random(void *context)
{
	return 0x80000000;
}

static void world_solicit(void *context)
{
	world.solicited++;
}

static void world_event(void *context, enum discovery_event event)
{
	world.changed += event == DISCOVERY_EVENT_CHANGED;
	world.failed += event == DISCOVERY_EVENT_FAILED;
}

static const struct discovery_ops ops = {world_random, world_solicit, world_event};

static void begin(bool delay)
{
	memset(&world, 0, sizeof(world));
	memset(&ra, 0, sizeof(ra));
	world.now = 1000 * ENGINE_SECOND;
	discovery_init(&world.discovery, delay, &ops, NULL);
	discovery_start(&world.discovery, world.now);
}

/* What one that heard nothing knows. */
static void forget(void)
{
	discovery_init(&world.discovery, false, &ops, NULL);
}

static engine_time wait(void)
{
	engine_time before = world.now;

	assert_true(world.discovery.deadline != ENGINE_NEVER);
	if (world.discovery.deadline > world.now)
		world.now = world.discovery.deadline;
	discovery_timer(&world.discovery, world.now);
	return world.now - before;
}

static void pass(engine_time time)
{
	engine_time end = world.now + time;

	while (world.discovery.deadline <= end)
		wait();
	world.now = end;
}

static void heard(const uint8_t router[16])
{
	discovery_input(&world.discovery, world.now, router, &ra);
}

static void with_prefix(uint8_t flags, uint32_t valid, uint32_t preferred)
{
	ra.prefixes = 1;
	ra.prefix[0] = (struct ra_prefix){
	    .prefix = {0xfc}, .len = 64, .flags = flags, .valid = valid, .preferred = preferred};
}

static void test_nobody(void **state)
{
	begin(false);
	assert_int_equal(world.solicited, 1);
	assert_int_equal(wait(), 4 * ENGINE_SECOND);
	assert_int_equal(wait(), 4 * ENGINE_SECOND);
	assert_int_equal(world.solicited, 3);
	assert_int_equal(wait(), ENGINE_SECOND);
	assert_int_equal(world.failed, 1);
	assert_int_equal(world.discovery.deadline, ENGINE_NEVER);
	ra.lifetime = 10; /* somebody comes later */
	heard(r1);
	assert_int_equal(world.discovery.routers, 1);
}

static void test_delay(void **state)
{
	begin(true);
	assert_int_equal(world.solicited, 0);
	ra.lifetime = 1800;
	heard(r1); /* unasked: the question is still to come, RFC 4861, 6.3.7 allows it */
	assert_int_equal(wait(), 500);
	assert_int_equal(world.solicited, 1);
}

static void test_router_lifetime(void **state)
{
	begin(false);
	ra.lifetime = 1800;
	heard(r1);
	assert_int_equal(world.changed, 1);
	assert_memory_equal(discovery_best_router(&world.discovery, world.now)->address, r1, 16);
	assert_int_equal(wait(), 1800 * ENGINE_SECOND); /* no more solicitations */
	assert_int_equal(world.solicited, 1);
	assert_null(discovery_best_router(&world.discovery, world.now));
	assert_int_equal(world.changed, 2);
	heard(r1);
	ra.lifetime = 0; /* no default router any more */
	heard(r1);
	assert_null(discovery_best_router(&world.discovery, world.now));
	heard(r2); /* never was one */
	assert_int_equal(world.discovery.routers, 0);
	assert_true(world.discovery.answered);
}

static void test_several_routers(void **state)
{
	begin(false);
	ra.lifetime = 600;
	heard(r1);
	ra.lifetime = 1800;
	heard(r2);
	assert_memory_equal(discovery_best_router(&world.discovery, world.now)->address, r1, 16);
	ra.preference = ND_PREFERENCE_HIGH;
	heard(r2);
	assert_memory_equal(discovery_best_router(&world.discovery, world.now)->address, r2, 16);
	ra.preference = ND_PREFERENCE_LOW;
	heard(r2);
	assert_memory_equal(discovery_best_router(&world.discovery, world.now)->address, r1, 16);
	pass(700 * ENGINE_SECOND);
	assert_memory_equal(discovery_best_router(&world.discovery, world.now)->address, r2, 16);
	for (uint8_t i = 3; i < 100; i++)
		heard((const uint8_t[16]){0xfe, 0x80, [15] = i});
	assert_int_equal(world.discovery.routers, DISCOVERY_ROUTERS);
}

static void test_not_link_local(void **state)
{
	begin(false);
	ra.lifetime = 600;
	heard((const uint8_t[16]){0xfc, [15] = 1});
	heard((const uint8_t[16]){0});
	assert_int_equal(world.changed, 0);
	assert_false(world.discovery.answered);
	forget();
	heard(r1); /* not running */
	assert_int_equal(world.changed, 0);
}

static void test_prefix(void **state)
{
	begin(false);
	with_prefix(ND_PREFIX_ON_LINK | ND_PREFIX_AUTONOMOUS, 7200, 3600);
	heard(r1);
	assert_int_equal(world.discovery.prefixes, 1);
	assert_true(world.discovery.prefix[0].on_link && world.discovery.prefix[0].autonomous);
	assert_int_equal(world.discovery.prefix[0].preferred, world.now + HOUR);
	pass(HOUR);
	with_prefix(0, 7200, 3600); /* says nothing about either */
	heard(r1);
	assert_int_equal(wait(), HOUR);
	assert_int_equal(world.discovery.prefixes, 0);
	/* Preferred longer than valid; the link-local prefix; a group; with lifetime 0. */
	with_prefix(ND_PREFIX_AUTONOMOUS, 10, 11);
	heard(r1);
	assert_false(world.discovery.prefix[0].autonomous);
	forget();
	discovery_start(&world.discovery, world.now);
	with_prefix(ND_PREFIX_AUTONOMOUS, 10, 10);
	ra.prefix[0].prefix[0] = 0xfe;
	ra.prefix[0].prefix[1] = 0x80;
	heard(r1);
	with_prefix(ND_PREFIX_AUTONOMOUS, 10, 10);
	ra.prefix[0].prefix[0] = 0xff;
	heard(r1);
	with_prefix(ND_PREFIX_AUTONOMOUS, 0, 0);
	heard(r1);
	assert_int_equal(world.discovery.prefixes, 0);
}

static engine_time valid_left(void)
{
	return world.discovery.prefix[0].valid - world.now;
}

/* RFC 4862, 5.5.3, e: the three cases. */
static void test_two_hours(void **state)
{
	begin(false);
	with_prefix(ND_PREFIX_AUTONOMOUS, 86400, 3600);
	heard(r1);
	with_prefix(ND_PREFIX_AUTONOMOUS, 10, 10); /* 3: not below two hours */
	heard(r1);
	assert_int_equal(valid_left(), 2 * HOUR);
	assert_int_equal(world.discovery.prefix[0].preferred, world.now + 10 * ENGINE_SECOND);
	pass(HOUR);
	heard(r1); /* 2: less than two hours are left: ignored */
	assert_int_equal(valid_left(), HOUR);
	with_prefix(ND_PREFIX_AUTONOMOUS, 5400, 10); /* 1: longer than what is left */
	heard(r1);
	assert_int_equal(valid_left(), 5400 * ENGINE_SECOND);
	with_prefix(ND_PREFIX_AUTONOMOUS, 0, 0);
	heard(r1);
	assert_int_equal(valid_left(), 5400 * ENGINE_SECOND);
	with_prefix(ND_PREFIX_AUTONOMOUS, 10000, 10);
	heard(r1);
	assert_int_equal(valid_left(), 10000 * ENGINE_SECOND);
	with_prefix(ND_PREFIX_AUTONOMOUS, ND_FOREVER, ND_FOREVER);
	heard(r1);
	assert_int_equal(world.discovery.prefix[0].valid, ENGINE_NEVER);
	with_prefix(ND_PREFIX_AUTONOMOUS, 0, 0);
	heard(r1);
	assert_int_equal(valid_left(), 2 * HOUR);
	/* On-link determination has no such rule: RFC 4861, 6.3.4. */
	with_prefix(ND_PREFIX_ON_LINK | ND_PREFIX_AUTONOMOUS, 86400, 86400);
	heard(r1);
	with_prefix(ND_PREFIX_ON_LINK | ND_PREFIX_AUTONOMOUS, 0, 0);
	heard(r1);
	assert_false(world.discovery.prefix[0].on_link);
	assert_true(world.discovery.prefix[0].autonomous);
}

static void test_resolver(void **state)
{
	begin(false);
	ra.servers = 2;
	ra.server[0].address[0] = 0xfc;
	ra.server[0].lifetime = 300;
	ra.server[1].address[0] = 0xfd;
	ra.server[1].lifetime = 600;
	ra.domains = 1;
	strcpy(ra.domain[0].name, "test.local");
	ra.domain[0].lifetime = 600;
	heard(r1);
	heard(r1);
	assert_int_equal(world.discovery.servers, 2);
	assert_int_equal(world.discovery.domains, 1);
	assert_int_equal(wait(), 300 * ENGINE_SECOND);
	assert_int_equal(world.discovery.servers, 1);
	assert_int_equal(world.discovery.server[0].address[0], 0xfd);
	ra.servers = 0;
	ra.domain[0].lifetime = 0;
	heard(r1);
	assert_int_equal(world.discovery.domains, 0);
	wait();
	assert_int_equal(world.discovery.servers, 0);
	ra.domain[0].lifetime = ND_FOREVER;
	heard(r1);
	assert_int_equal(world.discovery.deadline, ENGINE_NEVER);
}

static void test_routes_and_mtu(void **state)
{
	begin(false);
	ra.mtu = 1279;
	heard(r1);
	assert_int_equal(world.discovery.mtu, 0);
	ra.mtu = 1400;
	ra.routes = 1;
	ra.route[0] = (struct ra_route){.prefix = {0xfd}, .len = 8, .lifetime = 60};
	heard(r1);
	heard(r2);
	assert_int_equal(world.discovery.mtu, 1400);
	assert_int_equal(world.discovery.routes, 2); /* one by each router */
	ra.route[0].lifetime = 0;
	heard(r1);
	assert_int_equal(world.discovery.routes, 1);
	pass(61 * ENGINE_SECOND);
	assert_int_equal(world.discovery.routes, 0);
}

/* A hostile router: ever new prefixes, servers, names; nothing grows beyond its array. */
static void test_flood(void **state)
{
	begin(false);
	for (unsigned int i = 0; i < 2000; i++) {
		memset(&ra, 0, sizeof(ra));
		ra.prefixes = ra.servers = ra.domains = ra.routes = 1;
		ra.prefix[0] = (struct ra_prefix){.prefix = {0xfc, (uint8_t)i, (uint8_t)(i >> 8)},
		    .len = 64,
		    .flags = ND_PREFIX_AUTONOMOUS,
		    .valid = ND_FOREVER,
		    .preferred = 1};
		ra.route[0] = (struct ra_route){.prefix = {0xfc, (uint8_t)i}, .len = 16, .lifetime = 9999};
		ra.server[0].address[1] = (uint8_t)i;
		ra.server[0].lifetime = 9999;
		snprintf(ra.domain[0].name, sizeof(ra.domain[0].name), "x%u", i);
		ra.domain[0].lifetime = 9999;
		heard(r1);
	}
	assert_int_equal(world.discovery.prefixes, RA_LIST_MAX);
	assert_int_equal(world.discovery.servers, RA_LIST_MAX);
	assert_int_equal(world.discovery.domains, RA_LIST_MAX);
	assert_int_equal(world.discovery.routes, RA_LIST_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nobody),
	    cmocka_unit_test(test_delay),
	    cmocka_unit_test(test_router_lifetime),
	    cmocka_unit_test(test_several_routers),
	    cmocka_unit_test(test_not_link_local),
	    cmocka_unit_test(test_prefix),
	    cmocka_unit_test(test_two_hours),
	    cmocka_unit_test(test_resolver),
	    cmocka_unit_test(test_routes_and_mtu),
	    cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
