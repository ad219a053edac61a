/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Joining: what is joined can be cut into the frames that came, and all else passes as it was. */
#include "offload_bursts.h"

static void expect_whole(struct packet packet, size_t segment, const struct emitted *e)
{
	static unsigned char whole[PACKET_MAX];

	packet.partial = true;
	size_t len = packet_build(whole, &packet);
	assert_int_equal(e->len, len);
	assert_memory_equal(e->bytes, whole, len);
	assert_int_equal(e->hdr.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	assert_int_equal(e->hdr.gso_type, packet.udp    ? VIRTIO_NET_HDR_GSO_UDP_L4
	                                  : packet.ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6
	                                                : VIRTIO_NET_HDR_GSO_TCPV4);
	assert_int_equal(e->hdr.gso_size, segment);
	assert_int_equal(e->hdr.hdr_len, packet.data);
	assert_int_equal(e->hdr.csum_start, packet.l4);
	assert_int_equal(e->hdr.csum_offset, packet.udp ? 6 : 16);
}

/* The frames of one packet give the packet. */
static void check_join(struct packet packet, size_t segment)
{
	static unsigned char frame[PACKET_MAX];
	size_t len;

	for (unsigned int n = 0; (len = packet_segment(frame, &packet, segment, n)) > 0; n++)
		add_frame(frame, len);
	run_burst(ALL_OFFLOADS);
	assert_int_equal(emitted_count, 1);
	assert_int_equal(emitted[0].frames, burst_count);
	expect_whole(packet, segment, &emitted[0]);
	forget(NULL);
}

static void test_all_kinds(void **state)
{
	static const size_t sizes[][2] = {
	    {2896, 1448}, {2895, 1448}, {1449, 1448}, {60000, 1448}, {65000, 8948}, {7, 1}, {3, 2}};

	for (unsigned int kind = 0; kind < 4; kind++)
		for (unsigned int tags = 0; tags <= 2; tags++)
			for (unsigned int options = 0; options <= 24; options += 8)
				for (unsigned int s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
					struct packet packet = packet_of_kind(kind);
					packet.tags = tags;
					packet.ip_options = options;
					packet.tcp_options = options ? 12 : 0;
					packet.payload = sizes[s][0];
					check_join(packet, sizes[s][1]);
					packet.flags |= 0x08; /* PSH, in the last frame */
					packet.tos = 3;       /* CE in all of them */
					packet.fragment = 0;
					check_join(packet, sizes[s][1]);
				}
}

/* As many as fit: 64 pieces, or 64 KiB. */
static void test_limits(void **state)
{
	struct packet packet = packet_default;

	packet.payload = 100;
	for (unsigned int i = 0; i < 130; i++) {
		add_packet(packet);
		packet.sequence += 100;
		packet.id++;
	}
	run_burst(ALL_OFFLOADS);
	assert_int_equal(emitted_count, 3);
	assert_int_equal(emitted[0].frames, OFFLOAD_JOIN_PIECES);
	assert_int_equal(emitted[1].frames, OFFLOAD_JOIN_PIECES);
	assert_int_equal(emitted[2].frames, 2);
	forget(NULL);

	packet.payload = 1448;
	packet.payload_offset = 0;
	for (unsigned int i = 0; i < 50; i++) {
		add_packet(packet);
		packet.sequence += 1448;
		packet.id++;
	}
	run_burst(ALL_OFFLOADS);
	assert_int_equal(emitted_count, 2);
	assert_int_equal(emitted[0].frames, 45); /* 45 * 1448 + 40 <= 65535 */
	assert_int_equal(emitted[1].frames, 5);
}

/* Both frames come out alone and unchanged, in order. */
static void expect_apart(struct packet first, struct packet second, unsigned int offloads)
{
	static unsigned char reference[PACKET_MAX];
	struct packet *both[] = {&first, &second};

	add_packet(first);
	add_packet(second);
	run_burst(offloads);
	assert_int_equal(emitted_count, 2);
	for (unsigned int i = 0; i < 2; i++) {
		static const struct virtio_net_hdr none;
		size_t len = packet_build(reference, both[i]);
		assert_int_equal(emitted[i].frames, 1);
		assert_memory_equal(&emitted[i].hdr, &none, sizeof(none));
		assert_int_equal(emitted[i].len, len);
		assert_memory_equal(emitted[i].bytes, reference, len);
	}
	forget(NULL);
}

static struct packet next_of(struct packet packet)
{
	packet.sequence += (uint32_t)packet.payload;
	packet.payload_offset += packet.payload;
	packet.id++;
	return packet;
}

/* One difference at a time keeps two frames apart. */
static void test_differences(void **state)
{
	for (unsigned int kind = 0; kind < 4; kind++) {
		struct packet first = packet_of_kind(kind), second;
		first.payload = 1000;
		first.tcp_options = 12;

#define APART(change)                                                                              \
	do {                                                                                           \
		second = next_of(first);                                                                   \
		change;                                                                                    \
		expect_apart(first, second, ALL_OFFLOADS);                                                 \
	} while (0)

		APART(second.payload = 1001);
		APART(second.payload = 0);
		APART(second.source++);
		APART(second.destination++);
		APART(second.tos = 3);
		APART(second.tos = 1);
		APART(second.tos = 4);
		APART(second.hops--);
		APART(second.tags = 1);
		APART(second.ip_options = 8);
		APART(second.udp = !second.udp);
		APART(second.ipv6 = !second.ipv6);
		if (!first.udp) {
			APART(second.sequence++);
			APART(second.sequence = first.sequence);
			APART(second.acknowledgement++);
			APART(second.window++);
			APART(second.urgent = 1);
			APART(second.tcp_options = 16);
			for (unsigned int bit = 0; bit < 8; bit++)
				if (bit != 3) /* PSH at the end does not keep them apart */
					APART(second.flags ^= (uint8_t)(1 << bit));
		}
		if (!first.ipv6) {
			APART(second.fragment = 0);
			APART(second.fragment |= 0x2000);
			APART(second.fragment |= 0x8000);
			first.fragment = 0;
			APART(second.id = first.id);
			APART(second.id++);
		}
#undef APART
	}
}

/* Flags that no joined packet may have, the same in both. */
static void test_flags_refused(void **state)
{
	for (unsigned int flags = 0; flags < 256; flags++) {
		struct packet first = packet_default;
		first.payload = 100;
		first.flags = (uint8_t)flags;
		first.urgent = flags & 0x20 ? 5 : 0;
		if (flags == 0x10 || flags == 0x50)
			continue; /* ACK, ACK with ECE */
		expect_apart(first, next_of(first), ALL_OFFLOADS);
	}
}

/* Time stamps (or any option) that differ. */
static void test_options_differ(void **state)
{
	static unsigned char frame[PACKET_MAX];
	struct packet first = packet_default, second;

	first.payload = 100;
	first.tcp_options = 12;
	add_packet(first);
	second = next_of(first);
	size_t len = packet_build(frame, &second);
	/* Two bytes swapped within a word, and back in another: the checksum stays right. */
	frame[second.l4 + 20] = 0;
	frame[second.l4 + 22] = 2;
	add_frame(frame, len);
	run_burst(ALL_OFFLOADS);
	assert_int_equal(emitted_count, 2);
	assert_memory_equal(emitted[1].bytes, frame, len);
}

/* With DF the id means nothing; without, it counts up. */
static void test_ids(void **state)
{
	for (unsigned int udp = 0; udp < 2; udp++) {
		struct packet packet = packet_of_kind(udp ? 2 : 0);
		packet.payload = 500;
		packet.id = 0;
		for (unsigned int i = 0; i < 3; i++) {
			add_packet(packet);
			packet = next_of(packet);
			packet.id = 0;
		}
		run_burst(ALL_OFFLOADS);
		assert_int_equal(emitted_count, 1);
		forget(NULL);
	}
}

/* A byte wrong anywhere: the frame is not joined, and comes out as it came. */
static void test_corruption(void **state)
{
	static unsigned char frame[PACKET_MAX];

	for (unsigned int kind = 0; kind < 4; kind++)
		for (unsigned int which = 0; which < 2; which++) {
			struct packet packet[2] = {packet_of_kind(kind)};
			packet[0].payload = 60;
			packet[0].tcp_options = 12;
			packet[1] = next_of(packet[0]);
			size_t len = packet_build(frame, &packet[which]);
			for (size_t at = 0; at < len; at++) {
				add_packet(packet[0]);
				add_packet(packet[1]);
				unsigned char *wrong = burst[which].bytes;
				wrong[at] ^= 0x41;
				memcpy(frame, wrong, len);
				run_burst(ALL_OFFLOADS);
				assert_int_equal(emitted_count, 2);
				assert_int_equal(emitted[which].len, len);
				assert_memory_equal(emitted[which].bytes, frame, len);
				forget(NULL);
			}
		}
}

/* Zero is "no checksum": there is nothing to be validated. */
static void test_udp_without_checksum(void **state)
{
	struct packet packet = packet_of_kind(2);

	packet.payload = 60;
	for (unsigned int i = 0; i < 2; i++) {
		add_packet(packet);
		memset(burst[i].bytes + 14 + 20 + 6, 0, 2);
		packet = next_of(packet);
	}
	run_burst(ALL_OFFLOADS);
	assert_int_equal(emitted_count, 2);
}

static void test_offloads_missing(void **state)
{
	static const unsigned int bits[] = {TUN_F_TSO4, TUN_F_TSO6, 0x20, 0x40};

	for (unsigned int kind = 0; kind < 4; kind++) {
		struct packet packet = packet_of_kind(kind);
		packet.payload = 100;
		expect_apart(packet, next_of(packet), ALL_OFFLOADS & ~bits[kind]);
		expect_apart(packet, next_of(packet), ALL_OFFLOADS & ~(unsigned int)TUN_F_CSUM);
		expect_apart(packet, next_of(packet), 0);
	}
}

/* Cut off anywhere: unchanged. */
static void test_truncated(void **state)
{
	static unsigned char frame[PACKET_MAX];

	for (unsigned int kind = 0; kind < 4; kind++) {
		struct packet packet = packet_of_kind(kind);
		packet.payload = 20;
		packet.tags = 1;
		packet.ip_options = 8;
		size_t len = packet_build(frame, &packet);
		for (size_t less = 0; less < len; less++) {
			add_frame(frame, less);
			add_frame(frame, less);
			run_burst(ALL_OFFLOADS);
			assert_int_equal(emitted_count, 2);
			for (unsigned int i = 0; i < 2; i++) {
				assert_int_equal(emitted[i].len, less);
				assert_memory_equal(emitted[i].bytes, frame, less);
			}
			forget(NULL);
		}
	}
}

/* The last frame of a joined packet may have been padded to the least that Ethernet carries. */
static void test_padding(void **state)
{
	static unsigned char frame[PACKET_MAX];
	struct packet packet = packet_default;

	packet.payload = 2;
	add_packet(packet);
	packet = next_of(packet);
	packet.payload = 1;
	size_t len = packet_build(frame, &packet);
	memset(frame + len, 0xee, 60 - len);
	add_frame(frame, 60);
	packet = packet_default;
	packet.payload = 3;
	run_burst(ALL_OFFLOADS);
	assert_int_equal(emitted_count, 1);
	expect_whole(packet, 2, &emitted[0]);
}

/* More flows than are held: the oldest goes first. */
static void test_many_flows(void **state)
{
	struct packet packet = packet_default;
	unsigned int frames = 0;

	packet.payload = 100;
	for (unsigned int round = 0; round < 3; round++)
		for (unsigned int flow = 0; flow < OFFLOAD_JOIN_FLOWS; flow++) {
			struct packet mine = packet;
			mine.source = (uint16_t)(1000 + flow);
			mine.sequence += round * 100;
			mine.id = (uint16_t)(mine.id + round);
			add_packet(mine);
		}
	packet.source = 999;
	add_packet(packet);
	run_burst(ALL_OFFLOADS);
	assert_int_equal(emitted_count, OFFLOAD_JOIN_FLOWS + 1);
	for (unsigned int i = 0; i < OFFLOAD_JOIN_FLOWS; i++)
		assert_int_equal(emitted[i].bytes[35], (1000 + i) & 255);
	for (unsigned int i = 0; i < emitted_count; i++)
		frames += emitted[i].frames;
	assert_int_equal(frames, burst_count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_all_kinds, forget),
	    cmocka_unit_test_teardown(test_limits, forget),
	    cmocka_unit_test_teardown(test_differences, forget),
	    cmocka_unit_test_teardown(test_flags_refused, forget),
	    cmocka_unit_test_teardown(test_options_differ, forget),
	    cmocka_unit_test_teardown(test_ids, forget),
	    cmocka_unit_test_teardown(test_corruption, forget),
	    cmocka_unit_test_teardown(test_udp_without_checksum, forget),
	    cmocka_unit_test_teardown(test_offloads_missing, forget),
	    cmocka_unit_test_teardown(test_truncated, forget),
	    cmocka_unit_test_teardown(test_padding, forget),
	    cmocka_unit_test_teardown(test_many_flows, forget),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
