/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets, epoll and the clock of a test's: see world.h. */
#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <ioth.h>

#include "window.h"

#define FIRST_FD  300 /* above those of the process */
#define QUEUE_MAX 8
#define TURNS_MAX 10000
#define SOURCES   256

struct datagram {
	struct sockaddr_in6 from;
	size_t len;
	uint8_t owner;
};

/* A socket that the proxy has, and what is at its other end. */
struct socket {
	bool used, inner, listening, connecting, connected;
	int type;
	struct sockaddr_in6 local, peer;
	bool linger;
	uint32_t interest; /* of epoll */
	bool watched;
	epoll_data_t data;

	struct {
		int fds[QUEUE_MAX]; /* of connections that wait */
		size_t count;
	} queue;

	int partner;        /* outside and inside know each other; -1: none */
	unsigned int bytes; /* which its other end sends */
	size_t come, given; /* bytes that have come, and those that the proxy has read */
	bool end_came, reset_came;
	size_t room, taken, header; /* of what the other end takes; `header` of it is a PROXY header */
	bool header_done;
	bool end_sent, reset_sent;
	int error; /* SO_ERROR */

	struct datagram datagrams[QUEUE_MAX];
	size_t datagram_count, replies;
	int owner; /* the source whose mapping it is; -1: not known yet */
};

struct world world;
static struct socket sockets[WORLD_SOCKETS];
static size_t next_socket; /* places are used again as late as can be */
static unsigned int streams;
static int accepted; /* the last one: what is opened inside next is for it */
static loop_time now;
static bool is_running;
static size_t got[SOURCES];

#define OUTER ((struct ioth *)(uintptr_t)1)
#define INNER ((struct ioth *)(uintptr_t)2)

/* Also for the fuzz target: not one of cmocka's. */
static void insist_that(bool condition, const char *text, int line)
{
	if (condition)
		return;
	fprintf(stderr, "world.c:%d: %s\n", line, text);
	abort();
}
#define insist(condition) insist_that(condition, #condition, __LINE__)

static struct socket *slot(int fd)
{
	insist(fd >= FIRST_FD && fd < FIRST_FD + WORLD_SOCKETS);
	return &sockets[fd - FIRST_FD];
}

/* What the proxy gives has to be open. */
static struct socket *socket_of(int fd)
{
	struct socket *socket = slot(fd);

	insist(socket->used);
	return socket;
}

static int fd_of(const struct socket *socket)
{
	return FIRST_FD + (int)(socket - sockets);
}

static uint8_t byte_at(unsigned int bytes, size_t at)
{
	return (uint8_t)((bytes + 1) * 40503u + at * 2654435761u / 8192);
}

static struct socket *new_socket(int type, bool inner)
{
	for (size_t i = 0; i < WORLD_SOCKETS; i++) {
		struct socket *socket = &sockets[next_socket++ % WORLD_SOCKETS];

		if (socket->used)
			continue;
		*socket = (struct socket){.used = true,
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

static bool fails(enum world_call call)
{
	errno = world.errors[call];
	return world.errors[call] != 0;
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
	struct socket *socket;

	if (!is_running || fd < FIRST_FD)
		return __real_epoll_ctl(epoll, op, fd, event);
	socket = socket_of(fd);
	insist(socket->watched == (op != EPOLL_CTL_ADD));
	socket->watched = op != EPOLL_CTL_DEL;
	if (socket->watched) {
		socket->interest = event->events;
		socket->data = event->data;
	}
	return 0;
}

/* As tcp_poll and udp_poll of Linux have it. */
static uint32_t ready_for(const struct socket *socket)
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
		const struct socket *socket = &sockets[i];
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

/* ---- libioth's calls ------------------------------------------------------------------------- */

int ioth_msocket(struct ioth *stack, int domain, int type, int protocol)
{
	struct socket *socket;

	insist(type & SOCK_NONBLOCK && type & SOCK_CLOEXEC);
	if (fails(WORLD_MSOCKET))
		return -1;
	socket = new_socket(type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), stack == INNER);
	if (!socket)
		return -1;
	if (socket->inner && socket->type == SOCK_STREAM) {
		insist(accepted >= 0);
		socket->partner = accepted;
		slot(accepted)->partner = fd_of(socket);
	}
	return fd_of(socket);
}

int ioth_setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
	struct socket *socket = socket_of(fd);

	if (level == SOL_SOCKET && option == SO_LINGER)
		socket->linger = ((const struct linger *)value)->l_onoff;
	return 0;
}

int ioth_getsockopt(int fd, int level, int option, void *value, socklen_t *len)
{
	struct socket *socket = socket_of(fd);

	insist(level == SOL_SOCKET && option == SO_ERROR);
	*(int *)value = socket->error;
	socket->error = 0;
	return 0;
}

static bool same_name(const struct sockaddr_in6 *a, const struct sockaddr_in6 *b)
{
	return IN6_ARE_ADDR_EQUAL(&a->sin6_addr, &b->sin6_addr) && a->sin6_port == b->sin6_port;
}

int ioth_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct socket *socket = socket_of(fd);

