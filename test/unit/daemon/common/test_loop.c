/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The event loop: who is called when, and who no longer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <unistd.h>
#include <cmocka.h>

#include "loop.h"

struct pipe_end {
	struct loop_source source;
	int in;
	struct pipe_end *victim; /* removed when this one is called */
	unsigned int calls;
};

static struct loop loop;

static int begin(void **state)
{
	return loop_init(&loop);
}

static int end(void **state)
{
	loop_fini(&loop);
	return 0;
}

static void end_ready(struct loop_source *source, uint32_t events)
{
	struct pipe_end *end_of_pipe = (struct pipe_end *)source;
	char byte;

	assert_true(events & EPOLLIN);
	end_of_pipe->calls++;
	assert_int_equal(read(source->fd, &byte, 1), 1);
	if (end_of_pipe->victim)
		loop_remove(&end_of_pipe->victim->source);
}

static void open_pipe(struct pipe_end *end_of_pipe)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	end_of_pipe->in = ends[1];
	assert_int_equal(loop_add(&loop, &end_of_pipe->source, ends[0], EPOLLIN, end_ready), 0);
}

static void close_pipe(struct pipe_end *end_of_pipe)
{
	int fd = end_of_pipe->source.fd;

	loop_remove(&end_of_pipe->source);
	loop_remove(&end_of_pipe->source);
	close(fd);
	close(end_of_pipe->in);
}

/* Two that are ready at once, of which the first one called removes the other. */
static void test_removed_in_turn(void **state)
{
	struct pipe_end ends[2] = {0};

	open_pipe(&ends[0]);
	open_pipe(&ends[1]);
	ends[0].victim = &ends[1];
	ends[1].victim = &ends[0];
	assert_int_equal(write(ends[0].in, "x", 1), 1);
	assert_int_equal(write(ends[1].in, "x", 1), 1);
	assert_int_equal(loop_turn(&loop, 0), 0);
	assert_int_equal(ends[0].calls + ends[1].calls, 1);
	close_pipe(&ends[0]);
	close_pipe(&ends[1]);
}

static void test_want(void **state)
{
	struct pipe_end one = {0};

	open_pipe(&one);
	assert_int_equal(write(one.in, "xy", 2), 2);
	assert_int_equal(loop_want(&one.source, 0), 0);
	assert_int_equal(loop_turn(&loop, 0), 0);
	assert_int_equal(one.calls, 0);
	assert_int_equal(loop_want(&one.source, EPOLLIN), 0);
	assert_int_equal(loop_turn(&loop, TIMERQ_NEVER), 0);
	assert_int_equal(one.calls, 1);
	close_pipe(&one);
}

/* Somebody else says what is ready: those who wait for it are called, and nobody else. */
static void test_told(void **state)
{
	struct pipe_end first = {0}, second = {0};

	open_pipe(&first);
	open_pipe(&second);
	assert_int_equal(write(first.in, "x", 1), 1);
	loop_tell(&loop, first.source.fd, EPOLLIN);
	assert_int_equal(first.calls, 1);
	assert_int_equal(second.calls, 0);
	loop_tell(&loop, first.source.fd, EPOLLOUT);
	assert_int_equal(loop_want(&first.source, 0), 0);
	loop_tell(&loop, first.source.fd, EPOLLIN);
	loop_tell(&loop, -1, EPOLLIN);
	loop_tell(&loop, 1 << 30, EPOLLIN);
	assert_int_equal(first.calls, 1);
	assert_int_equal(loop_want(&first.source, EPOLLIN), 0);
	loop_remove(&first.source);
	loop_tell(&loop, first.source.fd, EPOLLIN);
	assert_int_equal(first.calls, 1);
	close_pipe(&first);
	close_pipe(&second);
}

static void test_no_descriptor(void **state)
{
	struct loop_source source = {0};

	assert_int_equal(loop_add(&loop, &source, -1, EPOLLIN, end_ready), -EBADF);
	loop_remove(&source);
}

/* ---- timers, jobs ---- */

struct task {
	struct loop_timer timer;
	struct loop_job job;
	struct task *other; /* armed, put off or cancelled when this one is called */
	bool cancels, stops;
	unsigned int calls;
};

