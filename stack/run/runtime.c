/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Entering and leaving a stack, and the poller's part: see runtime.h. */
#include "lead.h"

#include <errno.h>
#include <unistd.h>
#include <linux/futex.h>
#include <sys/syscall.h>

#define WATCH_TIME    PX_MSEC
#define LEAD_TIME     (10 * PX_MSEC)  /* the same, of a program that said that it would come back */
#define DAY_TIME      (100 * PX_MSEC) /* after which a step of the clock of the day is seen */
#define SETTLE_ROUNDS 8

static void read_clocks(struct picox *stack)
{
	px_time now = process_now();
	struct timespec day;

	px_set_time(stack->px, now);
	if (now - stack->day_known < DAY_TIME)
		return;
	clock_gettime(CLOCK_REALTIME, &day);
	stack->px->realtime_offset = (int64_t)day.tv_sec * (int64_t)PX_SEC + day.tv_nsec - (int64_t)now;
	stack->day_known = now;
}

void runtime_lock(struct picox *stack)
{
	int before;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	pthread_mutex_lock(&stack->lock);
	stack->cancel_state = before;
	read_clocks(stack);
}

static void futex_wake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* ---- output ---- */

static void stopped(struct port *port, struct px_pkt **frames, unsigned int count)
{
	px_tx_return(port->iface, frames, count);
	port->iface->tx_stopped = true;
	port->ops->want_write(port->link, true);
}

static void transmit(struct picox *stack)
{
	struct px_pkt *frames[PX_BURST];
	struct px_iface *iface;

	while ((iface = px_tx_next(stack->px))) {
		struct port *port = iface->link;
		unsigned int count = px_tx_take(iface, frames, PX_BURST), sent;

		sent = port ? port->ops->send(port->link, frames, count) : count;
		for (unsigned int i = 0; i < sent; i++)
			px_pkt_free(frames[i]);
		if (sent < count)
			stopped(port, frames + sent, count - sent);
	}
}

/* Those that were full are tried again. */
static void restart_output(struct picox *stack)
{
	struct port *port;

	list_for_each (port, &stack->ports, node) {
		if (port->iface && port->iface->tx_stopped) {
			port->iface->tx_stopped = false;
			port->ops->want_write(port->link, false);
		}
	}
}

static bool room_below(const struct picox *stack, uint32_t parts)
{
	const struct port *port;

	list_for_each (port, &stack->ports, node) {
		if (port->iface && port->iface->tx_stopped &&
		    px_iface_tx_room(port->iface) <= port->iface->tx_limit / 4 * parts)
			return true;
	}
	return false;
}

bool runtime_congested(const struct picox *stack)
{
	return room_below(stack, 0);
}

bool runtime_has_room(const struct picox *stack)
{
	return !room_below(stack, 1);
}

bool runtime_drained(const struct picox *stack)
{
	const struct port *port;

	list_for_each (port, &stack->ports, node) {
		if (port->iface && port->iface->tx.first)
			return false;
	}
	return true;
}

/* ---- leaving ---- */

static px_time next_deadline(const struct picox *stack)
{
	px_time deadline = px_deadline(stack->px);
	const struct port *port;

	list_for_each (port, &stack->ports, node) {
		px_time of_link = port->ops->deadline(port->link);
		if (of_link < deadline)
			deadline = of_link;
	}
	return deadline;
}

void runtime_settle(struct picox *stack)
{
	px_time now = stack->px->now, deadline;

	/* Nothing was done, or done already: in most calls that is so once. */
	if (px_is_settled(stack->px) && !stack->links_asked && !stack->starved && !stack->file_died &&
	    px_timer_next(stack->px) >=
	        atomic_load_explicit(&stack->item.deadline, memory_order_relaxed))
		return;
	for (unsigned int round = 0; round < SETTLE_ROUNDS; round++) {
		px_run(stack->px, now);
		transmit(stack);
		if (px_deadline(stack->px) > stack->px->now)
			break;
	}
	if (stack->starved)
		waiters_room(stack);
	if (stack->file_died)
		file_drop_dead(stack);
	stack->links_asked = false;
	deadline = next_deadline(stack);
	if (deadline != PX_TIME_NEVER)
		poller_deadline(&stack->item, deadline);
}

void runtime_unlock(struct picox *stack)
{
	_Atomic uint32_t *wake[WAKES_MAX];
	unsigned int wakes = stack->wakes;
	bool leader = stack->wake_leader;
	int cancel_state = stack->cancel_state;

	for (unsigned int i = 0; i < wakes; i++)
		wake[i] = stack->wake[i];
	stack->wakes = 0;
	stack->wake_leader = false;
	/* The leader's descriptor stays open while the stack is: told before the lock is free. */
	if (leader)
		runtime_wake_leader(stack);
	pthread_mutex_unlock(&stack->lock);
	/* The word may be gone with its waiter, who saw it change: then this wakes nobody. */
	for (unsigned int i = 0; i < wakes; i++)
		futex_wake(wake[i]);
	pthread_setcancelstate(cancel_state, NULL);
}

/* ---- input ---- */

static unsigned int port_receive(struct port *port, unsigned int max)
{
	struct px_pkt *pkts[PX_BURST];
	unsigned int count = port->ops->receive(port->link, pkts, max);

	if (count == 0)
		return 0;
	/* Who has no descriptor tells of the first frame only; there may be more of them. */
	if (count == max && port->ops->fd(port->link) < 0)
		runtime_notify(port->stack);
	port->stack->input_large = pkts[count - 1]->total > RUNTIME_LARGE;
	if (port->iface) {
		px_input(port->stack->px, port->iface, pkts, count, port->stack->px->now);
		return count;
	}
	for (unsigned int i = 0; i < count; i++)
		px_pkt_free(pkts[i]);
	return count;
}

