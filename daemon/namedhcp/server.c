/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What both engines have: see server.h. */
#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int server_init(struct server *server, struct names *names,
    void (*evict)(struct pending_request *request), server_reply *reply, void *context)
{
	int err;

	*server = (struct server){.reply = reply, .context = context, .names = names};
	err = pending_init(&server->pending, evict);
	if (err)
		log_error("%s", strerror(-err));
	return err;
}

void server_fini(struct server *server)
{
	pending_fini(&server->pending);
}

void server_count(struct server *server, uint8_t type, bool is_relayed)
{
	metric_add(&server->stats.received[type < SERVER_TYPES ? type : 0], 1);
	if (is_relayed)
		metric_add(&server->stats.relayed, 1);
}

void server_tell(struct server *server, const char *client, const char *name, const char *why)
{
	log_limited(
	    &server->limit, LOG_DEBUG, "no answer to %s: %s%s%s", client, name, *name ? " " : "", why);
}

void server_why_unknown(
    char why[SERVER_WHY_SIZE], const struct names_answer *known, const char *record)
{
	if (!known || (known->error == 0 && known->count > 0))
		snprintf(why, SERVER_WHY_SIZE, "needs none");
	else if (known->error == ENOENT)
		snprintf(why, SERVER_WHY_SIZE, "is not in the DNS");
	else if (known->error == EACCES)
		snprintf(why, SERVER_WHY_SIZE, "is refused by the DNS");
	else if (known->error)
		snprintf(why, SERVER_WHY_SIZE, "could not be asked for: %s", strerror(known->error));
	else
		snprintf(why, SERVER_WHY_SIZE, "has no %s record", record);
}

bool server_has_domain_of(struct server *server, const char *name)
{
	if (domains_have(server->domains, name))
		return true;
	metric_add(&server->stats.foreign, 1);
	return false;
}
