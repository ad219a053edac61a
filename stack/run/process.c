/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pollers of a process. */
#include "process.h"

#include "epoll_sleep.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#define POLLERS_MAX     64
#define POLLERS_DEFAULT 2 /* where there are two processors */
#define BATCH           64

struct poller {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t left; /* `running` changed */
	int epoll_fd, event_fd;
	struct timerq deadlines;
	struct list ready;
	px_time sleeps_until; /* 0: awake, or about to be */
	bool polling;         /* between the lock's release and its next taking */
	struct poll_item *running;
	struct poll_item *batch[BATCH];
	unsigned int batch_count;
	uint64_t rounds; /* of the loop */
	bool stop;
};

/* The process-wide state: design.md permits the registry of mem:// networks; threads that all
 * stacks share need a place, too. */
static struct {
	pthread_mutex_t lock;
	struct poller *pollers[POLLERS_MAX];
	unsigned int count, wanted, items, next;
	bool stopped;                                /* the process ends */
	_Atomic unsigned int generation, processors; /* of the machine; 0: not asked yet */
} process = {.lock = PTHREAD_MUTEX_INITIALIZER};

px_time process_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (px_time)now.tv_sec * PX_SEC + (px_time)now.tv_nsec;
}

void process_init_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
	pthread_mutex_init(lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
}

unsigned int process_generation(void)
{
	return atomic_load_explicit(&process.generation, memory_order_relaxed);
}

/* ---- the thread ---- */

/* Best without the lock, which a poller wants as soon as it is awake. */
static void kick(struct poller *poller)
{
	const uint64_t one = 1;

	/* The counter has room for 584 years of kicks, one a nanosecond. */
	if (write(poller->event_fd, &one, sizeof(one)) < 0)
		return;
}

static void run_item(struct poller *poller, struct poll_item *item, bool due)
{
	poller->running = item;
	item->due = due;
	pthread_mutex_unlock(&poller->lock);
	item->run(item, process_now());
	pthread_mutex_lock(&poller->lock);
	poller->running = NULL;
	pthread_cond_broadcast(&poller->left);
}

static void run_batch(struct poller *poller)
{
	for (unsigned int i = 0; i < poller->batch_count; i++) {
		struct poll_item *item = poller->batch[i];

		poller->batch[i] = NULL;
		if (item) /* neither detached meanwhile nor a kick */
			run_item(poller, item, false);
	}
	poller->batch_count = 0;
}

static void run_due(struct poller *poller)
{
	px_time now = process_now();
	unsigned int ran = 0;
	struct timerq_timer *timer;
	struct list ready;

	list_init(&ready);
	list_append_all(&ready, &poller->ready);
	while (!list_is_empty(&ready)) {
		struct poll_item *item = list_first(&ready, struct poll_item, ready);

		list_remove(&item->ready);
		run_item(poller, item, false);
	}
	/* One that is due again at once waits until descriptors were looked at. */
	while (ran++ < BATCH && (timer = timerq_expired(&poller->deadlines, now))) {
		struct poll_item *item = timerq_entry(timer, struct poll_item, timer);

		atomic_store_explicit(&item->deadline, PX_TIME_NEVER, memory_order_relaxed);
		run_item(poller, item, true);
	}
}

static int sleep_until(struct poller *poller, px_time deadline, struct epoll_event *events)
{
	struct timespec left = {0};
	px_time now = process_now();

	if (deadline == PX_TIME_NEVER)
		return epoll_sleep(poller->epoll_fd, events, BATCH, NULL);
	if (deadline > now) {
		left.tv_sec = (time_t)((deadline - now) / PX_SEC);
		left.tv_nsec = (long)((deadline - now) % PX_SEC);
	}
	return epoll_sleep(poller->epoll_fd, events, BATCH, &left);
}

