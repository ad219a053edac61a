/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forwarder: see forward.h, and forward_internal.h for who does what. */
#include "forward.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edns.h"
#include "forward_internal.h"

/* ---- ends ----------------------------------------------------------------------------------- */

static void set_defaults(struct named_forward_config *config)
{
	if (config->table == 0)
		config->table = NAMED_FORWARD_TABLE;
	if (config->share == 0)
		config->share = config->table;
	if (config->life == 0)
		config->life = NAMED_FORWARD_LIFE;
	if (config->patience == 0)
		config->patience = NAMED_FORWARD_PATIENCE;
}

int named_forward_new(struct named_forward **result, const struct named_forward_config *config,
    const struct named_forward_io *io, void *context)
{
	struct named_forward *forward;
	int error;

	if (config->server_count > NAMED_FORWARD_SERVERS || config->table > NAMED_FORWARD_TABLE_MAX)
		return -EINVAL;
	forward = calloc(1, sizeof(*forward));
	if (!forward)
		return -ENOMEM;
	forward->config = *config;
	set_defaults(&forward->config);
	forward->io = io;
	forward->context = context;
	forward_servers_init(forward, config);
	error = siphash_key_random(&forward->cookie_key);
	if (error == 0)
		error = forward_table_init(forward);
	if (error < 0) {
		free(forward);
		return error;
	}
	*result = forward;
	return 0;
}

static void close_servers(struct named_forward *forward)
{
	for (unsigned int i = 0; i < NAMED_FORWARD_SERVERS; i++) {
		forward_close_probe(forward, i);
		if (forward->servers[i].tcp_open)
			forward->io->tcp_close(forward->context, i);
		forward->servers[i].tcp_open = false;
		timerq_cancel(&forward->timers, &forward->servers[i].idle);
	}
}

void named_forward_free(struct named_forward *forward)
{
	if (!forward)
		return;
	for (unsigned int i = 0; i < forward->config.table; i++) {
		struct forward_query *query = forward->table[i];

		if (query) {
			forward_close_tries(query, 0);
			forward_query_free(query);
		}
	}
	close_servers(forward);
	forward_table_fini(forward);
	free(forward);
}

static bool has_servers(
    const struct named_forward *forward, const struct named_forward_config *config)
{
	bool same = config->server_count == forward->config.server_count;

	for (unsigned int i = 0; same && i < config->server_count; i++)
		same = forward_is_endpoint(&config->servers[i], &forward->servers[i].endpoint);
	return same;
}

int named_forward_reconfigure(
    struct named_forward *forward, const struct named_forward_config *wanted, uint64_t now)
{
	struct named_forward_config config = *wanted;

	if (config.server_count > NAMED_FORWARD_SERVERS)
		return -EINVAL;
	config.table = forward->config.table;
	set_defaults(&config);
	forward->config.share = config.share;
	forward->config.life = config.life;
	forward->config.patience = config.patience;
	forward->config.x20 = config.x20;
	forward->config.cookies = config.cookies;
	if (has_servers(forward, &config))
		return 0;
	for (unsigned int i = 0; i < forward->config.table; i++) {
		if (forward->table[i])
			forward_close_tries(forward->table[i], now);
	}
	close_servers(forward);
	forward_servers_init(forward, &config);
	for (unsigned int i = 0; i < forward->config.table; i++) {
		if (forward->table[i])
			forward_restart(forward->table[i], now);
	}
	return 0;
}

/* ---- queries -------------------------------------------------------------------------------- */

/* The query as it is to be sent: without a cookie that was meant for us. */
static bool prepare(struct named_forward *forward, const struct named_query *query,
    const struct named_forward_client *client, struct named_query *image)
{
	bool strip = query->cookie && (forward->config.cookies || (client && client->cookie_len > 0));
	size_t len;

	*image = *query;
	if (!strip)
		return true;
	memcpy(forward->scratch, query->bytes, query->len);
	len = named_edns_remove(
	    forward->scratch, query->len, (size_t)(query->options - query->bytes), NAMED_OPTION_COOKIE);
	return named_query_parse(image, forward->scratch, len) == NAMED_QUERY_OK;
}

/* Flips the case of letters by chance: so many bits more to guess. */
static void spell(struct forward_query *query)
{
	struct named_forward *forward = query->forward;
	uint8_t random[(NAME_MAX_WIRE + 7) / 8], *name = query->bytes + NAMED_HEADER_LEN;

	if (forward->io->random(forward->context, random, sizeof(random)) < 0)
		return; /* the id will not be had, either */
	for (unsigned int i = 0; i < query->name_len; i++) {
		uint8_t lower = name_lower(name[i]);

		if (lower >= 'a' && lower <= 'z' && (random[i / 8] >> i % 8 & 1))
			name[i] ^= 0x20;
	}
}

static struct forward_query *make_query(struct named_forward *forward,
    const struct named_query *image, const struct named_forward_client *client, uint64_t now)
{
	/* For the cache's sake: as long as nobody is likely to want the place. */
	if (!client && forward->free_count <= forward->config.table / 2)
		return NULL;
	return forward_query_new(forward, image, client && client->udp_limit == 0, now);
}

