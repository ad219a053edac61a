/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replies to those who wait: see forward_internal.h. */
#include <string.h>

#include "edns.h"
#include "forward_internal.h"

#define LOCAL_REPLY_MAX 512 /* header, question, OPT: all that a reply of ours has */

static void send_reply(struct named_forward *forward, const struct named_forward_client *client,
    const uint8_t *bytes, size_t len)
{
	forward->io->reply(forward->context, client, bytes, len);
}

/* ---- replies of ours ------------------------------------------------------------------------ */

/* A waiter's query as it was asked, but for options. */
struct asked {
	struct named_query query;
	uint8_t bytes[NAMED_FORWARD_QUERY_MAX];
};

static bool recall(
    struct asked *asked, const struct forward_query *query, const struct forward_waiter *waiter)
{
	memcpy(asked->bytes, query->bytes, query->len);
	asked->bytes[0] = (uint8_t)(waiter->id >> 8);
	asked->bytes[1] = (uint8_t)waiter->id;
	memcpy(asked->bytes + NAMED_HEADER_LEN, waiter->name, query->name_len);
	return named_query_parse(&asked->query, asked->bytes, query->len) == NAMED_QUERY_OK;
}

static void begin_reply(struct named_reply *reply, struct named_query *query,
    const struct named_forward_client *client, const uint8_t *client_cookie, void *bytes,
    size_t size)
{
	named_reply_begin(reply, query, bytes, size, NAMED_FLAG_RA);
	if (client->cookie_len == 0)
		return;
	query->cookie = client_cookie;
	named_reply_cookie(reply, client->cookie, client->cookie_len);
}

static void send_error(struct named_forward *forward, struct named_query *query,
    const struct named_forward_client *client, const uint8_t *client_cookie, enum named_ede ede)
{
	uint8_t bytes[LOCAL_REPLY_MAX];
	struct named_reply reply;

	begin_reply(&reply, query, client, client_cookie, bytes, sizeof(bytes));
	named_reply_rcode(&reply, NAMED_SERVFAIL);
	named_reply_ede(&reply, ede);
	metric_add(&forward->stats.failures, 1);
	send_reply(forward, client, bytes, named_reply_end(&reply));
}

void forward_refuse(struct named_forward *forward, const struct named_query *query,
    const struct named_forward_client *client, enum named_ede ede)
{
	struct named_query copy = *query;

	if (client)
		send_error(forward, &copy, client, query->cookie, ede);
}

/* ---- a server's reply ----------------------------------------------------------------------- */

/* RFC 1035, 4.2.1: too large for a datagram. */
static void send_truncated(const struct forward_query *query, struct forward_waiter *waiter)
{
	uint8_t bytes[LOCAL_REPLY_MAX];
	struct named_reply reply;
	struct asked asked;

	if (!recall(&asked, query, waiter))
		return;
	begin_reply(&reply, &asked.query, &waiter->client, waiter->cookie, bytes, sizeof(bytes));
	named_reply_truncate(&reply);
	send_reply(query->forward, &waiter->client, bytes, named_reply_end(&reply));
}

void forward_answer_all(struct forward_query *query, const uint8_t *bytes, size_t len)
{
	struct named_forward *forward = query->forward;
	const struct named_message *message = &forward->message;
	uint8_t *reply = forward->scratch;
	struct forward_waiter *waiter;

	memcpy(reply, bytes, len);
	/* A cookie is between two neighbours. */
	if (message->options_len > 0 && (query->own_cookie || forward->config.cookies))
		len = named_edns_remove(reply, len, message->options, NAMED_OPTION_COOKIE);
	list_for_each (waiter, &query->waiters, link) {
		const struct named_forward_client *client = &waiter->client;
		size_t limit = client->udp_limit ? client->udp_limit : NAMED_MESSAGE_MAX;
		size_t this_len = len;

		metric_add(&forward->stats.replies, 1);
		if (len > limit) {
			send_truncated(query, waiter);
			continue;
		}
		reply[0] = (uint8_t)(waiter->id >> 8);
		reply[1] = (uint8_t)waiter->id;
		memcpy(reply + NAMED_HEADER_LEN, waiter->name, query->name_len);
		if (client->cookie_len > 0 && message->edns) {
			uint8_t cookie[NAMED_COOKIE_CLIENT_LEN + NAMED_COOKIE_SERVER_MAX];

			memcpy(cookie, waiter->cookie, NAMED_COOKIE_CLIENT_LEN);
			memcpy(cookie + NAMED_COOKIE_CLIENT_LEN, client->cookie, client->cookie_len);
			this_len = named_edns_add(reply, len, limit, message->options, NAMED_OPTION_COOKIE,
			    cookie, NAMED_COOKIE_CLIENT_LEN + (size_t)client->cookie_len);
		}
		send_reply(forward, client, reply, this_len);
		if (this_len > len)
			named_edns_cut(reply, this_len - len, message->options);
	}
}

