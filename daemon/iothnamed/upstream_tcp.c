/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forwarder's connections: one to each server, opened when there is something to send, kept for
 * what comes next (RFC 7766, 6.2.1), its queries pipelined.
 */
#include "worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/tcp.h>
#include <ioth.h>

#include "socket.h"
#include "stream.h"

#define OUT_MAX (1u << 20) /* bytes of queries that wait for the connection */

struct connection {
	struct loop_source source; /* .loop NULL: closed */
	struct named_upstream_tcp *tcp;
	struct stream stream;
	bool connected;
	bool taking;      /* messages, of a buffer */
	uint8_t *dropped; /* that buffer, of a connection which was closed meanwhile */
};

struct named_upstream_tcp {
	struct named_worker *worker;
	unsigned int open;
	struct connection connections[NAMED_FORWARD_SERVERS];
};

static void close_connection(struct connection *connection)
{
	int fd = connection->source.fd;

	if (!connection->source.loop)
		return;
	loop_remove(&connection->source);
	if (connection->taking) {
		connection->dropped = connection->stream.in;
		connection->stream.in = NULL;
		connection->taking = false;
	}
	stream_fini(&connection->stream);
	ioth_close(fd);
	metric_set(&connection->tcp->worker->stats.upstream_connections, --connection->tcp->open);
}

static void fail(struct connection *connection, int error)
{
	struct named_worker *worker = connection->tcp->worker;
	unsigned int number = (unsigned int)(connection - connection->tcp->connections);

	close_connection(connection);
	named_forward_tcp_closed(worker->forward, number, error, loop_now(worker->loop));
}

/* Messages that are there. The engine may close the connection over one of them, while it reads its
 * bytes, and even open another one. */
static int take(struct connection *connection)
{
	struct named_worker *worker = connection->tcp->worker;
	unsigned int number = (unsigned int)(connection - connection->tcp->connections);
	int len = stream_fill(&connection->stream);
	uint8_t *bytes;
	size_t size;

	if (len < 0)
		return len == -EAGAIN ? 0 : len;
	if (len == 0)
		return -EPIPE;
	connection->taking = true;
	while (connection->taking && stream_next(&connection->stream, &bytes, &size))
		named_forward_tcp_received(worker->forward, number, bytes, size, loop_now(worker->loop));
	connection->taking = false;
	free(connection->dropped);
	connection->dropped = NULL;
	return 0;
}

static int finish_connect(struct connection *connection)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (ioth_getsockopt(connection->source.fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return -errno;
	connection->connected = error == 0;
	return -error;
}

static void connection_ready(struct loop_source *source, uint32_t events)
{
	struct connection *connection = (struct connection *)source;
	struct named_worker *worker = connection->tcp->worker;
	int err = 0;

	if (!connection->connected)
		err = finish_connect(connection);
	if (!err)
		err = stream_flush(&connection->stream);
	if (!err && events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		err = take(connection);
	if (!err && source->loop)
		err = loop_want(source, EPOLLIN | (stream_waiting(&connection->stream) > 0 ? EPOLLOUT : 0));
	if (err)
		fail(connection, err == -EPIPE ? 0 : -err);
	named_worker_forwarded(worker);
}

static int open_connection(struct connection *connection, const struct named_endpoint *server)
{
	const struct sockaddr_in6 address = {.sin6_family = AF_INET6,
	    .sin6_addr = server->address,
	    .sin6_port = htons(server->port),
	    .sin6_scope_id = server->scope};
	struct named_worker *worker = connection->tcp->worker;
	int fd = ioth_msocket(
	    worker->forward_stack, AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	(void)named_socket_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	connection->connected =
	    ioth_connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
	if (!connection->connected && errno != EINPROGRESS)
		err = -errno;
	if (!err)
		err = loop_add(worker->loop, &connection->source, fd, EPOLLIN | EPOLLOUT, connection_ready);
	if (err) {
		ioth_close(fd);
		return err;
	}
	stream_init(&connection->stream, fd, NAMED_MESSAGE_MAX, OUT_MAX);
	metric_set(&worker->stats.upstream_connections, ++connection->tcp->open);
	return 0;
}

int named_upstream_tcp_send(struct named_upstream_tcp *tcp, unsigned int number,
    const struct named_endpoint *server, const uint8_t *bytes, size_t len)
{
	struct connection *connection = &tcp->connections[number];
	int err;

	if (!connection->source.loop) {
		connection->tcp = tcp;
		err = open_connection(connection, server);
		if (err)
			return err;
	}
	err = stream_put(&connection->stream, bytes, len);
	if (!err)
		err = loop_want(&connection->source, EPOLLIN | EPOLLOUT);
	return err;
}

void named_upstream_tcp_close(struct named_upstream_tcp *tcp, unsigned int number)
{
	close_connection(&tcp->connections[number]);
}

int named_upstream_tcp_new(struct named_upstream_tcp **result, struct named_worker *worker)
{
	struct named_upstream_tcp *tcp = calloc(1, sizeof(*tcp));

	if (!tcp)
		return -ENOMEM;
	tcp->worker = worker;
	*result = tcp;
	return 0;
}

void named_upstream_tcp_free(struct named_upstream_tcp *tcp)
{
	if (!tcp)
		return;
	for (unsigned int i = 0; i < NAMED_FORWARD_SERVERS; i++)
		close_connection(&tcp->connections[i]);
	free(tcp);
}
