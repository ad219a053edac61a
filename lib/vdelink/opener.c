/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening a transport in a thread of its own.
 *
 * The first opening waits for it, and uses the thread all the same: a module that starts threads
 * starts them with all signals blocked then, while the program's own thread can still be
 * interrupted.
 *
 * vde_open may never return (a switch that was stopped takes the connection and does not answer),
 * and nothing can end it. A link that is closed then, by a program that wants to end perhaps, waits
 * for a moment only and leaves the opener to its thread, which closes and frees what it has
 * whenever that is.
 */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "link.h"
#include "thread.h"

/* An attempt that is refused ends at once; so in the ordinary case nothing is left behind. */
#define ABANDON_MILLISECONDS 200

enum opener_state {
	OPENER_RUNS,
	OPENER_DONE,      /* joined by the link */
	OPENER_ABANDONED, /* freed by its thread */
};

struct opener {
	char *vnl, *description;
	struct transport *old; /* to be closed first, or NULL */
	struct transport *opened;
	int result;
	int event_fd; /* the link's; written to at the end, unless abandoned */
	_Atomic(enum opener_state) state;
	pthread_t thread;
};

static void opener_free(struct opener *opener)
{
	free(opener->description);
	free(opener->vnl);
	free(opener);
}

static void *opener_main(void *argument)
{
	struct opener *opener = argument;
	enum opener_state runs = OPENER_RUNS;
	const uint64_t one = 1;

	/* Closed here because closing may block, too. */
	if (opener->old != NULL)
		opener->old->ops->close(opener->old);
	opener->result = transport_open(opener->vnl, opener->description, &opener->opened);
	if (!atomic_compare_exchange_strong(&opener->state, &runs, OPENER_DONE)) {
		if (opener->result == 0)
			opener->opened->ops->close(opener->opened);
		opener_free(opener);
		return NULL;
	}
	while (write(opener->event_fd, &one, sizeof one) < 0 && errno == EINTR)
		;
	return NULL;
}

int opener_start(const char *vnl, const char *description, struct transport *old, int event_fd,
    struct opener **result)
{
	struct opener *opener = calloc(1, sizeof *opener);
	int rc = -ENOMEM;

	if (opener == NULL)
		return rc;
	opener->vnl = strdup(vnl);
	opener->description = strdup(description);
	opener->old = old;
	opener->event_fd = event_fd;
	if (opener->vnl != NULL && opener->description != NULL)
		rc = thread_start(&opener->thread, opener_main, opener);
	if (rc < 0)
		opener_free(opener);
	else
		*result = opener;
	return rc;
}

bool opener_done(const struct opener *opener)
{
	return atomic_load(&opener->state) == OPENER_DONE;
}

int opener_join(struct opener *opener, struct transport **opened)
{
	int rc;

	pthread_join(opener->thread, NULL);
	rc = opener->result;
	*opened = rc == 0 ? opener->opened : NULL;
	opener_free(opener);
	return rc;
}

int opener_end(struct opener *opener, struct transport **opened)
{
	struct pollfd done = {.fd = opener->event_fd, .events = POLLIN};
	enum opener_state runs = OPENER_RUNS;
	pthread_t thread = opener->thread;

	if (!opener_done(opener))
		poll(&done, 1, ABANDON_MILLISECONDS);
	if (!atomic_compare_exchange_strong(&opener->state, &runs, OPENER_ABANDONED))
		return opener_join(opener, opened);
	pthread_detach(thread);
	*opened = NULL;
	return -EINPROGRESS;
}
