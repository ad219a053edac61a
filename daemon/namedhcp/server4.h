/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A DHCPv4 server whose addresses come from the DNS, as an engine without I/O: messages and the
 * time in; questions to the DNS, and answers to clients, out.
 *
 * A name is asked for A and TXT at once; names in the TXT records follow. What is known already is
 * not asked for; what waits is bounded (pending.h), and nobody waits for another's name.
 */
#ifndef SERVER4_H
#define SERVER4_H

#include "domains.h"
#include "metrics.h"
#include "names.h"
#include "peer.h"
#include "pending.h"
#include "reply4.h"

struct server4_ops {
	/* `peer` is where the answer goes: address, port, MAC address. */
	void (*reply)(void *context, const struct peer *peer, const void *payload, size_t len);
};

struct server4_stats {
	metric received[DHCP4_INFORM + 1]; /* by type; 0: others */
	metric relayed, malformed, invalid, nameless, foreign, unknown, replies, refusals;
};

struct server4 {
	const struct server4_ops *ops;
	void *context;
	const struct config4 *config;  /* borrowed */
	const struct domains *domains; /* borrowed */
	struct names *names;           /* borrowed */
	struct pending pending;
	struct server4_stats stats;
};

/* 0 or -errno. May not be moved in memory. */
int server4_init(
    struct server4 *server, struct names *names, const struct server4_ops *ops, void *context);
void server4_fini(struct server4 *server); /* before the names */

/* Before the first input, and again for another configuration. */
void server4_configure(
    struct server4 *server, const struct config4 *config, const struct domains *domains);

void server4_input(struct server4 *server, engine_time now, const struct peer *peer,
    const void *payload, size_t len);

#endif
