/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every allocation fails once: the call that needed it says so, nothing is lost, and the next
 * attempt succeeds.
 *
 * The allocator's entry points are this program's, for the library and for the loader below it. A
 * thread of its own makes the calls, so that what a thread needs for its first call is among them.
 */
#include "test.h"

#include <ifaddrs.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>

/* The C library's, under names that are left to it. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static _Thread_local bool counting; /* in the thread under test only */
static int countdown;               /* allocations that succeed until one fails; -1: none will */

static inline bool fails(void)
{
	if (!counting || countdown < 0 || countdown-- > 0)
		return false;
	errno = ENOMEM;
	return true;
}

#if !SANITIZED /* they have allocators of their own */
void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return fails() ? NULL : __libc_memalign(alignment, size);
}
#endif

static const char *stack_name;
static bool done;   /* the whole sequence succeeded */
static int failure; /* errno where it did not */

/* Goes as far as memory allows, and back. The failing call is not repeated: it failed whole. */
static void *sequence(void *argument)
{
	struct ifaddrs *list;
	struct ioth *stack;
	int fd, copy;

	done = false;
	counting = true;
	stack = ioth_newstackl(stack_name, "", (char *)NULL);
	if (!stack) {
		failure = errno;
		goto out;
	}
	fd = ioth_msocket(stack, AF_UNIX, SOCK_DGRAM, 0);
	if (fd < 0) {
		failure = errno;
		goto delete_stack;
	}
	copy = ioth_fcntl(fd, 0 /* F_DUPFD */, 600); /* in another chunk of the table */
	if (copy < 0) {
		failure = errno;
		goto close_socket;
	}
	if (ioth_getifaddrs(stack, &list) < 0) {
		failure = errno;
		goto close_copy;
	}
	ioth_freeifaddrs(list);
	done = true;
close_copy:
	ioth_close(copy);
close_socket:
	ioth_close(fd);
delete_stack:
	/* delstack may be the one that needed the memory; not twice. */
	for (int attempt = 0; ioth_delstack(stack) < 0; attempt++) {
		if (attempt == 1)
			abort();
	}
out:
	counting = false;
	return NULL;
}

static void run_sequence(int allocations)
{
	pthread_t thread;

	countdown = allocations;
	assert_ok(pthread_create(&thread, NULL, sequence, NULL));
	assert_ok(pthread_join(thread, NULL));
}

static void try_all(const char *name)
{
	int descriptors = open_descriptors(), allocations;
	size_t memory;

	stack_name = name;
	run_sequence(-1);
	run_sequence(-1);
	memory = mallinfo2().uordblks;
	for (allocations = 0; allocations < 1000; allocations++) {
		bool failed;

		run_sequence(allocations);
		failed = countdown < 0;
		/* An allocation that could fail without harm is as good as one that did not. */
		if (!done)
			assert_int_not_equal(failure, 0);
		assert_int_equal(open_descriptors(), descriptors);
		if (!failed)
			break;
		run_sequence(-1);
		assert_true(done);
	}
	assert_true(done);
	assert_true(mallinfo2().uordblks <= memory + 1024);
	print_message("\"%s\": %d allocations\n", name, allocations);
	assert_in_range(allocations, 1, 999);
}

static void test_native(void **state)
{
	try_all("");
}

static void test_kernel(void **state)
{
	try_all("kernel");
}

static void test_absent(void **state)
{
	size_t memory = 0;

	for (int i = 0; i < 200; i++) {
		stack_name = "no_such_stack";
		run_sequence(i % 20);
		assert_false(done);
		if (i == 50)
			memory = mallinfo2().uordblks;
	}
	assert_true(mallinfo2().uordblks <= memory + 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_native),
	    cmocka_unit_test(test_kernel),
	    cmocka_unit_test(test_absent),
	};

	if (SANITIZED) {
		printf("SKIP: the allocator is the sanitizer's\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
