/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records: sources are independent, what is confirmed is not touched, what is not ours stays, and
 * the text of a resolv.conf. The stack is a list of what was added. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>

#include "records.h"
#include "request.h"

static struct world {
	struct records records;
	char log[2000]; /* +KIND.LASTBYTE, -KIND.LASTBYTE */
	int error;      /* what adding gives */
	bool detects;
	unsigned int forgotten;
} world;

static void note(char sign, const struct record *record)
{
	size_t len = strlen(world.log);
	int last = record->family == AF_INET ? 3 : 15;

	snprintf(world.log + len, sizeof(world.log) - len, " %c%d.%d", sign, (int)record->kind,
	    record->has_gateway ? record->gateway[last] : record->address[last]);
}

static int add(void *context, struct record *record)
{
	note('+', record);
	return world.error;
}

static void remove_one(void *context, const struct record *record)
{
	note('-', record);
}

static void renew(void *context, const struct record *record)
{
	note('~', record);
}

static bool detect(void *context, const struct record *record)
{
	return world.detects;
}

static void forget(void *context, const struct record *record)
{
	world.forgotten++;
}

static const struct record_ops ops = {add, remove_one, renew, detect, forget};

static void begin(void)
{
	memset(&world, 0, sizeof(world));
	records_init(&world.records, &ops, NULL);
}

static void assert_log(const char *expected)
{
	assert_string_equal(world.log, expected);
	world.log[0] = '\0';
}

static struct record address(unsigned int source, int family, uint8_t last)
{
	struct record record = {.source = source, .kind = RECORD_ADDRESS, .family = family, .len = 24};

	record.address[family == AF_INET ? 3 : 15] = last;
	return record;
}

static struct record route(unsigned int source, uint8_t last)
{
	struct record record = {
	    .source = source, .kind = RECORD_ROUTE, .family = AF_INET, .has_gateway = true};

	record.gateway[3] = last;
	return record;
}

static struct record dns(unsigned int source, int family, uint8_t last)
{
	struct record record = address(source, family, last);

	record.kind = RECORD_DNS;
	record.len = 0;
	return record;
}

static struct record domain(unsigned int source, const char *name)
{
	return (struct record){
	    .source = source, .kind = RECORD_DOMAIN, .domain = (char *)(uintptr_t)name};
}

static void put(struct record record)
{
	records_add(&world.records, &record);
}

static void test_replace(void **state)
{
	begin();
	records_begin(&world.records, SOURCE_DHCP4);
	put(address(SOURCE_DHCP4, AF_INET, 1));
	put(route(SOURCE_DHCP4, 254));
	records_commit(&world.records, SOURCE_DHCP4);
	assert_log(" +0.1 +1.254");
	put(address(SOURCE_STATIC, AF_INET, 9));
	assert_log(" +0.9");
	records_begin(&world.records, SOURCE_DHCP4); /* the same again: nothing happens */
	put(address(SOURCE_DHCP4, AF_INET, 1));
	put(route(SOURCE_DHCP4, 254));
	records_commit(&world.records, SOURCE_DHCP4);
	assert_log("");
	records_begin(&world.records, SOURCE_DHCP4); /* another address, the same router */
	put(address(SOURCE_DHCP4, AF_INET, 2));
	put(route(SOURCE_DHCP4, 254));
	records_commit(&world.records, SOURCE_DHCP4);
	assert_log(" +0.2 -0.1");
	records_clear(&world.records, SOURCE_DHCP4); /* routes first */
	assert_log(" -1.254 -0.2");
	assert_true(records_has(&world.records, SOURCE_STATIC, RECORD_ADDRESS));
	records_clear(&world.records, SOURCE_STATIC);
	assert_log(" -0.9");
}

/* What was there before is left there; what two sources say goes with the last of them. */
static void test_ownership(void **state)
{
	begin();
	world.error = -EEXIST;
	put(address(SOURCE_RD, AF_INET, 1));
	assert_log(" +0.1");
	assert_true(records_has(&world.records, SOURCE_RD, RECORD_ADDRESS));
	records_clear(&world.records, SOURCE_RD);
	assert_log("");

	world.error = 0;
	put(address(SOURCE_DHCP4, AF_INET, 1));
	world.error = -EEXIST;
	put(address(SOURCE_STATIC, AF_INET, 1));
	world.log[0] = '\0';
	records_clear(&world.records, SOURCE_DHCP4);
	assert_log("");
	records_clear(&world.records, SOURCE_STATIC);
	assert_log(" -0.1");
}

static void test_refused(void **state)
{
	begin();
	world.error = -EPERM;
	put(address(SOURCE_STATIC, AF_INET, 1));
	assert_int_equal(world.records.error, -EPERM);
	assert_false(records_has(&world.records, SOURCE_STATIC, RECORD_ADDRESS));
	assert_log(" +0.1");
	/* Said again, it is tried again: what was missing may be there. */
	put(address(SOURCE_STATIC, AF_INET, 1));
	assert_false(records_has(&world.records, SOURCE_STATIC, RECORD_ADDRESS));
	world.error = 0;
	put(address(SOURCE_STATIC, AF_INET, 1));
	assert_true(records_has(&world.records, SOURCE_STATIC, RECORD_ADDRESS));
	assert_log(" +0.1 +0.1");
	put(address(SOURCE_STATIC, AF_INET, 1));
	records_clear(&world.records, SOURCE_STATIC);
	assert_log(" -0.1");
	world.error = -EPERM;
	put(address(SOURCE_STATIC, AF_INET, 1));
	world.log[0] = '\0';
	records_clear(&world.records, SOURCE_STATIC);
	assert_log("");
}

