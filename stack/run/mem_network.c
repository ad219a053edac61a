/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An Ethernet in memory for the stacks of a process.
 *
 * It delivers as a network card's filter does: each port says which addresses and groups it wants,
 * whose ARP requests, and whether it listens to broadcasts; a frame is looked up once and reaches
 * only those. So ten thousand stacks that announce themselves by ARP cost ten thousand look-ups,
 * not 10^8 deliveries. Neighbour solicitations need nothing special: they go to the solicited-node
 * group of their target (RFC 4861 section 7.2.2), which few ports share. An advertisement that a
 * stack sends to all nodes goes to that group, too: it concerns who wants the same address; that
 * others may forget what they knew of it costs as much as an ARP announcement would.
 *
 * A delivery puts the frame into the port's queue and tells its stack, whose own lock is not taken:
 * no thread holds two stacks' locks. Small frames are copied, into the receiver's budget; of large
 * ones the bytes are shared. A full queue loses frames, as that of a switch does.
 *
 * A network exists while it has ports; its name is in the one registry of the process. What is for
 * nobody here, and all broadcasts and groups, also goes to the uplink, if there is one; ARP
 * requests only if nobody here answers or if they tell something (RFC 5227 section 3: probes and
 * announcements).
 *
 * To open an uplink may take seconds. Who does it has entered the network in the registry before,
 * and holds no lock meanwhile; others that want the same network wait for him, and share his error.
 *
 * Locks, in this order: stack, network (shared by senders), port, poller.
 */
#include "mem_network.h"

#include "ether.h"
#include "icmp.h"
#include "mem_internal.h"
#include "mem_uplink.h"
#include "process.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define COPY_MAX   1024 /* bytes; a clone costs about as much as copying these */
#define ARP_FRAME  (ETHER_HEADER + 28)
#define ARP_SENDER (ETHER_HEADER + 14)
#define ARP_TARGET (ETHER_HEADER + 24)
#define NA_TYPE    (ETHER_HEADER + 40)
#define NA_TARGET  (ETHER_HEADER + 48)
#define NA_FRAME   (NA_TARGET + 16)

static struct {
	pthread_mutex_t lock;
	pthread_cond_t opened; /* or not */
	struct list networks;
} registry = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, LIST_INIT(registry.networks)};

/* ---- fork: the child starts without networks ---- */

static void fork_prepare(void)
{
	pthread_mutex_lock(&registry.lock);
}

static void fork_parent(void)
{
	pthread_mutex_unlock(&registry.lock);
}

static void fork_child(void)
{
	list_init(&registry.networks);
	pthread_cond_init(&registry.opened, NULL); /* who waited is not here */
	pthread_mutex_unlock(&registry.lock);
}

static void hook_fork(void)
{
	process_hook_fork();
	pthread_atfork(fork_prepare, fork_parent, fork_child);
}

/* ---- delivery ---- */

/* What a burst has in common, under the network's lock: who is meant, mostly one; and the frames
 * for the last port, one after the other. */
struct delivery {
	struct mem_key key;
	const struct mem_address *address; /* NULL: not known */
	struct mem_port *port;
	unsigned int count;
	const struct px_pkt *frame[PX_BURST];
};

static void start_delivery(struct delivery *delivery)
{
	delivery->address = NULL;
	delivery->port = NULL;
	delivery->count = 0;
}

/* A checksum that was left open stays so: the receiver may be a router, which must fill it in. */
static void keep_checksum(struct px_pkt *pkt, const struct px_pkt *frame)
{
	pkt->flags = frame->flags & PX_PKT_CSUM_PARTIAL;
	pkt->protocol = frame->protocol;
	pkt->csum_offset = frame->csum_offset;
	pkt->csum_start = px_pkt_here(pkt) + frame->csum_start - px_pkt_here(frame);
}

/* A frame whose bytes are shared. */
static struct px_pkt *share(const struct px_pkt *frame)
{
	struct px_pkt *pkt = px_pkt_clone(frame);

	if (!pkt)
		return NULL;
	keep_checksum(pkt, frame);
	pkt->iface = NULL;
	return pkt;
}

/* The frames in packets of the port's; those that there is no memory for are lost. Small ones are
 * copied, all of them into one allocation. */
static void copy_frames(const struct delivery *delivery, struct px_pktq *queue)
{
	struct px_pkt *copies[PX_BURST];
	size_t room[PX_BURST];
	unsigned int small = 0, at = 0;

	for (unsigned int i = 0; i < delivery->count; i++) {
		if (delivery->frame[i]->total <= COPY_MAX)
			room[small++] = delivery->frame[i]->total;
	}
	if (small && !px_pkt_new_burst(delivery->port->mem, PX_PKT_HEADROOM, room, small, copies))
		small = 0;
	for (unsigned int i = 0; i < delivery->count; i++) {
		const struct px_pkt *frame = delivery->frame[i];
		struct px_pkt *pkt = NULL;

		if (frame->total > COPY_MAX) {
			pkt = share(frame);
		} else if (at < small) {
			pkt = copies[at++];
			px_pkt_read(frame, 0, px_pkt_put(pkt, frame->total), frame->total);
			keep_checksum(pkt, frame);
		}
		if (pkt)
			px_pktq_append(queue, pkt);
	}
}

