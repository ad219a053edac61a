/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several cores, a thread each, with what they share; configurations come and go meanwhile, and no
 * query is lost or answered by half of one and half of another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "cache.h"
#include "core.h"
#include "hex.h"
#include "hrev.h"

#define WORKERS 4
#define ROUNDS  3000

struct world {
	struct named_shared shared;
	pthread_mutex_t lock;
	struct named_conf *conf; /* the current one; a reference */
};

static const char *const texts[2] = {
    "net w ::/0\nauth static w .t\nauth hash w .hash.local fc00::\nauth hrev w fc00::/64\n"
    "static A a.t 10.0.0.1\n",
    "net w ::/0\nauth static w .t\nauth hash w .hash.local fc01::\nauth hrev w fc00::/64\n"
    "static A a.t 10.0.0.2\n",
};

static struct named_conf *take_conf(struct world *world)
{
	struct named_conf *conf;

	pthread_mutex_lock(&world->lock);
	conf = named_conf_ref(world->conf);
	pthread_mutex_unlock(&world->lock);
	return conf;
}

/* The last byte of the first record's data, which tells the configuration. */
static uint8_t ask(struct named_core *core, const char *hex, size_t back)
{
	struct named_client client = {.addr = {{{0xfc}}}};
	struct named_forward_request request;
	uint8_t query[100], reply[512];
	size_t len = from_hex(hex, query, sizeof(query)), reply_len = sizeof(reply);

	assert_int_equal(named_core_query(core, &client, query, len, 1, 1, reply, &reply_len, &request),
	    NAMED_REPLY);
	assert_int_equal(reply[7], 1);
	return reply[reply_len - back];
}

static void *work(void *argument)
{
	struct world *world = argument;
	struct named_conf *conf = take_conf(world);
	struct named_core core;

	named_core_init(&core, conf, &world->shared);
	named_conf_unref(conf);
	for (int i = 0; i < ROUNDS; i++) {
		uint8_t number;

		if (i % 10 == 0) {
			conf = take_conf(world);
			named_core_set_conf(&core, conf);
			named_conf_unref(conf);
		}
		/* a.t A; renzo.hash.local AAAA, whose base's second byte is the number less 1 */
		number = ask(&core,
		    "1234010000010000000000000161017400"
		    "00010001",
		    1);
		assert_int_equal(ask(&core,
		                     "1234010000010000000000000572656e7a6f0468617368056c6f63616c00"
		                     "001c0001",
		                     15),
		    number - 1);
	}
	named_core_fini(&core);
	return NULL;
}

static void test_reload(void **state)
{
	static struct world world = {.lock = PTHREAD_MUTEX_INITIALIZER};
	pthread_t threads[WORKERS];

	(void)state;
	assert_int_equal(named_hrev_new(&world.shared.hrev, 100), 0);
	assert_int_equal(named_cache_new(&world.shared.cache, &(struct named_cache_config){0}), 0);
	world.conf = named_conf_parse("0", texts[0], strlen(texts[0]));
	assert_non_null(world.conf);
	for (int i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, &world), 0);
	for (int i = 1; i < 200; i++) {
		struct named_conf *conf = named_conf_parse("n", texts[i % 2], strlen(texts[i % 2])), *old;

		assert_non_null(conf);
		pthread_mutex_lock(&world.lock);
		old = world.conf;
		world.conf = conf;
		pthread_mutex_unlock(&world.lock);
		named_conf_unref(old);
	}
	for (int i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
	named_conf_unref(world.conf);
	named_hrev_free(world.shared.hrev);
	named_cache_free(world.shared.cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
