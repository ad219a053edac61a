/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests that wait: see pending.h. */
#include "pending.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct pending_client {
	struct hashtable_link link;
	uint8_t key[PENDING_KEY];
	size_t count;
	struct list requests; /* oldest first */
};

int pending_init(struct pending *pending, void (*evict)(struct pending_request *request))
{
	*pending = (struct pending){.evict = evict};
	return hashtable_init(&pending->clients, NULL);
}

void pending_fini(struct pending *pending)
{
	while (pending->all.count > 0)
		pending->evict(lot_entry(pending->all.lot[0], struct pending_request, of_all));
	hashtable_clear(&pending->clients);
}

static bool matches(const struct hashtable_link *link, const void *key)
{
	return memcmp(hashtable_entry(link, struct pending_client, link)->key, key, PENDING_KEY) == 0;
}

static struct pending_client *client_get(struct pending *pending, const uint8_t key[PENDING_KEY])
{
	uint64_t hash = hashtable_hash(&pending->clients, key, PENDING_KEY);
	struct hashtable_link *link = hashtable_find(&pending->clients, hash, matches, key);
	struct pending_client *client;

	if (link)
		return hashtable_entry(link, struct pending_client, link);
	client = calloc(1, sizeof(*client));
	if (!client)
		return NULL;
	memcpy(client->key, key, PENDING_KEY);
	list_init(&client->requests);
	hashtable_insert(&pending->clients, &client->link, hash);
	return client;
}

int pending_add(
    struct pending *pending, struct pending_request *request, const uint8_t client[PENDING_KEY])
{
	struct pending_client *of;

	/* Before the client is looked for: it is freed with its last request. */
	if (pending->all.count >= PENDING_MAX) {
		pending->evicted_total++;
		pending->evict(lot_entry(
		    lots_draw(&pending->all, &pending->clients.key), struct pending_request, of_all));
	}
	of = client_get(pending, client);
	if (!of)
		return -ENOMEM;
	request->client = of;
	lots_add(&pending->all, &request->of_all);
	list_append(&of->requests, &request->of_client);
	if (++of->count > PENDING_OF_CLIENT) {
		pending->evicted_total++;
		pending->evict(list_first(&of->requests, struct pending_request, of_client));
	}
	return 0;
}

void pending_remove(struct pending *pending, struct pending_request *request)
{
	struct pending_client *client = request->client;

	lots_remove(&pending->all, &request->of_all);
	list_remove(&request->of_client);
	if (--client->count == 0) {
		hashtable_remove(&pending->clients, &client->link);
		free(client);
	}
}
