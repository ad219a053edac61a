/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The signals of a daemon, as events of its loop (signalfd(2)).
 *
 * They are blocked before any thread is made, so that no thread gets them. SIGPIPE is blocked too:
 * errors are errno's. What a program does to itself (SIGSEGV, SIGSYS, ...) is not.
 */
#ifndef DAEMON_SIGNALS_H
#define DAEMON_SIGNALS_H

#include "loop.h"

struct signals;
typedef void signals_function(struct signals *signals);

struct signals {
	struct loop_source source;
	struct loop_source meanwhile; /* signals_hear */
	signals_function *leave;      /* SIGINT or SIGTERM has come; it has been logged */
	signals_function *reload;     /* SIGHUP */
	int left_on; /* the number of the first one that ends the daemon; 0: none yet */
};

/* Blocks the signals; before there are threads. */
void signals_block(void);

/* Those that come from now on, and those that were blocked before. 0 or -errno. */
int signals_open(
    struct signals *signals, struct loop *loop, signals_function *leave, signals_function *reload);
void signals_close(struct signals *signals);

/* For a start that waits in a loop of its own: SIGINT and SIGTERM are heard there, too, and `leave`
 * is called; SIGHUP has to wait. Ends by signals_unhear. 0 or -errno. */
int signals_hear(struct signals *signals, struct loop *loop);
void signals_unhear(struct signals *signals);

#endif
