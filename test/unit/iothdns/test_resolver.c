/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The resolver against a server that is not kind: hostile_server.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <ioth.h>
#include <iothdns.h>

#include "hostile_server.h"

static struct iothdns *resolver(const char *config)
{
	struct iothdns *dns = iothdns_init_strcfg(hostile_client, (char *)(uintptr_t)config);

	assert_non_null(dns);
	iothdns_setpath(dns, IOTHDNS_HOSTS, (char[]){"/nonexistent"});
	return dns;
}

static const char *first_a(struct iothdns *dns, const char *name, int *count)
{
	static char text[INET_ADDRSTRLEN];
	struct in_addr addr = {0};

	*count = iothdns_lookup_a(dns, name, &addr, 1);
	return inet_ntop(AF_INET, &addr, text, sizeof(text));
}

static void expect_a(struct iothdns *dns, const char *name, int count, const char *addr)
{
	int found;
	const char *first = first_a(dns, name, &found);

	if (found < 0)
		print_message("%s: %s\n", name, strerror(errno));
	assert_int_equal(found, count);
	assert_string_equal(first, addr);
}

static void expect_error(struct iothdns *dns, const char *name, int error)
{
	struct in_addr addr;

	assert_int_equal(iothdns_lookup_a(dns, name, &addr, 1), -1);
	if (errno != error)
		fail_msg("%s: %s, expected %s", name, strerror(errno), strerror(error));
}

static void test_lookup(void **state)
{
	struct iothdns *dns = resolver("10.0.0.53");
	struct in6_addr six[4];
	struct in_addr four[3];
	unsigned int before;

	(void)state;
	expect_a(dns, "ok.x", 2, "10.9.8.7");
	expect_a(dns, "OK.X.", 2, "10.9.8.7");
	expect_a(dns, "10.3.2.1", 1, "10.3.2.1");
	expect_a(dns, "fd00::1", 0, "0.0.0.0");
	assert_int_equal(iothdns_lookup_a(dns, "ok.x", NULL, 0), 2);
	assert_int_equal(iothdns_lookup_a(dns, "ok.x", four, 3), 2);
	assert_int_equal(four[1].s_addr, inet_addr("10.9.8.6"));
	assert_int_equal(iothdns_lookup_aaaa(dns, "ok.x", six, 4), 1);
	assert_int_equal(iothdns_lookup_aaaa(dns, "1.2.3.4", six, 4), 0);
	assert_int_equal(iothdns_lookup_aaaa_compat(dns, "ok.x", six, 4), 3);
	assert_true(IN6_IS_ADDR_V4MAPPED(&six[1]) && IN6_IS_ADDR_V4MAPPED(&six[2]));
	assert_int_equal(six[2].s6_addr[15], 6);
	assert_int_equal(iothdns_lookup_aaaa_compat(dns, "ok.x", six, 1), 3);
	assert_int_equal(iothdns_lookup_aaaa_compat(dns, "sixonly.x", six, 1), 1); /* A fails */
	assert_int_equal(iothdns_lookup_aaaa_compat(dns, "nx.x", six, 1), -1);
	assert_int_equal(errno, ENOENT);
	expect_a(dns, "nodata.x", 0, "0.0.0.0");
	expect_error(dns, "nx.x", ENOENT);
	expect_error(dns, "servfail.x", EREMOTEIO);
	expect_error(dns, "refused.x", EACCES);
	expect_error(dns, "not..name", EINVAL);
	iothdns_fini(dns);
	/* A port for each query. */
	dns = resolver("nameserver 10.0.0.53\noptions no-cache");
	before = atomic_load(&hostile_ports);
	for (int i = 0; i < 20; i++)
		expect_a(dns, "ok.x", 2, "10.9.8.7");
	assert_true(atomic_load(&hostile_ports) - before >= 18);
	iothdns_fini(dns);
	dns = resolver("nameserver 10.0.0.53\noptions no-cache keep-port");
	before = atomic_load(&hostile_ports);
	for (int i = 0; i < 20; i++)
		expect_a(dns, "ok.x", 2, "10.9.8.7");
	assert_true(atomic_load(&hostile_ports) - before <= 1);
	iothdns_fini(dns);
}

