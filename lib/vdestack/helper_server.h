/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The helper process, from the inside. Async-signal-safe throughout: it was cloned from a program
 * that may have threads, so a lock of the C library may be held for ever in its memory. */
#ifndef HELPER_SERVER_H
#define HELPER_SERVER_H

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "helper_protocol.h"

/* What the process keeps of all that it inherited. */
struct helper_inherited {
	int requests;        /* the request socket */
	int program;         /* pidfd of the program's process */
	int channel;         /* the first channel; the result of the start is its first answer */
	bool user_namespace; /* it is in a new one, where its ids are to be mapped */
	uid_t uid;
	gid_t gid;
};

/* The body of the process; all signals are blocked. Ends when the program does, when nobody holds
 * the other end of the request socket any more, and on HELPER_QUIT. */
_Noreturn void helper_server(const struct helper_inherited *inherited);

/* What the helper changed for itself and gives back to commands. */
struct helper_program {
	struct rlimit files;
	unsigned long timer_slack;
};

/* Starts a process that runs the commands of a HELPER_COMMAND in the network namespace of the
 * caller, and exits with what vde_stackcmd is to return. Returns its pidfd, or -errno. */
int helper_run(const struct helper_request *request, const int *descriptors, unsigned int count,
    const struct helper_program *program);

/* Empties what memory of the program the helper has and does not need. The table of stacks is not
 * in use yet. */
void helper_release_memory(void);

/* clone(2) as fork does it, but past the C library: no handlers, no new stack. */
pid_t helper_clone(unsigned long flags, int *pidfd);

/* _exit of this process alone, past the C library too. */
_Noreturn void helper_exit(int status);

#endif