	if (fails(WORLD_BIND))
		return -1;
	memcpy(&socket->local, addr, sizeof(socket->local));
	for (size_t i = 0; i < WORLD_SOCKETS; i++) {
		if (sockets[i].used && sockets[i].listening && socket->type == SOCK_STREAM &&
		    same_name(&sockets[i].local, &socket->local)) {
			errno = EADDRINUSE;
			return -1;
		}
	}
	return 0;
}

int ioth_listen(int fd, int backlog)
{
	socket_of(fd)->listening = true;
	return 0;
}

int ioth_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct socket *socket = socket_of(fd);

	memcpy(&socket->peer, addr, len);
	if (socket->type == SOCK_DGRAM || world.server == WORLD_TAKES) {
		socket->connected = true;
		return 0;
	}
	if (world.server == WORLD_REFUSES) {
		errno = ECONNREFUSED;
		return -1;
	}
	socket->connecting = true;
	errno = EINPROGRESS;
	return -1;
}

int ioth_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	struct socket *listener = socket_of(fd);
	int first;

	insist(listener->listening && flags == (SOCK_NONBLOCK | SOCK_CLOEXEC));
	if (fails(WORLD_ACCEPT))
		return -1;
	if (listener->queue.count == 0) {
		errno = EAGAIN;
		return -1;
	}
	first = listener->queue.fds[0];
	listener->queue.count--;
	memmove(listener->queue.fds, listener->queue.fds + 1, listener->queue.count * sizeof(int));
	memcpy(addr, &slot(first)->peer, sizeof(struct sockaddr_in6));
	accepted = first;
	return first;
}

ssize_t ioth_recv(int fd, void *buf, size_t len, int flags)
{
	struct socket *socket = socket_of(fd);
	size_t n = socket->come - socket->given;

	insist(socket->connected && !socket->listening && len > 0);
	if (socket->reset_came) {
		errno = ECONNRESET;
		return -1;
	}
	if (n > len)
		n = len;
	if (n == 0 && !socket->end_came) {
		errno = EAGAIN;
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		((uint8_t *)buf)[i] = byte_at(socket->bytes, socket->given + i);
	socket->given += n;
	return (ssize_t)n;
}

/* A header of version 1 is a line, one of version 2 has 52 bytes. */
static bool is_header(struct socket *socket, uint8_t byte)
{
	if (!socket->inner || world.proxy == 0 || socket->header_done)
		return false;
	socket->header++;
	socket->header_done = world.proxy == 1 ? byte == '\n' : socket->header == 52;
	return true;
}

ssize_t ioth_send(int fd, const void *buf, size_t len, int flags)
{
	struct socket *socket = socket_of(fd);
	size_t n = len < socket->room ? len : socket->room;

	insist(flags & MSG_NOSIGNAL && !socket->end_sent && socket->connected);
	if (socket->reset_came) {
		errno = EPIPE;
		return -1;
	}
	if (n == 0) {
		errno = EAGAIN;
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		uint8_t byte = ((const uint8_t *)buf)[i];

		/* What was read from the other one, in its order. */
		if (!is_header(socket, byte))
			insist(byte == byte_at(slot(socket->partner)->bytes, socket->taken - socket->header));
		socket->taken++;
	}
	insist(socket->taken - socket->header <= slot(socket->partner)->given);
	socket->room -= n;
	return (ssize_t)n;
}

int ioth_shutdown(int fd, int how)
{
	struct socket *socket = socket_of(fd);

	insist(how == SHUT_WR && !socket->end_sent);
	if (socket->reset_came) {
		errno = ENOTCONN;
		return -1;
	}
	socket->end_sent = true;
	return 0;
}

int ioth_close(int fd)
{
	struct socket *socket = socket_of(fd);

	insist(!socket->watched); /* loop_remove comes before */
	/* Connections that nobody has accepted are reset, and so are those with bytes nobody has read.
	 */
	for (size_t i = 0; i < socket->queue.count; i++) {
		slot(socket->queue.fds[i])->reset_sent = true;
		slot(socket->queue.fds[i])->used = false;
	}
	if (socket->linger || socket->come > socket->given)
		socket->reset_sent = true;
	else
		socket->end_sent = true;
	socket->used = false;
	return 0;
}

static uint8_t datagram_byte(const struct datagram *datagram, size_t at)
{
	return at == 0 ? datagram->owner : byte_at((unsigned int)datagram->len, at);
}

int ioth_recvmmsg(
    int fd, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *timeout)
{
	struct socket *socket = socket_of(fd);
	unsigned int taken = 0;

	insist(socket->type == SOCK_DGRAM);
	if (socket->error) {
		errno = socket->error;
		socket->error = 0;
		return -1;
	}
	for (; taken < count && taken < socket->datagram_count; taken++) {
		const struct datagram *datagram = &socket->datagrams[taken];
		struct msghdr *header = &messages[taken].msg_hdr;

		insist(header->msg_iov->iov_len >= datagram->len);
		for (size_t i = 0; i < datagram->len; i++)
			((uint8_t *)header->msg_iov->iov_base)[i] = datagram_byte(datagram, i);
		if (header->msg_name)
			memcpy(header->msg_name, &datagram->from, sizeof(datagram->from));
		messages[taken].msg_len = (unsigned int)datagram->len;
	}
	socket->datagram_count -= taken;
	memmove(socket->datagrams, socket->datagrams + taken,
	    socket->datagram_count * sizeof(socket->datagrams[0]));
	errno = EAGAIN;
	return taken ? (int)taken : -1;
}

/* Sources are numbers, in the last byte of an address. */
static uint8_t source_of(const struct sockaddr_in6 *name)
{
	return name->sin6_addr.s6_addr[15];
}

int ioth_sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
	struct socket *socket = socket_of(fd);

	insist(count > 0 && socket->type == SOCK_DGRAM);
	if (fails(WORLD_SENDMMSG))
		return -1;
	for (unsigned int i = 0; i < count; i++) {
		const struct msghdr *header = &messages[i].msg_hdr;
		const uint8_t *bytes = header->msg_iov->iov_base;
		const struct datagram datagram = {.len = header->msg_iov->iov_len, .owner = bytes[0]};

		insist(datagram.len > 0);
		for (size_t at = 0; at < datagram.len; at++)
			insist(bytes[at] == datagram_byte(&datagram, at));
		if (socket->inner) {
			/* One client's, and nobody else's. */
			insist(socket->owner < 0 || socket->owner == datagram.owner);
			socket->owner = datagram.owner;
			socket->taken++;
		} else {
			const struct sockaddr_in6 *to = header->msg_name ? header->msg_name : &socket->peer;

			insist(source_of(to) == datagram.owner);
			got[datagram.owner]++;
		}
	}
	return (int)count;
}

