/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UDP in packets: there and back, and what is refused. (IPv4 in full: test_frame.c of iothconf.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "udp_packet.h"

static const struct udp_packet sent = {.source = {0xfe, 0x80, [15] = 1},
    .destination = {0xff, 2, [15] = 2},
    .source_port = 547,
    .destination_port = 546,
    .ttl = 64,
    .flow = 0x0abcdef1 & 0x0fffffff,
    .id = 0x1234,
    .payload = (const uint8_t *)"hello",
    .len = 5};

static void there_and_back(void **state)
{
	uint8_t packet[128];
	struct udp_packet got;
	size_t len = udp_packet_put6(packet, sizeof(packet), &sent);

	assert_int_equal(len, 40 + 8 + 5);
	memset(packet + len, 0xaa, 10); /* padding */
	assert_true(udp_packet_get6(&got, packet, len + 10, false));
	assert_memory_equal(got.source, sent.source, 16);
	assert_memory_equal(got.destination, sent.destination, 16);
	assert_int_equal(got.source_port, 547);
	assert_int_equal(got.destination_port, 546);
	assert_int_equal(got.ttl, 64);
	assert_int_equal(got.flow, sent.flow);
	assert_int_equal(got.len, 5);
	assert_memory_equal(got.payload, "hello", 5);

	len = udp_packet_put4(packet, sizeof(packet), &sent);
	assert_int_equal(len, 20 + 8 + 5);
	assert_true(udp_packet_get4(&got, packet, len, false));
	assert_memory_equal(got.source, sent.source, 4);
	assert_int_equal(got.id, 0x1234);
	assert_int_equal(got.len, 5);
	for (size_t size = 0; size < 53; size++)
		assert_int_equal(udp_packet_put6(packet, size, &sent), 0);
	for (size_t size = 0; size < 33; size++)
		assert_int_equal(udp_packet_put4(packet, size, &sent), 0);
}

/* Each byte that a checksum or a length says something about. */
static void what_is_wrong_is_refused(void **state)
{
	uint8_t packet[128];
	struct udp_packet got;
	size_t len = udp_packet_put6(packet, sizeof(packet), &sent);

	for (size_t cut = 0; cut < len; cut++)
		assert_false(udp_packet_get6(&got, packet, cut, false));
	for (size_t at = 0; at < len; at++) {
		if ((at >= 1 && at <= 3) || at == 7)
			continue; /* flow label and hop limit: not covered */
		packet[at] ^= 0x20;
		if (at != 0) /* half of that byte is the traffic class */
			assert_false(udp_packet_get6(&got, packet, len, false));
		packet[at] ^= 0x20;
	}
	packet[46] = packet[47] = 0; /* no checksum: RFC 8200, 8.1 */
	assert_false(udp_packet_get6(&got, packet, len, false));
	assert_true(udp_packet_get6(&got, packet, len, true));
	packet[44] = 0;
	packet[45] = 7; /* shorter than its header */
	assert_false(udp_packet_get6(&got, packet, len, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(there_and_back),
	    cmocka_unit_test(what_is_wrong_is_refused),
	};

	return cmocka_run_group_tests_name("dhcp_udp_packet", tests, NULL, NULL);
}
