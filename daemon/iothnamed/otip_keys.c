/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of one-time addresses: see otip_keys.h.
 *
 * An entry is found by name, password and number of rounds. It waits, is being made, or is ready;
 * of the ready ones the one that was used least lately goes when there are too many. Who makes keys
 * does so without the lock. */
#include "otip_keys.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <iothaddr.h>

#include "hashtable.h"
#include "list.h"

struct entry {
	struct hashtable_link link;
	struct list queue; /* of `ready` or `waiting`; in none while the key is made */
	bool is_ready;
	unsigned int rounds;
	uint8_t key[IOTHADDR_KEY_LEN];
	size_t name_len;
	size_t len;
	char text[]; /* the name, NUL, the password, NUL */
};

struct named_otip_keys {
	pthread_mutex_t lock;
	struct hashtable table;
	struct list ready, waiting; /* oldest first */
	size_t ready_count, waiting_count;
	struct list listeners;
	void (*wake)(void *argument);
	void *wake_argument;
};

struct wanted {
	const char *name, *password;
	unsigned int rounds;
};

int named_otip_keys_new(struct named_otip_keys **made)
{
	struct named_otip_keys *keys = calloc(1, sizeof(*keys));
	int error;

	if (!keys)
		return -ENOMEM;
	error = hashtable_init(&keys->table, NULL);
	if (error < 0) {
		free(keys);
		return error;
	}
	pthread_mutex_init(&keys->lock, NULL);
	list_init(&keys->ready);
	list_init(&keys->waiting);
	list_init(&keys->listeners);
	*made = keys;
	return 0;
}

static void free_entry(struct entry *entry)
{
	explicit_bzero(entry->key, sizeof(entry->key));
	explicit_bzero(entry->text, entry->len);
	free(entry);
}

void named_otip_keys_free(struct named_otip_keys *keys)
{
	struct hashtable_link *link;

	if (!keys)
		return;
	while ((link = hashtable_first(&keys->table))) {
		hashtable_remove(&keys->table, link);
		free_entry(hashtable_entry(link, struct entry, link));
	}
	hashtable_clear(&keys->table);
	pthread_mutex_destroy(&keys->lock);
	free(keys);
}

void named_otip_set_wake(struct named_otip_keys *keys, void (*wake)(void *argument), void *argument)
{
	pthread_mutex_lock(&keys->lock);
	keys->wake = wake;
	keys->wake_argument = argument;
	pthread_mutex_unlock(&keys->lock);
}

void named_otip_listen(struct named_otip_keys *keys, struct named_otip_listener *listener)
{
	pthread_mutex_lock(&keys->lock);
	list_append(&keys->listeners, &listener->link);
	pthread_mutex_unlock(&keys->lock);
}

void named_otip_unlisten(struct named_otip_keys *keys, struct named_otip_listener *listener)
{
	pthread_mutex_lock(&keys->lock);
	list_remove(&listener->link);
	pthread_mutex_unlock(&keys->lock);
}

static bool is_wanted(const struct hashtable_link *link, const void *argument)
{
	const struct entry *entry = hashtable_entry(link, const struct entry, link);
	const struct wanted *wanted = argument;

	return entry->rounds == wanted->rounds && strcmp(entry->text, wanted->name) == 0 &&
	       strcmp(entry->text + entry->name_len + 1, wanted->password) == 0;
}

/* A new entry that waits; NULL: no memory. */
static struct entry *add(struct named_otip_keys *keys, const struct wanted *wanted, uint64_t hash)
{
	size_t name_len = strlen(wanted->name), password_len = strlen(wanted->password);
	size_t len = name_len + password_len + 2;
	struct entry *entry = calloc(1, sizeof(*entry) + len);

	if (!entry)
		return NULL;
	entry->rounds = wanted->rounds;
	entry->name_len = name_len;
	entry->len = len;
	memcpy(entry->text, wanted->name, name_len);
	memcpy(entry->text + name_len + 1, wanted->password, password_len);
	hashtable_insert(&keys->table, &entry->link, hash);
	list_append(&keys->waiting, &entry->queue);
	keys->waiting_count++;
	return entry;
}

int named_otip_key(struct named_otip_keys *keys, const char *name, const char *password,
    unsigned int rounds, uint8_t *key)
{
	const struct wanted wanted = {name, password ? password : "", rounds};
	void (*wake)(void *) = NULL;
	struct hashtable_link *link;
	void *argument;
	uint64_t hash;
	int error = -EINPROGRESS;

	pthread_mutex_lock(&keys->lock);
	hash = hashtable_hash(&keys->table, name, strlen(name));
	link = hashtable_find(&keys->table, hash, is_wanted, &wanted);
	argument = keys->wake_argument;
	if (link) {
		struct entry *entry = hashtable_entry(link, struct entry, link);

		if (entry->is_ready) {
			memcpy(key, entry->key, sizeof(entry->key));
			list_remove(&entry->queue);
			list_append(&keys->ready, &entry->queue);
			error = 0;
		}
	} else if (keys->waiting_count < NAMED_OTIP_WAITING && add(keys, &wanted, hash)) {
		wake = keys->wake;
	}
	pthread_mutex_unlock(&keys->lock);
	if (wake)
		wake(argument);
	return error;
}

bool named_otip_work(struct named_otip_keys *keys)
{
	uint8_t key[IOTHADDR_KEY_LEN];
	struct entry *entry, *oldest;
	struct named_otip_listener *listener;

	pthread_mutex_lock(&keys->lock);
	entry = list_first(&keys->waiting, struct entry, queue);
	if (entry)
		list_remove(&entry->queue);
	pthread_mutex_unlock(&keys->lock);
	if (!entry)
		return false;
	/* It is in no queue: nobody frees it, and nobody writes to it. */
	iothaddr_hmac_key(key, entry->text, entry->text + entry->name_len + 1, entry->rounds);
	pthread_mutex_lock(&keys->lock);
	keys->waiting_count--;
	memcpy(entry->key, key, sizeof(key));
	entry->is_ready = true;
	list_append(&keys->ready, &entry->queue);
	if (++keys->ready_count > NAMED_OTIP_KEYS) {
		oldest = list_first(&keys->ready, struct entry, queue);
		list_remove(&oldest->queue);
		hashtable_remove(&keys->table, &oldest->link);
		free_entry(oldest);
		keys->ready_count--;
	}
	list_for_each (listener, &keys->listeners, link)
		listener->ready(listener);
	pthread_mutex_unlock(&keys->lock);
	explicit_bzero(key, sizeof(key));
	return true;
}
