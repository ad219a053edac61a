/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Forged answers, and the cache behind the forwarder. None of them may get in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "cache_answer.h"
#include "forward_world.h"

#define A         NAMED_TYPE_A
/* IOTHNAMED_FORGERIES=10000000 for more of them. */
#define FORGERIES 300000

static struct named_cache *cache;
static struct test_message m;

static struct world *setup_world(unsigned int servers, uint32_t stale)
{
	struct named_forward_config config = {0};

	assert_int_equal(named_cache_new(&cache, &(struct named_cache_config){.stale = stale}), 0);
	config.cache = cache;
	return world_new(servers, &config);
}

static void teardown_world(struct world *w)
{
	world_free(w);
	named_cache_free(cache);
}

static enum named_cached cached(const char *name, uint64_t now)
{
	static struct test_message query_message;
	struct named_query query;
	struct named_reply reply;
	uint8_t bytes[512];

	test_begin(&query_message, 1, NAMED_FLAG_RD, name, A);
	assert_int_equal(
	    named_query_parse(&query, query_message.bytes, query_message.len), NAMED_QUERY_OK);
	named_reply_begin(&reply, &query, bytes, sizeof(bytes), NAMED_FLAG_RA);
	return named_cache_answer(cache, &query, &reply, false, now);
}

