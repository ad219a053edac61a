/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is this the reply to that, and what does it mean? (RFC 5452, 9.1) */
#include <stdlib.h>
#include <string.h>

#include "forward_internal.h"

#define FALLBACK_MAX 4096 /* bytes that are kept of a reply which may yet be of use */

/* Id and question as they were sent: letter by letter, for whoever copies the question keeps its
 * case (draft-vixie-dnsext-dns0x20). */
static bool is_reply_to(const struct forward_try *try, const uint8_t *bytes, size_t len)
{
	const struct forward_query *query = try->query;
	size_t question = query->name_len + 4U;

	return len >= NAMED_HEADER_LEN + question && bytes[0] == try->id >> 8 &&
	       bytes[1] == (try->id & 0xff) && (bytes[2] & (NAMED_FLAG_QR >> 8)) &&
	       !(bytes[2] & (NAMED_FLAG_OPCODE >> 8)) && bytes[4] == 0 && bytes[5] == 1 &&
	       memcmp(bytes + NAMED_HEADER_LEN, query->bytes + NAMED_HEADER_LEN, question) == 0;
}

static void near_miss(struct forward_try *try, uint64_t now)
{
	metric_add(&try->query->forward->stats.near_misses, 1);
	if (!try->tcp && ++try->near_misses >= FORWARD_NEAR_MISSES)
		forward_go_tcp(try->query, try->number, now);
}

/* What the clients get if nothing better comes: part of an answer, rather than SERVFAIL, which may
 * say why, rather than the rest. */
static void keep_fallback(
    struct forward_query *query, const uint8_t *bytes, size_t len, bool truncated)
{
	uint8_t *copy;

	if (len > FALLBACK_MAX)
		return;
	if (query->fallback && !truncated &&
	    (query->fallback_truncated || (query->fallback[3] & NAMED_FLAG_RCODE) == NAMED_SERVFAIL))
		return;
	copy = malloc(len);
	if (!copy)
		return;
	memcpy(copy, bytes, len);
	free(query->fallback);
	query->fallback = copy;
	query->fallback_len = len;
	query->fallback_truncated = truncated;
}

/* Would a whole reply do anybody more good? What a client's size has cut it will cut again; servers
 * cut at about 1232 bytes (RFC 9715), and at 512 where they do not know EDNS0. */
static bool wants_whole(const struct forward_query *query, const struct named_message *message)
{
	struct forward_waiter *waiter;
	bool wants = list_is_empty(&query->waiters);

	list_for_each (waiter, &query->waiters, link) {
		wants = wants || waiter->client.udp_limit > NAMED_EDNS_SIZE ||
		        (waiter->client.udp_limit > NAMED_UDP_MIN && !message->edns);
	}
	return wants;
}

static bool is_failure(const struct named_message *message)
{
	switch (message->rcode) {
	case NAMED_FORMERR:
	case NAMED_SERVFAIL:
	case NAMED_NOTIMP:
	case NAMED_REFUSED:
		return true;
	default:
		return false;
	}
}

static void feed_cache(const struct forward_query *query, uint64_t now)
{
	struct named_forward *forward = query->forward;
	struct named_query asked;

	if (forward->config.cache &&
	    named_query_parse(&asked, query->bytes, query->len) == NAMED_QUERY_OK)
		(void)named_cache_feed(forward->config.cache, &asked, &forward->message, now);
}

void forward_received(struct forward_try *try, const uint8_t *bytes, size_t len, uint64_t now)
{
	struct forward_query *query = try->query;
	struct named_forward *forward = query->forward;
	struct named_message *message = &forward->message;

	if (!is_reply_to(try, bytes, len)) {
		near_miss(try, now);
		return;
	}
	if (named_message_parse(message, bytes, len) < 0) {
		metric_add(&forward->stats.malformed, 1);
		forward_try_failed(try, 0, now);
		return;
	}
	if (!forward_check_cookie(forward, query, try->number)) {
		near_miss(try, now);
		return;
	}
	forward_server_heard(forward, try->number, try->sends == 1 ? now - try->sent : 0, now);
	if (message->rcode == NAMED_BADCOOKIE && forward->config.cookies) {
		/* RFC 7873, 5.3: once more with the cookie that it has just given; then over TCP. */
		if (try->tcp)
			forward_try_failed(try, 0, now);
		else if (try->sends > 1)
			forward_go_tcp(query, try->number, now);
		else
			forward_try_again(try, now);
		return;
	}
	if (is_failure(message)) {
		metric_add(&forward->stats.server_failures, 1);
		keep_fallback(query, bytes, len, false);
		forward_try_failed(try, 0, now);
		return;
	}
	if ((message->flags & NAMED_FLAG_TC) && !try->tcp && wants_whole(query, message)) {
		metric_add(&forward->stats.truncated, 1);
		keep_fallback(query, bytes, len, true);
		forward_go_tcp(query, try->number, now);
		return;
	}
	feed_cache(query, now);
	forward_answer_all(query, bytes, len);
	forward_end(query, now);
}
