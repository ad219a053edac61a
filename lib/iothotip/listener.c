/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets that listen: one for each service and port, on [::], whatever the windows do (filter.h).
 *
 * The library keeps a descriptor of the same socket as the program has: a number that the program
 * has closed, and that is another file by now, would get the service's filter. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <ioth.h>

#include "instance.h"

#define FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)

static int set_on(int fd, int level, int option)
{
	const int on = 1;

	return ioth_setsockopt(fd, level, option, &on, sizeof(on));
}

/* The call that failed, by its errno. */
static int failed(const char *call, char why[OTIP_WHY_SIZE])
{
	int error = errno;

	snprintf(why, OTIP_WHY_SIZE, "%s: %s", call, strerror(error));
	return -error;
}

/* The filter is there before the first packet can be. */
static int prepare(struct otip_listener *listener, char why[OTIP_WHY_SIZE])
{
	const struct sockaddr_in6 any = {
	    .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)listener->port)};
	int error;

	if (set_on(listener->fd, IPPROTO_IPV6, IPV6_V6ONLY) < 0)
		return failed("IPV6_V6ONLY", why);
	/* As servers do: connections of an earlier run are no obstacle; and clients of datagrams may
	 * get sockets of their own on the same port. */
	if (set_on(listener->fd, SOL_SOCKET, SO_REUSEADDR) < 0)
		return failed("SO_REUSEADDR", why);
	error = otip_filter_set(listener->fd, &listener->instance->heard);
	if (error) {
		errno = -error;
		return failed("SO_ATTACH_FILTER", why);
	}
	if (ioth_bind(listener->fd, (const struct sockaddr *)&any, sizeof(any)) == 0)
		return 0;
	error = errno;
	snprintf(why, OTIP_WHY_SIZE, "bind: port %d: %s", listener->port, strerror(error));
	return -error;
}

static int begin_to_listen(
    struct otip_listener *listener, int flags, int backlog, char why[OTIP_WHY_SIZE])
{
	int copy = (flags & SOCK_CLOEXEC) ? F_DUPFD_CLOEXEC : F_DUPFD;
	int error = 0;

	if (listener->type == SOCK_DGRAM) {
		error = datagram_open(listener);
		errno = -error;
		return error ? failed("datagrams", why) : 0;
	}
	if (ioth_listen(listener->fd, backlog) < 0)
		return failed("listen", why);
	listener->given = ioth_fcntl(listener->fd, copy, 0);
	return listener->given < 0 ? failed("fcntl", why) : 0;
}

static int refuse(const char *reason, char why[OTIP_WHY_SIZE])
{
	snprintf(why, OTIP_WHY_SIZE, "%s", reason);
	return -EINVAL;
}

int listener_open(
    struct iothotip *instance, int type, int port, int backlog, char why[OTIP_WHY_SIZE])
{
	struct otip_listener *listener;
	int flags = type & FLAGS, error;

	type &= ~FLAGS;
	if (type != SOCK_STREAM && type != SOCK_DGRAM)
		return refuse("type: it is neither SOCK_STREAM nor SOCK_DGRAM", why);
	if (port < 1 || port > UINT16_MAX)
		return refuse("port: it is not from 1 to 65535", why);
	listener = calloc(1, sizeof(*listener));
	if (!listener)
		return -ENOMEM;
	listener->instance = instance;
	listener->type = type;
	listener->port = port;
	listener->nonblocking = flags & SOCK_NONBLOCK;
	listener->given = -1;
	/* The file's flags are of both descriptors, FD_CLOEXEC of each. */
	listener->fd = ioth_msocket(instance->place.stack, AF_INET6,
	    type | SOCK_CLOEXEC | (type == SOCK_STREAM ? flags : SOCK_NONBLOCK), 0);
	if (listener->fd < 0) {
		error = failed("socket", why);
		goto free_listener;
	}
	error = prepare(listener, why);
	if (!error)
		error = begin_to_listen(listener, flags, backlog, why);
	if (error)
		goto close_socket;
	list_prepend(&instance->listeners, &listener->link);
	return listener->given;

close_socket:
	ioth_close(listener->fd);
free_listener:
	free(listener);
	return error;
}

void listener_close(struct otip_listener *listener)
{
	static const struct otip_addresses none;

	/* The program may have its descriptor for some time yet. */
	(void)otip_filter_set(listener->fd, &none);
	list_remove(&listener->link);
	if (listener->type == SOCK_DGRAM)
		datagram_close(listener);
	ioth_close(listener->fd);
	free(listener);
}

/* The newest first: the number of one that the program has closed by itself may be another's now.
 */
struct otip_listener *listener_find(const struct iothotip *instance, int fd)
{
	struct otip_listener *listener;

	list_for_each (listener, &instance->listeners, link) {
		if (listener->given == fd)
			return listener;
	}
	return NULL;
}
