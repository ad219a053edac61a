/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A DHCPv4 server whose addresses come from the DNS, as an engine without I/O: messages and the
 * time in; questions to the DNS, and answers to clients, out.
 *
 * A name is asked for A and TXT at once; names in the TXT records follow. What is known already is
 * not asked for; what waits is bounded (pending.h), and nobody waits for another's name.
 */
#ifndef SERVER4_H
#define SERVER4_H

#include "reply4.h"
#include "server.h"

struct server4 {
	struct server common;
	const struct config4 *config; /* borrowed */
	engine_time told_until; /* no conflict is told of before */
};

/* As server_init, and server_fini ends it. */
int server4_init(struct server4 *server, struct names *names, server_reply *reply, void *context);

/* Before the first input, and again for another configuration. */
void server4_configure(
    struct server4 *server, const struct config4 *config, const struct domains *domains);

void server4_input(struct server4 *server, engine_time now, const struct peer *peer,
    const void *payload, size_t len);

#endif
