/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every allocation can fail: does a thing again and again, with its first allocation failing, then
 * its second, and so on. Only the library's allocations in the test's own thread count (the linker
 * puts these functions in the place of malloc and its kin). */
#ifndef TEST_IOTHDNS_ALLOCATIONS_H
#define TEST_IOTHDNS_ALLOCATIONS_H

#include <stdbool.h>

/* Does what needs memory, and gives all of it back; true: nothing was missing. */
typedef bool attempt(void);

/* Returns how many allocations there are. Each attempt has to free what it took. */
int fail_each(attempt *function);

#endif
