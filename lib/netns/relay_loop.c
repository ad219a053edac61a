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

static void serve_event(const struct epoll_event *event)
{
	uintptr_t data = (uintptr_t)event->data.u64;
	struct relay_line *line = (struct relay_line *)(data & ~(uintptr_t)EVENT_LINK);

	if ((data & EVENT_LINK) != 0)
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
		serve_event(&events[i]);
}

static int line_enter(struct relay *relay, struct relay_line *line)
{
	int rc;

	for (unsigned int i = 0; i < DIRECT_LINES; i++)
		if (relay->direct[i] == NULL) {
			line->direct = true;
			relay->direct[i] = line;
			vdelink_set_direct(line->link);
			return 0;
		}
	rc = relay_watch(line, false, EPOLLIN, EPOLL_CTL_ADD);
	if (rc < 0)
		return rc;
	rc = relay_watch(line, true, EPOLLIN, EPOLL_CTL_ADD);
	if (rc < 0)
		relay_watch(line, false, 0, EPOLL_CTL_DEL);
	else
		relay->indirect++;
	return rc;
}

static void line_leave(struct relay *relay, struct relay_line *line)
{
	timerq_cancel(&relay->deadlines, &line->deadline);
	timerq_cancel(&relay->gates_due, &line->gate_due);
	if (atomic_load(&relay->lost))
		return;
	if (line->direct) {
		for (unsigned int i = 0; i < DIRECT_LINES; i++)
			if (relay->direct[i] == line)
				relay->direct[i] = NULL;
		return;
	}
	relay_watch(line, false, 0, EPOLL_CTL_DEL);
	if (!line->port_dead)
		relay_watch(line, true, 0, EPOLL_CTL_DEL);
	relay->indirect--;
}

/* Done between two rounds, so that no event of a round refers to a line that is gone. */
void relay_settle(struct relay *relay)
{
	struct relay_line *line;

	while ((line = list_first(&relay->requests, struct relay_line, in_requests)) != NULL) {
		list_remove(&line->in_requests);
		line->result = 0;
		if (line->request == LINE_ADD) {
			line->result = line_enter(relay, line);
		} else if (line->request == LINE_GATE) {
			line->gate = line->gate_wanted;
			timerq_set(&relay->gates_due, &line->gate_due, line->gate_wanted_due);
		} else {
			if (!atomic_load(&relay->lost))
				line_drain(line);
			line_leave(relay, line);
		}
		line->request = LINE_NONE;
		pthread_cond_broadcast(&relay->settled);
	}
}

static void serve_requests(struct relay *relay)
{
	char wakes[64];

	(void)!read(relay->wake_fd[0], wakes, sizeof wakes);
	pthread_mutex_lock(&relay->lock);
	relay_settle(relay);
	pthread_mutex_unlock(&relay->lock);
}

static uint64_t next_deadline(const struct relay *relay)
{
	uint64_t links = timerq_next_deadline(&relay->deadlines);
	uint64_t gates = timerq_next_deadline(&relay->gates_due);

	return links < gates ? links : gates;
}

static void serve_deadlines(struct relay *relay)
{
	struct timerq_timer *timer;
	uint64_t now;

	if (next_deadline(relay) == TIMERQ_NEVER)
		return;
	now = relay_now();
	while ((timer = timerq_expired(&relay->deadlines, now)) != NULL)
		line_deadline_passed(timerq_entry(timer, struct relay_line, deadline), now);
	while ((timer = timerq_expired(&relay->gates_due, now)) != NULL)
		line_gate_due(timerq_entry(timer, struct relay_line, gate_due), now);
}

/* NULL: until something happens. */
static const struct timespec *time_to_sleep(const struct relay *relay, struct timespec *room)
{
	uint64_t deadline = next_deadline(relay), now;

	if (deadline == TIMERQ_NEVER)
		return NULL;
	now = relay_now();
	deadline = deadline > now ? deadline - now : 0;
	room->tv_sec = (time_t)(deadline / 1000000000);
	room->tv_nsec = (long)(deadline % 1000000000);
	return room;
}

