/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The memory budget of a stack. */
#include "mem.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct px_mem {
	struct px_allocator allocator;
	_Atomic size_t limit;
	_Atomic size_t used; /* bytes, and sizeof(struct px_mem) while the owner holds on */
};

static void *plain_alloc(void *context, size_t size)
{
	return malloc(size);
}

static void plain_release(void *context, void *memory, size_t size)
{
	free(memory);
}

struct px_mem *px_mem_new(const struct px_allocator *allocator, size_t limit)
{
	static const struct px_allocator plain = {plain_alloc, plain_release, NULL};
	struct px_mem *mem;

	if (!allocator)
		allocator = &plain;
	mem = allocator->alloc(allocator->context, sizeof(*mem));
	if (!mem)
		return NULL;
	mem->allocator = *allocator;
	atomic_init(&mem->limit, limit ? limit : PX_MEM_DEFAULT);
	atomic_init(&mem->used, sizeof(*mem));
	return mem;
}

/* Takes bytes from the count; whoever takes the last ones frees the budget. */
static void discharge(struct px_mem *mem, size_t size)
{
	if (atomic_fetch_sub_explicit(&mem->used, size, memory_order_acq_rel) == size) {
		struct px_allocator allocator = mem->allocator;
		allocator.release(allocator.context, mem, sizeof(*mem));
	}
}

void px_mem_drop(struct px_mem *mem)
{
	if (mem)
		discharge(mem, sizeof(*mem));
}

void *px_alloc(struct px_mem *mem, size_t size)
{
	size_t limit = atomic_load_explicit(&mem->limit, memory_order_relaxed);
	void *memory;

	if (size > limit)
		return NULL;
	if (atomic_fetch_add_explicit(&mem->used, size, memory_order_relaxed) > limit - size)
		goto refused;
	memory = mem->allocator.alloc(mem->allocator.context, size ? size : 1);
	if (!memory)
		goto refused;
	return memory;

refused:
	discharge(mem, size);
	return NULL;
}

void *px_zalloc(struct px_mem *mem, size_t size)
{
	void *memory = px_alloc(mem, size);

	if (memory)
		memset(memory, 0, size);
	return memory;
}

void px_free(struct px_mem *mem, void *memory, size_t size)
{
	if (!memory)
		return;
	mem->allocator.release(mem->allocator.context, memory, size);
	discharge(mem, size);
}

void *px_realloc(struct px_mem *mem, void *memory, size_t old_size, size_t size)
{
	void *fresh = px_alloc(mem, size);

	if (!fresh)
		return NULL;
	if (memory) {
		memcpy(fresh, memory, old_size < size ? old_size : size);
		px_free(mem, memory, old_size);
	}
	return fresh;
}

size_t px_mem_used(const struct px_mem *mem)
{
	return atomic_load_explicit(&mem->used, memory_order_relaxed);
}

size_t px_mem_limit(const struct px_mem *mem)
{
	return atomic_load_explicit(&mem->limit, memory_order_relaxed);
}

void px_mem_set_limit(struct px_mem *mem, size_t limit)
{
	atomic_store_explicit(&mem->limit, limit ? limit : PX_MEM_DEFAULT, memory_order_relaxed);
}

bool px_mem_pressure(const struct px_mem *mem)
{
	size_t limit = px_mem_limit(mem);

	return px_mem_used(mem) > limit - limit / 8;
}
