/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A query's way through the servers: see forward.h, and forward_internal.h for its states. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "forward_internal.h"

static uint32_t slot_of(const struct forward_try *try)
{
	return try->query->index * NAMED_FORWARD_SERVERS + try->number;
}

/* ---- deadlines ------------------------------------------------------------------------------ */

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void arm(struct forward_query *query)
{
	timerq_set(&query->forward->timers, &query->timer,
	    earlier(query->end, earlier(query->stale_at, query->until)));
}

bool forward_is_servers_error(int error)
{
	switch (error) {
	case ECONNREFUSED:
	case ECONNRESET:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENETDOWN:
	case ENETUNREACH:
	case EPIPE:
	case ETIMEDOUT:
		return true;
	default:
		return false;
	}
}

static void note_error(struct forward_query *query, unsigned int number, int error, uint64_t now)
{
	query->error = error;
	metric_add(&query->forward->stats.errors, 1);
	if (forward_is_servers_error(error))
		forward_server_unreachable(query->forward, number, now);
}

/* ---- one try -------------------------------------------------------------------------------- */

/* The bytes of this try, in the engine's scratch. */
static size_t compose(struct forward_try *try)
{
	struct forward_query *query = try->query;
	struct named_forward *forward = query->forward;
	uint8_t *bytes = forward->scratch;

	memcpy(bytes, query->bytes, query->len);
	bytes[0] = (uint8_t)(try->id >> 8);
	bytes[1] = (uint8_t)try->id;
	return forward_put_cookie(forward, query, try->number, bytes);
}

static int transmit(struct forward_try *try, uint64_t now)
{
	struct named_forward *forward = try->query->forward;
	struct forward_server *server = &forward->servers[try->number];
	size_t len = compose(try);
	int error;

	if (try->tcp) {
		error = forward->io->tcp_send(
		    forward->context, try->number, &server->endpoint, forward->scratch, len);
		server->tcp_open = server->tcp_open || error == 0;
		metric_add(&forward->stats.tcp_sent, error == 0);
	} else {
		error = forward->io->udp_send(
		    forward->context, slot_of(try), &server->endpoint, forward->scratch, len);
		metric_add(&forward->stats.udp_sent, error == 0);
	}
	if (error < 0)
		return error;
	forward_server_asked(forward, try->number, now);
	if (try->sends < UINT8_MAX)
		try->sends++;
	return 0;
}

/* Closes what it has of the world outside. */
static void close_try(struct forward_try *try, enum forward_try_state state, uint64_t now)
{
	struct forward_query *query = try->query;
	struct named_forward *forward = query->forward;
	struct forward_server *server = &forward->servers[try->number];
	bool was_out = try->state == TRY_LIVE || try->state == TRY_LATE;

	if (query->live == try->number)
		query->live = NO_TRY;
	try->state = (uint8_t)state;
	if (was_out && try->tcp)
		forward_remove_tcp_try(try);
	else if (was_out)
		forward->io->udp_close(forward->context, slot_of(try));
	if (was_out && try->tcp && server->tcp_count == 0 && server->tcp_open)
		timerq_set(&forward->timers, &server->idle, now + FORWARD_TCP_IDLE);
}

static int choose_tcp_id(struct forward_try *try)
{
	/* A connection is full long before its ids are: hardly ever a second draw. */
	for (int draws = 0; draws < 64; draws++) {
		int error = forward_random_id(try->query->forward, &try->id);

		if (error < 0)
			return error;
		if (!forward_find_tcp_try(try->query->forward, try->number, try->id))
			return 0;
	}
	return -EAGAIN;
}

/* A first packet for a server. 0 or -errno, and then the try has failed. */
static int send_first(struct forward_query *query, unsigned int number, uint64_t now)
{
	struct forward_try *try = &query->tries[number];
	int error;

	try->tcp = query->state == FORWARD_TCP;
	try->sends = 0;
	try->sent = now;
	error = try->tcp ? choose_tcp_id(try) : forward_random_id(query->forward, &try->id);
	if (error == 0)
		error = transmit(try, now);
	if (error < 0) {
		try->state = TRY_FAILED;
		note_error(query, number, -error, now);
		return error;
	}
	try->state = TRY_LIVE;
	if (try->tcp)
		forward_add_tcp_try(try);
	return 0;
}

