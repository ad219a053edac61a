/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which server, and how long to wait for it: see forward.h.
 *
 * A query goes on to the next server after some round-trip times; the server is suspected when
 * nothing has come from it, for this query or another, for the whole patience: it may be the name
 * that is slow.
 */
#include <string.h>

#include "forward_internal.h"

void forward_servers_init(struct named_forward *forward, const struct named_forward_config *config)
{
	memset(forward->servers, 0, sizeof(forward->servers));
	memcpy(forward->config.servers, config->servers, sizeof(config->servers));
	forward->config.server_count = config->server_count;
	for (unsigned int i = 0; i < NAMED_FORWARD_SERVERS; i++) {
		forward->servers[i].endpoint = config->servers[i];
		list_init(&forward->servers[i].tcp_tries);
	}
	metric_set(&forward->stats.suspected, 0);
}

static bool is_open_to(const struct forward_server *server, const struct forward_query *query)
{
	return query->state != FORWARD_TCP || server->tcp_count < FORWARD_TCP_QUEUE;
}

int forward_choose(struct named_forward *forward, const struct forward_query *query)
{
	unsigned int count = forward->config.server_count, first = forward->turn;
	int suspect = NO_TRY;

	for (unsigned int i = 0; i < count; i++) {
		unsigned int number = (first + i) % count;

		if (query->tries[number].state != TRY_NONE || !is_open_to(&forward->servers[number], query))
			continue;
		if (!forward->servers[number].suspected) {
			forward->turn = (number + 1) % count;
			return (int)number;
		}
		if (suspect == NO_TRY)
			suspect = (int)number;
	}
	if (suspect != NO_TRY)
		forward->turn = ((unsigned int)suspect + 1) % count;
	return suspect;
}

bool forward_all_suspected(const struct named_forward *forward)
{
	for (unsigned int i = 0; i < forward->config.server_count; i++) {
		if (!forward->servers[i].suspected)
			return false;
	}
	return true;
}

uint64_t forward_patience(const struct named_forward *forward, unsigned int number)
{
	const struct forward_server *server = &forward->servers[number];
	uint64_t most = forward->config.patience, patience = server->srtt + 4 * server->rttvar;

	if (server->srtt == 0 || patience > most)
		return most;
	return patience > FORWARD_PATIENCE_MIN || most < FORWARD_PATIENCE_MIN ? patience
	                                                                      : FORWARD_PATIENCE_MIN;
}

static void set_suspected(struct named_forward *forward, struct forward_server *server, bool is)
{
	uint64_t suspected = metric_get(&forward->stats.suspected);

	if (server->suspected == is)
		return;
	server->suspected = is;
	metric_set(&forward->stats.suspected, is ? suspected + 1 : suspected - 1);
}

void forward_server_heard(
    struct named_forward *forward, unsigned int number, uint64_t rtt, uint64_t now)
{
	struct forward_server *server = &forward->servers[number];

	server->heard = now;
	server->asked_since = 0;
	server->probe_interval = 0;
	set_suspected(forward, server, false);
	if (rtt == 0)
		return;
	if (server->srtt == 0) { /* RFC 6298, 2.2 and 2.3 */
		server->srtt = rtt;
		server->rttvar = rtt / 2;
	} else {
		uint64_t error = server->srtt > rtt ? server->srtt - rtt : rtt - server->srtt;

		server->rttvar = server->rttvar - server->rttvar / 4 + error / 4;
		server->srtt = server->srtt - server->srtt / 8 + rtt / 8;
	}
}

static void suspect(struct named_forward *forward, unsigned int number, uint64_t now)
{
	struct forward_server *server = &forward->servers[number];

	if (server->suspected)
		return;
	set_suspected(forward, server, true);
	server->cookie_len = 0; /* RFC 7873, 5.3: it may have lost its secret, or cookies altogether */
	server->probe_interval = FORWARD_PROBE_MIN;
	server->probe_at = now + server->probe_interval;
}

void forward_server_asked(struct named_forward *forward, unsigned int number, uint64_t now)
{
	struct forward_server *server = &forward->servers[number];

	if (server->asked_since == 0)
		server->asked_since = now;
}

void forward_server_silent(struct named_forward *forward, unsigned int number, uint64_t now)
{
	const struct forward_server *server = &forward->servers[number];

	if (server->asked_since != 0 && now - server->asked_since >= forward->config.patience)
		suspect(forward, number, now);
}

void forward_server_unreachable(struct named_forward *forward, unsigned int number, uint64_t now)
{
	suspect(forward, number, now);
}

bool forward_is_endpoint(const struct named_endpoint *a, const struct named_endpoint *b)
{
	return memcmp(&a->address, &b->address, sizeof(a->address)) == 0 && a->port == b->port &&
	       (a->scope == b->scope || !IN6_IS_ADDR_LINKLOCAL(&a->address));
}
