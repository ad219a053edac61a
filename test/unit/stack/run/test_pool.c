/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Large blocks at hand: used again, by any thread, no more than POOL_KEPT of them, and freed in the
 * end. What is freed is counted by a malloc of our own (--wrap). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"

#define PIECE  (65536 + 300)
#define MANY   (POOL_KEPT + 5)
#define ROUNDS 20000

static _Atomic int blocks; /* that malloc gave, and free has not got */

void *__real_malloc(size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void __wrap_free(void *memory);

void *__wrap_malloc(size_t size)
{
	atomic_fetch_add(&blocks, 1);
	return __real_malloc(size);
}

void __wrap_free(void *memory)
{
	if (memory)
		atomic_fetch_sub(&blocks, 1);
	__real_free(memory);
}

static void *get(size_t size)
{
	void *memory = pool_allocator.alloc(NULL, size);

	assert_non_null(memory);
	memset(memory, 0xa5, size);
	return memory;
}

static void put(void *memory, size_t size)
{
	pool_allocator.release(NULL, memory, size);
}

static void test_small_ones_are_mallocs(void **state)
{
	int before = atomic_load(&blocks);
	void *memory = get(100);

	put(memory, 100);
	assert_int_equal(atomic_load(&blocks), before);
	memory = get(1u << 20);
	put(memory, 1u << 20);
	assert_int_equal(atomic_load(&blocks), before);
}

static void test_large_ones_are_used_again(void **state)
{
	int before = atomic_load(&blocks);
	void *first[MANY];

	for (unsigned int i = 0; i < MANY; i++)
		first[i] = get(PIECE);
	assert_int_equal(atomic_load(&blocks), before + MANY);
	for (unsigned int i = 0; i < MANY; i++)
		put(first[i], PIECE);
#ifndef __SANITIZE_ADDRESS__
	assert_int_equal(atomic_load(&blocks), before + POOL_KEPT);
	/* One of another size, that the same blocks are for. */
	put(get(40000), 40000);
	assert_int_equal(atomic_load(&blocks), before + POOL_KEPT);
#endif
	pool_clear();
	assert_int_equal(atomic_load(&blocks), before);
}

static void *churn(void *argument)
{
	const uint8_t mark = *(const uint8_t *)argument;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint8_t *one = pool_allocator.alloc(NULL, 9000), *two = pool_allocator.alloc(NULL, 10000);

		one[0] = one[8999] = two[0] = two[9999] = mark;
		if (one == two || one[0] != mark || one[8999] != mark || two[9999] != mark)
			abort(); /* somebody else has it, too */
		put(one, 9000);
		put(two, 10000);
	}
	return NULL;
}

static void test_threads(void **state)
{
	static uint8_t marks[4] = {1, 2, 3, 4};
	int before = atomic_load(&blocks);
	pthread_t thread[4];

	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, churn, &marks[i]), 0);
	for (unsigned int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	pool_clear();
	assert_int_equal(atomic_load(&blocks), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_small_ones_are_mallocs),
	    cmocka_unit_test(test_large_ones_are_used_again),
	    cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
