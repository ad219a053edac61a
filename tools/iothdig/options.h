/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of iothdig. */
#ifndef IOTHDIG_OPTIONS_H
#define IOTHDIG_OPTIONS_H

#include <stdbool.h>

#include "reverse.h"

struct options {
	const char *stack;  /* -s: for ioth_newstackc; NULL: the native stack */
	const char *config; /* -r: a file like resolv.conf(5), or NULL */
	const char *server; /* @ADDRESS, or NULL */
	const char *name;
	char reverse[REVERSE_NAME_SIZE]; /* -x: what `name` is then */
	int type;
	bool tcp, brief, edns, search;
	unsigned int timeout;
	unsigned int tries;
};

/* Returns -1 if iothdig is to go on, or its exit status. */
int options_parse(struct options *options, int argc, char *argv[]);

#endif
