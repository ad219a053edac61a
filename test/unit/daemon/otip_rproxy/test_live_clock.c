/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The proxy, and a clock that does what it wants: steps, periods of nothing, of a second and of 68
 * years; and clients who do not know where to go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>

#include "live.h"

#define BEGIN INT64_C(1700000000) /* of a window of 32 seconds */

static const struct live_schedule usual = {32, 8, 8};
static struct live_schedule schedule;
static char name[20]; /* each test's own */

static int64_t window_at(int64_t time)
{
	return schedule.period ? time / schedule.period : 0;
}

static struct in6_addr address_at(int64_t time)
{
	return live_address(name, LIVE_PASSWORD, window_at(time));
}

static void start(const struct live_schedule *wanted, int64_t now)
{
	static int number;

	snprintf(name, sizeof(name), "renzo%d.otip", number++);
	schedule = *wanted;
	live_start(&schedule, name, now);
}

/* A client whose clock is off by `skew`. */
static void assert_served(int64_t skew)
{
	struct in6_addr address = address_at(live_now() + skew);
	int fd = live_connect(&address);

	if (fd < 0)
		fail_msg("no connection at %" PRId64 ", %" PRId64 " seconds off", live_now(), skew);
	live_hang_up(fd);
	fd = live_ask(&address);
	if (fd < 0)
		fail_msg("no answer at %" PRId64 ", %" PRId64 " seconds off", live_now(), skew);
	live_forget(fd);
}

static void assert_all_served(void)
{
	for (int64_t skew = -7; skew <= 7; skew += 7)
		assert_served(skew);
}

/* Nobody is there: not even a refusal comes. What was sent after it has been answered, so this
 * would have been, too. */
static void assert_silent(const struct in6_addr *address)
{
	int fd = live_call(address, LIVE_PORT), state;

	assert_served(0);
	state = live_state_of(fd);
	assert_true(state == 0 || state == -EHOSTUNREACH);
	live_hang_up(fd);
}

static void test_steps(void **state)
{
	static const int64_t steps[] = {1, -1, 9, -9, 40, -40, 3600, -7200, 10800, -50000,
	    INT64_C(31557600) * 30, INT64_C(-31557600) * 60, 12345678};
	struct in6_addr first, before;
	int stays;

	start(&usual, BEGIN);
	first = address_at(BEGIN);
	stays = live_connect(&first);
	assert_true(stays >= 0);
	live_set(BEGIN + 32 + 8);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		before = address_at(live_now());
		live_step(live_now() + steps[i]);
		assert_all_served();
		assert_true(live_echoes(stays));
		if (steps[i] > 100 || steps[i] < -100)
			assert_silent(&before);
		/* And from there on time passes as ever. */
		live_set(live_now() + 33);
		assert_all_served();
	}
	/* A clock that nobody has set. */
	live_step(1000);
	assert_all_served();
	assert_true(live_echoes(stays));
	live_step(BEGIN + 3200);
	assert_all_served();
	live_hang_up(stays);
	assert_true(live_comes_to("tcp_open", 0));
	live_set(live_now() + 10);
	assert_true(live_metric("addresses") <= 2);
	live_stop();
}

static void assert_status_has(const char *format, int64_t time)
{
	struct in6_addr address = address_at(time);
	char text[INET6_ADDRSTRLEN], line[300];

	assert_non_null(inet_ntop(AF_INET6, &address, text, sizeof(text)));
	snprintf(line, sizeof(line), "\n%s: %s\n", text, format);
	if (!strstr(live_status(), line))
		fail_msg("no '%s' in: %s", line, live_status());
}

/* Which window is it, and what is open from when until when? */
static void test_status(void **state)
{
	static const char begin[] =
	    "current: window 53125000, since 2023-11-14T22:13:20Z until 2023-11-14T22:13:52Z\n";
	const struct live_schedule constant = {0, 8, 8};

	start(&usual, BEGIN);
	assert_memory_equal(live_status(), begin, sizeof(begin) - 1);
	assert_status_has("open, 0 flows, window 53125000, open from 2023-11-14T22:13:12Z until "
	                  "2023-11-14T22:14:00Z",
	    BEGIN);
	assert_status_has("open, 0 flows, window 53124999, open from 2023-11-14T22:12:40Z until "
	                  "2023-11-14T22:13:28Z",
	    BEGIN - 1);
	live_set(BEGIN + 25); /* the next one is open, and is not current */
	assert_memory_equal(live_status(), begin, sizeof(begin) - 1);
	assert_status_has("open, 0 flows, window 53125001, open from 2023-11-14T22:13:44Z until "
	                  "2023-11-14T22:14:32Z",
	    BEGIN + 32);
	live_stop();
	start(&constant, BEGIN);
	assert_memory_equal(live_status(), "current: window 0, always\n", 26);
	assert_status_has("open, 0 flows, window 0", BEGIN);
	live_stop();
}

