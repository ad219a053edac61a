/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engine of look-ups with a clock of the test's own, and the cache. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packet.h"
#include "query.h"

static void begin(struct query *query, const char *text, struct cache *cache, uint64_t now)
{
	struct config *config = config_from_string(text);

	assert_int_equal(query_init(query, config, cache, 0, "a.x", IOTHDNS_TYPE_A, 0, now), 0);
	config_unref(config);
}

/* An answer to the packet that is out, with an address or without. */
static size_t answer(
    const struct query *query, uint8_t *bytes, unsigned int rcode, uint32_t ttl, uint32_t minimum)
{
	struct iothdns_header h = {query->id, (uint16_t)(IOTHDNS_RESPONSE | rcode), "a.x", 1, 1};
	struct iothdns_rr rr = {"a.x", IOTHDNS_TYPE_A, IOTHDNS_CLASS_IN, ttl, 0};
	struct iothdns_pkt *pkt = iothdns_put_header(&h);
	struct iovec iov;
	size_t len;

	if (minimum) {
		rr.type = IOTHDNS_TYPE_SOA;
		rr.name = "x";
		iothdns_put_rr(IOTHDNS_SEC_AUTH, pkt, &rr);
		iothdns_put_soa(pkt, &(struct iothdns_soa){"n", "r", 1, 2, 3, 4, minimum});
	} else if (ttl) {
		iothdns_put_rr(IOTHDNS_SEC_ANSWER, pkt, &rr);
		iothdns_put_int32(pkt, 0x01020304);
	}
	iov = iothdns_getbuf(pkt);
	memcpy(bytes, iov.iov_base, iov.iov_len);
	len = iov.iov_len;
	iothdns_free(pkt);
	return len;
}

/* Whoever does not answer: each server once, then once more without EDNS0. */
static void test_servers_and_deadlines(void **state)
{
	static const unsigned int servers[] = {0, 1, 2, 0, 1, 2};
	struct query query;
	uint64_t now = 5000;

	(void)state;
	begin(&query, "1.1.1.1,1.1.1.2,1.1.1.3", NULL, now);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(query.state, QUERY_UDP);
		assert_int_equal(query.server, servers[i]);
		assert_int_equal(query.plain, i >= 3);
		assert_int_equal(query.packet[11], i < 3); /* ARCOUNT */
		assert_int_equal(query.deadline, now + IOTHDNS_TIMEOUT_MS);
		now = query.deadline;
		query_timed_out(&query, now);
	}
	assert_int_equal(query.state, QUERY_FAILED);
	assert_int_equal(query.error, ETIMEDOUT);
	query_fini(&query);
	/* A socket's error costs no time; two attempts; the last error is told. */
	begin(&query, "nameserver 1.1.1.1\nnameserver 1.1.1.2\noptions attempts:2 no-edns0", NULL, now);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(query.server, i % 2);
		query_socket_failed(&query, ECONNREFUSED, now);
	}
	assert_int_equal(query.state, QUERY_FAILED);
	assert_int_equal(query.error, ECONNREFUSED);
	query_fini(&query);
}

/* Ids cannot be told from those before: among a thousand, hardly two are equal or in sequence. */
static void test_ids(void **state)
{
	static uint8_t seen[65536];
	int repeated = 0, sequence = 0;
	uint16_t last = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct query query;

		begin(&query, "1.1.1.1", NULL, 0);
		repeated += seen[query.id]++ > 0;
		sequence += (uint16_t)(query.id - last) <= 1;
		last = query.id;
		query_fini(&query);
	}
	assert_true(repeated < 50);
	assert_true(sequence < 10);
}

static void test_cache_of_answers(void **state)
{
	struct cache *cache = cache_new(10);
	struct query query;
	struct iothdns_header h;
	struct iothdns_rr rr;
	struct iothdns_pkt *pkt;
	uint8_t bytes[200];

	(void)state;
	begin(&query, "1.1.1.1", cache, 1000);
	query_received(&query, bytes, answer(&query, bytes, 0, 10, 0), 1000);
	assert_int_equal(query.state, QUERY_DONE);
	query_fini(&query);
	/* For ten seconds, with the seconds that are left. */
	begin(&query, "1.1.1.1", cache, 8500);
	assert_int_equal(query.state, QUERY_DONE);
	pkt = iothdns_get_header(&h, query.reply, query.reply_len, NULL);
	assert_int_equal(iothdns_get_rr(pkt, &rr, NULL), 1);
	assert_int_equal(rr.ttl, 3);
	iothdns_free(pkt);
	query_fini(&query);
	begin(&query, "1.1.1.1", cache, 11000);
	assert_int_equal(query.state, QUERY_UDP);
	/* RFC 2308: the lesser of TTL and MINIMUM; an answer without SOA is not kept. */
	query_received(&query, bytes, answer(&query, bytes, IOTHDNS_RCODE_ENOENT, 20, 5), 11000);
	assert_int_equal(query.error, ENOENT);
	query_fini(&query);
	begin(&query, "1.1.1.1", cache, 15999);
	assert_int_equal(query.state, QUERY_DONE);
	assert_int_equal(query.error, ENOENT);
	query_fini(&query);
	for (int i = 0; i < 2; i++) {
		begin(&query, "1.1.1.1", cache, 16000);
		assert_int_equal(query.state, QUERY_UDP);
		query_received(&query, bytes, answer(&query, bytes, IOTHDNS_RCODE_ENOENT, 0, 0), 16000);
		query_fini(&query);
	}
	cache_unref(cache);
}

