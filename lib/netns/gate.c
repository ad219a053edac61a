/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gate: see gate.h.
 *
 * One table has all there is to be found: addresses, the groups of their solicitations, flows,
 * peers (the flows' remote addresses, counted) and the MAC addresses that flows' frames came from.
 * Entries of an address are in its list, and go with it.
 *
 * A peer's solicitation comes from its own address, or, where it confirms what it knows, from its
 * link-local one (RFC 4861 section 7.2.2); a router's from the router's. The last two are told by
 * the MAC address.
 */
#include "gate.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>

#include "gate_packet.h"
#include "hashtable.h"
#include "list.h"

#define KEY_LEN  38
#define MACS_MAX 256 /* of an address: who has no place asks with his own address */

enum kind { KIND_ADDRESS, KIND_GROUP, KIND_FLOW, KIND_PEER, KIND_MAC };

struct key {
	uint8_t bytes[KEY_LEN];
};

struct entry {
	struct hashtable_link link;
	struct list node; /* of the address, by kind */
	struct key key;
	struct address *address;
	struct entry *peer;      /* of a flow */
	unsigned int generation; /* of a flow: the last sweep that kept it */
	bool half_open;          /* of a flow */
	unsigned int flows;      /* of a peer */
};

struct address {
	struct entry entry, group;
	struct list node; /* gate.addresses */
	struct list flows, peers, macs;
	size_t flow_count, mac_count;
	bool closed;
	uint64_t tag;
	uint8_t ip[16];
};

struct gate {
	pthread_mutex_t lock;
	struct hashtable table;
	struct list addresses;
	size_t count;
	unsigned int generation;
};

/* ---- keys ------------------------------------------------------------------------------------ */

static struct key key_of(enum kind kind, const uint8_t *first, size_t first_len,
    const uint8_t *second, size_t second_len)
{
	struct key key = {{(uint8_t)kind}};

	memcpy(key.bytes + 1, first, first_len);
	if (second_len > 0)
		memcpy(key.bytes + 1 + first_len, second, second_len);
	return key;
}

static struct key address_key(const uint8_t *ip)
{
	return key_of(KIND_ADDRESS, ip, 16, NULL, 0);
}

/* RFC 4291 section 2.7.1: ff02::1:ff00:0/104 and the last 24 bits. */
static struct key group_key(const uint8_t *ip)
{
	return key_of(KIND_GROUP, ip + 13, 3, NULL, 0);
}

static struct key peer_key(const uint8_t *local, const uint8_t *remote)
{
	return key_of(KIND_PEER, local, 16, remote, 16);
}

static struct key mac_key(const uint8_t *local, const uint8_t *mac)
{
	return key_of(KIND_MAC, local, 16, mac, GATE_MAC_LEN);
}

static struct key flow_key(const struct gate_flow *flow)
{
	struct key key = key_of(KIND_FLOW, flow->local, 16, flow->remote, 16);

	key.bytes[33] = (uint8_t)(flow->local_port >> 8);
	key.bytes[34] = (uint8_t)flow->local_port;
	key.bytes[35] = (uint8_t)(flow->remote_port >> 8);
	key.bytes[36] = (uint8_t)flow->remote_port;
	key.bytes[37] = flow->protocol;
	return key;
}

static bool matches(const struct hashtable_link *link, const void *key)
{
	return memcmp(hashtable_entry(link, const struct entry, link)->key.bytes,
	           ((const struct key *)key)->bytes, KEY_LEN) == 0;
}

static struct entry *find(struct gate *gate, const struct key *key)
{
	struct hashtable_link *link = hashtable_find(
	    &gate->table, hashtable_hash(&gate->table, key->bytes, KEY_LEN), matches, key);

	return link ? hashtable_entry(link, struct entry, link) : NULL;
}

static struct address *find_address(struct gate *gate, const uint8_t *ip)
{
	const struct key key = address_key(ip);
	struct entry *entry = find(gate, &key);

	return entry ? entry->address : NULL;
}

static void insert(struct gate *gate, struct entry *entry, const struct key *key)
{
	entry->key = *key;
	hashtable_insert(&gate->table, &entry->link, hashtable_hash(&gate->table, key->bytes, KEY_LEN));
}

/* ---- flows ----------------------------------------------------------------------------------- */

static struct entry *entry_new(
    struct gate *gate, struct address *address, struct list *list, const struct key *key)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->address = address;
	list_append(list, &entry->node);
	insert(gate, entry, key);
	return entry;
}