/* Back to a time whose window was closed, and has a flow still: it opens again. */
static void test_back(void **state)
{
	struct in6_addr address;
	int stays;

	start(&usual, BEGIN);
	address = address_at(BEGIN);
	stays = live_connect(&address);
	assert_true(stays >= 0);
	live_set(BEGIN + 40);
	assert_silent(&address);
	live_step(BEGIN + 20);
	assert_all_served();
	assert_true(live_echoes(stays));
	live_hang_up(stays);
	assert_true(live_comes_to("tcp_open", 0));
	live_stop();
}

static void test_one_for_ever(void **state)
{
	static const struct live_schedule fixed = {0, 8, 8};

	start(&fixed, BEGIN);
	assert_served(0);
	live_set(BEGIN + 1000000);
	assert_served(-7);
	live_step(0);
	assert_served(0);
	live_step(INT64_C(253402300800)); /* the year 10000 */
	assert_served(0);
	assert_int_equal(live_metric("windows_total"), 1);
	live_stop();
}

/* A window a second, and none stays longer; with the usual margins 17 are open at a time. */
static void test_seconds(void **state)
{
	static const struct live_schedule bare = {1, 0, 0}, wide = {1, 8, 8};
	struct in6_addr before;

	start(&bare, BEGIN);
	for (int i = 0; i < 10; i++) {
		before = address_at(live_now());
		live_set(live_now() + 1);
		assert_silent(&before);
	}
	/* The mappings of ten seconds are there still, for eight; the clients' are not. */
	assert_in_range(live_metric("addresses"), 1, 10);
	live_set(live_now() + 100);
	assert_int_equal(live_metric("addresses"), 1);
	live_stop();
	start(&wide, BEGIN);
	for (int i = 0; i < 10; i++) {
		live_set(live_now() + 1);
		assert_all_served();
	}
	assert_in_range(live_metric("addresses"), 17, 27); /* with those of flows that were here */
	live_stop();
}

static void test_years(void **state)
{
	static const struct live_schedule all = {INT32_MAX, INT32_MAX, INT32_MAX},
	                                  one = {INT32_MAX, 8, 8};

	start(&one, BEGIN);
	assert_all_served();
	live_set(INT32_MAX - 8);
	assert_all_served();
	live_set(INT32_MAX);
	assert_all_served();
	live_set(INT64_C(2) * INT32_MAX + 7);
	assert_all_served();
	live_stop();
	start(&all, BEGIN);
	assert_served(0);
	assert_served(INT32_MAX);
	live_stop();
}

/* Another password, another name, a window of long ago, or any address at all. */
static void test_strangers(void **state)
{
	struct in6_addr address;

	start(&usual, BEGIN);
	address = live_address(name, "yourpassword", window_at(BEGIN));
	assert_silent(&address);
	address = live_address("lucia.otip", LIVE_PASSWORD, window_at(BEGIN));
	assert_silent(&address);
	address = live_address(name, LIVE_PASSWORD, window_at(BEGIN) - 100);
	assert_silent(&address);
	address = live_address(name, LIVE_PASSWORD, window_at(BEGIN) + 100);
	assert_silent(&address);
	live_stop();
}

/* A scan of the network: it finds nothing, and costs the proxy nothing. */
static void test_scan(void **state)
{
	enum { SCAN = 500 };
	struct live_usage before, after;
	int fds[SCAN];

	start(&usual, BEGIN);
	assert_served(0);
	assert_true(live_comes_to("tcp_open", 0));
	before = live_usage();
	for (int i = 0; i < SCAN; i++) {
		struct in6_addr address = live_address("scan", "", i + 1);

		fds[i] = live_call(&address, LIVE_PORT);
	}
	before.descriptors += SCAN;
	assert_all_served();
	assert_true(live_comes_to("tcp_open", 0));
	live_set(live_now() + 8);
	after = live_usage();
	assert_true(after.blocks <= before.blocks + 8);
	assert_true(after.addresses <= before.addresses + 1);
	for (int i = 0; i < SCAN; i++) {
		int result = live_state_of(fds[i]);

		assert_true(result == 0 || result == -EHOSTUNREACH);
		live_hang_up(fds[i]);
	}
	live_stop();
}