static void test_hostile(void **state)
{
	struct iothdns *dns = resolver("fd00::53,10.0.0.53");

	(void)state;
	expect_a(dns, "guess.x", 2, "10.9.8.7");
	expect_a(dns, "evil.x", 0, "0.0.0.0");
	expect_a(dns, "alias.x", 1, "10.1.1.1");
	expect_a(dns, "half.x", 2, "10.9.8.7");
	expect_error(dns, "loop.x", ELOOP);
	expect_error(dns, "endless.x", ELOOP);
	expect_error(dns, "malformed.x", EPROTO);
	iothdns_fini(dns);
	dns = resolver("10.0.0.53");
	expect_error(dns, "late.x", ETIMEDOUT);
	expect_error(dns, "never.x", ETIMEDOUT);
	/* A server that cannot be reached costs its time-out, and the next one is asked. */
	iothdns_update_strcfg(dns, (char[]){"10.0.0.54,10.0.0.53"});
	expect_a(dns, "ok.x", 2, "10.9.8.7");
	iothdns_update_strcfg(dns, (char[]){"nameserver fe80::53%none"});
	expect_error(dns, "ok.x", ENODEV);
	iothdns_update_strcfg(dns, (char[]){""});
	expect_error(dns, "ok.x", EDESTADDRREQ);
	iothdns_fini(dns);
}

static void test_edns(void **state)
{
	struct iothdns *dns = resolver("10.0.0.53");
	int before;

	(void)state;
	expect_a(dns, "dropedns.x", 2, "10.9.8.7");
	before = atomic_load(&hostile_queries);
	expect_a(dns, "formerr.x", 2, "10.9.8.7");
	assert_int_equal(atomic_load(&hostile_queries) - before, 2);
	expect_a(dns, "formerr2.x", 2, "10.9.8.7"); /* it is known by now */
	assert_int_equal(atomic_load(&hostile_queries) - before, 3);
	iothdns_fini(dns);
}

static void test_tcp(void **state)
{
	struct iothdns *dns = resolver("10.0.0.53");
	int before = atomic_load(&hostile_tcp_queries);

	(void)state;
	expect_a(dns, "trunc.x", 3000, "10.2.0.0"); /* 48 KiB */
	assert_int_equal(atomic_load(&hostile_tcp_queries), before + 1);
	iothdns_update_strcfg(dns, (char[]){"nameserver 10.0.0.53\noptions use-vc"});
	expect_a(dns, "ok.x", 2, "10.9.8.7");
	assert_int_equal(atomic_load(&hostile_tcp_queries), before + 2);
	iothdns_fini(dns);
}

static void test_case(void **state)
{
	struct iothdns *dns = resolver("nameserver 10.0.0.53\noptions 0x20");

	(void)state;
	expect_a(dns, "a-name-with-some-letters.x", 2, "10.9.8.7");
	expect_error(dns, "lowered-name-with-letters.x", ETIMEDOUT);
	iothdns_fini(dns);
}

static void test_search(void **state)
{
	struct iothdns *dns = resolver("nameserver 10.0.0.53\nsearch nxdomain.y y\noptions ndots:2");
	int before;

	(void)state;
	before = atomic_load(&hostile_queries);
	expect_a(dns, "ok", 2, "10.9.8.7");
	assert_int_equal(atomic_load(&hostile_queries) - before, 1); /* ok.nxdomain.y is there */
	before = atomic_load(&hostile_queries);
	expect_error(dns, "nx", ENOENT); /* both, and the name as it is */
	assert_int_equal(atomic_load(&hostile_queries) - before, 3);
	before = atomic_load(&hostile_queries);
	expect_error(dns, "nx.a.b", ENOENT);
	expect_error(dns, "nx.a.", ENOENT);
	assert_int_equal(atomic_load(&hostile_queries) - before, 2);
	expect_error(dns, "servfail", EREMOTEIO);
	iothdns_fini(dns);
}

static void test_cache(void **state)
{
	struct iothdns *dns = resolver("10.0.0.53");
	int before = atomic_load(&hostile_queries);

	(void)state;
	for (int i = 0; i < 5; i++) {
		expect_a(dns, "ok.x", 2, "10.9.8.7");
		expect_a(dns, "Ok.X", 2, "10.9.8.7");
		expect_error(dns, "nx.x", ENOENT);
		expect_a(dns, "nodata.x", 0, "0.0.0.0");
		expect_error(dns, "servfail.x", EREMOTEIO); /* never kept */
	}
	assert_int_equal(atomic_load(&hostile_queries) - before, 3 + 5);
	iothdns_fini(dns);
}

