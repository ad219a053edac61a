/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A leader in the midst of a conversation: it sleeps in the link's own receiving.
 *
 * Where frames come one by one, each an answer to what was sent, to ask a set first and then to
 * receive is one system call too many, and a socket in a set costs a call back for each frame.
 * recv(2) on the link does both; but nobody can end it. So it is limited: a few milliseconds at
 * most (the link's business), after which the leader sleeps as usual (wait.c), and it is chosen
 * only
 *
 *     while the last frame came alone, and lately;
 *     for a link that is the stack's only one, and has no output waiting for room;
 *     when the caller's own time is not over sooner;
 *     when nobody had something for a leader that could not be reached: each such time makes the
 *     pause after it twice as long, so that threads that wake each other through a stack are not
 *     kept waiting for long, nor often.
 *
 * An idle leader does this once, after the last frame. What happens to the link meanwhile is seen
 * at the end of the sleep; timers are the poller's as ever.
 */
#include "port.h"

#include <errno.h>

#define LATELY      PX_MSEC
#define TIME_MAX    (20 * PX_MSEC) /* a limit of 4 ms, and two ticks of the slowest kernel, 100 Hz */
#define PAUSE_FIRST PX_SEC
#define PAUSE_LAST  (3600 * PX_SEC)
#define HURRY       UINT64_C(1000) /* ns: less than to sleep and to wake up takes */
#define HURRY_BYTES 2              /* of a frame: copying so many takes a ns at most */

/* Somebody wanted the leader and could not reach it. */
static void heed_missed(struct picox *stack)
{
	if (!atomic_load_explicit(&stack->missed, memory_order_relaxed) ||
	    !atomic_exchange(&stack->missed, false))
		return;
	stack->doze_pause = stack->doze_pause ? stack->doze_pause * 2 : PAUSE_FIRST;
	if (stack->doze_pause > PAUSE_LAST)
		stack->doze_pause = PAUSE_LAST;
	stack->doze_from = stack->px->now + stack->doze_pause;
}

/* The only link, if it can be slept in. */
static struct port *only_port(const struct picox *stack)
{
	struct port *port = list_first(&stack->ports, struct port, node);

	return port && port->node.next == &stack->ports && port->iface && port->ops->doze_begin ? port
	                                                                                        : NULL;
}

bool doze_begin(struct picox *stack, px_time until, px_time busy)
{
	px_time now = stack->px->now;
	struct port *port;

	/* The program's set would show nothing. */
	if (stack->lead || stack->input_count != 1 || now - stack->input_at > LATELY ||
	    until < now + busy + TIME_MAX)
		return false;
	heed_missed(stack);
	port = only_port(stack);
	if (!port || now < stack->doze_from || port->iface->tx_stopped ||
	    !port->ops->doze_begin(port->link, &stack->doze))
		return false;
	atomic_store(&stack->driver, DRIVER_DOZES);
	stack->slept_on = port;
	/* Its descriptor shows nothing now: the poller looks later whether somebody still leads. */
	if (stack->armed)
		runtime_hand_over(stack);
	/* Who told before that saw another driver. */
	if (!atomic_load(&stack->news))
		return true;
	px_pkt_free(doze_leave(stack, -EINTR));
	stack->slept_on = NULL;
	return false;
}

struct px_pkt *doze_leave(struct picox *stack, ssize_t result)
{
	return stack->slept_on->ops->doze_end(stack->slept_on->link, &stack->doze, result);
}

int doze_end(struct picox *stack, px_time began, ssize_t result)
{
	struct px_iface *iface = stack->slept_on->iface;
	struct px_pkt *pkt = doze_leave(stack, result);
	px_time hurry;

	if (!pkt) {
		/* Time is over, or it was no frame: a usual sleep shows what there is. */
		stack->input_count = 0;
		return result == -EINTR ? -EINTR : 0;
	}
	stack->input_at = stack->px->now;
	stack->input_count = 1;
	hurry = HURRY + pkt->total / HURRY_BYTES;
	stack->input_large = pkt->total > RUNTIME_LARGE;
	if (iface)
		px_input(stack->px, iface, &pkt, 1, stack->px->now);
	else
		px_pkt_free(pkt);
	/* It was there already: so may be others. */
	if (stack->px->now - began < hurry)
		stack->input_count += runtime_receive(stack, PX_BURST, false);
	runtime_settle(stack);
	return 0;
}
