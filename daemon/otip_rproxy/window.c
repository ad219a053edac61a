/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses and doors: see window.h. */
#include "window.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <ioth.h>

#include "socket.h"
#include "tcp.h"
#include "udp.h"

/* ---- doors ----------------------------------------------------------------------------------- */

static void tcp_ready(struct loop_source *source, uint32_t events)
{
	tcp_accept((struct door *)source);
}

static void udp_ready(struct loop_source *source, uint32_t events)
{
	udp_receive((struct door *)source);
}

static void watch_again(struct loop_timer *timer)
{
	struct door *door = timerq_entry(timer, struct door, rest);

	if (door->fd >= 0)
		(void)loop_want(&door->source, EPOLLIN);
}

/* A door of its backend's is open or shut; or it is one no more. */
static void count(struct door *door, int64_t open, int64_t shut)
{
	struct backend *backend = door->backend;
	metric *all = &door->window->flows->stats.doors_shut;

	backend->doors_open += (uint64_t)open;
	backend->doors_shut += (uint64_t)shut;
	metric_set(all, metric_get(all) + (uint64_t)shut);
	if (backend->doors_shut == 0 && backend->doors_open > 0)
		complaint_set(&backend->doors, 0);
}

/* The descriptor, or -errno. */
static int open_socket(struct door *door)
{
	struct flows *flows = door->window->flows;
	const struct service *service = &door->backend->service;
	int fd =
	    socket_open_outer(flows->outer, service, &door->window->address, flows->limits.backlog);
	int err;

	if (fd < 0)
		return fd;
	err = loop_add(flows->loop, &door->source, fd, EPOLLIN,
	    service->type == SOCK_STREAM ? tcp_ready : udp_ready);
	if (err)
		ioth_close(fd);
	return err ? err : fd;
}

/* Of a door that is shut. */
static void try_door(struct door *door)
{
	int fd = open_socket(door);

	if (fd < 0) {
		complaint_set(&door->backend->doors, fd);
		return;
	}
	door->fd = fd;
	count(door, 1, -1);
}

static bool is_of(const struct hashtable_link *link, const void *backend)
{
	return hashtable_entry(link, struct door, link)->backend == backend;
}

static struct door *find_door(const struct window *window, const struct backend *backend)
{
	struct hashtable_link *link =
	    hashtable_find(&window->doors, backend->link.hash, is_of, backend);

	return link ? hashtable_entry(link, struct door, link) : NULL;
}

/* The door of a service, shut if it is a new one. NULL: no memory. */
static struct door *door_for(struct window *window, const struct service *service)
{
	struct backend *backend = backend_get(window->flows, service);
	struct door *door = backend ? find_door(window, backend) : NULL;

	if (door || !backend)
		goto put_backend;
	door = calloc(1, sizeof(*door));
	if (!door)
		goto put_backend;
	door->window = window;
	door->backend = backend_ref(backend);
	door->fd = -1;
	list_init(&door->mappings);
	loop_timer_init(window->flows->loop, &door->rest, watch_again);
	hashtable_insert(&window->doors, &door->link, backend->link.hash);
	count(door, 0, 1);
put_backend:
	if (backend)
		backend_put(backend);
	return door;
}

/* Takes the datagrams that wait, and gives their clients sockets of their own. */
static void take_datagrams(struct door *door)
{
	if (door->closing || door->fd < 0 || door->backend->service.type != SOCK_DGRAM)
		return;
	door->closing = true;
	udp_receive(door);
	udp_separate(door);
}

static void close_socket(struct door *door)
{
	take_datagrams(door);
	door->closing = true;
	if (door->backend->service.type == SOCK_STREAM)
		tcp_accept(door);
	loop_remove(&door->source);
	loop_timer_cancel(&door->rest);
	ioth_close(door->fd);
}

static void door_close(struct door *door)
{
	bool is_open = door->fd >= 0;

	if (is_open)
		close_socket(door);
	hashtable_remove(&door->window->doors, &door->link);
	count(door, is_open ? -1 : 0, is_open ? 0 : -1);
	backend_put(door->backend);
	free(door);
}

void door_rest(struct door *door)
{
	if (door->closing)
		return;
	(void)loop_want(&door->source, 0);
	loop_timer_after(&door->rest, LOOP_SEC);
}

