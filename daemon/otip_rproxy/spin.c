/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A job that is put off again and again keeps the loop from sleeping: see spin.h. */
#include "spin.h"

#define VAIN_MAX 8 /* the most that are skipped: 2^8 */

static void look(struct loop_job *job)
{
	struct spin *spin = (struct spin *)(void *)((char *)job - offsetof(struct spin, job));

	if (loop_now(spin->loop) - spin->moved < SPIN_TIME) {
		loop_later(spin->loop, job);
		return;
	}
	spin->looking = false;
	spin->vain += spin->vain < VAIN_MAX;
	spin->to_skip = 1u << spin->vain;
}

void spin_init(struct spin *spin, struct loop *loop)
{
	*spin = (struct spin){.loop = loop};
	loop_job_init(&spin->job, look);
}

void spin_fini(struct spin *spin)
{
	loop_job_cancel(&spin->job);
}

void spin_note(struct spin *spin)
{
	loop_time now = loop_now(spin->loop);

	if (spin->looking) {
		/* Something that came later than what was looked for, and before the end. */
		if (spin->moved != now)
			spin->vain = 0;
		spin->moved = now;
	} else if (spin->to_skip > 0) {
		spin->to_skip--;
	} else {
		spin->moved = now;
		spin->looking = true;
		loop_later(spin->loop, &spin->job);
	}
}