/* The descriptors to sleep on: ours; and of each direct line the network's, the port, and what
 * tells the link's state. Only those that are waited for, because each costs time in every call. */
#define POLLED_MAX (2 + 3 * DIRECT_LINES)

enum polled_kind {
	POLLED_DATA,
	POLLED_PORT,
	POLLED_STATE,
	POLLED_EPOLL,
	POLLED_WAKE,
};

struct polled {
	struct pollfd fd[POLLED_MAX];
	enum polled_kind kind[POLLED_MAX];
	struct relay_line *line[POLLED_MAX];
	unsigned int count;
};

static void polled_add(
    struct polled *polled, enum polled_kind kind, int fd, short events, struct relay_line *line)
{
	if (fd < 0)
		return;
	polled->fd[polled->count] = (struct pollfd){.fd = fd, .events = events};
	polled->kind[polled->count] = kind;
	polled->line[polled->count++] = line;
}

static void poll_set(const struct relay *relay, struct polled *polled)
{
	polled->count = 0;
	for (unsigned int i = 0; i < DIRECT_LINES; i++) {
		struct relay_line *line = relay->direct[i];

		if (line == NULL)
			continue;
		polled_add(polled, POLLED_DATA, vdelink_direct_fd(line->link),
		    line->waiting != NULL ? POLLIN | POLLOUT : POLLIN, line);
		if (line->port_watched && !line->port_dead)
			polled_add(polled, POLLED_PORT, line->port.fd, POLLIN, line);
		polled_add(polled, POLLED_STATE, vdelink_state_fd(line->link), POLLIN, line);
	}
	if (relay->indirect > 0)
		polled_add(polled, POLLED_EPOLL, relay->epoll_fd, POLLIN, NULL);
	polled_add(polled, POLLED_WAKE, relay->wake_fd[0], POLLIN, NULL);
}

/* Requests come last, so that nothing of this round refers to a line that is gone. */
static void serve_polled(struct relay *relay, const struct polled *polled)
{
	for (unsigned int i = 0; i < polled->count; i++) {
		uint32_t events = (uint32_t)polled->fd[i].revents;
		struct relay_line *line = polled->line[i];

		if (events == 0)
			continue;
		switch (polled->kind[i]) {
		case POLLED_DATA:
			line_data_ready(line, events);
			break;
		case POLLED_PORT:
			line_port_ready(line, events);
			break;
		case POLLED_STATE:
			line_link_ready(line);
			break;
		case POLLED_EPOLL:
			serve_events(relay);
			break;
		case POLLED_WAKE:
			serve_requests(relay);
			break;
		}
	}
}

/* A number without a descriptor: everything was closed. */
static bool is_lost(struct relay *relay, const struct polled *polled)
{
	for (unsigned int i = 0; i < polled->count; i++)
		if ((polled->fd[i].revents & POLLNVAL) != 0)
			atomic_store(&relay->lost, true);
	return atomic_load(&relay->lost);
}

int relay_run(struct relay *relay)
{
	struct polled polled;
	struct timespec room;
	int rc = 0;

	pthread_mutex_lock(&relay->lock);
	relay->running = true;
	pthread_mutex_unlock(&relay->lock);
	while (!atomic_load_explicit(&relay->stop, memory_order_acquire)) {
		poll_set(relay, &polled);
		if (ppoll(polled.fd, polled.count, time_to_sleep(relay, &room), NULL) < 0 &&
		    errno != EINTR) {
			rc = -errno;
			break;
		}
		if (is_lost(relay, &polled)) {
			rc = -EBADF;
			break;
		}
		serve_deadlines(relay);
		serve_polled(relay, &polled);
	}
	pthread_mutex_lock(&relay->lock);
	relay->running = false;
	relay_settle(relay); /* who asked before is still waiting */
	pthread_mutex_unlock(&relay->lock);
	return rc;
}
