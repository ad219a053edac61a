/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses and doors: see window.h. */
#include "window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <ioth.h>

#include "addrtext.h"
#include "log.h"
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
	struct door *door = timerq_entry(timer, struct door, retry);

	(void)loop_want(&door->source, EPOLLIN);
}

static int door_open(struct window *window, const struct service *service)
{
	struct flows *flows = window->flows;
	struct door *door = calloc(1, sizeof(*door));
	int err = -ENOMEM;

	if (!door)
		return err;
	door->window = window;
	door->service = *service;
	loop_timer_init(flows->loop, &door->retry, watch_again);
	door->fd = socket_open_outer(flows->outer, service, &window->address, flows->limits.backlog);
	if (door->fd < 0) {
		err = door->fd;
		goto free_door;
	}
	err = loop_add(flows->loop, &door->source, door->fd, EPOLLIN,
	    service->type == SOCK_STREAM ? tcp_ready : udp_ready);
	if (err)
		goto close_socket;
	list_append(&window->doors, &door->link);
	return 0;

close_socket:
	ioth_close(door->fd);
free_door:
	free(door);
	return err;
}

static void door_close(struct door *door)
{
	door->closing = true;
	if (door->service.type == SOCK_STREAM) {
		tcp_accept(door);
	} else {
		udp_receive(door);
		udp_separate(door);
	}
	loop_remove(&door->source);
	loop_timer_cancel(&door->retry);
	list_remove(&door->link);
	ioth_close(door->fd);
	free(door);
}

void door_rest(struct door *door)
{
	if (door->closing)
		return;
	(void)loop_want(&door->source, 0);
	loop_timer_after(&door->retry, LOOP_SEC);
}

/* ---- windows --------------------------------------------------------------------------------- */

/* The door of a service's port. */
static struct door *find_door(const struct window *window, const struct service *service)
{
	struct door *door;

	list_for_each (door, &window->doors, link) {
		/* door_close takes a door out of the list before it is freed.
		 * NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		if (door->service.type == service->type && door->service.port == service->port)
			return door;
	}
	return NULL;
}

static void log_failure(const struct window *window, const struct service *service, int err)
{
	char text[ADDRTEXT_IP_SIZE];

	(void)addrtext_print_ip(text, sizeof(text), AF_INET6, &window->address);
	log_error("[%s]:%u/%s: %s", text, service->port, service->type == SOCK_STREAM ? "tcp" : "udp",
	    strerror(-err));
}

/* 0, or the -errno of the last one that failed. */
static int open_doors(struct window *window, const struct service services[], size_t count)
{
	int err, last = 0;

	for (size_t i = 0; i < count; i++) {
		struct door *door = find_door(window, &services[i]);

		if (door) { /* flows that there are keep the server that they have */
			door->service = services[i];
			continue;
		}
		err = door_open(window, &services[i]);
		if (!err)
			continue;
		log_failure(window, &services[i], err);
		last = err;
	}
	return last;
}

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
	window->flows = flows;
	window->address = *address;
	list_init(&window->doors);
	list_init(&window->link);
	metric_set(&flows->stats.addresses, metric_get(&flows->stats.addresses) + 1);
	return window;
}

int window_open(struct flows *flows, const struct in6_addr *address,
    const struct service services[], size_t count)
{
	struct window *window = find_window(flows, address);
	int err;

	if (!window)
		window = new_window(flows, address);
	if (!window)
		return -ENOMEM;
	window->closed = false;
	list_remove(&window->link);
	list_prepend(&flows->windows, &window->link);
	err = open_doors(window, services, count);
	if (err) {
		window_close(window);
		return err;
	}
	metric_add(&flows->stats.windows, 1);
	return 0;
}

void window_set_services(struct window *window, const struct service services[], size_t count)
{
	struct door *door;

	if (window->closed)
		return;
	list_for_each_safe (door, &window->doors, link) {
		bool wanted = false;

		for (size_t i = 0; i < count && !wanted; i++)
			wanted = find_door(window, &services[i]) == door;
		if (!wanted)
			door_close(door);
	}
	(void)open_doors(window, services, count);
}

void window_shut(struct flows *flows, const struct in6_addr *address)
{
	struct window *window = find_window(flows, address);

	if (window)
		window_close(window);
}

void window_close(struct window *window)
{
	struct door *door;

	if (window->closed)
		return;
	window_enter(window);
	list_for_each_safe (door, &window->doors, link)
		door_close(door);
	window->closed = true;
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
	free(window);
	metric_set(&flows->stats.addresses, metric_get(&flows->stats.addresses) - 1);
	if (flows->gone)
		flows->gone(flows, &address);
}
