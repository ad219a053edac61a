/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packet buffers: sharing, slices, checksums over odd pieces. */
#include "pkt.h"

#include "checksum.h"
#include "failing_allocator.h"

#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

static struct failing_allocator allocator;
static struct px_mem *mem;

static int setup(void **state)
{
	failing_allocator_init(&allocator);
	mem = px_mem_new(&allocator.ops, 0);
	return 0;
}

/* Whatever a test does, nothing is left. */
static int teardown(void **state)
{
	px_mem_drop(mem);
	assert_int_equal(allocator.live, 0);
	assert_false(allocator.bad_size);
	return 0;
}

static struct px_pkt *filled(size_t headroom, size_t len, uint8_t first)
{
	struct px_pkt *pkt = px_pkt_new(mem, headroom, len);
	uint8_t *bytes = px_pkt_put(pkt, len);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(first + i);
	return pkt;
}

static void test_push_pull(void **state)
{
	struct px_pkt *pkt = filled(16, 10, 0);

	assert_null(px_pkt_push(pkt, 17));
	assert_non_null(px_pkt_push(pkt, 16));
	assert_int_equal(pkt->total, 26);
	assert_false(px_pkt_pull(pkt, 27));
	assert_true(px_pkt_pull(pkt, 20));
	assert_int_equal(pkt->data[0], 4);
	assert_null(px_pkt_put(pkt, 1));
	px_pkt_free(pkt);
}

/* One allocation, which goes with the last of them; refused as a whole. */
static void test_burst(void **state)
{
	const size_t room[] = {10, 0, 1001};
	struct px_pkt *pkts[3], *clone;
	size_t before = px_mem_used(mem);

	assert_true(px_pkt_new_burst(mem, 16, room, 3, pkts));
	for (unsigned int i = 0; i < 3; i++) {
		uint8_t *bytes = px_pkt_put(pkts[i], room[i]);

		assert_non_null(bytes);
		memset(bytes, (int)i, room[i]);
		assert_null(px_pkt_put(pkts[i], 1));
		assert_non_null(px_pkt_push(pkts[i], 16));
		px_pkt_pull(pkts[i], 16);
	}
	for (unsigned int i = 0; i < 3; i++) {
		for (size_t j = 0; j < room[i]; j++)
			assert_int_equal(pkts[i]->data[j], i);
	}
	px_pkt_free(pkts[2]);
	clone = px_pkt_clone(pkts[0]);
	px_pkt_free(pkts[0]);
	px_pkt_free(pkts[1]);
	assert_int_equal(clone->data[9], 0);
	assert_true(px_mem_used(mem) > before);
	px_pkt_free(clone);
	assert_int_equal(px_mem_used(mem), before);
	px_mem_set_limit(mem, 1500);
	assert_false(px_pkt_new_burst(mem, 16, room, 3, pkts));
	assert_int_equal(px_mem_used(mem), before);
}

static void test_clone(void **state)
{
	struct px_pkt *pkt = filled(32, 100, 0), *clone;

	pkt->l3 = px_pkt_here(pkt);
	clone = px_pkt_clone(pkt);
	assert_ptr_equal(clone->data, pkt->data);
	assert_int_equal(px_pkt_unshare(clone, 64), 0);
	assert_ptr_not_equal(clone->data, pkt->data);
	assert_true(px_pkt_headroom(clone) >= 64);
	assert_int_equal(px_pkt_at(clone, clone->l3)[1], 1);
	px_pkt_free(pkt);
	assert_int_equal(clone->data[99], 99);
	px_pkt_free(clone);
}

/* A packet whose own memory outlives it, because a clone uses the bytes. */
static void test_clone_outlives(void **state)
{
	struct px_pkt *pkt = filled(0, 10, 5), *clone = px_pkt_clone(pkt), *third = px_pkt_clone(clone);

	px_pkt_free(pkt);
	px_pkt_free(clone);
	assert_int_equal(third->data[0], 5);
	assert_int_equal(px_pkt_unshare(third, 0), 0);
	px_pkt_free(third);
}

static struct px_pkt *sliced(void)
{
	struct px_pkt *pkt = filled(32, 3, 0);
	struct px_block *block = px_block_new(mem, 100);

	for (unsigned int i = 0; i < 100; i++)
		block->data[i] = (uint8_t)(3 + i);
	px_pkt_add_slice(pkt, block, 0, 5);
	px_pkt_add_slice(pkt, block, 5, 2); /* joined to the one before */
	assert_int_equal(pkt->slices, 1);
	px_block_unref(block);
	block = px_block_new(mem, 20);
	for (unsigned int i = 0; i < 20; i++)
		block->data[i] = (uint8_t)(10 + i);
	px_pkt_add_slice(pkt, block, 0, 9);
	px_pkt_add_slice(pkt, block, 9, 0);
	px_block_unref(block);
	assert_int_equal(pkt->total, 19);
	return pkt;
}

