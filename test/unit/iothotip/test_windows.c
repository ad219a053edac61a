/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many windows, one after the other: nothing grows, and no client that is within 7 seconds fails.
 *
 * By a clock of the test's, 10,000 of them (fewer where a stack is another process: OTIP_VIRTUAL);
 * and by the real one, with a thread and windows of a second (OTIP_REAL of them). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <ioth.h>

#include "clock.h"
#include "world.h"

struct usage {
	size_t descriptors, threads, addresses, bytes;
};

static struct usage usage(void)
{
	return (struct usage){world_open_descriptors(), world_threads(), world_interface_addresses(),
	    mallinfo2().uordblks};
}

static long number(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : otherwise;
}

static void serve_one(int fd, int64_t window)
{
	struct in6_addr address = world_address(window);
	int here = world_connect(&address, PORT), there;

	if (here < 0)
		fail_msg("no answer in window %lld", (long long)window);
	there = world_accept(fd);
	world_exchange(here, there);
	/* The client goes first: what is left of a connection is on its side. */
	ioth_close(here);
	assert_true(world_readable(there, PATIENCE));
	ioth_close(there);
}

static void test_virtual(void **state)
{
	const long windows = number("OTIP_VIRTUAL", 10000);
	struct usage before = {0}, after;
	struct iothotip *otip;
	int fd, datagrams;

	wall = NOW;
	otip = world_service("");
	fd = iothotip_listen(otip, SOCK_STREAM | SOCK_CLOEXEC, PORT, 5);
	datagrams = iothotip_listen(otip, SOCK_DGRAM | SOCK_CLOEXEC, PORT, 5);
	assert_true(fd >= 0 && datagrams >= 0);
	for (long i = 0; i < windows; i++) {
		int64_t begins = NOW + i * 32;

		/* What is due is done when it is due: the window opens, the one before closes. */
		world_at(otip, begins - 8);
		if (i % 16 == 0)
			serve_one(fd, (begins - 8 - 7) / 32); /* 7 seconds slow */
		world_at(otip, begins);
		if (i % 16 == 4)
			serve_one(fd, begins / 32);
		if (i % 16 == 8)
			serve_one(fd, (begins - 7) / 32);
		world_at(otip, begins + 8);
		world_at(otip, begins + 8 + OTIP_KEEPER_LOOK);
		if (i == windows / 10)
			before = usage();
	}
	after = usage();
	assert_int_equal(after.descriptors, before.descriptors);
	assert_int_equal(after.threads, before.threads);
	assert_true(after.addresses <= before.addresses + 1);
	if (after.bytes > before.bytes + 100000)
		fail_msg("%zu bytes have become %zu", before.bytes, after.bytes);
	iothotip_close(otip, fd);
	iothotip_close(otip, datagrams);
	iothotip_stop(otip);
}

static void sleep_until_next_second(void)
{
	struct timespec now, rest = {0};

	clock_gettime(CLOCK_REALTIME, &now);
	rest.tv_nsec = 1000000000 - now.tv_nsec - (now.tv_nsec == 0);
	nanosleep(&rest, NULL);
}

/* Windows of a second, 17 of which are open at a time; and a connection that outlives them all. */
static void test_real(void **state)
{
	const long windows = number("OTIP_REAL", 20);
	struct usage before = {0}, after;
	struct iothotip_stats stats;
	struct in6_addr address;
	struct iothotip *otip;
	int fd, here, there;
	int64_t end;

	fd = iothotip_server(
	    server, world_config(",period=1"), SOCK_STREAM | SOCK_CLOEXEC, PORT, 5, &otip);
	assert_true(fd >= 0);
	world_wait(otip);
	address = world_address(otip_clock_now());
	here = world_connect(&address, PORT);
	assert_true(here >= 0);
	there = world_accept(fd);
	end = otip_clock_now() + windows;
	for (long i = 0; otip_clock_now() < end; i++) {
		serve_one(fd, otip_clock_now());
		serve_one(fd, otip_clock_now() + 7);
		serve_one(fd, otip_clock_now() - 7);
		if (world_keeps_flows())
			world_exchange(here, there);
		if (i == 5)
			before = usage();
		sleep_until_next_second();
	}
	after = usage();
	if (before.descriptors) {
		assert_int_equal(after.descriptors, before.descriptors);
		assert_int_equal(after.threads, before.threads);
		assert_true(after.addresses <= before.addresses + OTIP_KEEPER_LOOK + 3);
	}
	assert_int_equal(iothotip_get_stats(otip, &stats, sizeof(stats)), 0);
	assert_true(stats.windows >= (uint64_t)windows);
	assert_int_equal(stats.failures, 0);
	ioth_close(here);
	ioth_close(there);
	iothotip_close(otip, fd);
	iothotip_stop(otip);
}

static int begin(void **state)
{
	world_begin();
	return 0;
}

static int end(void **state)
{
	world_end();
	return 0;
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_virtual),
	    cmocka_unit_test(test_real),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, begin, end);
}
