/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of libioth share. */
#ifndef TEST_IOTH_TEST_H
#define TEST_IOTH_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <sched.h>
#include <unistd.h>
#include <ioth.h>

#include "../descriptors.h"

/* A private namespace would get a second copy of the sanitizer's run time, which does not work. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* A failing call: its value, and errno. */
#define assert_fails(call, error)                                                                  \
	do {                                                                                           \
		errno = 0;                                                                                 \
		assert_int_equal((call), -1);                                                              \
		assert_int_equal(errno, (error));                                                          \
	} while (0)

#define assert_no_stack(call, error)                                                               \
	do {                                                                                           \
		errno = 0;                                                                                 \
		assert_null(call);                                                                         \
		assert_int_equal(errno, (error));                                                          \
		assert_int_not_equal(ioth_error()[0], '\0');                                               \
	} while (0)

#define assert_ok(call) assert_int_equal((call), 0)

/* Makes a stack; the reason is shown if there is none. */
static inline struct ioth *make_stack(const char *name)
{
	struct ioth *stack = ioth_newstack(name);

	if (!stack)
		fail_msg("%s: %s", name, ioth_error());
	return stack;
}

/* The stacks that have the kernel's sockets below. Those of private namespaces are last, so that a
 * sanitized test leaves them out (SANITIZED above). */
static const char *const kernel_stacks[] = {"", "kernel", "vdestack", "kernel_n", "vdestack_n"};
#define KERNEL_STACKS (SANITIZED ? 3 : 5)

/* Makes one of them, its loopback interface up; NULL, after saying why, where the system does not
 * let vdestack work (no user namespaces). */
static inline struct ioth *make_kernel_stack(const char *name)
{
	struct ioth *stack = ioth_newstack(name);
	int is_vdestack = strncmp(name, "vdestack", 8) == 0;

	printf("stack \"%s\": %s\n", name, stack ? "made" : ioth_error());
	fflush(stdout);
	if (!stack && !is_vdestack)
		abort();
	if (stack && is_vdestack && ioth_linksetupdown(stack, 1, 1) < 0)
		abort();
	return stack;
}

/* A network namespace of our own; false, after saying so, if there is none to be had. */
static inline int enter_network_namespace(void)
{
	if (unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)
		return 1;
	printf("SKIP: no network namespace can be made here: %s\n", strerror(errno));
	return 0;
}

#endif
