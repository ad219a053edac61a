/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The wire cursor: values, ends, sticky errors, lengths; what is written is read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "random.h"
#include "wire.h"

static const uint8_t counting[18] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};

static void test_read(void **state)
{
	struct wire_reader r = wire_reader(counting, sizeof(counting));

	assert_int_equal(wire_u8(&r), 0x01);
	assert_int_equal(wire_u16(&r), 0x0203);
	assert_int_equal(wire_u24(&r), 0x040506);
	assert_int_equal(wire_u32(&r), 0x0708090a);
	assert_true(wire_u64(&r) == 0x0b0c0d0e0f101112);
	assert_int_equal(wire_left(&r), 0);
	assert_false(r.error);
	wire_skip(&r, 0);
	assert_false(r.error);
	assert_int_equal(wire_u8(&r), 0);
	assert_true(r.error);
}

/* A read that fails takes nothing, gives zero, and none succeeds after it. */
static void test_read_error_sticks(void **state)
{
	struct wire_reader r = wire_reader(counting, 3);
	uint8_t copy[4] = {9, 9, 9, 9};

	assert_int_equal(wire_u32(&r), 0);
	assert_true(r.error);
	assert_int_equal(wire_left(&r), 0);
	assert_int_equal(wire_u8(&r), 0);
	assert_null(wire_take(&r, 1));
	wire_bytes(&r, copy, 2);
	assert_memory_equal(copy, ((uint8_t[]){0, 0, 9, 9}), 4);
	assert_true(wire_sub(&r, 0).error);
}

static void test_read_huge_length(void **state)
{
	struct wire_reader r = wire_reader(counting, 3);

	wire_skip(&r, 1);
	assert_null(wire_take(&r, SIZE_MAX));
	assert_true(r.error);
}

static void test_empty(void **state)
{
	struct wire_reader r = wire_reader(NULL, 0);
	struct wire_reader sub = wire_sub(&r, 0);

	wire_bytes(&r, NULL, 0);
	assert_false(r.error);
	assert_false(sub.error);
	assert_int_equal(wire_u64(&sub), 0);
	assert_true(sub.error);
}

static void test_sub(void **state)
{
	struct wire_reader r = wire_reader(counting, 5);
	struct wire_reader sub = wire_sub(&r, 2);

	assert_int_equal(wire_u16(&sub), 0x0102);
	assert_int_equal(wire_u8(&sub), 0);
	assert_true(sub.error);
	assert_false(r.error);
	assert_int_equal(wire_u8(&r), 3);
	sub = wire_sub(&r, 3);
	assert_true(sub.error);
	assert_true(r.error);
}

static void test_back(void **state)
{
	struct wire_reader r = wire_reader(counting, 5);
	struct wire_reader back;

	wire_skip(&r, 3);
	back = wire_back(&r, 1);
	assert_int_equal(wire_u16(&back), 0x0203);
	assert_int_equal(wire_u8(&r), 4);
	assert_false(wire_back(&r, 3).error);
	assert_true(wire_back(&r, 4).error);
	assert_true(wire_back(&r, SIZE_MAX).error);
	wire_skip(&r, 2);
	assert_true(wire_back(&r, 0).error);
}

static void test_write(void **state)
{
	uint8_t buffer[18];
	struct wire_writer w = wire_writer(buffer, sizeof(buffer));

	wire_put_u8(&w, 0x01);
	wire_put_u16(&w, 0x0203);
	wire_put_u24(&w, 0x040506);
	wire_put_u32(&w, 0x0708090a);
	wire_put_u64(&w, 0x0b0c0d0e0f101112);
	assert_false(w.error);
	assert_int_equal(w.at, sizeof(buffer));
	assert_memory_equal(buffer, counting, sizeof(buffer));
	wire_patch_u16(&w, 16, 0xabcd);
	assert_false(w.error);
	assert_int_equal(buffer[17], 0xcd);
	wire_patch_u16(&w, 17, 0);
	assert_true(w.error);
}

