/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The states of the DHCPv6 client: see dhcp6_client.h. */
#include "dhcp6_client.h"

#include <errno.h>
#include <string.h>

#define QUICK_SENDS   3
#define COLLECT_SHORT 50   /* ms */
#define SOL_MAX_RT    3600 /* s */
#define SETBACK_MAX   (64 * ENGINE_SECOND)

#define INF_REFRESH_DEFAULT 86400 /* RFC 8415, 7.6 */
#define INF_REFRESH_MIN     600

/* RFC 8415, 7.6: first and longest time-out, most messages (0: no limit), longest time (0). */
static const struct exchange {
	enum dhcp6_type type;
	uint32_t first, longest; /* seconds */
	unsigned int sends;
	uint32_t duration; /* seconds */
} exchanges[DHCP6C_STATES] = {
    [DHCP6C_SOLICIT] = {DHCP6_SOLICIT, 1, SOL_MAX_RT, 0, 0},
    [DHCP6C_REQUEST] = {DHCP6_REQUEST, 1, 30, 10, 0},
    [DHCP6C_CONFIRM] = {DHCP6_CONFIRM, 1, 4, 0, 10},
    [DHCP6C_RENEW] = {DHCP6_RENEW, 10, 600, 0, 0},
    [DHCP6C_REBIND] = {DHCP6_REBIND, 10, 600, 0, 0},
    [DHCP6C_DECLINE] = {DHCP6_DECLINE, 1, 0, 4, 0},
    [DHCP6C_INFORM] = {DHCP6_INFORMATION_REQUEST, 1, 3600, 0, 0},
};

static engine_time below(struct dhcp6_client *client, engine_time limit)
{
	return engine_below(client->ops->random, client->context, limit);
}

/* The one place where the state changes; a state that sends gets a number of its own. */
static void set_state(struct dhcp6_client *client, enum dhcp6_state state, engine_time deadline)
{
	client->state = state;
	client->sends = 0;
	client->deadline = deadline;
	if (exchanges[state].first)
		client->xid = client->ops->random(client->context) & 0xffffff;
}

/* A time, with the tenth of chance that RFC 8415, 15 puts on all of them. */
static engine_time jitter(struct dhcp6_client *client, engine_time time)
{
	return time - time / 10 + below(client, time / 5 + 1);
}

/* Sends the message of the state, and sets the time-out: RFC 8415, 15. */
static void send_again(struct dhcp6_client *client, engine_time now)
{
	const struct exchange *exchange = &exchanges[client->state];
	engine_time longest = exchange->longest * ENGINE_SECOND;
	engine_time end = ENGINE_NEVER;

	if (client->state == DHCP6C_SOLICIT)
		longest = client->solicit_max * ENGINE_SECOND;
	if (client->sends == 0) {
		engine_time first = exchange->first * ENGINE_SECOND;

		client->begun = now;
		/* The first one of SOLICIT is not shortened: servers get their time. */
		client->timeout = client->state == DHCP6C_SOLICIT ? first + below(client, first / 10 + 1)
		                                                  : jitter(client, first);
	} else {
		client->timeout += jitter(client, client->timeout);
		if (longest && client->timeout > longest)
			client->timeout = jitter(client, longest);
	}
	if (exchange->duration)
		end = client->begun + exchange->duration * ENGINE_SECOND;
	if (client->state == DHCP6C_RENEW)
		end = client->t2;
	client->sends++;
	client->deadline = engine_min(now + client->timeout, end);
	dhcp6_client_send(client, now, exchange->type);
}

static void begin(struct dhcp6_client *client, engine_time now, enum dhcp6_state state)
{
	set_state(client, state, now);
	send_again(client, now);
}

static void solicit(struct dhcp6_client *client, engine_time now)
{
	client->server.len = 0;
	client->collect_until = ENGINE_NEVER;
	client->lease.count = 0;
	begin(client, now, DHCP6C_SOLICIT);
}

/* Drops the addresses; the resolver's data came with them. */
static void lose(struct dhcp6_client *client)
{
	memset(&client->lease, 0, sizeof(client->lease));
	if (!client->has_lease)
		return;
	client->has_lease = false;
	client->ops->event(client->context, DHCP6_EVENT_LOST);
}

/* The attempt is over; a persistent client tries again. */
static void fail(struct dhcp6_client *client, engine_time now, engine_time wait)
{
	bool quick = client->quick;

	client->quick = false;
	if (client->config.persistent)
		set_state(client, DHCP6C_DELAY, now + wait);
	else
		set_state(client, DHCP6C_STOPPED, ENGINE_NEVER);
	if (quick)
		client->ops->event(client->context, DHCP6_EVENT_FAILED);
}

