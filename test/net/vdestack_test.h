/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of libvdestack share. */
#ifndef VDESTACK_TEST_H
#define VDESTACK_TEST_H

#include <stdbool.h>
#include <sys/types.h>
#include <vdestack.h>

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Ends the program with status 77 where namespaces are not to be had. */
void skip_without_namespaces(void);

/* Gives interface `name` of a stack an IPv4 address /24 and switches it on (NULL: lo alone). */
void set_up(struct vdestack *stack, const char *name, const char *address);

/* vde_addstack and set_up of vde0. */
struct vdestack *stack_with_address(const char *vnl, const char *address);

/* A TCP socket that listens at `port`; one that is connected (waits for it, the peer may just be
 * coming up). */
int listen_at(struct vdestack *stack, int port);
int connect_to(struct vdestack *stack, const char *address, int port);

/* Sends a few bytes from one to the other and checks them. */
void assert_connected(int from, int to);

/* What the process has. `children`: what wait() does not tell of, too. */
struct holdings {
	int descriptors, threads, children;
	long memory; /* kB, resident */
};
struct holdings holdings(void);

/* A child process of `parent`; 0: none. */
pid_t child_of(pid_t parent);
bool is_running(pid_t pid);

/* Waits until a condition holds: `wait_until(!is_running(pid))`. It gives up when that will never
 * be. */
#define wait_until(condition)                                                                      \
	do {                                                                                           \
		for (int tries_ = 0; !(condition); tries_++) {                                             \
			if (tries_ == 6000)                                                                    \
				fail_msg("waited a minute for: %s", #condition);                                   \
			wait_a_moment();                                                                       \
		}                                                                                          \
	} while (0)
void wait_a_moment(void);

/* For a check in a child process. */
#define CHECK(condition)                                                                           \
	do {                                                                                           \
		if (!(condition)) {                                                                        \
			print_error("%s:%d: %s\n", __FILE__, __LINE__, #condition);                            \
			_exit(1);                                                                              \
		}                                                                                          \
	} while (0)

/* Waits for a child that was forked; it must have exited with status 0. */
void assert_success(pid_t pid);

#endif
