/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who waits for what: see forward_internal.h.
 *
 * Two numbers are bounded by the table's size: queries, and those who wait for them. A client may
 * have as many places as are free beside its own, so one alone gets half of them, two get a third
 * each, and so on: there is always one for the next (dynamic thresholds, as switches share their
 * buffers). Queries that nobody waits for may have half of the table.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "forward_internal.h"

static unsigned int table_size(const struct named_forward *forward)
{
	return forward->config.table;
}

int forward_table_init(struct named_forward *forward)
{
	unsigned int size = table_size(forward);
	int error;

	error = siphash_key_random(&forward->key);
	if (error < 0)
		return error;
	(void)hashtable_init(&forward->questions, &forward->key); /* fail for random keys only */
	(void)hashtable_init(&forward->shares, &forward->key);
	(void)hashtable_init(&forward->tcp_ids, &forward->key);
	forward->table = calloc(size, sizeof(struct forward_query *));
	if (!forward->table)
		return -ENOMEM;
	forward->free_indices = calloc(size, sizeof(*forward->free_indices));
	if (!forward->free_indices)
		goto free_table;
	/* The lowest numbers are used first: whoever keeps something for each slot keeps little. */
	for (unsigned int i = 0; i < size; i++)
		forward->free_indices[i] = size - 1 - i;
	forward->free_count = size;
	forward->id_next = sizeof(forward->ids) / sizeof(forward->ids[0]);
	return 0;
free_table:
	free(forward->table);
	return -ENOMEM;
}

void forward_table_fini(struct named_forward *forward)
{
	hashtable_clear(&forward->questions);
	hashtable_clear(&forward->shares);
	hashtable_clear(&forward->tcp_ids);
	free(forward->table);
	free(forward->free_indices);
}

int forward_random_id(struct named_forward *forward, uint16_t *id)
{
	const unsigned int number = sizeof(forward->ids) / sizeof(forward->ids[0]);

	if (forward->id_next == number) {
		int error = forward->io->random(forward->context, forward->ids, sizeof(forward->ids));

		if (error < 0)
			return error;
		forward->id_next = 0;
	}
	*id = forward->ids[forward->id_next++];
	return 0;
}

/* ---- queries -------------------------------------------------------------------------------- */

/* Name, type and class, from a folded name. */
static uint64_t question_hash(const struct named_forward *forward, const struct named_query *query)
{
	uint8_t key[NAME_MAX_WIRE + 4];
	struct wire_writer writer = wire_writer(key, sizeof(key));

	wire_put_bytes(&writer, query->name.wire, query->name.len);
	wire_put_u16(&writer, query->type);
	wire_put_u16(&writer, query->class);
	return hashtable_hash(&forward->questions, key, writer.at);
}

static const struct forward_query *entry_of(const struct hashtable_link *link)
{
	return hashtable_entry(link, const struct forward_query, by_question);
}

/* Question against question: the name in any case. */
static bool same_question(const struct forward_query *query, const uint8_t *bytes, size_t name_len)
{
	return query->name_len == name_len &&
	       named_wire_equal(query->bytes + NAMED_HEADER_LEN, bytes + NAMED_HEADER_LEN, name_len) &&
	       memcmp(query->bytes + NAMED_HEADER_LEN + name_len, bytes + NAMED_HEADER_LEN + name_len,
	           4) == 0;
}

struct same_key {
	const struct named_query *query;
	bool tcp;
};

static bool is_same(const struct hashtable_link *link, const void *wanted)
{
	const struct same_key *key = wanted;
	const struct forward_query *query = entry_of(link);
	const uint8_t *bytes = key->query->bytes;
	size_t rest = NAMED_HEADER_LEN + (size_t)key->query->name.len;

	return query->tcp_client == key->tcp && query->len == key->query->len &&
	       memcmp(query->bytes + 2, bytes + 2, NAMED_HEADER_LEN - 2) == 0 &&
	       same_question(query, bytes, key->query->name.len) &&
	       memcmp(query->bytes + rest, bytes + rest, query->len - rest) == 0;
}

