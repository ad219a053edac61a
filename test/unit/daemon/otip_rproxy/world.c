/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Turns, epoll and the clock of a test's, and what has to hold: see world.h. */
#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "window.h"
#include "world_sockets.h"

#define TURNS_MAX 10000

struct world world;
struct world_socket world_table[WORLD_SOCKETS];
int world_accepted;
size_t world_gotten[WORLD_SOURCES];
static size_t next_socket; /* places are used again as late as can be */
static unsigned int streams;
static loop_time now;
static bool is_running;

void world_insist(bool condition, const char *text, const char *file, int line)
{
	if (condition)
		return;
	fprintf(stderr, "%s:%d: %s\n", file, line, text);
	abort();
}

/* ---- sockets --------------------------------------------------------------------------------- */

struct world_socket *world_slot(int fd)
{
	insist(fd >= WORLD_FIRST_FD && fd < WORLD_FIRST_FD + WORLD_SOCKETS);
	return &world_table[fd - WORLD_FIRST_FD];
}

struct world_socket *world_socket_of(int fd)
{
	struct world_socket *socket = world_slot(fd);

	insist(socket->used);
	return socket;
}

int world_fd_of(const struct world_socket *socket)
{
	return WORLD_FIRST_FD + (int)(socket - world_table);
}

uint8_t world_byte_at(unsigned int bytes, size_t at)
{
	return (uint8_t)((bytes + 1ul) * 40503u + at * 2654435761u / 8192);
}

struct world_socket *world_new_socket(int type, bool inner)
{
	for (size_t i = 0; i < WORLD_SOCKETS; i++) {
		struct world_socket *socket = &world_table[next_socket++ % WORLD_SOCKETS];

		if (socket->used)
			continue;
		*socket = (struct world_socket){.used = true,
		    .type = type,
		    .inner = inner,
		    .partner = -1,
		    .bytes = streams++,
		    .room = WORLD_ROOM,
		    .owner = -1};
		return socket;
	}
	errno = EMFILE;
	return NULL;
}

bool world_same_name(const struct sockaddr_in6 *a, const struct sockaddr_in6 *b)
{
	return IN6_ARE_ADDR_EQUAL(&a->sin6_addr, &b->sin6_addr) && a->sin6_port == b->sin6_port;
}

/* ---- epoll and the clock --------------------------------------------------------------------- */

int __real_epoll_ctl(int epoll, int op, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int epoll, int op, int fd, struct epoll_event *event);
int __real_epoll_wait(int epoll, struct epoll_event *events, int max, int timeout);
int __wrap_epoll_wait(int epoll, struct epoll_event *events, int max, int timeout);
int __real_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time);

int __wrap_epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
	struct world_socket *socket;

	if (!is_running || fd < WORLD_FIRST_FD)
		return __real_epoll_ctl(epoll, op, fd, event);
	socket = world_socket_of(fd);
	insist(socket->watched == (op != EPOLL_CTL_ADD));
	socket->watched = op != EPOLL_CTL_DEL;
	if (socket->watched) {
		socket->interest = event->events;
		socket->data = event->data;
	}
	return 0;
}

/* As tcp_poll and udp_poll of Linux have it. */
static uint32_t ready_for(const struct world_socket *socket)
{
	uint32_t events = 0;

	if (socket->type == SOCK_DGRAM)
		return EPOLLOUT | (socket->datagram_count ? EPOLLIN : 0) | (socket->error ? EPOLLERR : 0);
	if (socket->listening)
		return socket->queue.count ? EPOLLIN : 0;
	if (socket->reset_came || socket->error)
		return EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP;
	if (socket->connecting)
		return 0;
	if (!socket->connected)
		return EPOLLOUT | EPOLLHUP;
	if (socket->come > socket->given || socket->end_came)
		events |= EPOLLIN;
	if (socket->room > 0 || socket->end_sent)
		events |= EPOLLOUT;
	if (socket->end_came && socket->end_sent)
		events |= EPOLLHUP;
	return events;
}

static int events_count;

int __wrap_epoll_wait(int epoll, struct epoll_event *events, int max, int timeout)
{
	if (!is_running)
		return __real_epoll_wait(epoll, events, max, timeout);
	events_count = 0;
	now += 10 * LOOP_USEC; /* a turn takes its time */
	for (size_t i = 0; i < WORLD_SOCKETS && events_count < max; i++) {
		const struct world_socket *socket = &world_table[i];
		uint32_t ready = socket->used && socket->watched
		                     ? ready_for(socket) & (socket->interest | EPOLLERR | EPOLLHUP)
		                     : 0;

		if (ready)
			events[events_count++] = (struct epoll_event){.events = ready, .data = socket->data};
	}
	return events_count;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
	if (!is_running || clock != CLOCK_MONOTONIC)
		return __real_clock_gettime(clock, time);
	*time =
	    (struct timespec){.tv_sec = (time_t)(now / LOOP_SEC), .tv_nsec = (long)(now % LOOP_SEC)};
	return 0;
}