static void *poller_main(void *argument)
{
	struct poller *poller = argument;
	struct epoll_event events[BATCH];

	pthread_setname_np(pthread_self(), "picox");
	pthread_mutex_lock(&poller->lock);
	while (!poller->stop) {
		px_time deadline = timerq_next_deadline(&poller->deadlines);
		int count;

		if (!list_is_empty(&poller->ready))
			deadline = 0;
		poller->sleeps_until = deadline;
		poller->polling = true;
		pthread_mutex_unlock(&poller->lock);
		count = sleep_until(poller, deadline, events);
		pthread_mutex_lock(&poller->lock);
		poller->sleeps_until = 0;
		poller->polling = false;
		poller->rounds++;
		pthread_cond_broadcast(&poller->left);
		for (int i = 0; i < count; i++)
			poller->batch[i] = events[i].data.ptr;
		poller->batch_count = count > 0 ? (unsigned int)count : 0;
		run_batch(poller);
		run_due(poller);
	}
	pthread_mutex_unlock(&poller->lock);
	return NULL;
}

/* ---- making and ending ---- */

static void poller_free(struct poller *poller)
{
	if (poller->event_fd >= 0)
		close(poller->event_fd);
	if (poller->epoll_fd >= 0)
		close(poller->epoll_fd);
	pthread_cond_destroy(&poller->left);
	pthread_mutex_destroy(&poller->lock);
	free(poller);
}

static int poller_new(struct poller **result)
{
	/* By edges: a kick is an event, and need not be read away. */
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};
	struct poller *poller = calloc(1, sizeof(*poller));
	sigset_t all, before;
	int err;

	if (!poller)
		return -ENOMEM;
	process_init_lock(&poller->lock);
	pthread_cond_init(&poller->left, NULL);
	list_init(&poller->ready);
	poller->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	poller->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (poller->epoll_fd < 0 || poller->event_fd < 0 ||
	    epoll_ctl(poller->epoll_fd, EPOLL_CTL_ADD, poller->event_fd, &event) < 0) {
		err = -errno;
		goto fail;
	}
	/* The program's handlers never run in there. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = -pthread_create(&poller->thread, NULL, poller_main, poller);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		goto fail;
	*result = poller;
	return 0;

fail:
	poller_free(poller);
	return err;
}

static void poller_stop(struct poller *poller)
{
	pthread_mutex_lock(&poller->lock);
	poller->stop = true;
	kick(poller);
	pthread_mutex_unlock(&poller->lock);
	pthread_join(poller->thread, NULL);
}

static void stop_all(void)
{
	process.wanted = 0;
	while (process.count) {
		struct poller *poller = process.pollers[--process.count];

		poller_stop(poller);
		poller_free(poller);
	}
}

/* Pollers are not freed: other threads may be about to tell them something, or to delete stacks. */
void process_stop(void)
{
	pthread_mutex_lock(&process.lock);
	process.stopped = true;
	for (unsigned int i = 0; i < process.count; i++)
		poller_stop(process.pollers[i]);
	pthread_mutex_unlock(&process.lock);
}

/* ---- fork ---- */

static void fork_prepare(void)
{
	pthread_mutex_lock(&process.lock);
	for (unsigned int i = 0; i < process.count; i++)
		pthread_mutex_lock(&process.pollers[i]->lock);
}

static void fork_parent(void)
{
	for (unsigned int i = 0; i < process.count; i++)
		pthread_mutex_unlock(&process.pollers[i]->lock);
	pthread_mutex_unlock(&process.lock);
}

/* The pollers' threads are the parent's; what they use is left where it is but the descriptors. */
static void fork_child(void)
{
	for (unsigned int i = 0; i < process.count; i++) {
		close(process.pollers[i]->event_fd);
		close(process.pollers[i]->epoll_fd);
	}
	process.count = process.wanted = process.items = process.next = 0;
	process.stopped = false;
	atomic_fetch_add(&process.generation, 1);
	pthread_mutex_unlock(&process.lock);
}

static void hook_once(void)
{
	pthread_atfork(fork_prepare, fork_parent, fork_child);
}

void process_hook_fork(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, hook_once);
}

/* ---- items ---- */

static void item_init(struct poll_item *item, void (*run)(struct poll_item *, px_time))
{
	*item = (struct poll_item){.run = run};
	list_init(&item->ready);
	atomic_init(&item->deadline, PX_TIME_NEVER);
}

void poller_attach_beside(
    struct poll_item *item, const struct poll_item *other, void (*run)(struct poll_item *, px_time))
{
	item_init(item, run);
	pthread_mutex_lock(&process.lock);
	item->poller = other->poller;
	process.items++;
	pthread_mutex_unlock(&process.lock);
}

