/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes and the descriptors that they keep. */
#ifndef VDENS_PROCESS_H
#define VDENS_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/* fork(2) with CLONE_ flags: returns twice; 0 in the child, the process id, or -errno. Only for a
 * process with one thread: the C library's fork handlers are passed over (some of which, a
 * sanitizer's, would make a thread in the child, where unshare(2) must find none). */
pid_t process_clone(uint64_t flags);

/* Lets go of all that the program inherited for the command, so that no pipe stays open after the
 * command has closed its end: stdin and stdout become /dev/null, and what is above stderr is
 * closed, but `keep`. stderr stays for messages. */
void process_drop_descriptors(int keep);

#endif