static void test_write_error_sticks(void **state)
{
	uint8_t buffer[4] = {9, 9, 9, 9};
	struct wire_writer w = wire_writer(buffer, 3);

	wire_put_u16(&w, 0);
	wire_put_u16(&w, 0xffff);
	assert_true(w.error);
	wire_put_u8(&w, 0xff);
	wire_put_zeros(&w, 1);
	wire_put_bytes(&w, counting, 1);
	wire_patch_u16(&w, 0, 0xffff);
	assert_memory_equal(buffer, ((uint8_t[]){0, 0, 9, 9}), 4);
	w = wire_writer(NULL, 0);
	wire_put_bytes(&w, NULL, 0);
	assert_false(w.error);
	wire_put_u8(&w, 0);
	assert_true(w.error);
	w = wire_writer(buffer, 4);
	wire_put_u24(&w, 0x1000000);
	assert_true(w.error);
}

static void test_lengths(void **state)
{
	static const uint8_t wanted[] = {0, 0, 8, 0, 5, 3, 7, 7, 7, 0, 0};
	uint8_t buffer[400];
	struct wire_writer w = wire_writer(buffer, sizeof(buffer));
	size_t outer = wire_begin_u24(&w);
	size_t middle = wire_begin_u16(&w);
	size_t inner = wire_begin_u8(&w);

	wire_put_bytes(&w, "\7\7\7", 3);
	wire_end_u8(&w, inner);
	wire_put_zeros(&w, 1);
	wire_end_u16(&w, middle);
	wire_put_zeros(&w, 1);
	wire_end_u24(&w, outer);
	assert_false(w.error);
	assert_int_equal(w.at, sizeof(wanted));
	assert_memory_equal(buffer, wanted, sizeof(wanted));

	/* 255 bytes fit into a length of one byte, 256 do not. */
	w = wire_writer(buffer, sizeof(buffer));
	inner = wire_begin_u8(&w);
	wire_put_zeros(&w, 255);
	wire_end_u8(&w, inner);
	assert_false(w.error);
	wire_put_zeros(&w, 1);
	wire_end_u8(&w, inner);
	assert_true(w.error);
}

/* Begin where there is no room: the end does not write outside. */
static void test_length_without_room(void **state)
{
	uint8_t buffer[2] = {9, 9};
	struct wire_writer w = wire_writer(buffer, 1);
	size_t begun = wire_begin_u16(&w);

	wire_end_u16(&w, begun);
	assert_true(w.error);
	assert_memory_equal(buffer, ((uint8_t[]){9, 9}), 2);
}

/* Random numbers of random widths, written and read back, the buffer random too short. */
static void test_round_trip(void **state)
{
	uint64_t seed = 4;

	for (unsigned int round = 0; round < 2000; round++) {
		uint8_t buffer[256];
		size_t size = random_below(&seed, sizeof(buffer));
		uint64_t values = seed;
		unsigned int written = 0;
		struct wire_writer w = wire_writer(buffer, size);
		struct wire_reader r;

		for (;; written++) {
			uint64_t value = random_next(&values);

			if (value % 5 == 0)
				wire_put_u8(&w, (uint8_t)value);
			else if (value % 5 == 1)
				wire_put_u16(&w, (uint16_t)value);
			else if (value % 5 == 2)
				wire_put_u24(&w, value & 0xffffff);
			else if (value % 5 == 3)
				wire_put_u32(&w, (uint32_t)value);
			else
				wire_put_u64(&w, value);
			if (w.error)
				break;
		}
		values = seed;
		r = wire_reader(buffer, w.at);
		for (; written; written--) {
			uint64_t value = random_next(&values);

			if (value % 5 == 0)
				assert_true(wire_u8(&r) == (uint8_t)value);
			else if (value % 5 == 1)
				assert_true(wire_u16(&r) == (uint16_t)value);
			else if (value % 5 == 2)
				assert_true(wire_u24(&r) == (value & 0xffffff));
			else if (value % 5 == 3)
				assert_true(wire_u32(&r) == (uint32_t)value);
			else
				assert_true(wire_u64(&r) == value);
		}
		assert_false(r.error);
		assert_int_equal(wire_left(&r), 0);
		seed = values;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_read_error_sticks),
	    cmocka_unit_test(test_read_huge_length),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_sub),
	    cmocka_unit_test(test_back),
	    cmocka_unit_test(test_write),
	    cmocka_unit_test(test_write_error_sticks),
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_length_without_room),
	    cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
