/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The states of the DHCPv4 client: see dhcp4_client.h. */
#include "dhcp4_client.h"

#include <errno.h>
#include <string.h>

#define QUICK_TIMEOUT (2 * ENGINE_SECOND)
#define QUICK_SENDS   3
#define REQUEST_SENDS 4 /* RFC 2131, 3.1, 5: then back to the beginning */
#define BACKOFF_FIRST (4 * ENGINE_SECOND)
#define BACKOFF_MAX   (64 * ENGINE_SECOND)
#define JITTER        ENGINE_SECOND
#define RENEW_MIN     (60 * ENGINE_SECOND) /* RFC 2131, 4.4.5 */
#define DECLINE_DELAY (10 * ENGINE_SECOND) /* RFC 2131, 3.1, 5 */
#define V6ONLY_MIN    300                  /* RFC 8925, 3.4 */

/* RFC 5227, 1.1 */
#define PROBE_WAIT    (1 * ENGINE_SECOND)
#define PROBE_NUM     3
#define PROBE_MIN     (1 * ENGINE_SECOND)
#define PROBE_MAX     (2 * ENGINE_SECOND)
#define ANNOUNCE_WAIT (2 * ENGINE_SECOND)

static engine_time below(struct dhcp4_client *client, engine_time limit)
{
	return engine_below(client->ops->random, client->context, limit);
}

/* The one place where the state changes: a new exchange begins, with its own number and count. The
 * number stays from DISCOVER to REQUEST (RFC 2131, 4.4.1). */
static void set_state(struct dhcp4_client *client, enum dhcp4_state state, engine_time deadline)
{
	if (state == DHCP4_SELECTING || state == DHCP4_REBOOTING || state == DHCP4_RENEWING)
		client->xid = client->ops->random(client->context);
	client->state = state;
	client->sends = 0;
	client->deadline = deadline;
}

/* When a message that was sent now for the n-th time is sent again. */
static engine_time repeat_at(struct dhcp4_client *client, engine_time now)
{
	engine_time wait = BACKOFF_FIRST;

	if (client->quick)
		return now + QUICK_TIMEOUT;
	for (unsigned int i = 1; i < client->sends && wait < BACKOFF_MAX; i++)
		wait *= 2;
	return now + wait - JITTER + below(client, 2 * JITTER);
}

static void send_again(struct dhcp4_client *client, engine_time now)
{
	client->sends++;
	dhcp4_client_send(client, client->state == DHCP4_SELECTING ? DHCP4_DISCOVER : DHCP4_REQUEST);
	client->deadline = repeat_at(client, now);
}

static void discover(struct dhcp4_client *client, engine_time now)
{
	set_state(client, DHCP4_SELECTING, now);
	send_again(client, now);
}

static void lose(struct dhcp4_client *client)
{
	if (!client->has_lease)
		return;
	client->has_lease = false;
	client->ops->event(client->context, DHCP4_EVENT_LOST);
}

/* The attempt is over. A persistent client tries again after `wait`, slowly from now on. */
static void fail(struct dhcp4_client *client, engine_time now, engine_time wait)
{
	bool quick = client->quick;

	client->quick = false;
	if (client->config.persistent)
		set_state(client, DHCP4_DELAY, now + wait);
	else
		set_state(client, DHCP4_STOPPED, ENGINE_NEVER);
	if (quick)
		client->ops->event(client->context, DHCP4_EVENT_FAILED);
}

/* After a refusal or a conflict: the next attempt waits longer each time, so that a server that
 * refuses for ever is asked once a minute. */
static void set_back(struct dhcp4_client *client, engine_time now, engine_time least)
{
	engine_time wait = engine_max(client->setback, least);

	client->setback = engine_min(2 * engine_max(client->setback, ENGINE_SECOND), BACKOFF_MAX);
	lose(client);
	fail(client, now, wait);
}

