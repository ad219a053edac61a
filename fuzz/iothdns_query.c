/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A look-up and a server that sends anything. The input is a list of events: pieces of it as
 * answers, with the id and the question made right or not, time-outs, failures of sockets. The
 * look-up ends after a bounded number of packets, and an answer that it takes can be read. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "packet.h"
#include "query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ANSWER_MAX 600

/* An answer whose head is that of the packet, and whose rest is the input's. */
static size_t make_answer(const struct query *query, struct wire_reader *input,
    uint8_t answer[ANSWER_MAX], unsigned int how)
{
	size_t question = HEADER_LEN + query->sent.len + 4U, len = wire_u8(input);
	const uint8_t *rest;

	if (len > wire_left(input))
		len = wire_left(input);
	rest = wire_take(input, len);
	memcpy(answer, query->packet, question);
	answer[HEADER_FLAGS] = 0x81;
	if (how & 1)
		answer[HEADER_FLAGS] |= 0x02; /* TC */
	answer[HEADER_FLAGS + 1] = how >> 1 & 7;
	answer[7] = how >> 4 & 3;
	answer[9] = how >> 6 & 1;
	answer[11] = how >> 7 & 1;
	if (rest)
		memcpy(answer + question, rest, len);
	return question + len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_reader input = wire_reader(data, size);
	struct config *config = config_from_string(
	    size && data[0] & 1
	        ? "nameserver 1.1.1.1\nnameserver 1.1.1.2\nsearch x y\noptions attempts:2"
	        : "1.1.1.1");
	struct cache *cache = cache_new(4);
	struct query query;
	uint64_t now = 1000;
	unsigned int last = 0;

	if (!config || !cache ||
	    query_init(&query, config, cache, 0, "a", IOTHDNS_TYPE_A, IOTHDNS_QUERY_FOLLOW, now) < 0)
		abort();
	while (!query_has_ended(&query)) {
		uint8_t answer[ANSWER_MAX];
		unsigned int how = wire_u8(&input);
		size_t len;

		/* Each server: EDNS0, TCP, plain; two attempts; three names; aliases. */
		if (query.turn != last && query.turn > 3U * 3 * 2 * 2 * 4 * (QUERY_HOPS_MAX + 1))
			abort();
		last = query.turn;
		if (wire_left(&input) == 0 || how % 8 == 0) {
			now = query.deadline;
			query_timed_out(&query, now);
		} else if (how % 8 == 1) {
			query_socket_failed(&query, ECONNREFUSED, now);
		} else if (how % 8 == 2) {
			len = wire_left(&input) < 40 ? wire_left(&input) : 40;
			query_received(&query, wire_take(&input, len), len, now);
		} else {
			len = make_answer(&query, &input, answer, wire_u8(&input));
			query_received(&query, answer, len, now);
		}
	}
	if (query.state == QUERY_DONE && !query.reply)
		abort();
	query_fini(&query);
	config_unref(config);
	cache_unref(cache);
	return 0;
}