/* The entry that was used longest ago goes. */
static void test_full_cache(void **state)
{
	struct cache *cache = cache_new(2);
	struct query query;
	uint8_t bytes[200], *got;
	struct dns_name names[3];
	size_t len;

	(void)state;
	begin(&query, "1.1.1.1", NULL, 0);
	len = answer(&query, bytes, 0, 10, 0);
	query_fini(&query);
	for (int i = 0; i < 3; i++)
		assert_int_equal(name_from_text(&names[i], (const char[][2]){"a", "b", "c"}[i]), 0);
	cache_put(cache, &names[0], 1, bytes, len, 0);
	cache_put(cache, &names[1], 1, bytes, len, 0);
	free(cache_get(cache, &names[0], 1, 0, &len));
	cache_put(cache, &names[2], 1, bytes, len, 0);
	got = cache_get(cache, &names[1], 1, 0, &len);
	assert_null(got);
	got = cache_get(cache, &names[0], 1, 0, &len);
	assert_non_null(got);
	free(got);
	assert_null(cache_get(cache, &names[0], 2, 0, &len)); /* another type */
	cache_unref(cache);
}

/* The record of hostile answers over TCP: nonsense there comes from the server itself. */
static void test_nonsense_over_tcp(void **state)
{
	struct query query;
	uint8_t bytes[200];
	size_t len;

	(void)state;
	begin(&query, "nameserver 1.1.1.1\noptions use-vc no-edns0", NULL, 0);
	assert_int_equal(query.state, QUERY_TCP);
	len = answer(&query, bytes, 0, 10, 0);
	bytes[0] ^= 1;
	query_received(&query, bytes, len, 0);
	assert_int_equal(query.state, QUERY_FAILED);
	assert_int_equal(query.error, EPROTO);
	query_fini(&query);
}

/* The end of the whole look-up: of servers that are mute, and of one that is slow with each CNAME.
 */
static void test_end(void **state)
{
	static const uint64_t deadlines[] = {3000, 6000, 7000};
	struct config *config = config_from_string("nameserver 1.1.1.1\noptions deadline:3 no-edns0");
	struct query query;
	uint64_t now = 0;
	int answers = 0;

	(void)state;
	begin(&query, "nameserver 1.1.1.1\noptions timeout:3 attempts:5 deadline:7 no-edns0", NULL, 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(query.state, QUERY_UDP);
		assert_int_equal(query.deadline, deadlines[i]);
		query_timed_out(&query, query.deadline);
	}
	assert_int_equal(query.state, QUERY_FAILED);
	assert_int_equal(query.error, ETIMEDOUT);
	query_fini(&query);
	assert_int_equal(
	    query_init(&query, config, NULL, 0, "a.x", IOTHDNS_TYPE_A, IOTHDNS_QUERY_FOLLOW, now), 0);
	while (!query_has_ended(&query)) {
		char name[NAME_MAX_WIRE + 1], next[20];
		struct iothdns_rr rr = {name, IOTHDNS_TYPE_CNAME, IOTHDNS_CLASS_IN, 9, 0};
		struct iothdns_header h = {query.id, IOTHDNS_RESPONSE, name, 1, 1};
		struct iothdns_pkt *pkt;

		assert_true(name_to_text(&query.name, name, sizeof(name)) > 0);
		snprintf(next, sizeof(next), "next%d.x", answers++);
		pkt = iothdns_put_header(&h);
		iothdns_put_rr(IOTHDNS_SEC_ANSWER, pkt, &rr);
		iothdns_put_name(pkt, next);
		now += 900;
		query_received(&query, iothdns_getbuf(pkt).iov_base, iothdns_getbuf(pkt).iov_len, now);
		iothdns_free(pkt);
	}
	assert_int_equal(answers, 4); /* at 0.9, 1.8, 2.7, 3.6 seconds */
	assert_int_equal(query.error, ETIMEDOUT);
	query_fini(&query);
	config_unref(config);
	/* Without the option there is an end, too, which mute servers do not reach. */
	config = config_from_string("1.1.1.1");
	assert_int_equal(config_total_ms(config), 30000);
	config_unref(config);
	config =
	    config_from_string("nameserver 1.1.1.1\nnameserver 1.1.1.2\noptions timeout:30 attempts:5");
	assert_int_equal(config_total_ms(config), 30000 * 2 * 6);
	config_unref(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_servers_and_deadlines),
	    cmocka_unit_test(test_ids),
	    cmocka_unit_test(test_cache_of_answers),
	    cmocka_unit_test(test_full_cache),
	    cmocka_unit_test(test_nonsense_over_tcp),
	    cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
