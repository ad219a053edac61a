/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cutting: against frames that packets.h builds one by one. */
#include <offload.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "packets.h"

static unsigned char whole[PACKET_MAX], expected[PACKET_MAX], actual[PACKET_MAX];
static struct offload_out out;

static struct virtio_net_hdr header_of(const struct packet *packet, uint16_t segment)
{
	struct virtio_net_hdr hdr = {
	    .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	    .hdr_len = (uint16_t)packet->data,
	    .gso_size = segment,
	    .csum_start = (uint16_t)packet->l4,
	    .csum_offset = packet->udp ? 6 : 16,
	};

	if (packet->udp)
		hdr.gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
	else
		hdr.gso_type = packet->ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
	if (!packet->udp && (packet->flags & 0x80))
		hdr.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
	return hdr;
}

static size_t flatten(unsigned int n)
{
	size_t len = 0;

	for (unsigned int i = 0; i < out.pieces[n]; i++) {
		memcpy(actual + len, out.piece[n][i].iov_base, out.piece[n][i].iov_len);
		len += out.piece[n][i].iov_len;
	}
	return len;
}

/* Cuts and compares with the reference, frame by frame. */
static void check_cut(struct packet packet, uint16_t segment)
{
	struct offload_cut cut;
	unsigned int n = 0;
	bool done, bad;

	packet.partial = true;
	size_t len = packet_build(whole, &packet);
	struct virtio_net_hdr hdr = header_of(&packet, segment);
	offload_cut_init(&cut, &hdr, whole, len);
	do {
		out.count = 0;
		out.used = 0;
		done = offload_cut_run(&cut, &out, &bad);
		assert_false(bad);
		for (unsigned int i = 0; i < out.count; i++, n++) {
			size_t want = packet_segment(expected, &packet, segment, n);
			assert_int_equal(flatten(i), want);
			assert_memory_equal(actual, expected, want);
		}
	} while (!done);
	assert_int_equal(packet_segment(expected, &packet, segment, n), 0);
}

static void test_all_kinds(void **state)
{
	static const size_t payloads[] = {1, 2, 1447, 1448, 1449, 2896, 4345, 40001, 64000};
	static const uint16_t segments[] = {1448, 1447, 536, 9000};

	for (unsigned int kind = 0; kind < 4; kind++)
		for (unsigned int tags = 0; tags <= 2; tags++)
			for (unsigned int options = 0; options <= 16; options += 8)
				for (unsigned int p = 0; p < 9; p++)
					for (unsigned int s = 0; s < 4; s++) {
						struct packet packet = packet_default;
						packet.ipv6 = kind & 1;
						packet.udp = kind & 2;
						packet.tags = tags;
						packet.ip_options = options;
						packet.tcp_options = options ? 12 : 0;
						packet.payload = payloads[p];
						check_cut(packet, segments[s]);
					}
}

/* Every combination of flags; PSH and FIN belong to the last frame, CWR to the first. */
static void test_tcp_flags(void **state)
{
	for (unsigned int flags = 0; flags < 256; flags++) {
		struct packet packet = packet_default;
		packet.flags = (uint8_t)flags;
		packet.urgent = flags & 0x20 ? 77 : 0;
		packet.tos = 2; /* ECT(0) */
		packet.payload = 3500;
		check_cut(packet, 1000);
		packet.ipv6 = true;
		check_cut(packet, 1000);
	}
}

static void test_ipv4_without_df(void **state)
{
	struct packet packet = packet_default;

	packet.fragment = 0;
	packet.payload = 5000;
	check_cut(packet, 1448);
}

/* One byte a frame: more frames than one call emits. */
static void test_tiny_segments(void **state)
{
	struct packet packet = packet_default;

	for (unsigned int kind = 0; kind < 4; kind++) {
		packet.ipv6 = kind & 1;
		packet.udp = kind & 2;
		packet.payload = 3 * OFFLOAD_FRAMES_MAX + 1;
		check_cut(packet, 1);
		packet.payload = OFFLOAD_FRAMES_MAX;
		check_cut(packet, 1);
	}
}

