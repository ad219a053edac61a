/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The turn of a loop: see loop.h. */
#include "loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/eventfd.h>

loop_time loop_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (loop_time)now.tv_sec * LOOP_SEC + (loop_time)now.tv_nsec;
}

/* ---- begin, end ------------------------------------------------------------------------------ */

static void take_wake(struct loop_source *source, uint32_t events)
{
	uint64_t count;

	if (read(source->fd, &count, sizeof(count)) < 0)
		return; /* taken already */
	if (source->loop->woken)
		source->loop->woken(source, events);
}

int loop_init(struct loop *loop)
{
	int fd, err;

	memset(loop, 0, sizeof(*loop));
	list_init(&loop->jobs);
	loop->now = loop_clock();
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return -errno;
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = fd < 0 ? -errno : loop_add(loop, &loop->waker, fd, EPOLLIN, take_wake);
	if (!err)
		return 0;
	if (fd >= 0)
		close(fd);
	free(loop->by_fd);
	close(loop->epoll_fd);
	return err;
}

void loop_fini(struct loop *loop)
{
	while (!list_is_empty(&loop->jobs))
		list_remove(loop->jobs.next);
	while (timerq_expired(&loop->timers, TIMERQ_NEVER))
		;
	close(loop->waker.fd);
	free(loop->by_fd);
	close(loop->epoll_fd);
}

void loop_wake(struct loop *loop)
{
	const uint64_t one = 1;

	/* EAGAIN: it has been woken 2^64 - 2 times, and will be soon. */
	if (write(loop->waker.fd, &one, sizeof(one)) < 0)
		return;
}

void loop_stop(struct loop *loop)
{
	atomic_store(&loop->stopping, true);
	loop_wake(loop);
}

/* ---- a turn ---------------------------------------------------------------------------------- */

/* Milliseconds to sleep, rounded up: not awake before the deadline. */
static int patience(const struct loop *loop, loop_time limit)
{
	loop_time next = timerq_next_deadline(&loop->timers);
	loop_time now, delay = TIMERQ_NEVER;

	if (limit == 0 || !list_is_empty(&loop->jobs))
		return 0;
	if (next != TIMERQ_NEVER) {
		now = loop_clock();
		delay = next > now ? next - now : 0;
	}
	if (limit < delay)
		delay = limit;
	if (delay == TIMERQ_NEVER)
		return -1;
	delay = delay / LOOP_MSEC + (delay % LOOP_MSEC != 0);
	return delay > INT32_MAX ? INT32_MAX : (int)delay;
}

static void run_sources(struct loop *loop)
{
	while (loop->event_next < loop->event_count) {
		const struct epoll_event *event = &loop->events[loop->event_next++];
		struct loop_source *source = event->data.ptr;

		if (source) /* it was not removed in this turn */
			source->function(source, event->events);
	}
	loop->event_count = 0;
	loop->event_next = 0;
}

static void run_timers(struct loop *loop)
{
	struct timerq_timer *expired;

	while ((expired = timerq_expired(&loop->timers, loop->now))) {
		struct loop_timer *timer = timerq_entry(expired, struct loop_timer, timer);

		timer->function(timer);
	}
}

static void run_jobs(struct loop *loop)
{
	struct list jobs = LIST_INIT(jobs);
	struct loop_job *job;

	list_append_all(&jobs, &loop->jobs);
	while ((job = list_first(&jobs, struct loop_job, link))) {
		list_remove(&job->link);
		job->function(job);
	}
}

void loop_rest(struct loop *loop, loop_time delay)
{
	loop->rest = delay;
}

static void rest(struct loop *loop)
{
	const struct timespec delay = {
	    .tv_sec = (time_t)(loop->rest / LOOP_SEC), .tv_nsec = (long)(loop->rest % LOOP_SEC)};

	if (loop->rest)
		(void)nanosleep(&delay, NULL); /* a signal ends it: the better */
	loop->rest = 0;
}

