/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forwarder over UDP: which server gets a query, when the next one does, what clients get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "forward_world.h"

#define A NAMED_TYPE_A

/* What goes out is what came in, but for the id; what comes back likewise. */
static void test_unchanged(void **state)
{
	struct world *w = world_new(1, NULL);
	static struct test_message query, reply;

	(void)state;
	test_begin(&query, 0x1234, NAMED_FLAG_RD | NAMED_FLAG_CD | NAMED_FLAG_AD, "WwW.Example.ORG", A);
	test_opt(&query, 4096, 0, NAMED_EDNS_DO, "\0\3\0\2hi\0\xa\0\10cookie!!", 18);
	world_ask_message(w, 7, 1232, &query);
	assert_int_equal(w->sent_count, 1);
	assert_int_equal(w->sent[0].len, query.len);
	assert_memory_equal(w->sent[0].bytes + 2, query.bytes + 2, query.len - 2);
	world_answer_begin(w, 0, TEST_REPLY | NAMED_FLAG_AD | NAMED_FLAG_CD, &reply);
	test_a(&reply, "www.example.org", 300, 0x01020304);
	test_opt(&reply, 1232, 0, NAMED_EDNS_DO, "\0\xa\0\20cookie!!served!!", 20);
	world_deliver(w, 0, &reply);
	assert_int_equal(w->reply_count, 1);
	assert_int_equal(w->reply.client, 7);
	assert_int_equal(w->reply.len, reply.len);
	assert_int_equal(test_u16(w->reply.bytes), 0x1234);
	assert_memory_equal(w->reply.bytes + 2, reply.bytes + 2, reply.len - 2);
	assert_int_equal(w->open_count, 0);
	world_free(w);
}

static void test_round_robin(void **state)
{
	struct world *w = world_new(3, NULL);
	char name[20];

	(void)state;
	for (unsigned int i = 0; i < 9; i++) {
		snprintf(name, sizeof(name), "n%u.example", i);
		world_ask(w, i, 512, name, A, 1);
		assert_int_equal(w->sent[i].number, i % 3);
	}
	world_free(w);
}

/* One server: again and again until the life is over, with the same id from the same socket. Then
 * SERVFAIL, and why. */
static void test_silence(void **state)
{
	struct world *w = world_new(1, NULL);
	static struct test_message query;

	(void)state;
	test_begin(&query, 9, NAMED_FLAG_RD, "a.example", A);
	test_opt(&query, 1232, 0, 0, NULL, 0);
	world_ask_message(w, 1, 1232, &query);
	w->now += WORLD_MSEC;
	world_ask(w, 2, 512, "a.example", A, 8);
	assert_int_equal(w->sent_count, 1); /* the second is held: another query, the same question */
	world_until(w, 3999 * WORLD_MSEC);
	assert_int_equal(w->reply_count, 0);
	assert_in_range(w->sent_count, 4, 6);
	for (unsigned int i = 1; i < w->sent_count; i++) {
		assert_int_equal(w->sent[i].slot, w->sent[0].slot);
		assert_memory_equal(w->sent[i].bytes, w->sent[0].bytes, w->sent[0].len);
	}
	world_until(w, 4001 * WORLD_MSEC);
	assert_int_equal(w->reply_count, 2);
	assert_int_equal(w->open_count, 0);
	/* The last one had no EDNS0: header and question. */
	assert_int_equal(w->reply.client, 2);
	assert_int_equal(world_rcode(w), NAMED_SERVFAIL);
	assert_int_equal(w->reply.len, NAMED_HEADER_LEN + 11 + 4);
	world_ask_message(w, 1, 1232, &query);
	world_until(w, 8000 * WORLD_MSEC);
	/* OPT with the option EDE: 22, No Reachable Authority. */
	assert_int_equal(w->reply.bytes[11], 1);
	assert_memory_equal(w->reply.bytes + w->reply.len - 8, "\0\6\0\17\0\2\0\26", 8);
	assert_int_equal(metric_get(&named_forward_get_stats(w->forward)->failures), 3);
	world_free(w);
}

/* A dead server costs less than 400 ms once; then nothing waits for it, but it is probed, and
 * comes back. */
