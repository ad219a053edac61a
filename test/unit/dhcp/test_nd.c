/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Router advertisements: the golden ones, every option, and what is malformed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>

#include "hex.h"
#include "nd.h"

/* The ICMPv6 parts of the documented frames; their checksums as 0. */
#define GOLDEN                                                                                     \
	"8600000000000000000000000000000003044080000151800000384000000000fc00000000000000000000000000" \
	"0000"                                                                                         \
	"0101800101010101"
#define GOLDEN_FLAGS                                                                               \
	"8600000040c8070800000000000000000304"                                                         \
	"40c0"                                                                                         \
	"000151800000384000000000fc00000000000000000000"                                               \
	"00000000000101800101010101"                                                                   \
	"0501000000000578"
#define HEAD                                                                                       \
	"8600000040000708"                                                                             \
	"0000000000000000"

static uint8_t packet[2000];

static int parse(struct ra *ra, const char *hex)
{
	return ra_parse(ra, packet, from_hex(hex, packet, sizeof(packet)));
}

static void assert_written(const struct ra *ra, const char *hex)
{
	struct wire_writer writer = wire_writer(packet, sizeof(packet));

	ra_put(&writer, ra);
	assert_false(writer.error);
	assert_string_equal(to_hex(packet, writer.at), hex);
}

static void test_golden(void **state)
{
	struct ra ra;

	assert_int_equal(parse(&ra, GOLDEN), 0);
	assert_int_equal(ra.lifetime, 0);
	assert_int_equal(ra.prefixes, 1);
	assert_int_equal(ra.prefix[0].len, 64);
	assert_int_equal(ra.prefix[0].flags, ND_PREFIX_ON_LINK);
	assert_int_equal(ra.prefix[0].valid, 86400);
	assert_int_equal(ra.prefix[0].preferred, 14400);
	assert_true(ra.has_mac);
	assert_int_equal(ra.mac[0], 0x80);
	assert_false(ra.managed);
	assert_written(&ra, GOLDEN);

	assert_int_equal(parse(&ra, GOLDEN_FLAGS), 0);
	assert_true(ra.managed && ra.other);
	assert_int_equal(ra.preference, ND_PREFERENCE_HIGH);
	assert_int_equal(ra.lifetime, 1800);
	assert_int_equal(ra.hop_limit, 64);
	assert_int_equal(ra.mtu, 1400);
	assert_int_equal(ra.prefix[0].flags, ND_PREFIX_ON_LINK | ND_PREFIX_AUTONOMOUS);
	assert_written(&ra, GOLDEN_FLAGS);
}

static void test_resolver(void **state)
{
	/* Two servers; "a.b" and "c" with padding; PREF64 64:ff9b::/96 for 1800 s. */
	static const char hex[] = HEAD "190500000000012c20010db800000000000000000000000120010db8000000"
	                               "000000000000000002"
	                               "1f030000000000780161016200016300"
	                               "0000000000000000"
	                               "26020708"
	                               "0064ff9b0000000000000000";
	struct ra ra;

	assert_int_equal(parse(&ra, hex), 0);
	assert_int_equal(ra.servers, 2);
	assert_int_equal(ra.server[1].address[15], 2);
	assert_int_equal(ra.server[1].lifetime, 300);
	assert_int_equal(ra.domains, 2);
	assert_string_equal(ra.domain[0].name, "a.b");
	assert_string_equal(ra.domain[1].name, "c");
	assert_int_equal(ra.domain[1].lifetime, 120);
	assert_int_equal(ra.nat64s, 1);
	assert_int_equal(ra.nat64[0].len, 96);
	assert_int_equal(ra.nat64[0].valid, 1800);
	assert_int_equal(ra.nat64[0].prefix[1], 0x64);
}

