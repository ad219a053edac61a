/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A check in a child made for the test: where it fails, it says so and ends the child. */
#ifndef TEST_NETNS_CHECK_H
#define TEST_NETNS_CHECK_H

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define CHECK(condition)                                                                           \
	do {                                                                                           \
		if (!(condition)) {                                                                        \
			fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);      \
			_exit(1);                                                                              \
		}                                                                                          \
	} while (0)

#endif
