/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life that namedhcp and namedhcp4 have in common, on daemon.h's: start, reload, stop, and what
 * they say of themselves. What each has of its own is a table. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdio.h>

#include "change.h"
#include "service.h"

struct program {
	const char *name, *purpose;
	enum settings_family family;
	const char *message_types[SERVER_TYPES]; /* as counters have them; 0: all others */
	size_t size; /* of its state, which begins with its struct service and is all zero */

	/* Opens the engine and the transport, for the settings of the first change. 0 or -errno, which
	 * has been logged. */
	int (*open)(struct service *service, const struct change *first);
	/* A change has been applied: the engine's configuration. */
	void (*configure)(struct service *service, const struct change *change);
	void (*print_id)(const struct service *service, FILE *out);
};

/* Returns the exit status. */
int program_main(const struct program *program, int argc, char *argv[]);

/* What its engine and its transport are given, with the service as context. */
void program_reply(void *service, const struct peer *peer, const void *payload, size_t len);

#endif
