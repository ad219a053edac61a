/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Advertisements byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../dhcp/hex.h"
#include "advert.h"
#include "nd.h"
#include "nd_packet.h"

static const uint8_t mac[6] = {0x80, 1, 1, 1, 1, 1};

static struct world {
	struct settings settings;
	struct withdrawn withdrawn;
	bool final;
	engine_time now;
	size_t size;
	unsigned int messages;
	uint8_t message[8][ADVERT_MAX];
	size_t len[8];
} world;

static int begin(void **state)
{
	memset(&world, 0, sizeof(world));
	settings_init(&world.settings);
	world.size = ADVERT_MAX;
	return 0;
}

static int end(void **state)
{
	settings_fini(&world.settings);
	return 0;
}

static void set(const char *tag, const char *value)
{
	char why[SETTINGS_WHY_SIZE] = "";

	if (settings_set(&world.settings, tag, value, why) < 0)
		fail_msg("%s", why);
}

static int take(void *context, const void *icmp, size_t len)
{
	assert_true(world.messages < 8 && len <= world.size && len % 8 == 0);
	memcpy(world.message[world.messages], icmp, len);
	world.len[world.messages++] = len;
	return 0;
}

static void run(void)
{
	const struct advert advert = {.settings = &world.settings,
	    .withdrawn = &world.withdrawn,
	    .now = world.now,
	    .final = world.final,
	    .mac = mac,
	    .size = world.size};

	world.messages = 0;
	assert_int_equal(advert_write(&advert, take, NULL), 0);
}

static void assert_frame(const char *hex)
{
	static const uint8_t all[16] = {0xff, 2, [15] = 1};
	uint8_t frame[1600], source[16], group[6];
	size_t len;

	run();
	assert_int_equal(world.messages, 1);
	nd_link_local(source, mac);
	nd_group_mac(group, all);
	memcpy(frame, group, 6);
	memcpy(frame + 6, mac, 6);
	frame[12] = 0x86;
	frame[13] = 0xdd;
	len = nd_packet_put(frame + 14, 1500, source, all, world.message[0], world.len[0]);
	assert_string_equal(to_hex(frame, 14 + len), hex);
}

/* The two frames that the specification gives. */
static void test_golden(void **state)
{
	set("prefix", "fc00::/64/L/86400/14400");
	assert_frame(
	    "33330000000180010101010186dd6000000000383afffe80000000000000820101fffe010101ff02000000"
	    "0000000000000000000001"
	    "8600acb900000000000000000000000003044080000151800000384000000000fc00000000000000000000"
	    "00000000000101800101010101");
	settings_fini(&world.settings);
	set("lifetime", "1800");
	set("hoplimit", "64");
	set("flags", "MOh");
	set("mtu", "1400");
	set("prefix", "fc00::/64/LA/86400/14400");
	assert_frame(
	    "33330000000180010101010186dd6000000000403afffe80000000000000820101fffe010101ff02000000"
	    "0000000000000000000001"
	    "86005a2840c807080000000000000000030440c0000151800000384000000000fc00000000000000000000"
	    "000000000001018001010101010501000000000578");
}

/* Upstream sent them in the order of the host's bytes. */
static void test_byte_order(void **state)
{
	set("reachable", "0x10203");
	set("retransmit", "0x40506");
	run();
	assert_string_equal(to_hex(world.message[0], 16), "86000000000000000001020300040506");
}

static void test_every_option(void **state)
{
	set("lifetime", "1800");
	set("mtu", "1500");
	set("raflags", "0x800000000000");
	set("captive", "https://example.org/x");
	set("pref64", "64:ff9b::/96/1800");
	set("dnssl", "test.local/600");
	set("rdnss", "fc00::53,fc00::54/600");
	set("rdnss", "fc00::55/700");
	set("route", "fc09::/48/h/1000");
	set("route", "::/0/l/1000");
	set("prefix", "fc00::/64/LA/86400/14400");
	run();
	assert_int_equal(world.messages, 1);
	assert_string_equal(to_hex(world.message[0], world.len[0]),
	    "86000000000007080000000000000000"
	    "030440c0000151800000384000000000fc000000000000000000000000000000"
	    "0101800101010101"
	    "05010000000005dc"
	    "18023008000003e8fc09000000000000"
	    "18010018000003e8"
	    "1905000000000258fc000000000000000000000000000053fc000000000000000000000000000054"
	    "19030000000002bcfc000000000000000000000000000055"
	    "1f030000000002580474657374056c6f63616c0000000000"
	    "260207080064ff9b0000000000000000"
	    "250368747470733a2f2f6578616d706c652e6f72672f7800"
	    "1a01800000000000");
}

/* RFC 4191, 2.2: without a lifetime there is no preference. Routes by way of a router that ceases
 * end with it. */
