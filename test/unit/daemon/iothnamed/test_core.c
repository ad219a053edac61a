/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The core: packets that are known byte for byte, which record answers whom, what has no room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "cache.h"
#include "core_ask.h"
#include "zone.h"

static const char few[] = "net w ::/0\nauth static w .\nstatic A www.example.org 10.0.0.1\n";

/* spec 14.1 and 14.2: what every implementation answers, byte for byte. */
static void test_golden(void **state)
{
	(void)state;
	load("net w ::/0\nauth hash w .hash.local fc00::\nauth static w .test.local\n");
	assert_string_equal(
	    ask_hex("1234010000010000000000000572656e7a6f0468617368056c6f63616c00001c0001"),
	    "1234858000010001000000000572656e7a6f0468617368056c6f63616c00001c0001c00c001c00010000025800"
	    "10"
	    "fc0000000000000004cc80496765d03a");
	assert_string_equal(
	    ask_hex("1234010000010000000000000572656e7a6f0468617368056c6f63616c0000010001"),
	    "1234858000010000000000000572656e7a6f0468617368056c6f63616c0000010001");
	assert_string_equal(
	    ask_hex("1234010000010000000000000572656e7a6f0468617368056c6f6361780000010001"),
	    "1234810500010000000000000572656e7a6f0468617368056c6f6361780000010001");
	assert_string_equal(
	    ask_hex("123401000001000000000000046e6f70650474657374056c6f63616c0000010001"),
	    "123485030001000000000000046e6f70650474657374056c6f63616c0000010001");
	fixture_unload(&fixture);
}

/* Records in the order of the file; the client's nets; names in any case. */
static void test_selection(void **state)
{
	static const struct {
		const char *client, *name, *type, *reply;
	} cases[] = {
	    {"10.0.0.1", "err.test", "A", "8005"},
	    {"10.0.0.1", "x.err.test", "A", "8480: x.err.test A " TTL " 10.9.9.9"},
	    {"10.0.0.1", "x.Test", "A", "8403"},
	    {"10.0.0.1", "test", "A", "forward"},
	    {"10.0.0.1", "other", "A", "forward"},
	    {"10.0.0.1", ".", "NS", "forward"},
	    {"10.0.1.1", "x.test", "A", "8005"},
	    {"10.0.1.1", "open.test", "AAAA", "8480: open.test AAAA 600 fc00::a497:a700:846c:e648"},
	    {"fc00::1", "other", "A", "8005"},
	    {"fc01::1", "other", "A", "forward"},
	    {"10.0.0.1", "5.30.20.10.in-addr.arpa", "PTR", "8403"},
	    {"10.0.0.1", "30.20.10.in-addr.arpa", "PTR", "forward"},
	};

	(void)state;
	load("net local 10.0.0.0/24\nnet local fc01::/64\nnet world ::/0\ndns 192.0.2.1\n"
	     "auth error local err.TEST.\n"
	     "auth static local .test.\n"
	     "auth hash world open.test fc00::\n"
	     "auth static local 10.20.30.0/24\n"
	     "auth cache local .\n"
	     "auth fwd local .\n"
	     "static A x.err.test 10.9.9.9\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ask_from(cases[i].client, cases[i].name, cases[i].type);
		if (strcmp(fixture.text, cases[i].reply) != 0)
			fail_msg("%s %s: %s", cases[i].client, cases[i].name, fixture.text);
	}
	fixture.class = 3; /* CH */
	assert_string_equal(ask_from("10.0.0.1", "x.err.test", "A"), "8005");
	fixture.class = 255;
	assert_string_equal(
	    ask_from("10.0.0.1", "x.err.test", "A"), "8480: x.err.test A " TTL " 10.9.9.9");
	assert_string_equal(ask_from("10.0.0.1", "x.test", "AXFR"), "8005");
	fixture_unload(&fixture);
}

/* All 64 nets count, each for itself. */
static void test_nets(void **state)
{
	char conf[8192] = "";
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 64; i++)
		len += (size_t)snprintf(conf + len, sizeof(conf) - len,
		    "net n%d 10.0.%d.0/24\nauth static n%d .z%d\nstatic A a.z%d 10.1.1.%d\n", i, i, i, i, i,
		    i);
	load(conf);
	for (int i = 0; i < 64; i++) {
		for (int j = 0; j < 64; j++) {
			char client[20], name[20];

			snprintf(client, sizeof(client), "10.0.%d.77", i);
			snprintf(name, sizeof(name), "a.z%d", j);
			ask_from(client, name, "A");
			assert_true((strstr(fixture.text, "10.1.1.") != NULL) == (i == j));
		}
	}
	fixture_unload(&fixture);
	snprintf(conf + len, sizeof(conf) - len, "net n64 ::/0\n");
	assert_false(fixture_load(&fixture, conf));
	assert_string_equal(fixture.log, "test.rc (line 193): net: there are 64 already\n");
}

/* RD and CD are copied, nothing else of the query's flags is. */
static void test_flags(void **state)
{
	(void)state;
	load(few);
	fixture.flags = 0x07f0 & ~0x0000;
	assert_string_equal(ask("none.example.org", "A"), "8513");
	fixture.flags = 0x0100;
	assert_string_equal(ask("www.example.org", "MX"), "8580");
	fixture.flags = 0x8100;
	assert_string_equal(ask("www.example.org", "MX"), "drop");
	fixture.flags = 0x2000;
	assert_string_equal(ask("www.example.org", "MX"), "a004");
	fixture_unload(&fixture);
}