void dhcp4_client_init(struct dhcp4_client *client, const struct dhcp4_config *config,
    const struct dhcp4_ops *ops, void *context)
{
	memset(client, 0, sizeof(*client));
	client->config = *config;
	client->ops = ops;
	client->context = context;
	client->deadline = ENGINE_NEVER;
}

static void reboot(struct dhcp4_client *client, engine_time now)
{
	set_state(client, DHCP4_REBOOTING, now);
	client->requested_at = now;
	send_again(client, now);
}

void dhcp4_client_start(struct dhcp4_client *client, engine_time now)
{
	client->quick = true;
	client->setback = 0;
	if (client->has_lease && client->expiry > now)
		reboot(client, now);
	else if (client->config.delay) /* "between one and ten seconds": RFC 2131, 4.4.1 */
		set_state(client, DHCP4_DELAY, now + ENGINE_SECOND + below(client, 9 * ENGINE_SECOND));
	else
		discover(client, now);
}

void dhcp4_client_reboot(struct dhcp4_client *client, engine_time now)
{
	if (client->state == DHCP4_STOPPED)
		return;
	if (client->has_lease && client->expiry > now) {
		reboot(client, now);
	} else {
		lose(client);
		discover(client, now);
	}
}

void dhcp4_client_stop(struct dhcp4_client *client)
{
	client->has_lease = false;
	set_state(client, DHCP4_STOPPED, ENGINE_NEVER);
}

void dhcp4_client_release(struct dhcp4_client *client)
{
	static const uint8_t unknown[4];

	if (client->has_lease && memcmp(client->lease.server, unknown, 4) != 0) {
		client->xid = client->ops->random(client->context);
		dhcp4_client_send(client, DHCP4_RELEASE);
	}
	dhcp4_client_stop(client);
}

/* ---- a lease ---- */

/* T1 and T2 as the server said, if they make sense, or else a half and seven eighths of the lease
 * (RFC 2131, 4.4.5), T1 up to a twentieth earlier so that leases of one moment are not renewed in
 * one moment. */
static void set_times(struct dhcp4_client *client, const struct dhcp4_message *message)
{
	engine_time begin = client->requested_at;
	uint32_t lease = client->pending.seconds, t1 = 0, t2 = 0;
	engine_time t1_after, t2_after;

	client->t1 = client->t2 = client->expiry = ENGINE_NEVER;
	if (lease == DHCP4_FOREVER)
		return;
	(void)dhcp4_get_u32(message, DHCP4_T1, &t1);
	(void)dhcp4_get_u32(message, DHCP4_T2, &t2);
	if (t1 == 0 || t1 >= t2 || t2 >= lease)
		t1 = t2 = 0;
	t1_after = t1 ? t1 * ENGINE_SECOND : lease * ENGINE_SECOND / 2;
	t2_after = t2 ? t2 * ENGINE_SECOND : lease * ENGINE_SECOND / 8 * 7;
	client->t1 = begin + t1_after - below(client, t1_after / 20 + 1);
	client->t2 = begin + t2_after;
	client->expiry = begin + lease * ENGINE_SECOND;
}

static void bind_lease(struct dhcp4_client *client)
{
	client->lease = client->pending;
	client->has_lease = true;
	client->quick = false;
	client->setback = 0;
	set_state(client, DHCP4_BOUND, client->t1);
	client->ops->event(client->context, DHCP4_EVENT_BOUND);
}

static void take_lease(
    struct dhcp4_client *client, engine_time now, const struct dhcp4_message *message)
{
	bool known;

	if (dhcp4_lease_read(&client->pending, message) < 0)
		return;
	known = client->has_lease && memcmp(client->pending.address, client->lease.address, 4) == 0;
	set_times(client, message);
	if (!client->config.probe || (known && client->state != DHCP4_REBOOTING)) {
		bind_lease(client);
		return;
	}
	set_state(client, DHCP4_PROBING, now + (client->config.delay ? below(client, PROBE_WAIT) : 0));
	dhcp4_client_timer(client, now);
}

