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

#include "reply6.h"
#include "server.h"

#define SERVER6_MESSAGE_MAX 1452 /* Ethernet's MTU without the headers of IPv6 and UDP */

struct server6 {
	struct server common;
	const struct config6 *config; /* borrowed */
};

/* As server_init, and server_fini ends it. */
int server6_init(struct server6 *server, struct names *names, server_reply *reply, void *context);

/* Before the first input, and again for another configuration. */
void server6_configure(
    struct server6 *server, const struct config6 *config, const struct domains *domains);

void server6_input(struct server6 *server, engine_time now, const struct peer *peer,
    const void *payload, size_t len);

#endif