static void test_dead_server(void **state)
{
	struct world *w = world_new(3, NULL);
	const struct named_forward_stats *stats = named_forward_get_stats(w->forward);
	unsigned int to_dead = 0, probe;
	char name[20];

	(void)state;
	world_ask(w, 1, 512, "first.example", A, 1);
	assert_int_equal(w->sent[0].number, 0);
	world_until(w, 1399 * WORLD_MSEC);
	assert_int_equal(w->sent_count, 2);
	assert_int_equal(w->sent[1].number, 1);
	world_answer(w, 1, 60, 1);
	assert_int_equal(w->reply_count, 1);
	assert_int_equal(metric_get(&stats->suspected), 1);
	/* 100 queries in 10 s, each answered at once by whoever lives. */
	for (unsigned int i = 0; i < 100; i++) {
		unsigned int first = w->sent_count;

		snprintf(name, sizeof(name), "n%u.example", i);
		world_ask(w, 1, 512, name, A, (uint16_t)i);
		for (unsigned int j = first; j < w->sent_count; j++) {
			if (w->sent[j].number == 0)
				to_dead++;
			else
				world_answer(w, j, 60, i);
		}
		assert_int_equal(w->reply_count, i + 2);
		world_until(w, w->now + 100 * WORLD_MSEC);
	}
	assert_in_range(to_dead, 2, 4); /* after 1, 3, 7 s */
	assert_int_equal(metric_get(&stats->suspected), 1);
	/* It is there again, slower than the others: the probe is answered when the query, which went
	 * to another one, has ended long ago. */
	world_until(w, w->now + 20000 * WORLD_MSEC);
	world_ask(w, 1, 512, "back.example", A, 1);
	probe = w->sent_count - 2;
	assert_int_equal(w->sent[probe].number, 0);
	assert_memory_equal(w->sent[probe].bytes + 2, "\1\0\0\1\0\0\0\0\0\0\0\0\2\0\1", 15);
	world_answer(w, probe + 1, 60, 1);
	assert_int_equal(w->reply_count, 102);
	world_until(w, w->now + 500 * WORLD_MSEC);
	/* (A forged one: no.) */
	w->sent[probe].bytes[0] ^= 1;
	world_answer_rcode(w, probe, NAMED_REFUSED);
	assert_int_equal(metric_get(&stats->suspected), 1);
	w->sent[probe].bytes[0] ^= 1;
	world_answer_rcode(w, probe, NAMED_REFUSED);
	assert_int_equal(metric_get(&stats->suspected), 0);
	assert_int_equal(w->reply_count, 102);
	assert_int_equal(w->open_count, 0);
	world_free(w);
}

/* The only server there is: queries go to it, suspected or not, and are not doubled. */
static void test_one_dead_server(void **state)
{
	struct world *w = world_new(1, NULL);

	(void)state;
	world_ask(w, 1, 512, "a.example", A, 1);
	world_until(w, w->now + 5000 * WORLD_MSEC);
	assert_int_equal(metric_get(&named_forward_get_stats(w->forward)->suspected), 1);
	w->sent_count = 0;
	world_ask(w, 1, 512, "b.example", A, 1);
	assert_int_equal(w->sent_count, 2); /* a probe, the query */
	world_until(w, w->now + 299 * WORLD_MSEC);
	assert_int_equal(w->sent_count, 2);
	world_answer(w, 1, 60, 1);
	assert_int_equal(w->reply_count, 2);
	world_free(w); /* the probe is open still */
}

/* The end, while some are out and others are held back. */
static void test_end(void **state)
{
	struct world *w = world_new(2, NULL);
	static struct test_message m;

	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		test_begin(&m, (uint16_t)i, NAMED_FLAG_RD, "a.example", A);
		test_opt(&m, (uint16_t)(1000 + i), 0, 0, NULL, 0);
		world_ask_message(w, i, 1000, &m);
		world_ask(w, i, 0, "a.example", A, 1);
	}
	world_free(w);
}

/* A slow name does not make a slow server, and a late answer is as good as any. */
static void test_late_answer(void **state)
{
	struct world *w = world_new(2, NULL);

	(void)state;
	world_ask(w, 1, 512, "slow.example", A, 1);
	w->now += 10 * WORLD_MSEC;
	world_ask(w, 1, 512, "x.example", A, 2);
	world_ask(w, 1, 512, "quick.example", A, 3);
	assert_int_equal(w->sent[2].number, 0);
	w->now += 10 * WORLD_MSEC;
	world_answer(w, 2, 60, 1);
	world_answer(w, 1, 60, 1);
	world_until(w, 1500 * WORLD_MSEC);
	assert_int_equal(w->sent[3].number, 1);
	assert_int_equal(metric_get(&named_forward_get_stats(w->forward)->suspected), 0);
	world_answer(w, 0, 60, 0x7f000001);
	assert_int_equal(w->reply_count, 3);
	assert_int_equal(w->reply.bytes[w->reply.len - 1], 1);
	assert_int_equal(w->open_count, 0);
	/* The second's answer is for nobody now. */
	world_answer(w, 3, 60, 1);
	assert_int_equal(w->reply_count, 3);
	assert_int_equal(metric_get(&named_forward_get_stats(w->forward)->unknown), 1);
	world_free(w);
}

