/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known without asking: nothing is below a name that does not exist (RFC 8020); who could
 * not be told a moment ago cannot be told now (RFC 9520); and bounds that another configuration
 * has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "cache_answer.h"
#include "forward_world.h"

#define A    NAMED_TYPE_A
#define AAAA NAMED_TYPE_AAAA
#define RD   NAMED_FLAG_RD

static struct named_cache *cache;
static struct named_cache_config config;
static uint8_t bytes[512];
static uint64_t now;

static int setup(void **state)
{
	(void)state;
	now = 0;
	config = (struct named_cache_config){.cut = true, .failure = 5};
	return named_cache_new(&cache, &config);
}

static int teardown(void **state)
{
	(void)state;
	named_cache_free(cache);
	return 0;
}

static void at(uint64_t seconds)
{
	now = seconds * NAMED_CACHE_SECOND;
}

static void put(const char *text, enum named_cache_kind kind, uint16_t type, uint32_t ttl)
{
	static const uint8_t soa[1 + 2 + 20], address[] = {0, 4, 10, 0, 0, 1};
	struct named_cache_item item = {.kind = kind, .type = type, .count = 1, .ttl = ttl};
	struct named_name name;

	item.data = kind == NAMED_CACHE_RRSET ? address : soa;
	item.len = kind == NAMED_CACHE_RRSET ? sizeof(address) : sizeof(soa);
	assert_int_equal(named_name_from_text(&name, text), 0);
	assert_int_equal(named_cache_put(cache, &name, &item, now), 0);
}

static void put_failure(const char *text, uint16_t type, uint8_t code)
{
	struct named_cache_item item = {
	    .kind = NAMED_CACHE_FAILURE, .type = type, .count = 1, .data = &code, .len = 1};
	struct named_name name;

	assert_int_equal(named_name_from_text(&name, text), 0);
	assert_int_equal(named_cache_put(cache, &name, &item, now), 0);
}

/* The code of the answer, -1: there is none. */
static int answer_with(const char *name, uint16_t type, uint16_t flags)
{
	static struct test_message m;
	struct named_query query;
	struct named_reply reply;

	test_begin(&m, 1, flags, name, type);
	test_opt(&m, 1232, 0, 0, NULL, 0);
	assert_int_equal(named_query_parse(&query, m.bytes, m.len), NAMED_QUERY_OK);
	named_reply_begin(&reply, &query, bytes, sizeof(bytes), NAMED_FLAG_RA);
	if (named_cache_answer(cache, &query, &reply, false, now) == NAMED_CACHED_NOT)
		return -1;
	assert_in_range(named_reply_end(&reply), NAMED_HEADER_LEN, sizeof(bytes));
	return bytes[3] & NAMED_FLAG_RCODE;
}

static int answer(const char *name, uint16_t type)
{
	return answer_with(name, type, RD);
}

/* ---- RFC 8020 -------------------------------------------------------------------------------- */

static void test_cut(void **state)
{
	(void)state;
	put("b.example", NAMED_CACHE_RRSET, A, 100);
	put("no.example", NAMED_CACHE_NXDOMAIN, 0, 60);
	assert_int_equal(answer("no.example", A), NAMED_NXDOMAIN);
	assert_int_equal(answer("a.no.example", A), NAMED_NXDOMAIN);
	assert_int_equal(answer("x.y.z.NO.example", AAAA), NAMED_NXDOMAIN);
	assert_int_equal(bytes[9], 1); /* the SOA says for how long */
	assert_int_equal(answer("b.example", A), NAMED_NOERROR);
	/* Not those beside it or above, or whose bytes end likewise. */
	assert_int_equal(answer("ano.example", A), -1);
	assert_int_equal(answer("example", A), -1);
	assert_int_equal(answer("no.example.org", A), -1);
	at(60);
	assert_int_equal(answer("a.no.example", A), -1);
}

/* A name that exists, data or not, has names above it that do. */
static void test_cut_contradicted(void **state)
{
	(void)state;
	put("no.example", NAMED_CACHE_NXDOMAIN, 0, 60);
	put("a.b.no.example", NAMED_CACHE_NODATA, A, 60);
	assert_int_equal(answer("no.example", A), -1);
	assert_int_equal(answer("b.no.example", A), -1);
	assert_int_equal(answer("a.b.no.example", A), NAMED_NOERROR);
	/* The other way round: what is known of a name counts for it as long as it lasts. */
	put("no.example", NAMED_CACHE_NXDOMAIN, 0, 100);
	assert_int_equal(answer("a.b.no.example", A), NAMED_NOERROR);
	assert_int_equal(answer("c.b.no.example", A), NAMED_NXDOMAIN);
	assert_int_equal(named_cache_flush(cache, NULL, false), 2);
	assert_int_equal(answer("c.b.no.example", A), -1);
}

static void test_cut_off(void **state)
{
	(void)state;
	config.cut = false;
	named_cache_configure(cache, &config);
	put("no.example", NAMED_CACHE_NXDOMAIN, 0, 60);
	assert_int_equal(answer("no.example", A), NAMED_NXDOMAIN);
	assert_int_equal(answer("a.no.example", A), -1);
}

