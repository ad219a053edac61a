/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reasons of the last failures, in words, by thread: for libraries that a plugin brings into a
 * program.
 *
 * Who is told that a call failed asks for the reason right after it, in the same thread; so the few
 * newest are kept, and the oldest makes room. Neither _Thread_local, where the C library ends the
 * program if it cannot allocate a thread's copy for a library that was loaded later, nor a key of
 * pthreads, whose slots a private name space (dlmopen) shares with the program.
 */
#ifndef BASE_REASONS_H
#define BASE_REASONS_H

#include <pthread.h>
#include <sys/types.h>

#define REASONS     16
#define REASON_SIZE 512

struct reasons {
	pthread_mutex_t lock;
	unsigned int next;
	struct reason {
		pid_t thread; /* 0: nobody's */
		char text[REASON_SIZE];
	} reason[REASONS];
};

#define REASONS_INIT                                                                               \
	{                                                                                              \
		.lock = PTHREAD_MUTEX_INITIALIZER                                                          \
	}

/* This thread's, from now on; cut to REASON_SIZE. NULL: there is none any more. */
void reasons_set(struct reasons *reasons, const char *text);

/* This thread's; "" if there is none. Valid until its next reasons_set, or until REASONS other
 * threads have had theirs. */
const char *reasons_get(struct reasons *reasons);

#endif
