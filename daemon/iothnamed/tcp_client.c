/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A client's connection (RFC 7766): queries may be pipelined, and what is forwarded is answered in
 * the order in which answers come (6.2.1.1).
 *
 * A client that does not read its replies, or has many queries under way, is not read from until
 * that is better: TCP tells it. Sending half a query, or byte after byte, is no activity; idle time
 * goes on. One that closes its half gets its answers, then the other half is closed.
 */
#include "tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/tcp.h>
#include <ioth.h>

#include "socket.h"

#define PENDING_MAX 64           /* forwarded queries of one connection */
#define OUT_MAX     (256u << 10) /* bytes of replies that wait; reading stops at half of it */

static bool is_done(const struct tcp_client *client)
{
	return client->ended && client->pending == 0 && stream_waiting(&client->stream) == 0;
}

static bool is_busy(const struct tcp_client *client)
{
	return client->pending >= PENDING_MAX || stream_waiting(&client->stream) >= OUT_MAX / 2;
}

static void touch(struct tcp_client *client)
{
	struct named_tcp *tcp = client->tcp;

	client->active = loop_now(tcp->worker->loop);
	list_remove(&client->link);
	list_append(&tcp->clients, &client->link);
}

/* Waits for what there is to wait for; or closes. */
static void settle(struct tcp_client *client)
{
	uint32_t events = 0;

	/* What was left because the client was busy, and is so no more. */
	if (!is_busy(client) && stream_has_message(&client->stream)) {
		loop_later(client->tcp->worker->loop, &client->job);
		return;
	}
	if (is_done(client)) {
		tcp_client_close(client);
		return;
	}
	if (!client->ended && !is_busy(client))
		events |= EPOLLIN;
	if (stream_waiting(&client->stream) > 0)
		events |= EPOLLOUT;
	if (loop_want(&client->source, events) < 0)
		tcp_client_close(client);
}

/* False: the connection is gone, and the client freed. */
static bool flush(struct tcp_client *client)
{
	size_t before = stream_waiting(&client->stream);

	if (stream_flush(&client->stream) < 0) {
		tcp_client_close(client);
		return false;
	}
	if (stream_waiting(&client->stream) < before)
		touch(client);
	return true;
}

/* A query that was longer than what is taken has lost its end. With a number of records that cannot
 * be right it is a malformed one, wherever it was cut: the client is told, and the connection goes
 * on. */
static void spoil(const struct tcp_client *client, uint8_t *bytes)
{
	static const size_t arcount = 10;

	metric_add(&client->tcp->worker->stats.tcp_malformed, 1);
	bytes[arcount] = bytes[arcount + 1] = 0xff;
}

/* Answers what has come whole. 0 or -errno. */
static int answer(struct tcp_client *client)
{
	struct named_worker *worker = client->tcp->worker;
	uint8_t *bytes;
	size_t len;
	int err = 0;

	while (!err && !is_busy(client) && stream_next(&client->stream, &bytes, &len)) {
		size_t reply_len = sizeof(worker->reply);
		bool forwarded;

		if (client->stream.cut)
			spoil(client, bytes);
		client->path.query++;
		touch(client);
		client->pending++; /* its reply may come before this returns */
		if (named_worker_query(
		        worker, &client->path, bytes, len, worker->reply, &reply_len, &forwarded))
			err = stream_put(&client->stream, worker->reply, reply_len);
		if (!forwarded)
			client->pending--;
	}
	return err;
}

/* One read: what more there is makes the loop come back. 0 or -errno. */
static int take(struct tcp_client *client)
{
	int err = answer(client); /* what was left when it was busy */
	int len;

	if (err || client->ended || is_busy(client))
		return err;
	len = stream_fill(&client->stream);
	if (len < 0)
		return len == -EAGAIN ? 0 : len;
	client->ended = len == 0;
	return answer(client);
}

static void client_ready(struct loop_source *source, uint32_t events)
{
	struct tcp_client *client = (struct tcp_client *)source;

	if (events & (EPOLLERR | EPOLLHUP) || take(client) < 0) {
		tcp_client_close(client);
		return;
	}
	if (flush(client))
		settle(client);
}

void named_tcp_reply(
    struct named_tcp *tcp, const struct named_path *path, const uint8_t *bytes, size_t len)
{
	struct tcp_client *client = path->place < tcp->max ? tcp->places[path->place] : NULL;

	if (!client || client->path.connection != path->connection)
		return; /* it has gone */
	client->pending--;
	client->broken |= stream_put(&client->stream, bytes, len) < 0;
	loop_later(tcp->worker->loop, &client->job);
}

/* At the end of the turn: replies that came from other servers, and queries that waited for them.
 */
static void replied(struct loop_job *job)
{
	struct tcp_client *client =
	    (struct tcp_client *)(void *)((char *)job - offsetof(struct tcp_client, job));

	touch(client);
	if (client->broken || answer(client) < 0) {
		tcp_client_close(client);
		return;
	}
	if (flush(client))
		settle(client);
}

/* ---- begin, end ------------------------------------------------------------------------------ */

int tcp_client_new(struct named_tcp *tcp, int fd, const struct sockaddr_in6 *peer)
{
	struct tcp_client *client = calloc(1, sizeof(*client));
	struct sockaddr_in6 local = {0};
	socklen_t len = sizeof(local);
	uint32_t place = 0;
	int err;

	if (!client)
		return -ENOMEM;
	while (tcp->places[place])
		place++;
	client->tcp = tcp;
	loop_job_init(&client->job, replied);
	stream_init(&client->stream, fd, NAMED_QUERY_MAX, OUT_MAX);
	(void)ioth_getsockname(fd, (struct sockaddr *)&local, &len);
	client->path = (struct named_path){.peer = peer->sin6_addr,
	    .local = local.sin6_addr,
	    .connection = ++tcp->accepted,
	    .place = place,
	    .scope = peer->sin6_scope_id,
	    .port = peer->sin6_port};
	/* A reply is one segment, or waits for no acknowledgement. */
	(void)named_socket_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	err = loop_add(tcp->worker->loop, &client->source, fd, EPOLLIN, client_ready);
	if (err) {
		free(client);
		return err;
	}
	tcp->places[place] = client;
	tcp->count++;
	client->active = loop_now(tcp->worker->loop);
	list_append(&tcp->clients, &client->link);
	if (tcp->count == 1)
		tcp_watch_idle(tcp);
	metric_add(&tcp->worker->stats.tcp_accepted, 1);
	metric_set(&tcp->worker->stats.tcp_open, tcp->count);
	return 0;
}

void tcp_client_close(struct tcp_client *client)
{
	struct named_tcp *tcp = client->tcp;
	int fd = client->source.fd;

	loop_remove(&client->source);
	loop_job_cancel(&client->job);
	list_remove(&client->link);
	tcp->places[client->path.place] = NULL;
	tcp->count--;
	metric_set(&tcp->worker->stats.tcp_open, tcp->count);
	stream_fini(&client->stream);
	ioth_close(fd);
	free(client);
}
