/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Forwarder and cache where memory is missing: each allocation fails once. Whoever asks gets a
 * reply, and nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>

#include "allocations.h"
#include "forward_world.h"

#define A NAMED_TYPE_A

static struct world *w;
static struct test_message m;

static int start(struct named_cache **cache)
{
	struct named_forward_config config = {0};

	if (named_cache_new(cache, &(struct named_cache_config){.shards = 2}) < 0)
		return -1;
	config.cache = *cache;
	w = world_try_new(2, &config);
	if (!w)
		named_cache_free(*cache);
	return w ? 0 : -1;
}

static bool go_through(void)
{
	struct named_cache *cache;
	unsigned int last;
	bool whole;

	if (start(&cache) < 0)
		return false;
	/* Two clients, one query; a failure and an answer; one that is held. */
	world_ask(w, 1, 512, "a.example", A, 1);
	world_ask(w, 2, 512, "A.example", A, 2);
	test_begin(&m, 3, 0, "a.example", A);
	world_ask_message(w, 3, 512, &m);
	last = w->sent_count;
	if (last > 0)
		world_answer_rcode(w, last - 1, NAMED_SERVFAIL);
	for (unsigned int i = last; i < w->sent_count; i++) {
		world_answer(w, i, 60, 1);
		world_until(w, w->now);
	}
	/* TC, and TCP. */
	test_begin(&m, 3, 0, "b.example", A);
	test_opt(&m, 4096, 0, 0, NULL, 0);
	last = w->sent_count;
	world_ask_message(w, 3, 4096, &m);
	if (w->sent_count > last) {
		world_answer_begin(w, last, TEST_REPLY | NAMED_FLAG_TC, &m);
		world_deliver(w, last, &m);
	}
	world_until(w, w->now + 4000 * WORLD_MSEC);
	assert_int_equal(w->reply_count, 4);
	assert_int_equal(metric_get(&named_forward_get_stats(w->forward)->waiting), 0);
	whole = metric_get(&named_forward_get_stats(w->forward)->refused) == 0;
	world_free(w);
	if (whole) {
		struct named_cache_stats stats;

		named_cache_get_stats(cache, &stats);
		whole = stats.refused == 0;
	}
	named_cache_free(cache);
	return whole;
}

static void test_memory(void **state)
{
	(void)state;
	assert_in_range(fail_each(go_through), 12, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_memory)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
