/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages and queues (libnlq_server.h), what the server needs to know of them beside the public
 * calls: the error of a broken message, memory in advance, and answers that miss a message.
 */
#ifndef NLQ_QUEUE_H
#define NLQ_QUEUE_H

#include <stddef.h>
#include <libnlq_server.h>

#include "nlq_message.h"

struct nlq_queued {
	struct nlq_msg visible; /* first: what programs have a pointer to */
	struct nlq_queued *next;
	struct nlq_builder builder;
	int lost; /* of a mark: the error of a message that could not be enqueued, or 0 */
	bool is_mark;
	bool complete;
};

static inline struct nlq_queued *nlq_queued(struct nlq_msg *msg)
{
	return (struct nlq_queued *)msg;
}

/* 0, or -errno if the message is broken: -ENOMEM (also: NULL), -EMSGSIZE. */
int nlq_msg_error(struct nlq_msg *msg);

/* Sees to it that the next `len` bytes of the message, headers and padding included, need no
 * memory. Returns 0, or -ENOMEM; the message is not broken by it. */
int nlq_reserve(struct nlq_msg *msg, size_t len);

/* A mark is an empty queue that remembers that a message was lost on its way into it. It stands in
 * front of the queue and is never seen: nlq_head and the like pass over it. `mark` is borrowed
 * until nlq_mark_remove, which returns the queue's error and leaves a plain queue. */
struct nlq_msg *nlq_mark(struct nlq_queued *mark);
int nlq_mark_remove(struct nlq_queued *mark, struct nlq_msg **tail);

/* Appends the messages of `more`, which is empty afterwards. */
void nlq_append(struct nlq_msg **tail, struct nlq_msg **more);

#endif
