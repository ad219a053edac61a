/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Queries that wait for a key: see waiting.h. */
#include "waiting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/eventfd.h>

struct waiting_query {
	struct list link;
	struct named_path path;
	loop_time deadline;
	size_t len;
	uint8_t bytes[];
};

struct named_waiting {
	struct loop_source source; /* an eventfd, which is written to when a key is there */
	struct named_otip_listener listener;
	struct named_worker *worker;
	struct loop_timer timer;
	struct list queries; /* the one that has waited for longest first */
	unsigned int count;
};

static void forget(struct named_waiting *waiting, struct waiting_query *query)
{
	list_remove(&query->link);
	waiting->count--;
	free(query);
}

static void set_timer(struct named_waiting *waiting)
{
	const struct waiting_query *first = list_first(&waiting->queries, struct waiting_query, link);

	/* `forget` takes a query out of the list before it is freed.
	 * NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	loop_timer_at(&waiting->timer, first ? first->deadline : TIMERQ_NEVER);
}

/* A reply over TCP may make room for the connection's next query, which may be added here. */
void named_waiting_look(struct named_waiting *waiting)
{
	loop_time now = loop_now(waiting->worker->loop);
	struct waiting_query *query;

	list_for_each_safe (query, &waiting->queries, link) {
		if (named_worker_ask_again(
		        waiting->worker, &query->path, query->bytes, query->len, query->deadline <= now))
			forget(waiting, query);
	}
	set_timer(waiting);
}

bool named_waiting_add(
    struct named_waiting *waiting, const struct named_path *path, const uint8_t *bytes, size_t len)
{
	struct waiting_query *query;

	list_for_each (query, &waiting->queries, link) {
		if (query->len == len && memcmp(&query->path, path, sizeof(*path)) == 0 &&
		    memcmp(query->bytes, bytes, len) == 0)
			return false; /* the client has asked again */
	}
	if (waiting->count >= NAMED_WAITING_MAX)
		return false;
	query = malloc(sizeof(*query) + len);
	if (!query)
		return false;
	query->path = *path;
	query->deadline = loop_now(waiting->worker->loop) + NAMED_WAITING_TIME;
	query->len = len;
	memcpy(query->bytes, bytes, len);
	list_append(&waiting->queries, &query->link);
	waiting->count++;
	set_timer(waiting);
	return true;
}

/* In the thread that makes keys. */
static void key_ready(struct named_otip_listener *listener)
{
	const struct named_waiting *waiting =
	    (struct named_waiting *)(void *)((char *)listener -
	                                     offsetof(struct named_waiting, listener));
	uint64_t one = 1;

	/* Only a counter that is full would refuse it. */
	while (write(waiting->source.fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void woken(struct loop_source *source, uint32_t events)
{
	uint64_t count;

	if (read(source->fd, &count, sizeof(count)) > 0)
		named_waiting_look((struct named_waiting *)source);
}

static void expired(struct loop_timer *timer)
{
	named_waiting_look(timerq_entry(timer, struct named_waiting, timer));
}

int named_waiting_new(struct named_waiting **result, struct named_worker *worker)
{
	struct named_waiting *waiting = calloc(1, sizeof(*waiting));
	int fd, err;

	if (!waiting)
		return -ENOMEM;
	waiting->worker = worker;
	waiting->listener.ready = key_ready;
	list_init(&waiting->queries);
	loop_timer_init(worker->loop, &waiting->timer, expired);
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = fd < 0 ? -errno : loop_add(worker->loop, &waiting->source, fd, EPOLLIN, woken);
	if (err)
		goto fail;
	named_otip_listen(worker->core.shared->otip, &waiting->listener);
	*result = waiting;
	return 0;

fail:
	if (fd >= 0)
		close(fd);
	free(waiting);
	return err;
}

void named_waiting_free(struct named_waiting *waiting)
{
	struct waiting_query *query;
	int fd;

	if (!waiting)
		return;
	named_otip_unlisten(waiting->worker->core.shared->otip, &waiting->listener);
	list_for_each_safe (query, &waiting->queries, link)
		forget(waiting, query);
	loop_timer_cancel(&waiting->timer);
	fd = waiting->source.fd;
	loop_remove(&waiting->source);
	close(fd);
	free(waiting);
}
