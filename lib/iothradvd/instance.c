/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The thread of an advertiser. It sleeps in poll until a packet, a deadline, or somebody who wakes
 * it up; there is no period. Everything else happens under the instance's lock, which calls of the
 * program take for a moment only: nothing in here blocks. */
#include "instance.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/eventfd.h>
#include <sys/random.h>

engine_time instance_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (engine_time)now.tv_sec * ENGINE_SECOND + (engine_time)now.tv_nsec / 1000000;
}

uint32_t instance_random(void *context)
{
	uint32_t random = 0;

	/* From the kernel's generator it fails only before the machine has booted. */
	while (getrandom(&random, sizeof(random), 0) < 0 && errno == EINTR)
		;
	return random;
}

void instance_wake(struct iothradvd *instance)
{
	(void)eventfd_write(instance->wake, 1);
}

static int milliseconds_until(engine_time deadline, engine_time now)
{
	if (deadline == ENGINE_NEVER)
		return -1;
	if (deadline <= now)
		return 0;
	return deadline - now < INT_MAX ? (int)(deadline - now) : INT_MAX;
}

/* Sleeps with the lock released. */
static void sleep_until(
    struct iothradvd *instance, struct pollfd fds[1 + TRANSPORT_FDS], engine_time deadline)
{
	nfds_t count = 1 + instance->transport->ops->polls(instance->transport, fds + 1);
	int timeout = milliseconds_until(deadline, instance_now());
	eventfd_t value;

	fds[0] = (struct pollfd){.fd = instance->wake, .events = POLLIN};
	pthread_mutex_unlock(&instance->lock);
	(void)poll(fds, count, timeout);
	pthread_mutex_lock(&instance->lock);
	if (fds[0].revents)
		(void)eventfd_read(instance->wake, &value);
}

static void *run(void *argument)
{
	struct iothradvd *instance = argument;
	struct transport *transport = instance->transport;
	struct router *router = &instance->router;
	struct pollfd fds[1 + TRANSPORT_FDS], *polled = NULL;

	pthread_mutex_lock(&instance->lock);
	while (router->state != ROUTER_CEASED) {
		transport->ops->work(transport, polled, instance_now());
		if (instance->stop)
			router_cease(router, instance_now());
		router_timer(router, instance_now());
		if (router->state != ROUTER_CEASED)
			sleep_until(
			    instance, fds, engine_min(router->deadline, transport->ops->deadline(transport)));
		polled = fds + 1;
	}
	pthread_mutex_unlock(&instance->lock);
	return NULL;
}

/* Signals are the program's. */
static int create_thread(struct iothradvd *instance)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&instance->thread, NULL, run, instance);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

int instance_start(struct iothradvd *instance)
{
	int err;

	instance->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (instance->wake < 0)
		return -errno;
	err = -pthread_mutex_init(&instance->lock, NULL);
	if (err)
		goto close_wake;
	err = create_thread(instance);
	if (err)
		goto destroy_lock;
	return 0;

destroy_lock:
	pthread_mutex_destroy(&instance->lock);
close_wake:
	close(instance->wake);
	return err;
}

void instance_stop(struct iothradvd *instance)
{
	pthread_mutex_lock(&instance->lock);
	instance->stop = true;
	pthread_mutex_unlock(&instance->lock);
	instance_wake(instance);
	pthread_join(instance->thread, NULL);
	pthread_mutex_destroy(&instance->lock);
	close(instance->wake);
}
