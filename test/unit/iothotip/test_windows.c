/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many windows, one after the other: nothing grows, and no client that is within 7 seconds fails.
 *
 * By a clock of the test's, 10,000 of them (fewer where a stack is another process: OTIP_VIRTUAL);
 * and by the real one, with a thread and windows of a second (OTIP_REAL of them). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <ioth.h>

#include "allocations.h"
#include "clock.h"
#include "stacks.h"
#include "world.h"

/* Blocks are the library's, and the test's. What the stacks have is theirs: a client remembers each
 * of its connections for a minute. */
struct usage {
	size_t descriptors, threads, addresses;
	long blocks;
};

static struct usage usage(void)
{
	return (struct usage){
	    stacks_descriptors(), stacks_threads(), stacks_addresses(server), allocations_blocks};
}

/* The same beside the service's thread, which has a socket more now and then, for a moment: the
 * least of some looks. */
static struct usage lasting_usage(void)
{
	const struct timespec moment = {.tv_nsec = 5000000};
	struct usage least = usage();

	for (int i = 0; i < 20; i++) {
		struct usage now = usage();

		if (now.descriptors < least.descriptors)
			least = now;
		nanosleep(&moment, NULL);
	}
	return least;
}

static long number(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : otherwise;
}

/* False: there was no answer. */
static bool is_served(struct iothotip *otip, int fd, int64_t window)
{
	const struct linger reset = {.l_onoff = 1};
	struct in6_addr address = world_address(window);
	int here, there;

	world_wait(otip);
	here = world_connect(&address, PORT);
	if (here < 0)
		return false;
	there = world_accept(fd);
	world_exchange(here, there);
	/* Nothing is left of the connection (TIME-WAIT), or its address would be in use for a minute.
	 */
	assert_int_equal(ioth_setsockopt(here, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
	ioth_close(here);
	assert_true(world_readable(there, PATIENCE));
	ioth_close(there);
	return true;
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
		world_set(otip, begins - 8);
		if (i % 16 == 0)
			assert_true(is_served(otip, fd, (begins - 8 - 7) / 32)); /* 7 seconds slow */
		world_set(otip, begins);
		if (i % 16 == 4)
			assert_true(is_served(otip, fd, begins / 32));
		if (i % 16 == 8)
			assert_true(is_served(otip, fd, (begins - 7) / 32));
		world_set(otip, begins + 8);
		if (i % 16 == 12)
			assert_true(is_served(otip, fd, (begins + 8 + 7) / 32));
		world_set(otip, begins + 8 + OTIP_KEEPER_LOOK);
		if (i == windows / 10)
			before = usage();
	}
	after = usage();
	assert_int_equal(after.descriptors, before.descriptors);
	assert_int_equal(after.threads, before.threads);
	assert_true(after.addresses <= before.addresses + 1);
	assert_true(after.blocks <= before.blocks + 1);
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
	int missed = 0;

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
		for (int skew = -4; skew <= 4; skew += 4) {
			int64_t window = otip_clock_now() + skew;

			/* Only a machine that stood still has an excuse: the window has closed meanwhile. */
			if (!is_served(otip, fd, window)) {
				assert_true(otip_clock_now() >= window + 1 + OTIP_POSTACTIVE);
				missed++;
			}
		}
		world_exchange(here, there);
		if (i == 5)
			before = lasting_usage();
		sleep_until_next_second();
	}
	after = lasting_usage();
	if (before.descriptors) {
		assert_int_equal(after.descriptors, before.descriptors);
		assert_int_equal(after.threads, before.threads);
		assert_true(after.addresses <= before.addresses + OTIP_KEEPER_LOOK + 3);
		assert_true(after.blocks <= before.blocks + OTIP_KEEPER_LOOK + 3);
	}
	assert_int_equal(iothotip_get_stats(otip, &stats, sizeof(stats)), 0);
	assert_true(stats.windows >= (uint64_t)windows);
	assert_int_equal(stats.failures, 0);
	assert_true(missed <= 2);
	ioth_close(here);
	ioth_close(there);
	iothotip_close(otip, fd);
	iothotip_stop(otip);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_virtual),
	    cmocka_unit_test(test_real),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