void forward_close_tries(struct forward_query *query, uint64_t now)
{
	for (unsigned int i = 0; i < NAMED_FORWARD_SERVERS; i++) {
		close_try(&query->tries[i], TRY_NONE, now);
		query->tries[i].near_misses = 0;
	}
}

/* ---- the query ------------------------------------------------------------------------------ */

static void wait_for(
    struct forward_query *query, unsigned int number, uint64_t patience, uint64_t now)
{
	query->live = (int)number;
	query->tries[number].state = TRY_LIVE;
	query->until = now + patience;
	arm(query);
}

static bool is_any_late(const struct forward_query *query)
{
	for (unsigned int i = 0; i < query->forward->config.server_count; i++) {
		if (query->tries[i].state == TRY_LATE)
			return true;
	}
	return false;
}

/* The one over UDP that was sent the fewest times. */
static struct forward_try *find_to_resend(struct forward_query *query)
{
	struct forward_try *found = NULL;

	for (unsigned int i = 0; i < query->forward->config.server_count; i++) {
		struct forward_try *try = &query->tries[i];

		if (try->state == TRY_LATE && !try->tcp && (!found || try->sends < found->sends))
			found = try;
	}
	return found;
}

static void give_up(struct forward_query *query, uint64_t now)
{
	forward_answer_failure(query, now);
	forward_end(query, now);
}

/* Everybody has had his turn: what is out already may still be answered. */
static void go_round_again(struct forward_query *query, uint64_t now)
{
	struct named_forward *forward = query->forward;
	struct forward_try *try;

	if (query->fallback) {
		if (now >= query->begun + FORWARD_GRACE) {
			give_up(query, now);
			return;
		}
		query->until = query->begun + FORWARD_GRACE;
		arm(query);
		return;
	}
	while ((try = find_to_resend(query)) != NULL) {
		int error = transmit(try, now);

		if (error == 0) {
			uint64_t patience = forward_patience(forward, try->number)
			                    << (try->sends < 8 ? try->sends : 8);

			metric_add(&forward->stats.resent, 1);
			wait_for(query, try->number, earlier(patience, FORWARD_RESEND_MAX), now);
			return;
		}
		note_error(query, try->number, -error, now);
		close_try(try, TRY_FAILED, now);
	}
	if (!is_any_late(query)) {
		give_up(query, now);
		return;
	}
	query->until = TIMERQ_NEVER; /* over TCP: until the end */
	arm(query);
}

/* Goes on to the next server, when there is none to wait for. */
static void go_on(struct forward_query *query, uint64_t now)
{
	int number;

	while ((number = forward_choose(query->forward, query)) != NO_TRY) {
		if (send_first(query, (unsigned int)number, now) == 0) {
			wait_for(query, (unsigned int)number,
			    forward_patience(query->forward, (unsigned int)number), now);
			return;
		}
	}
	if (is_any_late(query))
		go_round_again(query, now);
	else
		give_up(query, now);
}

static void begin(struct forward_query *query, enum forward_state state, uint64_t now)
{
	query->state = state;
	query->until = TIMERQ_NEVER;
	forward_probe_due(query->forward, now);
	go_on(query, now);
}

void forward_start(struct forward_query *query, uint64_t now)
{
	const struct named_cache *cache = query->forward->config.cache;
	struct forward_query *rival;

	if (cache && named_cache_has_stale(cache))
		query->stale_at =
		    forward_all_suspected(query->forward) ? now : query->begun + FORWARD_STALE_AFTER;
	if (query->tcp_client) {
		begin(query, FORWARD_TCP, now);
		return;
	}
	rival = forward_find_rival(query);
	if (rival) {
		metric_add(&query->forward->stats.held, 1);
		list_append(&rival->held_back, &query->held);
		query->until = TIMERQ_NEVER;
		arm(query);
		return;
	}
	begin(query, FORWARD_UDP, now);
}

void forward_restart(struct forward_query *query, uint64_t now)
{
	if (query->state == FORWARD_HELD)
		return;
	forward_close_tries(query, now);
	begin(query, query->state, now);
}

/* The first of those that this one held back is due at once, and the others are its to hold back.
 * It is not sent from here, or there would be no end of calls where each one fails. */
