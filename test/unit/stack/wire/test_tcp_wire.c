/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TCP headers and options, sound and hostile. */
#include "tcp_wire.h"

#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

/* A header with these option bytes. */
static bool parse(const uint8_t *options, size_t len, uint8_t flags, struct tcp_header *header)
{
	uint8_t bytes[TCP_HEADER_MAX] = {0x12, 0x34, 0x00, 0x50, 1, 2, 3, 4, 5, 6, 7, 8};
	size_t total = TCP_HEADER + ((len + 3) & ~(size_t)3);
	struct wire_reader reader = wire_reader(bytes, total);

	assert_true(len <= TCP_OPTIONS_ROOM);
	bytes[12] = (uint8_t)(total / 4 << 4);
	bytes[13] = flags;
	if (len)
		memcpy(bytes + TCP_HEADER, options, len);
	return tcp_parse(&reader, header);
}

static void test_header(void **state)
{
	static const uint8_t bytes[] = {0x12, 0x34, 0, 80, 0xff, 2, 3, 4, 5, 6, 7, 8, 0x50, 0x18, 1, 2,
	    3, 4, 5, 6, 'd', 'a', 't', 'a'};
	struct wire_reader reader = wire_reader(bytes, sizeof(bytes));
	struct tcp_header header;

	assert_true(tcp_parse(&reader, &header));
	assert_int_equal(header.sport, 0x1234);
	assert_int_equal(header.dport, 80);
	assert_int_equal(header.seq, 0xff020304);
	assert_int_equal(header.ack, 0x05060708);
	assert_int_equal(header.len, 20);
	assert_int_equal(header.flags, TCP_ACK | TCP_PSH);
	assert_int_equal(header.window, 0x102);
	assert_int_equal(header.checksum, 0x304);
	assert_int_equal(header.urgent, 0x506);
	assert_int_equal(wire_left(&reader), 4);
	for (size_t len = 0; len < TCP_HEADER; len++) {
		reader = wire_reader(bytes, len);
		assert_false(tcp_parse(&reader, &header));
	}
}

static void test_data_offset(void **state)
{
	uint8_t bytes[TCP_HEADER_MAX] = {0};

	for (unsigned int offset = 0; offset < 16; offset++) {
		struct wire_reader reader = wire_reader(bytes, 40);
		struct tcp_header header;

		bytes[12] = (uint8_t)(offset << 4);
		assert_int_equal(tcp_parse(&reader, &header), offset >= 5 && offset <= 10);
	}
}

static void test_round_trip(void **state)
{
	static const struct {
		struct tcp_header_options options;
		uint8_t flags;
		size_t len;
	} rows[] = {
	    {{0}, TCP_ACK, 20},
	    {{.mss = 1460}, TCP_SYN, 24},
	    {{.mss = 1460, .sack_permitted = true}, TCP_SYN, 28},
	    {{.mss = 1460, .sack_permitted = true, .has_wscale = true, .wscale = 7}, TCP_SYN, 32},
	    /* Linux's SYN */
	    {{.mss = 65495,
	         .sack_permitted = true,
	         .has_timestamp = true,
	         .tsval = 0xfffffffe,
	         .has_wscale = true,
	         .wscale = 14},
	        TCP_SYN, 40},
	    {{.has_timestamp = true, .tsval = 1, .tsecr = 0x80000000}, TCP_ACK, 32},
	    {{.sacks = 1, .sack = {{1, 2}}}, TCP_ACK, 32},
	    {{.sacks = 4, .sack = {{1, 2}, {3, 4}, {5, 6}, {0xfffffff0, 7}}}, TCP_ACK, 56},
	    {{.has_timestamp = true,
	         .tsval = 9,
	         .tsecr = 8,
	         .sacks = 3,
	         .sack = {{1, 2}, {3, 4}, {5, 6}}},
	        TCP_ACK, 60},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tcp_header header = {.sport = 1,
		    .dport = 2,
		    .seq = 3,
		    .ack = 4,
		    .window = 5,
		    .flags = rows[i].flags,
		    .options = rows[i].options};
		struct tcp_header read;
		uint8_t bytes[TCP_HEADER_MAX];
		struct wire_reader reader;
		size_t len = tcp_write(bytes, &header);

		assert_int_equal(len, rows[i].len);
		assert_int_equal(len, TCP_HEADER + tcp_options_size(&rows[i].options));
		reader = wire_reader(bytes, len);
		assert_true(tcp_parse(&reader, &read));
		assert_int_equal(read.len, len);
		assert_int_equal(read.options.mss, rows[i].options.mss);
		assert_int_equal(read.options.has_wscale, rows[i].options.has_wscale);
		assert_int_equal(read.options.wscale, rows[i].options.wscale);
		assert_int_equal(read.options.sack_permitted, rows[i].options.sack_permitted);
		assert_int_equal(read.options.has_timestamp, rows[i].options.has_timestamp);
		assert_int_equal(read.options.tsval, rows[i].options.tsval);
		assert_int_equal(read.options.tsecr, rows[i].options.tsecr);
		assert_int_equal(read.options.sacks, rows[i].options.sacks);
		assert_memory_equal(read.options.sack, rows[i].options.sack, sizeof(rows[i].options.sack));
	}
}

