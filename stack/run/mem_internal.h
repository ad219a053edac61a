/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A network in memory, its ports, and what they want (mem_network.c, mem_filter.c). */
#ifndef RUN_MEM_INTERNAL_H
#define RUN_MEM_INTERNAL_H

#include "hashtable.h"
#include "list.h"
#include "mem_network.h"

#include <pthread.h>

struct mem_key {
	uint8_t kind;
	uint8_t bytes[PX_MAC_LEN];
};

/* What is wanted by at least one port. */
struct mem_address {
	struct hashtable_link link;
	struct mem_key key;
	struct list members;
};

struct mem_member {
	struct list node;    /* mem_address.members */
	struct list of_port; /* mem_port.wanted */
	struct mem_address *address;
	struct mem_port *port;
	unsigned int count;
};

struct mem_port {
	struct mem_network *network;
	struct list wanted;
	bool all; /* gets everything, by the list of those who do */
	struct px_mem *mem;
	void (*notify)(void *context);
	void *context;
	pthread_mutex_t lock; /* of the queue */
	struct px_pktq queue;
};

struct mem_network {
	struct list node; /* registry */
	char *name, *uplink_vnl;
	/* Under the registry's lock. */
	unsigned int ports;
	bool opening; /* its uplink */
	int err;      /* of that */

	struct mem_uplink *uplink; /* constant once it is open */
	pthread_rwlock_t lock;     /* of the rest */
	unsigned int all_count;    /* ports that want everything */
	struct hashtable addresses;
};

/* NULL: no port wants it. The network's lock is held, and keeps what is returned. */
struct mem_address *mem_address_find(struct mem_network *network, const struct mem_key *key);

void mem_port_wants_nothing(struct mem_port *port);

#endif
