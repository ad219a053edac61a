/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Static items of a session. What goes, goes first; addresses come before the gateways that they
 * lead to, and are looked for in between: a gateway is no use without a source address.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "session.h"

static struct record record_of(const struct request_item *item)
{
	struct record record = {.source = SOURCE_STATIC, .family = item->prefix.family};

	switch (item->kind) {
	case ITEM_ADDRESS:
		record.kind = RECORD_ADDRESS;
		memcpy(record.address, item->prefix.address, 16);
		record.len = (uint8_t)item->prefix.len;
		break;
	case ITEM_GATEWAY:
		record.kind = RECORD_ROUTE;
		memcpy(record.gateway, item->prefix.address, 16);
		record.has_gateway = true;
		break;
	case ITEM_DNS:
		record.kind = RECORD_DNS;
		memcpy(record.address, item->prefix.address, 16);
		break;
	case ITEM_DOMAIN:
		record.kind = RECORD_DOMAIN;
		record.family = 0;
		record.domain = (char *)(uintptr_t)item->domain;
		break;
	}
	return record;
}

static void describe(const struct request_item *item, int error, char *problem, size_t size)
{
	static const char *const tags[] = {"ip", "gw", "dns", "domain"};
	char text[ADDRTEXT_PREFIX_SIZE] = "";

	if (item->kind == ITEM_ADDRESS)
		(void)addrtext_print_prefix(text, sizeof(text), &item->prefix);
	else if (item->kind != ITEM_DOMAIN)
		(void)addrtext_print_ip(text, sizeof(text), item->prefix.family, item->prefix.address);
	snprintf(problem, size, "%s%s=%.300s: %s", item->remove ? "-" : "", tags[item->kind],
	    item->kind == ITEM_DOMAIN ? item->domain : text,
	    item->remove ? "this is not a static item here" : strerrordesc_np(-error));
}

static int apply_item(struct session *session, const struct request_item *item)
{
	struct record record = record_of(item);

	if (item->remove)
		return records_remove(&session->records, &record);
	session->records.error = 0;
	records_add(&session->records, &record);
	return session->records.error;
}

enum step { UNDO, ADD, LEAD };

static enum step step_of(const struct request_item *item)
{
	return item->remove ? UNDO : item->kind == ITEM_GATEWAY ? LEAD : ADD;
}

/* How an address has been taken. One that somebody else has is forgotten, so that it can be asked
 * for again. */
static int address_outcome(struct session *session, const struct request_item *item)
{
	struct record record = record_of(item);
	int error = item->kind == ITEM_ADDRESS ? records_outcome(&session->records, &record) : 0;

	if (error == -EADDRINUSE)
		(void)records_remove(&session->records, &record);
	return error;
}

/* Does `act` with all items of a step. */
static void each_item(struct session *session, const struct request *request, enum step step,
    int (*act)(struct session *session, const struct request_item *item),
    struct session_problem *problem)
{
	for (size_t i = 0; i < request->items; i++) {
		const struct request_item *item = &request->item[i];
		int error = step_of(item) == step ? act(session, item) : 0;

		if (error && !problem->error) {
			describe(item, error, problem->text, sizeof(problem->text));
			problem->error = error;
		}
	}
}

void session_static(
    struct session *session, const struct request *request, struct session_problem *problem)
{
	each_item(session, request, UNDO, apply_item, problem);
	each_item(session, request, ADD, apply_item, problem);
	session->wanted = session->done = SOURCE_STATIC; /* what is left is to wait */
}

void session_static_finish(
    struct session *session, const struct request *request, struct session_problem *problem)
{
	session->wanted = 0;
	each_item(session, request, ADD, address_outcome, problem);
	each_item(session, request, LEAD, apply_item, problem);
}