/* Its state may change. */
static void port_poll(struct port *port, px_time now)
{
	port->stack->links_asked = true;
	port->ops->poll(port->link, now);
	if (port->iface)
		px_iface_set_carrier(port->iface, port->ops->up(port->link));
}

static void poll_due(struct picox *stack, px_time now)
{
	struct port *port;

	list_for_each (port, &stack->ports, node) {
		px_time deadline = port->ops->deadline(port->link);

		if (deadline <= now)
			port_poll(port, now);
		else if (deadline != PX_TIME_NEVER)
			stack->links_asked = true; /* the poller came for something else, and is told again */
	}
}

unsigned int runtime_receive(struct picox *stack, unsigned int max, bool states)
{
	unsigned int total = 0;
	struct port *port;

	/* Cleared first: who comes from now on tells again. */
	if (atomic_load_explicit(&stack->news, memory_order_relaxed))
		atomic_store(&stack->news, 0);
	restart_output(stack);
	stack->links_asked = true;
	list_for_each (port, &stack->ports, node) {
		unsigned int count = port_receive(port, max);

		total += count;
		/* If it has nothing, perhaps its state was what made it ready. */
		if (!count && states)
			port_poll(port, stack->px->now);
	}
	return total;
}

static void tell_driver(struct picox *stack, enum news news)
{
	const uint64_t one = 1;

	if (atomic_fetch_or(&stack->news, news) & news)
		return;
	switch (atomic_load(&stack->driver)) {
	case DRIVER_POLLER:
		if (news == NEWS_LINK)
			poller_queue(&stack->item);
		break;
	case DRIVER_EXPECTED:
	case DRIVER_SPINS:
		break;
	case DRIVER_FUTEX:
		futex_wake(&stack->news);
		break;
	case DRIVER_DOZES: /* it looks when it wakes up */
		atomic_store(&stack->missed, true);
		break;
	case DRIVER_DESCRIPTORS:
		if (write(stack->event_fd, &one, sizeof(one)) < 0)
			break; /* full: readable */
		break;
	}
}

void runtime_notify(void *stack)
{
	tell_driver(stack, NEWS_LINK);
}

void runtime_wake_leader(struct picox *stack)
{
	tell_driver(stack, NEWS_READY);
}

/* ---- the poller's part ---- */

void runtime_arm(struct picox *stack, bool armed)
{
	struct port *port;

	if (stack->armed == armed)
		return;
	list_for_each (port, &stack->ports, node) {
		int fd = port->ops->fd(port->link);

		if (armed && port->ops->watch)
			port->ops->watch(port->link);
		if (fd >= 0)
			poller_arm(&stack->item, fd, armed);
	}
	stack->armed = armed;
}

static px_time watch_time(const struct picox *stack)
{
	return stack->px->now + (stack->lead ? LEAD_TIME : WATCH_TIME);
}

void runtime_hand_over(struct picox *stack)
{
	runtime_arm(stack, false);
	stack->watching = true;
	poller_deadline(&stack->item, watch_time(stack));
}

/* Links without descriptors: what they tell would wake the poller, though the caller who is about
 * to come back would have looked. One who leads now and then costs no look of the poller's. */
bool runtime_expect_leader(struct picox *stack)
{
	px_time before = stack->left_at;

	stack->left_at = stack->px->now;
	if (stack->descriptors || stack->left_at - before > WATCH_TIME)
		return false;
	atomic_store(&stack->driver, DRIVER_EXPECTED);
	stack->watching = true;
	poller_deadline(&stack->item, stack->px->now + WATCH_TIME);
	return true;
}

/* A caller is blocked, or was a moment ago: who waits for the links? */
static void watch(struct picox *stack)
{
	bool led = stack->leader != NULL;

	lead_show(stack);
	if (led && stack->armed && stack->descriptors) {
		runtime_hand_over(stack);
	} else if (stack->calls == stack->calls_seen) {
		stack->watching = false;
		if (!led) {
			runtime_arm(stack, true);
			atomic_store(&stack->driver, DRIVER_POLLER);
		}
	}
	stack->calls_seen = stack->calls;
	if (stack->watching)
		poller_deadline(&stack->item, watch_time(stack));
}

/* A leader may have been woken that was awake by itself: its descriptor, that lies in a link's set,
 * would stay readable. */
void runtime_forget_wakes(struct picox *stack)
{
	uint64_t unused;

	if (stack->event_fd >= 0 && read(stack->event_fd, &unused, sizeof(unused)) < 0)
		return; /* it was not */
}

void runtime_poll(struct poll_item *item, px_time now)
{
	struct picox *stack = (struct picox *)(void *)((char *)item - offsetof(struct picox, item));

	bool mine; /* the news that came while somebody was expected */

	runtime_lock(stack);
	if (stack->watching || (stack->leader && stack->descriptors))
		watch(stack);
	mine = atomic_load(&stack->driver) == DRIVER_POLLER && atomic_load(&stack->news);
	/* A leader sees what comes by itself. A deadline says nothing of the links: of thousands of
	 * stacks that talk now and then, most are woken by one. */
	if (stack->leader)
		restart_output(stack);
	else if ((!item->due || mine) && runtime_receive(stack, PX_BURST, true) == 0)
		runtime_forget_wakes(stack);
	poll_due(stack, now);
	runtime_leave(stack);
}
