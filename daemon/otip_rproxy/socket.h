/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets of either stack, and how they end. */
#ifndef RPROXY_SOCKET_H
#define RPROXY_SOCKET_H

#include <netinet/in.h>

#include "service.h"

struct ioth;

/* setsockopt(2) with an int. 0 or -errno. */
int socket_set(int fd, int level, int option, int value);

/* A socket of the outer stack on a service's port of one address; for TCP it listens. The
 * descriptor, or -errno. */
int socket_open_outer(
    struct ioth *stack, const struct service *service, const struct in6_addr *address, int backlog);

/* A socket for datagrams of one client, to an address and port that others may have, too. The
 * descriptor, or -errno. */
int socket_open_for(struct ioth *stack, const struct in6_addr *address, uint16_t port,
    const struct sockaddr_in6 *client);

/* A socket of the inner stack that is connected to the service's server, or about to be. The
 * descriptor, or -errno. */
int socket_open_inner(struct ioth *stack, const struct service *service);

/* Closes a connection so that its peer gets a reset. */
void socket_abort(int fd);

#endif