static void test_final(void **state)
{
	struct ra ra;

	set("lifetime", "1800");
	set("flags", "Mh");
	set("route", "fc09::/48/h/1000");
	set("prefix", "fc00::/64/LA/86400/14400");
	run();
	assert_int_equal(world.message[0][5], 0x88);
	world.final = true;
	run();
	assert_int_equal(world.message[0][5], 0x80);
	assert_int_equal(ra_parse(&ra, world.message[0], world.len[0]), 0);
	assert_int_equal(ra.lifetime, 0);
	assert_int_equal(ra.route[0].lifetime, 0);
	assert_int_equal(ra.prefix[0].preferred, 14400);
}

/* More than fits into a packet: several, each with the header, each option once. */
static void test_split(void **state)
{
	unsigned int prefixes = 0, servers = 0, domains = 0;
	char text[64];

	world.size = ADVERT_MIN;
	for (unsigned int i = 0; i < 60; i++) {
		snprintf(text, sizeof(text), "fc00:%x::/64/L", i);
		set("prefix", text);
		snprintf(text, sizeof(text), "fc00::%x", i);
		set("rdnss", text);
		snprintf(text, sizeof(text), "a-name-that-is-not-short-%u.test.local", i);
		set("dnssl", text);
	}
	set("lifetime", "1800");
	run();
	assert_true(world.messages > 3);
	for (unsigned int i = 0; i < world.messages; i++) {
		size_t at = 16;

		assert_int_equal(world.message[i][0], ND_ROUTER_ADVERT);
		assert_int_equal(world.message[i][7], 1800 & 0xff);
		for (; at < world.len[i]; at += world.message[i][at + 1] * (size_t)8) {
			const uint8_t *option = &world.message[i][at];

			assert_true(option[1] > 0 && at + option[1] * (size_t)8 <= world.len[i]);
			prefixes += option[0] == 3;
			servers += option[0] == 25 ? (option[1] - 1) / 2 : 0;
			for (size_t j = 8; option[0] == 31 && j < option[1] * (size_t)8 && option[j]; j++) {
				for (; option[j]; j += option[j] + 1u)
					;
				domains++;
			}
		}
		assert_int_equal(at, world.len[i]);
	}
	assert_int_equal(prefixes, 60);
	assert_int_equal(servers, 60);
	assert_int_equal(domains, 60);
}

/* What is not advertised any more is taken back: a prefix runs down from two hours, the rest is 0
 * at once. */
static void test_withdrawn(void **state)
{
	struct settings after;
	struct ra ra;

	set("prefix", "fc00::/64/LA");
	set("prefix", "fc01::/64/LA/100/50");
	set("prefix", "fc02::/64/LA/100/50");
	set("rdnss", "fc00::53/600");
	set("dnssl", "test.local/infinite");
	set("route", "fc09::/48/h/1000");
	set("pref64", "64:ff9b::");
	settings_init(&after);
	withdrawn_change(&world.withdrawn, 0, &world.settings, &after);
	assert_int_equal(world.withdrawn.count, 7);
	settings_fini(&world.settings);
	set("prefix", "fc02::/64/LA/100/50"); /* it is back */
	withdrawn_change(&world.withdrawn, 0, &after, &world.settings);
	assert_int_equal(world.withdrawn.count, 6);
	world.now = 10 * ENGINE_SECOND;
	run();
	assert_int_equal(ra_parse(&ra, world.message[0], world.len[0]), 0);
	assert_int_equal(ra.prefixes, 3);
	assert_int_equal(ra.prefix[0].preferred, 50);
	assert_int_equal(ra.prefix[1].preferred, 0);
	assert_int_equal(ra.prefix[1].valid, 7190);
	assert_int_equal(ra.prefix[1].flags, 0xc0);
	assert_int_equal(ra.prefix[2].valid, 90);
	assert_int_equal(ra.servers + ra.domains + ra.routes + ra.nat64s, 4);
	assert_int_equal(ra.server[0].lifetime, 0);
	assert_int_equal(ra.domain[0].lifetime, 0);
	assert_int_equal(ra.route[0].lifetime, 0);
	assert_int_equal(ra.nat64[0].valid, 0);
	world.now = 7199 * ENGINE_SECOND;
	run();
	assert_int_equal(ra_parse(&ra, world.message[0], world.len[0]), 0);
	assert_int_equal(ra.prefixes, 2);
	assert_int_equal(ra.servers, 0);
	assert_int_equal(ra.domains, 1);
	withdrawn_expire(&world.withdrawn, 7200 * ENGINE_SECOND);
	assert_int_equal(world.withdrawn.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_golden, begin, end),
	    cmocka_unit_test_setup_teardown(test_byte_order, begin, end),
	    cmocka_unit_test_setup_teardown(test_every_option, begin, end),
	    cmocka_unit_test_setup_teardown(test_final, begin, end),
	    cmocka_unit_test_setup_teardown(test_split, begin, end),
	    cmocka_unit_test_setup_teardown(test_withdrawn, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
