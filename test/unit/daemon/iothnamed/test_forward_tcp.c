/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forwarder over TCP: connections that end, replies that did not fit into a datagram; cookies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "forward_world.h"

#define A NAMED_TYPE_A

static struct test_message m;

static void ask_edns(struct world *w, uint16_t limit, uint16_t id)
{
	test_begin(&m, id, NAMED_FLAG_RD, "a.example", A);
	test_opt(&m, limit, 0, 0, NULL, 0);
	world_ask_message(w, 1, limit, &m);
}

/* One connection a server, ids of which no two are equal, replies in any order. */
static void test_pipelining(void **state)
{
	static uint8_t seen[65536];
	struct world *w = world_new(2, NULL);
	char name[20];

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "n%u.example", i);
		world_ask(w, i, 0, name, A, 1);
		assert_true(w->sent[i].tcp);
		assert_int_equal(w->sent[i].number, i % 2);
		assert_true(seen[test_u16(w->sent[i].bytes)]++ < 2);
	}
	for (unsigned int i = 100; i-- > 0;) {
		world_answer(w, i, 60, i);
		assert_int_equal(w->reply_count, 100 - i);
		assert_int_equal(w->reply.client, i);
	}
	/* Unused for 10 s, they are closed. */
	world_until(w, w->now + 9999 * WORLD_MSEC);
	assert_int_equal(w->tcp_closed, 0);
	world_until(w, w->now + 1 * WORLD_MSEC);
	assert_int_equal(w->tcp_closed, 2);
	world_free(w);
}

/* No more than 256 on one connection; then the other server, then nobody. */
static void test_full_connection(void **state)
{
	struct world *w = world_new(2, NULL);
	char name[20];

	(void)state;
	for (unsigned int i = 0; i < 600; i++) {
		snprintf(name, sizeof(name), "n%u.example", i);
		world_ask(w, i, 0, name, A, 1);
	}
	assert_int_equal(w->sent_count, 512);
	assert_int_equal(w->reply_count, 88);
	assert_int_equal(world_rcode(w), NAMED_SERVFAIL);
	world_free(w);
}

/* A server may close a connection whenever it likes: RFC 7766, 6.2.4. */
static void test_closed(void **state)
{
	struct world *w = world_new(2, NULL);

	(void)state;
	world_ask(w, 1, 0, "a.example", A, 1);
	world_ask(w, 1, 0, "x.example", A, 2); /* to the other one */
	world_ask(w, 1, 0, "b.example", A, 3);
	w->connected[0] = false;
	named_forward_tcp_closed(w->forward, 0, 0, w->now);
	assert_int_equal(w->sent_count, 5);
	assert_int_equal(w->sent[3].number, 0);
	assert_memory_equal(w->sent[3].bytes, w->sent[0].bytes, w->sent[0].len);
	world_answer(w, 3, 60, 1);
	assert_int_equal(w->reply_count, 1);
	/* Twice is no accident: the next server. */
	w->connected[0] = false;
	named_forward_tcp_closed(w->forward, 0, 0, w->now);
	assert_int_equal(w->sent_count, 6);
	assert_int_equal(w->sent[5].number, 1);
	world_answer(w, 5, 60, 1);
	world_answer(w, 1, 60, 1);
	assert_int_equal(w->reply_count, 3);
	/* No connection at all: the next one at once, then SERVFAIL. */
	world_ask(w, 1, 0, "c.example", A, 4);
	world_ask(w, 1, 0, "d.example", A, 5);
	w->connected[0] = w->connected[1] = false;
	w->tcp_error[1] = ECONNREFUSED;
	named_forward_tcp_closed(w->forward, 0, ECONNREFUSED, w->now);
	named_forward_tcp_closed(w->forward, 1, ECONNREFUSED, w->now);
	w->connected[0] = false;
	named_forward_tcp_closed(w->forward, 0, ECONNREFUSED, w->now);
	assert_int_equal(w->reply_count, 5);
	assert_int_equal(world_rcode(w), NAMED_SERVFAIL);
	world_free(w);
}

/* A connection over which nothing comes for a query's whole life is not kept. */
static void test_black_hole(void **state)
{
	struct world *w = world_new(2, NULL);

	(void)state;
	world_ask(w, 1, 0, "a.example", A, 1);
	assert_int_equal(w->sent[0].number, 0);
	world_until(w, 1400 * WORLD_MSEC);
	assert_int_equal(w->sent[1].number, 1);
	world_answer(w, 1, 60, 1);
	assert_int_equal(w->reply_count, 1);
	/* Suspected now: nobody waits for it. */
	world_ask(w, 1, 0, "b.example", A, 2);
	assert_int_equal(w->sent[2].number, 1);
	world_answer(w, 2, 60, 1);
	/* Both say nothing. */
	world_ask(w, 1, 0, "c.example", A, 2);
	world_until(w, w->now + 3000 * WORLD_MSEC);
	assert_int_equal(w->reply_count, 3);
	assert_int_equal(world_rcode(w), NAMED_SERVFAIL);
	assert_int_equal(w->tcp_closed, 2);
	world_free(w);
}

