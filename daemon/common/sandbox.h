/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The system calls that a daemon may make once it serves: a seccomp filter (seccomp(2)).
 *
 * It is for daemons on the kernel's stack, whose sockets are all that they need; stacks in user
 * space, and namespaces, need more than a filter is good for. Any other call ends the process, with
 * a line in the log that has its number.
 */
#ifndef DAEMON_SANDBOX_H
#define DAEMON_SANDBOX_H

/* All threads, those to come included. `more` are names of system calls besides those that every
 * daemon makes, an array that ends with NULL; NULL: none. 0, -EOPNOTSUPP where there are no
 * filters or the program is built with a sanitizer, or another -errno. */
int sandbox_enter(const char *const more[]);

#endif