static void probe_timer(struct dhcp4_client *client, engine_time now)
{
	if (client->sends == PROBE_NUM) {
		bind_lease(client);
		return;
	}
	client->ops->probe(client->context, client->pending.address);
	client->sends++;
	client->deadline = client->sends == PROBE_NUM
	                       ? now + ANNOUNCE_WAIT
	                       : now + PROBE_MIN + below(client, PROBE_MAX - PROBE_MIN);
}

static void decline(struct dhcp4_client *client, engine_time now)
{
	client->xid = client->ops->random(client->context);
	dhcp4_client_send(client, DHCP4_DECLINE);
	set_back(client, now, DECLINE_DELAY);
}

void dhcp4_client_arp(struct dhcp4_client *client, engine_time now, const uint8_t sender_mac[6],
    const uint8_t sender[4], const uint8_t target[4])
{
	static const uint8_t unspecified[4];
	bool uses, probes;

	if (client->state != DHCP4_PROBING || memcmp(sender_mac, client->config.mac, 6) == 0)
		return;
	/* RFC 5227, 2.1.1: somebody has it, or wants it at the same time. */
	uses = memcmp(sender, client->pending.address, 4) == 0;
	probes = memcmp(sender, unspecified, 4) == 0 && memcmp(target, client->pending.address, 4) == 0;
	if (uses || probes)
		decline(client, now);
}

/* ---- what comes ---- */

/* RFC 6842: a server returns our client identifier, if it returns one at all. */
static bool client_id_fits(const struct dhcp4_client *client, const struct dhcp4_message *message)
{
	struct wire_reader id = dhcp4_option(message, DHCP4_CLIENT_ID);
	const struct dhcp4_config *config = &client->config;

	if (!message->present[DHCP4_CLIENT_ID])
		return true;
	if (config->duid.len == 0)
		return id.len == 7 && wire_u8(&id) == 1 && memcmp(id.data + 1, config->mac, 6) == 0;
	return id.len == 5 + config->duid.len && wire_u8(&id) == 255 && wire_u32(&id) == config->iaid &&
	       memcmp(id.data + 5, config->duid.bytes, config->duid.len) == 0;
}

static bool is_for_us(const struct dhcp4_client *client, const struct dhcp4_message *message)
{
	const struct dhcp4_header *header = &message->header;

	return header->op == DHCP4_BOOTREPLY && header->htype == 1 && header->hlen == 6 &&
	       header->xid == client->xid && memcmp(header->chaddr, client->config.mac, 6) == 0 &&
	       client_id_fits(client, message);
}

/* Does it come from the server that we chose? One that does not say who it is counts as such. */
static bool server_fits(const struct dhcp4_message *message, const uint8_t server[4])
{
	uint8_t id[4];

	return dhcp4_get_address(message, DHCP4_SERVER_ID, id) < 0 || memcmp(id, server, 4) == 0;
}

static void offer(struct dhcp4_client *client, engine_time now, const struct dhcp4_message *message)
{
	struct dhcp4_lease lease;
	uint32_t wait = 0;

	if (dhcp4_get_address(message, DHCP4_SERVER_ID, client->server) < 0 ||
	    dhcp4_lease_read(&lease, message) < 0)
		return;
	if (client->config.all_options && dhcp4_get_u32(message, DHCP4_IPV6_ONLY, &wait) == 0) {
		/* This network wants to do without IPv4: RFC 8925, 3.2. */
		fail(client, now, (wait > V6ONLY_MIN ? wait : V6ONLY_MIN) * ENGINE_SECOND);
		return;
	}
	memcpy(client->offered, lease.address, 4);
	set_state(client, DHCP4_REQUESTING, now);
	client->requested_at = now;
	send_again(client, now);
}

static void ack(struct dhcp4_client *client, engine_time now, const struct dhcp4_message *message)
{
	switch (client->state) {
	case DHCP4_SELECTING:
		if (client->config.rapid && message->present[DHCP4_RAPID_COMMIT]) {
			client->requested_at = now;
			take_lease(client, now, message);
		}
		break;
	case DHCP4_REQUESTING:
		if (server_fits(message, client->server))
			take_lease(client, now, message);
		break;
	case DHCP4_REBOOTING:
	case DHCP4_RENEWING:
	case DHCP4_REBINDING:
		take_lease(client, now, message);
		break;
	default:
		break;
	}
}

