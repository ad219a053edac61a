/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sessions, their owners, and the background thread: see registry.h.
 *
 * The thread is made when the first session stays, and sleeps in epoll until a descriptor is
 * readable or the next deadline of all has come; there is no period. It ends when the process does.
 * Descriptors are armed for one event: a session that is somebody else's meanwhile causes no second
 * wake-up, and is armed again when it is given back. */
#include "registry.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <ioth.h>

#include "timerq.h"

#define EVENTS 64

/* What belongs to a stack as a whole. */
struct stack {
	struct list link;
	struct list entries;
	struct ioth *stack;
	ioth_config_function *function;
	void *argument;
	int fd;                /* eventfd; -1: none */
	bool deleting;         /* the background keeps off: it would open sockets again */
	struct dhcp_duid duid; /* of all its interfaces (RFC 8415, 11); len 0: none yet */
};

struct entry {
	struct list link;
	struct stack *stack;
	uint64_t number; /* names it in epoll: it may be gone when an event arrives */
	bool busy;       /* somebody owns it */
	bool in_call;    /* and that is the program */
	bool orphan;     /* the stack is gone: to be freed by its owner */
	struct timerq_timer timer;
	struct session session;
};

/* The library's one lock, and what it protects. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t given_back = PTHREAD_COND_INITIALIZER;
static struct list stacks = LIST_INIT(stacks);
static struct timerq timers;
static uint64_t last_number; /* 0 is the thread's own descriptor */
static struct {
	bool runs, ends;
	pthread_t thread;
	int epoll, wake;
} background = {.epoll = -1, .wake = -1};

/* ---- entries; the lock is held ---- */

static struct stack *find_stack(const struct ioth *stack)
{
	struct stack *item;

	list_for_each (item, &stacks, link) {
		if (item->stack == stack)
			return item;
	}
	return NULL;
}

static struct stack *make_stack(struct ioth *stack)
{
	struct stack *made = find_stack(stack);

	if (made)
		return made;
	made = calloc(1, sizeof(*made));
	if (!made)
		return NULL;
	made->stack = stack;
	made->fd = -1;
	list_init(&made->entries);
	list_append(&stacks, &made->link);
	return made;
}

static struct entry *find_entry(const struct stack *stack, unsigned int ifindex)
{
	struct entry *entry;

	list_for_each (entry, &stack->entries, link) {
		if (entry->session.ifindex == ifindex)
			return entry;
	}
	return NULL;
}

static struct entry *make_entry(struct stack *stack, unsigned int ifindex)
{
	struct entry *entry = find_entry(stack, ifindex);

	if (entry)
		return entry;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	session_init(&entry->session, stack->stack, ifindex);
	entry->stack = stack;
	entry->number = ++last_number;
	list_append(&stack->entries, &entry->link);
	return entry;
}

static struct entry *find_number(uint64_t number)
{
	struct stack *stack;
	struct entry *entry;

	list_for_each (stack, &stacks, link) {
		list_for_each (entry, &stack->entries, link) {
			if (entry->number == number)
				return entry;
		}
	}
	return NULL;
}

static struct entry *entry_of(struct session *session)
{
	return list_entry(session, struct entry, session);
}

static void wake(void)
{
	(void)eventfd_write(background.wake, 1);
}

static void give_back(struct entry *entry)
{
	entry->busy = entry->in_call = false;
	pthread_cond_broadcast(&given_back);
}

static void free_entry(struct entry *entry)
{
	session_fini(&entry->session);
	free(entry);
}

/* ---- the background ---- */

/* Arms the descriptors of a session for their next event. The owner calls it, without the lock. */
static void arm(struct entry *entry)
{
	struct session *session = &entry->session;

	session->epoll = background.epoll;
	for (int i = 0; i < SESSION_FDS; i++) {
		struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.u64 = entry->number};

		/* What comes there is read from the packet socket. */
		if (session->fd[i] < 0 || i == SESSION_UDP4)
			continue;
		if (epoll_ctl(background.epoll, EPOLL_CTL_MOD, session->fd[i], &event) < 0)
			(void)epoll_ctl(background.epoll, EPOLL_CTL_ADD, session->fd[i], &event);
	}
}

/* Takes a session for a run; false: it has an owner, or its stack is about to go. The lock is held.
 */
static bool take(struct entry *entry)
{
	if (!entry || entry->busy || entry->stack->deleting)
		return false;
	entry->busy = true;
	timerq_cancel(&timers, &entry->timer);
	return true;
}

