/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is wrong, told once when it begins, again when it is something else, and once when it is
 * over; and no more than one line in COMPLAINT_PAUSE, so that what comes and goes fills no log.
 * What has been like that for long enough is told in the end.
 */
#ifndef RPROXY_COMPLAINT_H
#define RPROXY_COMPLAINT_H

#include "loop.h"

#define COMPLAINT_PAUSE (10 * LOOP_SEC)

struct complaint;
/* Says it. `error`: -errno, or 0: it is over. */
typedef void complaint_function(const struct complaint *complaint, int error);

struct complaint {
	struct loop_timer timer;
	complaint_function *say;
	int error, said; /* as it is, and as it was told last */
	loop_time next;  /* nothing is told before */
};

void complaint_init(struct complaint *complaint, struct loop *loop, complaint_function *say);
void complaint_fini(struct complaint *complaint);

/* So it is now: -errno, or 0. */
void complaint_set(struct complaint *complaint, int error);

/* It is about something else from now on. */
void complaint_forget(struct complaint *complaint);

#endif
