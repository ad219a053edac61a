/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reasons.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#define LOCK_TRIES 1000

/* It is held for a moment at a time; but a forked child may find it held for ever, by a thread that
 * is not there. Then there is no text. */
static bool lock(struct reasons *reasons)
{
	for (unsigned int i = 0; i < LOCK_TRIES; i++) {
		if (pthread_mutex_trylock(&reasons->lock) == 0)
			return true;
		sched_yield();
	}
	return false;
}

/* The thread's, or NULL; the lock is held. */
static struct reason *find(struct reasons *reasons, pid_t thread)
{
	for (unsigned int i = 0; i < REASONS; i++) {
		if (reasons->reason[i].thread == thread)
			return &reasons->reason[i];
	}
	return NULL;
}

void reasons_set(struct reasons *reasons, const char *text)
{
	pid_t thread = gettid();
	struct reason *reason;

	if (!lock(reasons))
		return;
	reason = find(reasons, thread);
	if (!reason && text)
		reason = &reasons->reason[reasons->next++ % REASONS];
	if (reason) {
		reason->thread = text ? thread : 0;
		snprintf(reason->text, sizeof(reason->text), "%s", text ? text : "");
	}
	pthread_mutex_unlock(&reasons->lock);
}

const char *reasons_get(struct reasons *reasons)
{
	const struct reason *reason;

	if (!lock(reasons))
		return "";
	reason = find(reasons, gettid());
	pthread_mutex_unlock(&reasons->lock);
	return reason ? reason->text : "";
}
