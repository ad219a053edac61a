/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forwarder's datagrams: a socket of its own for each query and server, connected, with a port
 * of chance (RFC 5452, 9.2), so that who wants to forge a reply has to guess it.
 *
 * Ports are chosen here, of all that are not reserved, and not by the stack, which may know less of
 * chance and have a smaller range. One that is taken already is followed by another choice.
 */
#include "worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <ioth.h>

#include "socket.h"

#define PORT_MIN   1024
#define PORT_TRIES 16
#define PORTS      64 /* random numbers at a time */
#define ROUNDS     4  /* datagrams of one socket before others have their turn */

struct slot {
	struct loop_source source; /* .loop NULL: closed */
	struct named_upstream_udp *udp;
};

struct named_upstream_udp {
	struct named_worker *worker;
	uint32_t count, open;
	uint16_t ports[PORTS];
	unsigned int next_port;
	/* Datagrams go through here; one more byte tells those that are too long. */
	uint8_t buffer[NAMED_MESSAGE_MAX + 1];
	struct slot slots[];
};

static void close_slot(struct slot *slot)
{
	int fd = slot->source.fd;

	if (!slot->source.loop)
		return;
	loop_remove(&slot->source);
	ioth_close(fd);
	metric_set(&slot->udp->worker->stats.upstream_sockets, --slot->udp->open);
}

static int random_port(struct named_upstream_udp *udp, uint16_t *port)
{
	do {
		if (udp->next_port == PORTS) {
			if (getrandom(udp->ports, sizeof(udp->ports), 0) != sizeof(udp->ports))
				return -EIO;
			udp->next_port = 0;
		}
		*port = udp->ports[udp->next_port++];
	} while (*port < PORT_MIN);
	return 0;
}

static int bind_random(struct named_upstream_udp *udp, int *fd)
{
	int err = -EADDRINUSE;

	for (unsigned int i = 0; i < PORT_TRIES && (err == -EADDRINUSE || err == -EACCES); i++) {
		uint16_t port;

		err = random_port(udp, &port);
		if (err)
			return err;
		*fd = named_socket_open(udp->worker->forward_stack, SOCK_DGRAM, port, NAMED_ALONE);
		err = *fd < 0 ? *fd : 0;
	}
	return err;
}

static void slot_ready(struct loop_source *source, uint32_t events)
{
	struct slot *slot = (struct slot *)source;
	struct named_upstream_udp *udp = slot->udp;
	struct named_worker *worker = udp->worker;
	uint32_t number = (uint32_t)(slot - udp->slots);

	for (unsigned int i = 0; i < ROUNDS && source->loop; i++) {
		struct sockaddr_in6 peer = {0};
		socklen_t peer_len = sizeof(peer);
		ssize_t len = ioth_recvfrom(
		    source->fd, udp->buffer, sizeof(udp->buffer), 0, (struct sockaddr *)&peer, &peer_len);
		struct named_endpoint from = {
		    .address = peer.sin6_addr, .port = ntohs(peer.sin6_port), .scope = peer.sin6_scope_id};

		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (len < 0)
			named_forward_udp_failed(worker->forward, number, errno, loop_now(worker->loop));
		else if (len <= NAMED_MESSAGE_MAX)
			named_forward_udp_received(
			    worker->forward, number, &from, udp->buffer, (size_t)len, loop_now(worker->loop));
	}
	named_worker_forwarded(worker);
}

static int open_slot(struct slot *slot, const struct named_endpoint *server)
{
	const struct sockaddr_in6 address = {.sin6_family = AF_INET6,
	    .sin6_addr = server->address,
	    .sin6_port = htons(server->port),
	    .sin6_scope_id = server->scope};
	struct named_upstream_udp *udp = slot->udp;
	int fd, err;

	err = bind_random(udp, &fd);
	if (err)
		return err;
	err = ioth_connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	if (!err)
		err = loop_add(udp->worker->loop, &slot->source, fd, EPOLLIN, slot_ready);
	if (err)
		ioth_close(fd);
	else
		metric_set(&udp->worker->stats.upstream_sockets, ++udp->open);
	return err;
}

int named_upstream_udp_send(struct named_upstream_udp *udp, uint32_t number,
    const struct named_endpoint *server, const uint8_t *bytes, size_t len)
{
	struct slot *slot = &udp->slots[number];
	int err;

	if (!slot->source.loop) {
		slot->udp = udp;
		err = open_slot(slot, server);
		if (err)
			return err;
	}
	/* Where there is no room for it now, it counts as lost on the way. */
	if (ioth_send(slot->source.fd, bytes, len, MSG_NOSIGNAL) >= 0 || errno == EAGAIN)
		return 0;
	err = -errno;
	close_slot(slot);
	return err;
}

void named_upstream_udp_close(struct named_upstream_udp *udp, uint32_t number)
{
	close_slot(&udp->slots[number]);
}

int named_upstream_udp_new(struct named_upstream_udp **result, struct named_worker *worker)
{
	uint32_t count = NAMED_FORWARD_SLOTS((uint32_t)worker->core.conf->options.fwdpending);
	struct named_upstream_udp *udp = calloc(1, sizeof(*udp) + count * sizeof(struct slot));

	if (!udp)
		return -ENOMEM;
	udp->worker = worker;
	udp->count = count;
	udp->next_port = PORTS;
	*result = udp;
	return 0;
}

void named_upstream_udp_free(struct named_upstream_udp *udp)
{
	if (!udp)
		return;
	for (uint32_t i = 0; udp->open > 0 && i < udp->count; i++)
		close_slot(&udp->slots[i]);
	free(udp);
}
