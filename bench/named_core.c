/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothnamed's core alone: nanoseconds of processor time a query, without sockets.
 *
 *   named_core [QUERIES]
 *
 * Static answers out of a table of 100,000 names, wildcards, names that are not there, hash and
 * one-time addresses (with and without a reverse table), the cache.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cache.h"
#include "core.h"
#include "hrev.h"
#include "log.h"

#define NAMES 100000

static uint64_t cpu_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static char *make_conf(void)
{
	char *text = malloc(NAMES * 40 + 2000), *p = text;

	if (!text)
		bench_die(1, "malloc");
	p +=
	    sprintf(p, "net local 10.0.0.0/8\nnet world ::/0\ndns 192.0.2.1\n"
	               "auth error local .err.test\nauth static world .test\nauth static world .alias\n"
	               "auth hash world .hash fc00::\nauth hash world .hash2 fc01::\n"
	               "auth hrev world fc01::/64\nauth otip world .otip fc00:: password\n"
	               "auth cache world .\nauth fwd world .\nstatic A *.wild.test 10.0.0.1\n");
	for (int i = 0; i < NAMES; i++)
		p += sprintf(p, "static A n%d.test 10.0.%d.%d\n", i, i >> 8 & 255, i & 255);
	for (int i = 0; i < 100; i++)
		p += sprintf(p, "static CNAME c%d.alias n%d.test\n", i, i);
	return text;
}

static size_t make_query(uint8_t *query, const char *format, int number, uint16_t type)
{
	static const uint8_t head[NAMED_HEADER_LEN] = {[2] = 1, [5] = 1};
	char text[100];
	struct dns_name name;

	snprintf(text, sizeof(text), format, number);
	if (name_from_text(&name, text) < 0)
		bench_die(1, "name");
	memcpy(query, head, sizeof(head));
	memcpy(query + 12, name.wire, name.len);
	memcpy(query + 12 + name.len, (uint8_t[]){(uint8_t)(type >> 8), (uint8_t)type, 0, 1}, 4);
	return 16U + name.len;
}

static void fill_cache(struct named_cache *cache, int count)
{
	static const uint8_t data[] = {0, 4, 10, 1, 2, 3};
	const struct named_cache_item item = {.kind = NAMED_CACHE_RRSET,
	    .type = NAMED_TYPE_A,
	    .count = 1,
	    .ttl = 3600,
	    .data = data,
	    .len = sizeof(data)};

	for (int i = 0; i < count; i++) {
		struct named_name name;
		char text[100];

		snprintf(text, sizeof(text), "www%d.example.org", i);
		if (named_name_from_text(&name, text) < 0 || named_cache_put(cache, &name, &item, 1) < 0)
			bench_die(1, "named_cache_put");
	}
}

static void measure(struct named_core *core, const char *what, const char *format, int modulus,
    uint16_t type, int queries, size_t expected)
{
	enum { BATCH = 1000 };
	static uint8_t query[BATCH][128];
	static size_t len[BATCH];
	struct named_client client = {.addr = {{{[10] = 0xff, [11] = 0xff, [12] = 10, [15] = 1}}}};
	struct named_forward_request request;
	uint8_t reply[4096];
	size_t reply_len = 0;
	uint64_t spent = 0;
	uint32_t random = 1;

	for (int done = 0; done < queries; done += BATCH) {
		uint64_t begin;

		for (int i = 0; i < BATCH; i++) {
			random = random * 1103515245 + 12345;
			len[i] = make_query(query[i], format, (int)(random >> 8) % modulus, type);
		}
		begin = cpu_now();
		for (int i = 0; i < BATCH; i++) {
			reply_len = sizeof(reply);
			if (named_core_query(core, &client, query[i], len[i], 2, 1700000000, reply, &reply_len,
			        &request) != NAMED_REPLY)
				bench_die(1, "%s", what);
		}
		spent += cpu_now() - begin;
	}
	if ((size_t)(reply[6] << 8 | reply[7]) != expected)
		bench_die(1, "%s", what);
	printf("%-28s %6.0f ns a query\n", what, (double)spent / queries);
}

int main(int argc, char *argv[])
{
	int queries = argc > 1 ? (int)bench_number(argv[1], 1, 1e9) : 200000;
	char *text = make_conf();
	struct named_shared shared = {.cookie = {0}};
	struct named_core core;
	uint64_t begin = cpu_now();
	struct named_conf *conf = named_conf_parse("bench", text, strlen(text));

	if (!conf || named_hrev_new(&shared.hrev, 65536) < 0 ||
	    named_cache_new(&shared.cache, &(struct named_cache_config){0}) < 0)
		bench_die(1, "set-up");
	printf("%-28s %6.0f ms, %d names\n", "the configuration is read",
	    (double)(cpu_now() - begin) / 1e6, NAMES);
	free(text);
	fill_cache(shared.cache, NAMES);
	named_core_init(&core, conf, &shared);
	named_conf_unref(conf);
	measure(&core, "static", "n%d.test", NAMES, NAMED_TYPE_A, queries, 1);
	measure(&core, "static, 1000 names", "n%d.test", 1000, NAMED_TYPE_A, queries, 1);
	measure(&core, "static, one name", "n%d.test", 1, NAMED_TYPE_A, queries, 1);
	measure(&core, "static, no such type", "n%d.test", NAMES, NAMED_TYPE_MX, queries, 0);
	measure(&core, "static, no such name", "x%d.test", NAMES, NAMED_TYPE_A, queries, 0);
	measure(&core, "static, wildcard", "x%d.wild.test", NAMES, NAMED_TYPE_A, queries, 1);
	measure(&core, "static, CNAME", "c%d.alias", 100, NAMED_TYPE_A, queries, 2);
	measure(&core, "refused", "x%d.err.test", NAMES, NAMED_TYPE_A, queries, 0);
	measure(&core, "hash", "n%d.hash", NAMES, NAMED_TYPE_AAAA, queries, 1);
	measure(&core, "hash, 1000 names", "n%d.hash", 1000, NAMED_TYPE_AAAA, queries, 1);
	measure(&core, "hash, one name", "n%d.hash", 1, NAMED_TYPE_AAAA, queries, 1);
	measure(&core, "one-time", "n%d.otip", NAMES, NAMED_TYPE_AAAA, queries, 1);
	measure(&core, "cache", "www%d.example.org", NAMES, NAMED_TYPE_A, queries, 1);
	measure(&core, "cache, one name", "www%d.example.org", 1, NAMED_TYPE_A, queries, 1);
	named_core_fini(&core);
	named_hrev_free(shared.hrev);
	named_cache_free(shared.cache);
	return 0;
}