/* The owner's last act: the lock is held, and is when it returns. */
static void put(struct entry *entry)
{
	if (entry->orphan) {
		pthread_mutex_unlock(&lock);
		free_entry(entry);
		pthread_mutex_lock(&lock);
		return;
	}
	if (entry->session.stays) {
		timerq_set(&timers, &entry->timer, session_deadline(&entry->session));
		if (!background.runs || !pthread_equal(background.thread, pthread_self()))
			wake();
	}
	give_back(entry);
}

/* Tells the program. The lock is held, but not during its function. */
static void tell(struct entry *entry)
{
	ioth_config_function *function = entry->stack->function;
	void *argument = entry->stack->argument;
	struct ioth *stack = entry->stack->stack;
	unsigned int ifindex = entry->session.ifindex;

	if (entry->stack->fd >= 0)
		(void)eventfd_write(entry->stack->fd, 1);
	if (!function)
		return;
	pthread_mutex_unlock(&lock);
	function(stack, ifindex, argument);
	pthread_mutex_lock(&lock);
}

/* One run of a session that was taken. The lock is held, but not during the run. */
static void run(struct entry *entry)
{
	bool news;

	pthread_mutex_unlock(&lock);
	session_run(&entry->session);
	arm(entry);
	news = entry->session.news;
	entry->session.news = false;
	pthread_mutex_lock(&lock);
	/* The function may ask for the text, and so needs the session back. */
	if (news && !entry->orphan) {
		uint64_t number = entry->number;

		put(entry);
		entry = find_number(number);
		if (entry)
			tell(entry);
	} else {
		put(entry);
	}
}

static int next_timeout(void)
{
	engine_time deadline = timerq_next_deadline(&timers), now = session_now();

	if (deadline == TIMERQ_NEVER)
		return -1;
	if (deadline <= now)
		return 0;
	return deadline - now > INT_MAX ? INT_MAX : (int)(deadline - now);
}

