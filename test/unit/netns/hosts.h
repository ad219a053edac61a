/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two hosts for the tests of the relay, all in one process:
 *
 *     namespace a                                  namespace b
 *     10.0.0.1/24                                  10.0.0.2/24
 *     fd00::1/64                                   fd00::2/64
 *       vde0 -- port -- line -- ptp:// -- line -- port -- vde0
 *                         one relay, one thread
 *
 * The thread of the test moves between the namespaces; a socket stays where it was made. A failed
 * check ends the process, so each test runs in a child (hosts_run).
 */
#ifndef HOSTS_H
#define HOSTS_H

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include <netns.h>
#include <relay.h>

#include "check.h"

struct host {
	int netns;
	unsigned int ifindex;
	struct vdelink *link;
	struct relay_line *line;
	char v4[16], v6[16];
};

struct hosts {
	struct host a, b;
	struct relay *relay;
	pthread_t thread;
	char directory[32];
};

/* Interfaces of the given kind (NETNS_PORT_NO_...), up, with addresses. The other end of b's
 * network, if `b_open` is false, is left to the test: hosts->b has no link then. `idle_lines` are
 * added before theirs, and have nothing to do. */
void hosts_start(struct hosts *hosts, unsigned int port_flags, unsigned int mtu, bool b_open,
    unsigned int idle_lines);
void hosts_stop(struct hosts *hosts);

/* The test's thread goes to a host. */
void host_enter(const struct host *host);

/* A namespace of the test's own. */
void hosts_enter_private(void);

/* A directory of the child's own, in which it leaves nothing. */
const char *hosts_directory(void);

/* For pthread_create: runs the relay that is its argument. */
void *hosts_relay_thread(void *relay);

/* Runs `body` in a child, once for each kind of port that is usable here; fails the cmocka test if
 * a child fails. */
void hosts_run(void (*body)(unsigned int port_flags));

/* Ends the program with the status for "skipped" if there can be no namespaces. */
void hosts_skip_unless_possible(void);

#endif