static void set_back(struct dhcp6_client *client, engine_time now)
{
	client->setback = engine_min(2 * engine_max(client->setback, ENGINE_SECOND), SETBACK_MAX);
	lose(client);
	fail(client, now, client->setback);
}

void dhcp6_client_init(struct dhcp6_client *client, const struct dhcp6_config *config,
    const struct dhcp6_ops *ops, void *context)
{
	memset(client, 0, sizeof(*client));
	client->config = *config;
	client->ops = ops;
	client->context = context;
	client->deadline = ENGINE_NEVER;
	client->solicit_max = SOL_MAX_RT;
}

static void restart(struct dhcp6_client *client, engine_time now)
{
	if (client->config.information)
		begin(client, now, DHCP6C_INFORM);
	else
		solicit(client, now);
}

void dhcp6_client_start(struct dhcp6_client *client, engine_time now)
{
	client->quick = true;
	client->setback = 0;
	dhcp6_lease_expire(&client->lease, now);
	if (client->lease.count > 0 && !client->config.information)
		begin(client, now, DHCP6C_CONFIRM);
	else if (client->config.delay) /* SOL_MAX_DELAY, INF_MAX_DELAY: 1 s */
		set_state(client, DHCP6C_DELAY, now + below(client, ENGINE_SECOND));
	else
		restart(client, now);
}

void dhcp6_client_confirm(struct dhcp6_client *client, engine_time now)
{
	if (client->state == DHCP6C_STOPPED)
		return;
	if (client->lease.count > 0 && !client->config.information)
		begin(client, now, DHCP6C_CONFIRM);
	else
		restart(client, now);
}

void dhcp6_client_stop(struct dhcp6_client *client)
{
	memset(&client->lease, 0, sizeof(client->lease));
	client->has_lease = false;
	set_state(client, DHCP6C_STOPPED, ENGINE_NEVER);
}

void dhcp6_client_release(struct dhcp6_client *client, engine_time now)
{
	if (client->lease.count > 0 && client->lease.server.len > 0) {
		client->xid = client->ops->random(client->context) & 0xffffff;
		client->begun = now;
		dhcp6_client_send(client, now, DHCP6_RELEASE);
	}
	dhcp6_client_stop(client);
}

void dhcp6_client_decline(struct dhcp6_client *client, engine_time now, const uint8_t address[16])
{
	if (client->lease.count == 0)
		return;
	memcpy(client->declined, address, 16);
	begin(client, now, DHCP6C_DECLINE);
}

/* ---- leases ---- */

/* T1 and T2: the server's, or 0.5 and 0.8 of the shortest preferred lifetime (RFC 8415, 21.4). */
static void set_times(struct dhcp6_client *client, engine_time now, const struct dhcp6_ia *ia)
{
	engine_time shortest = ENGINE_NEVER, left;

	for (size_t i = 0; i < client->lease.count; i++)
		shortest = engine_min(shortest, client->lease.addresses[i].preferred);
	/* However short they are, the server is not asked more than once a second. */
	left = shortest == ENGINE_NEVER ? 0 : engine_max(shortest, now + 2 * ENGINE_SECOND) - now;
	client->t1 = ia->t1 ? engine_after(now, ia->t1) : left ? now + left / 2 : ENGINE_NEVER;
	client->t2 = ia->t2 ? engine_after(now, ia->t2) : left ? now + left / 5 * 4 : ENGINE_NEVER;
	client->t1 = engine_min(client->t1, client->t2);
}

/* When the first address ends; with nothing to renew the addresses still end. */
static engine_time next_expiry(const struct dhcp6_client *client)
{
	engine_time next = ENGINE_NEVER;

	for (size_t i = 0; i < client->lease.count; i++)
		next = engine_min(next, client->lease.addresses[i].valid);
	return next;
}

static void bind_lease(struct dhcp6_client *client)
{
	client->quick = false;
	client->setback = 0;
	client->has_lease = true;
	set_state(client, DHCP6C_BOUND, engine_min(client->t1, next_expiry(client)));
	client->ops->event(client->context, DHCP6_EVENT_BOUND);
}

/* ---- what comes ---- */

static void advertise(
    struct dhcp6_client *client, engine_time now, const struct dhcp6_message *message)
{
	struct dhcp_duid server;
	uint8_t preference = 0;
	struct dhcp6_ia ia;