/* ---- begin, end, turns ----------------------------------------------------------------------- */

static void window_gone(struct flows *flows, const struct in6_addr *address)
{
	insist(flows == &world.flows);
	world.gone++;
	world.last_gone = *address;
}

bool world_begin(const struct flow_limits *limits)
{
	static const struct flow_limits generous = {.connections = 1000,
	    .mappings = 1000,
	    .source_prefix = 64,
	    .tcp_timeout = 120 * LOOP_SEC,
	    .udp_timeout = 8 * LOOP_SEC,
	    .connect_timeout = 10 * LOOP_SEC,
	    .backlog = 5};

	memset(&world, 0, sizeof(world));
	memset(world_table, 0, sizeof(world_table));
	memset(world_gotten, 0, sizeof(world_gotten));
	next_socket = 0;
	streams = 0;
	world_accepted = -1;
	now = 1000 * LOOP_SEC;
	if (loop_init(&world.loop) < 0)
		return false;
	is_running = true;
	world.loop.now = now;
	if (flows_init(
	        &world.flows, &world.loop, WORLD_OUTER, WORLD_INNER, limits ? limits : &generous) < 0) {
		is_running = false;
		loop_fini(&world.loop);
		return false;
	}
	world.flows.gone = window_gone;
	return true;
}

void world_end(void)
{
	struct flows *flows = &world.flows;

	flows_fini(flows);
	insist(world_sockets() == 0);
	insist(list_is_empty(&flows->windows) && list_is_empty(&world.loop.jobs));
	insist(flows->connections == 0 && flows->mapping_count == 0 && flows->pool.kept == 0);
	insist(flows->sources.table.count == 0 && flows->mappings.count == 0);
	insist(metric_get(&flows->stats.addresses) == 0 && metric_get(&flows->stats.doors_shut) == 0);
	insist(flows->backends.count == 0);
	insist(timerq_next_deadline(&world.loop.timers) == TIMERQ_NEVER);
	is_running = false;
	loop_fini(&world.loop);
}

/* What has to hold between turns. */
static void check(void)
{
	const struct flows *flows = &world.flows;
	const struct window *window;
	uint64_t count = 0, kept = 0;
	size_t sources = 0;

	list_for_each (window, &flows->windows, link) {
		insist(window->flow_count > 0 || !window->closed);
		insist(!window->closed || window->doors.count == 0);
		count += window->flow_count;
	}
	insist(count == flows_open(flows));
	for (size_t i = 0; i < WORLD_SOCKETS; i++) {
		const struct world_socket *socket = &world_table[i];

		if (!socket->used || socket->type != SOCK_STREAM || socket->partner < 0)
			continue;
		insist(world_slot(socket->partner)->used); /* both or neither */
		kept += socket->given -
		        (world_slot(socket->partner)->taken - world_slot(socket->partner)->header);
		/* What cannot go on is not read: back-pressure. */
		insist(socket->given <= world_slot(socket->partner)->taken + flows->pool.chunk_size);
		sources++;
	}
	insist(sources == 2 * flows->connections);
	insist(kept <= flows->pool.kept);
	insist(flows->sources.table.count <= flows_open(flows));
	insist(metric_get(&flows->stats.tcp_open) == flows->connections);
	insist(metric_get(&flows->stats.udp_open) == flows->mapping_count);
}

void world_turn(void)
{
	unsigned int turns = 0, quiet = 0;

	/* A timer may have something begin in the turn after it. */
	while (quiet < 2) {
		insist(loop_turn(&world.loop, 0) == 0);
		check();
		quiet = events_count > 0 || !list_is_empty(&world.loop.jobs) ? 0 : quiet + 1;
		/* A loop that never sleeps would be a processor that does nothing else. */
		insist(++turns < TURNS_MAX);
	}
}

void world_pass(loop_time time)
{
	loop_time end = now + time, next;

	while ((next = timerq_next_deadline(&world.loop.timers)) <= end) {
		if (next > now)
			now = next;
		world_turn();
	}
	if (end > now)
		now = end;
	world_turn();
}
