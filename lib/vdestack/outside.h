/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads whose sockets belong outside of any stack.
 *
 * While a default stack is set, the program's socket(2) opens in it. Not so for what connects the
 * stack to its network: those sockets are the cable, and the helper's are its tools. libvdeplug
 * opens its modules so that they find the C library's socket first (RTLD_DEEPBIND), but not where
 * that is suppressed, nor libraries that are there already; and modules start threads of their own
 * (a slirp network is one), which are not to be recognised by anything this library is told of.
 *
 * So the mark is something that a thread inherits from the one that creates it, and that has no
 * other use there: its timer slack (PR_SET_TIMERSLACK, prctl(2)), set to a value that differs from
 * the system's default, 50,000 ns, by a few nanoseconds.
 */
#ifndef OUTSIDE_H
#define OUTSIDE_H

#include <stdbool.h>

/* Marks the calling thread, and the threads and processes it will create; returns what
 * outside_leave is to restore. Async-signal-safe. */
unsigned long outside_enter(void);
void outside_leave(unsigned long before);

bool outside_is(void);

#endif
