/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clients of a datagram socket: who has sent to which of our addresses lately. When a window
 * closes, those go on, and nobody else.
 *
 * A table of so many at most: one more, and the one that was quiet for longest is forgotten. No
 * I/O; the time is milliseconds of a clock that never runs backwards.
 */
#ifndef OTIP_CLIENTS_H
#define OTIP_CLIENTS_H

#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#include "hashtable.h"
#include "list.h"

struct otip_client_key {
	struct in6_addr peer, self;
	uint32_t scope; /* of the peer's address */
	in_port_t port; /* of the peer, network order */
};

struct otip_client {
	struct hashtable_link link;
	struct list age; /* of the table, quietest first */
	struct otip_client_key key;
	uint64_t heard;
	int fd; /* a socket of its own, or -1 */
};

struct otip_clients {
	struct hashtable table;
	struct list ages;
	size_t most;
	uint64_t time; /* milliseconds for which a client is known */
	void (*forget)(void *context, struct otip_client *client); /* about to be freed */
	void *context;
};

/* 0, or -errno of random numbers. */
int otip_clients_init(struct otip_clients *clients, size_t most, uint64_t time,
    void (*forget)(void *context, struct otip_client *client), void *context);
void otip_clients_fini(struct otip_clients *clients);

/* A client that is known, or NULL. */
struct otip_client *otip_clients_find(
    struct otip_clients *clients, const struct otip_client_key *key, uint64_t now);
/* It has been heard of just now. */
void otip_clients_touch(struct otip_clients *clients, struct otip_client *client, uint64_t now);
/* A new one; NULL: no memory. */
struct otip_client *otip_clients_add(
    struct otip_clients *clients, const struct otip_client_key *key, uint64_t now);
/* Forgets those that are known no more. */
void otip_clients_expire(struct otip_clients *clients, uint64_t now);

#endif