static void test_routes(void **state)
{
	/* ::/0 high for ever; 2001:db8::/32 low in 8 bytes; a /128 in 8 bytes (dropped); a reserved
	 * preference (dropped). */
	static const char hex[] = HEAD "18010008ffffffff"
	                               "18022018"
	                               "0000003c20010db8ffffffff"
	                               "18028000"
	                               "0000003c20010db800000000"
	                               "18010010"
	                               "0000003c";
	struct ra ra, again;

	assert_int_equal(parse(&ra, hex), 0);
	assert_int_equal(ra.routes, 2);
	assert_int_equal(ra.route[0].preference, ND_PREFERENCE_HIGH);
	assert_int_equal(ra.route[0].lifetime, ND_FOREVER);
	assert_int_equal(ra.route[1].preference, ND_PREFERENCE_LOW);
	assert_int_equal(ra.route[1].len, 32);
	assert_int_equal(ra.route[1].prefix[4], 0); /* behind the length */

	for (int i = 0; i < 2; i++) {
		struct wire_writer writer = wire_writer(packet, sizeof(packet));

		ra_put(&writer, &ra);
		assert_int_equal(ra_parse(&again, packet, writer.at), 0);
		assert_memory_equal(&again, &ra, sizeof(ra));
	}
}

static void test_write_all(void **state)
{
	static struct ra ra, again;
	struct wire_writer writer = wire_writer(packet, sizeof(packet));

	ra = (struct ra){.lifetime = 9000,
	    .servers = 3,
	    .domains = 2,
	    .prefixes = 1,
	    .routes = 1,
	    .reachable = 30000,
	    .retrans = 1000,
	    .preference = ND_PREFERENCE_LOW};
	ra.server[1].lifetime = ra.server[0].lifetime = 7;
	ra.server[0].address[0] = 0xfc;
	ra.server[2].lifetime = 8;
	strcpy(ra.domain[0].name, "test.local");
	strcpy(ra.domain[1].name, "x");
	ra.domain[1].lifetime = 9;
	ra.prefix[0] = (struct ra_prefix){.prefix = {0xfd}, .len = 8, .valid = 5, .preferred = 4};
	ra.route[0] = (struct ra_route){.prefix = {0xfd, [15] = 1}, .len = 128, .lifetime = 5};
	ra.nat64s = 2;
	ra.nat64[0] = (struct ra_prefix){.prefix = {0, 0x64, 0xff, 0x9b}, .len = 96, .valid = 65528};
	ra.nat64[1] = (struct ra_prefix){.prefix = {0xfd}, .len = 32, .valid = 8};
	ra_put(&writer, &ra);
	assert_false(writer.error);
	assert_int_equal(writer.at % 8, 0);
	assert_int_equal(ra_parse(&again, packet, writer.at), 0);
	assert_memory_equal(&again, &ra, sizeof(ra));
	writer = wire_writer(packet, 60);
	ra_put(&writer, &ra);
	assert_true(writer.error);
}

/* The options that no client of ours reads, byte by byte. */
static void test_write_pieces(void **state)
{
	struct wire_writer writer = wire_writer(packet, sizeof(packet));
	struct ra_prefix nat64 = {.prefix = {0, 0x64, 0xff, 0x9b}, .len = 96, .valid = 1801};

	ra_put_captive(&writer, "https://example.org/x");
	ra_put_flags(&writer, 0x800000000001);
	ra_put_pref64(&writer, &nat64);
	assert_false(writer.error);
	assert_string_equal(to_hex(packet, writer.at),
	    "250368747470733a2f2f6578616d706c652e6f72672f7800"
	    "1a01800000000001"
	    "260207100064ff9b0000000000000000");
	nat64.len = 95;
	ra_put_pref64(&writer, &nat64);
	assert_true(writer.error);
}

static void test_router_solicit(void **state)
{
	static const char *const bad[] = {"", "85000000000000", "8501000000000000", "8600000000000000",
	    "85000000000000000100", "850000000000000001020a0b0c0d0e0f"};
	uint8_t bytes[64];
	struct nd_solicit solicit;

	assert_int_equal(nd_parse_router_solicit(
	                     &solicit, bytes, from_hex("8500000000000000", bytes, sizeof(bytes))),
	    0);
	assert_false(solicit.has_mac);
	assert_int_equal(nd_parse_router_solicit(&solicit, bytes,
	                     from_hex("850000000000000001010a0b0c0d0e0f", bytes, sizeof(bytes))),
	    0);
	assert_true(solicit.has_mac);
	assert_string_equal(to_hex(solicit.mac, 6), "0a0b0c0d0e0f");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    nd_parse_router_solicit(&solicit, bytes, from_hex(bad[i], bytes, sizeof(bytes))),
		    -EBADMSG);
}