/* ---- outside --------------------------------------------------------------------------------- */

struct in6_addr world_address(unsigned int number)
{
	struct in6_addr address = {.s6_addr = {0xfc, 1}};

	address.s6_addr[15] = (uint8_t)number;
	return address;
}

void world_service(struct service *service, int type, uint16_t port)
{
	*service = (struct service){.type = type, .port = port, .inner_port = port, .host = "::1"};
	service->proxy = type == SOCK_STREAM ? world.proxy : 0;
	service->inner.in6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
	service->inner_len = sizeof(service->inner.in6);
}

static struct sockaddr_in6 client_name(unsigned int source)
{
	struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(10000)};

	name.sin6_addr.s6_addr[0] = 0xfd;
	name.sin6_addr.s6_addr[15] = (uint8_t)source;
	return name;
}

/* A datagram's socket: one that is connected to its sender comes first. */
static struct socket *receiver(
    int type, const struct in6_addr *address, uint16_t port, const struct sockaddr_in6 *from)
{
	const struct sockaddr_in6 name = {.sin6_addr = *address, .sin6_port = htons(port)};
	struct socket *found = NULL;

	for (size_t i = 0; i < WORLD_SOCKETS; i++) {
		struct socket *socket = &sockets[i];

		if (!socket->used || socket->inner || socket->type != type ||
		    !same_name(&socket->local, &name))
			continue;
		if (type == SOCK_STREAM ? socket->listening : !socket->connected && !found)
			found = socket;
		else if (type == SOCK_DGRAM && socket->connected && same_name(&socket->peer, from))
			return socket;
	}
	return found;
}

int world_call(const struct in6_addr *address, uint16_t port, unsigned int source)
{
	const struct sockaddr_in6 name = client_name(source);
	struct socket *listener = receiver(SOCK_STREAM, address, port, &name), *socket;

	if (!listener || listener->queue.count == QUEUE_MAX)
		return -1;
	socket = new_socket(SOCK_STREAM, false);
	if (!socket)
		return -1;
	socket->connected = true;
	socket->peer = name;
	listener->queue.fds[listener->queue.count++] = fd_of(socket);
	return fd_of(socket);
}

