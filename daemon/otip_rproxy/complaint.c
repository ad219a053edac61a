/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is wrong, told once: see complaint.h. */
#include "complaint.h"

static void tell(struct complaint *complaint)
{
	if (complaint->error == complaint->said)
		return;
	complaint->said = complaint->error;
	complaint->next = loop_now(complaint->timer.loop) + COMPLAINT_PAUSE;
	complaint->say(complaint, complaint->error);
}

static void expired(struct loop_timer *timer)
{
	tell(timerq_entry(timer, struct complaint, timer));
}

void complaint_init(struct complaint *complaint, struct loop *loop, complaint_function *say)
{
	*complaint = (struct complaint){.say = say};
	loop_timer_init(loop, &complaint->timer, expired);
}

void complaint_fini(struct complaint *complaint)
{
	loop_timer_cancel(&complaint->timer);
}

void complaint_set(struct complaint *complaint, int error)
{
	complaint->error = error;
	if (complaint->error == complaint->said)
		return; /* whoever is waiting for the timer finds nothing to tell */
	if (loop_now(complaint->timer.loop) >= complaint->next)
		tell(complaint);
	else
		loop_timer_at(&complaint->timer, complaint->next);
}

void complaint_forget(struct complaint *complaint)
{
	loop_timer_cancel(&complaint->timer);
	complaint->error = complaint->said = 0;
	complaint->next = 0;
}
