/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests of clients that wait for the DNS: so many and no more, and of each client few.
 *
 * A client that has PENDING_OF_CLIENT requests waiting loses its oldest when it sends another (it
 * has repeated itself, and does not wait for the old one any more); when the table is full, one of
 * all is drawn by lot (lots.h). So one who floods uses up its own share, and one who floods as many
 * puts out himself, mostly.
 */
#ifndef PENDING_H
#define PENDING_H

#include <stddef.h>
#include <stdint.h>

#include "hashtable.h"
#include "list.h"
#include "lots.h"

#define PENDING_MAX       LOTS_MAX
#define PENDING_OF_CLIENT 4
#define PENDING_KEY       16 /* bytes that name a client */

struct pending_client;

struct pending_request {
	struct lot of_all;
	struct list of_client;
	struct pending_client *client;
};

struct pending {
	struct hashtable clients;
	struct lots all;
	uint64_t evicted_total;
	/* Is to take a request out and to free it. */
	void (*evict)(struct pending_request *request);
};

/* 0 or -errno. May not be moved in memory. */
int pending_init(struct pending *pending, void (*evict)(struct pending_request *request));
/* All requests are evicted. */
void pending_fini(struct pending *pending);

/* Adds a request of a client, evicting others if need be. 0 or -ENOMEM. */
int pending_add(
    struct pending *pending, struct pending_request *request, const uint8_t client[PENDING_KEY]);
void pending_remove(struct pending *pending, struct pending_request *request);

#endif
