/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An event loop: descriptors of any stack, timers, and work put off to the end of the turn.
 *
 * Each turn sleeps in epoll(7) until a descriptor is ready or the next deadline has come, reads the
 * monotonic clock once, and calls who asked for it: descriptors, then timers, then what was put
 * off. There is no tick. A loop belongs to one thread; loop_wake, loop_stop are for any thread.
 *
 * Sources, timers and jobs lie in what they belong to and are not owned; they may be taken out of
 * the loop, and freed, inside any function that it calls, their own included.
 */
#ifndef DAEMON_LOOP_H
#define DAEMON_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "list.h"
#include "timerq.h"

/* Nanoseconds of CLOCK_MONOTONIC. */
typedef uint64_t loop_time;
#define LOOP_USEC ((loop_time)1000)
#define LOOP_MSEC ((loop_time)1000000)
#define LOOP_SEC  ((loop_time)1000000000)

/* The clock itself, for who has no loop. */
loop_time loop_clock(void);

struct loop;
struct loop_source;
struct loop_timer;
struct loop_job;

/* `events` are epoll's: EPOLLIN, ... */
typedef void loop_source_function(struct loop_source *source, uint32_t events);
typedef void loop_timer_function(struct loop_timer *timer);
typedef void loop_job_function(struct loop_job *job);

/* A descriptor. All zero: in no loop. */
struct loop_source {
	struct loop *loop; /* NULL: not in a loop */
	int fd;
	uint32_t events; /* wanted */
	loop_source_function *function;
};

struct loop_timer {
	struct loop *loop;
	struct timerq_timer timer;
	loop_timer_function *function;
};

struct loop_job {
	struct list link;
	loop_job_function *function;
};

#define LOOP_BURST 64 /* descriptors a turn; the others have the next one */

struct loop {
	int epoll_fd;
	struct loop_source waker; /* an eventfd */
	loop_source_function *woken;
	loop_time now;
	loop_time rest; /* before the next turn */
	struct timerq timers;
	struct list jobs;
	struct loop_source **by_fd; /* NULL: none of this number */
	unsigned int fds;           /* that there is room for */
	atomic_bool stopping;
	/* Events of the turn that have not been handed out yet. */
	struct epoll_event events[LOOP_BURST];
	int event_next, event_count;
};

/* 0 or -errno. The loop may not be moved in memory. */
int loop_init(struct loop *loop);

/* Nothing that is still in the loop is called any more. */
void loop_fini(struct loop *loop);

/* Runs until loop_stop. 0, or -errno of epoll_wait(2). */
int loop_run(struct loop *loop);

/* One turn. It sleeps for at most `limit` (0: does not sleep; TIMERQ_NEVER: as long as it takes).
 */
int loop_turn(struct loop *loop, loop_time limit);

/* Before the next turn looks at anything it lets this time pass, so that more may gather. */
void loop_rest(struct loop *loop, loop_time delay);

/* From any thread, and from a signal handler: loop_run returns at the end of the turn. */
void loop_stop(struct loop *loop);

/* From any thread: the loop makes a turn, in which `woken` is called (set it before: may be NULL).
 */
void loop_wake(struct loop *loop);

/* The time as it was when the turn began. */
static inline loop_time loop_now(const struct loop *loop)
{
	return loop->now;
}

/* 0, -ENOMEM, or -errno of epoll_ctl(2): EPERM for a file that cannot be waited for. The descriptor
 * is removed before it is closed. */
int loop_add(struct loop *loop, struct loop_source *source, int fd, uint32_t events,
    loop_source_function *function);
int loop_want(struct loop_source *source, uint32_t events);
void loop_remove(struct loop_source *source); /* harmless if it is in no loop */

/* Somebody else has found out that a descriptor is ready: calls its source, if there is one and it
 * waits for any of `events`. Inside the functions of sources. */
void loop_tell(struct loop *loop, int fd, uint32_t events);

/* Sets when a timer is due, again if it was armed. TIMERQ_NEVER disarms it. */
void loop_timer_init(struct loop *loop, struct loop_timer *timer, loop_timer_function *function);
void loop_timer_at(struct loop_timer *timer, loop_time when);
void loop_timer_after(struct loop_timer *timer, loop_time delay);
void loop_timer_cancel(struct loop_timer *timer);

/* Puts a function off to the end of the turn, once however often it is asked for; one that is asked
 * for at the end of a turn runs in the next, which does not sleep. */
void loop_job_init(struct loop_job *job, loop_job_function *function);
void loop_later(struct loop *loop, struct loop_job *job);
void loop_job_cancel(struct loop_job *job);

#endif
