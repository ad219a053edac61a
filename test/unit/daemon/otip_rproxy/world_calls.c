/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libioth's calls, on sockets of the world: see world.h. What the proxy sends is looked at here. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <ioth.h>

#include "world_sockets.h"

static bool fails(enum world_call call)
{
	bool failed = world.errors[call] != 0;

	errno = world.errors[call];
	if (world.error_times[call] > 0 && --world.error_times[call] == 0)
		world.errors[call] = 0;
	return failed;
}

int ioth_msocket(struct ioth *stack, int domain, int type, int protocol)
{
	struct world_socket *socket;

	insist(type & SOCK_NONBLOCK && type & SOCK_CLOEXEC);
	if (fails(WORLD_MSOCKET))
		return -1;
	socket = world_new_socket(type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), stack == WORLD_INNER);
	if (!socket)
		return -1;
	if (socket->inner && socket->type == SOCK_STREAM) {
		insist(world_accepted >= 0);
		socket->partner = world_accepted;
		world_slot(world_accepted)->partner = world_fd_of(socket);
	}
	return world_fd_of(socket);
}

int ioth_setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
	struct world_socket *socket = world_socket_of(fd);

	if (level == SOL_SOCKET && option == SO_LINGER)
		socket->linger = ((const struct linger *)value)->l_onoff;
	return 0;
}

int ioth_getsockopt(int fd, int level, int option, void *value, socklen_t *len)
{
	struct world_socket *socket = world_socket_of(fd);

	insist(level == SOL_SOCKET && option == SO_ERROR);
	*(int *)value = socket->error;
	socket->error = 0;
	return 0;
}

int ioth_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct world_socket *socket = world_socket_of(fd);
	uint16_t port = ntohs(((const struct sockaddr_in6 *)(const void *)addr)->sin6_port);

	if ((world.bind_port == 0 || world.bind_port == port) && fails(WORLD_BIND))
		return -1;
	memcpy(&socket->local, addr, sizeof(socket->local));
	for (size_t i = 0; i < WORLD_SOCKETS; i++) {
		if (world_table[i].used && world_table[i].listening && socket->type == SOCK_STREAM &&
		    world_same_name(&world_table[i].local, &socket->local)) {
			errno = EADDRINUSE;
			return -1;
		}
	}
	return 0;
}

int ioth_listen(int fd, int backlog)
{
	world_socket_of(fd)->listening = true;
	return 0;
}

int ioth_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct world_socket *socket = world_socket_of(fd);

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
	struct world_socket *listener = world_socket_of(fd);
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
	memcpy(addr, &world_slot(first)->peer, sizeof(struct sockaddr_in6));
	world_accepted = first;
	return first;
}

ssize_t ioth_recv(int fd, void *buf, size_t len, int flags)
{
	struct world_socket *socket = world_socket_of(fd);
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
		((uint8_t *)buf)[i] = world_byte_at(socket->bytes, socket->given + i);
	socket->given += n;
	return (ssize_t)n;
}

/* A header of version 1 is a line, one of version 2 has 52 bytes. */
static bool is_header(struct world_socket *socket, uint8_t byte)
{
	if (!socket->inner || world.proxy == 0 || socket->header_done)
		return false;
	socket->header++;
	socket->header_done = world.proxy == 1 ? byte == '\n' : socket->header == 52;
	return true;
}

ssize_t ioth_send(int fd, const void *buf, size_t len, int flags)
{
	struct world_socket *socket = world_socket_of(fd);
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
			insist(byte == world_byte_at(
			                   world_slot(socket->partner)->bytes, socket->taken - socket->header));
		socket->taken++;
	}
	insist(socket->taken - socket->header <= world_slot(socket->partner)->given);
	socket->room -= n;
	return (ssize_t)n;
}

int ioth_shutdown(int fd, int how)
{
	struct world_socket *socket = world_socket_of(fd);

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
	struct world_socket *socket = world_socket_of(fd);

	insist(!socket->watched); /* loop_remove comes before */
	/* Connections that nobody has world_accepted are reset, and so are those with bytes nobody has
	 * read.
	 */
	for (size_t i = 0; i < socket->queue.count; i++) {
		world_slot(socket->queue.fds[i])->reset_sent = true;
		world_slot(socket->queue.fds[i])->used = false;
	}
	if (socket->linger || socket->come > socket->given)
		socket->reset_sent = true;
	else
		socket->end_sent = true;
	socket->used = false;
	return 0;
}

static uint8_t datagram_byte(const struct world_datagram *datagram, size_t at)
{
	return at == 0 ? datagram->owner : world_byte_at((unsigned int)datagram->len, at);
}

int ioth_recvmmsg(
    int fd, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *timeout)
{
	struct world_socket *socket = world_socket_of(fd);
	unsigned int taken = 0;

	insist(socket->type == SOCK_DGRAM);
	if (socket->error) {
		errno = socket->error;
		socket->error = 0;
		return -1;
	}
	for (; taken < count && taken < socket->datagram_count; taken++) {
		const struct world_datagram *datagram = &socket->datagrams[taken];
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
	struct world_socket *socket = world_socket_of(fd);

	insist(count > 0 && socket->type == SOCK_DGRAM);
	if (fails(WORLD_SENDMMSG))
		return -1;
	for (unsigned int i = 0; i < count; i++) {
		const struct msghdr *header = &messages[i].msg_hdr;
		const uint8_t *bytes = header->msg_iov->iov_base;
		const struct world_datagram datagram = {.len = header->msg_iov->iov_len, .owner = bytes[0]};

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
			world_gotten[datagram.owner]++;
		}
	}
	return (int)count;
}
