/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The link itself: what vdelink.c (calls, states) and opener.c (the thread) share. */
#ifndef VDELINK_LINK_H
#define VDELINK_LINK_H

#include <pthread.h>
#include <stdatomic.h>

#include "transport.h"

/* Opens transports in a short-lived thread. Between opener_start and opener_join the thread owns
 * everything here but `done`. */
struct opener {
	const char *vnl, *description; /* borrowed from the link */
	struct transport *old;         /* to be closed first, or NULL */
	struct transport *opened;
	int result;
	int event_fd; /* written to at the end */
	atomic_bool done;
	pthread_t thread;
};

int opener_start(struct opener *opener);
/* Waits for the thread; 0 and `opened`, or the -errno of opening. */
int opener_join(struct opener *opener);

/* A copy of `vnl` that means the same after a change of the working directory; NULL: no memory. */
char *vnl_absolute(const char *vnl);

#endif