static uint32_t chance(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15ULL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

static unsigned int forgeries(void)
{
	const char *number = getenv("IOTHNAMED_FORGERIES");

	return number ? (unsigned int)strtoul(number, NULL, 10) : FORGERIES;
}

/* Somebody who is not on the path knows the question and the server, and sends what he likes, from
 * the server's address as well. He has to guess port and id; sockets have ports of chance. */
static void test_off_path(void **state)
{
	struct world *w = setup_world(2, 0);
	unsigned int number = forgeries(), victim = 0, hits = 0;
	uint16_t port = 0;
	char name[30] = "";

	(void)state;
	for (unsigned int i = 0; i < number; i++) {
		if (w->open_count == 0) { /* answered, or gone to TCP: the next name */
			world_until(w, w->now + 5000 * WORLD_MSEC);
			snprintf(name, sizeof(name), "v%u.example", i);
			world_ask(w, 1, 512, name, A, 1);
			victim = w->sent_count - 1;
			port = (uint16_t)chance();
			world_answer_begin(w, victim, TEST_REPLY, &m);
			test_a(&m, name, 3600, 0x06060606);
		}
		if ((uint16_t)chance() != port)
			continue; /* no socket there */
		hits++;
		m.bytes[0] = (uint8_t)chance();
		m.bytes[1] = (uint8_t)chance();
		world_deliver(w, victim, &m);
		assert_int_equal(cached(name, w->now), NAMED_CACHED_NOT);
	}
	print_message("%u forgeries, %u to a port that was open\n", number, hits);
	teardown_world(w);
}

/* He knows the port, too: three guesses, then the query is not to be had by datagrams. */
static void test_known_port(void **state)
{
	struct world *w = setup_world(1, 0);
	const struct named_forward_stats *stats = named_forward_get_stats(w->forward);
	uint16_t id;

	(void)state;
	world_ask(w, 1, 512, "a.example", A, 1);
	id = test_u16(w->sent[0].bytes);
	world_answer_begin(w, 0, TEST_REPLY, &m);
	test_a(&m, "a.example", 3600, 0x06060606);
	for (unsigned int i = 1; i < 1000; i++) {
		m.bytes[0] = (uint8_t)((id + i) >> 8);
		m.bytes[1] = (uint8_t)(id + i);
		world_deliver(w, 0, &m);
	}
	assert_int_equal(metric_get(&stats->near_misses), 3);
	assert_int_equal(metric_get(&stats->unknown), 996);
	assert_int_equal(w->open_count, 0);
	assert_int_equal(w->sent_count, 2);
	assert_true(w->sent[1].tcp);
	assert_int_equal(w->reply_count, 0);
	/* The right id, too late. */
	world_deliver(w, 0, &m);
	world_answer(w, 0, 3600, 0x06060606);
	assert_int_equal(w->reply_count, 0);
	assert_int_equal(cached("a.example", w->now), NAMED_CACHED_NOT);
	world_answer(w, 1, 60, 1);
	assert_int_equal(w->reply_count, 1);
	assert_int_equal(cached("a.example", w->now), NAMED_CACHED);
	teardown_world(w);
}

/* Everything is right but one thing. */
static void test_one_thing_wrong(void **state)
{
	struct world *w = setup_world(2, 0);
	struct named_endpoint from;
	uint32_t slot;

	(void)state;
	for (unsigned int wrong = 0; wrong < 8; wrong++) {
		char name[20];

		snprintf(name, sizeof(name), "Name%u.example", wrong);
		world_ask(w, 1, 512, name, A, 1);
		from = world_server(world_last(w)->number);
		slot = world_last(w)->slot;
		world_answer_begin(w, w->sent_count - 1, TEST_REPLY, &m);
		test_a(&m, name, 3600, 0x06060606);
		switch (wrong) {
		case 0:
			from.address.s6_addr[15]++;
			break;
		case 1:
			from.port++;
			break;
		case 2:
			m.bytes[0] ^= 1;
			break;
		case 3: /* the question's case */
			m.bytes[13] ^= 0x20;
			break;
		case 4: /* the question's type */
			m.bytes[12 + 15] ^= 1;
			break;
		case 5: /* a query */
			m.bytes[2] &= 0x7f;
			break;
		case 6: /* no question */
			m.bytes[5] = 0;
			break;
		default: /* the other server's socket */
			slot ^= 1;
			break;
		}
		named_forward_udp_received(w->forward, slot, &from, m.bytes, m.len, w->now);
		assert_int_equal(w->reply_count, wrong);
		assert_int_equal(cached(name, w->now), NAMED_CACHED_NOT);
		world_answer(w, w->sent_count - 1, 60, 1);
		assert_int_equal(w->reply_count, wrong + 1);
		assert_int_equal(cached(name, w->now), NAMED_CACHED);
	}
	/* What never was, what is no number at all. */
	named_forward_udp_received(w->forward, 0, &from, m.bytes, m.len, w->now);
	named_forward_udp_received(w->forward, UINT32_MAX, &from, m.bytes, m.len, w->now);
	named_forward_udp_failed(w->forward, UINT32_MAX, 1, w->now);
	named_forward_tcp_received(w->forward, 99, m.bytes, m.len, w->now);
	named_forward_tcp_received(w->forward, 0, m.bytes, 1, w->now);
	named_forward_tcp_closed(w->forward, 99, 0, w->now);
	assert_int_equal(w->reply_count, 8);
	teardown_world(w);
}

/* The birthday attack (RFC 5452, 5): many queries for one name, so that any of many ids will do. */
static void test_birthday(void **state)
{
	struct world *w = setup_world(1, 0);

	(void)state;
	for (unsigned int i = 0; i < 300; i++) {
		test_begin(&m, (uint16_t)i, NAMED_FLAG_RD, "a.example", A);
		test_opt(&m, (uint16_t)(512 + i / 3), 0, 0, NULL, 0);
		world_ask_message(w, i, 512, &m);
		assert_int_equal(w->open_count, 1);
	}
	/* The answer is for all of them, out of the cache. */
	world_answer(w, 0, 60, 1);
	world_until(w, w->now);
	assert_int_equal(w->reply_count, 300);
	assert_int_equal(w->sent_count, 1);
	teardown_world(w);
}

/* 20,000 names that do not exist, from one client; another one is served all the time. */
static void test_random_names(void **state)
{
	struct world *w = setup_world(1, 0);
	unsigned int served = 0;
	char name[40];

	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "%08x.example", chance());
		world_ask(w, 1, 512, name, A, (uint16_t)i);
		if (i % 100 == 0) {
			unsigned int before = w->reply_count;

			snprintf(name, sizeof(name), "good%u.example", i);
			world_ask(w, 2, 512, name, A, 1);
			world_answer(w, w->sent_count - 1, 60, 1);
			served += w->reply_count == before + 1;
		}
		world_until(w, w->now + WORLD_MSEC / 2);
	}
	assert_int_equal(served, 200);
	teardown_world(w);
}

