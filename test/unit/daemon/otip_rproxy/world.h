/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A world for the flows of otip_rproxy: libioth's sockets, epoll and the clock are the test's.
 *
 *     a test's client ~~~ socket outside | otip_rproxy's flows | socket inside ~~~ a test's server
 *
 * What a client or server does (sends, ends, resets, is slow) is a call of the test, and nothing
 * happens between two turns (world_turn). Each end of a TCP connection sends bytes that follow from
 * the connection and their place, so that what arrives is checked as it arrives: a wrong byte, or a
 * call on a descriptor that is closed, aborts. The fuzz target lives in this world, too.
 *
 * The linker puts epoll_ctl, epoll_wait and clock_gettime in the place of the C library's.
 */
#ifndef TEST_RPROXY_WORLD_H
#define TEST_RPROXY_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#include "flows.h"
#include "service.h"

#define WORLD_SOCKETS 128 /* at a time */
#define WORLD_ROOM    65536
#define WORLD_NETWORK 16 /* sources in a /64 */

/* How a server inside answers a connect. */
enum world_server {
	WORLD_TAKES,   /* it is there at once */
	WORLD_WAITS,   /* it is slow: until world_answer or world_refuse */
	WORLD_REFUSES, /* connect(2) says so: ECONNREFUSED */
};

/* The calls that can be made to fail. */
enum world_call { WORLD_MSOCKET, WORLD_BIND, WORLD_ACCEPT, WORLD_SENDMMSG, WORLD_CALLS };

struct world {
	struct loop loop;
	struct flows flows;
	enum world_server server;
	unsigned int proxy;      /* the PROXY protocol's version, of all services; 0: none */
	int errors[WORLD_CALLS]; /* the errno of each call; 0: it works */
	unsigned int error_times[WORLD_CALLS]; /* so often; 0: always */
	uint16_t bind_port;                    /* the one whose WORLD_BIND fails; 0: any */
	size_t gone;                           /* windows that have gone: struct flows */
	struct in6_addr last_gone;
};
extern struct world world;

/* Flows without windows. `limits` NULL: generous ones. False: there is no memory. */
bool world_begin(const struct flow_limits *limits);
/* Ends it all, and checks that nothing is left. */
void world_end(void);

/* Turns until nothing happens any more. */
void world_turn(void);
/* Time passes. */
void world_pass(loop_time time);

/* ---- outside --------------------------------------------------------------------------------- */

struct in6_addr world_address(unsigned int number);
void world_service(struct service *service, int type, uint16_t port);

/* A client calls a door: the proxy's end of the connection, which waits to be accepted, or -1:
 * nobody listens. Sources are numbers. */
int world_call(const struct in6_addr *address, uint16_t port, unsigned int source);
/* A datagram of a client's comes: false: nobody is there, or there is no room. */
bool world_datagram(const struct in6_addr *address, uint16_t port, unsigned int source, size_t len);
/* Datagrams that a client has got since this was last asked. */
size_t world_got(unsigned int source);

/* ---- inside ---------------------------------------------------------------------------------- */

/* The proxy's end inside that belongs to one outside; -1: there is none. For UDP: that of a
 * client's mapping, once it has sent something. */
int world_inner(int outer);
int world_inner_of(unsigned int source);
/* A slow server takes a connection, or does not. */
void world_answer(int inner);
void world_refuse(int inner);
/* A server answers with a datagram. (world_has: how many it has got.) */
bool world_reply(int inner, size_t len);

/* ---- the other end of a connection, by the proxy's: of a client and of a server alike ---------
 */

void world_send(int fd, size_t len);      /* bytes come to the proxy */
void world_finish(int fd);                /* and then the end */
void world_reset(int fd);                 /* a reset comes */
void world_fail(int fd, int error);       /* an error of the socket: ICMP's, say */
void world_set_room(int fd, size_t room); /* what it takes, from now on */
/* These tell of an end that the proxy has closed, too, until there are many new ones. */
size_t world_has(int fd); /* bytes that it has got */
bool world_has_end(int fd);
bool world_has_reset(int fd);
bool world_is_open(int fd); /* the proxy has not closed its end */
bool world_is_inner(int fd);
bool world_is_stream(int fd); /* a connection */

size_t world_sockets(void);      /* that the proxy has */
int world_socket(size_t number); /* any one, open or not */

#endif
