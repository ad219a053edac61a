/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A record for each segment sent, until the peer has acknowledged it; and who of them is where.
 *
 * The records are in a list by sequence number. A hostile peer with a tiny MSS can make a hundred
 * thousand of them, and name any one by SACK in each of its ACKs: so they are in a tree over the
 * same order, too, each node of which knows whether something below it is not sacked yet, is lost,
 * or waits to be sent again. An ACK costs a descent for each block and for each record that it
 * changes; what it says for the second time costs no walk.
 *
 * The tree is a treap: a heap by priority, which is a hash of the sequence number under the stack's
 * secret, so that its depth is logarithmic whatever the peer does. New records are the last ones
 * and acknowledged ones the first: both ends are at hand, so a connection that loses nothing pays a
 * few steps for each segment.
 */
#include "tcp_internal.h"

/* ---- what is below ---- */

static uint8_t own(const struct tcp_segment *segment)
{
	uint8_t has = 0;

	if (!(segment->flags & TCP_SEG_SACKED))
		has |= TCP_HAS_UNSACKED;
	if (segment->flags & TCP_SEG_LOST)
		has |= segment->flags & TCP_SEG_RETRANS ? TCP_HAS_LOST : TCP_HAS_LOST | TCP_HAS_WAITING;
	return has;
}

static uint8_t summary(const struct tcp_segment *segment)
{
	uint8_t has = own(segment);

	if (segment->left)
		has |= segment->left->below;
	if (segment->right)
		has |= segment->right->below;
	return has;
}

static void changed(struct tcp_segment *segment)
{
	for (; segment; segment = segment->parent) {
		uint8_t below = summary(segment);

		if (below == segment->below)
			return;
		segment->below = below;
	}
}

void tcp_segment_mark(struct tcp_segment *segment, uint8_t set, uint8_t clear)
{
	segment->flags = (uint8_t)((segment->flags & ~clear) | set);
	changed(segment);
}

/* ---- the tree ---- */

/* `fresh` (may be NULL) takes the place of `old` below its parent. */
static void replace(struct tcp_end *end, struct tcp_segment *old, struct tcp_segment *fresh)
{
	if (!old->parent)
		end->segment_tree = fresh;
	else if (old->parent->left == old)
		old->parent->left = fresh;
	else
		old->parent->right = fresh;
	if (fresh)
		fresh->parent = old->parent;
}

/* Above its parent; the order stays. */
static void rotate_up(struct tcp_end *end, struct tcp_segment *segment)
{
	struct tcp_segment *parent = segment->parent, *moved;

	replace(end, parent, segment);
	if (parent->left == segment) {
		moved = parent->left = segment->right;
		segment->right = parent;
	} else {
		moved = parent->right = segment->left;
		segment->left = parent;
	}
	if (moved)
		moved->parent = parent;
	parent->parent = segment;
	segment->below = parent->below;
	parent->below = summary(parent);
}

/* A permutation, so no two live records have the same priority. */
static uint32_t priority(const struct px_stack *stack, uint32_t seq)
{
	uint32_t x = seq ^ (uint32_t)stack->random.hash_key.word[0];

	x = (x ^ x >> 16) * UINT32_C(0x85ebca6b);
	x = (x ^ x >> 13) * UINT32_C(0xc2b2ae35);
	return x ^ x >> 16;
}

/* Into list and tree, behind `previous`; the first one of all is behind nothing. */
static void insert_behind(
    struct tcp_end *end, struct tcp_segment *previous, struct tcp_segment *fresh)
{
	struct tcp_segment *next;

