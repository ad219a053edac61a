/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every allocation can fail: each of them once, in each public call that looks something up, with a
 * server (hostile_server.h) that answers. What comes out is the whole result, or the error that
 * says that there was no memory; memory and descriptors are given back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <ioth.h>
#include <iothdns.h>

#include "../descriptors.h"
#include "allocations.h"
#include "hostile_server.h"

static char config_path[] = "/tmp/iothdns_memory.XXXXXX";
static char hosts_path[] = "/tmp/iothdns_memory.XXXXXX";
static char services_path[] = "/tmp/iothdns_memory.XXXXXX";

/* Files that are read in several pieces. */
static void make_file(char *path, const char *text)
{
	int fd = mkstemp(path);
	FILE *file;

	assert_true(fd >= 0);
	file = fdopen(fd, "w");
	assert_non_null(file);
	for (int i = 0; i < 300; i++)
		fputs("# a line that says nothing\n", file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
	make_file(config_path, "nameserver 10.0.0.53\nsearch a b\noptions rfc6724 keep-port ndots:0\n");
	make_file(hosts_path, "10.0.0.77 inhosts.x inhosts\nfd00::77 inhosts\n");
	make_file(services_path, "wonder 4711/tcp\nwonder 4711/udp\n");
	return hostile_setup(state);
}

static int teardown(void **state)
{
	unlink(config_path);
	unlink(hosts_path);
	unlink(services_path);
	return hostile_teardown(state);
}

/* A handle on the files; NULL without memory for it. */
static struct iothdns *resolver(void)
{
	struct iothdns *dns = iothdns_init(hostile_client, config_path);
	char path[sizeof(hosts_path)];

	if (!dns) {
		assert_int_equal(errno, ENOMEM);
		return NULL;
	}
	iothdns_setpath(dns, IOTHDNS_HOSTS, hosts_path);
	iothdns_setpath(dns, IOTHDNS_SERVICES, services_path);
	/* The one call that cannot say that there was no memory: nothing has changed then. */
	for (enum iothdns_pathtag tag = IOTHDNS_HOSTS; tag < IOTHDNS_PATH_SIZE; tag++) {
		iothdns_getpath(dns, tag, path, sizeof(path));
		if (strcmp(path, tag == IOTHDNS_HOSTS ? hosts_path : services_path) != 0) {
			iothdns_fini(dns);
			return NULL;
		}
	}
	return dns;
}

static bool configure(void)
{
	struct iothdns *dns = resolver();
	bool done = dns != NULL;

	if (dns && iothdns_add_nameserver(dns, AF_INET, (unsigned char[]){1, 2, 3, 4}) < 0) {
		assert_int_equal(errno, ENOMEM);
		done = false;
	}
	if (dns && iothdns_update(dns, config_path) < 0) {
		assert_int_equal(errno, ENOMEM);
		done = false;
	}
	if (dns && iothdns_update_strcfg(dns, (char[]){"nameserver 10.0.0.53\nsearch c"}) < 0) {
		assert_int_equal(errno, ENOMEM);
		done = false;
	}
	iothdns_fini(dns);
	return done;
}

static bool resolve(const char *node, const char *expected)
{
	struct iothdns *dns = resolver();
	struct addrinfo hints = {.ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM}, *list, *ai;
	char seen[256] = "", text[INET6_ADDRSTRLEN];
	int result;

	if (!dns)
		return false;
	result = iothdns_getaddrinfo(dns, node, "wonder", &hints, &list);
	iothdns_fini(dns);
	if (result != 0) {
		assert_null(list);
		if (result != EAI_MEMORY)
			fail_msg("%s: %s", node, iothdns_gai_strerror(result));
		return false;
	}
	for (ai = list; ai; ai = ai->ai_next) {
		struct sockaddr_in *in4 = (void *)ai->ai_addr;
		struct sockaddr_in6 *in6 = (void *)ai->ai_addr;

		assert_int_equal(ntohs(in4->sin_port), 4711);
		inet_ntop(ai->ai_family,
		    ai->ai_family == AF_INET ? (void *)&in4->sin_addr : (void *)&in6->sin6_addr, text,
		    sizeof(text));
		snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s;", text);
	}
	assert_string_equal(seen, expected);
	assert_non_null(list->ai_canonname);
	iothdns_freeaddrinfo(list);
	return true;
}

/* There is no route to 10.1.1.1. */
static bool getaddrinfo_dns(void)
{
	return resolve("alias.x", "fd00::9;10.1.1.1;");
}

static bool getaddrinfo_file(void)
{
	return resolve("inhosts", "10.0.0.77;fd00::77;");
}

static bool getnameinfo_of(const char *address, const char *name)
{
	struct iothdns *dns = resolver();
	struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(4711)};
	char host[IOTHDNS_MAXNAME] = "", serv[20] = "";
	int result;

	if (!dns)
		return false;
	in4.sin_addr.s_addr = inet_addr(address);
	result = iothdns_getnameinfo(
	    dns, (void *)&in4, sizeof(in4), host, sizeof(host), serv, sizeof(serv), 0);
	iothdns_fini(dns);
	if (result != 0) {
		assert_int_equal(result, EAI_MEMORY);
		return false;
	}
	assert_string_equal(host, name);
	assert_string_equal(serv, "wonder");
	return true;
}

