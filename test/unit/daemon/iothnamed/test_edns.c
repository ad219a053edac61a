/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* EDNS0 (RFC 6891), its options and cookies (RFC 7873, RFC 9018), extended errors (RFC 8914): what
 * compliance testers ask, and RFC 9018's vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core_ask.h"
#include "record.h"

#define NAME     "01610162"        /* a.b, without its root */
#define QUESTION NAME "0000010001" /* A IN */
#define PLAIN    "123400000001000000000000" QUESTION
#define WITH_OPT "123400000001000000000001" QUESTION
#define ANSWER                                                                                     \
	"c00c00010001000000050004"                                                                     \
	"0a000001"

static const char conf[] = "net w ::/0\nauth static w a.b\nstatic A ttl=5 a.b 10.0.0.1\n";

static void test_compliance(void **state)
{
	static const struct {
		const char *what, *query, *reply;
	} cases[] = {
	    {"no EDNS", PLAIN, "123484800001000100000000" QUESTION ANSWER},
	    {"EDNS0", WITH_OPT "0000291000000000000000",
	        "123484800001000100000001" QUESTION ANSWER "00002904d0000000000000"},
	    {"size 0", WITH_OPT "0000290000000000000000",
	        "123484800001000100000001" QUESTION ANSWER "00002904d0000000000000"},
	    {"DO", WITH_OPT "0000291000000080000000",
	        "123484800001000100000001" QUESTION ANSWER "00002904d0000080000000"},
	    {"other flags", WITH_OPT "000029100000007fff0000",
	        "123484800001000100000001" QUESTION ANSWER "00002904d0000000000000"},
	    {"an unknown option",
	        WITH_OPT "0000291000000000000008"
	                 "00640004"
	                 "01020304",
	        "123484800001000100000001" QUESTION ANSWER "00002904d0000000000000"},
	    {"NSID, client subnet, EXPIRE, padding, key tag",
	        WITH_OPT "000029100000000000001d"
	                 "00030000"
	                 "0008000700012000"
	                 "c00002"
	                 "00090000"
	                 "000c0000"
	                 "000e000200ff",
	        "123484800001000100000001" QUESTION ANSWER "00002904d0000000000000"},
	    {"EDNS1", WITH_OPT "0000291000000100000000",
	        "123480000001000000000001" QUESTION "00002904d0010000000000"},
	    {"EDNS255", WITH_OPT "000029100000ff00000000",
	        "123480000001000000000001" QUESTION "00002904d0010000000000"},
	    {"EDNS100, an option",
	        WITH_OPT "0000291000006400000008"
	                 "00640004"
	                 "01020304",
	        "123480000001000000000001" QUESTION "00002904d0010000000000"},
	    {"EDNS1, DO and unknown flags", WITH_OPT "00002910000001ffff0000",
	        "123480000001000000000001" QUESTION "00002904d0010080000000"},
	    {"an extended rcode in the query", WITH_OPT "0000291000ff0000000000",
	        "123484800001000100000001" QUESTION ANSWER "00002904d0000000000000"},
	    {"an option that is cut off",
	        WITH_OPT "0000291000000000000004"
	                 "00640001",
	        "123480010001000000000001" QUESTION "00002904d0000000000000"},
	    {"a cookie of 7 bytes",
	        WITH_OPT "000029100000000000000b"
	                 "000a0007"
	                 "01020304050607",
	        "123480010001000000000001" QUESTION "00002904d0000000000000"},
	    {"a cookie of 15 bytes",
	        WITH_OPT "0000291000000000000013"
	                 "000a000f"
	                 "010203040506070809101112131415",
	        "123480010001000000000001" QUESTION "00002904d0000000000000"},
	    {"opcode 15",
	        "12347800000100000000"
	        "0000" QUESTION,
	        "1234f8040000000000000000"},
	    {"a name elsewhere",
	        "123400000001000000000001"
	        "0163"
	        "0000010001"
	        "0000291000000000000000",
	        "123480050001000000000001"
	        "0163"
	        "0000010001"
	        "00002904d0000000000006"
	        "000f00020012"},
	    {"class CH",
	        "123400000001000000000001" NAME "0000010003"
	        "0000291000000000000000",
	        "123480050001000000000001" NAME "0000010003"
	        "00002904d0000000000006"
	        "000f00020015"},
	};

	(void)state;
	load(conf);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *reply = ask_hex(cases[i].query);

		if (strcmp(reply, cases[i].reply) != 0)
			fail_msg("%s: %s, not %s", cases[i].what, reply, cases[i].reply);
	}
	fixture_unload(&fixture);
}