static void entry_free(struct gate *gate, struct entry *entry)
{
	hashtable_remove(&gate->table, &entry->link);
	list_remove(&entry->node);
	free(entry);
}

static int add_flow(struct gate *gate, struct address *address, const struct gate_flow *flow)
{
	const struct key key = flow_key(flow), of_peer = peer_key(flow->local, flow->remote);
	struct entry *entry = find(gate, &key), *peer;

	if (entry) {
		entry->half_open = flow->half_open;
		return 0;
	}
	peer = find(gate, &of_peer);
	if (!peer)
		peer = entry_new(gate, address, &address->peers, &of_peer);
	if (!peer)
		return -ENOMEM;
	entry = entry_new(gate, address, &address->flows, &key);
	if (!entry) {
		if (!peer->flows)
			entry_free(gate, peer);
		return -ENOMEM;
	}
	entry->peer = peer;
	entry->half_open = flow->half_open;
	entry->generation = gate->generation;
	peer->flows++;
	address->flow_count++;
	return 0;
}

static void flow_free(struct gate *gate, struct entry *flow)
{
	if (--flow->peer->flows == 0)
		entry_free(gate, flow->peer);
	flow->address->flow_count--;
	entry_free(gate, flow);
}

/* Frames of a flow came from there. */
static void learn_mac(struct gate *gate, struct address *address, const uint8_t *mac)
{
	const struct key key = mac_key(address->ip, mac);

	if (address->mac_count < MACS_MAX && !find(gate, &key) &&
	    entry_new(gate, address, &address->macs, &key))
		address->mac_count++;
}

/* ---- addresses ------------------------------------------------------------------------------- */

static void address_free(struct gate *gate, struct address *address)
{
	struct entry *entry;

	list_for_each_safe (entry, &address->flows, node)
		flow_free(gate, entry);
	list_for_each_safe (entry, &address->macs, node)
		entry_free(gate, entry);
	hashtable_remove(&gate->table, &address->entry.link);
	hashtable_remove(&gate->table, &address->group.link);
	list_remove(&address->node);
	gate->count--;
	free(address);
}

int gate_new(struct gate **result)
{
	struct gate *gate = calloc(1, sizeof(*gate));
	int err;

	if (!gate)
		return -ENOMEM;
	err = hashtable_init(&gate->table, NULL);
	if (err < 0) {
		free(gate);
		return err;
	}
	pthread_mutex_init(&gate->lock, NULL);
	list_init(&gate->addresses);
	*result = gate;
	return 0;
}

void gate_free(struct gate *gate)
{
	struct address *address;

	if (!gate)
		return;
	list_for_each_safe (address, &gate->addresses, node)
		address_free(gate, address);
	hashtable_clear(&gate->table);
	pthread_mutex_destroy(&gate->lock);
	free(gate);
}

int gate_add(struct gate *gate, const uint8_t ip[16], uint64_t tag)
{
	const struct key key = address_key(ip), group = group_key(ip);
	struct address *address = calloc(1, sizeof(*address));
	int err = address ? 0 : -ENOMEM;

	pthread_mutex_lock(&gate->lock);
	if (!err && find(gate, &key))
		err = -EEXIST;
	if (!err) {
		memcpy(address->ip, ip, sizeof(address->ip));
		address->tag = tag;
		list_init(&address->flows);
		list_init(&address->peers);
		list_init(&address->macs);
		address->entry.address = address->group.address = address;
		insert(gate, &address->entry, &key);
		insert(gate, &address->group, &group);
		list_append(&gate->addresses, &address->node);
		gate->count++;
		address = NULL;
	}
	pthread_mutex_unlock(&gate->lock);
	free(address);
	return err;
}