static void finish_delivery(struct delivery *delivery)
{
	struct mem_port *port = delivery->port;
	struct px_pktq queue = {0};
	struct px_pkt *pkt;
	bool first;

	if (!delivery->count)
		return;
	copy_frames(delivery, &queue);
	delivery->count = 0;
	pthread_mutex_lock(&port->lock);
	first = port->queue.first == NULL && queue.first;
	while (port->queue.count < PX_TX_LIMIT && (pkt = px_pktq_take(&queue)))
		px_pktq_append(&port->queue, pkt);
	pthread_mutex_unlock(&port->lock);
	px_pktq_clear(&queue);
	if (first)
		port->notify(port->context);
}

static void deliver_to(struct mem_port *port, const struct px_pkt *frame, struct delivery *delivery)
{
	if (delivery->port != port || delivery->count == PX_BURST) {
		finish_delivery(delivery);
		delivery->port = port;
	}
	delivery->frame[delivery->count++] = frame;
}

/* Returns whether there is anyone. */
static bool deliver_by(struct mem_network *network, const struct mem_port *from,
    const struct mem_key *key, const struct px_pkt *frame, struct delivery *delivery)
{
	const struct mem_address *address = delivery->address;
	struct mem_member *member;

	if (!address || memcmp(&delivery->key, key, sizeof(*key)) != 0) {
		address = mem_address_find(network, key);
		if (!address)
			return false;
		delivery->address = address;
		delivery->key = *key;
	}
	list_for_each (member, &address->members, node) {
		if (member->port != from && (!member->port->all || key->kind == PX_FILTER_ALL))
			deliver_to(member->port, frame, delivery);
	}
	return true;
}

/* To all nodes, 33:33:0:0:0:1: a neighbour advertisement is for the group of its target's. */
static void narrow_group(struct mem_key *key, const struct px_pkt *frame)
{
	static const uint8_t all_nodes[PX_MAC_LEN] = {0x33, 0x33, 0, 0, 0, 1};
	uint8_t head[NA_FRAME];

	if (memcmp(key->bytes, all_nodes, PX_MAC_LEN) != 0 ||
	    px_pkt_read(frame, 0, head, sizeof(head)) < sizeof(head) || head[12] != 0x86 ||
	    head[13] != 0xdd || head[20] != IPPROTO_ICMPV6 ||
	    head[NA_TYPE] != ICMP6_NEIGHBOUR_ADVERTISEMENT)
		return;
	/* RFC 4291 section 2.7.1, RFC 2464 section 7. */
	key->bytes[2] = 0xff;
	memcpy(key->bytes + 3, head + NA_TARGET + 13, 3);
}

/* Returns whether the frame is for the uplink too. */
static bool deliver(struct mem_network *network, const struct mem_port *from,
    const struct px_pkt *frame, struct delivery *delivery)
{
	static const struct mem_key all = {.kind = PX_FILTER_ALL};
	struct mem_key key = {.kind = PX_FILTER_MAC};
	uint8_t head[ARP_FRAME];
	size_t len = px_pkt_read(frame, 0, head, sizeof(head));

	if (len < ETHER_HEADER)
		return false;
	if (network->all_count)
		deliver_by(network, from, &all, frame, delivery);
	if (!ether_is_broadcast(head)) {
		memcpy(key.bytes, head, PX_MAC_LEN);
		if (from)
			narrow_group(&key, frame);
		return !deliver_by(network, from, &key, frame, delivery) || ether_is_group(head);
	}
	if (len == sizeof(head) && head[12] == 0x08 && head[13] == 0x06) {
		static const uint8_t zero[4];
		bool tells = memcmp(head + ARP_SENDER, head + ARP_TARGET, 4) == 0 ||
		             memcmp(head + ARP_SENDER, zero, 4) == 0;

		key.kind = PX_FILTER_ARP;
		memcpy(key.bytes, head + ARP_TARGET, 4);
		return !deliver_by(network, from, &key, frame, delivery) || tells;
	}
	key.kind = PX_FILTER_BROADCAST;
	deliver_by(network, from, &key, frame, delivery);
	return true;
}

void mem_network_send(struct mem_port *port, struct px_pkt *const *frames, unsigned int count)
{
	struct mem_network *network = port->network;
	struct delivery delivery;

	start_delivery(&delivery);
	pthread_rwlock_rdlock(&network->lock);
	for (unsigned int i = 0; i < count; i++) {
		if (deliver(network, port, frames[i], &delivery) && network->uplink)
			mem_uplink_send(network->uplink, frames[i]);
	}
	finish_delivery(&delivery);
	pthread_rwlock_unlock(&network->lock);
}