struct forward_query *forward_find_same(
    struct named_forward *forward, const struct named_query *query, bool tcp)
{
	struct same_key key = {query, tcp};
	struct hashtable_link *link =
	    hashtable_find(&forward->questions, question_hash(forward, query), is_same, &key);

	return link ? hashtable_entry(link, struct forward_query, by_question) : NULL;
}

static bool is_rival(const struct hashtable_link *link, const void *wanted)
{
	const struct forward_query *key = wanted, *query = entry_of(link);

	return query != key && query->state == FORWARD_UDP &&
	       same_question(query, key->bytes, key->name_len);
}

struct forward_query *forward_find_rival(const struct forward_query *query)
{
	struct hashtable_link *link =
	    hashtable_find(&query->forward->questions, query->by_question.hash, is_rival, query);

	return link ? hashtable_entry(link, struct forward_query, by_question) : NULL;
}

struct forward_query *forward_query_new(
    struct named_forward *forward, const struct named_query *asked, bool tcp, uint64_t now)
{
	struct forward_query *query;

	if (forward->free_count == 0)
		return NULL;
	query = calloc(1, sizeof(*query) + asked->len);
	if (!query)
		return NULL;
	query->forward = forward;
	query->index = forward->free_indices[--forward->free_count];
	query->state = FORWARD_HELD;
	list_init(&query->held);
	list_init(&query->held_back);
	list_init(&query->waiters);
	query->begun = now;
	query->end = now + forward->config.life;
	query->stale_at = query->until = TIMERQ_NEVER;
	query->live = NO_TRY;
	query->tcp_client = tcp;
	for (unsigned int i = 0; i < NAMED_FORWARD_SERVERS; i++) {
		query->tries[i].query = query;
		query->tries[i].number = (uint8_t)i;
		list_init(&query->tries[i].link);
	}
	query->own_cookie = !asked->cookie;
	query->options = (uint16_t)(asked->edns ? asked->options - asked->bytes : 0);
	query->name_len = asked->name.len;
	query->len = (uint16_t)asked->len;
	memcpy(query->bytes, asked->bytes, asked->len);
	forward->table[query->index] = query;
	hashtable_insert(&forward->questions, &query->by_question, question_hash(forward, asked));
	return query;
}

void forward_query_free(struct forward_query *query)
{
	struct named_forward *forward = query->forward;
	struct forward_waiter *waiter;
	struct forward_query *held;

	list_for_each_safe (waiter, &query->waiters, link)
		forward_remove_waiter(query, waiter);
	list_for_each_safe (held, &query->held_back, held)
		list_remove(&held->held);
	timerq_cancel(&forward->timers, &query->timer);
	list_remove(&query->held);
	hashtable_remove(&forward->questions, &query->by_question);
	forward->table[query->index] = NULL;
	forward->free_indices[forward->free_count++] = query->index;
	free(query->fallback);
	free(query);
}

/* ---- clients -------------------------------------------------------------------------------- */

static bool is_share_of(const struct hashtable_link *link, const void *address)
{
	const struct forward_share *share = hashtable_entry(link, const struct forward_share, link);

	return memcmp(&share->address, address, sizeof(share->address)) == 0;
}

static struct forward_share *share_of(struct named_forward *forward, const struct in6_addr *address)
{
	uint64_t hash = hashtable_hash(&forward->shares, address, sizeof(*address));
	struct hashtable_link *link = hashtable_find(&forward->shares, hash, is_share_of, address);
	struct forward_share *share;

	if (link)
		return hashtable_entry(link, struct forward_share, link);
	share = calloc(1, sizeof(*share));
	if (!share)
		return NULL;
	share->address = *address;
	hashtable_insert(&forward->shares, &share->link, hash);
	return share;
}

static void put_share(struct named_forward *forward, struct forward_share *share)
{
	if (share->count > 0)
		return;
	hashtable_remove(&forward->shares, &share->link);
	free(share);
}