static void test_neighbour_advert(void **state)
{
	const uint8_t target[16] = {0xfe, 0x80, [15] = 1}, mac[6] = {2, 0, 0, 0, 0, 1};
	struct wire_writer writer = wire_writer(packet, sizeof(packet));
	struct nd_neighbour message;

	nd_put_neighbour_advert(&writer, target, mac, ND_ADVERT_ROUTER | ND_ADVERT_OVERRIDE);
	assert_string_equal(to_hex(packet, writer.at),
	    "88000000a0000000fe8000000000000000000000000000010201020000000001");
	assert_int_equal(nd_parse_neighbour(&message, packet, writer.at), 0);
	assert_false(message.has_mac); /* a source's only */
	packet[0] = ND_NEIGHBOUR_SOLICIT;
	packet[24] = 1;
	assert_int_equal(nd_parse_neighbour(&message, packet, writer.at), 0);
	assert_true(message.has_mac);
	assert_memory_equal(message.mac, mac, 6);
}

static void test_malformed(void **state)
{
	static const char *const bad[] = {"", "86", "860000004000070800000000000000",
	    "8500000040000708"
	    "0000000000000000",
	    "8601000040000708"
	    "0000000000000000",
	    HEAD "0300"
	         "000000000000", /* length 0: a loop, once */
	    HEAD "0304", HEAD "03", HEAD "0102800101010101",
	    HEAD "0101800101010101"
	         "00"};
	struct ra ra;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse(&ra, bad[i]), -EBADMSG);
	/* Options whose own form is wrong, and unknown ones, are passed over. */
	assert_int_equal(
	    parse(&ra, HEAD "0301408000015180"
	                    "c801000000000000"
	                    "1f02000000000078"
	                    "ff00000000000000"
	                    "0504000000000578000000000000000000000000000000000000000000000000"),
	    0);
	assert_int_equal(ra.prefixes, 0);
	assert_int_equal(ra.domains, 0);
}

static void test_too_many(void **state)
{
	struct wire_writer writer = wire_writer(packet, sizeof(packet));
	struct ra ra = {.prefixes = 1, .prefix = {{.len = 64}}};

	ra_put(&writer, &ra);
	for (int i = 0; i < 30; i++) {
		wire_put_bytes(&writer, packet + 16, 32);
		packet[writer.at - 1] = (uint8_t)i;
	}
	assert_false(writer.error);
	assert_int_equal(ra_parse(&ra, packet, writer.at), 0);
	assert_int_equal(ra.prefixes, RA_LIST_MAX);
}

static void test_solicitations(void **state)
{
	static const uint8_t mac[6] = {2, 1, 2, 3, 4, 5}, target[16] = {0xfe, 0x80, [15] = 9};
	struct wire_writer writer = wire_writer(packet, sizeof(packet));
	struct nd_neighbour message;

	nd_put_router_solicit(&writer, mac);
	assert_string_equal(to_hex(packet, writer.at), "85000000000000000101020102030405");
	writer = wire_writer(packet, sizeof(packet));
	nd_put_router_solicit(&writer, NULL);
	assert_string_equal(to_hex(packet, writer.at), "8500000000000000");

	writer = wire_writer(packet, sizeof(packet));
	nd_put_dad_solicit(&writer, target, mac);
	assert_int_equal(writer.at, 32);
	assert_int_equal(nd_parse_neighbour(&message, packet, writer.at), 0);
	assert_int_equal(message.type, ND_NEIGHBOUR_SOLICIT);
	assert_memory_equal(message.target, target, 16);
	assert_true(message.has_nonce);
	assert_memory_equal(message.nonce, mac, 6);
	for (size_t len = 0; len < 32; len++)
		assert_int_equal(nd_parse_neighbour(&message, packet, len), len == 24 ? 0 : -EBADMSG);
	packet[25] = 0;
	assert_int_equal(nd_parse_neighbour(&message, packet, 32), -EBADMSG);
	packet[8] = 0xff; /* a group cannot be a target */
	assert_int_equal(nd_parse_neighbour(&message, packet, 24), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_golden),
	    cmocka_unit_test(test_resolver),
	    cmocka_unit_test(test_routes),
	    cmocka_unit_test(test_write_all),
	    cmocka_unit_test(test_write_pieces),
	    cmocka_unit_test(test_router_solicit),
	    cmocka_unit_test(test_neighbour_advert),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_too_many),
	    cmocka_unit_test(test_solicitations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
