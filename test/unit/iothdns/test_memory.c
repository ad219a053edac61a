/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every allocation can fail: each of them once, in configurations, messages, the engine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocations.h"
#include "packet.h"
#include "query.h"

static bool configure(void)
{
	struct config *config =
	                  config_from_string("nameserver 1.1.1.1\nsearch a b c\noptions keep-port"),
	              *copy = NULL;

	if (config)
		copy = config_with_server(config, AF_INET, "\1\2\3\4");
	else
		assert_int_equal(errno, ENOMEM);
	config_unref(config);
	config_unref(copy);
	return config && copy;
}

/* A message with names enough for the tables to grow. */
static bool compose(void)
{
	struct iothdns_header h = {.qname = "x", .qtype = 1, .qclass = 1}, back;
	struct iothdns_rr rr = {NULL, IOTHDNS_TYPE_A, IOTHDNS_CLASS_IN, 1, 0};
	struct iothdns_pkt *pkt = iothdns_put_header(&h), *read;
	char name[40];
	struct iovec iov;
	int records = 0, error;

	if (!pkt)
		return false;
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "host%d.some.domain", i);
		rr.name = name;
		iothdns_put_rr(IOTHDNS_SEC_ANSWER, pkt, &rr);
		iothdns_put_int32(pkt, 1);
	}
	error = iothdns_error(pkt);
	assert_true(error == 0 || error == ENOMEM);
	iov = iothdns_getbuf(pkt);
	read = error ? NULL : iothdns_get_header(&back, iov.iov_base, iov.iov_len, NULL);
	while (read && iothdns_get_rr(read, &rr, NULL))
		records++;
	if (read)
		assert_int_equal(records, 200);
	iothdns_free(read);
	iothdns_free(pkt);
	return read != NULL;
}

static bool look_up(void)
{
	struct config *config = config_from_string("1.1.1.1");
	struct cache *cache = cache_new(3);
	struct query query;
	uint8_t answer[QUERY_PACKET_MAX + 16];
	bool done = false;

	for (int i = 0; config && cache && i < 2; i++) {
		assert_int_equal(
		    query_init(&query, config, cache, 0, "a.b", IOTHDNS_TYPE_A, IOTHDNS_QUERY_FOLLOW, 0),
		    0);
		if (!query_has_ended(&query)) {
			size_t len = HEADER_LEN + query.sent.len + 4U;

			memcpy(answer, query.packet, len);
			memcpy(answer + len, "\xc0\x0c\0\1\0\1\0\0\0\7\0\4\1\2\3\4", 16);
			answer[2] |= 0x80;
			answer[7] = 1;
			answer[11] = 0;
			query_received(&query, answer, len + 16, 0);
		}
		done = query.state == QUERY_DONE && query.reply;
		/* A query without memory for its answer ends, or asks another server. */
		while (!query_has_ended(&query))
			query_timed_out(&query, query.deadline);
		query_fini(&query);
	}
	cache_unref(cache);
	config_unref(config);
	return config && cache && done;
}

static void test_configure(void **state)
{
	(void)state;
	assert_true(fail_each(configure) >= 5);
}

static void test_compose(void **state)
{
	(void)state;
	assert_true(fail_each(compose) >= 4);
}

static void test_look_up(void **state)
{
	(void)state;
	assert_true(fail_each(look_up) >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_configure),
	    cmocka_unit_test(test_compose),
	    cmocka_unit_test(test_look_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
