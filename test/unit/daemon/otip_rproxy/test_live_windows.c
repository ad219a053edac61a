/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ten thousand windows through the proxy, between real stacks and by a clock of the test's: nothing
 * grows, and no client fails whose clock is within 7 seconds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>

#include "live.h"

#define BEGIN  INT64_C(1700000000) /* of a window */
#define PERIOD 32
#define EVERY  40 /* windows: clients come in one of so many */

static const struct live_schedule usual = {PERIOD, 8, 8};

static long number(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : otherwise;
}

/* A client with a clock that is off by `skew`. */
static void visit(int skew)
{
	struct in6_addr address = live_address(LIVE_NAME, LIVE_PASSWORD, (live_now() + skew) / PERIOD);
	int fd = live_connect(&address);

	assert_true(fd >= 0);
	live_hang_up(fd);
	fd = live_ask(&address);
	assert_true(fd >= 0);
	live_forget(fd);
}

/* Not the flows that the test has left for a moment. */
static struct live_usage settled_usage(uint64_t connections)
{
	assert_true(live_comes_to("tcp_open", connections));
	return live_usage();
}

static void test_many(void **state)
{
	const long windows = number("RPROXY_VIRTUAL", 10000);
	struct live_usage before = {0}, after;
	struct in6_addr first = live_address(LIVE_NAME, LIVE_PASSWORD, BEGIN / PERIOD);
	int stays;

	live_start(&usual, LIVE_NAME, BEGIN);
	stays = live_connect(&first);
	assert_true(stays >= 0);
	for (long i = 0; i < windows; i++) {
		int64_t begins = BEGIN + i * PERIOD;
		long turn = i % EVERY;

		/* At each moment in which windows change, and just before. */
		live_set(begins + 7);
		if (turn == 0)
			visit(-7);
		live_set(begins + 8);
		if (turn == 1)
			visit(-7);
		live_set(begins + 23);
		if (turn == 2)
			visit(7);
		live_set(begins + 24);
		if (turn == 3)
			visit(7);
		live_set(begins + 31);
		if (turn == 4)
			visit(0);
		/* What was begun in the first window goes on. */
		if (turn == 5)
			assert_true(live_echoes(stays));
		if (turn == EVERY - 1 && i <= windows / 10)
			before = settled_usage(1);
	}
	after = settled_usage(1);
	assert_true(before.descriptors > 0);
	assert_in_range(after.descriptors, 1, before.descriptors);
	assert_in_range(after.threads, 1, before.threads);
	assert_in_range(after.addresses, 1, before.addresses + 1);
	assert_true(after.blocks <= before.blocks + 8);
	print_message("%ld windows: %zu to %zu descriptors, %ld to %ld blocks, %zu to %zu KiB\n",
	    windows, before.descriptors, after.descriptors, before.blocks, after.blocks,
	    before.resident, after.resident);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	assert_true(after.resident <= before.resident + 4096);
#endif
	assert_true(live_metric("windows_total") >= (uint64_t)windows);
	assert_int_equal(live_metric("udp_open"), 0);
	assert_int_equal(live_metric("no_descriptors_total"), 0);
	assert_true(live_echoes(stays));
	live_hang_up(stays);
	assert_true(live_comes_to("tcp_open", 0));
	assert_true(live_comes_to("addresses", 2));
	live_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_many)};

	return cmocka_run_group_tests(tests, live_begin, live_end);
}