static void nak(struct dhcp4_client *client, engine_time now, const struct dhcp4_message *message)
{
	switch (client->state) {
	case DHCP4_REQUESTING:
		if (server_fits(message, client->server))
			set_back(client, now, 0);
		break;
	case DHCP4_REBOOTING: /* another network: there will be another address */
		lose(client);
		discover(client, now);
		break;
	case DHCP4_RENEWING:
		if (!server_fits(message, client->lease.server))
			break;
		set_back(client, now, 0);
		break;
	case DHCP4_REBINDING:
		set_back(client, now, 0);
		break;
	default:
		break;
	}
}

void dhcp4_client_input(
    struct dhcp4_client *client, engine_time now, const void *payload, size_t len)
{
	struct dhcp4_message message;

	if (client->state == DHCP4_STOPPED || dhcp4_parse(&message, payload, len) < 0 ||
	    !is_for_us(client, &message))
		return;
	if (message.type == DHCP4_OFFER && client->state == DHCP4_SELECTING)
		offer(client, now, &message);
	else if (message.type == DHCP4_ACK)
		ack(client, now, &message);
	else if (message.type == DHCP4_NAK)
		nak(client, now, &message);
}

/* ---- time ---- */

/* Half of what is left until `end`, a minute at least: RFC 2131, 4.4.5. */
static void renew_again(struct dhcp4_client *client, engine_time now, engine_time end)
{
	engine_time left = end > now ? end - now : 0;

	/* The time of a renewed lease counts from the first request for it. */
	if (client->sends++ == 0)
		client->requested_at = now;
	dhcp4_client_send(client, DHCP4_REQUEST);
	client->deadline = engine_min(end, now + engine_max(left / 2, RENEW_MIN));
}

static void lease_timer(struct dhcp4_client *client, engine_time now)
{
	if (now >= client->expiry) {
		lose(client);
		discover(client, now);
	} else if (now >= client->t2) {
		if (client->state != DHCP4_REBINDING)
			set_state(client, DHCP4_REBINDING, now);
		renew_again(client, now, client->expiry);
	} else {
		if (client->state != DHCP4_RENEWING)
			set_state(client, DHCP4_RENEWING, now);
		renew_again(client, now, client->t2);
	}
}

static void request_timer(struct dhcp4_client *client, engine_time now)
{
	if (client->sends < (client->quick ? QUICK_SENDS : REQUEST_SENDS)) {
		send_again(client, now);
	} else if (client->state == DHCP4_REQUESTING) {
		fail(client, now, 0);
	} else { /* REBOOTING: nobody objects, so the lease stays (RFC 2131, 3.2, 5) */
		client->quick = false;
		set_state(client, DHCP4_BOUND, client->t1);
		client->ops->event(client->context, DHCP4_EVENT_BOUND);
	}
}

void dhcp4_client_timer(struct dhcp4_client *client, engine_time now)
{
	if (now < client->deadline)
		return;
	switch (client->state) {
	case DHCP4_STOPPED:
	case DHCP4_STATES:
		client->deadline = ENGINE_NEVER;
		break;
	case DHCP4_DELAY:
		discover(client, now);
		break;
	case DHCP4_SELECTING:
		if (client->quick && client->sends >= QUICK_SENDS)
			fail(client, now, 0);
		else
			send_again(client, now);
		break;
	case DHCP4_REQUESTING:
	case DHCP4_REBOOTING:
		request_timer(client, now);
		break;
	case DHCP4_PROBING:
		probe_timer(client, now);
		break;
	case DHCP4_BOUND:
	case DHCP4_RENEWING:
	case DHCP4_REBINDING:
		lease_timer(client, now);
		break;
	}
}
