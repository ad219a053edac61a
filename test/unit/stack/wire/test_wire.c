/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses and headers. */
#include "ether.h"
#include "icmp.h"
#include "inet.h"
#include "ip4.h"
#include "ip6.h"

#include "checksum.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

static void test_prefixes(void **state)
{
	struct px_ip a = px_ip_parse("10.1.2.3"), b = px_ip_parse("10.1.3.3");
	struct px_ip masked;
	char text[INET6_ADDRSTRLEN];

	assert_int_equal(px_ip_common_bits(&a, &b), 96 + 23);
	assert_true(px_ip_prefix_eq(&a, &b, 96 + 23));
	assert_false(px_ip_prefix_eq(&a, &b, 96 + 24));
	masked = px_ip_mask(&a, 96 + 8);
	assert_string_equal(px_ip_text(&masked, text, sizeof(text)), "10.0.0.0");
	a = px_ip_parse("2001:db8:ffff::1");
	masked = px_ip_mask(&a, 36);
	assert_string_equal(px_ip_text(&masked, text, sizeof(text)), "2001:db8:f000::");
	masked = px_ip_mask(&a, 0);
	assert_true(px_ip_is_zero(&masked));
	masked = px_ip_mask(&a, 128);
	assert_true(px_ip_eq(&masked, &a));
}