/* The C library reads a file to know. */
unsigned int process_processors(void)
{
	unsigned int known = atomic_load_explicit(&process.processors, memory_order_relaxed);
	long online;

	if (known)
		return known;
	online = sysconf(_SC_NPROCESSORS_ONLN);
	known = online > 0 ? (unsigned int)online : 1;
	atomic_store_explicit(&process.processors, known, memory_order_relaxed);
	return known;
}

int poller_attach(
    struct poll_item *item, void (*run)(struct poll_item *, px_time), unsigned int wanted)
{
	int err = 0;

	item_init(item, run);
	process_hook_fork();
	pthread_mutex_lock(&process.lock);
	if (!wanted)
		wanted = process_processors() > 1 ? POLLERS_DEFAULT : 1;
	if (wanted > process.wanted)
		process.wanted = wanted < POLLERS_MAX ? wanted : POLLERS_MAX;
	/* One more with each item, until there are enough. */
	if (process.count < process.wanted && process.count <= process.items) {
		err = poller_new(&process.pollers[process.count]);
		if (!err)
			process.count++;
		else if (process.count)
			err = 0; /* the first will do */
	}
	if (!err) {
		item->poller = process.pollers[process.next++ % process.count];
		process.items++;
	}
	pthread_mutex_unlock(&process.lock);
	return err;
}

/* What epoll_pwait2 returned just now is not in the batch yet: it may be the item. */
static void wait_for_round(struct poller *poller)
{
	uint64_t round = poller->rounds;

	kick(poller);
	while (poller->rounds == round && poller->polling)
		pthread_cond_wait(&poller->left, &poller->lock);
}

void poller_detach(struct poll_item *item)
{
	struct poller *poller = item->poller;

	pthread_mutex_lock(&poller->lock);
	if (item->watched && poller->polling)
		wait_for_round(poller);
	while (poller->running == item)
		pthread_cond_wait(&poller->left, &poller->lock);
	list_remove(&item->ready);
	timerq_cancel(&poller->deadlines, &item->timer);
	for (unsigned int i = 0; i < poller->batch_count; i++) {
		if (poller->batch[i] == item)
			poller->batch[i] = NULL;
	}
	pthread_mutex_unlock(&poller->lock);
	pthread_mutex_lock(&process.lock);
	if (--process.items == 0 && !process.stopped)
		stop_all();
	pthread_mutex_unlock(&process.lock);
}

static int control(struct poll_item *item, int operation, int fd, bool armed)
{
	struct epoll_event event = {.events = armed ? EPOLLIN : 0, .data.ptr = item};

	return epoll_ctl(item->poller->epoll_fd, operation, fd, &event) < 0 ? -errno : 0;
}

int poller_watch(struct poll_item *item, int fd)
{
	int err;

	pthread_mutex_lock(&item->poller->lock);
	item->watched = true;
	err = control(item, EPOLL_CTL_ADD, fd, true);
	pthread_mutex_unlock(&item->poller->lock);
	return err;
}

int poller_arm(struct poll_item *item, int fd, bool armed)
{
	return control(item, EPOLL_CTL_MOD, fd, armed);
}

void poller_unwatch(struct poll_item *item, int fd)
{
	control(item, EPOLL_CTL_DEL, fd, false);
}

void poller_queue(struct poll_item *item)
{
	struct poller *poller = item->poller;
	bool asleep = false;

	pthread_mutex_lock(&poller->lock);
	if (list_is_empty(&item->ready)) {
		asleep = list_is_empty(&poller->ready) && poller->sleeps_until;
		list_append(&poller->ready, &item->ready);
	}
	pthread_mutex_unlock(&poller->lock);
	if (asleep)
		kick(poller);
}

void poller_deadline(struct poll_item *item, px_time deadline)
{
	struct poller *poller = item->poller;
	bool late = false;

	if (deadline >= atomic_load_explicit(&item->deadline, memory_order_relaxed))
		return;
	pthread_mutex_lock(&poller->lock);
	if (deadline < item->deadline) {
		atomic_store_explicit(&item->deadline, deadline, memory_order_relaxed);
		timerq_set(&poller->deadlines, &item->timer, deadline);
		late = deadline < poller->sleeps_until;
		if (late)
			poller->sleeps_until = deadline; /* one kick will do */
	}
	pthread_mutex_unlock(&poller->lock);
	if (late)
		kick(poller);
}
