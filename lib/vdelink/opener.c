/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening a transport in a thread of its own.
 *
 * The first opening waits for it, and uses the thread all the same: a module that starts threads
 * starts them with all signals blocked then, while the program's own thread can still be
 * interrupted.
 */
#include <errno.h>
#include <unistd.h>

#include "link.h"
#include "thread.h"

static void *opener_main(void *argument)
{
	struct opener *opener = argument;
	const uint64_t one = 1;

	/* Closed here because closing may block, too. */
	if (opener->old != NULL)
		opener->old->ops->close(opener->old);
	opener->old = NULL;
	opener->result = transport_open(opener->vnl, opener->description, &opener->opened);
	atomic_store_explicit(&opener->done, true, memory_order_release);
	while (write(opener->event_fd, &one, sizeof one) < 0 && errno == EINTR)
		;
	return NULL;
}

int opener_start(struct opener *opener)
{
	opener->opened = NULL;
	opener->result = 0;
	atomic_store_explicit(&opener->done, false, memory_order_relaxed);
	return thread_start(&opener->thread, opener_main, opener);
}

int opener_join(struct opener *opener)
{
	pthread_join(opener->thread, NULL);
	return opener->result;
}