static bool getnameinfo_dns(void)
{
	return getnameinfo_of("10.0.0.1", "host.one.x");
}

static bool getnameinfo_file(void)
{
	return getnameinfo_of("10.0.0.77", "inhosts.x");
}

static int count_record(int section, struct iothdns_rr *rr, struct iothdns_pkt *pkt, void *arg)
{
	(void)section;
	(void)rr;
	(void)pkt;
	++*(int *)arg;
	return 0;
}

static bool lookups(void)
{
	struct iothdns *dns = resolver();
	bool done = dns != NULL;
	struct in_addr four[2];
	struct in6_addr six[3];
	int records = 0, found;

	/* Out of the cache; by TCP, 48 KiB; both kinds. */
	for (int i = 0; dns && i < 4; i++) {
		errno = 0;
		found = i < 2    ? iothdns_lookup_a(dns, "ok.x", four, 2)
		        : i == 2 ? iothdns_lookup_a(dns, "trunc.x", four, 2)
		                 : iothdns_lookup_aaaa_compat(dns, "ok.x", six, 3);
		if (found < 0)
			assert_int_equal(errno, ENOMEM);
		else
			assert_int_equal(found, i < 2 ? 2 : i == 2 ? 3000 : 3);
		done = done && found > 0;
	}
	if (dns && iothdns_lookup_cb(dns, "ok.x", IOTHDNS_TYPE_ANY, count_record, &records) < 0) {
		assert_int_equal(errno, ENOMEM);
		done = false;
	} else if (dns) {
		assert_int_equal(records, 3);
	}
	iothdns_fini(dns);
	return done;
}

struct result {
	int calls, error, records;
};

static void take(struct iothdns_query *query, int error, struct iothdns_header *header,
    struct iothdns_pkt *reply, void *arg)
{
	struct result *result = arg;
	struct iothdns_rr rr;

	(void)header;
	result->calls++;
	result->error = error;
	while (reply && iothdns_get_rr(reply, &rr, NULL))
		result->records += rr.type != IOTHDNS_TYPE_OPT;
	iothdns_query_free(query);
}

static bool ask(struct iothdns *dns, const char *name, int records)
{
	struct result result = {0, 0, 0};
	struct iothdns_query *query =
	    iothdns_query_start(dns, name, IOTHDNS_TYPE_A, IOTHDNS_QUERY_FOLLOW, take, &result);
	struct pollfd pfd;

	if (!query) {
		assert_int_equal(errno, ENOMEM);
		return false;
	}
	pfd = (struct pollfd){iothdns_query_fd(query), POLLIN, 0};
	do
		assert_int_equal(poll(&pfd, 1, 60000), 1);
	while (!iothdns_query_process(query));
	assert_int_equal(result.calls, 1);
	if (result.error) {
		assert_int_equal(result.error, ENOMEM);
		return false;
	}
	assert_int_equal(result.records, records);
	return true;
}