void named_forward_query(struct named_forward *forward, const struct named_query *query,
    const struct named_forward_client *client, uint64_t now)
{
	enum named_ede reason = NAMED_EDE_OTHER;
	struct forward_query *out;
	struct named_query image;
	bool made = false;
	int error = 0;

	metric_add(client ? &forward->stats.queries : &forward->stats.prefetches, 1);
	if (forward->config.server_count == 0) {
		reason = NAMED_EDE_NO_REACHABLE_AUTHORITY;
		goto refuse;
	}
	if (query->len > NAMED_FORWARD_QUERY_MAX || !prepare(forward, query, client, &image))
		goto refuse;
	out = forward_find_same(forward, &image, client && client->udp_limit == 0);
	if (out && !client)
		return;
	if (!out) {
		out = make_query(forward, &image, client, now);
		if (!out)
			goto refuse;
		made = true;
	}
	/* The client's cookie is in its own query, not in the image. */
	if (client)
		error = forward_add_waiter(out, query, client);
	if (error == -EEXIST)
		return;
	if (error < 0) {
		if (made)
			forward_query_free(out);
		goto refuse;
	}
	if (!made) {
		metric_add(&forward->stats.merged, 1);
		return;
	}
	if (forward->config.x20)
		spell(out);
	forward_start(out, now);
	return;
refuse:
	metric_add(&forward->stats.refused, client != NULL);
	forward_refuse(forward, query, client, reason);
}

/* ---- events --------------------------------------------------------------------------------- */

static bool is_out(const struct forward_try *try)
{
	return try->state == TRY_LIVE || try->state == TRY_LATE;
}

/* The try that has this slot, or NULL. */
static struct forward_try *udp_try(struct named_forward *forward, uint32_t slot)
{
	uint32_t index = slot / NAMED_FORWARD_SERVERS;
	struct forward_try *try;

	if (index >= forward->config.table || !forward->table[index])
		return NULL;
	try = &forward->table[index]->tries[slot % NAMED_FORWARD_SERVERS];
	return is_out(try) && !try->tcp ?
	try : NULL
		;
}

void named_forward_udp_received(struct named_forward *forward, uint32_t slot,
    const struct named_endpoint *from, const uint8_t *bytes, size_t len, uint64_t now)
{
	struct forward_try *try = udp_try(forward, slot);

	if (slot / NAMED_FORWARD_SERVERS == forward->config.table) {
		forward_probe_received(forward, slot, from, bytes, len, now);
		return;
	}
	if (!try || !forward_is_endpoint(from, &forward->servers[try->number].endpoint)) {
		metric_add(&forward->stats.unknown, 1);
		return;
	}
	forward_received(try, bytes, len, now);
}

void named_forward_tcp_received(struct named_forward *forward, unsigned int number,
    const uint8_t *bytes, size_t len, uint64_t now)
{
	struct forward_try *try = NULL;

	if (len >= 2)
		try = forward_find_tcp_try(forward, number, (uint16_t)(bytes[0] << 8 | bytes[1]));
	if (!try) {
		metric_add(&forward->stats.unknown, 1);
		return;
	}
	forward_received(try, bytes, len, now);
}

void named_forward_udp_failed(struct named_forward *forward, uint32_t slot, int error, uint64_t now)
{
	struct forward_try *try = udp_try(forward, slot);

	if (try)
		forward_try_failed(try, error ? error : EIO, now);
	else
		forward_probe_failed(forward, slot);
}

void named_forward_tcp_closed(
    struct named_forward *forward, unsigned int number, int error, uint64_t now)
{
	if (number < NAMED_FORWARD_SERVERS)
		forward_connection_lost(forward, number, error, now);
}

/* ---- time ----------------------------------------------------------------------------------- */

uint64_t named_forward_deadline(const struct named_forward *forward)
{
	return timerq_next_deadline(&forward->timers);
}

/* The server whose connection's timer it is; NO_TRY: it is a query's. */
static int connection_of(const struct named_forward *forward, const struct timerq_timer *timer)
{
	for (int i = 0; i < NAMED_FORWARD_SERVERS; i++) {
		if (timer == &forward->servers[i].idle)
			return i;
	}
	return NO_TRY;
}

void named_forward_expire(struct named_forward *forward, uint64_t now)
{
	struct timerq_timer *timer;

	while ((timer = timerq_expired(&forward->timers, now)) != NULL) {
		int number = connection_of(forward, timer);

		if (number == NO_TRY) {
			forward_query_due(timerq_entry(timer, struct forward_query, timer), now);
			continue;
		}
		forward->servers[number].tcp_open = false;
		forward->io->tcp_close(forward->context, (unsigned int)number);
	}
}

const struct named_forward_stats *named_forward_get_stats(const struct named_forward *forward)
{
	return &forward->stats;
}
