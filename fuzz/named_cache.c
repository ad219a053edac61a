/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cache: replies that are the input's go in, questions get answers out, time passes; state is
 * kept. A reply out of it is well-formed, whatever went in, and the bound holds. */
#include <stdlib.h>
#include <string.h>

#include "cache_answer.h"
#include "cache_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CACHE_BYTES 4096
#define MESSAGE     1024

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* A question of the input's: two labels of one letter, a type, flags, EDNS0. Returns its bytes. */
static size_t make_question(struct wire_reader *input, uint8_t bytes[64])
{
	uint8_t which = wire_u8(input), how = wire_u8(input);
	struct wire_writer out = wire_writer(bytes, 64);

	wire_put_u16(&out, 1);
	wire_put_u16(&out,
	    (uint16_t)(NAMED_FLAG_RD | (how & 1 ? NAMED_FLAG_AD : 0) | (how & 2 ? NAMED_FLAG_CD : 0)));
	wire_put_u16(&out, 1);
	wire_put_u32(&out, 0);
	wire_put_u16(&out, how >> 2 & 1);
	wire_put_u8(&out, 1);
	wire_put_u8(&out, (uint8_t)('a' + (which & 3)));
	wire_put_u8(&out, 1);
	wire_put_u8(&out, 'x');
	wire_put_u8(&out, 0);
	wire_put_u16(&out, how & 0x10 ? wire_u8(input) : how & 0x20 ? NAMED_TYPE_CNAME : NAMED_TYPE_A);
	wire_put_u16(&out, NAMED_CLASS_IN);
	if (how & 4) {
		wire_put_u8(&out, 0);
		wire_put_u16(&out, NAMED_TYPE_OPT);
		wire_put_u16(&out, 512);
		wire_put_u32(&out, how & 8 ? NAMED_EDNS_DO : 0);
		wire_put_u16(&out, 0);
	}
	check(!out.error);
	return out.at;
}

static void feed(struct named_cache *cache, struct wire_reader *input, uint64_t now)
{
	static struct named_message message;
	uint8_t question[64], bytes[MESSAGE];
	struct named_query query;
	size_t head, len, question_len = make_question(input, question);
	const uint8_t *rest;
	uint8_t how = wire_u8(input);

	if (named_query_parse(&query, question, question_len) != NAMED_QUERY_OK)
		return;
	head = NAMED_HEADER_LEN + (size_t)query.question_len;
	memcpy(bytes, question, head);
	bytes[2] = 0x81;
	bytes[3] = (uint8_t)((how & 1 ? NAMED_NXDOMAIN : 0) | (how & 2 ? NAMED_FLAG_AD : 0));
	bytes[7] = how >> 2 & 7;
	bytes[9] = how >> 5 & 3;
	bytes[11] = how >> 7;
	len = (size_t)wire_u8(input) * 3;
	if (len > wire_left(input))
		len = wire_left(input);
	rest = wire_take(input, len);
	if (rest)
		memcpy(bytes + head, rest, len);
	if (named_message_parse(&message, bytes, head + len) == 0)
		(void)named_cache_feed(cache, &query, &message, now);
}

static void ask(struct named_cache *cache, struct wire_reader *input, uint64_t now)
{
	static struct named_message message;
	uint8_t question[64], bytes[NAMED_UDP_MIN];
	struct named_query query;
	struct named_reply reply;
	bool stale = wire_u8(input) & 1;
	size_t len = make_question(input, question);

	if (named_query_parse(&query, question, len) != NAMED_QUERY_OK)
		return;
	named_reply_begin(&reply, &query, bytes, sizeof(bytes), NAMED_FLAG_RA);
	(void)named_cache_answer(cache, &query, &reply, stale, now);
	len = named_reply_end(&reply);
	check(len <= sizeof(bytes));
	check(named_message_parse(&message, bytes, len) == 0);
	check(message.question_len == query.question_len);
	check(message.edns == query.edns);
	check(!(message.flags & NAMED_FLAG_AD) || (query.flags & NAMED_FLAG_AD));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_reader input = wire_reader(data, size);
	struct named_cache_config config = {
	    .bytes = CACHE_BYTES, .shards = 1, .stale = 5, .prefetch = true, .key = {{1, 2}}};
	struct named_cache_stats stats;
	struct named_cache *cache;
	uint64_t now = 0;

	if (named_cache_new(&cache, &config) < 0)
		abort();
	while (wire_left(&input) > 0) {
		uint8_t what = wire_u8(&input);

		if (what & 1)
			feed(cache, &input, now);
		else if (what & 2)
			ask(cache, &input, now);
		else if (what == 0xfc)
			(void)named_cache_flush(cache, NULL, false);
		else
			now += (uint64_t)(what >> 2) * NAMED_CACHE_SECOND;
		named_cache_get_stats(cache, &stats);
		check(stats.bytes <= CACHE_BYTES);
	}
	named_cache_free(cache);
	return 0;
}
