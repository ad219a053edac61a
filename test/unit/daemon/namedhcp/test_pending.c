/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The share of a client, and of all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "pending.h"

static struct pending pending;

struct request {
	struct pending_request pending;
	unsigned int number;
};

static unsigned int evicted[5 * PENDING_MAX], evictions;

static void evict(struct pending_request *request)
{
	struct request *one = list_entry(request, struct request, pending);

	evicted[evictions++] = one->number;
	pending_remove(&pending, request);
	free(one);
}

static int setup(void **state)
{
	evictions = 0;
	return pending_init(&pending, evict);
}

static int teardown(void **state)
{
	pending_fini(&pending);
	assert_int_equal(pending.all.count, 0);
	assert_int_equal(pending.clients.count, 0);
	return 0;
}

static struct request *add(unsigned int client, unsigned int number)
{
	uint8_t key[PENDING_KEY] = {(uint8_t)(client >> 8), (uint8_t)client};
	struct request *request = calloc(1, sizeof(*request));

	request->number = number;
	assert_int_equal(pending_add(&pending, &request->pending, key), 0);
	return request;
}

static void a_client_has_its_share(void **state)
{
	add(2, 1000);
	for (unsigned int i = 0; i < 10; i++)
		add(1, i);
	assert_int_equal(evictions, 10 - PENDING_OF_CLIENT);
	for (unsigned int i = 0; i < evictions; i++)
		assert_int_equal(evicted[i], i); /* its own oldest; not the other's */
	assert_int_equal(pending.all.count, PENDING_OF_CLIENT + 1);
}

/* With three new requests for each place the share of those that stay is exp(-3), 51 of 1024. In
 * the order of their age there would be none. */
static void one_goes_when_all_is_full(void **state)
{
	unsigned int first = 0;

	for (unsigned int i = 0; i < PENDING_MAX; i++)
		add(i, i);
	assert_int_equal(evictions, 0);
	for (unsigned int i = PENDING_MAX; i < 4 * PENDING_MAX; i++)
		add(i, i);
	assert_int_equal(evictions, 3 * PENDING_MAX);
	assert_int_equal(pending.all.count, PENDING_MAX);
	for (unsigned int i = 0; i < evictions; i++)
		first += evicted[i] < PENDING_MAX;
	assert_in_range(first, PENDING_MAX / 2, PENDING_MAX - 1);
}

static void who_is_answered_is_forgotten(void **state)
{
	struct request *request = add(7, 1);

	pending_remove(&pending, &request->pending);
	free(request);
	assert_int_equal(pending.all.count, 0);
	assert_int_equal(pending.clients.count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(a_client_has_its_share),
	    TEST(one_goes_when_all_is_full),
	    TEST(who_is_answered_is_forgotten),
	};

	return cmocka_run_group_tests_name("namedhcp_pending", tests, NULL, NULL);
}
