/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the engines of both families have: whom they serve, who waits for the DNS, where answers go,
 * and what has been counted. */
#ifndef SERVER_H
#define SERVER_H

#include "domains.h"
#include "log.h"
#include "metrics.h"
#include "names.h"
#include "peer.h"
#include "pending.h"

#define SERVER_TYPES 12 /* of messages: 1 to 8 in DHCPv4, 1 to 11 in DHCPv6 */

#define SERVER_WHY_SIZE 96

/* `peer` is where the answer goes. */
typedef void server_reply(void *context, const struct peer *peer, const void *payload, size_t len);

struct server_stats {
	metric received[SERVER_TYPES]; /* by type; 0: others */
	metric relayed, malformed, invalid, nameless, foreign, unknown, replies, refusals;
};

struct server {
	server_reply *reply;
	void *context;
	const struct domains *domains; /* borrowed */
	struct names *names;           /* borrowed */
	struct pending pending;
	struct server_stats stats;
	struct log_limit limit;
};

/* 0 or -errno, which has been logged. May not be moved in memory. `evict` frees a request that
 * waits. */
int server_init(struct server *server, struct names *names,
    void (*evict)(struct pending_request *request), server_reply *reply, void *context);
void server_fini(struct server *server); /* before the names */

/* A message has come; 0: of a type that is none of the family's. */
void server_count(struct server *server, uint8_t type, bool is_relayed);

/* With --verbose: why a client is not served. `name` is what it says; "": nothing. */
void server_tell(struct server *server, const char *client, const char *name, const char *why);
/* What of a name that an answer did not come of: `known`, NULL if nothing had to be known; `record`
 * is what it would need. */
void server_why_unknown(
    char why[SERVER_WHY_SIZE], const struct names_answer *known, const char *record);

/* Is a name that a client has one of ours? Counts, if not. */
bool server_has_domain_of(struct server *server, const char *name);

#endif
