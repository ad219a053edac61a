/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every allocation can fail: does a thing again and again, with its first allocation failing, then
 * its second, and so on; or counts what is not given back. Allocations are those of what is linked
 * with the test, not of shared libraries (the linker puts these functions in the place of malloc
 * and its kin), and those that fail, of the test's own thread. */
#ifndef TEST_ALLOCATIONS_H
#define TEST_ALLOCATIONS_H

#include <stdatomic.h>
#include <stdbool.h>

/* Does what needs memory, and gives all of it back; true: nothing was missing. */
typedef bool attempt(void);

/* Returns how many allocations there are. Each attempt has to free what it took. */
int fail_each(attempt *function);

/* One by one: the next allocation that fails is this one, counted from 0; -1: none. Has it been
 * reached, since that was said? */
void allocations_fail_at(int number);
bool allocations_have_failed(void);

/* Blocks of all threads that have not been freed. */
extern atomic_long allocations_blocks;

#endif