static int count_records(int section, struct iothdns_rr *rr, struct iothdns_pkt *pkt, void *arg)
{
	int *sections = arg;
	uint32_t addr;

	sections[section]++;
	assert_string_equal(rr->name, "ok.x");
	if (rr->type == IOTHDNS_TYPE_A)
		assert_true(iothdns_get_a(pkt, &addr) == &addr);
	return sections[0]-- < -5 ? 7 : 0;
}

static void test_callback(void **state)
{
	struct iothdns *dns = resolver("10.0.0.53");
	int sections[4] = {0}, stopped[4] = {-5};

	(void)state;
	assert_int_equal(iothdns_lookup_cb(dns, "ok.x", IOTHDNS_TYPE_ANY, count_records, sections), 0);
	assert_int_equal(sections[1], 3);
	assert_int_equal(sections[3], 0);
	assert_int_equal(
	    iothdns_lookup_cb_tcp(dns, "ok.x", IOTHDNS_TYPE_ANY, count_records, stopped), 7);
	assert_int_equal(stopped[1], 2);
	assert_int_equal(iothdns_lookup_cb(dns, "nx.x", IOTHDNS_TYPE_ANY, count_records, sections), -1);
	assert_int_equal(errno, ENOENT);
	iothdns_fini(dns);
}

static void expect_addrinfo(struct iothdns *dns, const char *node, const char *service,
    const struct addrinfo *hints, int result, const char *text)
{
	struct addrinfo *list, *ai;
	char seen[1024] = "";
	int got = iothdns_getaddrinfo(dns, node, service, hints, &list);

	if (got != result)
		fail_msg("%s: %s", node, iothdns_gai_strerror(got));
	for (ai = list; ai; ai = ai->ai_next) {
		char host[80], serv[20];

		assert_int_equal(iothdns_getnameinfo(dns, ai->ai_addr, ai->ai_addrlen, host, sizeof(host),
		                     serv, sizeof(serv), NI_NUMERICHOST | NI_NUMERICSERV),
		    0);
		snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s %s %d/%d%s%s;", host, serv,
		    ai->ai_socktype, ai->ai_protocol, ai->ai_canonname ? " " : "",
		    ai->ai_canonname ? ai->ai_canonname : "");
	}
	iothdns_freeaddrinfo(list);
	assert_string_equal(seen, text);
}

static void test_getaddrinfo(void **state)
{
	struct iothdns *dns = resolver("10.0.0.53");
	struct addrinfo stream = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_CANONNAME};
	struct addrinfo six = {.ai_family = AF_INET6, .ai_socktype = SOCK_DGRAM};
	struct addrinfo mapped = {
	    .ai_family = AF_INET6, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_V4MAPPED | AI_ALL};

	(void)state;
	expect_addrinfo(
	    dns, "ok.x", "80", &stream, 0, "10.9.8.7 80 1/6 ok.x;10.9.8.6 80 1/6;fd00::9 80 1/6;");
	expect_addrinfo(dns, "alias.x", NULL, &stream, 0, "10.1.1.1 0 1/6 chain2.x;fd00::9 0 1/6;");
	expect_addrinfo(
	    dns, "10.0.0.7", "7", NULL, 0, "10.0.0.7 7 1/6;10.0.0.7 7 2/17;10.0.0.7 7 3/0;");
	expect_addrinfo(dns, "fe80::1%vde0", NULL, &six, 0, "fe80::1%vde0 0 2/17;");
	expect_addrinfo(dns, NULL, "1", &stream, EAI_BADFLAGS, "");
	stream.ai_flags = 0;
	expect_addrinfo(dns, NULL, "1", &stream, 0, "::1 1 1/6;127.0.0.1 1 1/6;");
	stream.ai_flags = AI_PASSIVE;
	expect_addrinfo(dns, NULL, "1", &stream, 0, "0.0.0.0 1 1/6;:: 1 1/6;");
	expect_addrinfo(dns, "alias.x", NULL, &mapped, 0, "fd00::9 0 2/17;::ffff:10.1.1.1 0 2/17;");
	expect_addrinfo(dns, "ok.x", NULL, &mapped, 0,
	    "fd00::9 0 2/17;::ffff:10.9.8.7 0 2/17;::ffff:10.9.8.6 0 2/17;");
	mapped.ai_flags = AI_V4MAPPED;
	expect_addrinfo(dns, "ok.x", NULL, &mapped, 0, "fd00::9 0 2/17;");
	expect_addrinfo(dns, "nx.x", NULL, NULL, EAI_NONAME, "");
	expect_addrinfo(dns, "nodata.x", NULL, NULL, EAI_NODATA, "");
	expect_addrinfo(dns, "servfail.x", NULL, NULL, EAI_AGAIN, "");
	expect_addrinfo(dns, "refused.x", NULL, NULL, EAI_FAIL, "");
	expect_addrinfo(dns, "ok.x", "no-such-service", NULL, EAI_SERVICE, "");
	six.ai_family = AF_UNIX;
	expect_addrinfo(dns, "ok.x", NULL, &six, EAI_FAMILY, "");
	expect_addrinfo(dns, NULL, NULL, NULL, EAI_NONAME, "");
	iothdns_fini(dns);
}