static void *background_main(void *argument)
{
	struct epoll_event events[EVENTS];

	pthread_mutex_lock(&lock);
	while (!background.ends) {
		struct timerq_timer *timer;
		engine_time now;
		int timeout = next_timeout(), count;

		pthread_mutex_unlock(&lock);
		count = epoll_wait(background.epoll, events, EVENTS, timeout);
		pthread_mutex_lock(&lock);
		for (int i = 0; i < count; i++) {
			struct entry *entry;
			eventfd_t value;

			if (events[i].data.u64 == 0) {
				(void)eventfd_read(background.wake, &value);
				continue;
			}
			entry = find_number(events[i].data.u64);
			if (take(entry))
				run(entry);
		}
		now = session_now();
		while (!background.ends && (timer = timerq_expired(&timers, now))) {
			struct entry *entry = timerq_entry(timer, struct entry, timer);

			if (take(entry))
				run(entry);
		}
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

/* The lock is held. 0 or -errno. */
static int start_background(void)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0};
	sigset_t all, before;
	int error;

	if (background.runs)
		return 0;
	background.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (background.epoll < 0)
		return -errno;
	background.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (background.wake < 0) {
		error = -errno;
		goto close_epoll;
	}
	if (epoll_ctl(background.epoll, EPOLL_CTL_ADD, background.wake, &event) < 0) {
		error = -errno;
		goto close_wake;
	}
	sigfillset(&all); /* signals are the program's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = -pthread_create(&background.thread, NULL, background_main, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		goto close_wake;
	(void)pthread_setname_np(background.thread, "iothconf");
	background.runs = true;
	return 0;

close_wake:
	close(background.wake);
close_epoll:
	close(background.epoll);
	background.epoll = background.wake = -1;
	return error;
}

/* At exit: the thread ends before what it uses does. */
__attribute__((destructor)) static void end_background(void)
{
	bool runs;

	pthread_mutex_lock(&lock);
	runs = background.runs && !pthread_equal(background.thread, pthread_self());
	background.ends = true;
	if (runs)
		wake();
	pthread_mutex_unlock(&lock);
	if (runs)
		pthread_join(background.thread, NULL);
}

/* ---- deleted stacks, and forks ---- */

static void stack_suspends(struct stack *stack)
{
	const struct ioth *name = stack->stack;
	struct entry *entry;

	stack->deleting = true;
	/* The list may change while the lock is given up: from the beginning each time. */
again:
	list_for_each (entry, &stack->entries, link) {
		if (entry->in_call || (entry->busy && entry->orphan))
			continue; /* inside of a call: the stack is in use, and stays */
		if (entry->busy) {
			pthread_cond_wait(&given_back, &lock);
			stack = find_stack(name);
			if (!stack)
				return;
			goto again;
		}
		timerq_cancel(&timers, &entry->timer);
		session_suspend(&entry->session);
	}
}

static void stack_is_gone(struct stack *stack)
{
	struct entry *entry;

	list_for_each_safe (entry, &stack->entries, link) {
		list_remove(&entry->link);
		timerq_cancel(&timers, &entry->timer);
		if (entry->busy)
			entry->orphan = true;
		else
			free_entry(entry);
	}
	if (stack->fd >= 0)
		close(stack->fd);
	list_remove(&stack->link);
	free(stack);
}

static void stack_stays(struct stack *stack)
{
	struct entry *entry;

	stack->deleting = false;
	list_for_each (entry, &stack->entries, link) {
		if (entry->busy || !entry->session.stays)
			continue;
		session_resume(&entry->session);
		arm(entry);
		timerq_set(&timers, &entry->timer, session_deadline(&entry->session));
	}
	wake();
}

static void stack_deleted(struct ioth *stack, enum ioth_delstack_step step, void *argument)
{
	struct stack *item;

	pthread_mutex_lock(&lock);
	item = find_stack(stack);
	if (item) {
		if (step == IOTH_DELSTACK_BEGINS)
			stack_suspends(item);
		else if (step == IOTH_DELSTACK_DONE)
			stack_is_gone(item);
		else
			stack_stays(item);
	}
	pthread_mutex_unlock(&lock);
}

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void parent_of_fork(void)
{
	pthread_mutex_unlock(&lock);
}

/* The child has no thread, and nobody in a call: what was to be renewed is the parent's. */
static void child_of_fork(void)
{
	struct stack *stack;
	struct entry *entry;

	if (background.runs) {
		close(background.epoll);
		close(background.wake);
	}
	background.runs = false;
	background.epoll = background.wake = -1;
	list_for_each (stack, &stacks, link) {
		list_for_each (entry, &stack->entries, link) {
			timerq_cancel(&timers, &entry->timer);
			entry->busy = entry->in_call = false;
			entry->session.stays = 0;
			entry->session.epoll = -1;
		}
	}
	pthread_mutex_unlock(&lock);
}

static void set_up(void)
{
	pthread_atfork(before_fork, parent_of_fork, child_of_fork);
	(void)ioth_atdelstack(stack_deleted, NULL);
}

/* ---- for the calls ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;

int registry_acquire(struct session **session, struct ioth *stack, unsigned int ifindex)
{
	struct stack *item;
	struct entry *entry;

	pthread_once(&once, set_up);
	pthread_mutex_lock(&lock);
	for (;;) {
		item = make_stack(stack);
		entry = item ? make_entry(item, ifindex) : NULL;
		if (!entry || !entry->busy)
			break;
		pthread_cond_wait(&given_back, &lock);
	}
	if (entry) {
		entry->busy = entry->in_call = true;
		timerq_cancel(&timers, &entry->timer);
		*session = &entry->session;
	}
	pthread_mutex_unlock(&lock);
	return entry ? 0 : -ENOMEM;
}

void registry_release(struct session *session)
{
	struct entry *entry = entry_of(session);

	pthread_mutex_lock(&lock);
	if (session->stays && start_background() < 0)
		session->stays = 0;
	session->news = false; /* the caller knows */
	if (session->stays) {
		pthread_mutex_unlock(&lock);
		arm(entry);
		pthread_mutex_lock(&lock);
	}
	put(entry);
	pthread_mutex_unlock(&lock);
}

void registry_duid(struct session *session, const struct dhcp_duid *given)
{
	struct dhcp_duid *duid = &entry_of(session)->stack->duid;

	pthread_mutex_lock(&lock);
	if (given->len > 0)
		*duid = *given;
	else if (duid->len == 0)
		*duid = dhcp_duid_ll(session->mac);
	session->duid = *duid;
	pthread_mutex_unlock(&lock);
}

int registry_notify(struct ioth *stack, ioth_config_function *function, void *argument)
{
	struct stack *item;

	pthread_once(&once, set_up);
	pthread_mutex_lock(&lock);
	item = make_stack(stack);
	if (item) {
		item->function = function;
		item->argument = argument;
	}
	pthread_mutex_unlock(&lock);
	return item ? 0 : -ENOMEM;
}

int registry_fd(struct ioth *stack)
{
	struct stack *item;
	int fd = -ENOMEM;

	pthread_once(&once, set_up);
	pthread_mutex_lock(&lock);
	item = make_stack(stack);
	if (item) {
		if (item->fd < 0)
			item->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		fd = item->fd < 0 ? -errno : item->fd;
	}
	pthread_mutex_unlock(&lock);
	return fd;
}

void registry_heard(struct ioth *stack)
{
	struct stack *item;
	eventfd_t value;

	pthread_mutex_lock(&lock);
	item = find_stack(stack);
	if (item && item->fd >= 0)
		(void)eventfd_read(item->fd, &value);
	pthread_mutex_unlock(&lock);
}
