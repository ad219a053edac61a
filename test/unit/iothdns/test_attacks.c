/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What attackers, bad servers and careless programs do to a resolver (hostile_server.h). Each
 * look-up ends, with the right answer or with an error that says why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
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

/* `count` addresses, or -1 and an error. */
static void expect(struct iothdns *dns, const char *name, int count, int error)
{
	struct in_addr addr;
	int found = iothdns_lookup_a(dns, name, &addr, 1);

	if (found != count || (found < 0 && errno != error))
		fail_msg(
		    "%s: %d (%s), expected %d (%s)", name, found, strerror(errno), count, strerror(error));
}

static void test_streams(void **state)
{
	struct iothdns *dns = resolver("10.0.0.53");

	(void)state;
	expect(dns, "tcp_dribble.x", -1, ETIMEDOUT);
	expect(dns, "tcp_midlength.x", -1, ECONNRESET);
	expect(dns, "tcp_midanswer.x", -1, ECONNRESET);
	expect(dns, "tcp_close.x", -1, ECONNRESET);
	expect(dns, "tcp_empty.x", -1, EPROTO);
	expect(dns, "tcp_short.x", -1, EPROTO);
	expect(dns, "tcp_largest.x", 4000, 0);
	/* The first one says TC, and has nobody at its TCP port: the next one is asked. */
	iothdns_update_strcfg(dns, (char[]){"fd00::53,10.0.0.53"});
	expect(dns, "trunc.x", 3000, 0);
	iothdns_fini(dns);
}

static void test_datagrams(void **state)
{
	struct iothdns *dns = resolver("nameserver 10.0.0.53\noptions no-cache keep-port");

	(void)state;
	/* Answers that are left over are not those to the next queries of the same socket. */
	for (int i = 0; i < 3; i++) {
		expect(dns, "many.x", 2, 0);
		expect(dns, "alias.x", 1, 0);
		expect(dns, "nx.x", -1, ENOENT);
	}
	expect(dns, "opt.x", 2, 0);
	expect(dns, "rcode11.x", -1, EPROTO);
	expect(dns, "flood.x", -1, ETIMEDOUT);
	atomic_store(&hostile_flooding, false);
	expect(dns, "ok.x", 2, 0);
	iothdns_fini(dns);
}

/* ---- threads --------------------------------------------------------------------------------- */

static void *look_up_some(void *dns)
{
	for (int i = 0; i < 10; i++) {
		struct in_addr addr;
		char name[40];

		snprintf(name, sizeof(name), "ok%d.x", i);
		/* With a hundred at the server's door, one may have to wait too long. */
		if (iothdns_lookup_a(dns, name, &addr, 1) != 2 && errno != ETIMEDOUT)
			return dns;
	}
	return NULL;
}

static void test_many_threads(void **state)
{
	struct iothdns *dns = resolver("nameserver 10.0.0.53\noptions keep-port timeout:30");
	pthread_t threads[100];

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, look_up_some, dns), 0);
	for (int i = 0; i < 100; i++) {
		void *result;

		iothdns_update_strcfg(dns, (char[]){"nameserver 10.0.0.53\noptions timeout:30"});
		pthread_join(threads[i], &result);
		assert_null(result);
	}
	iothdns_fini(dns);
}

struct waiter {
	struct iothdns *dns;
	int result, error;
};

static void *wait_for_nobody(void *argument)
{
	struct waiter *waiter = argument;
	struct in_addr addr;

	waiter->result = iothdns_lookup_a(waiter->dns, "never.x", &addr, 1);
	waiter->error = errno;
	pthread_testcancel();
	return NULL;
}

/* A thread that is cancelled, and a stack that is to be deleted, amid a look-up: it ends as it
 * would have ended, and has given everything back. */
static void test_end_amid_lookup(void **state)
{
	struct waiter waiter = {resolver("nameserver 10.0.0.53"), 0, 0};
	int before = atomic_load(&hostile_queries);
	pthread_t thread;
	void *result;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, wait_for_nobody, &waiter), 0);
	while (atomic_load(&hostile_queries) == before)
		sched_yield();
	assert_int_equal(pthread_cancel(thread), 0);
	assert_int_equal(ioth_delstack(hostile_client), -1);
	assert_int_equal(errno, EBUSY);
	pthread_join(thread, &result);
	assert_ptr_equal(result, PTHREAD_CANCELED);
	assert_int_equal(waiter.result, -1);
	assert_int_equal(waiter.error, ETIMEDOUT);
	expect(waiter.dns, "ok.x", 2, 0);
	iothdns_fini(waiter.dns);
}

/* ---- callbacks ------------------------------------------------------------------------------- */

