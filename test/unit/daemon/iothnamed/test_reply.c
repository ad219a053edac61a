/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replies, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "hex.h"
#include "reply.h"

/* Renzo.hash.local AAAA */
#define QUESTION   "0552656e7a6f0468617368056c6f63616c00001c0001"
#define QUERY      "123401000001000000000000" QUESTION
#define QUERY_EDNS "123401000001000000000001" QUESTION "00002904d0000080000000"
#define QUERY_COOKIE                                                                               \
	"123401000001000000000001" QUESTION "00002904d000000000000c000a00080102030405060708"

static uint8_t query_bytes[512];
static uint8_t bytes[NAMED_MESSAGE_MAX];
static struct named_query query;
static struct named_reply reply;

static void begin(const char *hex, size_t size, uint16_t flags)
{
	assert_int_equal(
	    named_query_parse(&query, query_bytes, from_hex(hex, query_bytes, sizeof(query_bytes))),
	    NAMED_QUERY_OK);
	named_reply_begin(&reply, &query, bytes, size, flags);
}

static const char *end(void)
{
	return to_hex(bytes, named_reply_end(&reply));
}

static void test_address(void **state)
{
	uint8_t address[16];

	(void)state;
	from_hex("fc0000000000000004cc80496765d03a", address, sizeof(address));
	begin(QUERY, 512, NAMED_FLAG_AA | NAMED_FLAG_RA);
	assert_int_equal(
	    named_reply_rr(&reply, NAMED_ANSWER, NULL, NAMED_TYPE_AAAA, 600, address, 16), 0);
	assert_string_equal(end(), "123485800001000100000000" QUESTION
	                           "c00c001c0001000002580010fc0000000000000004cc80496765d03a");
}

static const char *error(const char *hex, enum named_rcode rcode, enum named_ede ede)
{
	begin(hex, 512, 0);
	named_reply_rcode(&reply, rcode);
	named_reply_ede(&reply, ede);
	return end();
}

static void test_errors(void **state)
{
	(void)state;
	assert_string_equal(
	    error(QUERY, NAMED_REFUSED, NAMED_EDE_PROHIBITED), "123481050001000000000000" QUESTION);
	assert_string_equal(error(QUERY_EDNS, NAMED_REFUSED, NAMED_EDE_PROHIBITED),
	    "123481050001000000000001" QUESTION "00002904d0000080000006000f00020012");
	assert_string_equal(error(QUERY_EDNS, NAMED_BADVERS, NAMED_EDE_NONE),
	    "123481000001000000000001" QUESTION "00002904d0010080000000");
}

static void test_cookie(void **state)
{
	(void)state;
	begin(QUERY_COOKIE, 512, 0);
	named_reply_cookie(&reply, "ABCDEFGHIJKLMNOP", 16);
	assert_string_equal(end(), "123481000001000000000001" QUESTION "00002904d000000000001c000a0018"
	                           "01020304050607084142434445464748494a4b4c4d4e4f50");
}

static void test_compression(void **state)
{
	static const uint8_t owner[] = "\3ftp\4HASH\5local", mx[] = "\0\12\4mail\4hash\5local",
	                     soa[] = "\2ns\3ftp\4hash\5local\0\4mail\4hash\5local\0"
	                             "01234567890123456789",
	                     srv[] = "\0\1\0\2\0\65\4mail\4hash\5local";

	(void)state;
	begin(QUERY, 512, 0);
	assert_int_equal(
	    named_reply_rr(&reply, NAMED_ANSWER, owner, NAMED_TYPE_MX, 1, mx, sizeof(mx)), 0);
	assert_int_equal(named_reply_rr(&reply, NAMED_ANSWER, owner, NAMED_TYPE_CNAME, 2,
	                     query.name.wire, query.name.len),
	    0);
	assert_int_equal(
	    named_reply_rr(&reply, NAMED_AUTHORITY, NULL, NAMED_TYPE_SOA, 3, soa, sizeof(soa) - 1), 0);
	assert_int_equal(
	    named_reply_rr(&reply, NAMED_ADDITIONAL, NULL, NAMED_TYPE_SRV, 4, srv, sizeof(srv)), 0);
	assert_string_equal(end(), "123481000001000200010001" QUESTION "03667470c012"
	                           "000f0001000000010009000a046d61696cc012"
	                           "c0220005000100000002"
	                           "0002c00c"
	                           "c00c0006000100000003001b"
	                           "026e73c022c034"
	                           "3031323334353637383930313233343536373839"
	                           "c00c00210001000000040017"
	                           "000100020035046d61696c0468617368056c6f63616c00");
}

/* What does not fit changes nothing; OPT has its room. */
static void test_full(void **state)
{
	uint8_t data[1000] = "";
	static const uint8_t owner[] = "\3abc\3def";
	size_t at;

	(void)state;
	begin(QUERY_EDNS, 512, NAMED_FLAG_AA | NAMED_FLAG_RA);
	at = reply.at;
	assert_int_equal(
	    named_reply_rr(&reply, NAMED_ANSWER, NULL, NAMED_TYPE_TXT, 1, data, 512 - at - 12 - 11 + 1),
	    -EMSGSIZE);
	assert_int_equal(reply.at, at);
	assert_int_equal(
	    named_reply_rr(&reply, NAMED_ANSWER, NULL, NAMED_TYPE_TXT, 1, data, 512 - at - 12 - 11), 0);
	for (uint16_t type = 1; type < 20; type++)
		assert_int_equal(
		    named_reply_rr(&reply, NAMED_ANSWER, owner, type, 1, owner, sizeof(owner)), -EMSGSIZE);
	assert_int_equal(named_reply_prepared(&reply, NAMED_ANSWER, data, 1, 1), -EMSGSIZE);
	named_reply_ede(&reply, NAMED_EDE_OTHER); /* no room for this */
	assert_int_equal(named_reply_end(&reply), 512);
	assert_int_equal(bytes[11], 1);
	begin(QUERY, 512, NAMED_FLAG_AA | NAMED_FLAG_RA);
	named_reply_rcode(&reply, NAMED_NXDOMAIN);
	named_reply_truncate(&reply);
	assert_string_equal(end(), "123483800001000000000000" QUESTION);
}

/* A full message of names: pointers lead nowhere behind 16383, the list of names fills. */
static void test_many(void **state)
{
	unsigned int count = 0;
	uint8_t owner[] = "\1a\1b\4xxxx\5local";

	(void)state;
	begin(QUERY, NAMED_MESSAGE_MAX, 0);
	while (true) {
		owner[1] = (uint8_t)('a' + count % 26);
		owner[3] = (uint8_t)('a' + count / 26 % 26);
		owner[5] = (uint8_t)('a' + count / 676 % 26);
		if (named_reply_rr(&reply, NAMED_ANSWER, owner, NAMED_TYPE_CNAME, 1, owner, sizeof(owner)) <
		    0)
			break;
		count++;
	}
	assert_true(count > 2000);
	assert_true(named_reply_end(&reply) <= NAMED_MESSAGE_MAX);
	assert_int_equal(bytes[6] << 8 | bytes[7], count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_address),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_cookie),
	    cmocka_unit_test(test_compression),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