static bool asynchronous(void)
{
	struct iothdns *dns = resolver();
	bool done = dns != NULL;

	done = dns && ask(dns, "half.x", 2) && done;
	done = dns && ask(dns, "trunc.x", 3000) && done;
	done = dns && ask(dns, "half.x", 2) && done;
	iothdns_fini(dns);
	return done;
}

static struct iothdns_pkt *reply_to(struct iothdns_header *h, void *arg)
{
	struct iothdns_rr rr = {h->qname, IOTHDNS_TYPE_A, IOTHDNS_CLASS_IN, 60, 0};
	struct iothdns_pkt *pkt;

	h->flags |= IOTHDNS_RESPONSE;
	pkt = iothdns_put_header(h);
	for (int i = 0; pkt && i < 100; i++) {
		iothdns_put_rr(IOTHDNS_SEC_ANSWER, pkt, &rr);
		iothdns_put_int32(pkt, (uint32_t)i);
	}
	*(bool *)arg = pkt != NULL;
	return pkt;
}

/* A connection to ourselves; the requests are the server's to read. */
static void new_connection(int fds[2])
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(addr);
	int listener = ioth_msocket(NULL, AF_INET, SOCK_STREAM, 0);

	assert_int_equal(ioth_bind(listener, (void *)&addr, len), 0);
	assert_int_equal(ioth_getsockname(listener, (void *)&addr, &len), 0);
	assert_int_equal(ioth_listen(listener, 1), 0);
	fds[0] = ioth_msocket(NULL, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(ioth_connect(fds[0], (void *)&addr, len), 0);
	fds[1] = ioth_accept(listener, NULL, NULL);
	assert_true(fds[1] >= 0);
	ioth_close(listener);
}

/* A request over a stream: its length, a header, the question. */
static bool serve(void)
{
	static const unsigned char request[] = "\0\x13\xab\xcd\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1";
	const size_t len = sizeof(request) - 1;
	unsigned char reply[4096];
	int fds[2], result;
	bool composed = false;
	ssize_t got;

	new_connection(fds);
	assert_int_equal(ioth_send(fds[0], request, len, 0), (ssize_t)len);
	result = iothdns_tcp_process_request(fds[1], reply_to, &composed);
	if (result < 0)
		assert_int_equal(errno, ENOMEM);
	else
		assert_int_equal(result, len);
	ioth_close(fds[1]);
	got = ioth_recv(fds[0], reply, sizeof(reply), MSG_WAITALL);
	ioth_close(fds[0]);
	/* The whole reply, or SERVFAIL, or nothing. */
	assert_true(got <= 0 || got == 2 + 19 + 1600 || (got == 2 + 19 && (reply[5] & 0xf) == 2));
	return got == 2 + 19 + 1600;
}

static void expect(attempt *function, int at_least)
{
	struct timespec moment = {0, 1000000};
	int before = open_descriptors(), allocations = fail_each(function);

	if (allocations < at_least)
		fail_msg("only %d allocations", allocations);
	/* The server closes its side of a connection by and by. */
	for (int i = 0; i < 30000 && open_descriptors() != before; i++)
		nanosleep(&moment, NULL);
	assert_int_equal(open_descriptors(), before);
}

static void test_configure(void **state)
{
	(void)state;
	expect(configure, 12);
}

static void test_getaddrinfo(void **state)
{
	(void)state;
	expect(getaddrinfo_dns, 12);
	expect(getaddrinfo_file, 12);
}

static void test_getnameinfo(void **state)
{
	(void)state;
	expect(getnameinfo_dns, 10);
	expect(getnameinfo_file, 10);
}

static void test_lookups(void **state)
{
	(void)state;
	expect(lookups, 15);
}

static void test_asynchronous(void **state)
{
	(void)state;
	expect(asynchronous, 10);
}

static void test_server(void **state)
{
	(void)state;
	expect(serve, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_configure),
	    cmocka_unit_test(test_getaddrinfo),
	    cmocka_unit_test(test_getnameinfo),
	    cmocka_unit_test(test_lookups),
	    cmocka_unit_test(test_asynchronous),
	    cmocka_unit_test(test_server),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
