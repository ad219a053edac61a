/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions and answers: see names.h. */
#include "names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct key {
	const char *name;
	enum names_type type;
};

int names_init(struct names *names, const struct names_ops *ops, void *context)
{
	*names = (struct names){.ops = ops, .context = context, .max = NAMES_MAX};
	list_init(&names->known);
	return hashtable_init(&names->by_name, NULL);
}

static void question_free(struct question *question)
{
	struct names *names = question->names;

	hashtable_remove(&names->by_name, &question->by_name);
	list_remove(&question->known);
	names->count--;
	free(question);
}

/* One that is not known. */
static void question_end(struct question *question)
{
	lots_remove(&question->names->asked, &question->asked);
	question_free(question);
}

void names_forget(struct names *names)
{
	struct question *question;

	list_for_each_safe (question, &names->known, known)
		question_free(question);
}

void names_fini(struct names *names)
{
	struct question *question;

	names_forget(names);
	for (size_t i = names->asked.count; i > 0; i--) {
		question = lot_entry(names->asked.lot[i - 1], struct question, asked);
		names->ops->cancel(names->context, question);
		while (!list_is_empty(&question->waiters))
			list_remove(question->waiters.next);
		question_end(question);
	}
	hashtable_clear(&names->by_name);
}

static bool matches(const struct hashtable_link *link, const void *key)
{
	const struct question *question = hashtable_entry(link, struct question, by_name);
	const struct key *wanted = key;

	return question->type == wanted->type && strcmp(question->name, wanted->name) == 0;
}

static struct question *find(const struct names *names, const char *name, enum names_type type)
{
	struct key key = {name, type};
	struct hashtable_link *link = hashtable_find(
	    &names->by_name, hashtable_hash(&names->by_name, name, strlen(name)), matches, &key);

	return link ? hashtable_entry(link, struct question, by_name) : NULL;
}

const struct names_answer *names_look(
    struct names *names, engine_time now, const char *name, enum names_type type)
{
	struct question *question = find(names, name, type);

	if (!question || !question->is_known)
		return NULL;
	if (question->until <= now) {
		question_free(question);
		return NULL;
	}
	question->answer.ttl = engine_left(now, question->until);
	list_remove(&question->known);
	list_append(&names->known, &question->known);
	return &question->answer;
}

/* They may free themselves, and wait for something else. */
static void tell(struct list *waiters, const struct names_answer *answer)
{
	while (!list_is_empty(waiters)) {
		struct names_waiter *waiter = list_first(waiters, struct names_waiter, link);

		list_remove(&waiter->link);
		waiter->done(waiter, answer);
	}
}

/* For one more question. */
static void make_room(struct names *names)
{
	static const struct names_answer nothing = {.error = ECANCELED};
	struct question *question;
	struct list waiters;

	if (names->asked.count < names->max)
		return;
	question = lot_entry(lots_draw(&names->asked, &names->by_name.key), struct question, asked);
	names->ops->cancel(names->context, question);
	names->dropped_total++;
	list_init(&waiters);
	list_append_all(&waiters, &question->waiters);
	question_end(question);
	tell(&waiters, &nothing);
}

static struct question *question_new(struct names *names, const char *name, enum names_type type)
{
	size_t len = strlen(name);
	struct question *question;

	if (len >= sizeof(question->name))
		return NULL;
	question = calloc(1, sizeof(*question));
	if (!question)
		return NULL;
	question->names = names;
	question->type = type;
	memcpy(question->name, name, len + 1);
	list_init(&question->known);
	list_init(&question->waiters);
	hashtable_insert(
	    &names->by_name, &question->by_name, hashtable_hash(&names->by_name, name, len));
	lots_add(&names->asked, &question->asked);
	names->count++;
	return question;
}

int names_wait(
    struct names *names, const char *name, enum names_type type, struct names_waiter *waiter)
{
	struct question *question = find(names, name, type);
	int err;

	list_init(&waiter->link);
	if (question && question->is_known) { /* and has expired, or names_look would have found it */
		question_free(question);
		question = NULL;
	}
	if (!question) {
		make_room(names);
		question = question_new(names, name, type);
		if (!question)
			return -ENOMEM;
		names->asked_total++;
		err = names->ops->ask(names->context, question);
		if (err) {
			names->failed_total++;
			question_end(question);
			return err;
		}
	}
	list_append(&question->waiters, &waiter->link);
	return 0;
}

void names_leave(struct names_waiter *waiter)
{
	list_remove(&waiter->link);
}

/* What was a question is an answer from now on. */
static void keep(struct question *question, engine_time now, const struct names_answer *answer)
{
	struct names *names = question->names;
	struct question *unused = list_first(&names->known, struct question, known);

	if (unused && names->count - names->asked.count == NAMES_MAX)
		question_free(unused);
	question->answer = *answer;
	question->is_known = true;
	question->until = engine_after(now, answer->ttl);
	lots_remove(&names->asked, &question->asked);
	list_append(&names->known, &question->known);
}

void names_answered(struct question *question, engine_time now, const struct names_answer *answer)
{
	struct names *names = question->names;
	struct list waiters;

	list_init(&waiters);
	list_append_all(&waiters, &question->waiters);
	if (answer->error != 0 && answer->error != ENOENT)
		names->failed_total++;
	if (answer->error == 0 && answer->ttl > 0 && (answer->count > 0 || answer->text[0] != '\0'))
		keep(question, now, answer);
	else
		question_end(question);
	tell(&waiters, answer);
}