static void test_classes(void **state)
{
	static const struct {
		const char *text;
		bool multicast, loopback, link_local, any, needs_scope;
	} rows[] = {
	    {"127.3.2.1", false, true, false, false, false},
	    {"224.0.0.1", true, false, false, false, false},
	    {"239.255.255.255", true, false, false, false, false},
	    {"240.0.0.1", false, false, false, false, false},
	    {"169.254.1.1", false, false, true, false, false},
	    {"0.0.0.0", false, false, false, true, false},
	    {"::", false, false, false, true, false},
	    {"::1", false, true, false, false, false},
	    {"fe80::1", false, false, true, false, true},
	    {"febf::1", false, false, true, false, true},
	    {"fec0::1", false, false, false, false, false},
	    {"ff02::1", true, false, false, false, true},
	    {"ff05::1", true, false, false, false, false},
	    {"2001:db8::1", false, false, false, false, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct px_ip ip = px_ip_parse(rows[i].text);
		assert_int_equal(px_ip_is_multicast(&ip), rows[i].multicast);
		assert_int_equal(px_ip_is_loopback(&ip), rows[i].loopback);
		assert_int_equal(px_ip_is_link_local(&ip), rows[i].link_local);
		assert_int_equal(px_ip_is_any(&ip), rows[i].any);
		assert_int_equal(px_ip_needs_scope(&ip), rows[i].needs_scope);
	}
}

static void test_groups(void **state)
{
	static const uint8_t mac4[] = {0x01, 0x00, 0x5e, 0x7f, 0x02, 0x03};
	static const uint8_t mac6[] = {0x33, 0x33, 0xff, 0x11, 0x22, 0x33};
	struct px_ip group = px_ip_parse("239.255.2.3"), target = px_ip_parse("fe80::1:2211:2233");
	struct px_ip node = px_ip6_solicited_node(&target), expected = px_ip_parse("ff02::1:ff11:2233");
	uint8_t mac[6];

	ether_multicast(&group, mac);
	assert_memory_equal(mac, mac4, 6);
	assert_true(px_ip_eq(&node, &expected));
	ether_multicast(&node, mac);
	assert_memory_equal(mac, mac6, 6);
}

static void test_arp(void **state)
{
	struct arp_packet arp = {.op = ARP_REQUEST,
	                      .sender_mac = {2, 0, 0, 0, 0, 1},
	                      .sender = px_ip_parse("10.0.0.1"),
	                      .target = px_ip_parse("10.0.0.2")},
	                  parsed;
	uint8_t bytes[ARP_LEN];
	struct wire_reader reader = wire_reader(bytes, sizeof(bytes));

	arp_write(bytes, &arp);
	assert_true(arp_parse(&reader, &parsed));
	assert_int_equal(parsed.op, ARP_REQUEST);
	assert_true(px_ip_eq(&parsed.target, &arp.target));
	assert_true(px_ip_eq(&parsed.sender, &arp.sender));
	for (size_t len = 0; len < sizeof(bytes); len++) {
		reader = wire_reader(bytes, len);
		assert_false(arp_parse(&reader, &parsed));
	}
	bytes[1] = 6;
	reader = wire_reader(bytes, sizeof(bytes));
	assert_false(arp_parse(&reader, &parsed));
}

static void test_ip4(void **state)
{
	struct ip4_header header = {.ttl = 64,
	                      .protocol = 17,
	                      .total_len = 32,
	                      .id = 77,
	                      .fragment = IP4_DF,
	                      .src = px_ip_parse("10.0.0.1"),
	                      .dst = px_ip_parse("10.0.0.2")},
	                  parsed;
	static const uint8_t options[4] = {IP4_OPT_RA, 4, 0, 0};
	uint8_t bytes[64] = {0};

	ip4_write(bytes, &header, options, sizeof(options));
	assert_int_equal(ip4_parse(bytes, 64, 64, &parsed), IP4_OK);
	assert_int_equal(parsed.header_len, 24);
	assert_int_equal(parsed.id, 77);
	assert_true(px_ip_eq(&parsed.dst, &header.dst));
	assert_int_equal(ip4_parse(bytes, 64, 31, &parsed), IP4_TRUNCATED);
	assert_int_equal(ip4_parse(bytes, 23, 64, &parsed), IP4_BAD);
	bytes[8]++;
	assert_int_equal(ip4_parse(bytes, 64, 64, &parsed), IP4_BAD_CHECKSUM);
	bytes[8]--;
	for (size_t len = 0; len < 24; len++)
		assert_int_equal(ip4_parse(bytes, len, len, &parsed), IP4_BAD);
	/* A total length shorter than the header, with a good checksum. */
	header.total_len = 23;
	ip4_write(bytes, &header, options, sizeof(options));
	assert_int_equal(ip4_parse(bytes, 64, 64, &parsed), IP4_BAD);
}

static void test_ip4_options(void **state)
{
	static const struct {
		uint8_t bytes[12];
		size_t len;
		unsigned int wrong;
	} rows[] = {
	    {{1, 1, 1, 0}, 4, 0}, {{7, 7, 4, 0, 0, 0, 0, 0}, 8, 0},
	    {{7, 7, 8, 1, 2, 3, 4, 0}, 8, 0},                       /* full */
	    {{7, 7, 3, 0, 0, 0, 0, 0}, 8, 3},                       /* pointer below 4 */
	    {{7, 7, 5, 0, 0, 0, 0, 0}, 8, 3},                       /* room for less than an address */
	    {{7, 2, 4, 0}, 4, 2},                                   /* too short for a pointer */
	    {{7, 9, 4, 0, 0, 0, 0, 0}, 8, 2},                       /* beyond the end */
	    {{7, 1, 4, 0, 0, 0, 0, 0}, 8, 2}, {{1, 1, 1, 7}, 4, 4}, /* no length */
	    {{131, 3, 4, 131, 3, 4, 0, 0}, 8, 4},                   /* two source routes */
	    {{68, 8, 5, 0, 0, 0, 0, 0}, 8, 0}, {{68, 8, 5, 2, 0, 0, 0, 0}, 8, 4}, /* no such flag */
	    {{68, 8, 4, 0, 0, 0, 0, 0}, 8, 3}, {{148, 4, 0, 0}, 4, 0}, {{148, 3, 0, 0}, 4, 2},
	    {{200, 4, 0, 0}, 4, 0},     /* unknown */
	    {{0, 200, 200, 200}, 4, 0}, /* after the end: anything */
	};
	struct ip4_options options;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(ip4_options_parse(rows[i].bytes, rows[i].len, &options), rows[i].wrong);
	assert_int_equal(
	    ip4_options_parse((const uint8_t[]){7, 7, 4, 0, 0, 0, 0, 131, 3, 4, 0, 0}, 12, &options),
	    0);
	assert_int_equal(options.rr, 1);
	assert_int_equal(options.source_route, 8);
	ip4_options_for_fragment(&options);
	assert_int_equal(options.bytes[0], IP4_OPT_NOP);
	assert_int_equal(options.bytes[6], IP4_OPT_NOP);
	assert_int_equal(options.bytes[7], IP4_OPT_LSRR);
}

static void test_ip6(void **state)
{
	struct ip6_header header = {.tclass = 0xb8,
	                      .flow_label = 0x12345,
	                      .next = 58,
	                      .hop_limit = 255,
	                      .payload_len = 8,
	                      .src = px_ip_parse("fe80::1"),
	                      .dst = px_ip_parse("ff02::1")},
	                  parsed;
	uint8_t bytes[IP6_HEADER];
	struct wire_reader reader = wire_reader(bytes, sizeof(bytes));

	ip6_write(bytes, &header);
	assert_true(ip6_parse(&reader, &parsed));
	assert_int_equal(parsed.tclass, 0xb8);
	assert_int_equal(parsed.flow_label, 0x12345);
	assert_true(px_ip_eq(&parsed.dst, &header.dst));
	reader = wire_reader(bytes, 39);
	assert_false(ip6_parse(&reader, &parsed));
	bytes[0] = 0x40;
	reader = wire_reader(bytes, 40);
	assert_false(ip6_parse(&reader, &parsed));
}

static void test_ip6_options(void **state)
{
	static const struct {
		uint8_t bytes[16];
		size_t len;
		enum ip6_option_verdict verdict;
		size_t at;
	} rows[] = {
	    {{1, 4, 0, 0, 0, 0}, 6, IP6_OPT_OK, 0},
	    {{5, 2, 0, 0, 1, 0}, 6, IP6_OPT_OK, 4},
	    {{1, 4, 0, 0, 1, 0}, 6, IP6_OPT_DROP, 0},       /* padding that says something */
	    {{0, 0, 0, 0, 0, 0, 0, 0}, 8, IP6_OPT_DROP, 7}, /* too much padding */
	    {{1, 5, 0, 0, 0, 0}, 6, IP6_OPT_DROP, 0},       /* beyond the end */
	    {{1}, 1, IP6_OPT_DROP, 0},
	    {{0x1e, 0, 1, 2, 0, 0}, 6, IP6_OPT_OK, 2}, /* unknown, skip */
	    {{0x5e, 0, 1, 2, 0, 0}, 6, IP6_OPT_DROP, 0},
	    {{0, 0x9e, 0, 1, 1, 0}, 6, IP6_OPT_PROBLEM, 1},
	    {{0xde, 0, 1, 2, 0, 0}, 6, IP6_OPT_PROBLEM_UNICAST, 0},
	};
	struct ip6_options options;
	size_t at;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    ip6_options_parse(rows[i].bytes, rows[i].len, &options, &at), rows[i].verdict);
		assert_int_equal(at, rows[i].at);
	}
}

