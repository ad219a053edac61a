/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two stacks for tests that do the same to both, side by side:
 *
 *     kernel, in a network namespace of our own     lo (1)   a0 (5), a veth; its peer, up
 *     picox                                         lo (1)   a0 (5) on mem://
 */
#ifndef TEST_SAME_STACKS_H
#define TEST_SAME_STACKS_H

#include <libnlq.h>

#define A0 5 /* as in same_requests.h */

enum { KERNEL, PICOX, STACKS };

extern struct ioth *same_stacks[STACKS];
extern const char *const same_names[STACKS];

/* Both, with lo up; exits with 77 where there is no namespace to be had. */
void same_stacks_open(void);
/* Fails if a socket was left open. */
void same_stacks_close(void);

/* Addresses and routes of a0 and lo as lines of text, in order, without link-local ones of IPv6
 * (which come when they like). To be freed. */
char *same_state(struct ioth *stack);

/* One step of a test: a call, and what it gave. */
struct same_step {
	const char *name;
	int (*call)(struct ioth *stack);
};

/* Makes each step on both stacks and compares the result (all above 0 are one), errno, and the
 * state afterwards. Returns the number of differences, each of which was printed. */
int same_run(const struct same_step *steps, size_t count);

/* A list STEPS(X) of X(name, expression with `stack`) becomes functions, and a table of them. */
#define SAME_FUNCTION(name, ...)                                                                   \
	static int name(struct ioth *stack)                                                            \
	{                                                                                              \
		return __VA_ARGS__;                                                                        \
	}
#define SAME_ENTRY(name, ...) {#name, name},

#endif
