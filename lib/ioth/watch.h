/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who wants to know that a stack is deleted. */
#ifndef IOTH_WATCH_H
#define IOTH_WATCH_H

#include <ioth.h>

/* Calls the functions of ioth_atdelstack; no lock is held. */
void watch_tell(struct ioth *stack, enum ioth_delstack_step step);

#endif
