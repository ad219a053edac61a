/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The listening socket: who may connect, and how many.
 *
 * A client that no `auth accept` record lets in is closed at once. There are tcpclients
 * connections at most, or a third of the descriptors that there may be (a socket of picox is
 * two): silent ones must not take those that forwarding needs; and tcpperclient of one address;
 * where there is no place for a new one, that which has been quiet for longest makes room (RFC
 * 7766, 6.2.3 leaves that to the server), unless it waits for an answer.
 */
#include "tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <ioth.h>

#include "descriptors.h"
#include "log.h"
#include "socket.h"

#define ACCEPTS_MAX 32 /* a turn */

static struct named_tcp *tcp_of(struct loop_source *source)
{
	return (struct named_tcp *)(void *)((char *)source - offsetof(struct named_tcp, listener));
}

static unsigned int count_of(const struct named_tcp *tcp, const struct in6_addr *address)
{
	const struct tcp_client *client;
	unsigned int count = 0;

	list_for_each (client, &tcp->clients, link)
		count += IN6_ARE_ADDR_EQUAL(&client->path.peer, address);
	return count;
}

/* The one that was quiet for longest goes. */
static bool make_room(struct named_tcp *tcp)
{
	struct tcp_client *client;

	list_for_each (client, &tcp->clients, link) {
		if (client->pending > 0)
			continue;
		metric_add(&tcp->worker->stats.tcp_full, 1);
		tcp_client_close(client);
		return true;
	}
	return false;
}

static bool is_admitted(struct named_tcp *tcp, const struct sockaddr_in6 *peer)
{
	struct named_worker *worker = tcp->worker;
	const struct named_options *options = &worker->core.conf->options;

	if (!named_core_accepts(&worker->core, &peer->sin6_addr)) {
		metric_add(&worker->stats.tcp_refused, 1);
		return false;
	}
	if (count_of(tcp, &peer->sin6_addr) >= (uint64_t)options->tcpperclient ||
	    (tcp->count >= tcp->max && !make_room(tcp))) {
		metric_add(&worker->stats.tcp_full, 1);
		return false;
	}
	return true;
}

static void listener_ready(struct loop_source *source, uint32_t events)
{
	struct named_tcp *tcp = tcp_of(source);

	for (unsigned int i = 0; i < ACCEPTS_MAX; i++) {
		struct sockaddr_in6 peer = {0};
		socklen_t len = sizeof(peer);
		int fd =
		    ioth_accept4(source->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			if (!is_admitted(tcp, &peer) || tcp_client_new(tcp, fd, &peer) < 0)
				ioth_close(fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
			/* It would be ready all the time. */
			(void)loop_want(source, 0);
			loop_timer_after(&tcp->retry, LOOP_SEC);
			return;
		}
		if (errno == EAGAIN)
			return; /* other errors are those of a connection: accept(2) */
	}
}

static void listen_again(struct loop_timer *timer)
{
	struct named_tcp *tcp = timerq_entry(timer, struct named_tcp, retry);

	(void)loop_want(&tcp->listener, EPOLLIN);
}

/* The quiet ones, and those that take nothing. */
static void idle_over(struct loop_timer *timer)
{
	struct named_tcp *tcp = timerq_entry(timer, struct named_tcp, idle);
	loop_time now = loop_now(tcp->worker->loop);
	struct tcp_client *client;

	list_for_each_safe (client, &tcp->clients, link) {
		if (client->active + tcp->timeout > now)
			break;
		/* Its answer comes, or its failure: the forwarder has seconds. */
		if (client->pending > 0)
			continue;
		metric_add(&tcp->worker->stats.tcp_idle, 1);
		tcp_client_close(client);
	}
	tcp_watch_idle(tcp);
}

void tcp_watch_idle(struct named_tcp *tcp)
{
	const struct tcp_client *oldest = list_first(&tcp->clients, struct tcp_client, link);
	loop_time now = loop_now(tcp->worker->loop);
	loop_time due;

	if (!oldest)
		return;
	due = oldest->active + tcp->timeout;
	/* One that waits for its answer may be older than it may be. */
	loop_timer_at(&tcp->idle, due > now ? due : now + LOOP_SEC);
}

void named_tcp_set_options(struct named_tcp *tcp)
{
	const struct named_options *options = &tcp->worker->core.conf->options;

	tcp->timeout = (loop_time)options->tcptimeout * LOOP_SEC;
	tcp_watch_idle(tcp);
	(void)ioth_listen(tcp->listener.fd, (int)options->tcplistenbacklog);
}

int named_tcp_new(struct named_tcp **result, struct named_worker *worker)
{
	const struct named_options *options = &worker->core.conf->options;
	/* All workers together have as many; the kernel shares connections out evenly. */
	uint32_t workers = worker->sharing == NAMED_ALONE ? 1 : (uint32_t)options->workers;
	uint64_t third = descriptors_allowed() / 3;
	uint32_t clients =
	    third < (uint64_t)options->tcpclients ? (uint32_t)third : (uint32_t)options->tcpclients;
	uint32_t max = (clients + workers - 1) / workers;
	struct named_tcp *tcp = calloc(1, sizeof(*tcp) + max * sizeof(struct tcp_client *));
	int fd, err;

	if (!tcp)
		return -ENOMEM;
	tcp->worker = worker;
	tcp->max = max;
	tcp->timeout = (loop_time)options->tcptimeout * LOOP_SEC;
	list_init(&tcp->clients);
	loop_timer_init(worker->loop, &tcp->retry, listen_again);
	loop_timer_init(worker->loop, &tcp->idle, idle_over);
	fd = named_socket_open(worker->request_stack, SOCK_STREAM, NAMED_PORT, worker->sharing);
	err = fd < 0 ? fd : 0;
	if (!err && ioth_listen(fd, (int)options->tcplistenbacklog) < 0)
		err = -errno;
	if (!err)
		err = loop_add(worker->loop, &tcp->listener, fd, EPOLLIN, listener_ready);
	if (err) {
		if (fd >= 0)
			ioth_close(fd);
		free(tcp);
		return err;
	}
	*result = tcp;
	return 0;
}

void named_tcp_free(struct named_tcp *tcp)
{
	struct tcp_client *client;
	int fd;

	if (!tcp)
		return;
	list_for_each_safe (client, &tcp->clients, link)
		tcp_client_close(client);
	loop_timer_cancel(&tcp->retry);
	loop_timer_cancel(&tcp->idle);
	fd = tcp->listener.fd;
	loop_remove(&tcp->listener);
	ioth_close(fd);
	free(tcp);
}
