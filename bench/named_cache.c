/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothnamed's cache without its sockets: what a hit costs (the query's bytes in, the reply's bytes
 * out), what feeding it costs, and bytes for each RRset.
 *
 *	named_cache [RRSETS [MIB]]
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cache_answer.h"
#include "cache_feed.h"

#define HITS 2000000

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* "hNNNNNNN.example.org A", as a query, or as a reply with one address. */
static size_t make(uint8_t bytes[128], unsigned int which, bool reply)
{
	static const uint8_t head[2][12] = {
	    {0x12, 0x34, 1, 0, 0, 1}, {0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1}};
	static const uint8_t tail[17] = "\7example\3org\0\0\1\0\1";
	static const uint8_t record[16] = "\xc0\x0c\0\1\0\1\0\0\x0e\x10\0\4\xc0\0\2\1";
	size_t len = 12;

	memcpy(bytes, head[reply], 12);
	len += (size_t)sprintf((char *)bytes + len, "\x08h%07u", which % 10000000);
	memcpy(bytes + len, tail, sizeof(tail));
	len += sizeof(tail);
	if (!reply)
		return len;
	memcpy(bytes + len, record, sizeof(record));
	return len + sizeof(record);
}

static void feed(struct named_cache *cache, unsigned int which)
{
	static struct named_message message;
	uint8_t query_bytes[128], reply_bytes[128];
	struct named_query query;
	size_t len = make(reply_bytes, which, true);

	if (named_query_parse(&query, query_bytes, make(query_bytes, which, false)) != NAMED_QUERY_OK ||
	    named_message_parse(&message, reply_bytes, len) < 0 ||
	    named_cache_feed(cache, &query, &message, 1) != 1) {
		fprintf(stderr, "number %u was not taken\n", which);
		exit(1);
	}
}

static size_t hit(struct named_cache *cache, const uint8_t *bytes, size_t len)
{
	uint8_t out[512];
	struct named_query query;
	struct named_reply reply;

	if (named_query_parse(&query, bytes, len) != NAMED_QUERY_OK)
		exit(1);
	named_reply_begin(&reply, &query, out, sizeof(out), NAMED_FLAG_RA);
	if (named_cache_answer(cache, &query, &reply, false, 2) == NAMED_CACHED_NOT)
		return 0;
	return named_reply_end(&reply);
}

static void measure_hits(struct named_cache *cache, unsigned int rrsets, const char *which)
{
	static uint8_t queries[4096][128];
	static size_t lens[4096];
	unsigned int found = 0;
	double begun;

	for (unsigned int i = 0; i < 4096; i++)
		lens[i] = make(queries[i], (unsigned int)((uint64_t)i * 2654435761U % rrsets), false);
	begun = now();
	for (unsigned int i = 0; i < HITS; i++)
		found += hit(cache, queries[i % 4096], lens[i % 4096]) > 0;
	printf("%-28s %8.1f ns, %u%% found\n", which, (now() - begun) / HITS, found / (HITS / 100));
}

static unsigned long number(int argc, char **argv, int which, unsigned long standard)
{
	return argc > which ? strtoul(argv[which], NULL, 10) : standard;
}

int main(int argc, char **argv)
{
	unsigned int rrsets = (unsigned int)number(argc, argv, 1, 100000);
	struct named_cache_config config = {.bytes = number(argc, argv, 2, 64) << 20};
	struct named_cache *cache;
	struct named_cache_stats stats;
	size_t before = mallinfo2().uordblks;
	double begun;

	if (rrsets == 0 || named_cache_new(&cache, &config) < 0)
		return 1;
	begun = now();
	for (unsigned int i = 0; i < rrsets; i++)
		feed(cache, i);
	printf("%-28s %8.1f ns\n", "reply parsed, RRset kept", (now() - begun) / rrsets);
	named_cache_get_stats(cache, &stats);
	printf("%-28s %8.1f (%llu RRsets, %llu evicted)\n", "bytes an RRset",
	    (double)(mallinfo2().uordblks - before) / (double)stats.entries,
	    (unsigned long long)stats.entries, (unsigned long long)stats.evicted);
	measure_hits(cache, rrsets, "hit, of all names");
	measure_hits(cache, rrsets < 100 ? rrsets : 100, "hit, of 100 names");
	measure_hits(cache, 10000000, "hit or miss, of 10^7 names");
	named_cache_free(cache);
	return 0;
}
