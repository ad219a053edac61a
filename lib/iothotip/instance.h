/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A service: a keeper and its place, the sockets that listen on its addresses, and what wakes it.
 *
 *     iothotip.c   the public calls
 *     instance.c   what is due, and when; the thread
 *     listener.c   sockets, of both kinds
 *     datagram.c   what the clients of a datagram socket send and get
 */
#ifndef OTIP_INSTANCE_H
#define OTIP_INSTANCE_H

#include <pthread.h>
#include <iothotip.h>

#include "clients.h"
#include "config.h"
#include "filter.h"
#include "keeper.h"
#include "place.h"
#include "teller.h"

/* Where the time comes from; tests have a clock of their own. */
struct otip_time {
	int64_t (*wall)(void);       /* seconds since 1970 */
	uint64_t (*monotonic)(void); /* milliseconds */
};
extern const struct otip_time otip_time_system;

/* A socket on [::]. */
struct otip_listener {
	struct list link; /* of the instance */
	struct iothotip *instance;
	int type, port;
	bool nonblocking;
	int fd;    /* ours, for the filter: of the same socket as the program's */
	int given; /* what the program has: SOCK_STREAM a copy of it, SOCK_DGRAM an epoll instance */
	/* SOCK_DGRAM: */
	struct otip_clients clients;
	size_t detached; /* of them, with a socket of their own */
};

struct iothotip {
	pthread_mutex_t lock; /* of all but the thread's sleep */
	struct otip_identity identity;
	struct otip_place place;
	struct otip_keeper keeper;
	struct otip_time time;
	struct list listeners;
	struct otip_addresses heard; /* what all their filters let through */
	uint32_t udp_time, udp_clients;
	int epoll;   /* of all that follow */
	int clock;   /* clock.h */
	int changes; /* the stack's word of its links; -1: it says none */
	int wake;    /* an eventfd; -1: no thread */
	pthread_t thread;
	bool stop;
	struct teller teller;
	char failure[OTIP_WHY_SIZE]; /* the last change of the interface that was refused */
	struct iothotip_stats stats;
};

/* 0 and the instance, or -errno and perhaps the reason. The addresses are there when it returns. */
int instance_new(struct iothotip **made, struct ioth *stack, const struct otip_config *config,
    const struct otip_time *time, char why[OTIP_WHY_SIZE]);
void instance_free(struct iothotip *instance); /* ends the thread, too */
/* 0 or -errno. */
int instance_start_thread(struct iothotip *instance);
/* Under the lock: does what is due. 0, or the -errno of what could not be done and is tried again.
 */
int instance_work(struct iothotip *instance);

/* ---- listeners: under the lock --------------------------------------------------------------- */

/* The program's descriptor, or -errno and perhaps the reason. */
int listener_open(
    struct iothotip *instance, int type, int port, int backlog, char why[OTIP_WHY_SIZE]);
void listener_close(struct otip_listener *listener);
struct otip_listener *listener_find(const struct iothotip *instance, int fd);

/* ---- datagrams: under the lock --------------------------------------------------------------- */

/* 0 or -errno. */
int datagram_open(struct otip_listener *listener);
void datagram_close(struct otip_listener *listener);
/* The address is about to be retired: its clients get sockets of their own. */
void datagram_detach(struct otip_listener *listener, const struct in6_addr *self);

/* As recvfrom(2) and sendto(2), without blocking: bytes, or -errno. */
ssize_t datagram_receive(struct otip_listener *listener, void *buf, size_t len, int flags,
    struct sockaddr_in6 *from, struct in6_addr *self);
ssize_t datagram_send(struct otip_listener *listener, const void *buf, size_t len, int flags,
    const struct sockaddr_in6 *to, const struct in6_addr *self);

#endif