static bool may_have_more(const struct named_forward *forward, const struct forward_share *share)
{
	unsigned int size = table_size(forward);

	return forward->places < size && share->count < forward->config.share &&
	       (share->count == 0 || share->count < size - forward->places);
}

static void take_place(struct named_forward *forward)
{
	metric_set(&forward->stats.waiting, ++forward->places);
}

static void give_place(struct named_forward *forward)
{
	metric_set(&forward->stats.waiting, --forward->places);
}

static bool is_waiting(const struct forward_query *query, const struct named_query *asked,
    const struct named_forward_client *client)
{
	struct forward_waiter *waiter;

	list_for_each (waiter, &query->waiters, link) {
		if (waiter->id == asked->id &&
		    memcmp(waiter->client.token, client->token, sizeof(client->token)) == 0)
			return true;
	}
	return false;
}

int forward_add_waiter(struct forward_query *query, const struct named_query *asked,
    const struct named_forward_client *client)
{
	struct named_forward *forward = query->forward;
	struct forward_share *share;
	struct forward_waiter *waiter;
	int error = -EBUSY;

	if (is_waiting(query, asked, client))
		return -EEXIST;
	share = share_of(forward, &client->address);
	if (!share)
		return -ENOMEM;
	if (!may_have_more(forward, share))
		goto put;
	error = -ENOMEM;
	waiter = malloc(sizeof(*waiter) + query->name_len);
	if (!waiter)
		goto put;
	waiter->share = share;
	waiter->client = *client;
	waiter->id = asked->id;
	if (client->cookie_len > 0)
		memcpy(waiter->cookie, asked->cookie, sizeof(waiter->cookie));
	memcpy(waiter->name, named_query_spelling(asked), query->name_len);
	list_append(&query->waiters, &waiter->link);
	share->count++;
	take_place(forward);
	return 0;
put:
	put_share(forward, share);
	return error;
}

void forward_remove_waiter(struct forward_query *query, struct forward_waiter *waiter)
{
	struct named_forward *forward = query->forward;

	list_remove(&waiter->link);
	waiter->share->count--;
	put_share(forward, waiter->share);
	give_place(forward);
	free(waiter);
}

/* ---- tries over TCP ------------------------------------------------------------------------- */

struct tcp_key {
	unsigned int number;
	uint16_t id;
};

/* Ids are of our own choice: nobody else can aim at a bucket. */
static uint64_t tcp_hash(unsigned int number, uint16_t id)
{
	return ((uint64_t)number << 16 | id) * 0x9e3779b97f4a7c15ULL >> 16;
}

static bool is_tcp_try(const struct hashtable_link *link, const void *wanted)
{
	const struct forward_try *try = hashtable_entry(link, const struct forward_try, by_id);
	const struct tcp_key *key = wanted;

	return try->number == key->number && try->id == key->id;
}

struct forward_try *forward_find_tcp_try(
    struct named_forward *forward, unsigned int number, uint16_t id)
{
	struct tcp_key key = {number, id};
	struct hashtable_link *link =
	    hashtable_find(&forward->tcp_ids, tcp_hash(number, id), is_tcp_try, &key);

	return link ? hashtable_entry(link, struct forward_try, by_id) : NULL;
}

void forward_add_tcp_try(struct forward_try *try)
{
	struct named_forward *forward = try->query->forward;
	struct forward_server *server = &forward->servers[try->number];

	hashtable_insert(&forward->tcp_ids, &try->by_id, tcp_hash(try->number, try->id));
	list_append(&server->tcp_tries, &try->link);
	server->tcp_count++;
	timerq_cancel(&forward->timers, &server->idle);
}

void forward_remove_tcp_try(struct forward_try *try)
{
	struct named_forward *forward = try->query->forward;
	struct forward_server *server = &forward->servers[try->number];

	hashtable_remove(&forward->tcp_ids, &try->by_id);
	list_remove(&try->link);
	server->tcp_count--;
}