static void test_getnameinfo(void **state)
{
	struct iothdns *dns = resolver("10.0.0.53");
	struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(65000)};
	char host[IOTHDNS_MAXNAME], serv[20];

	(void)state;
	in4.sin_addr.s_addr = inet_addr("10.0.0.1");
	assert_int_equal(iothdns_getnameinfo(dns, (void *)&in4, sizeof(in4), host, sizeof(host), serv,
	                     sizeof(serv), NI_NUMERICSERV),
	    0);
	assert_string_equal(host, "host.one.x"); /* another flag than NI_NUMERICHOST */
	assert_string_equal(serv, "65000");
	/* A PTR record that would write to a terminal is no name. */
	in4.sin_addr.s_addr = inet_addr("10.0.0.2");
	assert_int_equal(
	    iothdns_getnameinfo(dns, (void *)&in4, sizeof(in4), host, sizeof(host), NULL, 0, 0), 0);
	assert_string_equal(host, "10.0.0.2");
	assert_int_equal(iothdns_getnameinfo(
	                     dns, (void *)&in4, sizeof(in4), host, sizeof(host), NULL, 0, NI_NAMEREQD),
	    EAI_NONAME);
	assert_int_equal(
	    iothdns_getnameinfo(dns, (void *)&in4, sizeof(in4), host, 3, NULL, 0, NI_NUMERICHOST),
	    EAI_OVERFLOW);
	assert_int_equal(
	    iothdns_getnameinfo(dns, (void *)&in4, 7, host, sizeof(host), NULL, 0, 0), EAI_FAMILY);
	iothdns_setpath(dns, IOTHDNS_SERVICES, (char[]){"/nonexistent"});
	assert_int_equal(
	    iothdns_getnameinfo(dns, (void *)&in4, sizeof(in4), NULL, 0, serv, sizeof(serv), 0), 0);
	iothdns_fini(dns);
}

struct result {
	int calls, error, records;
};

static void take(struct iothdns_query *query, int error, struct iothdns_header *header,
    struct iothdns_pkt *reply, void *arg)
{
	struct result *result = arg;
	struct iothdns_rr rr;

	result->calls++;
	result->error = error;
	while (reply && iothdns_get_rr(reply, &rr, NULL))
		result->records += rr.type != IOTHDNS_TYPE_OPT;
	if (reply)
		assert_true(IOTHDNS_IS_RESPONSE(header->flags));
	iothdns_query_free(query);
}

