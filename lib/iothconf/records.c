/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known about an interface: see records.h. */
#include "records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void records_init(struct records *records, const struct record_ops *ops, void *context)
{
	memset(records, 0, sizeof(*records));
	list_init(&records->list);
	records->ops = ops;
	records->context = context;
}

static bool is_resolver(const struct record *record)
{
	return record->kind == RECORD_DNS || record->kind == RECORD_DOMAIN;
}

/* The same thing, whoever says it. */
static bool is_same(const struct record *one, const struct record *other)
{
	if (one->kind != other->kind)
		return false;
	switch (one->kind) {
	case RECORD_DOMAIN:
		return strcmp(one->domain, other->domain) == 0;
	case RECORD_MTU:
		return one->mtu == other->mtu;
	case RECORD_DNS:
		return one->family == other->family && memcmp(one->address, other->address, 16) == 0;
	default:
		return one->family == other->family && one->len == other->len &&
		       one->on_link == other->on_link && one->has_gateway == other->has_gateway &&
		       memcmp(one->address, other->address, 16) == 0 &&
		       memcmp(one->gateway, other->gateway, 16) == 0;
	}
}

static struct record *find(
    const struct records *records, unsigned int source, const struct record *wanted)
{
	struct record *record;

	list_for_each (record, &records->list, link) {
		if (record->source == source && is_same(record, wanted))
			return record;
	}
	return NULL;
}

/* Another source that says the same, and so inherits what is taken from this one. */
static struct record *find_heir(const struct records *records, const struct record *of)
{
	struct record *record;

	list_for_each (record, &records->list, link) {
		if (record != of && record->state == RECORD_APPLIED && is_same(record, of))
			return record;
	}
	return NULL;
}

static void apply(struct records *records, struct record *record)
{
	int error = 0;

	if (!is_resolver(record))
		error = records->ops->add(records->context, record);
	record->ours = error == 0;
	record->state = error == 0 || error == -EEXIST ? RECORD_APPLIED : RECORD_REFUSED;
	if (record->state == RECORD_REFUSED && !records->error)
		records->error = error;
	if (is_resolver(record))
		records->resolver_changed = true;
}

static void take_away(struct records *records, struct record *record)
{
	struct record *heir = find_heir(records, record);

	if (record->state == RECORD_WAITING)
		records->ops->forget(records->context, record);
	if (is_resolver(record)) {
		records->resolver_changed = true;
	} else if (record->state == RECORD_APPLIED && record->ours) {
		if (heir)
			heir->ours = true;
		else
			records->ops->remove(records->context, record);
	}
	list_remove(&record->link);
	free(record->domain);
	free(record);
}

void records_begin(struct records *records, unsigned int source)
{
	struct record *record;

	records->error = 0;
	list_for_each (record, &records->list, link)
		if (record->source == source)
			record->confirmed = false;
}

static struct record *copy_of(const struct record *wanted)
{
	struct record *record = calloc(1, sizeof(*record));

	if (!record)
		return NULL;
	*record = *wanted;
	list_init(&record->link);
	record->ours = record->detected = false;
	if (wanted->domain) {
		record->domain = strdup(wanted->domain);
		if (!record->domain) {
			free(record);
			return NULL;
		}
	}
	return record;
}

/* Lifetimes are no part of what an address is: they change while it stays. */
static void renew(const struct records *records, struct record *record, const struct record *wanted)
{
	bool changed = record->timed || wanted->timed;

	record->timed = wanted->timed;
	record->preferred = wanted->preferred;
	record->valid = wanted->valid;
	if (changed && record->state == RECORD_APPLIED && record->ours)
		records->ops->renew(records->context, record);
}

void records_add(struct records *records, const struct record *wanted)
{
	struct record *record = find(records, wanted->source, wanted);

	if (record) {
		record->confirmed = true;
		renew(records, record, wanted);
		/* A gateway for which there was no network yet, for instance. */
		if (record->state == RECORD_REFUSED)
			apply(records, record);
		return;
	}
	record = copy_of(wanted);
	if (!record) {
		records->error = -ENOMEM;
		return;
	}
	record->confirmed = true;
	list_append(&records->list, &record->link);
	record->state = RECORD_WAITING;
	if (record->kind != RECORD_ADDRESS || record->family != AF_INET6 ||
	    !records->ops->detect(records->context, record))
		apply(records, record);
}

static struct record *find_superfluous(
    const struct records *records, unsigned int source, enum record_kind kind, bool all)
{
	struct record *record;

	list_for_each (record, &records->list, link) {
		/* The analyzer thinks that the functions of the table may put a record back into the list.
		 * NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		if (record->source == source && record->kind == kind && (all || !record->confirmed))
			return record;
	}
	return NULL;
}

/* Routes go before the addresses that they depend on. */
static void drop(struct records *records, unsigned int source, bool all)
{
	static const enum record_kind order[] = {
	    RECORD_ROUTE, RECORD_ADDRESS, RECORD_DNS, RECORD_DOMAIN, RECORD_MTU};
	struct record *record;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		while ((record = find_superfluous(records, source, order[i], all)))
			take_away(records, record);
	}
}

void records_commit(struct records *records, unsigned int source)
{
	drop(records, source, false);
}

void records_clear(struct records *records, unsigned int source)
{
	drop(records, source, true);
}

int records_remove(struct records *records, const struct record *wanted)
{
	struct record *record = find(records, wanted->source, wanted);

	if (!record)
		return -ENOENT;
	take_away(records, record);
	return 0;
}

void records_discard(struct records *records)
{
	struct record *record;

	list_for_each_safe (record, &records->list, link) {
		list_remove(&record->link);
		free(record->domain);
		free(record);
	}
}

unsigned int records_dad_done(struct records *records, const uint8_t address[16], bool duplicate)
{
	struct record *record;
	unsigned int sources = 0;

	list_for_each (record, &records->list, link) {
		if (record->state != RECORD_WAITING || memcmp(record->address, address, 16) != 0)
			continue;
		sources |= record->source;
		record->detected = !duplicate;
		if (duplicate)
			record->state = RECORD_DUPLICATE;
		else
			apply(records, record);
	}
	return sources;
}

int records_outcome(const struct records *records, const struct record *wanted)
{
	const struct record *record = find(records, wanted->source, wanted);

	if (!record)
		return -ENOENT;
	return record->state == RECORD_DUPLICATE ? -EADDRINUSE
	       : record->state == RECORD_REFUSED ? -EADDRNOTAVAIL
	                                         : 0;
}

bool records_waiting(const struct records *records, unsigned int source)
{
	const struct record *record;

	list_for_each (record, &records->list, link) {
		if (record->source == source && record->state == RECORD_WAITING)
			return true;
	}
	return false;
}

bool records_are_waiting(const struct records *records)
{
	const struct record *record;

	list_for_each (record, &records->list, link) {
		if (record->state == RECORD_WAITING)
			return true;
	}
	return false;
}

bool records_has(const struct records *records, unsigned int source, enum record_kind kind)
{
	const struct record *record;

	list_for_each (record, &records->list, link) {
		if (record->source == source && record->kind == kind && record->state == RECORD_APPLIED)
			return true;
	}
	return false;
}