static void test_malformed(void **state)
{
	struct world *w = setup_world(2, 0);

	(void)state;
	world_ask(w, 1, 512, "a.example", A, 1);
	world_answer_begin(w, 0, TEST_REPLY, &m);
	test_a(&m, "a.example", 60, 1);
	m.len--;
	world_deliver(w, 0, &m);
	/* No answer of this server; the next one. */
	assert_int_equal(w->reply_count, 0);
	assert_int_equal(w->sent_count, 2);
	assert_int_equal(cached("a.example", w->now), NAMED_CACHED_NOT);
	world_answer(w, 1, 60, 1);
	assert_int_equal(w->reply_count, 1);
	assert_int_equal(metric_get(&named_forward_get_stats(w->forward)->malformed), 1);
	teardown_world(w);
}

/* RFC 8767: expired data rather than none, after 1.8 s, or at once when all servers are dead. */
static void test_stale(void **state)
{
	struct world *w = setup_world(1, 86400);

	(void)state;
	world_ask(w, 1, 512, "a.example", A, 1);
	world_answer(w, 0, 10, 0x0a0b0c0d);
	world_until(w, w->now + 20000 * WORLD_MSEC);
	assert_int_equal(cached("a.example", w->now), NAMED_CACHED_NOT);
	world_ask(w, 1, 512, "a.example", A, 2);
	world_until(w, w->now + 1799 * WORLD_MSEC);
	assert_int_equal(w->reply_count, 1);
	world_until(w, w->now + 1 * WORLD_MSEC);
	assert_int_equal(w->reply_count, 2);
	assert_int_equal(world_rcode(w), NAMED_NOERROR);
	assert_memory_equal(w->reply.bytes + w->reply.len - 10, "\0\0\0\36\0\4\xa\xb\xc\xd", 10);
	/* The query goes on, for the cache's sake. */
	assert_int_equal(w->open_count, 1);
	world_until(w, w->now + 1500 * WORLD_MSEC);
	assert_int_equal(w->open_count, 0);
	world_ask(w, 1, 512, "a.example", A, 3);
	world_until(w, w->now);
	assert_int_equal(w->reply_count, 3);
	world_answer(w, w->sent_count - 1, 10, 0x01010101);
	assert_int_equal(w->reply_count, 3);
	assert_int_equal(cached("a.example", w->now), NAMED_CACHED);
	/* Nothing is known of this one, stale or not. */
	world_ask(w, 1, 512, "b.example", A, 4);
	world_until(w, w->now + 3000 * WORLD_MSEC);
	assert_int_equal(world_rcode(w), NAMED_SERVFAIL);
	teardown_world(w);
}

/* A query of nobody's feeds the cache. */
static void test_prefetch(void **state)
{
	struct world *w = setup_world(1, 0);
	struct named_query query;

	(void)state;
	test_begin(&m, 1, NAMED_FLAG_RD, "a.example", A);
	assert_int_equal(named_query_parse(&query, m.bytes, m.len), NAMED_QUERY_OK);
	named_forward_query(w->forward, &query, NULL, w->now);
	named_forward_query(w->forward, &query, NULL, w->now);
	assert_int_equal(w->sent_count, 1);
	/* Somebody who asks meanwhile waits with it. */
	world_ask(w, 1, 512, "a.example", A, 9);
	assert_int_equal(w->sent_count, 1);
	world_answer(w, 0, 60, 1);
	assert_int_equal(w->reply_count, 1);
	assert_int_equal(cached("a.example", w->now), NAMED_CACHED);
	assert_int_equal(w->open_count, 0);
	/* None when the table is half full; nobody is told. */
	for (unsigned int i = 0; i < 512; i++) {
		char name[20];

		snprintf(name, sizeof(name), "n%u.example", i);
		world_ask(w, i, 512, name, A, 1);
	}
	named_forward_query(w->forward, &query, NULL, w->now);
	assert_int_equal(w->open_count, 512);
	assert_int_equal(w->reply_count, 1);
	teardown_world(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_off_path),
	    cmocka_unit_test(test_known_port),
	    cmocka_unit_test(test_one_thing_wrong),
	    cmocka_unit_test(test_birthday),
	    cmocka_unit_test(test_random_names),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_stale),
	    cmocka_unit_test(test_prefetch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