	if (dhcp6_get_duid(message->options, DHCP6_SERVER_ID, &server) < 0 ||
	    dhcp6_get_status(message->options) != DHCP6_SUCCESS ||
	    dhcp6_get_ia(message->options, client->config.iaid, &ia) < 0 ||
	    ia.status != DHCP6_SUCCESS || ia.count == 0)
		return;
	(void)dhcp6_get_u8(message->options, DHCP6_PREFERENCE, &preference);
	if (client->server.len == 0 || preference > client->preference) {
		client->server = server;
		client->preference = preference;
		client->offered = ia;
	}
	/* RFC 8415, 18.2.1: at once with 255, and after the first time-out. */
	if (preference == 255 || client->sends > 1) {
		client->lease.count = 0;
		begin(client, now, DHCP6C_REQUEST);
	} else if (!client->config.collect) {
		client->collect_until = engine_min(client->collect_until, now + COLLECT_SHORT);
		client->deadline = engine_min(client->deadline, client->collect_until);
	}
}

/* A REPLY with addresses, to SOLICIT (rapid commit), REQUEST, RENEW or REBIND. */
static void reply_addresses(
    struct dhcp6_client *client, engine_time now, const struct dhcp6_message *message)
{
	bool renewing = client->state == DHCP6C_RENEW || client->state == DHCP6C_REBIND;
	struct dhcp_duid server;
	struct dhcp6_ia ia;

	switch (dhcp6_get_status(message->options)) {
	case DHCP6_SUCCESS:
		break;
	case DHCP6_NOT_ON_LINK: /* RFC 8415, 18.2.10.1 */
		set_back(client, now);
		return;
	default: /* UnspecFail: later, at the pace of the time-outs */
		return;
	}
	if (dhcp6_get_duid(message->options, DHCP6_SERVER_ID, &server) < 0 ||
	    dhcp6_get_ia(message->options, client->config.iaid, &ia) < 0)
		return;
	if (ia.status == DHCP6_NO_BINDING && renewing) {
		client->server = server;
		begin(client, now, DHCP6C_REQUEST);
		return;
	}
	if (ia.status != DHCP6_SUCCESS) {
		if (!renewing)
			set_back(client, now);
		return;
	}
	if (!dhcp6_lease_update(client, now, message, &ia)) {
		if (client->lease.count == 0) /* all of them were taken away */
			set_back(client, now);
		return;
	}
	client->lease.server = server;
	set_times(client, now, &ia);
	bind_lease(client);
}

static void reply_information(
    struct dhcp6_client *client, engine_time now, const struct dhcp6_message *message)
{
	uint32_t refresh = INF_REFRESH_DEFAULT;

	if (dhcp6_get_status(message->options) != DHCP6_SUCCESS)
		return;
	dhcp6_lease_read_resolver(&client->lease, message);
	(void)dhcp6_get_u32(message->options, DHCP6_REFRESH_TIME, &refresh);
	if (refresh < INF_REFRESH_MIN)
		refresh = INF_REFRESH_MIN;
	client->quick = false;
	client->has_lease = true;
	set_state(client, DHCP6C_INFORMED, engine_after(now, refresh));
	client->ops->event(client->context, DHCP6_EVENT_BOUND);
}

static void reply(struct dhcp6_client *client, engine_time now, const struct dhcp6_message *message)
{
	struct dhcp_duid server;
	struct wire_reader rapid;

	switch (client->state) {
	case DHCP6C_SOLICIT:
		if (client->config.rapid && dhcp6_find(message->options, DHCP6_RAPID_COMMIT, &rapid))
			reply_addresses(client, now, message);
		break;
	case DHCP6C_REQUEST:
		if (dhcp6_get_duid(message->options, DHCP6_SERVER_ID, &server) == 0 &&
		    dhcp_duid_equal(&server, &client->server))
			reply_addresses(client, now, message);
		break;
	case DHCP6C_RENEW:
	case DHCP6C_REBIND:
		reply_addresses(client, now, message);
		break;
	case DHCP6C_CONFIRM:
		if (dhcp6_get_status(message->options) == DHCP6_NOT_ON_LINK) {
			lose(client);
			solicit(client, now);
		} else if (dhcp6_get_status(message->options) == DHCP6_SUCCESS) {
			bind_lease(client);
		}
		break;
	case DHCP6C_DECLINE:
		set_back(client, now);
		break;
	case DHCP6C_INFORM:
		reply_information(client, now, message);
		break;
	default:
		break;
	}
}

void dhcp6_client_input(
    struct dhcp6_client *client, engine_time now, const void *payload, size_t len)
{
	struct dhcp6_message message;
	struct dhcp_duid duid;
	uint32_t longest;
	int error;