/* ---- RFC 9520 -------------------------------------------------------------------------------- */

static void test_failure(void **state)
{
	(void)state;
	put_failure("f.example", A, NAMED_REFUSED);
	assert_int_equal(answer("f.example", A), NAMED_REFUSED);
	assert_int_equal(answer("F.example", A), NAMED_REFUSED);
	/* Another type, a name below; one who does not want to have it checked. */
	assert_int_equal(answer("f.example", AAAA), -1);
	assert_int_equal(answer("a.f.example", A), -1);
	assert_int_equal(answer_with("f.example", A, RD | NAMED_FLAG_CD), -1);
	at(5);
	assert_int_equal(answer("f.example", A), -1);
	/* It is over when there is an answer. */
	put_failure("f.example", A, NAMED_SERVFAIL);
	put("f.example", NAMED_CACHE_RRSET, A, 1);
	assert_int_equal(answer("f.example", A), NAMED_NOERROR);
	at(6);
	assert_int_equal(answer("f.example", A), -1);
	/* And takes nothing away. */
	put("f.example", NAMED_CACHE_RRSET, A, 100);
	put_failure("f.example", A, NAMED_SERVFAIL);
	assert_int_equal(answer("f.example", A), NAMED_NOERROR);
}

/* RFC 8767, 5: meanwhile what has expired is good enough, and nobody is asked. */
static void test_failure_and_stale(void **state)
{
	(void)state;
	config.stale = 100;
	named_cache_configure(cache, &config);
	put("s.example", NAMED_CACHE_RRSET, A, 10);
	at(20);
	assert_int_equal(answer("s.example", A), -1);
	put_failure("s.example", A, NAMED_SERVFAIL);
	assert_int_equal(answer("s.example", A), NAMED_NOERROR);
	assert_int_equal(bytes[7], 1);
}

/* Whom the forwarder could not help, it does not try to for a while; others it does. */
static void test_failed_queries(void **state)
{
	struct named_forward_config forward = {.cache = cache};
	struct world *w = world_new(1, &forward);

	(void)state;
	/* What a server has said of it is what is said again. */
	world_ask(w, 1, 512, "refused.example", A, 1);
	world_answer_rcode(w, 0, NAMED_REFUSED);
	world_until(w, w->now + NAMED_FORWARD_LIFE);
	now = w->now;
	assert_int_equal(w->reply_count, 1);
	assert_int_equal(world_rcode(w), NAMED_REFUSED);
	assert_int_equal(answer("refused.example", A), NAMED_REFUSED);
	world_ask(w, 1, 512, "dead.example", A, 2);
	world_until(w, w->now + NAMED_FORWARD_LIFE);
	now = w->now;
	assert_int_equal(w->reply_count, 2);
	assert_int_equal(world_rcode(w), NAMED_SERVFAIL);
	assert_int_equal(answer("dead.example", A), NAMED_SERVFAIL);
	assert_int_equal(answer("dead.example", AAAA), -1);
	/* That there are no sockets is nobody's failure. */
	w->udp_error[0] = EMFILE;
	world_ask(w, 1, 512, "sockets.example", A, 3);
	world_until(w, w->now + NAMED_FORWARD_LIFE);
	assert_int_equal(w->reply_count, 3);
	assert_int_equal(world_rcode(w), NAMED_SERVFAIL);
	now = w->now;
	assert_int_equal(answer("sockets.example", A), -1);
	world_free(w);
}

/* ---- another configuration ------------------------------------------------------------------- */

static void test_bounds(void **state)
{
	(void)state;
	put("old.example", NAMED_CACHE_RRSET, A, 1000);
	config = (struct named_cache_config){
	    .ttl_min = 20, .ttl_max = 50, .negative_max = 10, .failure = 2, .cut = true};
	named_cache_configure(cache, &config);
	put("short.example", NAMED_CACHE_RRSET, A, 1);
	put("long.example", NAMED_CACHE_RRSET, A, 1000);
	put("no.example", NAMED_CACHE_NXDOMAIN, 0, 1000);
	put_failure("f.example", A, NAMED_SERVFAIL);
	at(2);
	assert_int_equal(answer("f.example", A), -1);
	at(9);
	assert_int_equal(answer("no.example", A), NAMED_NXDOMAIN);
	at(10);
	assert_int_equal(answer("no.example", A), -1);
	at(19);
	assert_int_equal(answer("short.example", A), NAMED_NOERROR);
	at(50);
	assert_int_equal(answer("short.example", A), -1);
	assert_int_equal(answer("long.example", A), -1);
	/* What was there stays as it is. */
	assert_int_equal(answer("old.example", A), NAMED_NOERROR);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_cut),
	    TEST(test_cut_contradicted),
	    TEST(test_cut_off),
	    TEST(test_failure),
	    TEST(test_failure_and_stale),
	    TEST(test_failed_queries),
	    TEST(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
