/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Super-segments cut into frames: by a driver, before the queue, in parts. */
#include "cut.h"

#include "ether.h"
#include "ip4.h"
#include "ip6.h"
#include "checksum.h"
#include "tcp_wire.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define FRAME_MAX 2048

static struct px_stack *stack;

static int setup(void **state)
{
	struct px_config config = {.now = PX_SEC};

	return px_stack_new(&config, &stack);
}

static int teardown(void **state)
{
	px_stack_free(stack);
	return 0;
}

/* Data in slices of odd sizes, behind headers as TCP, IP and Ethernet make them. */
static struct px_pkt *super(bool is4, bool tagged, uint16_t segment, uint32_t len)
{
	static const uint32_t sizes[PX_PKT_SLICES] = {1, 333, 1448, 7, 2896};
	struct px_pkt *pkt = px_pkt_alloc(stack, 0);
	struct px_block *block = px_block_new(stack->mem, len);
	struct tcp_header tcp = {.sport = 1000,
	    .dport = 2000,
	    .seq = 0xfffffff0,
	    .ack = 77,
	    .window = 500,
	    .flags = TCP_ACK | TCP_PSH | TCP_FIN | TCP_CWR | TCP_ECE,
	    .options = {.has_timestamp = true, .tsval = 1, .tsecr = 2}};
	uint8_t bytes[TCP_HEADER_MAX];
	size_t header_len = tcp_write(bytes, &tcp);
	uint32_t at = 0;

	assert_non_null(pkt);
	assert_non_null(block);
	for (uint32_t i = 0; i < len; i++)
		block->data[i] = (uint8_t)(i * 7 + i / 256);
	for (unsigned int i = 0; at < len; i++) {
		uint32_t n = i < PX_PKT_SLICES - 1 && sizes[i] < len - at ? sizes[i] : len - at;
		struct px_block *own = px_block_new(stack->mem, n);

		memcpy(own->data, block->data + at, n);
		assert_int_equal(px_pkt_add_slice(pkt, own, 0, n), 0);
		px_block_unref(own);
		at += n;
	}
	px_block_unref(block);
	memcpy(px_pkt_push(pkt, header_len), bytes, header_len);
	pkt->csum_start = px_pkt_here(pkt);
	pkt->csum_offset = TCP_CHECKSUM_OFFSET;
	pkt->flags = PX_PKT_CSUM_PARTIAL;
	pkt->protocol = IPPROTO_TCP;
	pkt->src = px_ip_parse(is4 ? "10.0.0.1" : "2001:db8::1");
	pkt->dst = px_ip_parse(is4 ? "10.0.0.2" : "2001:db8::2");
	if (is4) {
		struct ip4_header ip = {.total_len = (uint16_t)(pkt->total + IP4_HEADER),
		    .fragment = IP4_DF,
		    .ttl = 64,
		    .protocol = IPPROTO_TCP,
		    .src = pkt->src,
		    .dst = pkt->dst};
		ip4_write(px_pkt_push(pkt, IP4_HEADER), &ip, NULL, 0);
	} else {
		struct ip6_header ip = {.payload_len = (uint16_t)pkt->total,
		    .next = IPPROTO_TCP,
		    .hop_limit = 64,
		    .src = pkt->src,
		    .dst = pkt->dst};
		ip6_write(px_pkt_push(pkt, IP6_HEADER), &ip);
	}
	pkt->l3 = px_pkt_here(pkt);
	memset(px_pkt_push(pkt, ETHER_HEADER + (tagged ? ETHER_TAG : 0)), 0xee, ETHER_HEADER);
	pkt->l2 = px_pkt_here(pkt);
	pkt->segment = segment;
	pkt->segments = (uint16_t)((len + segment - 1) / segment);
	return pkt;
}

