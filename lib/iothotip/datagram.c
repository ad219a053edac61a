/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Datagrams. All come to one socket on [::], which tells to which address (RFC 3542, 6.2), and
 * leave from it with the address that is given.
 *
 * A stack has no notion of a flow of datagrams but that of a connected socket. So when an address
 * is about to be retired, its clients that are known get one each, bound to the address and
 * connected to the client: the stack keeps the address for these, and for nobody else. They are
 * closed when the client has been quiet for the time that was configured. The program sees none of
 * this: it polls one descriptor, an epoll instance with all of them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <ioth.h>

#include "instance.h"

#define TRIES 64 /* datagrams of strangers that are passed over at a time */

static int set_on(int fd, int level, int option)
{
	const int on = 1;

	return ioth_setsockopt(fd, level, option, &on, sizeof(on)) < 0 ? -errno : 0;
}

static uint64_t now_of(const struct otip_listener *listener)
{
	return listener->instance->time.monotonic();
}

static struct otip_client_key key_of(const struct sockaddr_in6 *peer, const struct in6_addr *self)
{
	return (struct otip_client_key){.peer = peer->sin6_addr,
	    .self = *self,
	    .scope = peer->sin6_scope_id,
	    .port = peer->sin6_port};
}

/* ---- sockets of clients ---------------------------------------------------------------------- */

