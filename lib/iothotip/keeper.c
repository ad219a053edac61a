/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The addresses that a service has now: see keeper.h.
 *
 * There are as many as windows open, and as retired ones have flows: few, so a list does. */
#include "keeper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void otip_keeper_init(struct otip_keeper *keeper, const struct otip_identity *identity,
    const struct otip_schedule *schedule, const struct otip_keeper_ops *ops, void *context)
{
	*keeper = (struct otip_keeper){.identity = identity,
	    .schedule = *schedule,
	    .ops = ops,
	    .context = context,
	    .next = OTIP_NEVER};
	list_init(&keeper->addresses);
}

static void forget(struct otip_address *address)
{
	list_remove(&address->link);
	free(address);
}

static void remove_address(struct otip_keeper *keeper, struct otip_address *address)
{
	if (address->state != OTIP_ADDRESS_WANTED && address->state != OTIP_ADDRESS_RELEASED)
		keeper->ops->remove(keeper->context, &address->address);
	forget(address);
}

/* 0 or -errno. */
static int retire(struct otip_keeper *keeper, struct otip_address *address)
{
	int result = keeper->ops->retire(keeper->context, &address->address);

	address->state = result < 0    ? OTIP_ADDRESS_CLOSING
	                 : result == 0 ? OTIP_ADDRESS_RETIRED
	                               : OTIP_ADDRESS_RELEASED;
	return result < 0 ? result : 0;
}

void otip_keeper_fini(struct otip_keeper *keeper)
{
	struct otip_address *address;

	list_for_each_safe (address, &keeper->addresses, link) {
		if (address->state == OTIP_ADDRESS_OPEN)
			(void)retire(keeper, address);
		remove_address(keeper, address);
	}
}

/* ---- what is due ----------------------------------------------------------------------------- */

static struct otip_address *find_window(const struct otip_keeper *keeper, int64_t window)
{
	struct otip_address *address;

	list_for_each (address, &keeper->addresses, link) {
		if (address->window == window)
			return address;
	}
	return NULL;
}

static void look_again(struct otip_keeper *keeper, int64_t when)
{
	if (when < keeper->next)
		keeper->next = when;
}

static void failed(struct otip_keeper *keeper, int64_t now, int error)
{
	keeper->error = error;
	look_again(keeper, now + OTIP_KEEPER_RETRY);
}

static void add(struct otip_keeper *keeper, int64_t now, struct otip_address *address)
{
	int error = keeper->ops->add(keeper->context, &address->address);

	address->error = error;
	address->retry = now + OTIP_KEEPER_RETRY;
	if (!error)
		address->state = OTIP_ADDRESS_OPEN;
	else
		failed(keeper, now, error);
}

/* Not before its time, however often there is a reason to look; unless the clock was set back. */
static bool is_put_off(struct otip_keeper *keeper, int64_t now, const struct otip_address *address)
{
	if (!address->error || now >= address->retry || now + OTIP_KEEPER_RETRY < address->retry)
		return false;
	keeper->error = address->error;
	look_again(keeper, address->retry);
	return true;
}

static void open_window(struct otip_keeper *keeper, int64_t now, int64_t window, bool again)
{
	struct otip_address *address = find_window(keeper, window);

	if (!address) {
		address = calloc(1, sizeof(*address));
		if (!address) {
			failed(keeper, now, -ENOMEM);
			return;
		}
		address->window = window;
		address->address = otip_identity_address(keeper->identity, window);
		list_append(&keeper->addresses, &address->link);
	}
	if (again || (address->state != OTIP_ADDRESS_OPEN && !is_put_off(keeper, now, address)))
		add(keeper, now, address);
}

static bool is_over(const struct otip_address *address)
{
	return address->state != OTIP_ADDRESS_WANTED && address->state != OTIP_ADDRESS_OPEN;
}

static bool has_flows(const struct otip_keeper *keeper, const struct otip_address *address)
{
	if (address->flows > 0)
		return true;
	if (address->state == OTIP_ADDRESS_RELEASED)
		return false; /* whether or not, it is the stack's */
	return keeper->ops->in_use && keeper->ops->in_use(keeper->context, &address->address);
}

static void close_window(
    struct otip_keeper *keeper, int64_t now, struct otip_address *address, bool again)
{
	bool was_open = address->state == OTIP_ADDRESS_OPEN;
	int error = 0;

	/* A connection that was made in the last moment may not have been accepted and counted yet:
	 * nothing is removed in the run that retires it. */
	if (address->state == OTIP_ADDRESS_WANTED || (!was_open && !has_flows(keeper, address))) {
		remove_address(keeper, address);
		return;
	}
	/* Gone with the interface's other addresses, and its flows still want it. */
	if (again)
		(void)keeper->ops->add(keeper->context, &address->address);
	if (was_open || again || address->state == OTIP_ADDRESS_CLOSING)
		error = retire(keeper, address);
	if (error)
		failed(keeper, now, error);
	if (was_open || (keeper->ops->in_use && address->state != OTIP_ADDRESS_RELEASED))
		look_again(keeper, now + OTIP_KEEPER_LOOK);
}

static int64_t run(struct otip_keeper *keeper, int64_t now, bool again)
{
	struct otip_windows windows = {.first = 0, .last = -1, .next_change = OTIP_NEVER};
	struct otip_address *address;

	if (!keeper->drained)
		windows = otip_schedule_at(&keeper->schedule, now);
	keeper->next = windows.next_change;
	keeper->error = 0;
	/* The new ones first: the service is never without. */
	for (int64_t window = windows.first; window <= windows.last; window++)
		open_window(keeper, now, window, again);
	list_for_each_safe (address, &keeper->addresses, link) {
		if (!otip_windows_have(&windows, address->window))
			close_window(keeper, now, address, again);
	}
	return keeper->next;
}

int64_t otip_keeper_run(struct otip_keeper *keeper, int64_t now)
{
	return run(keeper, now, false);
}

int64_t otip_keeper_restore(struct otip_keeper *keeper, int64_t now)
{
	return run(keeper, now, true);
}

void otip_keeper_drain(struct otip_keeper *keeper)
{
	keeper->drained = true;
}

/* ---- flows ----------------------------------------------------------------------------------- */

struct otip_address *otip_keeper_find(
    const struct otip_keeper *keeper, const struct in6_addr *wanted)
{
	struct otip_address *address;

	list_for_each (address, &keeper->addresses, link) {
		if (memcmp(&address->address, wanted, sizeof(*wanted)) == 0)
			return address;
	}
	return NULL;
}

struct otip_address *otip_keeper_begin(struct otip_keeper *keeper, const struct in6_addr *wanted)
{
	struct otip_address *address = otip_keeper_find(keeper, wanted);

	if (!address || address->state != OTIP_ADDRESS_OPEN)
		return NULL;
	address->flows++;
	return address;
}

void otip_keeper_end(struct otip_keeper *keeper, struct otip_address *address)
{
	if (--address->flows == 0 && is_over(address) && !has_flows(keeper, address))
		remove_address(keeper, address);
}

size_t otip_keeper_count(const struct otip_keeper *keeper, bool all)
{
	const struct otip_address *address;
	size_t count = 0;

	list_for_each (address, &keeper->addresses, link) {
		if (address->state == OTIP_ADDRESS_OPEN || (all && is_over(address)))
			count++;
	}
	return count;
}