static void test_errors_of_servers(void **state)
{
	static const enum named_rcode rcodes[] = {NAMED_SERVFAIL, NAMED_REFUSED, NAMED_FORMERR};
	struct world *w = world_new(3, NULL);

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		unsigned int first = w->sent_count;

		world_ask(w, 1, 512, "a.example", A, (uint16_t)i);
		world_answer_rcode(w, first, rcodes[i]);
		assert_int_equal(w->sent_count, first + 2);
		assert_int_not_equal(w->sent[first].number, w->sent[first + 1].number);
		world_answer(w, first + 1, 60, 1);
		assert_int_equal(w->reply_count, i + 1);
		assert_int_equal(world_rcode(w), NAMED_NOERROR);
	}
	/* All fail: what one has said, SERVFAIL rather than another. */
	for (unsigned int i = 0; i < 3; i++) {
		if (i == 0)
			world_ask(w, 1, 512, "b.example", A, 77);
		world_answer_rcode(w, w->sent_count - 1, rcodes[2 - i]);
	}
	assert_int_equal(w->reply_count, 4);
	assert_int_equal(world_rcode(w), NAMED_SERVFAIL);
	assert_int_equal(test_u16(w->reply.bytes), 77);
	/* NXDOMAIN is an answer. */
	world_ask(w, 1, 512, "c.example", A, 78);
	world_answer_rcode(w, w->sent_count - 1, NAMED_NXDOMAIN);
	assert_int_equal(world_rcode(w), NAMED_NXDOMAIN);
	assert_int_equal(w->open_count, 0);
	world_free(w);
}

/* A failure while another server is silent: for a second, not for the whole life. */
static void test_failure_and_silence(void **state)
{
	struct world *w = world_new(2, NULL);

	(void)state;
	world_ask(w, 1, 512, "a.example", A, 5);
	world_until(w, 1350 * WORLD_MSEC);
	assert_int_equal(w->sent_count, 2);
	world_answer_rcode(w, 1, NAMED_REFUSED);
	assert_int_equal(w->reply_count, 0);
	world_until(w, 2000 * WORLD_MSEC);
	assert_int_equal(w->reply_count, 1);
	assert_int_equal(world_rcode(w), NAMED_REFUSED);
	world_free(w);
}

/* Sockets' errors cost no time. */
static void test_socket_errors(void **state)
{
	struct world *w = world_new(3, NULL);
	static struct test_message query;
	char name[20];

	(void)state;
	w->udp_error[0] = ENETUNREACH;
	world_ask(w, 1, 512, "a.example", A, 5);
	assert_int_equal(w->sent[0].number, 1);
	named_forward_udp_failed(w->forward, w->sent[0].slot, ECONNREFUSED, w->now);
	assert_int_equal(w->sent[1].number, 2);
	world_answer(w, 1, 60, 1);
	assert_int_equal(w->reply_count, 1);
	assert_int_equal(metric_get(&named_forward_get_stats(w->forward)->suspected), 2);
	for (unsigned int i = 0; i < 3; i++)
		w->udp_error[i] = ECONNREFUSED;
	test_begin(&query, 9, NAMED_FLAG_RD, "a.example", A);
	test_opt(&query, 1232, 0, 0, NULL, 0);
	world_ask_message(w, 1, 1232, &query);
	assert_int_equal(w->reply_count, 2);
	assert_int_equal(world_rcode(w), NAMED_SERVFAIL);
	/* 23, Network Error */
	assert_memory_equal(w->reply.bytes + w->reply.len - 8, "\0\6\0\17\0\2\0\27", 8);
	/* No descriptor left is not the server's fault. */
	world_free(w);
	w = world_new(2, NULL);
	w->udp_error[0] = w->udp_error[1] = EMFILE;
	world_ask(w, 1, 512, "a.example", A, 5);
	assert_int_equal(world_rcode(w), NAMED_SERVFAIL);
	assert_int_equal(metric_get(&named_forward_get_stats(w->forward)->suspected), 0);
	/* Nor is it when no id can be had: rather none than one that can be guessed. */
	w->udp_error[0] = w->udp_error[1] = 0;
	w->random_error = EIO;
	for (unsigned int i = 0; i < 40; i++) { /* some are at hand */
		snprintf(name, sizeof(name), "n%u.example", i);
		world_ask(w, 1, 512, name, A, 1);
	}
	assert_true(w->reply_count > 1);
	assert_int_equal(w->reply_count - 1 + w->sent_count, 40);
	world_free(w);
}