static int watch(const struct otip_listener *listener, int fd, void *argument)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = argument};

	return epoll_ctl(listener->given, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static void forget(void *context, struct otip_client *client)
{
	struct otip_listener *listener = context;

	if (client->fd < 0)
		return;
	listener->detached--;
	/* epoll(7), Questions, 6: the file may live on in a copy. */
	(void)epoll_ctl(listener->given, EPOLL_CTL_DEL, client->fd, NULL);
	ioth_close(client->fd);
}

static int connect_client(const struct otip_listener *listener, const struct otip_client_key *key)
{
	const struct sockaddr_in6 self = {.sin6_family = AF_INET6,
	    .sin6_addr = key->self,
	    .sin6_port = htons((uint16_t)listener->port)};
	const struct sockaddr_in6 peer = {.sin6_family = AF_INET6,
	    .sin6_addr = key->peer,
	    .sin6_port = key->port,
	    .sin6_scope_id = key->scope};
	int fd = ioth_msocket(
	    listener->instance->place.stack, AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -errno;
	error = set_on(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	if (!error)
		error = set_on(fd, SOL_SOCKET, SO_REUSEADDR);
	if (!error && ioth_bind(fd, (const struct sockaddr *)&self, sizeof(self)) < 0)
		error = -errno;
	if (!error && ioth_connect(fd, (const struct sockaddr *)&peer, sizeof(peer)) < 0)
		error = -errno;
	if (!error)
		return fd;
	ioth_close(fd);
	return error;
}

static void detach(struct otip_listener *listener, struct otip_client *client)
{
	int fd = connect_client(listener, &client->key);

	if (fd >= 0 && watch(listener, fd, client) < 0) {
		ioth_close(fd);
		fd = -1;
	}
	if (fd < 0) {
		listener->instance->stats.failures++;
		return;
	}
	client->fd = fd;
	listener->detached++;
}

void datagram_detach(struct otip_listener *listener, const struct in6_addr *self)
{
	struct otip_client *client;

	otip_clients_expire(&listener->clients, now_of(listener));
	list_for_each (client, &listener->clients.ages, age) {
		if (client->fd < 0 && memcmp(&client->key.self, self, sizeof(*self)) == 0)
			detach(listener, client);
	}
}

/* ---- beginning and end ----------------------------------------------------------------------- */

int datagram_open(struct otip_listener *listener)
{
	struct iothotip *instance = listener->instance;
	int error = set_on(listener->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO);

	if (error)
		return error;
	error = otip_clients_init(&listener->clients, instance->udp_clients,
	    (uint64_t)instance->udp_time * 1000, forget, listener);
	if (error)
		return error;
	listener->given = epoll_create1(EPOLL_CLOEXEC);
	error = listener->given < 0 ? -errno : watch(listener, listener->fd, NULL);
	if (!error)
		return 0;
	if (listener->given >= 0)
		close(listener->given);
	otip_clients_fini(&listener->clients);
	return error;
}

void datagram_close(struct otip_listener *listener)
{
	otip_clients_fini(&listener->clients);
	close(listener->given);
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* The client is one that is there, from now on. False: it is a stranger, and too late. */
static bool admit(
    struct otip_listener *listener, const struct sockaddr_in6 *from, const struct in6_addr *self)
{
	const struct otip_client_key key = key_of(from, self);
	const struct otip_address *address = otip_keeper_find(&listener->instance->keeper, self);
	uint64_t now = now_of(listener);
	struct otip_client *client = otip_clients_find(&listener->clients, &key, now);

	if (client)
		otip_clients_touch(&listener->clients, client, now);
	else if (address && address->state == OTIP_ADDRESS_OPEN)
		(void)otip_clients_add(&listener->clients, &key, now);
	else
		return false;
	return true;
}

static bool read_self(struct msghdr *message, struct in6_addr *self)
{
	for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control;
	     control = CMSG_NXTHDR(message, control)) {
		struct in6_pktinfo info;

		if (control->cmsg_level != IPPROTO_IPV6 || control->cmsg_type != IPV6_PKTINFO ||
		    control->cmsg_len < CMSG_LEN(sizeof(info)))
			continue;
		memcpy(&info, CMSG_DATA(control), sizeof(info));
		*self = info.ipi6_addr;
		return true;
	}
	return false;
}

static ssize_t receive_from_all(struct otip_listener *listener, void *buf, size_t len, int flags,
    struct sockaddr_in6 *from, struct in6_addr *self)
{
	union {
		struct cmsghdr header;
		uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control;

	for (int i = 0; i < TRIES; i++) {
		struct iovec piece = {.iov_base = buf, .iov_len = len};
		struct msghdr message = {.msg_name = from,
		    .msg_namelen = sizeof(*from),
		    .msg_iov = &piece,
		    .msg_iovlen = 1,
		    .msg_control = &control,
		    .msg_controllen = sizeof(control)};
		ssize_t got = ioth_recvmsg(listener->fd, &message, flags | MSG_DONTWAIT);

		if (got < 0)
			return -errno;
		if (message.msg_namelen >= sizeof(*from) && read_self(&message, self) &&
		    admit(listener, from, self))
			return got;
		listener->instance->stats.udpdropped++;
		if (flags & MSG_PEEK) /* it would be there for ever */
			(void)ioth_recv(listener->fd, NULL, 0, MSG_DONTWAIT);
	}
	return -EAGAIN;
}

static bool is_from(const struct otip_client *client, const struct sockaddr_in6 *peer)
{
	return client->key.port == peer->sin6_port && client->key.scope == peer->sin6_scope_id &&
	       memcmp(&client->key.peer, &peer->sin6_addr, sizeof(peer->sin6_addr)) == 0;
}

/* Of a client whose address has been retired. What came from others between bind(2) and connect(2)
 * is lost, as all that comes to that address from others. */
static ssize_t receive_from_client(struct otip_listener *listener, struct otip_client *client,
    void *buf, size_t len, int flags, struct sockaddr_in6 *from, struct in6_addr *self)
{
	struct sockaddr_in6 peer = {0};
	socklen_t size;
	ssize_t got;

	do {
		size = sizeof(peer);
		got = ioth_recvfrom(
		    client->fd, buf, len, flags | MSG_DONTWAIT, (struct sockaddr *)&peer, &size);
		if (got < 0)
			return -errno;
	} while (!is_from(client, &peer));
	otip_clients_touch(&listener->clients, client, now_of(listener));
	*from = (struct sockaddr_in6){.sin6_family = AF_INET6,
	    .sin6_addr = client->key.peer,
	    .sin6_port = client->key.port,
	    .sin6_scope_id = client->key.scope};
	*self = client->key.self;
	return got;
}

ssize_t datagram_receive(struct otip_listener *listener, void *buf, size_t len, int flags,
    struct sockaddr_in6 *from, struct in6_addr *self)
{
	struct epoll_event events[2];
	int count = listener->detached ? epoll_wait(listener->given, events, 2, 0) : 0;

	/* Of those that are ready epoll gives others each time (epoll(7), NOTES): all have their turn.
	 * An error of a client's socket (its host has gone) is read with the call, and is no news. */
	for (int i = 0; i < count; i++) {
		struct otip_client *client = events[i].data.ptr;
		ssize_t got = client ? receive_from_client(listener, client, buf, len, flags, from, self)
		                     : receive_from_all(listener, buf, len, flags, from, self);

		if (got >= 0)
			return got;
	}
	return receive_from_all(listener, buf, len, flags, from, self);
}

/* ---- sending --------------------------------------------------------------------------------- */

static ssize_t send_from(const struct otip_listener *listener, const void *buf, size_t len,
    int flags, const struct sockaddr_in6 *to, const struct in6_addr *self)
{
	const struct in6_pktinfo info = {.ipi6_addr = *self};
	struct sockaddr_in6 name = *to;
	struct iovec piece = {.iov_base = (void *)(uintptr_t)buf, .iov_len = len};
	union {
		struct cmsghdr header;
		uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control = {.bytes = {0}};
	struct msghdr message = {.msg_name = &name,
	    .msg_namelen = sizeof(name),
	    .msg_iov = &piece,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	ssize_t sent;

	control.header = (struct cmsghdr){
	    .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO, .cmsg_len = CMSG_LEN(sizeof(info))};
	memcpy(CMSG_DATA(&control.header), &info, sizeof(info));
	sent = ioth_sendmsg(listener->fd, &message, flags | MSG_DONTWAIT | MSG_NOSIGNAL);
	return sent < 0 ? -errno : sent;
}

/* From the socket of a client. A connected one tells the error that an ICMP message was about with
 * the next call, once (udp(7)): it is another datagram's, and nobody knows whether it is true. */
static ssize_t send_to_client(
    const struct otip_client *client, const void *buf, size_t len, int flags)
{
	ssize_t sent;

	for (int i = 0; i < 2; i++) {
		sent = ioth_send(client->fd, buf, len, flags | MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent >= 0)
			return sent;
		if (errno == EAGAIN || errno == EMSGSIZE)
			break;
	}
	return -errno;
}

ssize_t datagram_send(struct otip_listener *listener, const void *buf, size_t len, int flags,
    const struct sockaddr_in6 *to, const struct in6_addr *self)
{
	const struct otip_client_key key = key_of(to, self);
	const struct otip_address *address = otip_keeper_find(&listener->instance->keeper, self);
	uint64_t now = now_of(listener);
	struct otip_client *client = otip_clients_find(&listener->clients, &key, now);
	ssize_t sent;

	if (client && client->fd >= 0) {
		sent = send_to_client(client, buf, len, flags);
	} else if (address && address->state == OTIP_ADDRESS_OPEN) {
		sent = send_from(listener, buf, len, flags, to, self);
	} else {
		return -EADDRNOTAVAIL;
	}
	if (client && sent >= 0)
		otip_clients_touch(&listener->clients, client, now);
	return sent;
}
