/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of a connection: see tcp.h. */
#include "tcp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <ioth.h>

#include "proxy_header.h"
#include "socket.h"

#define ACCEPTS_MAX 32 /* a turn */

struct connection;

struct side {
	struct loop_source source;
	struct connection *connection;
	int fd;
	bool finished; /* our end has been sent there */
};

struct connection {
	struct flows *flows;
	struct window *window;
	struct idle_entry idle;
	struct side client, server;
	struct relay up, down; /* to the server, to the client */
	struct source *source;
	struct backend *backend;
	bool connected;
};

/* ---- the end --------------------------------------------------------------------------------- */

static void end_side(struct side *side, bool abort)
{
	loop_remove(&side->source);
	if (abort)
		socket_abort(side->fd);
	else
		ioth_close(side->fd);
}

static void end(struct connection *connection, bool abort)
{
	struct flows *flows = connection->flows;

	end_side(&connection->client, abort);
	end_side(&connection->server, abort);
	relay_fini(&connection->up, &flows->pool);
	relay_fini(&connection->down, &flows->pool);
	idle_forget(&connection->idle);
	flows_leave(flows, connection->source);
	backend_put(connection->backend);
	flows->connections--;
	metric_set(&flows->stats.tcp_open, flows->connections);
	window_leave(connection->window);
	free(connection);
}