static void task_timer(struct loop_timer *timer)
{
	struct task *task = (struct task *)timer;

	assert_true(loop_now(&loop) >= task->timer.timer.deadline || task->calls > 0);
	task->calls++;
	if (task->other && task->cancels)
		loop_timer_cancel(&task->other->timer);
	else if (task->other)
		loop_later(&loop, &task->other->job);
	if (task->stops)
		loop_stop(&loop);
}

static void task_job(struct loop_job *job)
{
	struct task *task = (struct task *)(void *)((char *)job - offsetof(struct task, job));

	task->calls++;
	if (task->other && task->cancels)
		loop_job_cancel(&task->other->job);
	else if (task->other)
		loop_later(&loop, &task->other->job);
	if (task->stops)
		loop_stop(&loop);
}

static void init_task(struct task *task)
{
	*task = (struct task){0};
	loop_timer_init(&loop, &task->timer, task_timer);
	loop_job_init(&task->job, task_job);
}

static void test_timers(void **state)
{
	loop_time start = loop_clock();
	struct task first, second, last;

	init_task(&first);
	init_task(&second);
	init_task(&last);
	first.other = &second;
	first.cancels = true;
	last.stops = true;
	loop_timer_after(&last.timer, 20 * LOOP_MSEC);
	loop_timer_after(&second.timer, 10 * LOOP_MSEC);
	loop_timer_after(&first.timer, 5 * LOOP_MSEC);
	assert_int_equal(loop_run(&loop), 0);
	assert_true(loop_clock() - start >= 20 * LOOP_MSEC);
	assert_int_equal(first.calls, 1);
	assert_int_equal(second.calls, 0);
	assert_int_equal(last.calls, 1);
	loop_timer_after(&last.timer, TIMERQ_NEVER);
	assert_false(timerq_is_armed(&last.timer.timer));
}

static void test_jobs(void **state)
{
	struct task one, two;

	init_task(&one);
	init_task(&two);
	loop_later(&loop, &one.job);
	loop_later(&loop, &one.job);
	assert_int_equal(loop_turn(&loop, TIMERQ_NEVER), 0);
	assert_int_equal(one.calls, 1);
	/* One that asks for itself runs once a turn, and no turn sleeps. */
	one.other = &one;
	loop_later(&loop, &one.job);
	for (unsigned int i = 2; i < 6; i++) {
		assert_int_equal(loop_turn(&loop, TIMERQ_NEVER), 0);
		assert_int_equal(one.calls, i);
	}
	/* One of the same turn is cancelled. */
	one.other = &two;
	one.cancels = true;
	loop_later(&loop, &two.job);
	assert_int_equal(loop_turn(&loop, TIMERQ_NEVER), 0);
	assert_int_equal(one.calls, 6);
	assert_int_equal(two.calls, 0);
}

/* ---- other threads ---- */

static unsigned int wakes;

static void woken(struct loop_source *source, uint32_t events)
{
	wakes++;
	loop_stop(&loop);
}

static void *wake(void *argument)
{
	loop_wake(&loop);
	return NULL;
}

static void test_wake(void **state)
{
	pthread_t thread;

	loop.woken = woken;
	assert_int_equal(pthread_create(&thread, NULL, wake, NULL), 0);
	assert_int_equal(loop_run(&loop), 0);
	assert_in_range(wakes, 1, 2);
	pthread_join(thread, NULL);
}

/* Before the next turn, and only that, time passes: what is due meanwhile comes together. */
static void test_rest(void **state)
{
	loop_time before = loop_clock();

	loop_rest(&loop, 20 * LOOP_MSEC);
	assert_int_equal(loop_turn(&loop, 0), 0);
	assert_true(loop_now(&loop) - before >= 20 * LOOP_MSEC);
	loop_rest(&loop, 3600 * LOOP_SEC);
	loop_rest(&loop, 0); /* the last word counts */
	assert_int_equal(loop_turn(&loop, 0), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_removed_in_turn),
	    TEST(test_want),
	    TEST(test_told),
	    TEST(test_no_descriptor),
	    TEST(test_timers),
	    TEST(test_jobs),
	    TEST(test_wake),
	    TEST(test_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
