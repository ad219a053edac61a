/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The relay's loop: one thread serves all lines. It sleeps until a descriptor is ready, another
 * thread asks for something, or a link's deadline comes; there are no ticks. */
#include <errno.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>
#include <sys/epoll.h>

#include "relay_internal.h"

#define EVENTS_MAX 64

uint64_t relay_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

int relay_watch(struct relay_line *line, bool port, uint32_t events, int operation)
{
	struct epoll_event event = {
	    .events = events, .data.u64 = (uint64_t)(uintptr_t)line | (port ? 0 : EVENT_LINK)};
	int fd = port ? line->port.fd : vdelink_fd(line->link);

	return epoll_ctl(line->relay->epoll_fd, operation, fd, &event) < 0 ? -errno : 0;
}

static void serve_event(struct relay *relay, const struct epoll_event *event)
{
	uintptr_t data = (uintptr_t)event->data.u64;
	struct relay_line *line = (struct relay_line *)(data & ~(uintptr_t)EVENT_LINK);
	uint64_t unused;

	if (data == 0)
		(void)!read(relay->wake_fd, &unused, sizeof unused);
	else if ((data & EVENT_LINK) != 0)
		line_link_ready(line);
	else
		line_port_ready(line, event->events);
}

void relay_settle(struct relay *relay)
{
	struct relay_line *line;

	while ((line = list_first(&relay->requests, struct relay_line, in_requests)) != NULL) {
		list_remove(&line->in_requests);
		timerq_cancel(&relay->deadlines, &line->deadline);
		if (!line->port_dead)
			relay_watch(line, true, 0, EPOLL_CTL_DEL);
		relay_watch(line, false, 0, EPOLL_CTL_DEL);
		line->removed = true;
		pthread_cond_broadcast(&relay->settled);
	}
}

/* Done between two rounds, so that no event of this
 * round refers to a line that is gone. */
static void serve_requests(struct relay *relay)
{
	pthread_mutex_lock(&relay->lock);
	relay_settle(relay);
	pthread_mutex_unlock(&relay->lock);
}

static void serve_deadlines(struct relay *relay)
{
	struct timerq_timer *timer;
	uint64_t now;

	if (timerq_next_deadline(&relay->deadlines) == TIMERQ_NEVER)
		return;
	now = relay_now();
	while ((timer = timerq_expired(&relay->deadlines, now)) != NULL)
		line_deadline_passed(timerq_entry(timer, struct relay_line, deadline), now);
}

/* Milliseconds, rounded up so as not to wake early and find nothing to do. */
static int time_to_sleep(const struct relay *relay)
{
	uint64_t deadline = timerq_next_deadline(&relay->deadlines), now;

	if (deadline == TIMERQ_NEVER)
		return -1;
	now = relay_now();
	if (deadline <= now)
		return 0;
	deadline = (deadline - now) / 1000000 + 1;
	return deadline < INT_MAX ? (int)deadline : INT_MAX;
}

int relay_run(struct relay *relay)
{
	struct epoll_event events[EVENTS_MAX];
	int rc = 0;

	pthread_mutex_lock(&relay->lock);
	relay->running = true;
	pthread_mutex_unlock(&relay->lock);
	while (!atomic_load_explicit(&relay->stop, memory_order_acquire)) {
		int count = epoll_wait(relay->epoll_fd, events, EVENTS_MAX, time_to_sleep(relay));

		if (count < 0 && errno != EINTR) {
			rc = -errno;
			break;
		}
		for (int i = 0; i < count; i++)
			serve_event(relay, &events[i]);
		serve_deadlines(relay);
		serve_requests(relay);
	}
	pthread_mutex_lock(&relay->lock);
	relay->running = false;
	relay_settle(relay); /* who asked before is still waiting */
	pthread_mutex_unlock(&relay->lock);
	return rc;
}
