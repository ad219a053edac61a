/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Allocations that fail: see allocations.h. */
#include "allocations.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define ATTEMPTS_MAX 10000

static _Thread_local int left = -1; /* allocations that succeed; -1: all */
static _Thread_local int taken;     /* that were not freed */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_reallocarray(void *memory, size_t number, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_reallocarray(void *memory, size_t number, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);
void __wrap_free(void *memory);

atomic_long allocations_blocks;

static bool fails(void)
{
	return left >= 0 && left-- == 0;
}

static void *count(void *memory)
{
	taken += memory != NULL;
	allocations_blocks += memory != NULL;
	return memory;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t number, size_t size)
{
	return fails() ? NULL : count(__real_calloc(number, size));
}

void *__wrap_realloc(void *memory, size_t size)
{
	if (fails())
		return NULL;
	return memory ? __real_realloc(memory, size) : count(__real_realloc(NULL, size));
}

void *__wrap_reallocarray(void *memory, size_t number, size_t size)
{
	if (fails())
		return NULL;
	return memory ? __real_reallocarray(memory, number, size)
	              : count(__real_reallocarray(NULL, number, size));
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : count(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t len)
{
	return fails() ? NULL : count(__real_strndup(text, len));
}

void __wrap_free(void *memory)
{
	taken -= memory != NULL;
	allocations_blocks -= memory != NULL;
	__real_free(memory);
}

void allocations_fail_at(int number)
{
	left = number;
}

bool allocations_have_failed(void)
{
	return left < 0;
}

int fail_each(attempt *function)
{
	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		bool done, reached;

		taken = 0;
		left = i;
		done = function();
		reached = left < 0;
		left = -1;
		if (taken != 0)
			fail_msg("%d blocks are left after allocation %d has failed", taken, i);
		if (!reached) {
			assert_true(done);
			return i;
		}
	}
	return -1;
}