struct loop {
	struct iothdns *dns;
	struct iothdns_query *other, *next;
	int ended;
};

static void count_end(struct iothdns_query *query, int error, struct iothdns_header *header,
    struct iothdns_pkt *reply, void *arg)
{
	(void)query;
	(void)error;
	(void)header;
	(void)reply;
	++*(int *)arg;
}

/* Frees itself and another one, begins a third, and asks about itself. */
static void change_all(struct iothdns_query *query, int error, struct iothdns_header *header,
    struct iothdns_pkt *reply, void *arg)
{
	struct loop *loop = arg;
	struct iothdns_rr rr;

	assert_int_equal(error, 0);
	assert_non_null(header);
	assert_int_equal(iothdns_query_process(query), 1);
	assert_int_equal(iothdns_get_rr(reply, &rr, NULL), 1);
	iothdns_query_free(loop->other);
	loop->next =
	    iothdns_query_start(loop->dns, "ok2.x", IOTHDNS_TYPE_A, 0, count_end, &loop->ended);
	iothdns_query_free(query);
}

static void run(struct iothdns_query *query)
{
	struct pollfd pfd = {iothdns_query_fd(query), POLLIN, 0};

	do
		assert_int_equal(poll(&pfd, 1, 60000), 1);
	while (!iothdns_query_process(query));
}

static void test_callbacks(void **state)
{
	struct loop loop = {resolver("10.0.0.53"), NULL, NULL, 0};
	struct iothdns_query *query;

	(void)state;
	loop.other =
	    iothdns_query_start(loop.dns, "never.x", IOTHDNS_TYPE_A, 0, count_end, &loop.ended);
	query = iothdns_query_start(loop.dns, "ok.x", IOTHDNS_TYPE_A, 0, change_all, &loop);
	assert_non_null(query);
	run(query);
	assert_non_null(loop.next);
	run(loop.next);
	assert_int_equal(loop.ended, 1);
	assert_int_equal(iothdns_query_process(loop.next), 1); /* no second call of the callback */
	assert_int_equal(loop.ended, 1);
	iothdns_query_free(loop.next);
	iothdns_fini(loop.dns);
}

/* ---- the process ------------------------------------------------------------------------------
 */

static rlim_t highest_descriptor(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	rlim_t highest = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		rlim_t fd = strtoul(entry->d_name, NULL, 10);

		if (fd > highest && fd != (rlim_t)dirfd(dir))
			highest = fd;
	}
	closedir(dir);
	return highest;
}

static void test_no_descriptors(void **state)
{
	struct iothdns *dns = resolver("nameserver 10.0.0.53\nnameserver fd00::53");
	struct addrinfo *list;
	struct rlimit before, none;
	struct in_addr addr;
	int found, found_error, info, count = 0;
	struct iothdns_query *query;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_true(highest_descriptor() > 2);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	found = iothdns_lookup_a(dns, "ok.x", &addr, 1);
	found_error = errno;
	info = iothdns_getaddrinfo(dns, "ok.x", "80", NULL, &list);
	query = iothdns_query_start(dns, "ok.x", IOTHDNS_TYPE_A, 0, count_end, &count);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(found, -1);
	assert_int_equal(found_error, EMFILE);
	assert_int_equal(info, EAI_AGAIN);
	assert_null(query);
	expect(dns, "ok.x", 2, 0);
	iothdns_fini(dns);
}

/* In the child the stack is nobody's: an error, at once, and the parent's socket stays as it is. */
static void test_fork(void **state)
{
	struct iothdns *dns = resolver("nameserver 10.0.0.53\noptions no-cache keep-port");
	unsigned int ports;
	int status = 0;
	pid_t child;

	(void)state;
	expect(dns, "ok.x", 2, 0);
	ports = atomic_load(&hostile_ports);
	child = fork();
	if (child == 0) {
		struct in_addr addr;
		int found = iothdns_lookup_a(dns, "ok.x", &addr, 1);

		iothdns_fini(dns);
		_exit(found != -1 || errno == ETIMEDOUT);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	for (int i = 0; i < 10; i++)
		expect(dns, "ok.x", 2, 0);
	assert_int_equal(atomic_load(&hostile_ports), ports);
	iothdns_fini(dns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_streams),
	    cmocka_unit_test(test_datagrams),
	    cmocka_unit_test(test_many_threads),
	    cmocka_unit_test(test_end_amid_lookup),
	    cmocka_unit_test(test_callbacks),
	    cmocka_unit_test(test_no_descriptors),
	    cmocka_unit_test(test_fork),
	};

	return cmocka_run_group_tests(tests, hostile_setup, hostile_teardown);
}
