/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hash table against a model (an array indexed by key), also without memory to grow; and
 * SipHash against published values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <stdbool.h>

#include "hashtable.h"
#include "random.h"

#define KEYS 3000

static const struct siphash_key counting = {{0x0706050403020100, 0x0f0e0d0c0b0a0908}};

/* Linked with --wrap: memory runs out when the test says so. */
static bool no_memory;
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): ld chooses these names. */
void *__real_calloc(size_t number, size_t size);
void *__wrap_calloc(size_t number, size_t size);

void *__wrap_calloc(size_t number, size_t size)
{
	return no_memory ? NULL : __real_calloc(number, size);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* Inputs 00, 01 02 ... of the reference implementation's vectors; the first of SipHash-1-3, and the
 * example of the paper's appendix A (15 bytes, 2-4). */
static void test_siphash(void **state)
{
	unsigned char input[16];

	for (size_t i = 0; i < sizeof(input); i++)
		input[i] = (unsigned char)i;
	assert_true(siphash_2_4(&counting, input, 0) == 0x726fdb47dd0e0e31);
	assert_true(siphash_2_4(&counting, input, 1) == 0x74f839c593dc67fd);
	assert_true(siphash_2_4(&counting, input, 8) == 0x93f5f5799a932462);
	assert_true(siphash_2_4(&counting, input, 15) == 0xa129ca6149be45e5);
	assert_true(siphash_1_3(&counting, input, 0) == 0xabac0158050fc4dc);
	assert_true(siphash_1_3(&counting, input, 1) == 0xc9f49bf37d57ca93);
}

struct item {
	uint32_t key;
	bool present;
	struct hashtable_link link;
};

static bool same_key(const struct hashtable_link *link, const void *key)
{
	return hashtable_entry(link, const struct item, link)->key == *(const uint32_t *)key;
}

static uint64_t hash_of(const struct hashtable *table, uint32_t key)
{
	return hashtable_hash(table, &key, sizeof(key));
}

static void check_all(const struct hashtable *table, const struct item *items)
{
	size_t count = 0;
	const struct hashtable_link *link;

	for (link = hashtable_first(table); link; link = hashtable_next(table, link)) {
		assert_true(hashtable_entry(link, const struct item, link)->present);
		count++;
	}
	assert_int_equal(count, table->count);
	for (size_t i = 0; i < KEYS; i++) {
		link = hashtable_find(table, hash_of(table, items[i].key), same_key, &items[i].key);
		assert_ptr_equal(link, items[i].present ? &items[i].link : NULL);
		count -= items[i].present;
	}
	assert_int_equal(count, 0);
}

static void run_model(uint64_t seed, bool memory_comes_and_goes)
{
	struct item *items = calloc(KEYS, sizeof(*items));
	struct hashtable table;

	assert_non_null(items);
	assert_int_equal(hashtable_init(&table, NULL), 0);
	for (uint32_t i = 0; i < KEYS; i++)
		items[i].key = i;
	for (unsigned int round = 0; round < 30000; round++) {
		struct item *item = &items[random_below(&seed, KEYS)];

		no_memory = memory_comes_and_goes && round % 1000 < 900;
		if (item->present)
			hashtable_remove(&table, &item->link);
		else
			hashtable_insert(&table, &item->link, hash_of(&table, item->key));
		item->present = !item->present;
		if (round % 5000 == 0)
			check_all(&table, items);
	}
	check_all(&table, items);
	no_memory = false;
	hashtable_clear(&table);
	assert_int_equal(table.count, 0);
	assert_null(hashtable_first(&table));
	free(items);
}

static void test_against_model(void **state)
{
	run_model(6, false);
}

static void test_without_memory(void **state)
{
	run_model(7, true);
}

/* Equal keys: the last inserted is found first, however often the table has grown. */
static void test_equal_keys(void **state)
{
	static struct item items[100];
	const uint32_t key = 42;
	struct hashtable table;

	hashtable_init(&table, &counting);
	for (size_t i = 0; i < 100; i++) {
		items[i].key = key;
		hashtable_insert(&table, &items[i].link, hash_of(&table, key));
	}
	for (size_t i = 100; i-- > 0;) {
		assert_ptr_equal(
		    hashtable_find(&table, hash_of(&table, key), same_key, &key), &items[i].link);
		hashtable_remove(&table, &items[i].link);
	}
	assert_null(hashtable_find(&table, hash_of(&table, key), same_key, &key));
	hashtable_clear(&table);
}

static void test_remove_while_iterating(void **state)
{
	static struct item items[100];
	struct hashtable table;
	struct hashtable_link *link;
	struct hashtable_link *next;

	hashtable_init(&table, &counting);
	for (uint32_t i = 0; i < 100; i++)
		hashtable_insert(&table, &items[i].link, hash_of(&table, i));
	for (link = hashtable_first(&table); link; link = next) {
		next = hashtable_next(&table, link);
		hashtable_remove(&table, link);
	}
	assert_int_equal(table.count, 0);
	assert_null(hashtable_first(&table));
	hashtable_clear(&table);
}

/* Two tables do not share their secrets. */
static void test_random_keys(void **state)
{
	struct hashtable a;
	struct hashtable b;

	assert_int_equal(hashtable_init(&a, NULL), 0);
	assert_int_equal(hashtable_init(&b, NULL), 0);
	assert_true(hash_of(&a, 1) != hash_of(&b, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_siphash),
	    cmocka_unit_test(test_against_model),
	    cmocka_unit_test(test_without_memory),
	    cmocka_unit_test(test_equal_keys),
	    cmocka_unit_test(test_remove_while_iterating),
	    cmocka_unit_test(test_random_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