static void test_no_server(void **state)
{
	struct world *w = world_new(0, NULL);

	(void)state;
	world_ask(w, 1, 512, "a.example", A, 5);
	world_ask(w, 1, 0, "a.example", A, 6);
	assert_int_equal(w->reply_count, 2);
	assert_int_equal(world_rcode(w), NAMED_SERVFAIL);
	assert_int_equal(test_u16(w->reply.bytes), 6);
	world_free(w);
}

/* One query out for many clients, each with its id and its spelling. */
static void test_merging(void **state)
{
	static const char *const spellings[] = {
	    "www.example.org", "WWW.example.org", "wWw.eXaMpLe.oRg"};
	struct world *w = world_new(2, NULL);
	const struct named_forward_stats *stats = named_forward_get_stats(w->forward);
	struct dns_name name;

	(void)state;
	for (unsigned int i = 0; i < 30; i++)
		world_ask(w, i, 512, spellings[i % 3], A, (uint16_t)(100 + i));
	assert_int_equal(w->sent_count, 1);
	assert_int_equal(metric_get(&stats->merged), 29);
	/* The same query once more is the same query. */
	world_ask(w, 29, 512, spellings[29 % 3], A, 129);
	assert_int_equal(metric_get(&stats->waiting), 30);
	world_answer(w, 0, 60, 1);
	assert_int_equal(w->reply_count, 30);
	assert_int_equal(w->reply.client, 29);
	assert_int_equal(test_u16(w->reply.bytes), 129);
	assert_int_equal(name_from_text(&name, spellings[29 % 3]), 0);
	assert_memory_equal(w->reply.bytes + NAMED_HEADER_LEN, name.wire, name.len);
	assert_int_equal(metric_get(&stats->waiting), 0);
	world_free(w);
}

/* Other flags, EDNS: not the same query; but never two out for one question. */
static void test_held_back(void **state)
{
	struct world *w = world_new(2, NULL);
	static struct test_message m;
	static const uint16_t flags[] = {NAMED_FLAG_RD, 0, NAMED_FLAG_RD | NAMED_FLAG_CD};

	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		test_begin(&m, (uint16_t)i, flags[i % 3], "a.example", A);
		if (i >= 3)
			test_opt(&m, 1232, 0, NAMED_EDNS_DO, NULL, 0);
		world_ask_message(w, i, 1232, &m);
	}
	for (unsigned int i = 0; i < 6; i++) {
		assert_int_equal(w->sent_count, i + 1);
		assert_int_equal(w->open_count, 1);
		world_answer(w, i, 60, 1);
		assert_int_equal(w->reply_count, i + 1);
		assert_int_equal(w->reply.client, i); /* in their order */
		world_until(w, w->now);
	}
	/* Another type, another name: not held. */
	world_ask(w, 1, 512, "a.example", A, 1);
	world_ask(w, 1, 512, "a.example", NAMED_TYPE_AAAA, 2);
	world_ask(w, 1, 512, "b.example", A, 3);
	assert_int_equal(w->open_count, 3);
	world_free(w);
}

/* All held queries fail at once, however many there are, when there are no sockets. */
static void test_held_back_without_end(void **state)
{
	struct named_forward_config config = {.table = 1024};
	struct world *w = world_new(1, &config);
	static struct test_message m;

	(void)state;
	for (unsigned int i = 0; i < 400; i++) {
		test_begin(&m, (uint16_t)i, NAMED_FLAG_RD, "a.example", A);
		test_opt(&m, (uint16_t)(1000 + i), 0, 0, NULL, 0);
		world_ask_message(w, 1, 1232, &m);
	}
	assert_int_equal(w->open_count, 1);
	w->udp_error[0] = ENETUNREACH;
	named_forward_udp_failed(w->forward, w->sent[0].slot, ECONNREFUSED, w->now);
	world_until(w, w->now);
	assert_int_equal(w->reply_count, 400);
	world_free(w);
}

