/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The link-local address of a node without a stack: see neighbour.h. */
#include "neighbour.h"

#include <string.h>

#include "nd_packet.h"

#define RETRY (60 * ENGINE_SECOND) /* who had the address may be gone */

static const uint8_t unspecified[16];
static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 1};

static void set_state(struct neighbour *neighbour, enum neighbour_state state)
{
	if (neighbour->state == state)
		return;
	neighbour->state = state;
	neighbour->ops->changed(neighbour->context);
}

static void set_deadline(struct neighbour *neighbour)
{
	neighbour->deadline = engine_min(neighbour->dad.deadline, neighbour->retry);
}

static uint32_t roll(void *context)
{
	const struct neighbour *neighbour = context;

	return neighbour->ops->random(neighbour->context);
}

static void solicit(void *context, const uint8_t target[16], const uint8_t nonce[6])
{
	struct neighbour *neighbour = context;
	uint8_t group[16], mac[6], message[32];
	struct wire_writer writer = wire_writer(message, sizeof(message));

	memcpy(neighbour->nonce, nonce, sizeof(neighbour->nonce));
	nd_solicited_node(group, target);
	nd_group_mac(mac, group);
	nd_put_dad_solicit(&writer, target, nonce);
	neighbour->ops->send(neighbour->context, unspecified, group, mac, message, writer.at);
}

static void done(void *context, const uint8_t target[16], bool duplicate)
{
	set_state(context, duplicate ? NEIGHBOUR_DUPLICATE : NEIGHBOUR_USABLE);
}

static const struct dad_ops dad_ops = {roll, solicit, done};

void neighbour_init(struct neighbour *neighbour, const struct neighbour_ops *ops, void *context)
{
	memset(neighbour, 0, sizeof(*neighbour));
	neighbour->ops = ops;
	neighbour->context = context;
	neighbour->retry = ENGINE_NEVER;
	dad_init(&neighbour->dad, &dad_ops, neighbour);
	set_deadline(neighbour);
}

void neighbour_start(struct neighbour *neighbour, engine_time now, const uint8_t mac[6])
{
	neighbour_stop(neighbour);
	memcpy(neighbour->mac, mac, 6);
	nd_link_local(neighbour->address, mac);
	set_state(neighbour, NEIGHBOUR_TENTATIVE);
	(void)dad_add(&neighbour->dad, now, neighbour->address, false);
	set_deadline(neighbour);
}

void neighbour_stop(struct neighbour *neighbour)
{
	dad_cancel(&neighbour->dad, neighbour->address);
	neighbour->retry = ENGINE_NEVER;
	set_state(neighbour, NEIGHBOUR_OFF);
	set_deadline(neighbour);
}

/* RFC 4861, 7.2.4: to the one who asks, or to all if it has no address yet (who is about to take
 * ours then, RFC 4862, 5.4.3, and must hear that it cannot). */
static void answer(struct neighbour *neighbour, const uint8_t source[16], const uint8_t mac[6])
{
	bool anonymous = memcmp(source, unspecified, 16) == 0;
	uint8_t message[32], group_mac[6];
	struct wire_writer writer = wire_writer(message, sizeof(message));

	nd_put_neighbour_advert(&writer, neighbour->address, neighbour->mac,
	    (uint8_t)((neighbour->is_router ? ND_ADVERT_ROUTER : 0) | ND_ADVERT_OVERRIDE |
	              (anonymous ? 0 : ND_ADVERT_SOLICITED)));
	nd_group_mac(group_mac, all_nodes);
	neighbour->ops->send(neighbour->context, neighbour->address, anonymous ? all_nodes : source,
	    anonymous ? group_mac : mac, message, writer.at);
}

void neighbour_input(struct neighbour *neighbour, engine_time now, const uint8_t source[16],
    const uint8_t destination[16], const uint8_t mac[6], const void *icmp, size_t len)
{
	bool anonymous = memcmp(source, unspecified, 16) == 0;
	struct nd_neighbour message;

	if (neighbour->state == NEIGHBOUR_OFF || nd_parse_neighbour(&message, icmp, len) < 0 ||
	    memcmp(message.target, neighbour->address, 16) != 0 || source[0] == 0xff)
		return;
	/* RFC 4861, 7.1.1: without a source it is for the group, and has no MAC address. */
	if (message.type == ND_NEIGHBOUR_SOLICIT && anonymous &&
	    (message.has_mac || destination[0] != 0xff))
		return;
	if (anonymous && message.has_nonce &&
	    memcmp(message.nonce, neighbour->nonce, sizeof(message.nonce)) == 0)
		return; /* our own */
	if (neighbour->state == NEIGHBOUR_USABLE) {
		if (message.type == ND_NEIGHBOUR_SOLICIT)
			answer(neighbour, source, message.has_mac ? message.mac : mac);
		return;
	}
	dad_input(&neighbour->dad, &message, anonymous);
	if (neighbour->state == NEIGHBOUR_DUPLICATE && neighbour->retry == ENGINE_NEVER)
		neighbour->retry = now + RETRY;
	set_deadline(neighbour);
}

void neighbour_timer(struct neighbour *neighbour, engine_time now)
{
	if (neighbour->retry <= now) {
		uint8_t mac[6];

		memcpy(mac, neighbour->mac, 6);
		neighbour_start(neighbour, now, mac);
	}
	dad_timer(&neighbour->dad, now);
	set_deadline(neighbour);
}
