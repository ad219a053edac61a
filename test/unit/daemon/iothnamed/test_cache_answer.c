/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a server's reply puts into the cache, and what comes out of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "cache_answer.h"
#include "cache_feed.h"
#include "messages.h"

#define SECOND ((uint64_t)NAMED_CACHE_SECOND)
#define RD     NAMED_FLAG_RD

static struct test_message reply; /* a server's, in the making */
static struct named_cache *cache;
static uint8_t bytes[NAMED_MESSAGE_MAX];
static size_t len;

static int setup(void **state)
{
	(void)state;
	return named_cache_new(&cache, &(struct named_cache_config){.stale = 100, .prefetch = true});
}

static int teardown(void **state)
{
	(void)state;
	named_cache_free(cache);
	return 0;
}

static void ask(struct test_message *m, struct named_query *query, const char *name, uint16_t type,
    uint16_t flags, int edns_flags, const void *options, size_t options_len)
{
	test_begin(m, 0x4321, flags, name, type);
	if (edns_flags >= 0)
		test_opt(m, 1232, 0, (uint16_t)edns_flags, options, options_len);
	assert_int_equal(named_query_parse(query, m->bytes, m->len), NAMED_QUERY_OK);
}

/* `reply` as one to a query for this; the number of entries. */
static unsigned int feed_as(
    const char *name, uint16_t type, uint16_t flags, int edns_flags, uint64_t now)
{
	static struct test_message m;
	static struct named_message message;
	struct named_query query;

	ask(&m, &query, name, type, flags, edns_flags, NULL, 0);
	assert_int_equal(named_message_parse(&message, reply.bytes, reply.len), 0);
	return named_cache_feed(cache, &query, &message, now);
}

static unsigned int feed(const char *name, uint16_t type)
{
	return feed_as(name, type, RD, -1, 0);
}

/* The reply out of the cache is in `bytes`. */
static enum named_cached answer_to(
    const char *name, uint16_t type, uint16_t flags, int edns_flags, bool stale, uint64_t now)
{
	static struct test_message m;
	struct named_query query;
	struct named_reply out;
	enum named_cached cached;

	ask(&m, &query, name, type, flags, edns_flags, NULL, 0);
	named_reply_begin(&out, &query, bytes, 512, NAMED_FLAG_RA);
	cached = named_cache_answer(cache, &query, &out, stale, now);
	len = named_reply_end(&out);
	return cached;
}

static enum named_cached answer(const char *name, uint16_t type, uint64_t now)
{
	return answer_to(name, type, RD, -1, false, now);
}

static void begin(uint16_t flags, const char *name, uint16_t type)
{
	test_begin(&reply, 1, flags, name, type);
}

static void test_rrset(void **state)
{
	(void)state;
	begin(TEST_REPLY, "A.example", NAMED_TYPE_A);
	test_a(&reply, "a.EXAMPLE", 300, 0x01020304);
	test_a(&reply, "a.example", 200, 0x01020305);
	test_a(&reply, "a.example", 300, 0x01020304); /* once is enough: RFC 2181, 5 */
	assert_int_equal(feed("a.example", NAMED_TYPE_A), 1);
	assert_int_equal(answer("a.exAMple", NAMED_TYPE_A, 50 * SECOND), NAMED_CACHED);
	/* The least of the TTLs (RFC 2181, 5.2), less 50 s; flags of 5.8; question as asked. */
	assert_int_equal(test_u16(bytes + 2), 0x8180);
	assert_int_equal(test_u16(bytes + 6), 2);
	assert_memory_equal(bytes + 12, "\1a\7exAMple\0", 11);
	assert_memory_equal(bytes + 27, "\xc0\x0c\0\1\0\1\0\0\0\x96\0\4\1\2\3\4", 16);
	assert_memory_equal(bytes + 43, "\xc0\x0c\0\1\0\1\0\0\0\x96\0\4\1\2\3\5", 16);
	assert_int_equal(len, 59);
	assert_int_equal(answer("a.example", NAMED_TYPE_ANY, 50 * SECOND), NAMED_CACHED_NOT);
	assert_int_equal(len, 27);
	assert_int_equal(answer("a.example", NAMED_TYPE_A, 200 * SECOND), NAMED_CACHED_NOT);
}

