/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The packets that messages travel in: what we send, and what is refused of what comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../dhcp/hex.h"
#include "checksum.h"
#include "arp_packet.h"
#include "frame.h"

static const uint8_t one[4] = {10, 0, 0, 1}, two[4] = {10, 0, 0, 2};
static uint8_t packet[FRAME_MAX];

static void test_udp4(void **state)
{
	size_t len = frame_put_udp4(packet, sizeof(packet), (const uint8_t[4]){0},
	    (const uint8_t[4]){255, 255, 255, 255}, "abc", 3);

	assert_int_equal(len, 31);
	/* As upstream's: TTL 64, from port 68 to port 67, no UDP checksum. */
	assert_string_equal(
	    to_hex(packet, len), "4500001f0000000040117acf00000000ffffffff00440043000b0000616263");
	assert_int_equal(frame_put_udp4(packet, 30, one, two, "abc", 3), 0);
}

/* An answer: the ports the other way round. */
static size_t answer(bool with_checksum)
{
	size_t len = frame_put_udp4(packet, sizeof(packet), one, two, "abcd", 4);
	uint64_t sum = checksum_pseudo_ipv4(one, two, 17, 12);
	uint16_t checksum;

	packet[21] = 67;
	packet[23] = 68;
	if (with_checksum) {
		checksum = checksum_finish(checksum_add(sum, packet + 20, 12));
		memcpy(packet + 26, &checksum, 2);
	}
	return len;
}

static const void *get(size_t len, bool checked)
{
	size_t payload_len = 0;
	const void *payload = frame_get_udp4(packet, len, checked, &payload_len);

	if (payload) {
		assert_int_equal(payload_len, 4);
		assert_memory_equal(payload, "abcd", 4);
	}
	return payload;
}

static void fix_header(void)
{
	uint16_t checksum;

	memset(packet + 10, 0, 2);
	checksum = checksum_finish(checksum_add(0, packet, 20));
	memcpy(packet + 10, &checksum, 2);
}

static void test_answers(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} bad[] = {{0, 0x65}, {0, 0x44}, {2, 1}, {3, 27}, {3, 33}, {6, 0x20}, {7, 1}, {9, 6}, {23, 67},
	    {24, 1}, {25, 7}, {25, 13}};
	size_t len = answer(true);

	assert_non_null(get(len, false));
	assert_non_null(get(len + 14, false)); /* padding */
	for (size_t i = 0; i < len; i++)
		assert_null(get(i, false));
	packet[28] = 'x';
	assert_null(get(len, false));
	packet[28] = 'a';
	packet[26]++;
	assert_null(get(len, false));
	assert_non_null(get(len, true)); /* left to the interface */
	packet[12]++;
	assert_null(get(len, true)); /* but not the header's */
	len = answer(false);
	assert_non_null(get(len, false));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		len = answer(false);
		packet[bad[i].at] = bad[i].value;
		fix_header();
		assert_null(get(len, false));
	}
	(void)answer(false); /* with options */
	memmove(packet + 24, packet + 20, 12);
	memset(packet + 20, 1, 4);
	packet[0] = 0x46;
	packet[3] = 36;
	memset(packet + 10, 0, 2);
	{
		uint16_t checksum = checksum_finish(checksum_add(0, packet, 24));

		memcpy(packet + 10, &checksum, 2);
	}
	assert_non_null(get(36, false));
}

static void test_arp(void **state)
{
	static const uint8_t mac[6] = {2, 1, 2, 3, 4, 5};
	struct arp_packet arp;

	arp_packet_put_probe(packet, mac, one);
	assert_string_equal(to_hex(packet, ARP_PACKET_LEN), "000108000604000102010203040500000000"
	                                                   "000000000000"
	                                                   "0a000001");
	assert_true(arp_packet_get(packet, ARP_PACKET_LEN, &arp));
	assert_memory_equal(arp.sender_mac, mac, 6);
	assert_memory_equal(arp.target, one, 4);
	assert_false(arp_packet_get(packet, ARP_PACKET_LEN - 1, &arp));
	for (size_t i = 0; i < 8; i++) {
		arp_packet_put_probe(packet, mac, one);
		packet[i] = 9;
		assert_false(arp_packet_get(packet, ARP_PACKET_LEN, &arp));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_udp4),
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_arp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
