/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cache's entries: their lives, the bound, flushing, threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cache.h"
#include "query.h"

#define SECOND ((uint64_t)NAMED_CACHE_SECOND)

static const uint8_t address[] = {0, 4, 10, 0, 0, 1};

static struct named_cache *make(const struct named_cache_config *config)
{
	struct named_cache *cache;

	assert_int_equal(named_cache_new(&cache, config), 0);
	return cache;
}

static void put(struct named_cache *cache, const char *text, enum named_cache_kind kind,
    uint16_t type, uint32_t ttl, uint64_t now)
{
	/* A SOA of the root with empty names. */
	static const uint8_t soa[1 + 2 + 20];
	struct named_name name;
	struct named_cache_item item = {.kind = kind, .type = type, .count = 1, .ttl = ttl};

	item.data = kind == NAMED_CACHE_RRSET ? address : soa;
	item.len = kind == NAMED_CACHE_RRSET ? sizeof(address) : sizeof(soa);
	assert_int_equal(named_name_from_text(&name, text), 0);
	assert_int_equal(named_cache_put(cache, &name, &item, now), 0);
}

/* The seconds that are left, -1: nothing is there, -2: something else is. */
static int find(struct named_cache *cache, const char *text, uint16_t type, uint64_t now)
{
	struct named_name name;
	struct named_cache_entry *entry;
	uint64_t hash;
	int left;

	assert_int_equal(named_name_from_text(&name, text), 0);
	hash = named_cache_hash(cache, &name);
	entry = named_cache_find(cache, hash, &name, type, false, now);
	if (!entry)
		return -1;
	left = entry->kind == NAMED_CACHE_RRSET && entry->type == type
	           ? (int)named_cache_left(entry, now)
	           : -2;
	named_cache_release(cache, hash, NAMED_CACHE_HIT);
	return left;
}

static void test_life(void **state)
{
	struct named_cache *cache = make(&(struct named_cache_config){0});
	struct named_cache_stats stats;

	(void)state;
	put(cache, "A.example", NAMED_CACHE_RRSET, NAMED_TYPE_A, 10, 5 * SECOND);
	assert_int_equal(find(cache, "a.EXAMPLE", NAMED_TYPE_A, 5 * SECOND), 10);
	assert_int_equal(find(cache, "a.example", NAMED_TYPE_A, 6 * SECOND), 9);
	assert_int_equal(find(cache, "a.example", NAMED_TYPE_A, 15 * SECOND - 1), 1);
	assert_int_equal(find(cache, "a.example", NAMED_TYPE_AAAA, 6 * SECOND), -1);
	assert_int_equal(find(cache, "example", NAMED_TYPE_A, 6 * SECOND), -1);
	assert_int_equal(find(cache, "a.example", NAMED_TYPE_A, 15 * SECOND), -1);
	named_cache_get_stats(cache, &stats);
	assert_int_equal(stats.hits, 3);
	assert_int_equal(stats.expired, 1);
	assert_int_equal(stats.entries, 0);
	assert_int_equal(stats.bytes, 0);
	named_cache_free(cache);
}

static void test_ttl_bounds(void **state)
{
	struct named_cache *cache =
	    make(&(struct named_cache_config){.ttl_min = 5, .ttl_max = 100, .negative_max = 20});

	(void)state;
	put(cache, "a", NAMED_CACHE_RRSET, 1, 0, 0);
	put(cache, "b", NAMED_CACHE_RRSET, 1, 1000, 0);
	put(cache, "c", NAMED_CACHE_RRSET, 1, 0x80000000, 0); /* RFC 2181, 8: as 0 */
	put(cache, "d", NAMED_CACHE_NODATA, 1, 1000, 0);
	assert_int_equal(find(cache, "a", 1, 0), 5);
	assert_int_equal(find(cache, "b", 1, 0), 100);
	assert_int_equal(find(cache, "c", 1, 0), 5);
	assert_int_equal(find(cache, "d", 1, 20 * SECOND - 1), -2);
	assert_int_equal(find(cache, "d", 1, 20 * SECOND), -1);
	named_cache_free(cache);
	cache = make(&(struct named_cache_config){0});
	put(cache, "a", NAMED_CACHE_RRSET, 1, 0, 0);
	put(cache, "b", NAMED_CACHE_RRSET, 1, 10000000, 0);
	put(cache, "d", NAMED_CACHE_NODATA, 1, 100000, 0);
	assert_int_equal(find(cache, "a", 1, 0), -1);
	assert_int_equal(find(cache, "b", 1, 0), NAMED_CACHE_TTL_MAX);
	assert_int_equal(find(cache, "d", 1, 10800 * SECOND - 1), -2);
	assert_int_equal(find(cache, "d", 1, 10800 * SECOND), -1);
	named_cache_free(cache);
}

