/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Datagrams and mappings: see udp.h. */
#include "udp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <ioth.h>

#include "socket.h"
#include "udp_batch.h"

#define ROUNDS 4 /* bursts before others have their turn */

struct mapping {
	struct loop_source inner, outer; /* outer in no loop: the door's socket serves */
	struct hashtable_link link;      /* as long as there is a door */
	struct list of_door;             /* likewise */
	struct idle_entry idle;
	struct flows *flows;
	struct window *window;
	struct door *door; /* NULL: the window is over, and the client has a socket outside, too */
	struct source *source;
	struct backend *backend;
	struct sockaddr_in6 peer;
	int inner_fd, outer_fd;
	bool answered;
};

struct key {
	const struct door *door;
	struct in6_addr address;
	uint32_t scope;
	uint16_t port;
} __attribute__((packed));

static struct mapping *mapping_of(struct idle_entry *entry)
{
	return list_entry(entry, struct mapping, idle);
}

/* ---- the table ------------------------------------------------------------------------------- */

static struct key key_of(const struct door *door, const struct sockaddr_in6 *peer)
{
	return (struct key){.door = door,
	    .address = peer->sin6_addr,
	    .scope = peer->sin6_scope_id,
	    .port = peer->sin6_port};
}

static bool matches(const struct hashtable_link *link, const void *key)
{
	const struct mapping *mapping = hashtable_entry(link, struct mapping, link);
	const struct key own = key_of(mapping->door, &mapping->peer);

	return memcmp(&own, key, sizeof(own)) == 0;
}

static struct mapping *find(const struct flows *flows, const struct key *key, uint64_t hash)
{
	struct hashtable_link *link = hashtable_find(&flows->mappings, hash, matches, key);

	return link ? hashtable_entry(link, struct mapping, link) : NULL;
}

static void count(struct flows *flows, int change)
{
	flows->mapping_count += (uint64_t)change;
	metric_set(&flows->stats.udp_open, flows->mapping_count);
}

/* It needs its door no more. */
static void leave_door(struct mapping *mapping)
{
	hashtable_remove(&mapping->flows->mappings, &mapping->link);
	list_remove(&mapping->of_door);
	mapping->door = NULL;
}

static void forget(struct mapping *mapping)
{
	struct flows *flows = mapping->flows;

	loop_remove(&mapping->inner);
	ioth_close(mapping->inner_fd);
	if (mapping->door) {
		leave_door(mapping);
	} else {
		loop_remove(&mapping->outer);
		ioth_close(mapping->outer_fd);
	}
	idle_forget(&mapping->idle);
	flows_leave(flows, mapping->source);
	backend_put(mapping->backend);
	count(flows, -1);
	window_leave(mapping->window);
	free(mapping);
}

/* Those to whom nobody has answered go first, however quiet they are. */
static bool make_room(struct flows *flows)
{
	struct idle_entry *entry;

	while (flows->mapping_count >= flows->limits.mappings) {
		entry = idle_oldest(&flows->unanswered);
		if (!entry)
			entry = flows_quietest(&flows->answered, flows->limits.udp_full_timeout);
		if (!entry)
			return false;
		metric_add(&flows->stats.udp_displaced, 1);
		forget(mapping_of(entry));
	}
	return true;
}

static loop_source_function inner_ready, outer_ready;

/* The place is taken. NULL: it could not be made, which is counted. */
static struct mapping *begin(
    struct door *door, const struct sockaddr_in6 *peer, struct source *source, uint64_t hash)
{
	struct flows *flows = door->window->flows;
	struct mapping *mapping = calloc(1, sizeof(*mapping));
	int err = -ENOMEM;

	if (!mapping)
		goto fail;
	mapping->flows = flows;
	mapping->window = door->window;
	mapping->door = door;
	mapping->source = source;
	mapping->peer = *peer;
	mapping->outer_fd = door->fd;
	mapping->inner_fd = socket_open_inner(flows->inner, &door->backend->service);
	err = mapping->inner_fd;
	if (err < 0) {
		backend_server_is(door->backend, err);
		goto free_mapping;
	}
	err = loop_add(flows->loop, &mapping->inner, mapping->inner_fd, EPOLLIN, inner_ready);
	if (err)
		goto close_socket;
	mapping->backend = backend_ref(door->backend);
	hashtable_insert(&flows->mappings, &mapping->link, hash);
	list_append(&door->mappings, &mapping->of_door);
	idle_touch(&flows->unanswered, &mapping->idle);
	window_enter(door->window);
	metric_add(&flows->stats.udp_mappings, 1);
	count(flows, 1);
	return mapping;

close_socket:
	ioth_close(mapping->inner_fd);
free_mapping:
	free(mapping);
fail:
	flows_count_failure(flows, err);
	return NULL;
}

/* The mapping of a datagram, a new one if need be and possible. */
static struct mapping *mapping_for(struct door *door, const struct sockaddr_in6 *peer)
{
	struct flows *flows = door->window->flows;
	const struct key key = key_of(door, peer);
	uint64_t hash = hashtable_hash(&flows->mappings, &key, sizeof(key));
	struct mapping *mapping = find(flows, &key, hash);
	struct source *source;

	if (mapping)
		return mapping;
	source = flows_enter(
	    flows, &peer->sin6_addr, make_room, &flows->stats.udp_full, &flows->stats.udp_per_source);
	if (!source)
		return NULL;
	mapping = begin(door, peer, source, hash);
	if (!mapping)
		flows_leave(flows, source);
	return mapping;
}

