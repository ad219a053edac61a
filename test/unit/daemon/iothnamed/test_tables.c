/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is shared and changes: the reverse table, keys of one-time addresses, hosts; full, expired,
 * and with several threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <iothaddr.h>

#include "host.h"
#include "hrev.h"
#include "otip_keys.h"

#define SECOND 1000000000ULL

static struct in6_addr address_of(unsigned int number)
{
	return (struct in6_addr){{{[12] = (uint8_t)(number >> 24),
	    [13] = (uint8_t)(number >> 16),
	    [14] = (uint8_t)(number >> 8),
	    [15] = (uint8_t)number}}};
}

static void put(struct named_hrev *hrev, unsigned int number, char letter, uint64_t now)
{
	struct in6_addr address = address_of(number);
	uint8_t wire[] = {1, (uint8_t)letter, 0};

	named_hrev_put(hrev, &address, wire, sizeof(wire), 10, now);
}

/* The letter that is its name, or '-'. */
static char get(struct named_hrev *hrev, unsigned int number, uint64_t now)
{
	struct in6_addr address = address_of(number);
	struct dns_name name;
	uint32_t ttl;

	if (!named_hrev_get(hrev, &address, &name, &ttl, now))
		return '-';
	assert_int_equal(name.len, 3);
	assert_in_range(ttl, 1, 10);
	return (char)name.wire[1];
}

static void test_hrev(void **state)
{
	struct named_hrev *hrev;
	unsigned int left = 0;

	(void)state;
	assert_int_equal(named_hrev_new(&hrev, 160), 0);
	assert_int_equal(get(hrev, 1, 0), '-');
	put(hrev, 1, 'a', 0);
	put(hrev, 2, 'b', 5 * SECOND);
	assert_int_equal(get(hrev, 1, 10 * SECOND - 1), 'a');
	assert_int_equal(get(hrev, 1, 10 * SECOND), '-');
	assert_int_equal(get(hrev, 2, 10 * SECOND), 'b');
	put(hrev, 2, 'c', 10 * SECOND); /* another name, as one can make it with MD5 */
	put(hrev, 2, 'c', 19 * SECOND);
	assert_int_equal(get(hrev, 2, 28 * SECOND), 'c');
	assert_int_equal(named_hrev_count(hrev), 1);
	assert_int_equal(named_hrev_flush(hrev), 1);
	assert_int_equal(get(hrev, 2, 28 * SECOND), '-');
	/* A flood leaves the bound; what is renewed stays, as nothing does that is older. */
	for (unsigned int i = 0; i < 10000; i++) {
		put(hrev, i, 'x', 0);
		put(hrev, 77, 'y', 0);
	}
	assert_int_equal(named_hrev_count(hrev), 160);
	assert_int_equal(get(hrev, 77, 0), 'y');
	for (unsigned int i = 9900; i < 10000; i++)
		left += get(hrev, i, 0) == 'x';
	assert_true(left > 50);
	named_hrev_set_max(hrev, 0);
	put(hrev, 20000, 'z', 0);
	assert_int_equal(get(hrev, 20000, 0), '-');
	named_hrev_free(hrev);
}

static void count(void *argument)
{
	(*(int *)argument)++;
}

