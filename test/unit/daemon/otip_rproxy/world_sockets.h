/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sockets of the world (world.h), for the files that it is made of:
 *
 *     world.c          turns, epoll, the clock; what has to hold
 *     world_calls.c    libioth's calls, as the proxy makes them
 *     world_ends.c     clients and servers, as the test has them act
 */
#ifndef TEST_RPROXY_WORLD_SOCKETS_H
#define TEST_RPROXY_WORLD_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include <sys/epoll.h>

#include "world.h"

#define WORLD_FIRST_FD 300 /* above those of the process */
#define WORLD_QUEUE    8
#define WORLD_SOURCES  256

#define WORLD_OUTER ((struct ioth *)(uintptr_t)1)
#define WORLD_INNER ((struct ioth *)(uintptr_t)2)

struct world_datagram {
	struct sockaddr_in6 from;
	size_t len;
	uint8_t owner;
};

/* A socket that the proxy has, and what is at its other end. */
struct world_socket {
	bool used, inner, listening, connecting, connected;
	int type;
	struct sockaddr_in6 local, peer;
	bool linger;
	uint32_t interest; /* of epoll */
	bool watched;
	epoll_data_t data;

	struct {
		int fds[WORLD_QUEUE]; /* of connections that wait */
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

	struct world_datagram datagrams[WORLD_QUEUE];
	size_t datagram_count;
	int owner; /* the source whose mapping it is; -1: not known yet */
};

extern struct world_socket world_table[WORLD_SOCKETS];
extern int world_accepted; /* the last one: what is opened inside next is for it; -1: none */
extern size_t world_gotten[WORLD_SOURCES];

/* Also for the fuzz target: not one of cmocka's. */
void world_insist(bool condition, const char *text, const char *file, int line);
#define insist(condition) world_insist(condition, #condition, __FILE__, __LINE__)

/* A descriptor's place, open or not; and one that has to be open. */
struct world_socket *world_slot(int fd);
struct world_socket *world_socket_of(int fd);
int world_fd_of(const struct world_socket *socket);
/* NULL and EMFILE: there are too many. */
struct world_socket *world_new_socket(int type, bool inner);

/* What the other end of a socket sends, at a place of the stream. */
uint8_t world_byte_at(unsigned int bytes, size_t at);
bool world_same_name(const struct sockaddr_in6 *a, const struct sockaddr_in6 *b);

#endif