/* A fourth block does not fit beside a timestamp: the first three are written. */
static void test_sacks_that_do_not_fit(void **state)
{
	struct tcp_header header = {.flags = TCP_ACK,
	    .options = {.has_timestamp = true, .sacks = 4, .sack = {{1, 2}, {3, 4}, {5, 6}, {7, 8}}}};
	struct tcp_header read;
	uint8_t bytes[TCP_HEADER_MAX];
	struct wire_reader reader = wire_reader(bytes, tcp_write(bytes, &header));

	assert_true(tcp_parse(&reader, &read));
	assert_int_equal(read.options.sacks, tcp_sacks_fit(true));
	assert_int_equal(read.options.sack[2].right, 6);
}

static void test_hostile_options(void **state)
{
	static const struct {
		uint8_t bytes[TCP_OPTIONS_ROOM];
		uint8_t len;
		uint16_t mss;
		uint8_t wscale, sacks;
		bool has_timestamp, sack_permitted;
	} rows[] = {
	    {{2, 0}, 2, .mss = 0},                           /* length 0: no loop */
	    {{2, 1, 5, 5}, 4, .mss = 0},                     /* length 1 */
	    {{2, 4, 5, 180, 9, 0, 3, 3, 7}, 9, .mss = 1460}, /* what stood before counts */
	    {{2, 40, 5, 180}, 4, .mss = 0},                  /* beyond the header */
	    {{1, 1, 1, 2}, 4, .mss = 0},                     /* the length is missing */
	    {{0, 2, 4, 5, 180}, 5, .mss = 0},                /* behind the end */
	    {{2, 3, 5, 1, 3, 3, 7}, 7, .wscale = 7},         /* wrong size: unknown; 1 is a NOP */
	    {{2, 4, 0, 0}, 4, .mss = 0},                     /* MSS 0 is none */
	    {{2, 4, 0, 1}, 4, .mss = 1},                     /* the engine's to judge */
	    {{2, 4, 0, 1, 2, 4, 5, 180}, 8, .mss = 1460},    /* twice: the last one */
	    {{3, 3, 255}, 3, .wscale = 14},                  /* RFC 7323 section 2.3 */
	    {{253, 4, 1, 2, 2, 4, 5, 180}, 8, .mss = 1460},  /* unknown: passed over */
	    {{254, 2, 4, 2}, 4, .sack_permitted = true},     /* unknown and empty */
	    {{8, 9, 1, 2, 3, 4, 5, 6, 7}, 9},                /* timestamp too short */
	    {{8, 10, 0, 0, 0, 1, 0, 0, 0, 2}, 10, .has_timestamp = true}, {{5, 2}, 2}, /* no block */
	    {{5, 9, 1, 2, 3, 4, 5, 6, 7}, 9},                  /* less than one */
	    {{5, 10, 0, 0, 0, 9, 0, 0, 0, 3}, 10, .sacks = 1}, /* reversed: the engine's */
	    {{5, 38}, 38},                                     /* four and a half */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tcp_header header;

		assert_true(parse(rows[i].bytes, rows[i].len, TCP_SYN, &header));
		assert_int_equal(header.options.mss, rows[i].mss);
		assert_int_equal(header.options.wscale, rows[i].wscale);
		assert_int_equal(header.options.sacks, rows[i].sacks);
		assert_int_equal(header.options.has_timestamp, rows[i].has_timestamp);
		assert_int_equal(header.options.sack_permitted, rows[i].sack_permitted);
	}
}

/* What belongs to a SYN is not looked at elsewhere. */
static void test_only_in_syn(void **state)
{
	static const uint8_t bytes[] = {2, 4, 5, 180, 3, 3, 7, 4, 2};
	struct tcp_header header;

	assert_true(parse(bytes, sizeof(bytes), TCP_ACK, &header));
	assert_int_equal(header.options.mss, 0);
	assert_false(header.options.has_wscale);
	assert_false(header.options.sack_permitted);
	assert_true(parse(bytes, sizeof(bytes), TCP_SYN | TCP_ACK, &header));
	assert_int_equal(header.options.mss, 1460);
	assert_true(header.options.has_wscale);
	assert_true(header.options.sack_permitted);
}

/* Every kind with every length, at every distance from the end: ends, and reads nothing beyond
 * (the sanitizers watch). */
static void test_all_kinds_and_lengths(void **state)
{
	for (unsigned int kind = 0; kind < 256; kind++) {
		for (unsigned int len = 0; len < 256; len++) {
			for (unsigned int at = 0; at < TCP_OPTIONS_ROOM - 1; at++) {
				uint8_t bytes[TCP_OPTIONS_ROOM];
				struct tcp_header header;

				memset(bytes, 1, sizeof(bytes));
				bytes[at] = (uint8_t)kind;
				bytes[at + 1] = (uint8_t)len;
				assert_true(parse(bytes, sizeof(bytes), TCP_SYN, &header));
				assert_true(header.options.sacks <= TCP_SACK_BLOCKS);
			}
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_header),
	    cmocka_unit_test(test_data_offset),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_sacks_that_do_not_fit),
	    cmocka_unit_test(test_hostile_options),
	    cmocka_unit_test(test_only_in_syn),
	    cmocka_unit_test(test_all_kinds_and_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
