/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the files of the skeleton. */
#ifndef DAEMON_INTERNAL_H
#define DAEMON_INTERNAL_H

#include "daemon.h"

/* A set of options being read, with the configuration made of it. */
struct daemon_settings {
	struct options options;
	struct daemon_options common;
	void *values, *configuration;
};

enum daemon_settings_result {
	SETTINGS_OK,
	SETTINGS_USAGE,    /* the command line asks for help, or has not the arguments that it needs */
	SETTINGS_MISTAKEN, /* the command line is wrong, which has been told */
	SETTINGS_WRONG,    /* something else is, likewise */
};

/* Reads everything afresh; options->directory is `directory`, or NULL: the working directory. What
 * is in *settings must be given back, whatever comes of it. */
enum daemon_settings_result daemon_settings_read(
    struct daemon *daemon, struct daemon_settings *settings, const char *directory);
void daemon_settings_free(const struct daemon *daemon, struct daemon_settings *settings);

/* Makes the settings those that are in use; the old ones are freed. */
void daemon_settings_use(struct daemon *daemon, struct daemon_settings *settings);

/* SIGHUP, or a request. 0; -EINPROGRESS: there is more to come; or another -errno: everything is as
 * it was, and the log says why. -EBUSY, without a word: one is under way. */
int daemon_reload(struct daemon *daemon);

/* Requests that every daemon understands. */
extern const struct control_verbs daemon_verbs;

#endif