/* Truncated, for a client that takes more than what servers put into datagrams. */
static void test_truncated(void **state)
{
	struct world *w = world_new(2, NULL);

	(void)state;
	/* 512 bytes, or 1232: what does not fit does not fit. The reply goes back as it is. */
	world_ask(w, 1, 512, "a.example", A, 1);
	world_answer_begin(w, 0, TEST_REPLY | NAMED_FLAG_TC, &m);
	world_deliver(w, 0, &m);
	assert_int_equal(w->reply_count, 1);
	assert_int_equal(w->reply.len, m.len);
	ask_edns(w, 1232, 2);
	world_answer_begin(w, 1, TEST_REPLY | NAMED_FLAG_TC, &m);
	test_opt(&m, 1232, 0, 0, NULL, 0);
	world_deliver(w, 1, &m);
	assert_int_equal(w->reply_count, 2);
	/* 4096: the same server over TCP. */
	ask_edns(w, 4096, 3);
	world_answer_begin(w, 2, TEST_REPLY | NAMED_FLAG_TC, &m);
	test_opt(&m, 1232, 0, 0, NULL, 0);
	world_deliver(w, 2, &m);
	assert_int_equal(w->reply_count, 2);
	assert_int_equal(w->sent_count, 4);
	assert_true(w->sent[3].tcp);
	assert_int_equal(w->sent[3].number, w->sent[2].number);
	assert_int_equal(w->open_count, 0);
	world_answer_begin(w, 3, TEST_REPLY, &m);
	for (uint32_t i = 0; i < 100; i++)
		test_a(&m, "a.example", 60, i);
	world_deliver(w, 3, &m);
	assert_int_equal(w->reply_count, 3);
	assert_int_equal(w->reply.len, m.len);
	assert_int_equal(test_u16(w->reply.bytes), 3);
	/* Still too large: truncated, by us. */
	ask_edns(w, 1400, 4);
	world_answer_begin(w, 4, TEST_REPLY | NAMED_FLAG_TC, &m);
	world_deliver(w, 4, &m);
	world_answer_begin(w, 5, TEST_REPLY, &m);
	for (uint32_t i = 0; i < 100; i++)
		test_a(&m, "a.example", 60, i);
	world_deliver(w, 5, &m);
	assert_int_equal(w->reply_count, 4);
	assert_int_equal(test_u16(w->reply.bytes + 2), 0x8380);
	assert_int_equal(w->reply.len, 12 + 11 + 4 + 11);
	/* No TCP there: what came at first. */
	w->tcp_error[0] = w->tcp_error[1] = ECONNREFUSED;
	ask_edns(w, 4096, 5);
	world_answer_begin(w, 6, TEST_REPLY | NAMED_FLAG_TC, &m);
	test_a(&m, "a.example", 60, 1);
	world_deliver(w, 6, &m);
	assert_int_equal(w->reply_count, 5);
	assert_int_equal(w->reply.len, m.len);
	assert_true(w->reply.bytes[2] & (NAMED_FLAG_TC >> 8));
	world_free(w);
}

/* A server that does not know limits. */
static void test_large_reply(void **state)
{
	struct world *w = world_new(1, NULL);

	(void)state;
	world_ask(w, 1, 512, "a.example", A, 1);
	world_ask(w, 2, 0, "a.example", A, 1);
	for (unsigned int i = 0; i < 2; i++) {
		world_answer_begin(w, i, TEST_REPLY, &m);
		while (m.len < 65000)
			test_a(&m, "a.example", 60, 1);
		world_deliver(w, i, &m);
		assert_int_equal(w->reply_count, i + 1);
		assert_int_equal(w->reply.len, i ? m.len : 12 + 11 + 4);
	}
	world_free(w);
}

