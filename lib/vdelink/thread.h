/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads as this project starts them: all signals blocked, so that the program's handlers never
 * run in them (SIGPIPE becomes an error of write). */
#ifndef VDELINK_THREAD_H
#define VDELINK_THREAD_H

#include <pthread.h>
#include <signal.h>

/* 0 or -errno. The thread is joined by the caller. */
static inline int thread_start(pthread_t *thread, void *(*function)(void *), void *argument)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(thread, NULL, function, argument);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -rc;
}

#endif