static void from_uplink(void *context, const struct px_pkt *frame)
{
	struct mem_network *network = context;
	struct delivery delivery;

	start_delivery(&delivery);
	pthread_rwlock_rdlock(&network->lock);
	deliver(network, NULL, frame, &delivery);
	finish_delivery(&delivery);
	pthread_rwlock_unlock(&network->lock);
}

unsigned int mem_port_receive(struct mem_port *port, struct px_pkt **pkts, unsigned int max)
{
	unsigned int count = 0;

	pthread_mutex_lock(&port->lock);
	while (count < max && (pkts[count] = px_pktq_take(&port->queue)))
		count++;
	pthread_mutex_unlock(&port->lock);
	return count;
}

bool mem_network_has_uplink(const struct mem_port *port)
{
	return port->network->uplink != NULL;
}

/* ---- networks and ports ---- */

static void network_free(struct mem_network *network)
{
	if (network->uplink)
		mem_uplink_close(network->uplink);
	hashtable_clear(&network->addresses);
	pthread_rwlock_destroy(&network->lock);
	free(network->uplink_vnl);
	free(network->name);
	free(network);
}

static int network_new(const char *name, const char *uplink, struct mem_network **result)
{
	struct mem_network *network = calloc(1, sizeof(*network));
	int err = -ENOMEM;

	if (!network)
		return err;
	list_init(&network->node);
	pthread_rwlock_init(&network->lock, NULL);
	network->name = strdup(name);
	network->uplink_vnl = strdup(uplink ? uplink : "");
	if (network->name && network->uplink_vnl)
		err = hashtable_init(&network->addresses, NULL);
	if (err) {
		network_free(network);
		return err;
	}
	*result = network;
	return 0;
}

/* The registry's lock is held. Returns the network if nobody is left: to be freed without it. */
static struct mem_network *network_unref(struct mem_network *network)
{
	if (--network->ports)
		return NULL;
	list_remove(&network->node);
	return network;
}

static struct mem_network *find_network(const char *name)
{
	struct mem_network *network;

	list_for_each (network, &registry.networks, node) {
		if (strcmp(network->name, name) == 0)
			return network;
	}
	return NULL;
}

/* The registry's lock is held, but not while the uplink is opened. */
static void open_uplink(struct mem_network *network)
{
	int err;

	network->opening = true;
	pthread_mutex_unlock(&registry.lock);
	err = mem_uplink_open(network->uplink_vnl, from_uplink, network, &network->uplink);
	pthread_mutex_lock(&registry.lock);
	network->opening = false;
	network->err = err;
	if (err)
		list_remove(&network->node); /* the next one tries again */
	pthread_cond_broadcast(&registry.opened);
}

/* Not a cancellation point: the lock is held. */
static void wait_opened(const struct mem_network *network)
{
	int before;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	while (network->opening)
		pthread_cond_wait(&registry.opened, &registry.lock);
	pthread_setcancelstate(before, NULL);
}

/* With a reference. The registry's lock is held; *unused is to be freed without it. */
static int network_get(
    const char *name, const char *uplink, struct mem_network **result, struct mem_network **unused)
{
	struct mem_network *network = find_network(name);
	int err;

	*unused = NULL;
	if (network && uplink && strcmp(network->uplink_vnl, uplink) != 0)
		return -EINVAL;
	if (network) {
		network->ports++;
		wait_opened(network);
	} else {
		err = network_new(name, uplink, &network);
		if (err)
			return err;
		network->ports = 1;
		list_append(&registry.networks, &network->node);
		if (uplink)
			open_uplink(network);
	}
	*result = network;
	err = network->err;
	if (err)
		*unused = network_unref(network);
	return err;
}

int mem_network_join(const char *name, const char *uplink, const struct px_link_config *config,
    struct mem_port **result)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct mem_port *port = calloc(1, sizeof(*port));
	struct mem_network *unused;
	int err;

	if (!port)
		return -ENOMEM;
	pthread_once(&once, hook_fork);
	list_init(&port->wanted);
	port->mem = config->mem;
	port->notify = config->notify;
	port->context = config->context;
	pthread_mutex_init(&port->lock, NULL);
	pthread_mutex_lock(&registry.lock);
	err = network_get(name, uplink, &port->network, &unused);
	pthread_mutex_unlock(&registry.lock);
	if (unused)
		network_free(unused);
	if (err) {
		pthread_mutex_destroy(&port->lock);
		free(port);
		return err;
	}
	*result = port;
	return 0;
}

void mem_network_leave(struct mem_port *port)
{
	struct mem_network *network = port->network;

	mem_port_wants_nothing(port);
	pthread_mutex_lock(&registry.lock);
	network = network_unref(network);
	pthread_mutex_unlock(&registry.lock);
	if (network)
		network_free(network);
	px_pktq_clear(&port->queue);
	pthread_mutex_destroy(&port->lock);
	free(port);
}