static void test_nd_options(void **state)
{
	uint8_t bytes[64] = {1, 1, 2, 0, 0, 0, 0, 1, 5, 1, 0, 0, 0, 0, 5, 220};
	struct wire_reader reader = wire_reader(bytes, 16);
	struct nd_options options;

	assert_true(nd_options_parse(&reader, &options));
	assert_true(options.has_source_mac && options.has_mtu);
	assert_int_equal(options.mtu, 1500);
	assert_int_equal(options.source_mac[5], 1);
	bytes[9] = 0; /* length zero: the whole packet is bad */
	reader = wire_reader(bytes, 16);
	assert_false(nd_options_parse(&reader, &options));
	bytes[9] = 2; /* beyond the end */
	reader = wire_reader(bytes, 16);
	assert_false(nd_options_parse(&reader, &options));
	/* A route option of 8 bytes has no prefix: only ::/0 fits. */
	memcpy(bytes, (uint8_t[]){24, 1, 0, 0x08, 0, 0, 0, 60}, 8);
	reader = wire_reader(bytes, 8);
	assert_true(nd_options_parse(&reader, &options));
	assert_int_equal(options.routes, 1);
	assert_int_equal(options.route[0].preference, 1);
	bytes[2] = 64;
	reader = wire_reader(bytes, 8);
	assert_true(nd_options_parse(&reader, &options));
	assert_int_equal(options.routes, 0);
}

static void test_group_codes(void **state)
{
	assert_int_equal(group_decode8(127), 127);
	assert_int_equal(group_decode8(0x80), 128);
	assert_int_equal(group_decode8(0xff), 31744);
	assert_int_equal(group_decode16(32767), 32767);
	assert_int_equal(group_decode16(0x8000), 32768);
	assert_int_equal(group_decode16(0xffff), 8387584);
}

static void test_group_queries(void **state)
{
	uint8_t bytes[16] = {0x11, 100, 0, 0, 239, 0, 0, 1, 0x0a, 125, 0, 1, 10, 0, 0, 1};
	struct wire_reader reader = wire_reader(bytes, 8);
	struct group_query query;

	assert_true(igmp_query_parse(&reader, 8, &query));
	assert_int_equal(query.version, 2);
	assert_int_equal(query.max_response_ms, 10000);
	reader = wire_reader(bytes, 16);
	assert_true(igmp_query_parse(&reader, 16, &query));
	assert_int_equal(query.version, 3);
	assert_int_equal(query.robustness, 2);
	assert_int_equal(query.source_count, 1);
	bytes[11] = 2; /* more sources than bytes */
	reader = wire_reader(bytes, 16);
	assert_false(igmp_query_parse(&reader, 16, &query));
	bytes[1] = 0;
	reader = wire_reader(bytes, 8);
	assert_true(igmp_query_parse(&reader, 8, &query));
	assert_int_equal(query.version, 1);
	reader = wire_reader(bytes, 10);
	assert_false(igmp_query_parse(&reader, 10, &query));
}

static void test_pseudo_header(void **state)
{
	/* RFC 1071's sum over a UDP datagram built by hand: 10.0.0.1:1 -> 10.0.0.2:2, "a". */
	static const uint8_t udp[] = {0, 1, 0, 2, 0, 9, 0, 0, 'a'};
	struct px_ip src = px_ip_parse("10.0.0.1"), dst = px_ip_parse("10.0.0.2");
	uint64_t sum = checksum_add(ip_pseudo_header(&src, &dst, 17, sizeof(udp)), udp, sizeof(udp));
	/* a00 + 1 + a00 + 2 + 11 + 9 + 1 + 2 + 9 + 6100 = 7529; ~ = 8ad6 */
	assert_int_equal(ntohs(checksum_finish(sum)), 0x8ad6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_prefixes),
	    cmocka_unit_test(test_classes),
	    cmocka_unit_test(test_groups),
	    cmocka_unit_test(test_arp),
	    cmocka_unit_test(test_ip4),
	    cmocka_unit_test(test_ip4_options),
	    cmocka_unit_test(test_ip6),
	    cmocka_unit_test(test_ip6_options),
	    cmocka_unit_test(test_nd_options),
	    cmocka_unit_test(test_group_codes),
	    cmocka_unit_test(test_group_queries),
	    cmocka_unit_test(test_pseudo_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