static void test_truncation(void **state)
{
	static const char text[] =
	    "0123456789012345678901234567890123456789012345678901234567890123456789";
	char conf[4096] = "net w ::/0\nauth static w .\n";
	size_t len = strlen(conf);

	(void)state;
	for (int i = 0; i < 8; i++)
		len += (size_t)snprintf(conf + len, sizeof(conf) - len, "static TXT a.b %d%s\n", i, text);
	load(conf);
	fixture.flags = 0x0100;
	assert_string_equal(ask("a.b", "TXT"), "8380");
	assert_int_equal(fixture.reply_len, 21);
	fixture.tcp = true;
	assert_int_equal(
	    strlen(ask("a.b", "TXT")), 4 + 8 * strlen(": a.b TXT " TTL " \"0\"") + 8 * strlen(text));
	fixture.edns = true;
	assert_true(strlen(ask("a.b", "TXT")) > 600);
	fixture.edns = true;
	fixture.edns_size = 600;
	assert_string_equal(ask("a.b", "TXT"), "8280: + OPT 0 ");
	fixture_unload(&fixture);
}

/* What fits into no datagram: referrals without their glue, chains, names of addresses. */
static void test_more_truncation(void **state)
{
	char conf[8192] = "net w ::/0\nauth static w .\nstatic SOA t n.t m.t\n";
	size_t len = strlen(conf);

	(void)state;
	for (int i = 0; i < 20; i++)
		len += (size_t)snprintf(conf + len, sizeof(conf) - len,
		    "static NS few.t ns%d.few.t\nstatic NS many.t "
		    "a-rather-long-name-of-a-server-%d.many.t\n"
		    "static A ns%d.few.t 10.0.0.%d\nstatic AAAA ns%d.few.t fc00::%d\n"
		    "static CNAME c%d.chain.t c%d.chain.t\n",
		    i, i, i, i, i, i, i, i + 1);
	for (int i = 0; i < 9; i++)
		len += (size_t)snprintf(conf + len, sizeof(conf) - len,
		    "static CNAME %d%050d.l.t %d%050d.l.t\nstatic TXT any.t %0250d\n", i, 0, i + 1, 0, i);
	load(conf);
	assert_string_equal(ask("x.few.t", "A"), "8280");
	assert_string_equal(ask("x.many.t", "A"), "8280");
	assert_string_equal(ask("any.t", "ANY"), "8280");
	assert_string_equal(
	    ask("000000000000000000000000000000000000000000000000000.l.t", "A"), "8280");
	fixture.tcp = true;
	ask("x.few.t", "A");
	assert_int_equal(fixture.reply[9], 20);
	assert_int_equal(fixture.reply[11], 40);
	/* A chain ends somewhere, and says nothing of what follows. */
	fixture.tcp = true;
	ask("c0.chain.t", "A");
	assert_int_equal(strncmp(fixture.text, "8480: c0.chain.t CNAME", 22), 0);
	assert_int_equal(fixture.reply[7], NAMED_CHAIN_LEVELS + 1);
	assert_int_equal(fixture.reply[9], 0);
	fixture_unload(&fixture);
}

/* The cache in its place among the records: a hit is an answer, a miss goes on. */
static void test_cache(void **state)
{
	static const uint8_t data[] = {0, 4, 10, 1, 2, 3};
	const struct named_cache_item item = {.kind = NAMED_CACHE_RRSET,
	    .type = NAMED_TYPE_A,
	    .count = 1,
	    .ttl = 100,
	    .data = data,
	    .len = sizeof(data)};
	struct named_name name;

	(void)state;
	load("net l 10.0.0.0/8\nnet w ::/0\ndns 192.0.2.1\nauth cache l .\nauth fwd w .\n");
	assert_int_equal(named_name_from_text(&name, "www.example.org"), 0);
	assert_int_equal(named_cache_put(fixture.shared.cache, &name, &item, fixture.now), 0);
	fixture.now += 40 * 1000000000ULL;
	fixture.flags = 0x0100;
	assert_string_equal(
	    ask_from("10.0.0.1", "WWW.example.org", "A"), "8180: WWW.example.org A 60 10.1.2.3");
	assert_false(fixture.request.wanted);
	assert_string_equal(ask_from("10.0.0.1", "www.example.org", "AAAA"), "forward");
	assert_true(fixture.request.wanted && fixture.request.cache);
	assert_string_equal(ask_from("11.0.0.1", "www.example.org", "A"), "forward");
	assert_false(fixture.request.cache);
	fixture.now += 60 * 1000000000ULL;
	assert_string_equal(ask_from("10.0.0.1", "www.example.org", "A"), "forward");
	fixture_unload(&fixture);
	load("net w ::/0\nauth accept w\nauth cache w .\n");
	assert_string_equal(ask("www.example.org", "A"), "8005");
	fixture_unload(&fixture);
}

static void test_reload(void **state)
{
	struct named_conf *other;

	(void)state;
	load(few);
	other = named_conf_parse("b", "net w ::/0\nauth accept w", 24);
	assert_non_null(other);
	assert_false(named_core_accepts(&fixture.core, &(struct in6_addr){{{1}}}));
	named_core_set_conf(&fixture.core, other);
	named_conf_unref(other);
	assert_true(named_core_accepts(&fixture.core, &(struct in6_addr){{{1}}}));
	assert_string_equal(ask("www.example.org", "A"), "8005");
	fixture_unload(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_golden),
	    cmocka_unit_test(test_selection),
	    cmocka_unit_test(test_nets),
	    cmocka_unit_test(test_flags),
	    cmocka_unit_test(test_truncation),
	    cmocka_unit_test(test_more_truncation),
	    cmocka_unit_test(test_cache),
	    cmocka_unit_test(test_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
