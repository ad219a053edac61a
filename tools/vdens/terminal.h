/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The controlling terminal: whose turn it is. */
#ifndef VDENS_TERMINAL_H
#define VDENS_TERMINAL_H

#include <stdbool.h>
#include <sys/types.h>

struct terminal {
	int fd;              /* -1: no controlling terminal */
	bool had_foreground; /* our process group was in the foreground at first */
};

void terminal_init(struct terminal *terminal);

/* Is this process group in the foreground? */
bool terminal_has_foreground(const struct terminal *terminal, pid_t group);

/* Puts a process group in the foreground. SIGTTOU must be blocked. */
void terminal_give(const struct terminal *terminal, pid_t group);

/* At the end: takes the terminal back from a process group that is gone. */
void terminal_recover(const struct terminal *terminal);

/* Is our parent a shell with job control, which waits to hear that its job was stopped? */
bool terminal_parent_controls_jobs(void);

#endif