static void check_sequence(const struct px_pkt *pkt, size_t len)
{
	uint8_t bytes[64];

	assert_int_equal(pkt->total, len);
	assert_int_equal(px_pkt_read(pkt, 0, bytes, sizeof(bytes)), len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(bytes[i], i);
}

static void test_slices(void **state)
{
	struct px_pkt *pkt = sliced(), *copy, *clone;

	check_sequence(pkt, 19);
	copy = px_pkt_copy(pkt, 10);
	check_sequence(copy, 19);
	assert_int_equal(copy->slices, 0);
	clone = px_pkt_clone(pkt);
	assert_int_equal(px_pkt_pull_linear(clone, 20), -EBADMSG);
	assert_int_equal(px_pkt_pull_linear(clone, 12), 0);
	check_sequence(clone, 19);
	assert_int_equal(clone->slices, 1);
	assert_int_equal(px_pkt_linearize(clone), 0);
	check_sequence(clone, 19);
	assert_int_equal(clone->slices, 0);
	for (size_t total = 19; total-- > 0;) {
		px_pkt_trim(pkt, total);
		check_sequence(pkt, total);
	}
	px_pkt_free(pkt);
	px_pkt_free(copy);
	px_pkt_free(clone);
}

static void test_slices_max(void **state)
{
	struct px_pkt *pkt = filled(0, 1, 0);
	struct px_block *block = px_block_new(mem, 100);

	for (uint32_t i = 0; i < PX_PKT_SLICES; i++)
		assert_int_equal(px_pkt_add_slice(pkt, block, i * 2, 1), 0);
	assert_int_equal(px_pkt_add_slice(pkt, block, 99, 1), -ENOBUFS);
	px_block_unref(block);
	px_pkt_free(pkt);
}

static void test_checksum(void **state)
{
	struct px_pkt *pkt = sliced();
	uint8_t bytes[19];

	px_pkt_read(pkt, 0, bytes, sizeof(bytes));
	for (size_t offset = 0; offset < 19; offset++) {
		for (size_t len = 0; offset + len <= 19; len++)
			assert_int_equal(checksum_fold(px_pkt_checksum(pkt, offset, len, 7)),
			    checksum_fold(checksum_add(7, bytes + offset, len)));
	}
	px_pkt_free(pkt);
}

static void test_compact(void **state)
{
	struct px_pkt *pkt = px_pkt_new(mem, PX_PKT_HEADROOM, 65536);

	memset(px_pkt_put(pkt, 100), 7, 100);
	pkt->l3 = px_pkt_here(pkt);
	px_pkt_pull(pkt, 20);
	pkt = px_pkt_compact(pkt);
	assert_true(px_pkt_truesize(pkt) < 1000);
	assert_int_equal(pkt->total, 80);
	assert_int_equal(px_pkt_at(pkt, pkt->l3)[0], 7);
	assert_int_equal(px_pkt_here(pkt) - pkt->l3, 20);
	px_pkt_free(pkt);
}

static void test_refused(void **state)
{
	struct px_pkt *pkt = sliced(), *clone = px_pkt_clone(pkt);

	allocator.fail_at = 1;
	allocator.fail_after = true;
	assert_null(px_pkt_clone(pkt));
	assert_null(px_pkt_copy(pkt, 0));
	assert_int_equal(px_pkt_unshare(clone, 0), -ENOMEM);
	assert_int_equal(px_pkt_linearize(clone), -ENOMEM);
	check_sequence(clone, 19);
	px_pkt_free(pkt);
	px_pkt_free(clone);
}

static void test_queue(void **state)
{
	struct px_pktq queue = {0};

	assert_null(px_pktq_take(&queue));
	px_pktq_append(&queue, filled(0, 10, 1));
	px_pktq_append(&queue, filled(0, 20, 2));
	px_pktq_prepend(&queue, filled(0, 5, 0));
	assert_int_equal(queue.bytes, 35);
	for (uint8_t i = 0; i < 3; i++) {
		struct px_pkt *pkt = px_pktq_take(&queue);
		assert_int_equal(pkt->data[0], i);
		px_pkt_free(pkt);
	}
	assert_int_equal(queue.bytes, 0);
	px_pktq_append(&queue, filled(0, 1, 0));
	px_pktq_clear(&queue);
	assert_null(queue.last);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_push_pull, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_burst, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_clone, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_clone_outlives, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_slices, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_slices_max, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_checksum, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_compact, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_queue, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
