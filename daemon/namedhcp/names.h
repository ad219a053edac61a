/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the DNS says about the names of clients: questions that are under way, and answers for as
 * long as they are valid. An engine without I/O: who has sockets is told what to ask, and says what
 * came of it.
 *
 * Who waits for the same records of the same name shares one question. There are NAMES_MAX
 * questions at most, or fewer (`max`): room for a new one is made by one that is drawn by lot
 * (lots.h), whose waiters are told that nothing is known. Beside them there are NAMES_MAX answers
 * at most, which no flood of questions pushes out; room is made by the one that has not been used
 * for the longest time. A question that nobody waits for any more goes on: its answer may be asked
 * for soon.
 *
 * Answers that say that there is nothing are not kept, nor are failures.
 *
 * A name is asked for as the client spells it: an old iothnamed hashes the very bytes.
 */
#ifndef NAMES_H
#define NAMES_H

#include "dhcp_name.h"
#include "engine.h"
#include "hashtable.h"
#include "list.h"
#include "lots.h"

#define NAMES_MAX       512
#define NAMES_ADDRESSES 8
#define NAMES_TEXT      1024

enum names_type { NAMES_A = 1, NAMES_TXT = 16, NAMES_AAAA = 28 }; /* as the DNS numbers them */

struct names_answer {
	int error;    /* 0; ENOENT: there is no such name; others: it is not known */
	uint32_t ttl; /* seconds */
	size_t count; /* of addresses; 0 also if the name has no such record */
	uint8_t address[NAMES_ADDRESSES][16]; /* of A the first 4 bytes */
	char text[NAMES_TEXT];                /* of TXT: the first string of each record, a line each */
};

struct names;

struct question {
	struct names *names;
	struct hashtable_link by_name;
	struct lot asked; /* as long as it is not known */
	struct list known;
	struct list waiters;
	bool is_known;
	engine_time until; /* of an answer */
	enum names_type type;
	char name[DHCP_NAME_SIZE];
	struct names_answer answer;
	void *ticket; /* for who asks */
};

struct names_waiter;
typedef void names_done(struct names_waiter *waiter, const struct names_answer *answer);

struct names_waiter {
	struct list link;
	names_done *done;
};

struct names_ops {
	/* Asks; names_answered follows, never from inside. 0, or -errno: it does not. */
	int (*ask)(void *context, struct question *question);
	/* The question is given up. */
	void (*cancel)(void *context, struct question *question);
};

struct names {
	const struct names_ops *ops;
	void *context;
	struct hashtable by_name;
	struct lots asked;
	struct list known; /* the one that was not used for longest first */
	size_t count;      /* of both */
	size_t max; /* of questions; NAMES_MAX unless it is set: as many as can be asked at a time */
	uint64_t asked_total, failed_total, dropped_total;
};

/* 0 or -errno. May not be moved in memory. */
int names_init(struct names *names, const struct names_ops *ops, void *context);
/* Waiters are not told. */
void names_fini(struct names *names);

/* Forgets all answers: the resolver is another one. */
void names_forget(struct names *names);

/* What is known; NULL: it has to be asked for. Valid until the next call. `ttl` is what is left. */
const struct names_answer *names_look(
    struct names *names, engine_time now, const char *name, enum names_type type);

/* Asks, or joins those who have asked. 0, or -errno: `done` is not going to be called. */
int names_wait(
    struct names *names, const char *name, enum names_type type, struct names_waiter *waiter);
/* Harmless for one that waits no more. */
void names_leave(struct names_waiter *waiter);

/* The end of a question. All who wait are called. */
void names_answered(struct question *question, engine_time now, const struct names_answer *answer);

#endif