	if (client->state == DHCP6C_STOPPED || dhcp6_parse(&message, payload, len) < 0 ||
	    message.xid != client->xid)
		return;
	/* RFC 8415, 16.3, 16.10: our identifier has to be there, but for answers to INFORM. */
	error = dhcp6_get_duid(message.options, DHCP6_CLIENT_ID, &duid);
	if (error == -ENOENT ? client->state != DHCP6C_INFORM
	                     : error < 0 || !dhcp_duid_equal(&duid, &client->config.duid))
		return;
	/* RFC 8415, 21.24: also in answers that are no use otherwise. */
	if (dhcp6_get_u32(message.options, DHCP6_SOL_MAX_RT, &longest) == 0 && longest >= 60 &&
	    longest <= 86400)
		client->solicit_max = longest;
	if (message.type == DHCP6_ADVERTISE && client->state == DHCP6C_SOLICIT)
		advertise(client, now, &message);
	else if (message.type == DHCP6_REPLY)
		reply(client, now, &message);
}

/* ---- time ---- */

static void solicit_timer(struct dhcp6_client *client, engine_time now)
{
	if (client->server.len > 0) { /* the offers have been collected */
		client->lease.count = 0;
		begin(client, now, DHCP6C_REQUEST);
	} else if (client->quick && client->sends >= QUICK_SENDS) {
		fail(client, now, 0);
	} else {
		send_again(client, now);
	}
}

/* Addresses that have ended are dropped whatever the state; true if none is left. */
static bool addresses_ended(struct dhcp6_client *client, engine_time now)
{
	if (!dhcp6_lease_expire(&client->lease, now))
		return false;
	if (client->lease.count > 0) {
		client->ops->event(client->context, DHCP6_EVENT_BOUND);
		return false;
	}
	lose(client);
	if (client->config.persistent)
		solicit(client, now);
	else
		set_state(client, DHCP6C_STOPPED, ENGINE_NEVER);
	return true;
}

static void lease_timer(struct dhcp6_client *client, engine_time now)
{
	if (addresses_ended(client, now))
		return;
	if (now >= client->t2 && client->state != DHCP6C_REBIND)
		begin(client, now, DHCP6C_REBIND);
	else if (now >= client->t1 && client->state == DHCP6C_BOUND)
		begin(client, now, DHCP6C_RENEW);
	else if (client->state != DHCP6C_BOUND)
		send_again(client, now);
	if (client->state == DHCP6C_BOUND)
		client->deadline = engine_min(client->t1, next_expiry(client));
	else
		client->deadline = engine_min(client->deadline, next_expiry(client));
}

static void request_timer(struct dhcp6_client *client, engine_time now)
{
	unsigned int most = client->quick ? QUICK_SENDS : exchanges[DHCP6C_REQUEST].sends;

	if (client->sends < most)
		send_again(client, now);
	else
		set_back(client, now);
}

static void confirm_timer(struct dhcp6_client *client, engine_time now)
{
	if (addresses_ended(client, now))
		return;
	if (now >= client->begun + exchanges[DHCP6C_CONFIRM].duration * ENGINE_SECOND)
		bind_lease(client); /* nobody objects: RFC 8415, 18.2.3 */
	else
		send_again(client, now);
}

void dhcp6_client_timer(struct dhcp6_client *client, engine_time now)
{
	if (now < client->deadline)
		return;
	switch (client->state) {
	case DHCP6C_STOPPED:
	case DHCP6C_STATES:
		client->deadline = ENGINE_NEVER;
		break;
	case DHCP6C_DELAY:
		restart(client, now);
		break;
	case DHCP6C_SOLICIT:
		solicit_timer(client, now);
		break;
	case DHCP6C_REQUEST:
		request_timer(client, now);
		break;
	case DHCP6C_BOUND:
	case DHCP6C_RENEW:
	case DHCP6C_REBIND:
		lease_timer(client, now);
		break;
	case DHCP6C_CONFIRM:
		confirm_timer(client, now);
		break;
	case DHCP6C_DECLINE:
		if (client->sends < exchanges[DHCP6C_DECLINE].sends)
			send_again(client, now);
		else
			set_back(client, now);
		break;
	case DHCP6C_INFORM:
		if (client->quick && client->sends >= QUICK_SENDS)
			fail(client, now, 0);
		else
			send_again(client, now);
		break;
	case DHCP6C_INFORMED:
		begin(client, now, DHCP6C_INFORM);
		break;
	}
}
