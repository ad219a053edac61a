/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An allocator that counts, checks sizes, and refuses the n-th request. */
#ifndef FAILING_ALLOCATOR_H
#define FAILING_ALLOCATOR_H

#include "mem.h"

#include <stdlib.h>
#include <string.h>

struct failing_allocator {
	struct px_allocator ops;
	long fail_at;    /* refuse this request, counted from 1; 0: none */
	bool fail_after; /* and all that follow */
	long requests, live;
	size_t bytes;
	bool bad_size;
};

static inline void *failing_alloc(void *context, size_t size)
{
	struct failing_allocator *allocator = context;
	size_t *memory;

	allocator->requests++;
	if (allocator->fail_at &&
	    (allocator->requests == allocator->fail_at ||
	        (allocator->fail_after && allocator->requests > allocator->fail_at)))
		return NULL;
	memory = malloc(size + 16);
	if (!memory)
		return NULL;
	memory[0] = size;
	memset(memory + 2, 0xa5, size); /* nobody may count on zeros */
	allocator->live++;
	allocator->bytes += size;
	return memory + 2;
}

static inline void failing_release(void *context, void *memory, size_t size)
{
	struct failing_allocator *allocator = context;
	size_t *start = (size_t *)memory - 2;

	if (start[0] != size)
		allocator->bad_size = true;
	allocator->live--;
	allocator->bytes -= start[0];
	free(start);
}

static inline void failing_allocator_init(struct failing_allocator *allocator)
{
	memset(allocator, 0, sizeof(*allocator));
	allocator->ops = (struct px_allocator){failing_alloc, failing_release, allocator};
}

#endif
