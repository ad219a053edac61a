/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The relay's loop: one thread serves all lines. It sleeps until a descriptor is ready, another
 * thread asks for something, or a link's deadline comes; there are no ticks.
 *
 * A descriptor in an epoll set makes the kernel call back into the set whenever its state changes:
 * for each frame that another process puts into our socket or takes out of its own, even while we
 * are busy and would look anyway. poll enters its descriptors each time it is called, but only
 * while it sleeps do they cost anybody anything, so under load it is the cheaper of the two for a
 * few descriptors. The first lines are polled therefore, the others share an epoll set, which
 * itself is one of the descriptors that are polled.
 */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
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
	char wake;

	if (data == 0)
		(void)!read(relay->wake_fd[0], &wake, 1);
	else if ((data & EVENT_LINK) != 0)
		line_link_ready(line);
	else
		line_port_ready(line, event->events);
}

static void serve_events(struct relay *relay)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(relay->epoll_fd, events, EVENTS_MAX, 0);

	if (count < 0 && errno != EINTR)
		atomic_store(&relay->lost, true);
	for (int i = 0; i < count; i++)
		serve_event(relay, &events[i]);
}

static int line_enter(struct relay *relay, struct relay_line *line)
{
	unsigned int slot = 0;
	int rc;

	while (slot < DIRECT_LINES && relay->direct[slot] != NULL)
		slot++;
	rc = relay_watch(line, false, EPOLLIN, EPOLL_CTL_ADD);
	if (rc < 0)
		return rc;
	if (slot < DIRECT_LINES) {
		line->direct = true;
		relay->direct[slot] = line;
		vdelink_set_direct(line->link);
		return 0;
	}
	rc = relay_watch(line, true, EPOLLIN, EPOLL_CTL_ADD);
	if (rc < 0)
		relay_watch(line, false, 0, EPOLL_CTL_DEL);
	return rc;
}

static void line_leave(struct relay *relay, struct relay_line *line)
{
	timerq_cancel(&relay->deadlines, &line->deadline);
	if (atomic_load(&relay->lost))
		return;
	relay_watch(line, false, 0, EPOLL_CTL_DEL);
	if (!line->direct && !line->port_dead)
		relay_watch(line, true, 0, EPOLL_CTL_DEL);
	for (unsigned int i = 0; i < DIRECT_LINES; i++)
		if (relay->direct[i] == line)
			relay->direct[i] = NULL;
}

/* Done between two rounds, so that no event of a round refers to a line that is gone. */
void relay_settle(struct relay *relay)
{
	struct relay_line *line;

	while ((line = list_first(&relay->requests, struct relay_line, in_requests)) != NULL) {
		list_remove(&line->in_requests);
		line->result = 0;
		if (line->request == LINE_ADD)
			line->result = line_enter(relay, line);
		else
			line_leave(relay, line);
		line->request = LINE_NONE;
		pthread_cond_broadcast(&relay->settled);
	}
}

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

/* NULL: until something happens. */
static const struct timespec *time_to_sleep(const struct relay *relay, struct timespec *room)
{
	uint64_t deadline = timerq_next_deadline(&relay->deadlines), now;

	if (deadline == TIMERQ_NEVER)
		return NULL;
	now = relay_now();
	deadline = deadline > now ? deadline - now : 0;
	room->tv_sec = (time_t)(deadline / 1000000000);
	room->tv_nsec = (long)(deadline % 1000000000);
	return room;
}

/* The descriptors to sleep on: the epoll set, and the port and the link of each direct line. */
#define POLLED (1 + 2 * DIRECT_LINES)

static void poll_set(const struct relay *relay, struct pollfd polled[POLLED])
{
	polled[0] = (struct pollfd){.fd = relay->epoll_fd, .events = POLLIN};
	for (unsigned int i = 0; i < DIRECT_LINES; i++) {
		struct pollfd *port = &polled[1 + 2 * i], *data = &polled[2 + 2 * i];
		const struct relay_line *line = relay->direct[i];

		/* poll passes over negative descriptors. */
		*port = *data = (struct pollfd){.fd = -1};
		if (line == NULL)
			continue;
		if (line->port_watched && !line->port_dead)
			*port = (struct pollfd){.fd = line->port.fd, .events = POLLIN};
		*data = (struct pollfd){
		    .fd = vdelink_direct_fd(line->link),
		    .events = (short)(POLLIN | (line->waiting != NULL ? POLLOUT : 0)),
		};
	}
}

static void serve_direct(struct relay *relay, const struct pollfd polled[POLLED])
{
	for (unsigned int i = 0; i < DIRECT_LINES; i++) {
		short port = polled[1 + 2 * i].revents, data = polled[2 + 2 * i].revents;

		if (data != 0)
			line_data_ready(relay->direct[i], (uint32_t)data);
		if (port != 0)
			line_port_ready(relay->direct[i], (uint32_t)port);
	}
}

/* A number without a descriptor: everything was closed. */
static bool is_lost(struct relay *relay, const struct pollfd polled[POLLED])
{
	for (unsigned int i = 0; i < POLLED; i++)
		if ((polled[i].revents & POLLNVAL) != 0)
			atomic_store(&relay->lost, true);
	return atomic_load(&relay->lost);
}

int relay_run(struct relay *relay)
{
	struct pollfd polled[POLLED];
	struct timespec room;
	int rc = 0;

	pthread_mutex_lock(&relay->lock);
	relay->running = true;
	pthread_mutex_unlock(&relay->lock);
	while (!atomic_load_explicit(&relay->stop, memory_order_acquire)) {
		poll_set(relay, polled);
		if (ppoll(polled, POLLED, time_to_sleep(relay, &room), NULL) < 0 && errno != EINTR) {
			rc = -errno;
			break;
		}
		if (is_lost(relay, polled)) {
			rc = -EBADF;
			break;
		}
		serve_direct(relay, polled);
		serve_deadlines(relay);
		if (polled[0].revents != 0) {
			serve_events(relay);
			serve_requests(relay);
		}
	}
	pthread_mutex_lock(&relay->lock);
	relay->running = false;
	relay_settle(relay); /* who asked before is still waiting */
	pthread_mutex_unlock(&relay->lock);
	return rc;
}
