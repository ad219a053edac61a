/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Duplicate address detection: see dad.h. */
#include "dad.h"

#include <errno.h>
#include <string.h>

#define RETRANS_TIMER ENGINE_SECOND /* and DupAddrDetectTransmits 1: RFC 4862, 5.1 */
#define DELAY_MAX     ENGINE_SECOND

void dad_init(struct dad *dad, const struct dad_ops *ops, void *context)
{
	memset(dad, 0, sizeof(*dad));
	dad->ops = ops;
	dad->context = context;
	dad->deadline = ENGINE_NEVER;
}

static void set_deadline(struct dad *dad)
{
	dad->deadline = ENGINE_NEVER;
	for (size_t i = 0; i < dad->count; i++)
		dad->deadline = engine_min(dad->deadline, dad->target[i].deadline);
}

static struct dad_target *find(const struct dad *dad, const uint8_t address[16])
{
	for (size_t i = 0; i < dad->count; i++) {
		if (memcmp(dad->target[i].address, address, 16) == 0)
			return (struct dad_target *)&dad->target[i];
	}
	return NULL;
}

int dad_add(struct dad *dad, engine_time now, const uint8_t address[16], bool delay)
{
	struct dad_target *target;

	if (find(dad, address))
		return 0;
	if (dad->count == DAD_MAX)
		return -ENOSPC;
	target = &dad->target[dad->count++];
	memset(target, 0, sizeof(*target));
	memcpy(target->address, address, 16);
	for (size_t i = 0; i < sizeof(target->nonce); i++)
		target->nonce[i] = (uint8_t)dad->ops->random(dad->context);
	target->deadline = now;
	if (delay)
		target->deadline += engine_below(dad->ops->random, dad->context, DELAY_MAX);
	set_deadline(dad);
	dad_timer(dad, now);
	return 0;
}

static void remove_target(struct dad *dad, struct dad_target *target)
{
	*target = dad->target[--dad->count];
	set_deadline(dad);
}

void dad_cancel(struct dad *dad, const uint8_t address[16])
{
	struct dad_target *target = find(dad, address);

	if (target)
		remove_target(dad, target);
}

/* Takes the target out before it is said how it went: the listener may add others. */
static void finish(struct dad *dad, struct dad_target *target, bool duplicate)
{
	uint8_t address[16];

	memcpy(address, target->address, 16);
	remove_target(dad, target);
	dad->ops->done(dad->context, address, duplicate);
}

void dad_input(struct dad *dad, const struct nd_neighbour *message, bool from_unspecified)
{
	struct dad_target *target = find(dad, message->target);

	if (!target)
		return;
	/* A solicitation from an address is somebody who looks for its owner, not one who wants it
	 * (RFC 4862, 5.4.3). With our nonce it is our own, come back (RFC 7527). */
	if (message->type == ND_NEIGHBOUR_SOLICIT &&
	    (!from_unspecified ||
	        (message->has_nonce && memcmp(message->nonce, target->nonce, 6) == 0)))
		return;
	finish(dad, target, true);
}

void dad_timer(struct dad *dad, engine_time now)
{
	for (size_t i = 0; i < dad->count;) {
		struct dad_target *target = &dad->target[i];

		if (target->deadline > now) {
			i++;
		} else if (target->sent) {
			finish(dad, target, false);
			i = 0; /* the array has changed */
		} else {
			target->sent = true;
			target->deadline = now + RETRANS_TIMER;
			dad->ops->solicit(dad->context, target->address, target->nonce);
			i++;
		}
	}
	set_deadline(dad);
}