/* What was kept has been parsed before: it can be. */
static void answer_fallback(struct forward_query *query)
{
	struct named_message *message = &query->forward->message;

	if (named_message_parse(message, query->fallback, query->fallback_len) == 0)
		forward_answer_all(query, query->fallback, query->fallback_len);
}

/* ---- without one ---------------------------------------------------------------------------- */

static bool answer_cached(
    struct forward_query *query, struct forward_waiter *waiter, bool stale, uint64_t now)
{
	struct named_forward *forward = query->forward;
	const struct named_forward_client *client = &waiter->client;
	struct named_reply reply;
	struct asked asked;

	if (!forward->config.cache || !client->cached || !recall(&asked, query, waiter))
		return false;
	begin_reply(&reply, &asked.query, client, waiter->cookie, forward->scratch,
	    client->udp_limit ? client->udp_limit : NAMED_MESSAGE_MAX);
	if (named_cache_answer(forward->config.cache, &asked.query, &reply, stale, now) ==
	    NAMED_CACHED_NOT)
		return false;
	metric_add(&forward->stats.stale, stale);
	send_reply(forward, client, forward->scratch, named_reply_end(&reply));
	return true;
}

unsigned int forward_answer_cached(struct forward_query *query, bool stale, uint64_t now)
{
	struct forward_waiter *waiter;
	unsigned int answered = 0;

	list_for_each_safe (waiter, &query->waiters, link) {
		if (answer_cached(query, waiter, stale, now)) {
			forward_remove_waiter(query, waiter);
			answered++;
		}
	}
	return answered;
}

/* RFC 8914, 4.23 and 4.24: nobody answered; or it was a matter of sockets. */
static enum named_ede reason_of(const struct forward_query *query)
{
	return query->error ? NAMED_EDE_NETWORK_ERROR : NAMED_EDE_NO_REACHABLE_AUTHORITY;
}

/* RFC 9520, 3.2: so that others who ask do not make us ask the same servers again at once. With CD
 * it may be only the checking that fails: nothing is concluded for those without. */
static void remember_failure(const struct forward_query *query, uint64_t now)
{
	struct named_forward *forward = query->forward;
	uint8_t code = NAMED_SERVFAIL;
	struct named_cache_item item = {
	    .kind = NAMED_CACHE_FAILURE, .count = 1, .data = &code, .len = sizeof(code)};
	struct named_query asked;

	/* Our own lack of means is no fault of servers. */
	if (!forward->config.cache || (query->error && !forward_is_servers_error(query->error)) ||
	    named_query_parse(&asked, query->bytes, query->len) != NAMED_QUERY_OK ||
	    asked.class != NAMED_CLASS_IN || (asked.flags & NAMED_FLAG_CD))
		return;
	if (query->fallback)
		code = query->fallback[3] & NAMED_FLAG_RCODE;
	item.type = asked.type;
	(void)named_cache_put(forward->config.cache, &asked.name, &item, now);
}

void forward_answer_failure(struct forward_query *query, uint64_t now)
{
	struct named_forward *forward = query->forward;
	struct forward_waiter *waiter;

	if (query->fallback && query->fallback_truncated) {
		answer_fallback(query);
		return;
	}
	remember_failure(query, now);
	if (forward->config.cache && named_cache_has_stale(forward->config.cache))
		(void)forward_answer_cached(query, true, now);
	if (query->fallback) {
		answer_fallback(query);
		return;
	}
	list_for_each (waiter, &query->waiters, link) {
		struct asked asked;

		if (recall(&asked, query, waiter))
			send_error(forward, &asked.query, &waiter->client, waiter->cookie, reason_of(query));
	}
}
