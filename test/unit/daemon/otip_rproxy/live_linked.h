/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the linker puts in place of others in a test on real stacks (live.h): the wall clock is the
 * test's, the loop's clock is the machine's and what the test has let pass; the proxy's stacks are
 * known. */
#ifndef TEST_RPROXY_LIVE_LINKED_H
#define TEST_RPROXY_LIVE_LINKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIVE_CLOCKS 1024 /* descriptors */

struct ioth;

extern int64_t live_wall;
extern uint64_t live_passed; /* seconds */
/* Descriptors of the wall clock: an eventfd each, and when it is to be readable. */
extern bool live_is_clock[LIVE_CLOCKS];
extern int64_t live_armed[LIVE_CLOCKS];

extern struct ioth *live_stacks[2]; /* the proxy's: outer, inner */
extern size_t live_stack_count;

#endif