static void abort_both(struct connection *connection)
{
	metric_add(&connection->flows->stats.tcp_aborted, 1);
	end(connection, true);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/* EPOLLHUP cannot be left out. It says that a socket is through in both directions; for one that we
 * have sent our end to that is no news, and it leaves the loop while there is nothing to wait for.
 * Any other stays, for the reset that it may get. */
static int watch(struct side *side, uint32_t events, loop_source_function *function)
{
	if (events == 0 && side->finished) {
		loop_remove(&side->source);
		return 0;
	}
	if (side->source.loop)
		return loop_want(&side->source, events);
	return loop_add(side->connection->flows->loop, &side->source, side->fd, events, function);
}

static loop_source_function client_ready, server_ready;

static void settle(struct connection *connection)
{
	struct relay *up = &connection->up, *down = &connection->down;
	uint32_t client = 0, server = connection->connected ? 0 : EPOLLOUT;

	if (up->passed && down->passed) {
		end(connection, false);
		return;
	}
	connection->server.finished = up->passed;
	connection->client.finished = down->passed;
	if (connection->connected) {
		client |= up->ended || relay_is_waiting(up) ? 0 : EPOLLIN;
		client |= relay_is_waiting(down) ? EPOLLOUT : 0;
		server |= down->ended || relay_is_waiting(down) ? 0 : EPOLLIN;
		server |= relay_is_waiting(up) ? EPOLLOUT : 0;
	}
	if (watch(&connection->client, client, client_ready) < 0 ||
	    watch(&connection->server, server, server_ready) < 0) {
		flows_count_failure(connection->flows, -ENOMEM);
		end(connection, true);
	}
}

/* 0 or -errno. */
static int move(struct connection *connection, bool upwards)
{
	struct flows *flows = connection->flows;
	struct relay *relay = upwards ? &connection->up : &connection->down;
	const struct relay *other = upwards ? &connection->down : &connection->up;
	const struct side *from = upwards ? &connection->client : &connection->server;
	const struct side *to = upwards ? &connection->server : &connection->client;
	bool before = relay->ended;
	int64_t moved;

	if (relay->passed)
		return 0;
	moved = relay_move(relay, &flows->pool, from->fd, to->fd, other->passed);
	if (moved < 0) {
		if (moved == -ENOMEM)
			flows_count_failure(flows, -ENOMEM);
		return (int)moved;
	}
	metric_add(upwards ? &flows->stats.tcp_bytes_in : &flows->stats.tcp_bytes_out, (uint64_t)moved);
	if (moved > 0 || relay->ended != before)
		idle_touch(&flows->connected, &connection->idle);
	return 0;
}

/* Something happened at the side that `upwards` receives from. */
static void ready(struct connection *connection, bool upwards, uint32_t events)
{
	const struct side *side = upwards ? &connection->client : &connection->server;
	int err = events & EPOLLERR ? -ECONNRESET : 0;

	/* Through in both directions, and we have not said so: it is gone. */
	if (events & EPOLLHUP && !(side->source.events & EPOLLIN) && !side->finished)
		err = -ECONNRESET;
	if (!err && events & (EPOLLIN | EPOLLHUP) && side->source.events & EPOLLIN)
		err = move(connection, upwards);
	if (!err && events & EPOLLOUT)
		err = move(connection, !upwards);
	if (err)
		abort_both(connection);
	else
		settle(connection);
}

/* ---- the server is connected to -------------------------------------------------------------- */

static void connected(struct connection *connection)
{
	connection->connected = true;
	backend_server_is(connection->backend, 0);
	idle_touch(&connection->flows->connected, &connection->idle);
	/* Most clients speak first, and have done so by now. */
	if (move(connection, true) < 0)
		abort_both(connection);
	else
		settle(connection);
}

static void not_connected(struct connection *connection, int err)
{
	backend_server_is(connection->backend, err);
	metric_add(&connection->flows->stats.tcp_inner_failed, 1);
	end(connection, true);
}

static int error_of(int fd)
{
	int err = 0;
	socklen_t len = sizeof(err);

	return ioth_getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0 ? errno : err;
}

static void server_ready(struct loop_source *source, uint32_t events)
{
	struct connection *connection = ((struct side *)source)->connection;
	int err;

	if (connection->connected)
		ready(connection, false, events);
	else if ((err = error_of(connection->server.fd)) != 0 || events & (EPOLLERR | EPOLLHUP))
		not_connected(connection, err ? -err : -ECONNRESET);
	else
		connected(connection);
}

static void client_ready(struct loop_source *source, uint32_t events)
{
	ready(((struct side *)source)->connection, true, events);
}

static void connect_expired(struct idle *idle, struct idle_entry *entry)
{
	not_connected(list_entry(entry, struct connection, idle), -ETIMEDOUT);
}

static void idle_expired(struct idle *idle, struct idle_entry *entry)
{
	struct connection *connection = list_entry(entry, struct connection, idle);

	metric_add(&connection->flows->stats.tcp_idle, 1);
	end(connection, false);
}

/* ---- a client comes -------------------------------------------------------------------------- */

static int begin_with_header(
    struct connection *connection, const struct door *door, const struct sockaddr_in6 *peer)
{
	const struct sockaddr_in6 local = {.sin6_family = AF_INET6,
	    .sin6_addr = door->window->address,
	    .sin6_port = htons(door->backend->service.port)};
	uint8_t header[PROXY_HEADER_MAX];
	size_t len;

	if (door->backend->service.proxy == 0)
		return 0;
	len = proxy_header_write(header, door->backend->service.proxy, peer, &local);
	return relay_begin_with(&connection->up, &connection->flows->pool, header, len);
}

/* The place is taken. 0, or -errno and the client's descriptor is the caller's. */
static int begin(struct door *door, int fd, const struct sockaddr_in6 *peer, struct source *source)
{
	struct flows *flows = door->window->flows;
	struct connection *connection = calloc(1, sizeof(*connection));
	int err = -ENOMEM;

	if (!connection)
		return err;
	connection->flows = flows;
	connection->window = door->window;
	connection->source = source;
	connection->client.connection = connection->server.connection = connection;
	connection->client.fd = fd;
	err = begin_with_header(connection, door, peer);
	if (err)
		goto free_connection;
	connection->server.fd = socket_open_inner(flows->inner, &door->backend->service);
	if (connection->server.fd < 0) {
		err = connection->server.fd;
		backend_server_is(door->backend, err);
		goto free_header;
	}
	connection->backend = backend_ref(door->backend);
	(void)socket_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	window_enter(door->window);
	flows->connections++;
	metric_add(&flows->stats.tcp_accepted, 1);
	metric_set(&flows->stats.tcp_open, flows->connections);
	idle_touch(&flows->connecting, &connection->idle);
	settle(connection);
	return 0;

free_header:
	relay_fini(&connection->up, &flows->pool);
free_connection:
	free(connection);
	return err;
}

static bool make_room(struct flows *flows)
{
	struct idle_entry *entry;

	while (flows->connections >= flows->limits.connections) {
		entry = flows_quietest(&flows->connected, flows->limits.tcp_full_timeout);
		if (!entry)
			return false;
		metric_add(&flows->stats.tcp_displaced, 1);
		/* At once: what waits in its sockets is memory, too. */
		end(list_entry(entry, struct connection, idle), true);
	}
	return true;
}

static void admit(struct door *door, int fd, const struct sockaddr_in6 *peer)
{
	struct flows *flows = door->window->flows;
	struct source *source = flows_enter(
	    flows, &peer->sin6_addr, make_room, &flows->stats.tcp_full, &flows->stats.tcp_per_source);
	int err;

	if (!source) {
		socket_abort(fd);
		return;
	}
	err = begin(door, fd, peer, source);
	if (!err)
		return;
	flows_leave(flows, source);
	flows_count_failure(flows, err);
	if (!backend_is_our_lack(err))
		metric_add(&flows->stats.tcp_inner_failed, 1);
	socket_abort(fd);
}

void tcp_accept(struct door *door)
{
	struct flows *flows = door->window->flows;

	for (unsigned int i = 0; i < ACCEPTS_MAX || door->closing; i++) {
		struct sockaddr_in6 peer = {0};
		socklen_t len = sizeof(peer);
		int fd =
		    ioth_accept4(door->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			admit(door, fd, &peer);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
			/* It would be ready all the time. */
			flows_count_failure(flows, -errno);
			door_rest(door);
			return;
		}
		if (errno != ECONNABORTED && errno != EINTR)
			return; /* others come back, if they are a connection's: accept(2) */
	}
}

/* ---- all of them ----------------------------------------------------------------------------- */

void tcp_init(struct flows *flows)
{
	idle_init(&flows->connecting, flows->loop, 0, connect_expired);
	idle_init(&flows->connected, flows->loop, 0, idle_expired);
}

static void end_all(struct idle *idle)
{
	struct idle_entry *entry;

	while ((entry = idle_oldest(idle)))
		end(list_entry(entry, struct connection, idle), false);
	idle_fini(idle);
}

void tcp_fini(struct flows *flows)
{
	end_all(&flows->connecting);
	end_all(&flows->connected);
}
