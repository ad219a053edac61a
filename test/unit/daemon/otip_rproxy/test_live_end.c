/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The moment in which a window ends, and what comes to its address afterwards. The linker puts a
 * call before and one behind that which retires the address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <ioth.h>

#include "live.h"

#define BEGIN INT64_C(1700000000) /* of a window of 32 seconds */
static const struct live_schedule usual = {32, 8, 8};

static const char *name;             /* each test's own */
static struct in6_addr ends;         /* the address whose end is watched */
static int before, after_it, behind; /* who calls then; -1: nobody yet */

/* The kernel answers by itself, picox when the loop goes on. */
static int call(void)
{
	struct pollfd item = {.fd = live_call(&ends, LIVE_PORT), .events = POLLOUT};

	if (!live_outer_is("picox"))
		(void)poll(&item, 1, LIVE_PATIENCE * 1000);
	return item.fd;
}

int __real_ioth_ipaddr_retire(
    struct ioth *stack, int family, void *address, int prefixlen, unsigned int ifindex);
int __wrap_ioth_ipaddr_retire(
    struct ioth *stack, int family, void *address, int prefixlen, unsigned int ifindex);

int __wrap_ioth_ipaddr_retire(
    struct ioth *stack, int family, void *address, int prefixlen, unsigned int ifindex)
{
	bool is_it = before < 0 && memcmp(address, &ends, sizeof(ends)) == 0;
	int result;

	if (is_it) {
		before = call();
		/* Its answer comes behind what the other client's answer was answered with. */
		after_it = call();
	}
	result = __real_ioth_ipaddr_retire(stack, family, address, prefixlen, ifindex);
	if (is_it)
		behind = live_call(&ends, LIVE_PORT);
	return result;
}

static struct in6_addr address_at(int64_t time)
{
	return live_address(name, LIVE_PASSWORD, time / 32);
}

/* What was sent before has arrived, and so has what there is of an answer. */
static void wait_for_answers(void)
{
	struct in6_addr address = address_at(live_now());
	int fd = live_connect(&address);

	assert_true(fd >= 0);
	live_hang_up(fd);
}

static void start(const char *whose)
{
	name = whose;
	before = after_it = behind = -1;
	live_start(&usual, name, BEGIN);
	ends = address_at(BEGIN);
}

static void stop(void)
{
	assert_true(live_comes_to("tcp_open", 0));
	live_stop();
}

static void assert_silent(int fd)
{
	int state = live_state_of(fd);

	assert_true(state == 0 || state == -EHOSTUNREACH);
	live_hang_up(fd);
}

static void assert_not_refused(int fd)
{
	int state = live_state_of(fd);

	assert_true(state >= 0 || state == -EHOSTUNREACH);
	live_hang_up(fd);
}

/* Whose connection was there before is served. One that is half open when the doors close is lost,
 * without a word; on picox it depends on the moment which of the two it was. */
static void assert_served_before(void)
{
	if (!live_outer_is("picox")) {
		assert_int_equal(live_state_of(before), 1);
		assert_true(live_echoes(before));
	}
	assert_not_refused(before);
	assert_not_refused(after_it);
}

/* Who comes later gets no answer. */
static void test_connections(void **state)
{
	int stays;

	start("connections.otip");
	stays = live_connect(&ends);
	assert_true(stays >= 0);
	live_set(BEGIN + 40);
	assert_true(before >= 0 && behind >= 0);
	wait_for_answers();
	assert_served_before();
	assert_silent(behind);
	assert_true(live_echoes(stays));
	live_hang_up(stays);
	stop();
}

/* A client that was forgotten hears nothing, like everybody; the other goes on. */
static void test_datagrams(void **state)
{
	int asks, quiet;
	char byte;

	start("datagrams.otip");
	asks = live_ask(&ends);
	quiet = live_ask(&ends);
	assert_true(asks >= 0 && quiet >= 0);
	live_set(BEGIN + 4);
	for (int i = 0; i < 8; i++) {
		assert_true(live_asks_again(asks));
		if (i < 7) /* beyond the window's end */
			assert_true(live_asks_again(quiet));
		live_set(live_now() + 5);
	}
	assert_true(live_asks_again(asks));
	assert_int_equal(live_metric("udp_open"), 1);
	assert_int_equal(ioth_send(quiet, "x", 1, 0), 1);
	wait_for_answers();
	assert_true(live_asks_again(asks));
	assert_int_equal(ioth_recv(quiet, &byte, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	live_forget(quiet);
	live_forget(asks);
	assert_served_before();
	assert_silent(behind);
	stop();
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_connections),
	    cmocka_unit_test(test_datagrams),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, live_begin, live_end);
}