/* Section 13: TXT answers made upstream crash. */
static void test_txt(void **state)
{
	static const uint8_t strings[] = "\5hello\0\5world";

	(void)state;
	begin(TEST_REPLY, "t", NAMED_TYPE_TXT);
	test_rr(&reply, NAMED_ANSWER, "t", NAMED_TYPE_TXT, 60, strings, 13);
	assert_int_equal(feed("t", NAMED_TYPE_TXT), 1);
	assert_int_equal(answer("t", NAMED_TYPE_TXT, 0), NAMED_CACHED);
	assert_memory_equal(bytes + len - 15, "\0\15", 2);
	assert_memory_equal(bytes + len - 13, strings, 13);
}

/* All of what may be kept comes out as it came in; pointers have become names. */
static void test_types(void **state)
{
	static const struct {
		uint16_t type;
		uint8_t len, data[40];
		uint8_t out_len, out[40];
	} types[] = {
	    {2, 5, "\2ns\xc0\x0c", 5, "\2ns\xc0\x0c"},
	    {12, 2, "\xc0\x0c", 2, "\xc0\x0c"},
	    {15, 7, "\0\5\2mx\xc0\x0c", 7, "\0\5\2mx\xc0\x0c"},
	    {33, 11, "\0\1\0\2\0\x35\2ns\xc0\x0c", 14, "\0\1\0\2\0\x35\2ns\1t\1z\0"},
	    {35, 13, "\0\1\0\2\1u\3E2U\0\xc0\x0c", 16, "\0\1\0\2\1u\3E2U\0\1t\1z\0"},
	    {39, 2, "\xc0\x0c", 5, "\1t\1z\0"},
	    {257, 12, "\0\5issueca.zz", 12, "\0\5issueca.zz"},
	    {64, 7, "\0\1\0\0\3\0\1", 7, "\0\1\0\0\3\0\1"},
	    {65280, 5, "\xc0\x0c\xff\xff\xff", 5, "\xc0\x0c\xff\xff\xff"},
	    {28, 16, "0123456789abcdef", 16, "0123456789abcdef"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		begin(TEST_REPLY, "t.z", types[i].type);
		test_rr(&reply, NAMED_ANSWER, "t.z", types[i].type, 60, types[i].data, types[i].len);
		assert_int_equal(feed("t.z", types[i].type), 1);
		assert_int_equal(answer("t.z", types[i].type, 0), NAMED_CACHED);
		assert_int_equal(test_u16(bytes + len - types[i].out_len - 2), types[i].out_len);
		assert_memory_equal(bytes + len - types[i].out_len, types[i].out, types[i].out_len);
	}
}

/* Data that is not what its type has, and types that are nobody's data. */
static void test_bad_data(void **state)
{
	static const struct {
		uint16_t type;
		uint8_t len, data[24];
	} types[] = {
	    {1, 3, "\1\2\3"},
	    {1, 5, "\1\2\3\4\5"},
	    {28, 4, "\1\2\3\4"},
	    {2, 6, "\2ns\xc0\x0c\0"}, /* bytes behind the name */
	    {2, 3, "\2ns"},           /* it goes on behind the record */
	    {5, 2, "\xc0\xff"},       /* a pointer forwards */
	    {15, 1, "\0"},
	    {16, 3, "\5he"},
	    {16, 0, ""},
	    {6, 10, "\0\0\0\0\0\0\0\0\0\0"},
	    {33, 6, "\0\1\0\2\0\x35"},
	    {41, 4, "\0\0\0\0"},
	    {46, 4, "\0\0\0\0"},
	    {47, 4, "\0\0\0\0"},
	    {250, 4, "\0\0\0\0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		begin(TEST_REPLY, "t", types[i].type == 41 ? 1 : types[i].type);
		test_rr(&reply, NAMED_ANSWER, "t", types[i].type, 60, types[i].data, types[i].len);
		assert_int_equal(feed("t", types[i].type == 41 ? 1 : types[i].type), 0);
	}
}

static void put_chain(uint32_t ttl)
{
	begin(TEST_REPLY, "a.x", NAMED_TYPE_A);
	test_a(&reply, "c.z", ttl, 7);
	test_name_rr(&reply, "a.x", NAMED_TYPE_CNAME, 100, "B.y");
	test_name_rr(&reply, "b.y", NAMED_TYPE_CNAME, 50, "c.z");
}

static void test_chain(void **state)
{
	(void)state;
	put_chain(30);
	assert_int_equal(feed("a.x", NAMED_TYPE_A), 3);
	assert_int_equal(answer("a.x", NAMED_TYPE_A, 10 * SECOND), NAMED_CACHED);
	assert_int_equal(test_u16(bytes + 6), 3);
	/* a.x CNAME B.y, B.y CNAME c.z, c.z A: owners are pointers into the data before. */
	assert_memory_equal(bytes + 21,
	    "\xc0\x0c\0\5\0\1\0\0\0\x5a\0\5\1B\1y\0"
	    "\xc0\x21\0\5\0\1\0\0\0\x28\0\5\1c\1z\0"
	    "\xc0\x32\0\1\0\1\0\0\0\x14\0\4\0\0\0\7",
	    49 - 3);
	/* From its middle; and what is no longer whole is none. */
	assert_int_equal(answer("b.y", NAMED_TYPE_A, 10 * SECOND), NAMED_CACHED);
	assert_int_equal(test_u16(bytes + 6), 2);
	assert_int_equal(answer("a.x", NAMED_TYPE_CNAME, 10 * SECOND), NAMED_CACHED);
	assert_int_equal(test_u16(bytes + 6), 1);
	assert_int_equal(answer("a.x", NAMED_TYPE_A, 30 * SECOND), NAMED_CACHED_NOT);
	assert_int_equal(len, 21);
	assert_int_equal(test_u16(bytes + 6), 0);
}

/* A loop ends, and is no answer. */
static void test_loop(void **state)
{
	(void)state;
	begin(TEST_REPLY, "a", NAMED_TYPE_A);
	test_name_rr(&reply, "a", NAMED_TYPE_CNAME, 100, "b");
	test_name_rr(&reply, "b", NAMED_TYPE_CNAME, 100, "a");
	(void)feed("a", NAMED_TYPE_A);
	assert_int_equal(answer("a", NAMED_TYPE_A, 0), NAMED_CACHED_NOT);
	assert_int_equal(len, 12 + 3 + 4);
}

/* What is not in the chain is hearsay. */
static void test_bailiwick(void **state)
{
	static const uint8_t ns[] = "\2ns\4evil";

	(void)state;
	begin(TEST_REPLY, "a.x", NAMED_TYPE_A);
	test_a(&reply, "www.bank", 300, 0x06060606);
	test_name_rr(&reply, "bank", NAMED_TYPE_CNAME, 300, "evil");
	test_a(&reply, "a.x", 300, 1);
	test_rr(&reply, NAMED_ANSWER, "a.x", NAMED_TYPE_AAAA, 300, "0123456789abcdef", 16);
	test_rr(&reply, NAMED_AUTHORITY, "bank", NAMED_TYPE_NS, 300, ns, 9);
	test_rr(&reply, NAMED_ADDITIONAL, "www.bank", NAMED_TYPE_A, 300, "\6\6\6\6", 4);
	assert_int_equal(feed("a.x", NAMED_TYPE_A), 1);
	assert_int_equal(answer("a.x", NAMED_TYPE_A, 0), NAMED_CACHED);
	assert_int_equal(answer("www.bank", NAMED_TYPE_A, 0), NAMED_CACHED_NOT);
	assert_int_equal(answer("bank", NAMED_TYPE_NS, 0), NAMED_CACHED_NOT);
	assert_int_equal(answer("bank", NAMED_TYPE_A, 0), NAMED_CACHED_NOT);
	assert_int_equal(answer("a.x", NAMED_TYPE_AAAA, 0), NAMED_CACHED_NOT);
	/* Two CNAMEs are none: RFC 2181, 10.1. */
	begin(TEST_REPLY, "c.x", NAMED_TYPE_A);
	test_name_rr(&reply, "c.x", NAMED_TYPE_CNAME, 300, "d.x");
	test_name_rr(&reply, "c.x", NAMED_TYPE_CNAME, 300, "e.x");
	assert_int_equal(feed("c.x", NAMED_TYPE_A), 0);
	/* Two spellings of one are: RFC 4343, 3. */
	begin(TEST_REPLY, "c.x", NAMED_TYPE_CNAME);
	test_name_rr(&reply, "c.x", NAMED_TYPE_CNAME, 300, "d.x");
	test_name_rr(&reply, "c.x", NAMED_TYPE_CNAME, 300, "D.X");
	assert_int_equal(feed("c.x", NAMED_TYPE_CNAME), 1);
	assert_int_equal(answer("c.x", NAMED_TYPE_CNAME, 0), NAMED_CACHED);
	assert_int_equal(test_u16(bytes + 6), 1);
	/* Another class is another world. */
	begin(TEST_REPLY, "c.x", NAMED_TYPE_A);
	test_a(&reply, "c.x", 300, 1);
	reply.bytes[reply.len - 11] = 3;
	assert_int_equal(feed("c.x", NAMED_TYPE_A), 0);
}

static void test_negative(void **state)
{
	(void)state;
	/* The lesser of the SOA's TTL and its MINIMUM: RFC 2308, 5. */
	begin(TEST_REPLY | NAMED_NXDOMAIN, "no.x", NAMED_TYPE_A);
	test_soa(&reply, "x", 100, 60);
	assert_int_equal(feed("no.x", NAMED_TYPE_A), 1);
	assert_int_equal(answer("no.x", NAMED_TYPE_MX, 20 * SECOND), NAMED_CACHED);
	assert_int_equal(test_u16(bytes + 2), 0x8183);
	assert_int_equal(test_u16(bytes + 8), 1);
	assert_int_equal(test_u32(bytes + len - 28), 40);
	assert_int_equal(answer("no.x", NAMED_TYPE_A, 60 * SECOND), NAMED_CACHED_NOT);
	begin(TEST_REPLY, "nd.x", NAMED_TYPE_A);
	test_soa(&reply, "", 30, 60);
	assert_int_equal(feed("nd.x", NAMED_TYPE_A), 1);
	assert_int_equal(answer("nd.x", NAMED_TYPE_A, 0), NAMED_CACHED);
	assert_int_equal(test_u16(bytes + 2), 0x8180);
	assert_int_equal(test_u32(bytes + len - 28), 30);
	assert_int_equal(answer("nd.x", NAMED_TYPE_MX, 0), NAMED_CACHED_NOT);
	/* Without a SOA, with one of another zone, of a zone below, or by one who was not asked to
	 * recurse: not known. */
	begin(TEST_REPLY | NAMED_NXDOMAIN, "n1.x", NAMED_TYPE_A);
	assert_int_equal(feed("n1.x", NAMED_TYPE_A), 0);
	test_soa(&reply, "y", 100, 60);
	assert_int_equal(feed("n1.x", NAMED_TYPE_A), 0);
	begin(TEST_REPLY | NAMED_NXDOMAIN, "n1.x", NAMED_TYPE_A);
	test_soa(&reply, "z.n1.x", 100, 60);
	assert_int_equal(feed("n1.x", NAMED_TYPE_A), 0);
	begin(TEST_REPLY | NAMED_NXDOMAIN, "n1.x", NAMED_TYPE_A);
	test_soa(&reply, "x", 100, 60);
	assert_int_equal(feed_as("n1.x", NAMED_TYPE_A, 0, -1, 0), 0);
	/* SERVFAIL says nothing about names. */
	begin(TEST_REPLY | NAMED_SERVFAIL, "n1.x", NAMED_TYPE_A);
	test_soa(&reply, "x", 100, 60);
	assert_int_equal(feed("n1.x", NAMED_TYPE_A), 0);
}

/* A chain to a name that does not exist: RFC 6604, 3. */
static void test_negative_chain(void **state)
{
	(void)state;
	begin(TEST_REPLY | NAMED_NXDOMAIN, "a.x", NAMED_TYPE_A);
	test_name_rr(&reply, "a.x", NAMED_TYPE_CNAME, 100, "no.x");
	test_soa(&reply, "x", 100, 60);
	assert_int_equal(feed("a.x", NAMED_TYPE_A), 2);
	assert_int_equal(answer("a.x", NAMED_TYPE_AAAA, 0), NAMED_CACHED);
	assert_int_equal(test_u16(bytes + 2), 0x8183);
	assert_int_equal(test_u16(bytes + 6), 1);
	assert_int_equal(test_u16(bytes + 8), 1);
	assert_int_equal(answer("a.x", NAMED_TYPE_CNAME, 0), NAMED_CACHED);
	assert_int_equal(test_u16(bytes + 2), 0x8180);
}

static void test_not_kept(void **state)
{
	static struct test_message m;
	static struct named_message message;
	struct named_query query;

	(void)state;
	begin(TEST_REPLY | NAMED_FLAG_TC, "a", NAMED_TYPE_A);
	test_a(&reply, "a", 300, 1);
	assert_int_equal(feed("a", NAMED_TYPE_A), 0);
	/* Not checked, because the client does that itself. */
	begin(TEST_REPLY | NAMED_FLAG_CD, "a", NAMED_TYPE_A);
	test_a(&reply, "a", 300, 1);
	assert_int_equal(feed_as("a", NAMED_TYPE_A, RD | NAMED_FLAG_CD, -1, 0), 0);
	/* Made for a part of the network: RFC 7871. */
	begin(TEST_REPLY, "a", NAMED_TYPE_A);
	test_a(&reply, "a", 300, 1);
	test_opt(&reply, 1232, 0, 0, "\0\10\0\7\0\1\30\30\1\2\3", 11);
	assert_int_equal(feed_as("a", NAMED_TYPE_A, RD, 0, 0), 0);
	ask(&m, &query, "a", NAMED_TYPE_A, RD, 0, "\0\10\0\7\0\1\30\0\1\2\3", 11);
	begin(TEST_REPLY, "a", NAMED_TYPE_A);
	test_a(&reply, "a", 300, 1);
	assert_int_equal(named_message_parse(&message, reply.bytes, reply.len), 0);
	assert_int_equal(named_cache_feed(cache, &query, &message, 0), 0);
	/* ANY, and its like. */
	begin(TEST_REPLY, "a", NAMED_TYPE_ANY);
	test_a(&reply, "a", 300, 1);
	assert_int_equal(feed("a", NAMED_TYPE_ANY), 0);
}

/* AD is what somebody has checked, for who asks for it; DO is for those who check. */
static void test_authentic(void **state)
{
	(void)state;
	begin(TEST_REPLY, "a", NAMED_TYPE_A);
	test_a(&reply, "a", 300, 1);
	assert_int_equal(feed("a", NAMED_TYPE_A), 1);
	assert_int_equal(answer_to("a", NAMED_TYPE_A, RD, 0, false, 0), NAMED_CACHED);
	assert_int_equal(answer_to("a", NAMED_TYPE_A, RD, NAMED_EDNS_DO, false, 0), NAMED_CACHED_NOT);
	/* Nobody has asked whether it is. */
	assert_int_equal(
	    answer_to("a", NAMED_TYPE_A, RD | NAMED_FLAG_AD, -1, false, 0), NAMED_CACHED_NOT);
	begin(TEST_REPLY | NAMED_FLAG_AD, "a", NAMED_TYPE_A);
	test_name_rr(&reply, "a", NAMED_TYPE_CNAME, 300, "b");
	test_a(&reply, "b", 300, 1);
	named_cache_flush(cache, NULL, false);
	assert_int_equal(feed_as("a", NAMED_TYPE_A, RD | NAMED_FLAG_AD, -1, 0), 2);
	assert_int_equal(answer_to("a", NAMED_TYPE_A, RD | NAMED_FLAG_AD, -1, false, 0), NAMED_CACHED);
	assert_int_equal(test_u16(bytes + 2), 0x81a0);
	assert_int_equal(answer("a", NAMED_TYPE_A, 0), NAMED_CACHED);
	assert_int_equal(test_u16(bytes + 2), 0x8180);
	/* One link that is not, and the chain is not. */
	begin(TEST_REPLY, "b", NAMED_TYPE_A);
	test_a(&reply, "b", 300, 1);
	assert_int_equal(feed_as("b", NAMED_TYPE_A, RD, NAMED_EDNS_DO, 0), 1);
	assert_int_equal(answer_to("a", NAMED_TYPE_A, RD | NAMED_FLAG_AD, -1, false, 0), NAMED_CACHED);
	assert_int_equal(test_u16(bytes + 2), 0x8180);
}

static void test_truncated(void **state)
{
	(void)state;
	begin(TEST_REPLY, "a", NAMED_TYPE_A);
	for (uint32_t i = 0; i < 100; i++)
		test_a(&reply, "a", 300, i);
	assert_int_equal(feed("a", NAMED_TYPE_A), 1);
	assert_int_equal(answer("a", NAMED_TYPE_A, 0), NAMED_CACHED);
	assert_int_equal(test_u16(bytes + 2), 0x8380);
	assert_int_equal(len, 12 + 3 + 4);
}

static void test_prefetch(void **state)
{
	(void)state;
	begin(TEST_REPLY, "a", NAMED_TYPE_A);
	test_a(&reply, "a", 100, 1);
	assert_int_equal(feed("a", NAMED_TYPE_A), 1);
	assert_int_equal(answer("a", NAMED_TYPE_A, 89 * SECOND), NAMED_CACHED);
	assert_int_equal(answer("a", NAMED_TYPE_A, 90 * SECOND), NAMED_CACHED_FETCH);
	assert_int_equal(test_u32(bytes + len - 10), 10);
	assert_int_equal(answer("a", NAMED_TYPE_A, 91 * SECOND), NAMED_CACHED); /* once */
}

static void test_stale(void **state)
{
	(void)state;
	begin(TEST_REPLY, "a", NAMED_TYPE_A);
	test_a(&reply, "a", 10, 1);
	assert_int_equal(feed("a", NAMED_TYPE_A), 1);
	assert_int_equal(answer("a", NAMED_TYPE_A, 10 * SECOND), NAMED_CACHED_NOT);
	assert_int_equal(answer_to("a", NAMED_TYPE_A, RD, 0, true, 10 * SECOND), NAMED_CACHED);
	/* 30 s (RFC 8767, 4), and EDE 3 (RFC 8914, 4.4). */
	assert_int_equal(test_u32(bytes + 12 + 3 + 4 + 6), 30);
	assert_memory_equal(bytes + len - 6, "\0\17\0\2\0\3", 6);
}

/* Records without end, names without end: nothing of it is kept, nothing is slow. */
static void test_hostile(void **state)
{
	(void)state;
	begin(TEST_REPLY, "a", NAMED_TYPE_A);
	for (unsigned int i = 0; i < 3000; i++)
		test_a(&reply, "a", 300, i);
	assert_int_equal(feed("a", NAMED_TYPE_A), 0);
	begin(TEST_REPLY, "a", NAMED_TYPE_TXT);
	for (unsigned int i = 0; i < 200; i++) {
		static uint8_t text[256] = {255};

		text[1] = (uint8_t)i;
		test_rr(&reply, NAMED_ANSWER, "a", NAMED_TYPE_TXT, 60, text, sizeof(text));
	}
	assert_int_equal(feed("a", NAMED_TYPE_TXT), 0); /* more than 16 KiB */
	begin(TEST_REPLY, "a", NAMED_TYPE_A);
	test_a(&reply, "a", 300, 1);
	for (size_t cut = 12; cut < reply.len; cut++) {
		static struct named_message message;

		assert_true(named_message_parse(&message, reply.bytes, cut) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_rrset, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_txt, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_types, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bad_data, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_chain, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_loop, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bailiwick, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_negative, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_negative_chain, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_not_kept, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_authentic, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_truncated, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_prefetch, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_stale, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