static void test_keys(void **state)
{
	uint8_t key[IOTHADDR_KEY_LEN], expected[IOTHADDR_KEY_LEN];
	struct named_otip_keys *keys;
	unsigned int made = 0, there = 0;
	char name[20];
	int woken = 0;

	(void)state;
	assert_int_equal(named_otip_keys_new(&keys), 0);
	assert_false(named_otip_work(keys));
	named_otip_set_wake(keys, count, &woken);
	/* As many wait as may; no more are taken until there is room. */
	for (int i = 0; i < NAMED_OTIP_WAITING + 10; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		assert_true(named_otip_key(keys, name, "pw", 1, key) < 0);
		assert_true(named_otip_key(keys, name, "pw", 1, key) < 0);
	}
	while (named_otip_work(keys))
		made++;
	assert_int_equal(made, NAMED_OTIP_WAITING);
	assert_int_equal(woken, NAMED_OTIP_WAITING);
	assert_int_equal(named_otip_key(keys, "n5", "pw", 1, key), 0);
	iothaddr_hmac_key(expected, "n5", "pw", 1);
	assert_memory_equal(key, expected, sizeof(key));
	/* Another password, other rounds: other keys. */
	assert_true(named_otip_key(keys, "n5", "pW", 1, key) < 0);
	assert_true(named_otip_key(keys, "n5", "pw", 2, key) < 0);
	assert_true(named_otip_key(keys, "n5", NULL, 2, key) < 0);
	while (named_otip_work(keys))
		;
	assert_int_equal(named_otip_key(keys, "n5", "", 2, key), 0);
	/* The one that is in use stays, others go. */
	for (int i = 0; i < NAMED_OTIP_KEYS + 10; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		(void)named_otip_key(keys, name, "pw", 1, key);
		assert_int_equal(named_otip_key(keys, "n5", "pw", 1, key), 0);
		named_otip_work(keys);
	}
	for (int i = 0; i < NAMED_OTIP_KEYS + 10; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		there += named_otip_key(keys, name, "pw", 1, key) == 0;
	}
	assert_int_equal(there, NAMED_OTIP_KEYS - 1);
	named_otip_keys_free(keys);
}

/* ---- threads -------------------------------------------------------------------------------- */

#define ROUNDS 2000

struct shared {
	struct named_hosts hosts;
	struct named_host *host;
	struct named_hrev *hrev;
	struct named_otip_keys *keys;
	atomic_bool over;
};

static void *read_host(void *argument)
{
	struct shared *shared = argument;

	while (!atomic_load(&shared->over)) {
		struct in6_addr address;

		/* All bytes are of one address. */
		if (named_host_address(shared->host, &address)) {
			for (int i = 1; i < 16; i++)
				assert_int_equal(address.s6_addr[i], address.s6_addr[0]);
		}
	}
	return NULL;
}

static void *use_tables(void *argument)
{
	struct shared *shared = argument;
	uint8_t key[IOTHADDR_KEY_LEN];

	for (unsigned int i = 0; i < ROUNDS; i++) {
		char name[20];

		put(shared->hrev, i % 500, 'a', i * SECOND);
		(void)get(shared->hrev, i % 300, i * SECOND);
		snprintf(name, sizeof(name), "n%u", i % 50);
		if (named_otip_key(shared->keys, name, "pw", 1, key) < 0)
			(void)named_otip_work(shared->keys);
		if (i % 100 == 0)
			(void)named_hrev_flush(shared->hrev);
	}
	return NULL;
}

static void test_threads(void **state)
{
	struct shared shared = {.hosts = {.refresh = SECOND}};
	struct named_name name;
	pthread_t readers[2], users[2];

	(void)state;
	assert_int_equal(named_name_from_text(&name, "host"), 0);
	shared.host = named_hosts_add(&shared.hosts, &name);
	assert_non_null(shared.host);
	assert_ptr_equal(named_hosts_add(&shared.hosts, &name), shared.host);
	assert_int_equal(named_hrev_new(&shared.hrev, 160), 0);
	assert_int_equal(named_otip_keys_new(&shared.keys), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_create(&readers[i], NULL, read_host, &shared), 0);
		assert_int_equal(pthread_create(&users[i], NULL, use_tables, &shared), 0);
	}
	for (int i = 0; i < ROUNDS; i++) {
		struct in6_addr address;

		memset(&address, i, sizeof(address));
		named_host_found(&shared.hosts, shared.host, &address, 1, 0);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(users[i], NULL);
	atomic_store(&shared.over, true);
	for (int i = 0; i < 2; i++)
		pthread_join(readers[i], NULL);
	named_hrev_free(shared.hrev);
	named_otip_keys_free(shared.keys);
	free(shared.hosts.hosts[0]->text);
	free(shared.hosts.hosts[0]);
	free(shared.hosts.hosts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hrev),
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