/* What is said of a name later replaces what it contradicts. */
static void test_replacement(void **state)
{
	struct named_cache *cache = make(&(struct named_cache_config){0});

	(void)state;
	put(cache, "a", NAMED_CACHE_NXDOMAIN, 0, 100, 0);
	assert_int_equal(find(cache, "a", NAMED_TYPE_A, 0), -2);
	assert_int_equal(find(cache, "a", NAMED_TYPE_MX, 0), -2);
	put(cache, "a", NAMED_CACHE_NODATA, NAMED_TYPE_MX, 100, 0);
	assert_int_equal(find(cache, "a", NAMED_TYPE_A, 0), -1);
	put(cache, "a", NAMED_CACHE_RRSET, NAMED_TYPE_CNAME, 100, 0);
	assert_int_equal(find(cache, "a", NAMED_TYPE_A, 0), -2);
	put(cache, "a", NAMED_CACHE_RRSET, NAMED_TYPE_A, 100, 0);
	assert_int_equal(find(cache, "a", NAMED_TYPE_A, 0), 100);
	assert_int_equal(find(cache, "a", NAMED_TYPE_CNAME, 0), -1);
	put(cache, "a", NAMED_CACHE_RRSET, NAMED_TYPE_A, 50, 0);
	assert_int_equal(find(cache, "a", NAMED_TYPE_A, 0), 50);
	/* That there is no CNAME says nothing about A. */
	put(cache, "b", NAMED_CACHE_NODATA, NAMED_TYPE_CNAME, 100, 0);
	assert_int_equal(find(cache, "b", NAMED_TYPE_A, 0), -1);
	assert_int_equal(find(cache, "b", NAMED_TYPE_CNAME, 0), -2);
	/* A TTL of 0 ends what was there. */
	put(cache, "a", NAMED_CACHE_RRSET, NAMED_TYPE_A, 0, 0);
	assert_int_equal(find(cache, "a", NAMED_TYPE_A, 0), -1);
	named_cache_free(cache);
}

/* Never more bytes than allowed; what is used stays. */
static void test_bound(void **state)
{
	struct named_cache *cache = make(&(struct named_cache_config){.bytes = 64 << 10, .shards = 1});
	struct named_cache_stats stats;
	static uint8_t large[20000];
	struct named_name name;
	struct named_cache_item item = {
	    .type = 1, .count = 1, .ttl = 10, .data = large, .len = sizeof(large)};
	char text[20];

	(void)state;
	for (unsigned int i = 0; i < 10000; i++) {
		snprintf(text, sizeof(text), "n%u.example", i);
		put(cache, text, NAMED_CACHE_RRSET, 1, 100, 0);
		if (i % 10 == 0)
			put(cache, "often.example", NAMED_CACHE_RRSET, 2, 100, 0);
		assert_true(find(cache, "n0.example", 1, 0) == 100);
	}
	named_cache_get_stats(cache, &stats);
	assert_in_range(stats.bytes, 60 << 10, 64 << 10);
	assert_in_range(stats.entries, 500, 700);
	assert_true(stats.evicted > 9000);
	/* The newest are there. */
	assert_int_equal(find(cache, "n9999.example", 1, 0), 100);
	assert_int_equal(find(cache, "n9800.example", 1, 0), 100);
	assert_int_equal(find(cache, "n1.example", 1, 0), -1);
	/* One that is too large takes nobody's place. */
	assert_int_equal(named_name_from_text(&name, "x"), 0);
	assert_int_equal(named_cache_put(cache, &name, &item, 0), -E2BIG);
	assert_int_equal(find(cache, "n9800.example", 1, 0), 100);
	named_cache_free(cache);
}

/* Upstream's clock stood still under load. Here nothing is ever looked up: what is over goes as
 * other things come. */
