/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages that grow as they are built, and queues of them.
 *
 * A queue is a ring: its handle points to the last message, whose `next` is the first. So both ends
 * are at hand with one pointer, which is what programs declare (struct nlq_msg *queue = NULL).
 *
 * Nothing here reports an error where it happens. A message that could not grow keeps the error of
 * its builder; one that could not be made is NULL; and a queue that should have taken such a one
 * does not. Whoever needs to know that an answer is whole puts a mark into the queue before it is
 * filled (the server does): the loss is written there.
 */
#include "nlq_queue.h"

#include <stdlib.h>
#include <time.h>

#define FIRST_SIZE 256 /* bytes; a link's own description is longer, most others shorter */

static struct nlq_queued *make_message(void)
{
	struct nlq_queued *message = calloc(1, sizeof(*message));

	if (message)
		message->builder = nlq_builder(NULL, 0);
	return message;
}

/* Two requests on one socket have the same number only if they are 2^32 ns apart (nlq_dialog.c). */
static uint32_t draw_sequence(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((uint32_t)now.tv_sec * 1000000000U + (uint32_t)now.tv_nsec) | 1;
}

struct nlq_msg *nlq_createmsg(uint16_t type, uint16_t flags, uint32_t seq, uint32_t pid)
{
	struct nlq_queued *message = make_message();

	if (!message)
		return NULL;
	if (seq == 0 && (flags & NLM_F_REQUEST))
		seq = draw_sequence();
	if (nlq_reserve(&message->visible, NLMSG_HDRLEN)) {
		free(message);
		return NULL;
	}
	nlq_build_message(&message->builder, type, flags, seq, pid);
	return &message->visible;
}

struct nlq_msg *nlq_createxattr(void)
{
	struct nlq_queued *message = make_message();

	return message ? &message->visible : NULL;
}

int nlq_msg_error(struct nlq_msg *msg)
{
	return msg ? nlq_queued(msg)->builder.error : -ENOMEM;
}

int nlq_reserve(struct nlq_msg *msg, size_t len)
{
	struct nlq_builder *builder = &nlq_queued(msg)->builder;
	size_t size = builder->size ? builder->size : FIRST_SIZE;
	unsigned char *grown;

	if (len > SIZE_MAX / 2 - builder->used)
		return -ENOMEM;
	if (len <= builder->size - builder->used)
		return 0;
	while (size - builder->used < len)
		size *= 2;
	grown = realloc(builder->buffer, size);
	if (!grown)
		return -ENOMEM;
	builder->buffer = grown;
	builder->size = size;
	return 0;
}

/* The builder, with room for `len` bytes more, or NULL: the message does not take them. */
static struct nlq_builder *growing(struct nlq_msg *msg, size_t len)
{
	struct nlq_builder *builder;

	if (!msg || nlq_queued(msg)->complete)
		return NULL;
	builder = &nlq_queued(msg)->builder;
	if (!builder->error)
		builder->error = nlq_reserve(msg, len + NLA_HDRLEN + NLMSG_ALIGNTO);
	return builder;
}

void nlq_add(struct nlq_msg *msg, const void *data, unsigned int len)
{
	struct nlq_builder *builder = growing(msg, len);

	if (builder)
		nlq_build_bytes(builder, data, len);
}

void nlq_addattr(struct nlq_msg *msg, unsigned short type, const void *data, unsigned short len)
{
	struct nlq_builder *builder = growing(msg, len);

	if (builder)
		nlq_build_attr(builder, type, data, len);
}

void nlq_addxattr(struct nlq_msg *msg, unsigned short type, struct nlq_msg *xattr)
{
	const struct nlq_builder *inner = xattr ? &nlq_queued(xattr)->builder : NULL;
	struct nlq_builder *builder = growing(msg, inner ? inner->used : 0);

	if (builder && !builder->error)
		builder->error = nlq_msg_error(xattr);
	if (builder && !builder->error)
		nlq_build_attr(builder, type, inner->buffer, inner->used);
	nlq_freemsg(xattr);
}

void nlq_complete(struct nlq_msg *msg)
{
	struct nlq_queued *message = nlq_queued(msg);

	if (!msg || message->complete)
		return;
	message->complete = true;
	msg->nlq_packet = nlq_build_finish(&message->builder);
	msg->nlq_size = msg->nlq_packet ? message->builder.used : 0;
}

void nlq_freemsg(struct nlq_msg *msg)
{
	if (msg)
		free(nlq_queued(msg)->builder.buffer);
	free(msg);
}

void nlq_dropmsg(struct nlq_msg *msg)
{
	nlq_freemsg(msg);
}

void nlq_enqueue(struct nlq_msg *msg, struct nlq_msg **tail)
{
	struct nlq_queued *message = nlq_queued(msg);
	struct nlq_queued *last = nlq_queued(*tail);

	nlq_complete(msg);
	if (nlq_msg_error(msg)) {
		if (last && last->next->is_mark)
			last->next->lost = nlq_msg_error(msg);
		nlq_freemsg(msg);
		return;
	}
	message->next = last ? last->next : message;
	if (last)
		last->next = message;
	*tail = msg;
}

void nlq_complete_enqueue(struct nlq_msg *msg, struct nlq_msg **tail)
{
	nlq_enqueue(msg, tail);
}

/* The message in front of the first one: the last, or a mark. NULL: there is no message. */
static struct nlq_queued *before_first(struct nlq_msg *tail)
{
	struct nlq_queued *last = nlq_queued(tail);

	if (!last || last->is_mark)
		return NULL;
	return last->next->is_mark ? last->next : last;
}

struct nlq_msg *nlq_head(struct nlq_msg *tail)
{
	struct nlq_queued *before = before_first(tail);

	return before ? &before->next->visible : NULL;
}

struct nlq_msg *nlq_dequeue(struct nlq_msg **tail)
{
	struct nlq_queued *before = before_first(*tail);
	struct nlq_queued *first;

	if (!before) {
		*tail = NULL;
		return NULL;
	}
	first = before->next;
	before->next = first->next;
	/* Without messages the handle is NULL, as everybody expects, even if that forgets a mark. */
	if (&first->visible == *tail)
		*tail = NULL;
	first->next = NULL;
	return &first->visible;
}

int nlq_length(struct nlq_msg *tail)
{
	struct nlq_msg *msg = nlq_head(tail);
	int length = msg ? 1 : 0;

	for (; msg && msg != tail; length++)
		msg = &nlq_queued(msg)->next->visible;
	return length;
}

void nlq_free(struct nlq_msg **tail)
{
	struct nlq_msg *msg;

	while ((msg = nlq_dequeue(tail)))
		nlq_freemsg(msg);
}

struct nlq_msg *nlq_mark(struct nlq_queued *mark)
{
	*mark = (struct nlq_queued){.next = mark, .is_mark = true};
	return &mark->visible;
}

int nlq_mark_remove(struct nlq_queued *mark, struct nlq_msg **tail)
{
	struct nlq_queued *last = nlq_queued(*tail);

	if (last == mark)
		*tail = NULL;
	else if (last && last->next == mark)
		last->next = mark->next;
	return mark->lost;
}

void nlq_append(struct nlq_msg **tail, struct nlq_msg **more)
{
	struct nlq_queued *last = nlq_queued(*tail);
	struct nlq_queued *more_last = nlq_queued(*more);

	if (last && more_last) {
		struct nlq_queued *first = last->next;

		last->next = more_last->next;
		more_last->next = first;
	}
	if (more_last)
		*tail = *more;
	*more = NULL;
}
