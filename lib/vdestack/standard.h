/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeping the library's descriptors off the numbers 0, 1 and 2.
 *
 * A program may run without standard input, output or error. What the library opened would then
 * get these numbers: the program would print into the cable, and a command of vde_stackcmd read
 * from it.
 */
#ifndef STANDARD_H
#define STANDARD_H

/* Moves a descriptor (close-on-exec) beyond 2. Returns its number, or -errno; then it is closed. */
int standard_avoid(int fd);

/* Between the two, what any thread opens gets no number below 3, for code that opens more than it
 * shows. */
struct standard_held {
	unsigned int numbers; /* bit n: n is held by us */
};
void standard_hold(struct standard_held *held);
void standard_release(const struct standard_held *held);

#endif
