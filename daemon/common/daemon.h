/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The skeleton of a daemon: what all of them do in the same order.
 *
 *     options            command line, then the file of options
 *     configure          the daemon's own: a fresh configuration, every mistake told
 *     --check            ends here
 *     background         with --daemon; whoever started us waits until we are ready
 *     pid file
 *     privileges         --user
 *     start              the daemon's own: stacks, sockets
 *     control socket     --control
 *     seccomp filter     where the daemon says that it may
 *     ready              log, sd_notify(3), the caller's exit status
 *     loop               SIGHUP or `reload`: options and configure again; if there is no mistake,
 *                        the daemon's reload; else everything stays as it was
 *     stop               SIGINT, SIGTERM: the daemon's own; then all of this backwards
 *
 * A daemon is a table of options and these functions; its main is one call of daemon_main.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/capability.h>

#include "control.h"
#include "daemonize.h"
#include "loop.h"
#include "options.h"
#include "pidfile.h"
#include "signals.h"

struct daemon;

struct daemon_program {
	const char *name;
	const char *synopsis; /* of what is no option: "CONFFILE"; NULL: nothing */
	const char *purpose;  /* one line */
	const char *version;
	size_t arguments_min, arguments_max;
	bool needs_argument; /* without any argument at all: the usage */
	bool rcfile;         /* there is --rcfile */

	const struct option_spec *options; /* their values lie in a struct of values_size bytes */
	size_t option_count, values_size;
	void (*set_defaults)(void *values); /* NULL: all is zero */

	const cap_value_t *capabilities; /* that it keeps when it becomes another user */
	size_t capability_count;
	const struct control_verb *verbs; /* besides status, stats, reload; they get struct daemon */
	size_t verb_count;

	/* Checks options and arguments, reads what they name, does nothing. All mistakes are logged.
	 * The configuration, or NULL. */
	void *(*configure)(
	    const struct daemon *daemon, const struct options *options, const void *values);
	void (*configuration_free)(void *configuration);

	/* Both take the configuration if they return 0, and leave all as it was if they return -errno,
	 * which they have logged. NULL: a reload is not possible.
	 *
	 * A reload may return -EINPROGRESS, to wait for something while it serves as before: it calls
	 * daemon_reload_go_on then, and is called again with the same configuration, which stays where
	 * it is until then, or until `stop`. */
	int (*start)(struct daemon *daemon, void *configuration);
	int (*reload)(struct daemon *daemon, void *configuration);
	void (*stop)(struct daemon *daemon); /* after a start that returned 0 */

	/* May a filter of system calls be set, now that it has started? NULL: no. */
	bool (*may_be_filtered)(const struct daemon *daemon);
	const char *const *system_calls; /* besides those of sandbox.c; ends with NULL */

	void (*print_status)(struct daemon *daemon, FILE *out); /* "name: value" lines; may be NULL */
	void (*print_stats)(struct daemon *daemon, FILE *out);  /* Prometheus text; may be NULL */
};

/* What every daemon's command line has. */
struct daemon_options {
	bool daemon, help, version, check, verbose, no_filter;
	char *pidfile, *control, *user, *rcfile;
};

struct daemon_settings;

struct daemon {
	const struct daemon_program *program;
	struct loop loop;
	void *state; /* the daemon's own, set by its start */

	struct options options; /* of the configuration that is in use */
	struct daemon_options common;
	void *values;
	int argc;
	char **argv; /* for a reload, a copy: what others see has no secrets */
	bool hides;  /* these are the arguments that others see */
	bool in_background;
	struct daemonize daemonize;
	struct pidfile pidfile;
	struct signals signals;
	struct control *control;
	loop_time started;
	unsigned int reloads, failed_reloads;
	struct daemon_settings *pending; /* of a reload that waits; NULL: none does */
	bool reload_again;               /* asked for meanwhile, by a signal */
	bool reload_asked;               /* it was a request, by: */
	uint64_t reload_asking;
};

/* The whole life of a daemon. Returns the exit status. */
int daemon_main(const struct daemon_program *program, int argc, char *argv[]);

/* What a reload has waited for is there (or will not be). Inside the loop. */
void daemon_reload_go_on(struct daemon *daemon);

/* A path that the user gave, as it can be opened now: a new string, or NULL (no memory). It is
 * what the user wrote as long as that can be. */
char *daemon_path(const struct daemon *daemon, const struct options *options, const char *path);

#endif