static void test_asynchronous(void **state)
{
	static const struct {
		const char *name;
		unsigned int flags;
		int error, records;
	} expected[] = {{"ok.x", 0, 0, 2}, {"nx.x", 0, ENOENT, 1}, {"never.x", 0, ETIMEDOUT, 0},
	    {"trunc.x", 0, 0, 3000}, {"half.x", IOTHDNS_QUERY_FOLLOW, 0, 2}, {"half.x", 0, 0, 2},
	    {"loop.x", IOTHDNS_QUERY_FOLLOW, ELOOP, 0}, {"ok.x", IOTHDNS_QUERY_TCP, 0, 2}};
	enum { COUNT = sizeof(expected) / sizeof(expected[0]) };
	struct iothdns *dns = resolver("10.0.0.53");
	struct iothdns_query *queries_now[COUNT], *given_up;
	struct result results[COUNT] = {{0}};
	struct pollfd pfds[COUNT];
	int left = COUNT;

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		queries_now[i] = iothdns_query_start(
		    dns, expected[i].name, IOTHDNS_TYPE_A, expected[i].flags, take, &results[i]);
		assert_non_null(queries_now[i]);
		pfds[i] = (struct pollfd){iothdns_query_fd(queries_now[i]), POLLIN, 0};
	}
	given_up = iothdns_query_start(dns, "never.x", IOTHDNS_TYPE_A, 0, take, NULL);
	iothdns_query_free(given_up);
	assert_null(iothdns_query_start(dns, "a..b", IOTHDNS_TYPE_A, 0, take, NULL));
	assert_int_equal(errno, EINVAL);
	iothdns_fini(dns); /* they go on */
	while (left > 0) {
		assert_true(poll(pfds, COUNT, 30000) > 0);
		for (int i = 0; i < COUNT; i++) {
			if (pfds[i].fd >= 0 && pfds[i].revents && iothdns_query_process(queries_now[i])) {
				pfds[i].fd = -1;
				left--;
			}
		}
	}
	for (int i = 0; i < COUNT; i++) {
		assert_int_equal(results[i].calls, 1);
		assert_int_equal(results[i].error, expected[i].error);
		assert_int_equal(results[i].records, expected[i].records);
	}
}

static void *many_lookups(void *argument)
{
	struct iothdns *dns = argument;

	for (int i = 0; i < 50; i++) {
		struct in_addr addr;
		char name[40];

		snprintf(name, sizeof(name), "ok%d.x", i);
		if (iothdns_lookup_a(dns, name, &addr, 1) != 2)
			return dns;
		if (i == 25)
			iothdns_update_strcfg(dns, (char[]){"10.0.0.53"});
	}
	return NULL;
}

static atomic_int waiting_ended;

static void *wait_for_nobody(void *argument)
{
	struct in_addr addr;
	int result = iothdns_lookup_a(argument, "never.x", &addr, 1);

	atomic_store(&waiting_ended, 1);
	return result < 0 && errno == ETIMEDOUT ? NULL : argument;
}

/* Others look up, and change the configuration, while one waits for a server that says nothing. */
static void test_no_lock_while_waiting(void **state)
{
	struct iothdns *dns = resolver("10.0.0.53");
	int before = atomic_load(&hostile_queries);
	pthread_t thread;
	void *result;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, wait_for_nobody, dns), 0);
	while (atomic_load(&hostile_queries) == before)
		sched_yield();
	expect_a(dns, "ok.x", 2, "10.9.8.7");
	assert_int_equal(iothdns_update_strcfg(dns, (char[]){"10.0.0.53"}), 0);
	expect_a(dns, "ok.x", 2, "10.9.8.7");
	assert_int_equal(atomic_load(&waiting_ended), 0);
	pthread_join(thread, &result);
	assert_null(result);
	iothdns_fini(dns);
}

static void test_threads(void **state)
{
	struct iothdns *dns = resolver("10.0.0.53");
	pthread_t threads[8];

	(void)state;
	for (int i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, many_lookups, dns), 0);
	for (int i = 0; i < 8; i++) {
		void *result;

		pthread_join(threads[i], &result);
		assert_null(result);
	}
	iothdns_fini(dns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lookup),
	    cmocka_unit_test(test_hostile),
	    cmocka_unit_test(test_edns),
	    cmocka_unit_test(test_tcp),
	    cmocka_unit_test(test_case),
	    cmocka_unit_test(test_search),
	    cmocka_unit_test(test_cache),
	    cmocka_unit_test(test_callback),
	    cmocka_unit_test(test_getaddrinfo),
	    cmocka_unit_test(test_getnameinfo),
	    cmocka_unit_test(test_asynchronous),
	    cmocka_unit_test(test_no_lock_while_waiting),
	    cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, hostile_setup, hostile_teardown);
}
