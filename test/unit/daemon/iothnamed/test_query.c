/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Queries: each well-formed and each malformed form, and every cut of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "query.h"

#define HEAD     "123401000001000000000000"
#define HEAD_OPT "123401000001000000000001"
#define QUESTION "03575777076578616d706c650000010001" /* WWw.example A IN */

static enum named_query_status parse(struct named_query *query, const char *hex)
{
	static uint8_t bytes[1024];

	return named_query_parse(query, bytes, from_hex(hex, bytes, sizeof(bytes)));
}

static void test_forms(void **state)
{
	static const struct {
		const char *what, *hex;
		enum named_query_status status;
		bool question;
	} cases[] = {
	    {"a query", HEAD QUESTION, NAMED_QUERY_OK, true},
	    {"the root", HEAD "0000020001", NAMED_QUERY_OK, true},
	    {"OPT", HEAD_OPT QUESTION "00002904d0000080000000", NAMED_QUERY_OK, true},
	    {"an unknown option", HEAD_OPT QUESTION "00002904d000000000000afff70002abcdfff60000",
	        NAMED_QUERY_OK, true},
	    {"another record", HEAD_OPT QUESTION "c00c0001000100000000000401020304", NAMED_QUERY_OK,
	        true},
	    {"nothing", "", NAMED_QUERY_DROP, false},
	    {"one byte", "12", NAMED_QUERY_DROP, false},
	    {"half a header", "1234010000010000000000", NAMED_QUERY_DROP, false},
	    {"a reply", "123481800001000000000000" QUESTION, NAMED_QUERY_DROP, false},
	    {"a reply of opcode 15", "1234f9000001000000000000" QUESTION, NAMED_QUERY_DROP, false},
	    {"STATUS", "123410000001000000000000" QUESTION, NAMED_QUERY_NOTIMP, false},
	    {"UPDATE", "123428000001000000000000" QUESTION, NAMED_QUERY_NOTIMP, false},
	    {"opcode 15, header only", "123478000001000000000000", NAMED_QUERY_NOTIMP, false},
	    {"no question", "123401000000000000000000", NAMED_QUERY_FORMERR, false},
	    {"two questions", "123401000002000000000000" QUESTION QUESTION, NAMED_QUERY_FORMERR, false},
	    {"a question that is not there", HEAD, NAMED_QUERY_FORMERR, false},
	    {"no class", HEAD "03575777000001", NAMED_QUERY_FORMERR, false},
	    {"a pointer to itself", HEAD "c00c00010001", NAMED_QUERY_FORMERR, false},
	    {"a pointer into the header", HEAD "0161c00000010001", NAMED_QUERY_FORMERR, false},
	    {"label type 0x40", HEAD "4161000000010001", NAMED_QUERY_FORMERR, false},
	    {"label type 0x80", HEAD "8161000000010001", NAMED_QUERY_FORMERR, false},
	    {"bytes behind", HEAD QUESTION "00", NAMED_QUERY_FORMERR, true},
	    {"OPT in the answer section", "123401000001000100000000" QUESTION "00002904d0000000000000",
	        NAMED_QUERY_FORMERR, true},
	    {"OPT with an owner", HEAD_OPT QUESTION "016100002904d0000000000000", NAMED_QUERY_FORMERR,
	        true},
	    {"OPT with an owner that is a pointer to a root",
	        HEAD_OPT QUESTION "c01800002904d0000000000000", NAMED_QUERY_FORMERR, true},
	    {"OPT twice",
	        "123401000001000000000002" QUESTION "00002904d0000000000000"
	        "00002904d0000000000000",
	        NAMED_QUERY_FORMERR, true},
	    {"an option too long", HEAD_OPT QUESTION "00002904d0000000000005000a0002ff",
	        NAMED_QUERY_FORMERR, true},
	    {"half an option's head", HEAD_OPT QUESTION "00002904d0000000000003000a00",
	        NAMED_QUERY_FORMERR, true},
	    {"a question for OPT", HEAD "0000290001", NAMED_QUERY_FORMERR, true},
	    {"an owner of label type 0x40", HEAD_OPT QUESTION "4100000100010000000000",
	        NAMED_QUERY_FORMERR, true},
	    {"the cookie alone",
	        "123401000000000000000001"
	        "00002904d000000000000c000a00080102030405060708",
	        NAMED_QUERY_COOKIE, false},
	    {"EDNS1 and the cookie alone",
	        "123401000000000000000001"
	        "00002904d000010000000c000a00080102030405060708",
	        NAMED_QUERY_BADVERS, false},
	    {"a record that is not there", HEAD_OPT QUESTION, NAMED_QUERY_FORMERR, true},
	    {"65535 records", "123401000001ffffffffffff", NAMED_QUERY_FORMERR, false},
	    {"EDNS1", HEAD_OPT QUESTION "00002904d0000100000000", NAMED_QUERY_BADVERS, true},
	    {"EDNS1, malformed", HEAD_OPT QUESTION "00002904d0000100000001ff", NAMED_QUERY_FORMERR,
	        true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct named_query query;
		enum named_query_status status = parse(&query, cases[i].hex);

		if (status != cases[i].status)
			fail_msg("%s: %d, not %d", cases[i].what, status, cases[i].status);
		if (status != NAMED_QUERY_DROP && (query.question_len > 0) != cases[i].question)
			fail_msg("%s: question of %d bytes", cases[i].what, query.question_len);
	}
}

static void test_fields(void **state)
{
	struct named_query query;

	(void)state;
	assert_int_equal(
	    parse(&query, HEAD_OPT QUESTION "00002904d000008000000cfff70000000a0004deadbeef"),
	    NAMED_QUERY_OK);
	assert_int_equal(query.id, 0x1234);
	assert_int_equal(query.flags, NAMED_FLAG_RD);
	assert_int_equal(query.type, NAMED_TYPE_A);
	assert_int_equal(query.class, NAMED_CLASS_IN);
	assert_int_equal(query.question_len, 17);
	assert_memory_equal(query.name.wire, "\3www\7example", 13);
	assert_memory_equal(named_query_spelling(&query), "\3WWw\7example", 13);
	assert_true(query.edns);
	assert_int_equal(query.edns_size, 1232);
	assert_int_equal(query.edns_flags, NAMED_EDNS_DO);
	assert_int_equal(query.options_len, 12);
	assert_int_equal(query.cookie_len, 4);
	assert_memory_equal(query.cookie, "\xde\xad\xbe\xef", 4);
	assert_int_equal(named_query_udp_limit(&query, 1000), 1000);
	assert_int_equal(named_query_udp_limit(&query, 4096), 1232);
	query.edns_size = 100;
	assert_int_equal(named_query_udp_limit(&query, 4096), 512);
	query.edns = false;
	assert_int_equal(named_query_udp_limit(&query, 4096), 512);
}

/* Each cut is in memory of its own length, so that reading on is seen by a sanitizer. */
static void test_cuts(void **state)
{
	uint8_t bytes[64];
	size_t len = from_hex(
	    HEAD_OPT QUESTION "00002904d000008000000cfff70000000a0004deadbeef", bytes, sizeof(bytes));

	(void)state;
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *copy = malloc(cut ? cut : 1);
		struct named_query query;

		assert_non_null(copy);
		memcpy(copy, bytes, cut);
		assert_int_equal(named_query_parse(&query, copy, cut),
		    cut < NAMED_HEADER_LEN ? NAMED_QUERY_DROP : NAMED_QUERY_FORMERR);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