/* Headers that fill the room after a few frames. */
static void test_long_headers(void **state)
{
	struct packet packet = packet_default;

	packet.ipv6 = true;
	packet.ip_options = 16 * 8;
	packet.payload = 60000;
	check_cut(packet, 500);
}

/* Each checksum that is possible, zero among them. */
static void test_checksum_values(void **state)
{
	for (unsigned int source = 0; source < 65536; source += 7) {
		struct packet packet = packet_default;
		packet.udp = source & 1;
		packet.source = (uint16_t)source;
		packet.payload = 30;
		check_cut(packet, 16);
	}
}

static void expect_unchanged(const struct virtio_net_hdr *hdr, unsigned char *frame, size_t len)
{
	struct offload_cut cut;
	bool bad;

	memcpy(expected, frame, len);
	out.count = 0;
	out.used = 0;
	offload_cut_init(&cut, hdr, frame, len);
	assert_true(offload_cut_run(&cut, &out, &bad));
	assert_false(bad);
	assert_int_equal(out.count, 1);
	assert_int_equal(flatten(0), len);
	assert_memory_equal(actual, expected, len);
}

static void test_nothing_asked_for(void **state)
{
	struct virtio_net_hdr hdr = {.gso_type = VIRTIO_NET_HDR_GSO_NONE};
	struct packet packet = packet_default;

	packet.payload = 100;
	expect_unchanged(&hdr, whole, packet_build(whole, &packet));
	for (size_t len = 1; len < 80; len++) {
		memset(whole, (int)len, len);
		expect_unchanged(&hdr, whole, len);
	}
}

/* Any protocol: only csum_start and csum_offset are looked at. */
static void test_checksum_completion(void **state)
{
	struct offload_cut cut;
	bool bad;

	for (size_t len = 60; len < 200; len++)
		for (unsigned int udp = 0; udp < 2; udp++) {
			struct packet packet = packet_default;
			packet.udp = udp;
			packet.payload = len;
			packet.tags = len % 3;
			size_t total = packet_build(expected, &packet);
			packet.partial = true;
			packet_build(whole, &packet);
			struct virtio_net_hdr hdr = header_of(&packet, 0);
			hdr.gso_type = VIRTIO_NET_HDR_GSO_NONE;
			out.count = 0;
			out.used = 0;
			offload_cut_init(&cut, &hdr, whole, total);
			assert_true(offload_cut_run(&cut, &out, &bad));
			assert_false(bad);
			assert_int_equal(out.count, 1);
			assert_int_equal(flatten(0), total);
			assert_memory_equal(actual, expected, total);
		}
}

/* A full table: nothing is appended, nothing lost. */
static void test_no_room(void **state)
{
	struct virtio_net_hdr hdr = {.gso_type = VIRTIO_NET_HDR_GSO_NONE};
	struct offload_cut cut;
	bool bad;

	out.count = OFFLOAD_FRAMES_MAX;
	out.used = 0;
	offload_cut_init(&cut, &hdr, whole, 100);
	assert_false(offload_cut_run(&cut, &out, &bad));
	assert_int_equal(out.count, OFFLOAD_FRAMES_MAX);
	out.count = 0;
	assert_true(offload_cut_run(&cut, &out, &bad));
	assert_int_equal(out.count, 1);
}

/* Frames and bytes emitted; -1 when the packet was dropped. The frame lies in memory of its size,
 * so that a read past it is seen. */