static void let_go(struct forward_query *query, uint64_t now)
{
	struct forward_query *next = list_first(&query->held_back, struct forward_query, held);

	if (!next)
		return;
	list_remove(&next->held);
	list_append_all(&next->held_back, &query->held_back);
	next->until = now;
	arm(next);
}

void forward_end(struct forward_query *query, uint64_t now)
{
	forward_close_tries(query, now);
	query->state = FORWARD_HELD; /* nobody's rival */
	let_go(query, now);
	forward_query_free(query);
}

void forward_go_tcp(struct forward_query *query, unsigned int first, uint64_t now)
{
	struct named_forward *forward = query->forward;

	forward_close_tries(query, now);
	query->state = FORWARD_TCP;
	query->until = TIMERQ_NEVER;
	let_go(query, now);
	if (forward->servers[first].tcp_count < FORWARD_TCP_QUEUE && send_first(query, first, now) == 0)
		wait_for(query, first, forward_patience(forward, first), now);
	else
		go_on(query, now);
}

void forward_try_failed(struct forward_try *try, int error, uint64_t now)
{
	struct forward_query *query = try->query;

	if (error)
		note_error(query, try->number, error, now);
	close_try(try, TRY_FAILED, now);
	if (query->live == NO_TRY)
		go_on(query, now);
}

void forward_try_again(struct forward_try *try, uint64_t now)
{
	int error = transmit(try, now);

	if (error < 0)
		forward_try_failed(try, -error, now);
}

void forward_connection_lost(
    struct named_forward *forward, unsigned int number, int error, uint64_t now)
{
	struct forward_server *server = &forward->servers[number];
	struct list lost = LIST_INIT(lost);
	struct forward_try *try;

	server->tcp_open = false;
	timerq_cancel(&forward->timers, &server->idle);
	list_append_all(&lost, &server->tcp_tries);
	while ((try = list_first(&lost, struct forward_try, link)) != NULL) {
		list_remove(&try->link);
		list_append(&server->tcp_tries, &try->link);
		/* A server may close a connection at any time; what was on it is not answered, but may be
		 * asked again: RFC 7766, 6.2.4. */
		if (error == 0 && try->sends == 1)
			forward_try_again(try, now);
		else
			forward_try_failed(try, error ? error : ECONNRESET, now);
	}
}

/* Its life is over. A connection over which nothing came meanwhile is not worth keeping. */
static void end_of_life(struct forward_query *query, uint64_t now)
{
	struct named_forward *forward = query->forward;
	unsigned int silent = 0;

	for (unsigned int i = 0; i < forward->config.server_count; i++) {
		const struct forward_try *try = &query->tries[i];

		if (try->state != TRY_LIVE && try->state != TRY_LATE)
			continue;
		forward_server_silent(forward, i, now);
		if (try->tcp && forward->servers[i].heard <= try->sent)
			silent |= 1U << i;
	}
	give_up(query, now);
	for (unsigned int i = 0; i < forward->config.server_count; i++) {
		if (!(silent >> i & 1) || !forward->servers[i].tcp_open)
			continue;
		forward->io->tcp_close(forward->context, i);
		forward_connection_lost(forward, i, ETIMEDOUT, now);
	}
}

/* It was held back, and is no more. */
static void set_free(struct forward_query *query, uint64_t now)
{
	if (forward_answer_cached(query, false, now) > 0 && list_is_empty(&query->waiters))
		forward_end(query, now);
	else
		forward_start(query, now);
}

static void live_is_late(struct forward_query *query, uint64_t now)
{
	struct forward_try *try = &query->tries[query->live];

	metric_add(&query->forward->stats.timeouts, 1);
	forward_server_silent(query->forward, try->number, now);
	try->state = TRY_LATE;
	query->live = NO_TRY;
}

void forward_query_due(struct forward_query *query, uint64_t now)
{
	if (now >= query->end) {
		end_of_life(query, now);
		return;
	}
	if (now >= query->stale_at) {
		query->stale_at = TIMERQ_NEVER;
		(void)forward_answer_cached(query, true, now);
	}
	if (now < query->until) {
		arm(query);
		return;
	}
	query->until = TIMERQ_NEVER;
	if (query->state == FORWARD_HELD) {
		set_free(query, now);
		return;
	}
	if (query->live != NO_TRY)
		live_is_late(query, now);
	go_on(query, now);
}