void gate_remove(struct gate *gate, const uint8_t ip[16])
{
	struct address *address;

	pthread_mutex_lock(&gate->lock);
	address = find_address(gate, ip);
	if (address)
		address_free(gate, address);
	pthread_mutex_unlock(&gate->lock);
}

bool gate_find(struct gate *gate, const uint8_t ip[16], uint64_t *tag)
{
	struct address *address;

	pthread_mutex_lock(&gate->lock);
	address = find_address(gate, ip);
	if (address)
		*tag = address->tag;
	pthread_mutex_unlock(&gate->lock);
	return address;
}

int gate_add_flow(struct gate *gate, const struct gate_flow *flow)
{
	struct address *address;
	int err = 0;

	pthread_mutex_lock(&gate->lock);
	address = find_address(gate, flow->local);
	if (address && !address->closed)
		err = add_flow(gate, address, flow);
	pthread_mutex_unlock(&gate->lock);
	return err;
}

size_t gate_close(struct gate *gate, const uint8_t ip[16])
{
	struct address *address;
	size_t flows = 0;

	pthread_mutex_lock(&gate->lock);
	address = find_address(gate, ip);
	if (address) {
		address->closed = true;
		flows = address->flow_count;
	}
	pthread_mutex_unlock(&gate->lock);
	return flows;
}

void gate_sweep_begin(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->generation++;
	pthread_mutex_unlock(&gate->lock);
}

void gate_sweep_keep(struct gate *gate, const struct gate_flow *flow)
{
	const struct key key = flow_key(flow);
	struct entry *entry;

	pthread_mutex_lock(&gate->lock);
	entry = find(gate, &key);
	if (entry) {
		entry->generation = gate->generation;
		entry->half_open = flow->half_open;
	}
	pthread_mutex_unlock(&gate->lock);
}

size_t gate_sweep_end(struct gate *gate, gate_gone *gone, void *argument)
{
	struct address *address;
	struct entry *flow;
	size_t count;

	pthread_mutex_lock(&gate->lock);
	list_for_each_safe (address, &gate->addresses, node) {
		list_for_each_safe (flow, &address->flows, node) {
			if (flow->generation != gate->generation)
				flow_free(gate, flow);
		}
		if (address->closed && address->flow_count == 0 &&
		    gone(address->ip, address->tag, argument))
			address_free(gate, address);
	}
	count = gate->count;
	pthread_mutex_unlock(&gate->lock);
	return count;
}

/* ---- frames ---------------------------------------------------------------------------------- */

static bool is_peer(struct gate *gate, const struct address *address, const uint8_t *ip)
{
	const struct key key = peer_key(address->ip, ip);

	return find(gate, &key);
}

/* A neighbour solicitation for it. */
static bool may_ask(
    struct gate *gate, const struct address *address, const struct gate_packet *packet)
{
	const struct key key = mac_key(address->ip, packet->mac);
	static const uint8_t none[16];

	if (!address->closed)
		return true;
	/* Detection of duplicates: who wants the address may have it. */
	if (memcmp(packet->src, none, sizeof(none)) == 0)
		return false;
	return is_peer(gate, address, packet->src) || find(gate, &key);
}

/* A TCP segment or UDP datagram to the address, or the first fragment of one. */
static bool is_of_flow(struct gate *gate, struct address *address, struct gate_packet *packet)
{
	struct gate_flow flow = {.protocol = packet->next};
	const uint8_t *bytes = wire_take(&packet->transport, 4);
	struct key key;

	if (!bytes)
		return false;
	memcpy(flow.local, packet->dst, sizeof(flow.local));
	memcpy(flow.remote, packet->src, sizeof(flow.remote));
	flow.remote_port = (uint16_t)(bytes[0] << 8 | bytes[1]);
	flow.local_port = (uint16_t)(bytes[2] << 8 | bytes[3]);
	key = flow_key(&flow);
	if (!find(gate, &key))
		return false;
	learn_mac(gate, address, packet->mac);
	return true;
}