int loop_turn(struct loop *loop, loop_time limit)
{
	int count;

	rest(loop);
	count = epoll_wait(loop->epoll_fd, loop->events, LOOP_BURST, patience(loop, limit));
	if (count < 0 && errno != EINTR)
		return -errno;
	loop->event_count = count < 0 ? 0 : count;
	loop->event_next = 0;
	loop->now = loop_clock();
	run_sources(loop);
	run_timers(loop);
	run_jobs(loop);
	return 0;
}

int loop_run(struct loop *loop)
{
	int err = 0;

	while (!err && !atomic_load(&loop->stopping))
		err = loop_turn(loop, TIMERQ_NEVER);
	atomic_store(&loop->stopping, false);
	return err;
}

/* ---- descriptors ----------------------------------------------------------------------------- */

/* Room for this number: for twice as many as before. 0 or -ENOMEM. */
static int make_room(struct loop *loop, unsigned int fd)
{
	unsigned int fds = loop->fds ? loop->fds * 2 : 64;
	struct loop_source **more;

	if (fd < loop->fds)
		return 0;
	if (fds <= fd)
		fds = fd + 1;
	more = reallocarray(loop->by_fd, fds, sizeof(struct loop_source *));
	if (!more)
		return -ENOMEM;
	memset(more + loop->fds, 0, (fds - loop->fds) * sizeof(struct loop_source *));
	loop->by_fd = more;
	loop->fds = fds;
	return 0;
}

int loop_add(struct loop *loop, struct loop_source *source, int fd, uint32_t events,
    loop_source_function *function)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	if (fd < 0)
		return -EBADF;
	if (make_room(loop, (unsigned int)fd) < 0)
		return -ENOMEM;
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	*source = (struct loop_source){.loop = loop, .fd = fd, .events = events, .function = function};
	loop->by_fd[fd] = source;
	return 0;
}

int loop_want(struct loop_source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	if (events == source->events)
		return 0;
	if (epoll_ctl(source->loop->epoll_fd, EPOLL_CTL_MOD, source->fd, &event) < 0)
		return -errno;
	source->events = events;
	return 0;
}

void loop_remove(struct loop_source *source)
{
	struct loop *loop = source->loop;

	if (!loop)
		return;
	if (source->fd >= 0) { /* loop_stack.c's have none */
		(void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
		if (loop->by_fd[source->fd] == source)
			loop->by_fd[source->fd] = NULL;
	}
	for (int i = loop->event_next; i < loop->event_count; i++) {
		if (loop->events[i].data.ptr == source)
			loop->events[i].data.ptr = NULL;
	}
	source->loop = NULL;
}

void loop_tell(struct loop *loop, int fd, uint32_t events)
{
	struct loop_source *source = fd >= 0 && (unsigned int)fd < loop->fds ? loop->by_fd[fd] : NULL;

	if (source && (source->events & events))
		source->function(source, source->events & events);
}

/* ---- timers, jobs ---------------------------------------------------------------------------- */

void loop_timer_init(struct loop *loop, struct loop_timer *timer, loop_timer_function *function)
{
	*timer = (struct loop_timer){.loop = loop, .function = function};
}

void loop_timer_at(struct loop_timer *timer, loop_time when)
{
	timerq_set(&timer->loop->timers, &timer->timer, when);
}

void loop_timer_after(struct loop_timer *timer, loop_time delay)
{
	loop_time now = loop_now(timer->loop);

	timerq_set(&timer->loop->timers, &timer->timer,
	    delay < TIMERQ_NEVER - now ? now + delay : TIMERQ_NEVER);
}

void loop_timer_cancel(struct loop_timer *timer)
{
	if (timer->loop)
		timerq_cancel(&timer->loop->timers, &timer->timer);
}

void loop_job_init(struct loop_job *job, loop_job_function *function)
{
	list_init(&job->link);
	job->function = function;
}

void loop_later(struct loop *loop, struct loop_job *job)
{
	if (list_is_empty(&job->link))
		list_append(&loop->jobs, &job->link);
}

void loop_job_cancel(struct loop_job *job)
{
	list_remove(&job->link);
}
