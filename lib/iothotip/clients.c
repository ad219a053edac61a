/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clients of a datagram socket: see clients.h. */
#include "clients.h"

#include <stdlib.h>
#include <string.h>

#define KEY_LEN (2 * sizeof(struct in6_addr) + sizeof(uint32_t) + sizeof(in_port_t))

static void pack(uint8_t bytes[KEY_LEN], const struct otip_client_key *key)
{
	memcpy(bytes, &key->peer, 16);
	memcpy(bytes + 16, &key->self, 16);
	memcpy(bytes + 32, &key->scope, sizeof(key->scope));
	memcpy(bytes + 32 + sizeof(key->scope), &key->port, sizeof(key->port));
}

static uint64_t hash_of(const struct otip_clients *clients, const struct otip_client_key *key)
{
	uint8_t bytes[KEY_LEN];

	pack(bytes, key);
	return hashtable_hash(&clients->table, bytes, sizeof(bytes));
}

static bool is(const struct hashtable_link *link, const void *wanted)
{
	const struct otip_client *client = hashtable_entry(link, const struct otip_client, link);
	const struct otip_client_key *key = wanted;

	return memcmp(&client->key.peer, &key->peer, 16) == 0 &&
	       memcmp(&client->key.self, &key->self, 16) == 0 && client->key.scope == key->scope &&
	       client->key.port == key->port;
}

int otip_clients_init(struct otip_clients *clients, size_t most, uint64_t time,
    void (*forget)(void *context, struct otip_client *client), void *context)
{
	clients->most = most;
	clients->time = time;
	clients->forget = forget;
	clients->context = context;
	list_init(&clients->ages);
	return hashtable_init(&clients->table, NULL);
}

static void drop(struct otip_clients *clients, struct otip_client *client)
{
	clients->forget(clients->context, client);
	hashtable_remove(&clients->table, &client->link);
	list_remove(&client->age);
	free(client);
}

static struct otip_client *quietest(const struct otip_clients *clients)
{
	return list_first(&clients->ages, struct otip_client, age);
}

void otip_clients_fini(struct otip_clients *clients)
{
	struct otip_client *client;

	while ((client = quietest(clients)))
		drop(clients, client);
	hashtable_clear(&clients->table);
}

void otip_clients_expire(struct otip_clients *clients, uint64_t now)
{
	struct otip_client *client;

	while ((client = quietest(clients)) && client->heard + clients->time <= now)
		drop(clients, client);
}

struct otip_client *otip_clients_find(
    struct otip_clients *clients, const struct otip_client_key *key, uint64_t now)
{
	struct hashtable_link *link = hashtable_find(&clients->table, hash_of(clients, key), is, key);
	struct otip_client *client = link ? hashtable_entry(link, struct otip_client, link) : NULL;

	return client && client->heard + clients->time > now ? client : NULL;
}

void otip_clients_touch(struct otip_clients *clients, struct otip_client *client, uint64_t now)
{
	client->heard = now;
	list_remove(&client->age);
	list_append(&clients->ages, &client->age);
}

struct otip_client *otip_clients_add(
    struct otip_clients *clients, const struct otip_client_key *key, uint64_t now)
{
	struct otip_client *client;

	otip_clients_expire(clients, now);
	client = calloc(1, sizeof(*client));
	if (!client)
		return NULL;
	if (clients->table.count >= clients->most)
		drop(clients, quietest(clients));
	client->key = *key;
	client->heard = now;
	client->fd = -1;
	hashtable_insert(&clients->table, &client->link, hash_of(clients, key));
	list_append(&clients->ages, &client->age);
	return client;
}