/* To the address itself. What the kernel does not answer may pass: errors, advertisements that
 * answer its own solicitations, redirects. */
static bool may_reach(struct gate *gate, struct address *address, struct gate_packet *packet)
{
	uint8_t type;

	if (packet->extended)
		return false;
	if (packet->fragment && !packet->first)
		return is_peer(gate, address, packet->src);
	switch (packet->next) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
		return is_of_flow(gate, address, packet);
	case IPPROTO_ICMPV6:
		type = wire_u8(&packet->transport);
		if (type == GATE_ICMP6_NS)
			return is_peer(gate, address, packet->src); /* for another address */
		return !packet->transport.error && !packet->fragment &&
		       (type < GATE_ICMP6_INFORMATIONAL || type == GATE_ICMP6_NA ||
		           type == GATE_ICMP6_REDIRECT);
	default:
		return false;
	}
}

static bool judge(struct gate *gate, struct gate_packet *packet)
{
	static const uint8_t solicited_node[13] = {0xff, 0x02, [11] = 1, 0xff};
	const uint8_t *target = gate_packet_solicited(packet);
	struct address *address = target ? find_address(gate, target) : NULL;
	const struct entry *group;
	struct key key;

	if (address)
		return may_ask(gate, address, packet);
	address = find_address(gate, packet->dst);
	if (address)
		return address->closed ? may_reach(gate, address, packet)
		                       : !gate_packet_begins_connection(packet);
	if (target || memcmp(packet->dst, solicited_node, sizeof(solicited_node)) != 0)
		return true;
	/* To the group of its solicitations, and no solicitation. */
	key = group_key(packet->dst);
	group = find(gate, &key);
	return !group || !group->address->closed;
}

bool gate_lets_in(struct gate *gate, const uint8_t *frame, size_t len)
{
	struct gate_packet packet;
	bool lets_in = true;

	if (!gate_packet_parse(&packet, frame, len))
		return true;
	pthread_mutex_lock(&gate->lock);
	if (gate->count > 0)
		lets_in = judge(gate, &packet);
	pthread_mutex_unlock(&gate->lock);
	return lets_in;
}

/* ---- the kernel's frames ----------------------------------------------------------------------
 */

/* Segments of a flow that has lived may be refused at its end; a SYN, and what completes a
 * connection that nobody takes any more, is not. */
static bool may_refuse(struct gate *gate, const struct gate_packet *packet)
{
	struct gate_flow flow = {.protocol = IPPROTO_TCP};
	struct wire_reader reader = packet->transport;
	const struct entry *entry;
	struct key key;

	memcpy(flow.local, packet->src, sizeof(flow.local));
	memcpy(flow.remote, packet->dst, sizeof(flow.remote));
	flow.local_port = wire_u16(&reader);
	flow.remote_port = wire_u16(&reader);
	key = flow_key(&flow);
	entry = find(gate, &key);
	return entry && !entry->half_open;
}

bool gate_lets_out(struct gate *gate, const uint8_t *frame, size_t len)
{
	struct gate_packet packet;
	enum gate_refusal refusal;
	bool lets_out = true;

	if (!gate_packet_parse(&packet, frame, len))
		return true;
	refusal = gate_packet_refuses(&packet);
	if (refusal == GATE_REFUSES_NOTHING && !gate_packet_is_icmp_error(&packet))
		return true;
	pthread_mutex_lock(&gate->lock);
	if (find_address(gate, packet.src))
		lets_out = refusal == GATE_REFUSES_SEGMENT && may_refuse(gate, &packet);
	pthread_mutex_unlock(&gate->lock);
	return lets_out;
}
