/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command as vdens outside knows it: signals for it, its stops and its end. */
#ifndef VDENS_COMMAND_H
#define VDENS_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

struct terminal;

struct command {
	pid_t child; /* our child: the command, or the init process above it (--pid) */
	pid_t pid;   /* the command, as numbered here */
	int pidfd;   /* of the command */
	int channel; /* to the init process, which reports stops and the end; -1: see `child` */
};

/* Blocks the signals that are passed on, in this thread and those made later; returns a
 * descriptor of signalfd(2) for command_wait, or -errno. */
int command_take_signals(void);

/* Passes signals on and follows stops until the command ends; returns its wait status, or -1 if
 * it got lost. */
int command_wait(const struct command *command, int signal_fd, const struct terminal *terminal);

/* The exit status that tells what became of the command: its own; if a signal ended it, this
 * process ends by the same one (and does not return). */
int command_pass_status(int wait_status);

#endif