/* Datagrams that have begun go on at the address where they began, and others find nobody there. */
static void test_datagrams(void **state)
{
	struct in6_addr address;
	int asks, other;

	start(&usual, BEGIN);
	address = address_at(BEGIN);
	asks = live_ask(&address);
	other = live_ask(&address);
	assert_true(asks >= 0 && other >= 0);
	for (int i = 0; i < 20; i++) {
		live_set(live_now() + 5);
		assert_true(live_asks_again(asks));
	}
	assert_int_equal(live_metric("udp_open"), 1); /* the other was quiet */
	assert_silent(&address);
	live_set(live_now() + 5);
	assert_true(live_asks_again(asks));
	live_set(live_now() + 9);
	assert_int_equal(live_metric("udp_open"), 0);
	live_forget(asks);
	live_forget(other);
	live_stop();
}

/* Other options, while the clock steps: flows of before stay. */
static void test_reloads(void **state)
{
	static const struct live_schedule other = {10, 8, 8}, wider = {10, 30, 30};
	struct in6_addr first;
	int stays;

	start(&usual, BEGIN);
	first = address_at(BEGIN);
	stays = live_connect(&first);
	assert_true(stays >= 0);
	schedule = other;
	live_reload(&schedule, name);
	assert_all_served();
	assert_silent(&first);
	live_step(BEGIN + 3600);
	assert_all_served();
	schedule = wider;
	live_reload(&schedule, name);
	assert_served(-29);
	assert_served(29);
	live_step(BEGIN - 3600);
	assert_served(-29);
	assert_true(live_echoes(stays));
	live_hang_up(stays);
	assert_true(live_comes_to("tcp_open", 0));
	live_stop();
}

/* The interface was down and comes up: the addresses of both windows are there at once, and that of
 * a window which is over, for its flows: those go on. Time does not pass. */
static void test_link_down_and_up(void **state)
{
	struct in6_addr first, second, third;
	int stays, older, asks;
	bool is_shown;

	start(&usual, BEGIN);
	first = address_at(BEGIN);
	older = live_connect(&first);
	live_set(BEGIN + 32 + 24);
	second = address_at(live_now());
	third = address_at(live_now() + 8);
	stays = live_connect(&second);
	asks = live_ask(&second);
	assert_true(older >= 0 && stays >= 0 && asks >= 0);
	is_shown = live_outer_has(&first); /* some stacks do not show what is retired */
	for (int i = 0; i < 3; i++) {
		live_outer_link(false);
		live_turn();
		live_outer_link(true);
		assert_true(live_outer_comes_to(&second, true));
		assert_true(live_outer_comes_to(&third, true));
		assert_true(!is_shown || live_outer_comes_to(&first, true));
		assert_all_served();
		assert_true(live_echoes(stays));
		assert_true(live_echoes(older));
		assert_true(live_asks_again(asks));
		assert_silent(&first);
	}
	assert_int_equal(live_metric("windows_total"), 4);
	/* Somebody has taken one away. */
	live_outer_lose(&second);
	assert_true(live_outer_comes_to(&second, true));
	assert_true(live_echoes(stays));
	/* And when it is over nothing is left of it. */
	live_hang_up(stays);
	live_hang_up(older);
	live_forget(asks);
	assert_true(live_comes_to("tcp_open", 0));
	live_set(live_now() + 40);
	assert_true(live_comes_to("addresses", 2));
	assert_true(live_outer_comes_to(&first, false));
	assert_true(live_outer_comes_to(&second, false));
	live_stop();
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_steps),
	    cmocka_unit_test(test_status),
	    cmocka_unit_test(test_back),
	    cmocka_unit_test(test_one_for_ever),
	    cmocka_unit_test(test_seconds),
	    cmocka_unit_test(test_years),
	    cmocka_unit_test(test_strangers),
	    cmocka_unit_test(test_scan),
	    cmocka_unit_test(test_datagrams),
	    cmocka_unit_test(test_reloads),
	    cmocka_unit_test(test_link_down_and_up),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, live_begin, live_end);
}
