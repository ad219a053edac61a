/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts that settings name: addresses and names in the order of the list, failures left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "dns_world.h"
#include "hex.h"
#include "hosts.h"
#include "log.h"

static struct names names;
static struct hosts hosts;
static unsigned int calls;

static void known(struct hosts *told)
{
	assert_ptr_equal(told, &hosts);
	assert_int_equal(told->open, 0);
	calls++;
}

static int setup(void **state)
{
	log_set_targets(0);
	memset(&dns, 0, sizeof(dns));
	calls = 0;
	return names_init(&names, &dns_ops, NULL);
}

static int teardown(void **state)
{
	names_fini(&names);
	assert_int_equal(dns.count, 0);
	return 0;
}

static const char *addresses(void)
{
	uint8_t bytes[HOSTS_MAX * 16];

	return to_hex(bytes, hosts_addresses(&hosts, bytes));
}

static void addresses_are_not_asked_for(void **state)
{
	hosts_ask(&hosts, &names, AF_INET, "10.0.0.1,10.0.0.2, fc00::1", known);
	assert_int_equal(hosts.open, 0);
	assert_int_equal(dns.asks, 0);
	assert_int_equal(calls, 0);
	assert_string_equal(addresses(), "0a0000010a000002");
	hosts_ask(&hosts, &names, AF_INET6, "10.0.0.1,fc00::1", known);
	assert_string_equal(addresses(), "fc000000000000000000000000000001");
	hosts_ask(&hosts, &names, AF_INET6, NULL, known);
	assert_string_equal(addresses(), "");
	assert_int_equal(calls, 0);
}

static void names_come_in_the_order_of_the_list(void **state)
{
	hosts_ask(&hosts, &names, AF_INET, "b.example,10.0.0.1,a.example,none.example,a.example", known);
	assert_int_equal(hosts.open, 4);
	assert_int_equal(dns.asks, 3); /* a name that is there twice is asked for once */
	assert_true(dns_answer(0, "a.example", NAMES_A, 60, "10.0.0.9 10.0.0.8"));
	assert_true(dns_fail(0, "none.example", NAMES_A, ENOENT));
	assert_int_equal(calls, 0);
	assert_true(dns_answer(0, "b.example", NAMES_A, 60, "10.0.0.7"));
	assert_int_equal(calls, 1);
	assert_string_equal(addresses(), "0a0000070a0000010a0000090a000009");
}

static void failures_are_left_out(void **state)
{
	char list[HOSTS_MAX * 10 + 300], long_name[280];

	hosts_ask(&hosts, &names, AF_INET6, "a.example,b.example", known);
	assert_true(dns_answer(0, "a.example", NAMES_AAAA, 60, ""));
	assert_true(dns_fail(0, "b.example", NAMES_AAAA, ETIMEDOUT));
	assert_int_equal(calls, 1);
	assert_string_equal(addresses(), "");
	dns.refuse = -EMFILE;
	hosts_ask(&hosts, &names, AF_INET6, "c.example", known);
	assert_int_equal(hosts.open, 0);
	assert_string_equal(addresses(), "");
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	snprintf(list, sizeof(list), "%s", long_name);
	for (unsigned int i = 0; i < HOSTS_MAX + 2; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), ",10.0.0.%u", i);
	hosts_ask(&hosts, &names, AF_INET, list, known);
	assert_int_equal(hosts.count, HOSTS_MAX);
	assert_int_equal(strlen(addresses()), HOSTS_MAX * 8);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(addresses_are_not_asked_for),
	    TEST(names_come_in_the_order_of_the_list),
	    TEST(failures_are_left_out),
	};

	return cmocka_run_group_tests_name("namedhcp_hosts", tests, NULL, NULL);
}
