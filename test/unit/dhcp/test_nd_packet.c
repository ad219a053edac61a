/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The packets of neighbour discovery: what we send, what is refused of what comes, addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hex.h"
#include "nd_packet.h"

static const uint8_t ll[16] = {0xfe, 0x80, [15] = 1}, group[16] = {0xff, 2, [15] = 1};
static uint8_t packet[2048];

static void test_icmp6(void **state)
{
	static const uint8_t message[16] = {133, 0, 0xff, 0xff, [8] = 1, 1};
	size_t len = nd_packet_put(packet, sizeof(packet), ll, group, message, sizeof(message)), got;

	assert_int_equal(len, 56);
	assert_string_equal(to_hex(packet, 8), "6000000000103aff");
	assert_non_null(nd_packet_get(packet, len, false, &got));
	assert_int_equal(got, 16);
	assert_memory_equal(nd_packet_source(packet), ll, 16);
	assert_non_null(nd_packet_get(packet, len + 8, false, &got));
	for (size_t i = 0; i < len; i++)
		assert_null(nd_packet_get(packet, i, false, &got));
	packet[7] = 64; /* it has come through a router */
	assert_null(nd_packet_get(packet, len, false, &got));
	packet[7] = 255;
	packet[6] = 44; /* a fragment */
	assert_null(nd_packet_get(packet, len, false, &got));
	packet[6] = 58;
	packet[0] = 0x40;
	assert_null(nd_packet_get(packet, len, false, &got));
	packet[0] = 0x60;
	packet[5] = 3;
	assert_null(nd_packet_get(packet, len, false, &got));
	packet[5] = 16;
	packet[42] ^= 1; /* the checksum */
	assert_null(nd_packet_get(packet, len, false, &got));
	assert_non_null(nd_packet_get(packet, len, true, &got));
	assert_int_equal(nd_packet_put(packet, 55, ll, group, message, sizeof(message)), 0);
}

static void test_groups(void **state)
{
	static const uint8_t address[16] = {0xfc, [13] = 0xaa, 0xbb, 0xcc};
	uint8_t solicited[16], mac[6];

	nd_solicited_node(solicited, address);
	assert_string_equal(to_hex(solicited, 16), "ff0200000000000000000001ffaabbcc");
	nd_group_mac(mac, solicited);
	assert_string_equal(to_hex(mac, 6), "3333ffaabbcc");
}

static void test_link_local(void **state)
{
	const uint8_t mac[6] = {0x80, 1, 1, 1, 1, 1};
	uint8_t address[16];

	nd_link_local(address, mac);
	assert_string_equal(to_hex(address, 16), "fe80000000000000820101fffe010101");
	assert_true(nd_is_link_local(address));
	address[1] = 0xc0; /* site-local, once */
	assert_false(nd_is_link_local(address));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_icmp6),
	    cmocka_unit_test(test_groups),
	    cmocka_unit_test(test_link_local),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