static void test_vectors(void **state)
{
	static const struct {
		const char *client, *secret, *old_secret, *option, *server;
		time_t now;
		enum named_cookie_status status;
	} cases[] = {
	    /* RFC 9018, A.1 to A.4 */
	    {"198.51.100.100", "e5e973e5a6b2a43f48e7dc849e37bfcf", NULL, "2464c4abcf10c957",
	        "010000005cf79f111f8130c3eee29480", 1559731985, NAMED_COOKIE_NEW},
	    {"198.51.100.100", "e5e973e5a6b2a43f48e7dc849e37bfcf", NULL,
	        "2464c4abcf10c957010000005cf79f111f8130c3eee29480", "010000005cf7a871d4a564a1442aca77",
	        1559734385, NAMED_COOKIE_GOOD},
	    {"203.0.113.203", "e5e973e5a6b2a43f48e7dc849e37bfcf", NULL,
	        "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", "010000005cf7a9acf73a7810aca2381e",
	        1559734700, NAMED_COOKIE_BAD},
	    {"2001:db8:220:1:59de:d0f4:8769:82b8", "445536bcd2513298075a5d379663c962",
	        "dd3bdf9344b678b185a6f5cb60fca715", "22681ab97d52c298010000005cf7c57926556bd0934c72f8",
	        "010000005cf7c609a6bb79d16625507a", 1559741961, NAMED_COOKIE_GOOD},
	    /* Given back as it is while it is fresh. */
	    {"198.51.100.100", "e5e973e5a6b2a43f48e7dc849e37bfcf", NULL,
	        "2464c4abcf10c957010000005cf79f111f8130c3eee29480", "010000005cf79f111f8130c3eee29480",
	        1559731985 + 1800, NAMED_COOKIE_GOOD},
	    /* Another client's address; another client's cookie; a time that was changed. */
	    {"198.51.100.101", "e5e973e5a6b2a43f48e7dc849e37bfcf", NULL,
	        "2464c4abcf10c957010000005cf79f111f8130c3eee29480", NULL, 1559731985, NAMED_COOKIE_BAD},
	    {"198.51.100.100", "e5e973e5a6b2a43f48e7dc849e37bfcf", NULL,
	        "2464c4abcf10c958010000005cf79f111f8130c3eee29480", NULL, 1559731985, NAMED_COOKIE_BAD},
	    {"198.51.100.100", "e5e973e5a6b2a43f48e7dc849e37bfcf", NULL,
	        "2464c4abcf10c957010000005cf79f121f8130c3eee29480", NULL, 1559731985, NAMED_COOKIE_BAD},
	    /* Five minutes ahead of the clock, and more. */
	    {"198.51.100.100", "e5e973e5a6b2a43f48e7dc849e37bfcf", NULL,
	        "2464c4abcf10c957010000005cf79f111f8130c3eee29480", NULL, 1559731985 - 300,
	        NAMED_COOKIE_GOOD},
	    {"198.51.100.100", "e5e973e5a6b2a43f48e7dc849e37bfcf", NULL,
	        "2464c4abcf10c957010000005cf79f111f8130c3eee29480", NULL, 1559731985 - 301,
	        NAMED_COOKIE_BAD},
	    {"198.51.100.100", "e5e973e5a6b2a43f48e7dc849e37bfcf", NULL,
	        "2464c4abcf10c9570102030405060708", NULL, 1559731985, NAMED_COOKIE_BAD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const secrets[2] = {cases[i].secret, cases[i].old_secret};
		struct named_cookie_secrets keys = {.count = cases[i].old_secret ? 2 : 1};
		uint8_t option[64], secret[16], server[NAMED_COOKIE_LEN] = {0};
		struct in6_addr client;
		size_t len = from_hex(cases[i].option, option, sizeof(option));

		for (unsigned int j = 0; j < keys.count; j++) {
			from_hex(secrets[j], secret, sizeof(secret));
			for (int k = 15; k >= 0; k--)
				keys.secret[j].word[k / 8] = keys.secret[j].word[k / 8] << 8 | secret[k];
		}
		assert_int_equal(named_address_from_text(cases[i].client, &client, NULL), 0);
		if (named_cookie_check(&keys, option, len, &client, cases[i].now, server) !=
		    cases[i].status)
			fail_msg("case %zu: not %d", i, cases[i].status);
		if (cases[i].server)
			assert_string_equal(to_hex(server, sizeof(server)), cases[i].server);
	}
}

/* In a dialog: the cookie that is given is one that counts, also beside an error. */
static void test_dialog(void **state)
{
	static const char *const tails[] = {QUESTION, "0163"
	                                              "0000010001"};
	char query[400];

	(void)state;
	load(conf);
	for (size_t i = 0; i < 2; i++) {
		uint64_t good = metric_get(&fixture.core.stats.cookie_good);
		char cookie[33];
		const char *reply;
		size_t at;

		snprintf(query, sizeof(query), "123400000001000000000001%s000029100000000000000c000a0008%s",
		    tails[i], "0102030405060708");
		reply = ask_hex(query);
		at = (size_t)(strstr(reply, "000a00180102030405060708") - reply) + 24;
		snprintf(cookie, sizeof(cookie), "%.32s", reply + at);
		snprintf(query, sizeof(query),
		    "123400000001000000000001%s000029100000000000001c000a0018%s%s", tails[i],
		    "0102030405060708", cookie);
		reply = ask_hex(query);
		assert_non_null(strstr(reply, cookie));
		assert_int_equal(metric_get(&fixture.core.stats.cookie_good), good + 1);
	}
	/* One that is not ours gets ours, and its answer. */
	assert_non_null(strstr(ask_hex(WITH_OPT "0000291000000000000014"
	                                        "000a0010"
	                                        "01020304050607080102030405060708"),
	    ANSWER "00002904d000000000001c"
	           "000a0018"
	           "0102030405060708"));
	assert_int_equal(metric_get(&fixture.core.stats.cookie_bad), 1);
	/* The cookie alone (RFC 7873, 5.4); with one that is none, or no cookie at all, it is an error.
	 */
	assert_non_null(strstr(ask_hex("123400000000000000000001"
	                               "000029100000000000000c"
	                               "000a0008"
	                               "0102030405060708"),
	    "123480000000000000000001"
	    "00002904d000000000001c"
	    "000a00180102030405060708"));
	assert_string_equal(ask_hex("123400000000000000000001"
	                            "000029100000000000000b"
	                            "000a0007"
	                            "01020304050607"),
	    "123480010000000000000001"
	    "00002904d0000000000000");
	assert_string_equal(ask_hex("123400000000000000000001"
	                            "0000291000000000000000"),
	    "123480010000000000000001"
	    "00002904d0000000000000");
	assert_string_equal(ask_hex("123400000000000000000000"), "123480010000000000000000");
	fixture_unload(&fixture);
	load("net w ::/0\nauth static w a.b\nstatic A ttl=5 a.b 10.0.0.1\noption cookies no\n");
	assert_string_equal(ask_hex(WITH_OPT "0000291000000000000005"
	                                     "000a0001"
	                                     "01"),
	    "123484800001000100000001" QUESTION ANSWER "00002904d0000000000000");
	fixture_unload(&fixture);
}

/* RFC 9018, A.4, with the configuration's secrets. */
static void test_secrets(void **state)
{
	uint8_t bytes[100];
	size_t len = from_hex("123400000000000000000001"
	                      "000029100000000000001c"
	                      "000a0018"
	                      "22681ab97d52c298"
	                      "010000005cf7c57926556bd0934c72f8",
	    bytes, sizeof(bytes));

	(void)state;
	load("option cookiesecret 445536bcd2513298075a5d379663c962\n"
	     "option cookiesecret DD3BDF9344B678B185A6F5CB60FCA715\n");
	fixture.wall = 1559741961;
	(void)fixture_send(&fixture, "2001:db8:220:1:59de:d0f4:8769:82b8", bytes, len);
	assert_non_null(strstr(to_hex(fixture.reply, fixture.reply_len),
	    "22681ab97d52c298010000005cf7c609a6bb79d16625507a"));
	assert_int_equal(metric_get(&fixture.core.stats.cookie_good), 1);
	fixture_unload(&fixture);
}

/* What a reply over UDP may have: the client's size, within ours. */
static void test_sizes(void **state)
{
	static const struct {
		uint16_t size, ours, records; /* of 100 bytes, and 12 */
	} cases[] = {
	    {1, 1232, 4},
	    {512, 1232, 4},
	    {600, 1232, 5},
	    {4096, 1232, 10},
	    {65535, 1232, 10},
	    {4096, 4096, 36},
	    {800, 4096, 6},
	    {4096, 512, 4},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (unsigned int more = 0; more < 2; more++) {
			char text[6000];
			size_t len = (size_t)snprintf(text, sizeof(text),
			    "net w ::/0\nauth static w .\noption ednssize %u\n", cases[i].ours);

			for (unsigned int j = 0; j < cases[i].records + more; j++)
				len +=
				    (size_t)snprintf(text + len, sizeof(text) - len, "static TXT a.b %099u\n", j);
			load(text);
			fixture.edns = true;
			fixture.edns_size = cases[i].size;
			fixture_ask(&fixture, "::1", "a.b", "TXT");
			if ((fixture.reply[2] & 2) >> 1 != (int)more)
				fail_msg("size %u, ours %u, %u records: %.4s, %zu bytes", cases[i].size,
				    cases[i].ours, cases[i].records + more, fixture.text, fixture.reply_len);
			fixture_unload(&fixture);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_compliance),
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_dialog),
	    cmocka_unit_test(test_secrets),
	    cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
