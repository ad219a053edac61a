/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Timer queue: a pairing heap (Fredman, Sedgewick, Sleator and Tarjan, 1986).
 *
 * A tree in which no timer is later than its children. A timer points to its first child; children
 * of one timer are chained by `next`; `previous` is the chain's previous timer, or the parent for
 * the first, or the timer itself for the root, so that NULL means "not armed". An array heap would
 * have to allocate, and so could fail, when a timer is armed.
 */
#include "timerq.h"

/* Makes one tree of two roots. */
static struct timerq_timer *meld(struct timerq_timer *a, struct timerq_timer *b)
{
	if (b->deadline < a->deadline) {
		struct timerq_timer *earlier = b;

		b = a;
		a = earlier;
	}
	b->next = a->child;
	if (a->child)
		a->child->previous = b;
	b->previous = a;
	a->child = b;
	return a;
}

/* Makes one tree of a chain of roots: neighbours in pairs from the first to the last, then the
 * pairs from the last to the first. The order is what makes the costs logarithmic. */
static struct timerq_timer *meld_chain(struct timerq_timer *chain)
{
	struct timerq_timer *pairs = NULL; /* last pair first */
	struct timerq_timer *tree = NULL;

	while (chain) {
		struct timerq_timer *pair = chain;
		struct timerq_timer *other = pair->next;

		chain = other ? other->next : NULL;
		if (other)
			pair = meld(pair, other);
		pair->next = pairs;
		pairs = pair;
	}
	while (pairs) {
		struct timerq_timer *next = pairs->next;

		tree = tree ? meld(tree, pairs) : pairs;
		pairs = next;
	}
	return tree;
}

static void set_root(struct timerq *queue, struct timerq_timer *root)
{
	queue->root = root;
	if (root) {
		root->next = NULL;
		root->previous = root;
	}
}

static void insert(struct timerq *queue, struct timerq_timer *timer)
{
	timer->child = NULL;
	set_root(queue, queue->root ? meld(queue->root, timer) : timer);
}

void timerq_cancel(struct timerq *queue, struct timerq_timer *timer)
{
	struct timerq_timer *below;

	if (!timerq_is_armed(timer))
		return;
	below = meld_chain(timer->child);
	if (timer == queue->root) {
		set_root(queue, below);
	} else {
		if (timer->previous->child == timer)
			timer->previous->child = timer->next;
		else
			timer->previous->next = timer->next;
		if (timer->next)
			timer->next->previous = timer->previous;
		if (below)
			set_root(queue, meld(queue->root, below));
	}
	timer->child = NULL;
	timer->next = NULL;
	timer->previous = NULL;
}

void timerq_set(struct timerq *queue, struct timerq_timer *timer, uint64_t deadline)
{
	if (timerq_is_armed(timer) && timer->deadline == deadline)
		return;
	timerq_cancel(queue, timer);
	timer->deadline = deadline;
	if (deadline != TIMERQ_NEVER)
		insert(queue, timer);
}

struct timerq_timer *timerq_expired(struct timerq *queue, uint64_t now)
{
	struct timerq_timer *timer = queue->root;

	if (!timer || timer->deadline > now)
		return NULL;
	timerq_cancel(queue, timer);
	return timer;
}