/* RFC 7873, 5: ours goes out, the server's comes back with it, and neither is a client's. */
static void test_cookies(void **state)
{
	struct named_forward_config config = {.cookies = true};
	struct world *w = world_new(1, &config);
	uint8_t option[4 + 16] = {0, 10, 0, 16};
	struct named_query query;
	size_t len;

	(void)state;
	/* The client's cookie stays here. */
	test_begin(&m, 1, NAMED_FLAG_RD, "a.example", A);
	test_opt(&m, 1232, 0, 0, "\0\xa\0\10cookie!!", 12);
	world_ask_message(w, 1, 1232, &m);
	assert_int_equal(named_query_parse(&query, w->sent[0].bytes, w->sent[0].len), NAMED_QUERY_OK);
	assert_int_equal(query.cookie_len, 8);
	assert_memory_not_equal(query.cookie, "cookie!!", 8);
	memcpy(option + 4, query.cookie, 8);
	memcpy(option + 12, "servers!", 8);
	world_answer_begin(w, 0, TEST_REPLY, &m);
	len = m.len;
	test_opt(&m, 1232, 0, 0, option, sizeof(option));
	world_deliver(w, 0, &m);
	assert_int_equal(w->reply_count, 1);
	assert_int_equal(w->reply.len, len + 11);
	/* From now on with the server's; a reply without it, or with another of ours, is forged. */
	ask_edns(w, 1232, 2);
	assert_int_equal(named_query_parse(&query, w->sent[1].bytes, w->sent[1].len), NAMED_QUERY_OK);
	assert_int_equal(query.cookie_len, 16);
	assert_memory_equal(query.cookie, option + 4, 16);
	world_answer_begin(w, 1, TEST_REPLY, &m);
	test_opt(&m, 1232, 0, 0, NULL, 0);
	world_deliver(w, 1, &m);
	option[4] ^= 1;
	world_answer_begin(w, 1, TEST_REPLY, &m);
	test_opt(&m, 1232, 0, 0, option, sizeof(option));
	world_deliver(w, 1, &m);
	assert_int_equal(w->reply_count, 1);
	option[4] ^= 1;
	/* BADCOOKIE: it has a new one. Once more. */
	option[12] ^= 1;
	world_answer_begin(w, 1, TEST_REPLY | 7, &m);
	test_opt(&m, 1232, 1, 0, option, sizeof(option));
	world_deliver(w, 1, &m);
	assert_int_equal(w->sent_count, 3);
	assert_int_equal(named_query_parse(&query, w->sent[2].bytes, w->sent[2].len), NAMED_QUERY_OK);
	assert_memory_equal(query.cookie, option + 4, 16);
	world_answer_begin(w, 2, TEST_REPLY, &m);
	test_opt(&m, 1232, 0, 0, option, sizeof(option));
	world_deliver(w, 2, &m);
	assert_int_equal(w->reply_count, 2);
	world_free(w);
}

/* Our own cookies to clients: two with different ones are merged, and each gets its own. */
static void test_cookies_of_clients(void **state)
{
	static const char *const cookies[] = {"\0\xa\0\10client_a", "\0\xa\0\10client_b"};
	struct world *w = world_new(1, NULL);
	struct named_query query;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct named_forward_client who = {.udp_limit = 1232,
		    .cookie_len = 16,
		    .cookie = "ABCDEFGHIJKLMNO",
		    .token = {(uint8_t)i}};

		test_begin(&m, 1, NAMED_FLAG_RD, "a.example", A);
		test_opt(&m, 1232, 0, 0, cookies[i], 12);
		assert_int_equal(named_query_parse(&query, m.bytes, m.len), NAMED_QUERY_OK);
		who.cookie[15] = (uint8_t)('0' + i);
		named_forward_query(w->forward, &query, &who, w->now);
	}
	assert_int_equal(w->sent_count, 1);
	assert_int_equal(w->sent[0].len, 12 + 11 + 4 + 11);
	world_answer_begin(w, 0, TEST_REPLY, &m);
	test_opt(&m, 1232, 0, 0, NULL, 0);
	world_deliver(w, 0, &m);
	assert_int_equal(w->reply_count, 2);
	assert_int_equal(w->reply.len, m.len + 4 + 24);
	assert_memory_equal(w->reply.bytes + m.len - 2, "\0\34\0\xa\0\30client_bABCDEFGHIJKLMNO1", 30);
	/* And in what we say ourselves. */
	{
		struct named_forward_client who = {
		    .udp_limit = 1232, .cookie_len = 16, .cookie = "ABCDEFGHIJKLMNO"};

		w->udp_error[0] = ENETUNREACH;
		test_begin(&m, 1, NAMED_FLAG_RD, "b.example", A);
		test_opt(&m, 1232, 0, 0, cookies[0], 12);
		assert_int_equal(named_query_parse(&query, m.bytes, m.len), NAMED_QUERY_OK);
		named_forward_query(w->forward, &query, &who, w->now);
		assert_int_equal(w->reply_count, 3);
		assert_memory_equal(w->reply.bytes + w->reply.len - 36,
		    "\0\42\0\xa\0\30client_aABCDEFGHIJKLMNO\0\0\17\0\2\0\27", 36);
	}
	world_free(w);
}

/* draft-vixie-dnsext-dns0x20: the letters' case is the server's to keep, not the client's to see.
 */
static void test_x20(void **state)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyz.example";
	struct named_forward_config config = {.x20 = true};
	struct world *w = world_new(1, &config);
	struct dns_name wire;

	(void)state;
	assert_int_equal(name_from_text(&wire, name), 0);
	world_ask(w, 1, 512, name, A, 1);
	assert_memory_not_equal(w->sent[0].bytes + 12, wire.wire, wire.len);
	/* A reply in lower case is nobody's. */
	world_answer_begin(w, 0, TEST_REPLY, &m);
	memcpy(m.bytes + 12, wire.wire, wire.len);
	world_deliver(w, 0, &m);
	assert_int_equal(w->reply_count, 0);
	world_answer(w, 0, 60, 1);
	assert_int_equal(w->reply_count, 1);
	assert_memory_equal(w->reply.bytes + 12, wire.wire, wire.len);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pipelining),
	    cmocka_unit_test(test_full_connection),
	    cmocka_unit_test(test_closed),
	    cmocka_unit_test(test_black_hole),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_large_reply),
	    cmocka_unit_test(test_cookies),
	    cmocka_unit_test(test_cookies_of_clients),
	    cmocka_unit_test(test_x20),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
