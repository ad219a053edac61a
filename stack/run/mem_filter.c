/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which ports of a network in memory want what: a table of addresses, groups and kinds of frames;
 * each has a list of the ports, and each port one of what it wants, with how often it was asked
 * for. */
#include "mem_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct mem_key key_of(const struct px_link_filter *filter)
{
	struct mem_key key = {.kind = (uint8_t)filter->kind};

	if (filter->kind == PX_FILTER_MAC)
		memcpy(key.bytes, filter->mac, sizeof(filter->mac));
	else if (filter->kind == PX_FILTER_ARP)
		memcpy(key.bytes, filter->ip4, sizeof(filter->ip4));
	return key;
}

static bool matches(const struct hashtable_link *link, const void *key)
{
	const struct mem_address *address = hashtable_entry(link, const struct mem_address, link);

	return memcmp(&address->key, key, sizeof(address->key)) == 0;
}

struct mem_address *mem_address_find(struct mem_network *network, const struct mem_key *key)
{
	uint64_t hash = hashtable_hash(&network->addresses, key, sizeof(*key));
	struct hashtable_link *link = hashtable_find(&network->addresses, hash, matches, key);

	return link ? hashtable_entry(link, struct mem_address, link) : NULL;
}

static struct mem_address *find_or_make(struct mem_network *network, const struct mem_key *key)
{
	struct mem_address *address = mem_address_find(network, key);

	if (address)
		return address;
	address = malloc(sizeof(*address));
	if (!address)
		return NULL;
	address->key = *key;
	list_init(&address->members);
	hashtable_insert(&network->addresses, &address->link,
	    hashtable_hash(&network->addresses, key, sizeof(*key)));
	return address;
}

static void drop_if_empty(struct mem_network *network, struct mem_address *address)
{
	if (!list_is_empty(&address->members))
		return;
	hashtable_remove(&network->addresses, &address->link);
	free(address);
}

static void member_free(struct mem_member *member)
{
	struct mem_address *address = member->address;

	if (address->key.kind == PX_FILTER_ALL) {
		member->port->all = false;
		member->port->network->all_count--;
	}
	list_remove(&member->node);
	list_remove(&member->of_port);
	drop_if_empty(member->port->network, address);
	free(member);
}

static int want(struct mem_port *port, const struct mem_key *key)
{
	struct mem_address *address = find_or_make(port->network, key);
	struct mem_member *member;

	if (!address)
		return -ENOMEM;
	member = malloc(sizeof(*member));
	if (!member) {
		drop_if_empty(port->network, address);
		return -ENOMEM;
	}
	*member = (struct mem_member){.address = address, .port = port, .count = 1};
	list_append(&address->members, &member->node);
	list_append(&port->wanted, &member->of_port);
	if (key->kind == PX_FILTER_ALL) {
		port->all = true;
		port->network->all_count++;
	}
	return 0;
}

int mem_port_filter(struct mem_port *port, const struct px_link_filter *filter, bool wanted)
{
	struct mem_network *network = port->network;
	struct mem_key key = key_of(filter);
	struct mem_member *member, *found = NULL;
	int err = 0;

	pthread_rwlock_wrlock(&network->lock);
	/* A port has few, an address may have ten thousand members. */
	list_for_each (member, &port->wanted, of_port) {
		if (memcmp(&member->address->key, &key, sizeof(key)) == 0)
			found = member;
	}
	if (found && wanted)
		found->count++;
	else if (found && --found->count == 0)
		member_free(found);
	else if (wanted)
		err = want(port, &key);
	pthread_rwlock_unlock(&network->lock);
	return err;
}

void mem_port_wants_nothing(struct mem_port *port)
{
	struct mem_member *member;

	pthread_rwlock_wrlock(&port->network->lock);
	list_for_each_safe (member, &port->wanted, of_port)
		member_free(member);
	pthread_rwlock_unlock(&port->network->lock);
}