static void expired(struct idle *idle, struct idle_entry *entry)
{
	struct mapping *mapping = mapping_of(entry);

	metric_add(&mapping->flows->stats.udp_idle, 1);
	forget(mapping);
}

/* ---- datagrams ------------------------------------------------------------------------------- */

static void touch(struct mapping *mapping)
{
	struct flows *flows = mapping->flows;

	idle_touch(mapping->answered ? &flows->answered : &flows->unanswered, &mapping->idle);
	spin_note(&flows->spin);
}

/* ICMP's word about a datagram that went before: nobody is there to take it. */
static void note_error(struct mapping *mapping, int error)
{
	if (error == -ECONNREFUSED || error == -EHOSTUNREACH || error == -ENETUNREACH ||
	    error == -EHOSTDOWN)
		backend_server_is(mapping->backend, error);
}

/* To the server: `run` datagrams of the batch. */
static void pass_in(struct mapping *mapping, unsigned int at, unsigned int run)
{
	struct flows *flows = mapping->flows;
	unsigned int lost;

	touch(mapping);
	lost = udp_batch_send(flows->batch, at, run, mapping->inner_fd, NULL);
	note_error(mapping, flows->batch->error);
	metric_add(&flows->stats.udp_lost, lost);
	metric_add(&flows->stats.udp_in, run - lost);
}

void udp_receive(struct door *door)
{
	struct udp_batch *batch = door->window->flows->batch;
	bool more = true;

	for (unsigned int round = 0; round < ROUNDS && more; round++) {
		unsigned int received = udp_batch_receive(batch, door->fd, true, &more);

		for (unsigned int i = 0, run; i < received; i += run) {
			struct mapping *mapping = mapping_for(door, &batch->peers[i]);

			run = udp_batch_run(batch, i, received);
			if (mapping)
				pass_in(mapping, i, run);
		}
	}
}

static bool is_from(const struct mapping *mapping, const struct sockaddr_in6 *peer)
{
	return mapping->peer.sin6_port == peer->sin6_port &&
	       mapping->peer.sin6_scope_id == peer->sin6_scope_id &&
	       IN6_ARE_ADDR_EQUAL(&mapping->peer.sin6_addr, &peer->sin6_addr);
}

/* From a client whose window is over; or from others, between bind(2) and connect(2). */
static void outer_ready(struct loop_source *source, uint32_t events)
{
	struct mapping *mapping =
	    (struct mapping *)(void *)((char *)source - offsetof(struct mapping, outer));
	bool more = true;

	for (unsigned int round = 0; round < ROUNDS && more; round++) {
		struct udp_batch *batch = mapping->flows->batch;
		unsigned int received = udp_batch_receive(batch, mapping->outer_fd, true, &more);

		for (unsigned int i = 0, run; i < received; i += run) {
			run = udp_batch_run(batch, i, received);
			if (is_from(mapping, &batch->peers[i]))
				pass_in(mapping, i, run);
		}
	}
}

/* From the server. */
static void inner_ready(struct loop_source *source, uint32_t events)
{
	struct mapping *mapping = (struct mapping *)source;
	struct flows *flows = mapping->flows;
	bool more = true;

	for (unsigned int round = 0; round < ROUNDS && more; round++) {
		unsigned int lost,
		    received = udp_batch_receive(flows->batch, mapping->inner_fd, false, &more);

		note_error(mapping, flows->batch->error);
		if (received == 0)
			break;
		mapping->answered = true;
		backend_server_is(mapping->backend, 0);
		touch(mapping);
		lost = udp_batch_send(
		    flows->batch, 0, received, mapping->outer_fd, mapping->door ? &mapping->peer : NULL);
		metric_add(&flows->stats.udp_lost, lost);
		metric_add(&flows->stats.udp_out, received - lost);
	}
}

/* ---- the window is over ---------------------------------------------------------------------- */

/* A client gets a socket outside that is connected to it: by that the stack knows that the address
 * is in use, and for whom. 0 or -errno. */
static int separate(struct mapping *mapping)
{
	struct flows *flows = mapping->flows;
	int fd = socket_open_for(
	    flows->outer, &mapping->window->address, mapping->backend->service.port, &mapping->peer);
	int err;

	if (fd < 0)
		return fd;
	err = loop_add(flows->loop, &mapping->outer, fd, EPOLLIN, outer_ready);
	if (err) {
		ioth_close(fd);
		return err;
	}
	leave_door(mapping);
	mapping->outer_fd = fd;
	return 0;
}

void udp_separate(struct door *door)
{
	struct mapping *mapping;

	list_for_each_safe (mapping, &door->mappings, of_door) {
		int err = separate(mapping);

		if (!err)
			continue;
		flows_count_failure(mapping->flows, err);
		forget(mapping);
	}
}

/* ---- begin, end ------------------------------------------------------------------------------ */

int udp_init(struct flows *flows)
{
	int err = udp_batch_new(&flows->batch);

	if (err)
		return err;
	err = hashtable_init(&flows->mappings, NULL);
	if (err) {
		udp_batch_free(flows->batch);
		return err;
	}
	idle_init(&flows->unanswered, flows->loop, 0, expired);
	idle_init(&flows->answered, flows->loop, 0, expired);
	return 0;
}

static void forget_all(struct idle *idle)
{
	struct idle_entry *entry;

	while ((entry = idle_oldest(idle)))
		forget(mapping_of(entry));
	idle_fini(idle);
}

void udp_fini(struct flows *flows)
{
	forget_all(&flows->unanswered);
	forget_all(&flows->answered);
	hashtable_clear(&flows->mappings);
	udp_batch_free(flows->batch);
}