/* All, or those that nobody wants. */
static void close_doors(struct window *window, bool all)
{
	struct hashtable_link *link = hashtable_first(&window->doors);

	while (link) {
		struct door *door = hashtable_entry(link, struct door, link);

		link = hashtable_next(&window->doors, link);
		if (all || !door->wanted)
			door_close(door);
		else
			door->wanted = false;
	}
}

/* Doors for all services, and for nothing else. Those that there are stay as they are: flows have
 * the server that they had. Others are tried: here is also where that is done again. */
static void set_doors(struct window *window)
{
	bool complete = true;

	for (size_t i = 0; i < window->service_count; i++) {
		struct door *door = door_for(window, &window->services[i]);

		if (door)
			door->wanted = true;
		else
			flows_count_failure(window->flows, -ENOMEM);
		complete = complete && door;
	}
	/* Their descriptors may be wanted. */
	close_doors(window, false);
	for (size_t i = 0; i < window->service_count; i++) {
		struct door *door = door_for(window, &window->services[i]);

		if (door && door->fd < 0)
			try_door(door);
		complete = complete && door && door->fd >= 0;
	}
	loop_timer_cancel(&window->retry);
	if (complete)
		return;
	loop_timer_after(&window->retry, window->pause);
	window->pause = 2 * window->pause < WINDOW_PAUSE_MAX ? 2 * window->pause : WINDOW_PAUSE_MAX;
}

static void try_again(struct loop_timer *timer)
{
	set_doors(timerq_entry(timer, struct window, retry));
}

/* ---- windows --------------------------------------------------------------------------------- */

static struct window *find_window(const struct flows *flows, const struct in6_addr *address)
{
	struct window *window;

	list_for_each (window, &flows->windows, link) {
		if (IN6_ARE_ADDR_EQUAL(&window->address, address))
			return window;
	}
	return NULL;
}

bool flows_have(const struct flows *flows, const struct in6_addr *address)
{
	return find_window(flows, address);
}

static struct window *new_window(struct flows *flows, const struct in6_addr *address)
{
	struct window *window = calloc(1, sizeof(*window));

	if (!window)
		return NULL;
	/* The keys of backends: a door has the hash of its own. */
	(void)hashtable_init(&window->doors, &flows->backends.key);
	window->flows = flows;
	window->address = *address;
	window->closed = true;
	loop_timer_init(flows->loop, &window->retry, try_again);
	list_init(&window->link);
	metric_set(&flows->stats.addresses, metric_get(&flows->stats.addresses) + 1);
	return window;
}

int window_open(struct flows *flows, const struct in6_addr *address,
    const struct service services[], size_t count)
{
	struct window *window = find_window(flows, address);

	if (!window)
		window = new_window(flows, address);
	if (!window)
		return -ENOMEM;
	if (window->closed)
		metric_add(&flows->stats.windows, 1);
	window->closed = false;
	list_remove(&window->link);
	list_prepend(&flows->windows, &window->link);
	window_set_services(window, services, count);
	return 0;
}

void window_set_services(struct window *window, const struct service services[], size_t count)
{
	if (window->closed)
		return;
	window->services = services;
	window->service_count = count;
	window->pause = LOOP_SEC;
	set_doors(window);
}

void window_separate(struct flows *flows, const struct in6_addr *address)
{
	struct window *window = find_window(flows, address);
	struct hashtable_link *link;

	if (!window || window->closed)
		return;
	/* That does not make doors, nor close any. */
	for (link = hashtable_first(&window->doors); link; link = hashtable_next(&window->doors, link))
		take_datagrams(hashtable_entry(link, struct door, link));
}

void window_shut(struct flows *flows, const struct in6_addr *address)
{
	struct window *window = find_window(flows, address);

	if (window)
		window_close(window);
}

void window_close(struct window *window)
{
	if (window->closed)
		return;
	window_enter(window);
	loop_timer_cancel(&window->retry);
	close_doors(window, true);
	window->closed = true;
	window->services = NULL;
	window->service_count = 0;
	list_remove(&window->link);
	list_append(&window->flows->windows, &window->link);
	window_leave(window);
}

void window_enter(struct window *window)
{
	window->flow_count++;
}

void window_leave(struct window *window)
{
	struct flows *flows = window->flows;
	struct in6_addr address = window->address;

	if (--window->flow_count > 0 || !window->closed)
		return;
	list_remove(&window->link);
	hashtable_clear(&window->doors);
	free(window);
	metric_set(&flows->stats.addresses, metric_get(&flows->stats.addresses) - 1);
	if (flows->gone)
		flows->gone(flows, &address);
}