static void test_steady_load(void **state)
{
	struct named_cache *cache = make(&(struct named_cache_config){.bytes = 8 << 20, .shards = 4});
	struct named_cache_stats stats;
	char text[20];

	(void)state;
	for (unsigned int i = 0; i < 50000; i++) {
		snprintf(text, sizeof(text), "n%u.example", i);
		/* Every tenth lives for long, and must not keep the others. */
		put(cache, text, NAMED_CACHE_RRSET, 1, i % 10 ? 1 : 86400, i * (SECOND / 1000));
	}
	named_cache_get_stats(cache, &stats);
	assert_int_equal(stats.evicted, 0);
	assert_in_range(stats.entries, 5000, 5000 + 2 * 1000 + 6000);
	assert_true(stats.expired > 37000);
	named_cache_free(cache);
}

static void test_flush(void **state)
{
	static const char *const names[] = {"a.x", "b.a.x", "c.b.a.x", "x", "ba.x", "other"};
	struct named_cache *cache = make(&(struct named_cache_config){0});
	struct named_name name;

	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		put(cache, names[i], NAMED_CACHE_RRSET, 1, 100, 0);
		put(cache, names[i], NAMED_CACHE_RRSET, 28, 100, 0);
	}
	assert_int_equal(named_name_from_text(&name, "A.x"), 0);
	assert_int_equal(named_cache_flush(cache, &name, false), 2);
	assert_int_equal(find(cache, "a.x", 1, 0), -1);
	assert_int_equal(find(cache, "b.a.x", 28, 0), 100);
	assert_int_equal(named_cache_flush(cache, &name, true), 4);
	assert_int_equal(find(cache, "ba.x", 1, 0), 100);
	assert_int_equal(named_cache_flush(cache, NULL, false), 6);
	assert_int_equal(find(cache, "other", 1, 0), -1);
	named_cache_free(cache);
}

static void test_stale(void **state)
{
	struct named_cache *cache = make(&(struct named_cache_config){.stale = 60});
	struct named_name name;
	uint64_t hash;

	(void)state;
	put(cache, "a", NAMED_CACHE_RRSET, 1, 10, 0);
	put(cache, "b", NAMED_CACHE_NODATA, 1, 10, 0);
	assert_int_equal(named_name_from_text(&name, "a"), 0);
	hash = named_cache_hash(cache, &name);
	assert_int_equal(find(cache, "a", 1, 11 * SECOND), -1);
	assert_non_null(named_cache_find(cache, hash, &name, 1, true, 70 * SECOND - 1));
	named_cache_release(cache, hash, NAMED_CACHE_STALE_HIT);
	assert_null(named_cache_find(cache, hash, &name, 1, true, 70 * SECOND));
	/* RFC 8767 is about data. */
	assert_int_equal(named_name_from_text(&name, "b"), 0);
	assert_null(
	    named_cache_find(cache, named_cache_hash(cache, &name), &name, 1, true, 11 * SECOND));
	named_cache_free(cache);
}

struct worker {
	struct named_cache *cache;
	unsigned int seed;
	pthread_t thread;
};

static void *work(void *argument)
{
	struct worker *worker = argument;

	for (unsigned int i = 0; i < 5000; i++) {
		unsigned int n = (worker->seed += 2654435761U) >> 8;
		char text[20];
		struct named_name name;

		snprintf(text, sizeof(text), "n%u.example", n % 500);
		if (n % 3 == 0)
			put(worker->cache, text, NAMED_CACHE_RRSET, 1, 1 + n % 5, i * (SECOND / 1000));
		else if (n % 1000 == 1 && named_name_from_text(&name, text) == 0)
			(void)named_cache_flush(worker->cache, &name, false);
		else
			(void)find(worker->cache, text, 1, i * (SECOND / 1000));
	}
	return NULL;
}

static void test_threads(void **state)
{
	struct named_cache *cache = make(&(struct named_cache_config){.bytes = 256 << 10});
	struct worker workers[4];

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		workers[i] = (struct worker){.cache = cache, .seed = i};
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (unsigned int i = 0; i < 4; i++)
		pthread_join(workers[i].thread, NULL);
	named_cache_free(cache);
}

static void test_config(void **state)
{
	struct named_cache *cache;

	(void)state;
	assert_int_equal(named_cache_new(&cache, &(struct named_cache_config){.shards = 3}), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_life),
	    cmocka_unit_test(test_ttl_bounds),
	    cmocka_unit_test(test_replacement),
	    cmocka_unit_test(test_bound),
	    cmocka_unit_test(test_steady_load),
	    cmocka_unit_test(test_flush),
	    cmocka_unit_test(test_stale),
	    cmocka_unit_test(test_threads),
	    cmocka_unit_test(test_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
