/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clients and servers, which do what a test says: see world.h. */
#include <errno.h>
#include <sys/socket.h>

#include "world_sockets.h"

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
	service->inner.in6 = (struct sockaddr_in6){
	    .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	service->inner_len = sizeof(service->inner.in6);
}

static struct sockaddr_in6 client_name(unsigned int source)
{
	struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(10000)};

	name.sin6_addr.s6_addr[0] = 0xfd;
	name.sin6_addr.s6_addr[7] = (uint8_t)(source / WORLD_NETWORK);
	name.sin6_addr.s6_addr[15] = (uint8_t)source;
	return name;
}

/* A datagram's socket: one that is connected to its sender comes first. */
static struct world_socket *receiver(
    int type, const struct in6_addr *address, uint16_t port, const struct sockaddr_in6 *from)
{
	const struct sockaddr_in6 name = {.sin6_addr = *address, .sin6_port = htons(port)};
	struct world_socket *found = NULL;

	for (size_t i = 0; i < WORLD_SOCKETS; i++) {
		struct world_socket *socket = &world_table[i];

		if (!socket->used || socket->inner || socket->type != type ||
		    !world_same_name(&socket->local, &name))
			continue;
		if (type == SOCK_STREAM ? socket->listening : !socket->connected && !found)
			found = socket;
		else if (type == SOCK_DGRAM && socket->connected && world_same_name(&socket->peer, from))
			return socket;
	}
	return found;
}

int world_call(const struct in6_addr *address, uint16_t port, unsigned int source)
{
	const struct sockaddr_in6 name = client_name(source);
	struct world_socket *listener = receiver(SOCK_STREAM, address, port, &name), *socket;

	if (!listener || listener->queue.count == WORLD_QUEUE)
		return -1;
	socket = world_new_socket(SOCK_STREAM, false);
	if (!socket)
		return -1;
	socket->connected = true;
	socket->peer = name;
	listener->queue.fds[listener->queue.count++] = world_fd_of(socket);
	return world_fd_of(socket);
}

bool world_datagram(const struct in6_addr *address, uint16_t port, unsigned int source, size_t len)
{
	const struct sockaddr_in6 name = client_name(source);
	struct world_socket *socket = receiver(SOCK_DGRAM, address, port, &name);

	if (!socket || socket->datagram_count == WORLD_QUEUE)
		return false;
	socket->datagrams[socket->datagram_count++] =
	    (struct world_datagram){.from = name, .len = len, .owner = (uint8_t)source};
	return true;
}

size_t world_got(unsigned int source)
{
	size_t count = world_gotten[source % WORLD_SOURCES];

	world_gotten[source % WORLD_SOURCES] = 0;
	return count;
}

/* ---- inside ---------------------------------------------------------------------------------- */

int world_inner(int outer)
{
	return world_slot(outer)->partner;
}

int world_inner_of(unsigned int source)
{
	for (size_t i = 0; i < WORLD_SOCKETS; i++) {
		const struct world_socket *socket = &world_table[i];

		if (socket->used && socket->inner && socket->type == SOCK_DGRAM &&
		    socket->owner == (int)source)
			return world_fd_of(socket);
	}
	return -1;
}

void world_answer(int inner)
{
	struct world_socket *socket = world_slot(inner);

	socket->connected = socket->connected || socket->connecting;
	socket->connecting = false;
}

void world_refuse(int inner)
{
	struct world_socket *socket = world_slot(inner);

	if (socket->connecting)
		socket->error = ECONNREFUSED;
	socket->connecting = false;
}

bool world_reply(int inner, size_t len)
{
	struct world_socket *socket = world_slot(inner);

	if (!socket->used || socket->owner < 0 || socket->datagram_count == WORLD_QUEUE)
		return false;
	socket->datagrams[socket->datagram_count++] =
	    (struct world_datagram){.len = len, .owner = (uint8_t)socket->owner};
	return true;
}

/* ---- the other end --------------------------------------------------------------------------- */

void world_send(int fd, size_t len)
{
	struct world_socket *socket = world_slot(fd);

	if (socket->connected && !socket->end_came && !socket->reset_came)
		socket->come += len;
}

void world_finish(int fd)
{
	world_slot(fd)->end_came = world_slot(fd)->connected;
}

void world_reset(int fd)
{
	world_slot(fd)->reset_came = world_slot(fd)->connected;
}

void world_fail(int fd, int error)
{
	world_slot(fd)->error = error;
}

void world_set_room(int fd, size_t room)
{
	world_slot(fd)->room = room;
}

size_t world_has(int fd)
{
	return world_slot(fd)->taken;
}

bool world_has_end(int fd)
{
	return world_slot(fd)->end_sent && !world_slot(fd)->reset_sent;
}

bool world_has_reset(int fd)
{
	return world_slot(fd)->reset_sent;
}

bool world_is_open(int fd)
{
	return world_slot(fd)->used;
}

bool world_is_inner(int fd)
{
	return world_slot(fd)->inner;
}

bool world_is_stream(int fd)
{
	return world_slot(fd)->type == SOCK_STREAM && !world_slot(fd)->listening;
}

size_t world_sockets(void)
{
	size_t count = 0;

	for (size_t i = 0; i < WORLD_SOCKETS; i++)
		count += world_table[i].used;
	return count;
}

int world_socket(size_t number)
{
	return WORLD_FIRST_FD + (int)(number % WORLD_SOCKETS);
}
