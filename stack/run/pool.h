/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The memory of the process's stacks: malloc's, with a few large blocks kept at hand.
 *
 * The C library gives the end of its heap back to the kernel when a large block is freed there, and
 * takes it again for the next one. Bulk transfers free and take such blocks all the time, and pay a
 * page fault for every 4 KiB that they move. Kept are at most POOL_KEPT of each size for the whole
 * process, until its last stack is gone.
 */
#ifndef RUN_POOL_H
#define RUN_POOL_H

#include "mem.h"

#define POOL_KEPT 16

extern const struct px_allocator pool_allocator;

/* Frees what is kept. */
void pool_clear(void);

#endif
