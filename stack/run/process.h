/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the stacks of a process share: threads that poll their links, and what fork does to them.
 *
 * A poller is a thread with an epoll set and one queue of deadlines. A process has none without
 * stacks, else as many as the stack that asked for most (`pollers=`), two where none did and there
 * are two processors; never more than items. An item (a stack, the uplink of a mem:// network)
 * belongs to one poller for its life; the poller calls its `run` when a descriptor of it is ready,
 * its deadline has come, or somebody queued it. It sleeps else: nothing here ticks.
 */
#ifndef RUN_PROCESS_H
#define RUN_PROCESS_H

#include "list.h"
#include "timer.h"

#include <pthread.h>
#include <stdatomic.h>

struct poller;

struct poll_item {
	void (*run)(struct poll_item *item, px_time now); /* by its poller, one at a time */
	struct poller *poller;
	/* Under the poller's lock. */
	struct list ready;
	struct timerq_timer timer;
	bool watched; /* has had descriptors */
	bool due;     /* for `run`: it is its deadline alone that has come */
	/* The deadline that the poller knows; changed under the lock, read without. */
	_Atomic px_time deadline;
};

/* Starts what threads are needed, `wanted` for the whole process (0: the default). 0 or -errno. */
int poller_attach(
    struct poll_item *item, void (*run)(struct poll_item *, px_time), unsigned int wanted);

/* The same, by the poller of `other`, which must stay attached longer: no thread is started. */
void poller_attach_beside(struct poll_item *item, const struct poll_item *other,
    void (*run)(struct poll_item *, px_time));

/* `run` is not inside, and is not called any more, when this returns. Descriptors must have been
 * taken out before. Not from `run`. */
void poller_detach(struct poll_item *item);

/* Adds a descriptor, armed; or changes whether it is. 0 or -errno. */
int poller_watch(struct poll_item *item, int fd);
int poller_arm(struct poll_item *item, int fd, bool armed);
void poller_unwatch(struct poll_item *item, int fd);

/* `run` as soon as can be. */
void poller_queue(struct poll_item *item);

/* `run` at this time; an earlier one stays if `deadline` is later: then `run` comes too early. */
void poller_deadline(struct poll_item *item, px_time deadline);

/* Ends the threads, at the process's end; items stay. */
void process_stop(void);

px_time process_now(void);

/* Of the machine, as it was when this was called first. */
unsigned int process_processors(void);

/* Of a lock that is held for less time than a sleep would take: who finds it taken tries for a
 * while. */
void process_init_lock(pthread_mutex_t *lock);

/* Changes in a forked child: what the parent made is not the child's. */
unsigned int process_generation(void);

/* Registers the handlers of fork, once. Whoever has a lock of its own that is taken before these
 * calls registers its handlers after this. */
void process_hook_fork(void);

#endif
