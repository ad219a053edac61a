/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The control socket of a daemon: an AF_UNIX stream socket, mode 0600, one request a connection.
 *
 *     client   VERB [ARGUMENT]\n
 *     daemon   ok\n  or  error: REASON\n
 *              text of the answer, until the end of the stream
 *
 * `help` lists the verbs. A request is a line of CONTROL_REQUEST_MAX bytes at most. Whoever sends
 * none, or does not read the answer, is cut off after CONTROL_PATIENCE; of CONTROL_CLIENTS
 * connections the oldest makes room for a new one. So nobody who may connect can keep others away.
 */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

#include <stddef.h>
#include <stdio.h>

#include "loop.h"

#define CONTROL_REQUEST_MAX 512
#define CONTROL_CLIENTS     16
#define CONTROL_PATIENCE    (10 * LOOP_SEC)

struct control_verb {
	const char *name;
	const char *argument; /* one word, which help calls "NAME"; NULL: there is none */
	const char *help;     /* one line */
	/* Writes the answer. 0 or -errno; what was written is the reason of an error then, one line
	 * and maybe more. CONTROL_LATER: control_answer says the rest. `argument` is "" where there is
	 * none. */
	int (*run)(void *context, const char *argument, FILE *answer);
};

/* A part of the daemon's verbs. */
struct control_verbs {
	const struct control_verb *verbs;
	size_t count;
};

#define CONTROL_PARTS 2
#define CONTROL_LATER 1

struct control;

/* `path` is absolute. The parts are borrowed, `context` is what their functions get. 0 or -errno:
 * -EADDRINUSE if somebody listens there, -EEXIST if there is something else. */
int control_open(struct control **control, struct loop *loop, const char *path,
    const struct control_verbs parts[CONTROL_PARTS], void *context);
void control_close(struct control *control); /* NULL: harmless */

/* Who asks for what a verb is about to run: a number for control_answer. */
uint64_t control_asking(const struct control *control);

/* The end of an answer that was put off. 0 or -errno, as of a verb. Nothing if the client has not
 * waited. */
void control_answer(struct control *control, uint64_t asking, int err, const char *text);

#endif
