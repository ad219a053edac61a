/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public calls: arguments become a configuration, a configuration an instance; errors are
 * named. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <ioth.h>

#include "instance.h"
#include "reasons.h"

/* The library's one global: what each thread's last failure was. */
static struct reasons reasons = REASONS_INIT;

static int fail(int error, const char *why)
{
	reasons_set(&reasons, why && *why ? why : strerror(-error));
	errno = -error;
	return -1;
}

__attribute__((format(printf, 2, 3))) static int fail_for(int error, const char *format, ...)
{
	char why[OTIP_WHY_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, sizeof(why), format, arguments);
	va_end(arguments);
	return fail(error, why);
}

static int fail_without_handle(int error)
{
	return fail(error, "there is no handle");
}

static int fail_fd(int fd, const char *what)
{
	return fail_for(-EBADF, "descriptor %d: it is no %s of this handle's", fd, what);
}

const char *iothotip_error(void)
{
	return reasons_get(&reasons);
}

/* ---- beginning and end ----------------------------------------------------------------------- */

static struct iothotip *start(struct ioth *stack, const char *text, bool with_thread)
{
	char why[OTIP_WHY_SIZE] = "";
	struct iothotip *instance = NULL;
	struct otip_config config;
	int error = otip_config_parse(&config, text, why);

	if (!error)
		error = instance_new(&instance, stack, &config, &otip_time_system, why);
	otip_config_free(&config);
	if (!error && with_thread) {
		error = instance_start_thread(instance);
		if (error)
			snprintf(why, sizeof(why), "the thread: %s", strerror(-error));
	}
	if (!error)
		return instance;
	if (instance)
		instance_free(instance);
	fail(error, why);
	return NULL;
}

struct iothotip *iothotip_start(struct ioth *stack, const char *config)
{
	return start(stack, config, true);
}

struct iothotip *iothotip_open(struct ioth *stack, const char *config)
{
	return start(stack, config, false);
}

void iothotip_stop(struct iothotip *otip)
{
	if (otip)
		instance_free(otip);
}

int iothotip_server(
    struct ioth *stack, const char *config, int type, int port, int backlog, struct iothotip **otip)
{
	struct iothotip *instance;
	int fd;

	if (!otip)
		return fail(-EINVAL, "there is no place for the handle");
	instance = iothotip_start(stack, config);
	if (!instance)
		return -1;
	fd = iothotip_listen(instance, type, port, backlog);
	if (fd < 0) {
		int error = errno;

		instance_free(instance);
		errno = error;
		return -1;
	}
	*otip = instance;
	return fd;
}

/* ---- the program's loop ---------------------------------------------------------------------- */

int iothotip_fd(struct iothotip *otip)
{
	if (!otip)
		return fail_without_handle(-EINVAL);
	return otip->wake < 0 ? otip->epoll : fail(-EINVAL, "the handle has a thread");
}

int iothotip_work(struct iothotip *otip)
{
	char why[OTIP_WHY_SIZE];
	int error;

	if (!otip)
		return fail_without_handle(-EINVAL);
	if (otip->wake >= 0)
		return fail(-EINVAL, "the handle has a thread");
	pthread_mutex_lock(&otip->lock);
	error = instance_work(otip);
	memcpy(why, otip->failure, sizeof(why));
	pthread_mutex_unlock(&otip->lock);
	return error ? fail(error, why) : 0;
}

/* ---- listeners ------------------------------------------------------------------------------- */

int iothotip_listen(struct iothotip *otip, int type, int port, int backlog)
{
	char why[OTIP_WHY_SIZE] = "";
	int fd;

	if (!otip)
		return fail_without_handle(-EINVAL);
	pthread_mutex_lock(&otip->lock);
	fd = listener_open(otip, type, port, backlog, why);
	pthread_mutex_unlock(&otip->lock);
	return fd < 0 ? fail(fd, why) : fd;
}

int iothotip_close(struct iothotip *otip, int fd)
{
	struct otip_listener *listener;
	int error = -EBADF;

	if (!otip)
		return fail_without_handle(-EBADF);
	pthread_mutex_lock(&otip->lock);
	listener = listener_find(otip, fd);
	if (listener) {
		/* The program's first: it is a copy of ours. */
		error = listener->type == SOCK_STREAM && ioth_close(fd) < 0 ? -errno : 0;
		listener_close(listener);
	}
	pthread_mutex_unlock(&otip->lock);
	if (error == -EBADF)
		return fail_fd(fd, "listener");
	return error ? fail(error, NULL) : 0;
}

/* ---- datagrams ------------------------------------------------------------------------------- */

static struct otip_listener *datagrams_of(const struct iothotip *otip, int fd)
{
	struct otip_listener *listener = listener_find(otip, fd);

	return listener && listener->type == SOCK_DGRAM ? listener : NULL;
}

