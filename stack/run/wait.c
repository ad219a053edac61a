/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Blocked callers: one leads, the others follow.
 *
 *     (not waiting) --> FOLLOWS <--------> asleep on its own word
 *           |              | the leader leaves: the first in line is promoted
 *           +---------> LEADS <----------> asleep on the links, or on `news`
 *
 * A waiter is made ready under the lock by whoever runs the protocol, which is the leader itself
 * most of the time; only one that sleeps is woken by a system call, after the lock is free again.
 * News for a file make one of its waiters ready; that one passes them on if it leaves some (its
 * call's end looks again).
 *
 * Waiting is a cancellation point, with no lock held; the cleanup attribute leaves in order.
 */
#include "lead.h"
#include "look.h"
#include "port.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>
#include <linux/futex.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#define PORTS_ON_STACK 8
#define APART          UINT64_C(2000) /* ns; more than handling one frame takes */

/* ---- who is to look ---- */

static void make_ready(struct picox *stack, struct waiter *waiter)
{
	if (waiter->ready)
		return;
	waiter->ready = true;
	if (!waiter->asleep)
		return;
	if (waiter == stack->leader) {
		stack->wake_leader = true;
		return;
	}
	atomic_store(&waiter->word, 1);
	if (stack->wakes < WAKES_MAX)
		stack->wake[stack->wakes++] = &waiter->word;
	else
		syscall(SYS_futex, &waiter->word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

unsigned int waiters_tell(struct file *file, unsigned int mask)
{
	const unsigned int to_all = POLLERR | POLLHUP | POLLRDHUP;
	unsigned int told = 0, left = mask;
	struct waiter *waiter;

	if (!file->waiting)
		return 0;
	/* One for each event: a reader and a writer of the same stream, perhaps. */
	list_for_each (waiter, &file->stack->waiters, node) {
		if (waiter->file != file || (left & (waiter->events | to_all)) == 0)
			continue;
		told |= waiter->events;
		make_ready(file->stack, waiter);
		left &= ~(waiter->events & ~to_all);
		if (!left)
			break;
	}
	return told;
}

void waiters_close(struct file *file)
{
	struct waiter *waiter;

	list_for_each (waiter, &file->stack->waiters, node) {
		if (waiter->file == file)
			make_ready(file->stack, waiter);
	}
}

/* Nothing waits to be sent, nor, at the end, to be acknowledged. */
static bool is_drained(const struct picox *stack)
{
	return runtime_drained(stack) && (!stack->ending || !tcp_unfinished(stack->px));
}

void waiters_room(struct picox *stack)
{
	bool room = runtime_has_room(stack), drained = is_drained(stack);
	struct waiter *waiter;
	struct file *file;

	stack->starved = !drained;
	list_for_each (waiter, &stack->waiters, node) {
		if (waiter->file ? room && (waiter->events & POLLOUT) : drained)
			make_ready(stack, waiter);
	}
	if (!room)
		return;
	list_for_each (file, &stack->files, node)
		readiness_raise(&file->readiness, file->mask & POLLOUT);
}

/* ---- sleeping ---- */

/* Sleeps while *word is 0. 0, -EINTR or -EAGAIN (time is over). A cancellation point. */
static int sleep_on(_Atomic uint32_t *word, px_time until)
{
	struct timespec limit = {.tv_sec = (time_t)(until / PX_SEC), .tv_nsec = (long)(until % PX_SEC)};
	int before, err = 0;

	/* As the C library's own cancellation points do it, around one system call.
	 * NOLINTNEXTLINE(cert-pos47-c) */
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before);
	if (syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, 0,
	        until == PX_TIME_NEVER ? NULL : &limit, NULL, FUTEX_BITSET_MATCH_ANY) < 0)
		err = errno;
	pthread_setcanceltype(before, NULL);
	if (err == EINTR)
		return -EINTR;
	return err == ETIMEDOUT ? -EAGAIN : 0;
}

/* What a leader sleeps on: a link alone, in its own way, or descriptors. */
struct bed {
	const struct port *alone;
	struct pollfd fds[PORTS_ON_STACK + 1];
	nfds_t count;
	bool woken; /* by others */
};

/* As sleep_on. */
static int sleep_in(struct bed *bed, px_time until)
{
	struct timespec left = {0}, *limit = NULL;
	int rc;

	if (until != PX_TIME_NEVER) {
		px_time now = process_now();
		if (now >= until)
			return -EAGAIN;
		left.tv_sec = (time_t)((until - now) / PX_SEC);
		left.tv_nsec = (long)((until - now) % PX_SEC);
		limit = &left;
	}
	if (bed->alone) {
		rc = bed->alone->ops->wait(bed->alone->link, limit);
		bed->woken = rc > 0 && (rc & PX_LINK_WOKEN);
	} else {
		rc = ppoll(bed->fds, bed->count, limit, NULL);
		if (rc < 0)
			rc = -errno;
		bed->woken = rc > 0 && bed->fds[0].revents;
	}
	if (rc < 0)
		return rc == -EINTR ? rc : 0;
	return rc == 0 ? -EAGAIN : 0;
}

/* The links' descriptors and our own. */
static void make_bed(struct picox *stack, struct bed *bed)
{
	struct port *port;

	bed->alone = NULL;
	bed->woken = false;
	bed->fds[0] = (struct pollfd){.fd = stack->event_fd, .events = POLLIN};
	bed->count = 1;
	list_for_each (port, &stack->ports, node) {
		int fd = port->ops->fd(port->link);

		if (fd < 0)
			continue;
		if (port->ops->watch)
			port->ops->watch(port->link);
		if (stack->descriptors == 1 && port->ops->wait && !port->wakes)
			port->wakes = port->ops->wake(port->link, stack->event_fd) == 0;
		if (stack->descriptors == 1 && port->wakes)
			bed->alone = port;
		else
			bed->fds[bed->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
}

/* The lock is held before and after; in between not. */
static void fall_asleep(struct call *call, struct waiter *waiter)
{
	waiter->asleep = true;
	atomic_store(&waiter->word, 0);
	call->locked = false;
	runtime_unlock(call->stack);
}

static void wake_up(struct call *call, struct waiter *waiter)
{
	runtime_lock(call->stack);
	call->locked = true;
	waiter->asleep = false;
}

/* ---- leading ---- */

/* Takes what the links have. Where frames come one by one, which is how a conversation looks,
 * asking for one is cheaper than asking for several. */
static bool receive(struct picox *stack, bool states)
{
	bool one_by_one = stack->input_count <= 1 && stack->px->now - stack->input_at > APART;
	unsigned int count = runtime_receive(stack, one_by_one ? 1 : PX_BURST, states);

	if (count) {
		stack->input_at = stack->px->now;
		stack->input_count = count;
	}
	return count != 0;
}

/* Busy polling: for how many nanoseconds. */
static px_time busy_polling(const struct picox *stack, const struct waiter *waiter)
{
	const struct px_sock *sock = waiter->file ? waiter->file->sock : NULL;

	return (sock && sock->busy_poll > 0 ? (px_time)sock->busy_poll : stack->busy_poll) * 1000;
}

/* The same for links that cannot be looked into without the lock. */
static bool spin(struct call *call, struct waiter *waiter, px_time busy, px_time until)
{
	struct picox *stack = call->stack;
	px_time end = stack->px->now + busy;

	if (end > until)
		end = until;
	atomic_store(&stack->driver, DRIVER_SPINS);
	do {
		if (receive(stack, false))
			runtime_settle(stack);
		if (waiter->ready)
			return true;
		/* Others want in, too; perhaps just the one who is going to send. */
		call->locked = false;
		runtime_unlock(stack);
		pthread_testcancel();
		sched_yield();
		runtime_lock(stack);
		call->locked = true;
	} while (!waiter->ready && stack->px->now < end);
	return waiter->ready;
}

/* A leader on descriptors must be reachable by others, and sees a few only; otherwise the poller
 * drives, which sees them all. */
static bool can_lead(struct picox *stack)
{
	if (stack->descriptors > PORTS_ON_STACK)
		return false;
	if (!stack->descriptors || stack->event_fd >= 0)
		return true;
	stack->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return stack->event_fd >= 0;
}

int wait_for_descriptors(struct picox *stack)
{
	if (stack->event_fd < 0 && stack->leader)
		stack->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return stack->leader && stack->event_fd < 0 ? -errno : 0;
}

/* It may be closed now (ports_reap). */
static void left_link(struct picox *stack)
{
	if (stack->doze.room)
		px_pkt_free(doze_leave(stack, -EINTR));
	if (stack->slept_on && !stack->slept_on->iface)
		pthread_cond_broadcast(&stack->file_freed);
	stack->slept_on = NULL;
}

/* ---- sleeping, as a leader ---- */

static int doze(struct call *call, struct waiter *waiter, px_time busy)
{
	struct picox *stack = call->stack;
	const struct port *port = stack->slept_on;
	const struct px_doze where = stack->doze;
	struct look look = look_begin(call, busy, PX_TIME_NEVER);
	ssize_t result = -EAGAIN;
	int err = 0;

	fall_asleep(call, waiter);
	if (look.end) {
		atomic_store(&stack->driver, DRIVER_SPINS);
		result = look_around(stack, &where, &look);
	}
	if (look.end && !look.found) {
		/* Who tells from now on knows that he is not heard. */
		atomic_store(&stack->driver, DRIVER_DOZES);
		look.found = atomic_load(&stack->news) != 0;
	}
	if (!look.found)
		result = port->ops->doze(&where, true);
	wake_up(call, waiter);
	look_end(stack, &look);
	if (!look.found || result != -EAGAIN)
		err = doze_end(stack, look.began, result);
	left_link(stack);
	return waiter->ready ? 0 : err;
}

/* No link has a descriptor. */
static int sleep_on_news(struct call *call, struct waiter *waiter, px_time busy, px_time until)
{
	struct picox *stack = call->stack;
	struct look look = look_begin(call, busy, until);
	int err = 0;

	atomic_store(&stack->driver, look.end ? DRIVER_SPINS : DRIVER_FUTEX);
	fall_asleep(call, waiter);
	if (look.end)
		look_around(stack, NULL, &look);
	if (!look.found) {
		atomic_store(&stack->driver, DRIVER_FUTEX);
		err = sleep_on(&stack->news, until);
	}
	wake_up(call, waiter);
	look_end(stack, &look);
	return err;
}

static int lead(struct call *call, struct waiter *waiter, px_time until)
{
	struct picox *stack = call->stack;
	px_time busy = busy_polling(stack, waiter);
	struct bed bed;
	uint64_t unused;
	int err;

	if (doze_begin(stack, until, busy))
		return doze(call, waiter, busy);
	if (busy && stack->descriptors && spin(call, waiter, busy, until))
		return 0;
	if (stack->descriptors) {
		make_bed(stack, &bed);
		atomic_store(&stack->driver, DRIVER_DESCRIPTORS);
		/* Who told before that saw another driver. */
		if (atomic_load(&stack->news)) {
			err = 0;
		} else {
			stack->slept_on = bed.alone;
			fall_asleep(call, waiter);
			err = sleep_in(&bed, until);
			wake_up(call, waiter);
			left_link(stack);
		}
		if (bed.woken && read(stack->event_fd, &unused, sizeof(unused)) < 0)
			err = 0; /* another leader took it */
	} else {
		err = sleep_on_news(call, waiter, busy, until);
	}
	if (waiter->ready)
		return 0;
	if (!err) {
		receive(stack, true);
		runtime_settle(stack);
	}
	return err;
}

static void stop_leading(struct picox *stack)
{
	struct waiter *next;
	bool leaderless = false; /* though somebody waits */

	stack->leader = NULL;
	left_link(stack); /* by cancellation */
	atomic_store(&stack->driver, DRIVER_POLLER);
	list_for_each (next, &stack->waiters, node) {
		if (next->ready)
			continue;
		if (!can_lead(stack)) {
			leaderless = true;
			break;
		}
		stack->leader = next;
		if (next->asleep) {
			atomic_store(&next->word, 1);
			if (stack->wakes < WAKES_MAX)
				stack->wake[stack->wakes++] = &next->word;
			else
				syscall(SYS_futex, &next->word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
		}
		return;
	}
	if (!leaderless && runtime_expect_leader(stack)) {
		atomic_fetch_and(&stack->news, ~(uint32_t)NEWS_READY);
		return;
	}
	if (!stack->armed && (leaderless || !stack->watching))
		runtime_arm(stack, true);
	/* Who told while we led, told us. The news stay, since another leader may be faster. */
	if (atomic_fetch_and(&stack->news, ~(uint32_t)NEWS_READY) & NEWS_LINK)
		poller_queue(&stack->item);
}

/* ---- waiting ---- */

static void waiter_leave(struct call *call)
{
	struct waiter *waiter = &call->waiter;

	call->waiting = false;
	list_remove(&waiter->node);
	if (waiter->file)
		waiter->file->waiting--;
	if (call->stack->leader == waiter)
		stop_leading(call->stack);
}

/* While it lingers, only for close(2) itself. */
static bool is_closed(const struct call *call)
{
	return call->file && (!call->file->sock || (call->file->closing && call->fd >= 0));
}

int call_wait(struct call *call, unsigned int events, px_time until, bool restartable)
{
	struct picox *stack = call->stack;
	struct waiter *waiter = &call->waiter;
	int err = 0;

	*waiter = (struct waiter){.file = call->file, .events = events};
	call->waiting = true;
	list_append(&stack->waiters, &waiter->node);
	if (waiter->file)
		waiter->file->waiting++;
	stack->calls++;
	runtime_settle(stack);
	while (!waiter->ready && !err) {
		if (stack->leader == waiter && !can_lead(stack)) /* links were added */
			stop_leading(stack);
		if (!stack->leader && can_lead(stack))
			stack->leader = waiter;
		if (stack->leader == waiter) {
			err = lead(call, waiter, until);
		} else {
			fall_asleep(call, waiter);
			err = sleep_on(&waiter->word, until);
			wake_up(call, waiter);
		}
		if (err == -EINTR && restartable && signals_restart())
			err = 0;
	}
	if (waiter->ready)
		err = 0;
	waiter_leave(call);
	return is_closed(call) ? -EBADF : err;
}

void wait_drained(struct picox *stack, px_time until)
{
	CALL_SCOPE call = {.stack = stack, .locked = true};

	stack->starved = stack->ending = true;
	while (!is_drained(stack) && process_now() < until && call_wait(&call, 0, until, true) == 0)
		;
	stack->ending = false;
	call.stack = NULL;
}

/* ---- calls ---- */

int call_find(struct call *call, int fd)
{
	struct file *file = file_get(fd);

	*call = (struct call){0};
	if (!file)
		return -EBADF;
	call->file = file;
	call->stack = file->stack;
	call->fd = fd;
	return 0;
}

int call_lock(struct call *call)
{
	runtime_lock(call->stack);
	call->locked = true;
	return is_closed(call) ? -EBADF : 0;
}

void call_pause(struct call *call)
{
	if (!call->locked)
		return;
	call->locked = false;
	runtime_leave(call->stack);
}

void call_end(struct call *call)
{
	call_leave(call);
	call->stack = NULL;
}

int call_enter(struct call *call, int fd)
{
	int err = call_find(call, fd);

	return err ? err : call_lock(call);
}

void call_leave(struct call *call)
{
	struct picox *stack = call->stack;
	struct file *file = call->file;
	bool gone;

	if (!stack)
		return;
	/* Cancelled while it waited; or it never came so far. */
	if (!call->locked && !call->waiting)
		goto unref;
	if (!call->locked) {
		/* sleep_on's kind of cancellation: glibc would begin it again when the lock is left. */
		pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, NULL);
		runtime_lock(stack);
	}
	if (call->waiting)
		waiter_leave(call);
	runtime_settle(stack);
	if (file && file->sock && !file->closing) {
		unsigned int mask = file->mask, told;

		if ((mask & POLLOUT) && file->domain != AF_NETLINK && !file->stream &&
		    runtime_congested(stack)) {
			mask &= ~(unsigned int)POLLOUT;
			stack->starved = true;
		}
		/* What is left is for the next waiter, or else for whoever polls. */
		told = waiters_tell(file, mask & (POLLIN | POLLERR | (file->stream ? POLLOUT : 0)));
		if (!told || file->stream)
			file_show(file, call->fd, lead_keep_hidden(file, mask & ~told));
		if (call->fd >= 0)
			file->fd = call->fd;
	}
	gone = file && stack->ports_gone;
	runtime_unlock(stack);
	if (gone) /* the file keeps the stack */
		ports_reap(stack);
unref:
	if (file)
		file_unref(file);
}