/* One client has half of the table at most, and others have their places. */
static void test_shares(void **state)
{
	struct named_forward_config config = {.table = 64};
	struct world *w = world_new(1, &config);
	const struct named_forward_stats *stats = named_forward_get_stats(w->forward);
	char name[20];

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "n%u.example", i);
		world_ask(w, 1, 512, name, A, (uint16_t)i);
	}
	assert_int_equal(metric_get(&stats->waiting), 32);
	assert_int_equal(w->reply_count, 68);
	assert_int_equal(world_rcode(w), NAMED_SERVFAIL);
	for (unsigned int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "m%u.example", i);
		world_ask(w, 2, 512, name, A, (uint16_t)i);
	}
	assert_int_equal(metric_get(&stats->waiting), 32 + 16);
	for (unsigned int i = 3; i < 19; i++) { /* as many clients as there are places */
		snprintf(name, sizeof(name), "o%u.example", i);
		world_ask(w, i, 512, name, A, 1);
	}
	assert_int_equal(metric_get(&stats->waiting), 64);
	assert_int_equal(w->open_count, 64);
	world_ask(w, 30, 512, "full.example", A, 1);
	assert_int_equal(metric_get(&stats->refused), 68 + 84 + 1);
	/* All of it is over after 3 s, and there is room again. */
	world_until(w, 4000 * WORLD_MSEC);
	assert_int_equal(metric_get(&stats->waiting), 0);
	assert_int_equal(w->open_count, 0);
	world_ask(w, 30, 512, "full.example", A, 1);
	assert_int_equal(metric_get(&stats->waiting), 1);
	world_free(w);
}

/* Upstream's clock stood still under load. Here 20,000 queries in 20 s, none of them answered. */
static void test_steady_load(void **state)
{
	struct world *w = world_new(2, NULL);
	const struct named_forward_stats *stats = named_forward_get_stats(w->forward);
	char name[30];
	uint64_t most = 0;

	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "r%u.example", i * 2654435761U);
		world_ask(w, i % 200, 512, name, A, (uint16_t)i);
		if (metric_get(&stats->waiting) > most)
			most = metric_get(&stats->waiting);
		world_until(w, w->now + 1 * WORLD_MSEC);
	}
	assert_in_range(most, 900, NAMED_FORWARD_TABLE);
	world_until(w, w->now + 3000 * WORLD_MSEC);
	assert_int_equal(metric_get(&stats->waiting), 0);
	assert_int_equal(w->reply_count, 20000);
	assert_int_equal(w->open_count, 0);
	world_free(w);
}

static void test_other_servers(void **state)
{
	struct world *w = world_new(1, NULL);
	struct named_forward_config other = {.servers = {world_server(4)}, .server_count = 1};

	(void)state;
	world_ask(w, 1, 512, "a.example", A, 5);
	world_ask(w, 1, 0, "a.example", A, 6);
	/* The same ones: nothing is disturbed. */
	assert_int_equal(named_forward_reconfigure(w->forward, &w->config, w->now), 0);
	assert_int_equal(w->sent_count, 2);
	assert_int_equal(named_forward_reconfigure(w->forward, &other, w->now), 0);
	assert_int_equal(w->sent_count, 4);
	assert_int_equal(w->open_count, 1);
	/* From the old one: no more. */
	world_answer(w, 0, 60, 1);
	assert_int_equal(w->reply_count, 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unchanged),
	    cmocka_unit_test(test_round_robin),
	    cmocka_unit_test(test_silence),
	    cmocka_unit_test(test_dead_server),
	    cmocka_unit_test(test_one_dead_server),
	    cmocka_unit_test(test_end),
	    cmocka_unit_test(test_late_answer),
	    cmocka_unit_test(test_errors_of_servers),
	    cmocka_unit_test(test_failure_and_silence),
	    cmocka_unit_test(test_socket_errors),
	    cmocka_unit_test(test_no_server),
	    cmocka_unit_test(test_merging),
	    cmocka_unit_test(test_held_back),
	    cmocka_unit_test(test_held_back_without_end),
	    cmocka_unit_test(test_shares),
	    cmocka_unit_test(test_steady_load),
	    cmocka_unit_test(test_other_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
