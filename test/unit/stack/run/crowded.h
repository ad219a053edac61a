/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a group of tests as the first sockets of a process, whose inner ends are descriptors, and
 * then as later ones, whose ends lie in a ring (inner.c), where there is one. */
#ifndef TEST_RUN_CROWDED_H
#define TEST_RUN_CROWDED_H

#include "inner.h"

#include <fcntl.h>
#include <stdio.h>

#define CROWDED_RUN(tests, setup, teardown)                                                        \
	(cmocka_run_group_tests_name("descriptors", tests, setup, teardown) +                          \
	    (crowded_begin(), cmocka_run_group_tests_name("ring", tests, setup, teardown)) +           \
	    crowded_end())

static int crowded_ends[INNER_PLAIN];

static inline int crowded_end(void)
{
	for (int i = 0; i < INNER_PLAIN; i++)
		inner_close(crowded_ends[i]);
	return 0;
}

static inline void crowded_begin(void)
{
	int another;

	for (int i = 0; i < INNER_PLAIN; i++)
		crowded_ends[i] = inner_keep(open("/dev/null", O_RDONLY | O_CLOEXEC));
	another = inner_keep(open("/dev/null", O_RDONLY | O_CLOEXEC));
	printf("ends are %s\n", another < INNER_NONE ? "in a ring" : "descriptors: there is no ring");
	inner_close(another);
}

#endif
