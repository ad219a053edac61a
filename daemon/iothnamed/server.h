/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The server as a whole: stacks, what the workers share, the workers.
 *
 *     main.c        the table of the daemon
 *     server.c      start, reload, stop
 *     requests.c    what iothnamedctl can ask for; counters
 *     keymaker.c    a thread that makes keys of one-time addresses
 */
#ifndef NAMED_SERVER_H
#define NAMED_SERVER_H

#include <stdio.h>

#include "daemon.h"
#include "resolve.h"
#include "stacks.h"
#include "worker.h"

#define NAMED_WORKERS_MAX 64 /* option workers */

struct named_keymaker;

struct named_server {
	struct daemon *daemon;
	struct named_conf *conf; /* a reference */
	struct named_stacks stacks;
	struct named_shared shared;
	struct named_keymaker *keymaker;
	struct named_resolver *resolver;
	unsigned int worker_count;
	struct named_worker *workers[];
};

/* Functions of the daemon's table: see daemon.h. */
int named_server_start(struct daemon *daemon, void *configuration);
int named_server_reload(struct daemon *daemon, void *configuration);
void named_server_stop(struct daemon *daemon);

/* ---- requests.c ---- */

extern const struct control_verb named_verbs[];
extern const size_t named_verb_count;
void named_print_status(struct daemon *daemon, FILE *out);
void named_print_stats(struct daemon *daemon, FILE *out);

/* ---- keymaker.c ---- */

/* Makes the keys that cores wait for, in a thread that sleeps until there are some. */
int named_keymaker_new(struct named_keymaker **keymaker, struct named_otip_keys *keys);
void named_keymaker_free(struct named_keymaker *keymaker); /* NULL: nothing */

#endif