static long cut_copy(const struct virtio_net_hdr *hdr, const unsigned char *frame, size_t len)
{
	unsigned char *copy = malloc(len ? len : 1);
	struct offload_cut cut;
	long bytes = 0;
	bool done, bad;

	assert_non_null(copy);
	memcpy(copy, frame, len);
	offload_cut_init(&cut, hdr, copy, len);
	do {
		out.count = 0;
		out.used = 0;
		done = offload_cut_run(&cut, &out, &bad);
		for (unsigned int i = 0; i < out.count; i++)
			bytes += (long)flatten(i);
	} while (!done);
	free(copy);
	return bad ? -1 : bytes;
}

static void test_malformed(void **state)
{
	for (unsigned int kind = 0; kind < 4; kind++) {
		struct packet packet = packet_default;
		packet.ipv6 = kind & 1;
		packet.udp = kind & 2;
		packet.payload = 100;
		packet.ip_options = 8;
		packet.tags = 1;
		packet.partial = true;
		size_t len = packet_build(whole, &packet);
		struct virtio_net_hdr good = header_of(&packet, 10), hdr;

		/* Cut off anywhere: dropped. */
		assert_true(cut_copy(&good, whole, len) > (long)len);
		for (size_t less = 0; less < len; less++)
			assert_int_equal(cut_copy(&good, whole, less), -1);

		hdr = good;
		hdr.gso_size = 0;
		assert_int_equal(cut_copy(&hdr, whole, len), -1);
		hdr = good;
		hdr.csum_start++;
		assert_int_equal(cut_copy(&hdr, whole, len), -1);
		hdr = good;
		hdr.csum_offset ^= 2;
		assert_int_equal(cut_copy(&hdr, whole, len), -1);
		for (unsigned int type = 1; type < 256; type++) {
			hdr = good;
			hdr.gso_type = (uint8_t)type;
			bool fits = (type & 0x7f) == (good.gso_type & 0x7f);
			assert_int_equal(cut_copy(&hdr, whole, len) > 0, fits);
		}

		hdr = good;
		hdr.gso_type = VIRTIO_NET_HDR_GSO_NONE;
		hdr.csum_start = (uint16_t)(len - 7);
		hdr.csum_offset = 6;
		assert_int_equal(cut_copy(&hdr, whole, len), -1);
		hdr.csum_offset = 5;
		assert_int_equal(cut_copy(&hdr, whole, len), len);
		hdr.csum_start = hdr.csum_offset = 0xffff;
		assert_int_equal(cut_copy(&hdr, whole, len), -1);

		/* Any byte of the headers wrong: no crash, and nothing out of thin air. */
		for (size_t at = 12; at < packet.data; at++)
			for (unsigned int value = 0; value < 256; value++) {
				unsigned char keep = whole[at];
				whole[at] = (unsigned char)value;
				cut_copy(&good, whole, len);
				whole[at] = keep;
			}
	}
}

/* A fragment has no whole segment; what lies past the IP packet is padding. */
static void test_fragment_and_padding(void **state)
{
	struct packet packet = packet_default;

	packet.payload = 100;
	packet.partial = true;
	packet.fragment = 0x2000;
	size_t len = packet_build(whole, &packet);
	struct virtio_net_hdr hdr = header_of(&packet, 50);
	assert_int_equal(cut_copy(&hdr, whole, len), -1);
	packet.fragment = 1;
	packet_build(whole, &packet);
	assert_int_equal(cut_copy(&hdr, whole, len), -1);
	packet.fragment = 0;
	packet_build(whole, &packet);
	assert_int_equal(cut_copy(&hdr, whole, len + 10), 2L * 50 + 2 * (long)packet.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_kinds),
	    cmocka_unit_test(test_tcp_flags),
	    cmocka_unit_test(test_ipv4_without_df),
	    cmocka_unit_test(test_tiny_segments),
	    cmocka_unit_test(test_long_headers),
	    cmocka_unit_test(test_checksum_values),
	    cmocka_unit_test(test_nothing_asked_for),
	    cmocka_unit_test(test_checksum_completion),
	    cmocka_unit_test(test_no_room),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_fragment_and_padding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
