/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory of one stack: every byte is counted against its budget (mem=), and may be refused.
 *
 * Goals: a peer cannot make one stack eat the process (10,000 stacks share it), and a test can fail
 * each allocation in turn. Sizes are given back on release, so that nothing is spent on headers.
 *
 * The count is atomic: packets are filled from and copied to user memory without the stack's lock
 * (a fault in user memory must not hang the others), and so are allocated and freed without it.
 *
 * The budget outlives the stack while blocks of it are still referenced elsewhere: `used` counts
 * the budget itself, and the last byte given back frees it.
 */
#ifndef CORE_MEM_H
#define CORE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct px_allocator {
	void *(*alloc)(void *context, size_t size); /* NULL: refused */
	void (*release)(void *context, void *memory, size_t size);
	void *context;
};

struct px_mem;

#define PX_MEM_DEFAULT (64u << 20)

/* `allocator` NULL: malloc and free. `limit` 0: PX_MEM_DEFAULT. NULL when refused. */
struct px_mem *px_mem_new(const struct px_allocator *allocator, size_t limit);

/* The owner's farewell: freed when the last allocation is. */
void px_mem_drop(struct px_mem *mem);

void *px_alloc(struct px_mem *mem, size_t size);
void *px_zalloc(struct px_mem *mem, size_t size);
void px_free(struct px_mem *mem, void *memory, size_t size); /* NULL is allowed */

/* A larger (or smaller) array with the old one's contents; the old one stays on failure. */
void *px_realloc(struct px_mem *mem, void *memory, size_t old_size, size_t size);

size_t px_mem_used(const struct px_mem *mem);
size_t px_mem_limit(const struct px_mem *mem);
void px_mem_set_limit(struct px_mem *mem, size_t limit);

/* Above 7/8 of the budget: what can be asked again (new reassemblies, cache entries, embryonic
 * connections) is refused, so that what is under way can finish. */
bool px_mem_pressure(const struct px_mem *mem);

#endif
