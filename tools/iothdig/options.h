/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of iothdig. */
#ifndef IOTHDIG_OPTIONS_H
#define IOTHDIG_OPTIONS_H

#include <stdbool.h>

#include "reverse.h"

/* What is printed: +answer, +noall and so on. */
#define SHOW_COMMAND    1U
#define SHOW_COMMENTS   2U
#define SHOW_QUESTION   4U
#define SHOW_ANSWER     8U
#define SHOW_AUTHORITY  16U
#define SHOW_ADDITIONAL 32U
#define SHOW_STATS      64U
#define SHOW_ALL        127U

struct options {
	const char *stack;  /* -s: for ioth_newstackc; NULL: the native stack */
	const char *config; /* -r: a file like resolv.conf(5), or NULL */
	const char *server; /* @SERVER, or NULL */
	const char *name;
	char reverse[REVERSE_NAME_SIZE]; /* -x: what `name` is then */
	int type;                        /* -1: not given */
	bool tcp, brief, edns, search;
	unsigned int show;
	unsigned int timeout;
	unsigned int tries;
};

/* Returns -1 if iothdig is to go on, or its exit status. */
int options_parse(struct options *options, int argc, char *argv[]);

#endif
