/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Going to the background as daemon(3) does, with a caller that learns what became of it.
 *
 * The process that the user started waits until the daemon is ready, or has failed, and ends with
 * its status; until then the daemon has the user's stderr. So errors of the start are seen by who
 * started it, and a script's next line finds the service there.
 */
#ifndef DAEMON_DAEMONIZE_H
#define DAEMON_DAEMONIZE_H

struct daemonize {
	int pipe; /* to the process that waits; -1: none */
};

/* Returns in the new process: 0; or in the old one, -errno if there is no new one. The new one is
 * the leader of a session, in the root directory. To be called while there is one thread. */
int daemonize_begin(struct daemonize *daemonize);

/* Lets the caller go with a status; with 0, standard input, output and error become /dev/null.
 * Harmless if nothing was begun, or it is done. */
void daemonize_end(struct daemonize *daemonize, int status);

#endif