ssize_t iothotip_recvfrom(struct iothotip *otip, int fd, void *buf, size_t len, int flags,
    struct sockaddr *from, socklen_t *fromlen, struct in6_addr *self)
{
	struct sockaddr_in6 peer;
	struct in6_addr address;
	ssize_t got;

	if (!otip)
		return fail_without_handle(-EBADF);
	for (;;) {
		struct pollfd item = {.fd = fd, .events = POLLIN};
		struct otip_listener *listener;
		bool waits;

		pthread_mutex_lock(&otip->lock);
		listener = datagrams_of(otip, fd);
		got = listener ? datagram_receive(listener, buf, len, flags, &peer, &address) : -EBADF;
		waits = listener && !listener->nonblocking && !(flags & MSG_DONTWAIT);
		pthread_mutex_unlock(&otip->lock);
		if (got != -EAGAIN || !waits)
			break;
		/* A cancellation point, with no lock held. */
		if (poll(&item, 1, -1) < 0) {
			got = -errno;
			break;
		}
	}
	if (got == -EBADF)
		return fail_fd(fd, "socket of datagrams");
	if (got < 0)
		return fail((int)got, NULL);
	if (from && fromlen) {
		memcpy(from, &peer, *fromlen < sizeof(peer) ? *fromlen : sizeof(peer));
		*fromlen = sizeof(peer);
	}
	if (self)
		*self = address;
	return got;
}

static int fail_send(int error, const struct sockaddr_in6 *to, const struct in6_addr *self)
{
	char from[INET6_ADDRSTRLEN], peer[INET6_ADDRSTRLEN];

	if (error == -EAGAIN) /* no failure, and there may be many */
		return fail(error, NULL);
	inet_ntop(AF_INET6, self, from, sizeof(from));
	inet_ntop(AF_INET6, &to->sin6_addr, peer, sizeof(peer));
	return fail_for(error, "from %s to [%s]:%u: %s", from, peer, ntohs(to->sin6_port),
	    error == -EADDRNOTAVAIL ? "the address is over, and this is no client of its"
	                            : strerror(-error));
}

ssize_t iothotip_sendto(struct iothotip *otip, int fd, const void *buf, size_t len, int flags,
    const struct sockaddr *to, socklen_t tolen, const struct in6_addr *self)
{
	struct otip_listener *listener;
	struct sockaddr_in6 peer;
	ssize_t sent;

	if (!otip)
		return fail_without_handle(-EBADF);
	if (!to || !self || tolen < sizeof(peer))
		return fail(-EINVAL, "an IPv6 destination and an own address are needed");
	memcpy(&peer, to, sizeof(peer));
	if (peer.sin6_family != AF_INET6)
		return fail_for(
		    -EAFNOSUPPORT, "the destination's family, %d, is not AF_INET6", peer.sin6_family);
	pthread_mutex_lock(&otip->lock);
	listener = datagrams_of(otip, fd);
	sent = listener ? datagram_send(listener, buf, len, flags, &peer, self) : -EBADF;
	pthread_mutex_unlock(&otip->lock);
	if (sent >= 0)
		return sent;
	if (!listener)
		return fail_fd(fd, "socket of datagrams");
	return fail_send((int)sent, &peer, self);
}

/* ---- what happens ---------------------------------------------------------------------------- */

size_t iothotip_addresses(struct iothotip *otip, struct in6_addr *addresses, size_t size)
{
	const struct otip_address *address;
	size_t count = 0;

	if (!otip)
		return 0;
	pthread_mutex_lock(&otip->lock);
	list_for_each (address, &otip->keeper.addresses, link) {
		if (address->state != OTIP_ADDRESS_OPEN)
			continue;
		if (count < size)
			addresses[count] = address->address;
		count++;
	}
	pthread_mutex_unlock(&otip->lock);
	return count;
}

void iothotip_set_log(struct iothotip *otip, iothotip_log_function *function, void *argument)
{
	if (!otip)
		return;
	pthread_mutex_lock(&otip->lock);
	otip->teller = (struct teller){function, argument};
	pthread_mutex_unlock(&otip->lock);
}

int iothotip_get_stats(struct iothotip *otip, struct iothotip_stats *stats, size_t size)
{
	const struct otip_listener *listener;
	struct iothotip_stats all;

	if (!otip)
		return fail_without_handle(-EINVAL);
	if (!stats)
		return fail(-EINVAL, "there is no place for the figures");
	pthread_mutex_lock(&otip->lock);
	all = otip->stats;
	all.open = otip_keeper_count(&otip->keeper, false);
	all.retired = otip_keeper_count(&otip->keeper, true) - all.open;
	list_for_each (listener, &otip->listeners, link) {
		if (listener->type == SOCK_DGRAM)
			all.udpclients += listener->clients.table.count;
	}
	pthread_mutex_unlock(&otip->lock);
	memset(stats, 0, size);
	memcpy(stats, &all, size < sizeof(all) ? size : sizeof(all));
	return 0;
}