bool world_datagram(const struct in6_addr *address, uint16_t port, unsigned int source, size_t len)
{
	const struct sockaddr_in6 name = client_name(source);
	struct socket *socket = receiver(SOCK_DGRAM, address, port, &name);

	if (!socket || socket->datagram_count == QUEUE_MAX)
		return false;
	socket->datagrams[socket->datagram_count++] =
	    (struct datagram){.from = name, .len = len, .owner = (uint8_t)source};
	return true;
}

size_t world_got(unsigned int source)
{
	size_t count = got[source % SOURCES];

	got[source % SOURCES] = 0;
	return count;
}

/* ---- inside ---------------------------------------------------------------------------------- */

int world_inner(int outer)
{
	return slot(outer)->partner;
}

int world_inner_of(unsigned int source)
{
	for (size_t i = 0; i < WORLD_SOCKETS; i++) {
		const struct socket *socket = &sockets[i];

		if (socket->used && socket->inner && socket->type == SOCK_DGRAM &&
		    socket->owner == (int)source)
			return fd_of(socket);
	}
	return -1;
}

void world_answer(int inner)
{
	struct socket *socket = slot(inner);

	socket->connected = socket->connected || socket->connecting;
	socket->connecting = false;
}

void world_refuse(int inner)
{
	struct socket *socket = slot(inner);

	if (socket->connecting)
		socket->error = ECONNREFUSED;
	socket->connecting = false;
}

bool world_reply(int inner, size_t len)
{
	struct socket *socket = slot(inner);

	if (!socket->used || socket->owner < 0 || socket->datagram_count == QUEUE_MAX)
		return false;
	socket->datagrams[socket->datagram_count++] =
	    (struct datagram){.len = len, .owner = (uint8_t)socket->owner};
	return true;
}

/* ---- the other end --------------------------------------------------------------------------- */

void world_send(int fd, size_t len)
{
	struct socket *socket = slot(fd);

	if (socket->connected && !socket->end_came && !socket->reset_came)
		socket->come += len;
}

void world_finish(int fd)
{
	slot(fd)->end_came = slot(fd)->connected;
}

void world_reset(int fd)
{
	slot(fd)->reset_came = slot(fd)->connected;
}

void world_fail(int fd, int error)
{
	slot(fd)->error = error;
}

void world_set_room(int fd, size_t room)
{
	slot(fd)->room = room;
}

size_t world_has(int fd)
{
	return slot(fd)->taken;
}

bool world_has_end(int fd)
{
	return slot(fd)->end_sent && !slot(fd)->reset_sent;
}

bool world_has_reset(int fd)
{
	return slot(fd)->reset_sent;
}

bool world_is_open(int fd)
{
	return slot(fd)->used;
}

bool world_is_inner(int fd)
{
	return slot(fd)->inner;
}

bool world_is_stream(int fd)
{
	return slot(fd)->type == SOCK_STREAM && !slot(fd)->listening;
}

size_t world_sockets(void)
{
	size_t count = 0;

	for (size_t i = 0; i < WORLD_SOCKETS; i++)
		count += sockets[i].used;
	return count;
}

int world_socket(size_t number)
{
	return FIRST_FD + (int)(number % WORLD_SOCKETS);
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
	    .tcp_timeout = 120 * LOOP_SEC,
	    .udp_timeout = 8 * LOOP_SEC,
	    .connect_timeout = 10 * LOOP_SEC,
	    .backlog = 5};

	memset(&world, 0, sizeof(world));
	memset(sockets, 0, sizeof(sockets));
	memset(got, 0, sizeof(got));
	next_socket = 0;
	streams = 0;
	accepted = -1;
	now = 1000 * LOOP_SEC;
	if (loop_init(&world.loop) < 0)
		return false;
	is_running = true;
	world.loop.now = now;
	if (flows_init(&world.flows, &world.loop, OUTER, INNER, limits ? limits : &generous) < 0) {
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
	insist(metric_get(&flows->stats.addresses) == 0);
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
		insist(!window->closed || list_is_empty(&window->doors));
		count += window->flow_count;
	}
	insist(count == flows_open(flows));
	for (size_t i = 0; i < WORLD_SOCKETS; i++) {
		const struct socket *socket = &sockets[i];

		if (!socket->used || socket->type != SOCK_STREAM || socket->partner < 0)
			continue;
		insist(slot(socket->partner)->used); /* both or neither */
		kept += socket->given - (slot(socket->partner)->taken - slot(socket->partner)->header);
		/* What cannot go on is not read: back-pressure. */
		insist(socket->given <= slot(socket->partner)->taken + flows->pool.chunk_size);
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