static void test_remove(void **state)
{
	struct record one = address(SOURCE_STATIC, AF_INET, 1), name = domain(SOURCE_STATIC, "a.b");

	begin();
	assert_int_equal(records_remove(&world.records, &one), -ENOENT);
	put(one);
	put(name);
	assert_int_equal(records_remove(&world.records, &one), 0);
	assert_int_equal(records_remove(&world.records, &name), 0);
	assert_log(" +0.1 -0.1");
	one.source = SOURCE_DHCP4;
	put(one);
	one.source = SOURCE_STATIC;
	assert_int_equal(records_remove(&world.records, &one), -ENOENT); /* another source's */
	records_discard(&world.records);
	assert_log(" +0.1"); /* the stack is not touched */
}

static void test_detection(void **state)
{
	struct record one = address(SOURCE_RD, AF_INET6, 1), two = address(SOURCE_DHCP6, AF_INET6, 1);

	begin();
	world.detects = true;
	put(one);
	put(two);
	put(address(SOURCE_DHCP4, AF_INET, 4)); /* not of IPv6 */
	assert_log(" +0.4");
	assert_true(records_waiting(&world.records, SOURCE_RD));
	assert_int_equal(
	    records_dad_done(&world.records, one.address, false), SOURCE_RD | SOURCE_DHCP6);
	assert_log(" +0.1 +0.1");
	assert_false(records_waiting(&world.records, SOURCE_RD));
	assert_int_equal(records_dad_done(&world.records, one.address, false), 0);
	records_clear(&world.records, SOURCE_RD);
	records_clear(&world.records, SOURCE_DHCP6);
	world.log[0] = '\0';

	put(one);
	assert_int_equal(records_dad_done(&world.records, one.address, true), SOURCE_RD);
	put(one); /* somebody has it */
	assert_false(records_has(&world.records, SOURCE_RD, RECORD_ADDRESS));
	records_clear(&world.records, SOURCE_RD);
	put(one);
	records_clear(&world.records, SOURCE_RD); /* while it waits */
	assert_int_equal(world.forgotten, 1);
	assert_log("");
	records_discard(&world.records);
}

/* What has become of a record that was asked for. */
static void test_outcome(void **state)
{
	struct record one = address(SOURCE_STATIC, AF_INET6, 1);

	begin();
	assert_int_equal(records_outcome(&world.records, &one), -ENOENT);
	world.detects = true;
	put(one);
	assert_int_equal(records_outcome(&world.records, &one), 0);
	records_dad_done(&world.records, one.address, true);
	assert_int_equal(records_outcome(&world.records, &one), -EADDRINUSE);
	assert_int_equal(records_remove(&world.records, &one), 0);
	assert_log(""); /* it never was there */
	put(one);
	records_dad_done(&world.records, one.address, false);
	assert_int_equal(records_outcome(&world.records, &one), 0);
	records_clear(&world.records, SOURCE_STATIC);
	world.detects = false;
	world.error = -EACCES;
	put(one);
	assert_int_equal(records_outcome(&world.records, &one), -EADDRNOTAVAIL);
	records_discard(&world.records);
}

/* Lifetimes change while an address stays; only what is ours is told of it. */
static void test_lifetimes(void **state)
{
	struct record one = address(SOURCE_RD, AF_INET6, 1);

	begin();
	one.timed = true;
	one.valid = 10;
	put(one);
	assert_log(" +0.1");
	one.valid = 20;
	put(one);
	assert_log(" ~0.1");
	one.timed = false; /* for ever from now on */
	put(one);
	assert_log(" ~0.1");
	put(one);
	assert_log("");
	records_clear(&world.records, SOURCE_RD);
	assert_log(" -0.1");
	world.error = -EEXIST;
	one.timed = true;
	put(one);
	put(one);
	assert_log(" +0.1");
	records_discard(&world.records);
}

static void assert_text(const char *expected)
{
	char *text = records_resolvconf(&world.records);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void test_text(void **state)
{
	begin();
	assert_text("");
	assert_false(world.records.resolver_changed);
	put(dns(SOURCE_RD, AF_INET6, 5));
	assert_true(world.records.resolver_changed);
	put(dns(SOURCE_DHCP4, AF_INET, 4));
	put(dns(SOURCE_DHCP6, AF_INET6, 3));
	put(dns(SOURCE_STATIC, AF_INET, 2));
	put(dns(SOURCE_STATIC, AF_INET6, 1));
	put(dns(SOURCE_RD, AF_INET6, 3)); /* DHCPv6 says it, too */
	put(domain(SOURCE_RD, "z.example"));
	put(domain(SOURCE_DHCP4, "a.example"));
	put(domain(SOURCE_DHCP6, "z.example"));
	assert_text("search z.example a.example\nnameserver ::1\nnameserver 0.0.0.2\nnameserver ::3\n"
	            "nameserver 0.0.0.4\nnameserver ::5\n");
	world.records.resolver_changed = false;
	records_begin(&world.records, SOURCE_RD);
	put(dns(SOURCE_RD, AF_INET6, 5));
	put(dns(SOURCE_RD, AF_INET6, 3));
	put(domain(SOURCE_RD, "z.example"));
	records_commit(&world.records, SOURCE_RD);
	assert_false(world.records.resolver_changed);
	records_clear(&world.records, SOURCE_DHCP6); /* what goes is a change, too */
	assert_true(world.records.resolver_changed);
	assert_text("search z.example a.example\nnameserver ::1\nnameserver 0.0.0.2\n"
	            "nameserver 0.0.0.4\nnameserver ::5\nnameserver ::3\n");
	assert_log("");
	records_discard(&world.records);
	assert_text("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_replace),
	    cmocka_unit_test(test_ownership),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_remove),
	    cmocka_unit_test(test_detection),
	    cmocka_unit_test(test_outcome),
	    cmocka_unit_test(test_lifetimes),
	    cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