/* One frame: everything in it is right; its data are those from `at` on. Returns how many. */
static size_t check_frame(
    const struct px_pkt *from, const uint8_t *frame, size_t frame_len, uint32_t at, uint32_t whole)
{
	size_t l3 = from->l3 - px_pkt_here(from), ip_len = frame_len - l3, data;
	struct px_ip src = from->src, dst = from->dst;
	struct wire_reader reader;
	struct tcp_header tcp;
	struct ip4_header ip4;
	struct ip6_header ip6;
	bool last;

	assert_memory_equal(frame, from->data, l3);
	if (px_ip_is4(&dst)) {
		assert_int_equal(ip4_parse(frame + l3, ip_len, ip_len, &ip4), IP4_OK);
		assert_int_equal(ip4.total_len, ip_len);
		assert_int_equal(ip4.fragment, IP4_DF);
		reader = wire_reader(frame + l3 + IP4_HEADER, ip_len - IP4_HEADER);
	} else {
		reader = wire_reader(frame + l3, ip_len);
		assert_true(ip6_parse(&reader, &ip6));
		assert_int_equal(ip6.payload_len, ip_len - IP6_HEADER);
		reader = wire_reader(frame + l3 + IP6_HEADER, ip_len - IP6_HEADER);
	}
	assert_int_equal(checksum_finish(checksum_add(
	                     ip_pseudo_header(&src, &dst, IPPROTO_TCP, (uint32_t)reader.len),
	                     reader.data, reader.len)),
	    0);
	assert_true(tcp_parse(&reader, &tcp));
	data = wire_left(&reader);
	last = at + data == whole;
	assert_int_equal(tcp.seq, 0xfffffff0 + at);
	assert_int_equal(
	    tcp.flags, TCP_ACK | TCP_ECE | (at ? 0 : TCP_CWR) | (last ? TCP_PSH | TCP_FIN : 0));
	assert_int_equal(tcp.options.tsecr, 2);
	assert_true(last || data == from->segment);
	for (uint32_t i = at; i < at + data; i++)
		assert_int_equal(reader.data[tcp.len + i - at], (uint8_t)(i * 7 + i / 256));
	return data;
}

static size_t gather(uint8_t *frame, const struct iovec *piece, unsigned int pieces)
{
	size_t len = 0;

	for (unsigned int i = 0; i < pieces; i++) {
		assert_true(len + piece[i].iov_len <= FRAME_MAX);
		memcpy(frame + len, piece[i].iov_base, piece[i].iov_len);
		len += piece[i].iov_len;
	}
	return len;
}

/* A driver's way, with room for `room` frames at a time. */
static void drive(bool is4, bool tagged, uint16_t segment, uint32_t len, unsigned int room)
{
	struct px_pkt *pkt = super(is4, tagged, segment, len);
	uint8_t header[CUT_HEADER_MAX], frame[FRAME_MAX];
	struct iovec piece[CUT_PIECES_MAX];
	unsigned int pieces, count = 0, frames = px_pkt_frames(pkt);
	uint32_t at = 0, bytes = px_pkt_frame_bytes(pkt), seen = 0;
	struct cut cut;

	while (at < len) {
		unsigned int sent = 0;

		cut_begin(&cut, pkt);
		while (sent < room && (pieces = cut_next(&cut, header, piece))) {
			size_t frame_len = gather(frame, piece, pieces);

			at += (uint32_t)check_frame(pkt, frame, frame_len, at, len);
			seen += (uint32_t)frame_len;
			sent++;
		}
		count += sent;
		assert_int_equal(cut_ended(&cut), at == len);
		if (at == len)
			break;
		cut_advance(pkt, sent);
		assert_int_equal(px_pkt_frames(pkt), frames - count);
		assert_int_equal(px_pkt_frame_bytes(pkt), bytes - seen);
	}
	assert_int_equal(count, frames);
	assert_int_equal(seen, bytes);
	px_pkt_free(pkt);
}

static void test_driver(void **state)
{
	for (unsigned int i = 0; i < 4; i++) {
		drive(i & 1, i & 2, 1448, 64000, 1000);
		drive(i & 1, i & 2, 1448, 1448 * 3, 1);
		drive(i & 1, i & 2, 999, 20001, 4);
		drive(i & 1, i & 2, 1, 45, 7);
	}
}

static void test_apart(void **state)
{
	struct px_pkt *pkt = super(true, false, 1000, 12345), *shape = px_pkt_clone(pkt), *frame;
	struct px_pktq frames = {0};
	uint8_t bytes[FRAME_MAX];
	uint32_t at = 0;

	cut_apart(stack, pkt, &frames);
	assert_int_equal(frames.count, 13);
	while ((frame = px_pktq_take(&frames))) {
		size_t len = px_pkt_read(frame, 0, bytes, sizeof(bytes));

		assert_int_equal(frame->segment, 0);
		assert_int_equal(frame->flags, 0);
		assert_ptr_equal(px_pkt_at(frame, frame->l2), frame->data);
		assert_ptr_equal(px_pkt_at(frame, frame->l3), frame->data + ETHER_HEADER);
		at += (uint32_t)check_frame(shape, bytes, len, at, 12345);
		px_pkt_free(frame);
	}
	assert_int_equal(at, 12345);
	px_pkt_free(shape);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_driver, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_apart, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
