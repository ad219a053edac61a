/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of iothconf share. */
#ifndef IOTHCONF_TOOL_H
#define IOTHCONF_TOOL_H

#include <stdbool.h>
#include <sys/types.h>

struct tool {
	const char *config;
	const char *resolvconf; /* the file to keep up to date; NULL: none */
	pid_t companion;        /* the process whose end is ours; 0: none */
	bool background, quiet;

	/* Of the string: */
	bool thread;
	unsigned int wanted; /* IOTHCONF_*: what it asks for */
	char interface[64];  /* "iface=NAME" or "ifindex=N" */
};

/* Reads what the string asks for. 0 or -ENOMEM. */
int report_read_config(struct tool *tool);
/* Says what has succeeded and which addresses the interface has. */
void report(const struct tool *tool, unsigned int done);

/* Writes the file of name servers if there is news. */
void stay_write_resolvconf(const struct tool *tool);
/* Follows the news until a signal says to end, or the companion has ended; gives leases back. */
int stay(const struct tool *tool);

#endif
