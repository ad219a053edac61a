/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A DHCPv6 server whose addresses come from the DNS, as an engine without I/O: messages and the
 * time in; questions to the DNS, and answers to clients, out.
 *
 * A message whose name is known is answered at once. Otherwise it waits, as it came (parsing it
 * again costs nothing), until the DNS has answered; what waits is bounded (pending.h), and nobody
 * waits for another's name.
 */
#ifndef SERVER6_H
#define SERVER6_H

#include "domains.h"
#include "metrics.h"
#include "names.h"
#include "peer.h"
#include "pending.h"
#include "reply6.h"

#define SERVER6_MESSAGE_MAX 1452 /* Ethernet's MTU without the headers of IPv6 and UDP */

struct server6_ops {
	void (*reply)(void *context, const struct peer *peer, const void *payload, size_t len);
};

struct server6_stats {
	metric received[DHCP6_INFORMATION_REQUEST + 1]; /* by type; 0: others */
	metric relayed, malformed, invalid, nameless, foreign, unknown, replies;
};

struct server6 {
	const struct server6_ops *ops;
	void *context;
	const struct config6 *config;  /* borrowed */
	const struct domains *domains; /* borrowed */
	struct names *names;           /* borrowed */
	struct pending pending;
	struct server6_stats stats;
};

/* 0 or -errno. May not be moved in memory. */
int server6_init(
    struct server6 *server, struct names *names, const struct server6_ops *ops, void *context);
void server6_fini(struct server6 *server); /* before the names */

/* Before the first input, and again for another configuration. */
void server6_configure(
    struct server6 *server, const struct config6 *config, const struct domains *domains);

void server6_input(struct server6 *server, engine_time now, const struct peer *peer,
    const void *payload, size_t len);

#endif
