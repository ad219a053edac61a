/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Large blocks at hand: a slot each, taken and filled without a lock. */
#include "pool.h"

#include <stdatomic.h>
#include <stdlib.h>

struct size_class {
	size_t least, size; /* served: requests from `least` to `size` bytes; all get `size` */
	_Atomic(void *) kept[POOL_KEPT];
};

/* Frames of the usual large MTU; pieces of a stream and frames of 64 KiB. */
static struct size_class classes[] = {
    {.least = 8u << 10, .size = 12u << 10},
    {.least = 32u << 10, .size = 68u << 10},
};

static struct size_class *class_of(size_t size)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (size >= classes[i].least && size <= classes[i].size)
			return &classes[i];
	}
	return NULL;
}

static void *take(struct size_class *class)
{
	for (unsigned int i = 0; i < POOL_KEPT; i++) {
		void *memory;

		/* Looked at first: an exchange takes the cache line away from others. */
		if (!atomic_load_explicit(&class->kept[i], memory_order_relaxed))
			continue;
		memory = atomic_exchange_explicit(&class->kept[i], NULL, memory_order_acquire);
		if (memory)
			return memory;
	}
	return NULL;
}

static bool keep(struct size_class *class, void *memory)
{
#ifdef __SANITIZE_ADDRESS__
	return false; /* it sees only what is freed */
#endif
	for (unsigned int i = 0; i < POOL_KEPT; i++) {
		void *none = NULL;

		if (!atomic_load_explicit(&class->kept[i], memory_order_relaxed) &&
		    atomic_compare_exchange_strong_explicit(
		        &class->kept[i], &none, memory, memory_order_release, memory_order_relaxed))
			return true;
	}
	return false;
}

static void *pool_alloc(void *context, size_t size)
{
	struct size_class *class = class_of(size);
	void *memory;

	if (!class)
		return malloc(size);
	memory = take(class);
	return memory ? memory : malloc(class->size);
}

static void pool_release(void *context, void *memory, size_t size)
{
	struct size_class *class = class_of(size);

	if (!class || !keep(class, memory))
		free(memory);
}

const struct px_allocator pool_allocator = {pool_alloc, pool_release, NULL};

void pool_clear(void)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		void *memory;

		while ((memory = take(&classes[i])))
			free(memory);
	}
}
