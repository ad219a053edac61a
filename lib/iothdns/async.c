/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Look-ups for an event loop.
 *
 * The loop sees one descriptor for the whole look-up: an epoll(7) descriptor, which is readable
 * when the socket of the moment is, or when the timer of the deadline has gone off. A look-up that
 * ends at once (cache, no server) sets the timer off: the callback is always called from
 * iothdns_query_process.
 */
#include <errno.h>
#include <stdlib.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <iothdns.h>

#include "handle.h"
#include "packet.h"
#include "shield.h"

struct iothdns_query {
	struct dialog dialog;
	iothdns_query_cb_t *cb;
	void *arg;
	int epoll, timer;
	int watched; /* the socket in the epoll set, or -1 */
	unsigned int turn;
	uint32_t events;
	bool ended;
};

static uint32_t wanted(const struct dialog *dialog)
{
	return dialog_events(dialog) & POLLOUT ? EPOLLIN | EPOLLOUT : EPOLLIN;
}

/* Whether a socket of the same number is the same one is told by the query's turn. */
static int watch(struct iothdns_query *query, uint64_t now)
{
	struct dialog *dialog = &query->dialog;
	uint64_t wait = dialog->query.deadline > now ? dialog->query.deadline - now : 0;
	struct itimerspec timer = {.it_value = {(time_t)(wait / 1000), (long)(wait % 1000) * 1000000}};
	struct epoll_event event = {.events = wanted(dialog)};
	int error = 0;

	if (query_has_ended(&dialog->query))
		wait = 0;
	if (wait == 0)
		timer.it_value = (struct timespec){0, 1}; /* zero would stop it */
	if (query->watched >= 0 && (query->turn != dialog->turn || dialog->fd < 0))
		query->watched = -1; /* closed: epoll has forgotten it */
	if (dialog->fd >= 0 && query->watched < 0)
		error = epoll_ctl(query->epoll, EPOLL_CTL_ADD, dialog->fd, &event);
	else if (dialog->fd >= 0 && query->events != event.events)
		error = epoll_ctl(query->epoll, EPOLL_CTL_MOD, dialog->fd, &event);
	/* A socket that was kept for the next packet is still there. */
	if (error < 0 && errno == EEXIST)
		error = epoll_ctl(query->epoll, EPOLL_CTL_MOD, dialog->fd, &event);
	query->watched = dialog->fd;
	query->turn = dialog->turn;
	query->events = event.events;
	if (error == 0)
		error = timerfd_settime(query->timer, 0, &timer, NULL);
	return error;
}

/* A socket that another query may use next must not wake this one. */
static void forget(struct iothdns_query *query)
{
	if (query->watched >= 0)
		(void)epoll_ctl(query->epoll, EPOLL_CTL_DEL, query->watched, NULL);
	query->watched = -1;
}

/* Returns the time at which it did what there was to do. */
static uint64_t step(struct iothdns_query *query)
{
	uint64_t now = dialog_now();

	if (query->dialog.spare)
		forget(query);
	dialog_step(&query->dialog, now);
	return now;
}

static struct iothdns_query *start(struct iothdns *dns, const char *name, int qtype,
    unsigned int flags, iothdns_query_cb_t *cb, void *arg)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct iothdns_query *query;
	int error = EINVAL;

	if (qtype < 0 || qtype > UINT16_MAX)
		goto failed;
	error = ENOMEM;
	query = calloc(1, sizeof(*query));
	if (!query)
		goto failed;
	query->cb = cb;
	query->arg = arg;
	query->watched = -1;
	query->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (query->epoll < 0) {
		error = errno;
		goto no_epoll;
	}
	query->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (query->timer < 0) {
		error = errno;
		goto no_timer;
	}
	error = -handle_dialog(dns, &query->dialog, name, (uint16_t)qtype, flags);
	if (error)
		goto no_dialog;
	if (epoll_ctl(query->epoll, EPOLL_CTL_ADD, query->timer, &event) < 0 ||
	    watch(query, step(query)) < 0) {
		error = errno;
		goto no_watch;
	}
	return query;

no_watch:
	dialog_fini(&query->dialog);
no_dialog:
	close(query->timer);
no_timer:
	close(query->epoll);
no_epoll:
	free(query);
failed:
	errno = error;
	return NULL;
}

struct iothdns_query *iothdns_query_start(struct iothdns *dns, const char *name, int qtype,
    unsigned int flags, iothdns_query_cb_t *cb, void *arg)
{
	int shield = shield_begin();
	struct iothdns_query *query = start(dns, name, qtype, flags, cb, arg);

	shield_end(shield);
	return query;
}

int iothdns_query_fd(struct iothdns_query *query)
{
	return query->epoll;
}

/* The callback may free the query: it is not looked at afterwards. */
static void give_answer(struct iothdns_query *query)
{
	struct query *ended = &query->dialog.query;
	char qname[IOTHDNS_MAXNAME];
	struct iothdns_header header;
	struct iothdns_pkt reply;
	bool given = ended->reply != NULL;
	int error = ended->error;

	if (given && read_open(&reply, &header, ended->reply, ended->reply_len, qname) < 0) {
		given = false; /* the question's name does not fit into the buffer as text */
		error = EPROTO;
	}
	query->cb(query, error, given ? &header : NULL, given ? &reply : NULL, query->arg);
}

/* Does what there is to do but for the callback. The timer is set anew if the query goes on, which
 * makes an expiration of it forgotten. Setting it off for a query that has ended would cost as much
 * as all the rest: an interrupt, for a callback that is called right now. */
static void process(struct iothdns_query *query)
{
	int shield = shield_begin();
	uint64_t now = step(query);

	if (!query_has_ended(&query->dialog.query) && watch(query, now) < 0) {
		/* Nothing would wake the loop again. */
		query->dialog.query.error = errno;
		query->dialog.query.state = QUERY_FAILED;
	}
	shield_end(shield);
}

int iothdns_query_process(struct iothdns_query *query)
{
	if (query->ended)
		return 1;
	process(query);
	if (!query_has_ended(&query->dialog.query))
		return 0;
	query->ended = true;
	give_answer(query);
	return 1;
}

void iothdns_query_free(struct iothdns_query *query)
{
	int shield;

	if (!query)
		return;
	shield = shield_begin();
	dialog_fini(&query->dialog);
	close(query->timer);
	close(query->epoll);
	free(query);
	shield_end(shield);
}