	fresh->left = fresh->right = NULL;
	fresh->priority = priority(tcp_stack(end), fresh->seq);
	fresh->below = own(fresh);
	if (!end->segment_tree) {
		fresh->parent = NULL;
		end->segment_tree = fresh;
		list_append(&end->segments, &fresh->node);
	} else if (!previous->right) {
		fresh->parent = previous;
		previous->right = fresh;
		list_insert_before(previous->node.next, &fresh->node);
	} else {
		/* The leftmost below previous->right is the one that follows. */
		next = list_entry(previous->node.next, struct tcp_segment, node);
		fresh->parent = next;
		next->left = fresh;
		list_insert_before(&next->node, &fresh->node);
	}
	changed(fresh->parent);
	while (fresh->parent && fresh->parent->priority < fresh->priority)
		rotate_up(end, fresh);
	end->segment_count++;
}

static void take_out(struct tcp_end *end, struct tcp_segment *segment)
{
	while (segment->left && segment->right) {
		bool left = segment->left->priority > segment->right->priority;

		rotate_up(end, left ? segment->left : segment->right);
	}
	replace(end, segment, segment->left ? segment->left : segment->right);
	changed(segment->parent);
	list_remove(&segment->node);
	end->segment_count--;
}

/* ---- records ---- */

struct tcp_segment *tcp_segment_new(struct tcp_end *end, uint32_t seq, uint32_t len, uint8_t flags)
{
	struct tcp_segment *segment = px_zalloc(tcp_stack(end)->mem, sizeof(*segment));

	if (!segment)
		return NULL;
	segment->seq = seq;
	segment->end = seq + len + ((flags & TCP_SEG_SYN) != 0) + ((flags & TCP_SEG_FIN) != 0);
	segment->flags = flags;
	segment->data = len ? tcp_sendq_find(end, seq) : NULL;
	insert_behind(end, list_entry(end->segments.previous, struct tcp_segment, node), segment);
	list_append(&end->by_time, &segment->by_time);
	return segment;
}

void tcp_segment_free(struct tcp_end *end, struct tcp_segment *segment)
{
	take_out(end, segment);
	list_remove(&segment->by_time);
	px_free(tcp_stack(end)->mem, segment, sizeof(*segment));
}

bool tcp_segment_split(struct tcp_end *end, struct tcp_segment *segment, uint32_t seq)
{
	struct tcp_segment *rest = px_alloc(tcp_stack(end)->mem, sizeof(*rest));
	const uint8_t last_only = TCP_SEG_FIN | TCP_SEG_PSH;

	if (!rest)
		return false;
	*rest = *segment;
	rest->seq = seq;
	segment->end = seq;
	segment->flags &= (uint8_t)~last_only;
	rest->flags &= (uint8_t)~TCP_SEG_SYN;
	rest->data = tcp_sendq_from(rest->data, seq);
	insert_behind(end, segment, rest);
	if (list_is_empty(&segment->by_time))
		list_init(&rest->by_time); /* RACK is done with it */
	else
		list_insert_before(segment->by_time.next, &rest->by_time);
	return true;
}

/* ---- looking for one ---- */

struct tcp_segment *tcp_segment_at(const struct tcp_end *end, uint32_t seq)
{
	struct tcp_segment *segment = end->segment_tree, *best = NULL;

	while (segment) {
		if (seq_le(segment->end, seq)) {
			segment = segment->right;
		} else {
			best = segment;
			segment = segment->left;
		}
	}
	return best;
}

static struct tcp_segment *first_below(struct tcp_segment *segment, uint8_t what)
{
	if (!segment || !(segment->below & what))
		return NULL;
	for (;;) {
		if (segment->left && (segment->left->below & what))
			segment = segment->left;
		else if (own(segment) & what)
			return segment;
		else
			segment = segment->right;
	}
}

struct tcp_segment *tcp_segment_first(const struct tcp_end *end, enum tcp_segment_has what)
{
	return first_below(end->segment_tree, (uint8_t)what);
}

struct tcp_segment *tcp_segment_next(struct tcp_segment *segment, enum tcp_segment_has what)
{
	for (;;) {
		struct tcp_segment *below = first_below(segment->right, (uint8_t)what);

		if (below)
			return below;
		while (segment->parent && segment->parent->right == segment)
			segment = segment->parent;
		segment = segment->parent;
		if (!segment || (own(segment) & what))
			return segment;
	}
}
