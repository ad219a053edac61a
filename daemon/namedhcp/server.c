/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What both engines have: see server.h. */
#include "server.h"

#include <string.h>

#include "log.h"

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

bool server_has_domain_of(struct server *server, const char *name)
{
	if (domains_have(server->domains, name))
		return true;
	metric_add(&server->stats.foreign, 1);
	return false;
}
